//! Values outside of any VM: what a Rust program gives to Dunlin code and gets from it.
//!
//! Data is a copy, as a message to another process is. What has no copy outside (functions, instances, pids) arrives
//! as `Data::Other` with its text; an object that the host made comes back as itself.

use std::sync::Arc;

use heap::{ClassId, ExternalObject, Fault, Heap, NeedGc, Value};
use vm::Vm;

/// Data inside data deeper than this is refused: it is most likely a cycle.
const DEPTH_MAX: usize = 256;

/// A copy of a value.
#[derive(Clone, Default)]
pub enum Data {
    #[default]
    Nil,
    Bool(bool),
    Int(i64),
    /// An Int beyond 64 bits, in decimal.
    BigInt(String),
    Float(f64),
    Char(char),
    String(String),
    Symbol(String),
    Bytes(Vec<u8>),
    List(Vec<Data>),
    Tuple(Vec<Data>),
    Set(Vec<Data>),
    /// Entries in the order of the map.
    Map(Vec<(Data, Data)>),
    /// An object that the host lent.
    Object(Arc<dyn ExternalObject>),
    /// What has no copy outside its process, as text.
    Other(String),
}

impl PartialEq for Data {
    fn eq(&self, other: &Data) -> bool {
        use Data::*;
        match (self, other) {
            (Nil, Nil) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) => a == b,
            (Float(a), Float(b)) => a == b,
            (Char(a), Char(b)) => a == b,
            (BigInt(a), BigInt(b))
            | (String(a), String(b))
            | (Symbol(a), Symbol(b))
            | (Other(a), Other(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) | (Set(a), Set(b)) => a == b,
            (Map(a), Map(b)) => a == b,
            (Object(a), Object(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Data::Nil => f.write_str("nil"),
            Data::Bool(flag) => write!(f, "{flag}"),
            Data::Int(number) => write!(f, "{number}"),
            Data::BigInt(digits) => f.write_str(digits),
            Data::Float(number) => write!(f, "{number:?}"),
            Data::Char(letter) => write!(f, "{letter:?}"),
            Data::String(text) => write!(f, "{text:?}"),
            Data::Symbol(name) => write!(f, ":{name}"),
            Data::Bytes(bytes) => write!(f, "b{bytes:?}"),
            Data::List(elements) => f.debug_list().entries(elements).finish(),
            Data::Tuple(elements) => {
                let mut tuple = f.debug_tuple("");
                elements.iter().for_each(|element| _ = tuple.field(element));
                tuple.finish()
            }
            Data::Set(elements) => f.debug_set().entries(elements).finish(),
            Data::Map(entries) => {
                f.debug_map().entries(entries.iter().map(|(key, value)| (key, value))).finish()
            }
            Data::Object(object) => write!(f, "<{}>", object.describe()),
            Data::Other(text) => f.write_str(text),
        }
    }
}

impl Data {
    /// What this is, as messages name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Data::Nil => "nil",
            Data::Bool(_) => "a Bool",
            Data::Int(_) | Data::BigInt(_) => "an Int",
            Data::Float(_) => "a Float",
            Data::Char(_) => "a Char",
            Data::String(_) => "a String",
            Data::Symbol(_) => "a Symbol",
            Data::Bytes(_) => "Bytes",
            Data::List(_) => "a List",
            Data::Tuple(_) => "a Tuple",
            Data::Set(_) => "a Set",
            Data::Map(_) => "a Map",
            Data::Object(_) => "an object of the host",
            Data::Other(_) => "a value that stays in its process",
        }
    }
}

/// Why a value cannot cross.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrossingError {
    TooDeep,
    /// The heap limit stands in the way.
    NoRoom(NeedGc),
    /// A key that cannot be one, or a symbol where the table of symbols is full.
    Refused(&'static str),
}

impl std::fmt::Display for CrossingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CrossingError::TooDeep => write!(f, "data is nested more than {DEPTH_MAX} deep, or holds itself"),
            CrossingError::NoRoom(_) => f.write_str("the heap limit leaves no room for the data"),
            CrossingError::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for CrossingError {}

/// Copies a value out of its process.
pub(crate) fn read(heap: &mut Heap, vm: &Vm, value: Value, depth: usize) -> Result<Data, CrossingError> {
    if depth > DEPTH_MAX {
        return Err(CrossingError::TooDeep);
    }
    if let Some(data) = read_plain(heap, vm, value) {
        return Ok(data);
    }
    let mut all = |values: &[Value]| -> Result<Vec<Data>, CrossingError> {
        values.iter().map(|&element| read(heap, vm, element, depth + 1)).collect()
    };
    if let Some(list) = value.as_list() {
        return Ok(Data::List(all(list.elements())?));
    }
    if let Some(tuple) = value.as_tuple() {
        return Ok(Data::Tuple(all(tuple.elements())?));
    }
    if let Some(set) = value.as_set() {
        return Ok(Data::Set(all(&set.iter().collect::<Vec<_>>())?));
    }
    if let Some(map) = value.as_map() {
        let entries = map
            .iter()
            .map(|(key, value)| Ok((read(heap, vm, key, depth + 1)?, read(heap, vm, value, depth + 1)?)));
        return Ok(Data::Map(entries.collect::<Result<_, CrossingError>>()?));
    }
    let mut text = String::new();
    if heap::write_repr(heap, value, &mut text).is_err() {
        text = vm.class_name_of(value);
    }
    Ok(Data::Other(text))
}

/// A value without parts; `None` for one that has some, or that has no copy outside.
fn read_plain(heap: &mut Heap, vm: &Vm, value: Value) -> Option<Data> {
    if value.is_nil() || value.is_undef() {
        return Some(Data::Nil);
    }
    if let Some(flag) = value.as_bool() {
        return Some(Data::Bool(flag));
    }
    if let Some(number) = value.as_float() {
        return Some(Data::Float(number));
    }
    if value.is_int() {
        let big = || Data::BigInt(heap::int::int_text(value, 10).unwrap_or_default());
        return Some(value.as_int64().map_or_else(big, Data::Int));
    }
    if let Some(letter) = value.as_char() {
        return Some(Data::Char(letter));
    }
    if let Some(symbol) = value.as_symbol() {
        return Some(Data::Symbol(vm.shared().symbols.name(symbol).unwrap_or_default().to_string()));
    }
    if value.is_string() {
        return heap.text(&value).ok().flatten().map(|text| Data::String(text.to_string()));
    }
    if let Some(bytes) = value.as_bytes() {
        return Some(Data::Bytes(bytes.to_vec()));
    }
    let external = value.as_external().filter(|external| external.class_id() == ClassId::External.id())?;
    Some(Data::Object(external.shared()))
}

/// Copies data into a process.
pub(crate) fn write(heap: &mut Heap, vm: &Vm, data: &Data, depth: usize) -> Result<Value, CrossingError> {
    if depth > DEPTH_MAX {
        return Err(CrossingError::TooDeep);
    }
    let full = CrossingError::NoRoom;
    match data {
        Data::Nil => Ok(Value::NIL),
        Data::Bool(flag) => Ok(Value::bool(*flag)),
        Data::Int(number) => heap.int(*number).map_err(full),
        Data::BigInt(digits) => write_big(heap, digits),
        Data::Float(number) => Ok(Value::float(*number)),
        Data::Char(letter) => Ok(Value::char(*letter)),
        Data::String(text) | Data::Other(text) => heap.string(text).map_err(full),
        Data::Symbol(name) => {
            vm.intern(name).map(Value::symbol).ok_or(CrossingError::Refused("the table of symbols is full"))
        }
        Data::Bytes(bytes) => heap.bytes_owned(bytes.clone()).map_err(full),
        Data::List(elements) => {
            let values = write_all(heap, vm, elements, depth)?;
            heap.list_from(&values).map(|list| list.value()).map_err(full)
        }
        Data::Tuple(elements) => {
            let values = write_all(heap, vm, elements, depth)?;
            heap.tuple(&values).map(|tuple| tuple.value()).map_err(CrossingError::from)
        }
        Data::Set(elements) => {
            let values = write_all(heap, vm, elements, depth)?;
            let set = heap.set_new(values.len()).map_err(full)?;
            for value in values {
                heap.set_insert(set, value).map_err(CrossingError::from)?;
            }
            Ok(set.value())
        }
        Data::Map(entries) => {
            let map = heap.map_new(entries.len()).map_err(full)?;
            for (key, value) in entries {
                let (key, value) = (write(heap, vm, key, depth + 1)?, write(heap, vm, value, depth + 1)?);
                heap.map_insert(map, key, value).map_err(CrossingError::from)?;
            }
            Ok(map.value())
        }
        Data::Object(object) => {
            let external = heap.external(ClassId::External.id(), object.clone(), Value::NIL);
            external.map(|external| external.value()).map_err(full)
        }
    }
}

fn write_all(heap: &mut Heap, vm: &Vm, data: &[Data], depth: usize) -> Result<Vec<Value>, CrossingError> {
    data.iter().map(|element| write(heap, vm, element, depth + 1)).collect()
}

fn write_big(heap: &mut Heap, digits: &str) -> Result<Value, CrossingError> {
    let number =
        digits.parse().map_err(|_| CrossingError::Refused("a BigInt holds something else than digits"))?;
    heap.big_int(&number).map_err(CrossingError::from)
}

impl From<Fault> for CrossingError {
    fn from(fault: Fault) -> CrossingError {
        match fault {
            Fault::NeedGc(need) => CrossingError::NoRoom(need),
            _ => CrossingError::Refused("a key of a Map or Set must be hashable"),
        }
    }
}
