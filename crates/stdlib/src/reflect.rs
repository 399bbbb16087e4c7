//! What the library's own Dunlin code asks of values and classes, and tables whose keys hash by user code.

use heap::{Value, overrides};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    #[doc = " Whether the class of a value defines `==`, `hash`, `<`, `str`, `repr`, `iter` or `contains` itself."]
    "__overrides" "(value, name)" overrides_row;
    #[doc = " The name of the class of a value."]
    "__class_name" "(value)" class_name, ALLOCATES;
    #[doc = " The names of the fields of an instance or record."]
    "__field_names" "(value)" field_names, ALLOCATES;
    #[doc = " The values of the fields of an instance or record, unset ones left out."]
    "__field_values" "(value)" field_values, ALLOCATES;
    #[doc = " What kind of value this is, as far as printing and equality care."]
    "__shape" "(value)" shape;
    #[doc = " Whether two records or instances are of the same class."]
    "__same_class" "(a, b)" same_class;
    #[doc = " A number that a collection or object which can hold itself keeps for its life; nil for other values."]
    "__identity" "(value)" identity, ALLOCATES;
    #[doc = " Whether a text can stand as a key without quotes."]
    "__word" "(text)" is_word;
    #[doc = " The hash of a key as tables use it, or nil where user code must say."]
    "__native_hash" "(value)" native_hash, ALLOCATES;
    #[doc = " The text for people of a value without parts of its own."]
    "__leaf_str" "(value)" leaf_str, ALLOCATES;
    #[doc = " The text for programmers of a value without parts of its own."]
    "__leaf_repr" "(value)" leaf_repr, ALLOCATES;
    #[doc = " A user's hash mixed with the seed, as the table probes want it."]
    "__mix_hash" "(number)" mix_hash, ALLOCATES;
    #[doc = " The next entry of a table under a mixed hash: `(entry, next probe)` or nil."]
    "__probe" "(table, hash, probe)" probe, ALLOCATES;
    #[doc = " The key of an entry."]
    "__key_at" "(table, entry)" key_at;
    #[doc = " The value of an entry of a map."]
    "__value_at" "(map, entry)" value_at;
    #[doc = " Replaces the value of an entry of a map."]
    "__set_value_at" "(map, entry, value)" set_value_at;
    #[doc = " Adds a key that is not there, under a mixed hash."]
    "__add_hashed" "(table, hash, key, value)" add_hashed;
    #[doc = " Removes an entry of a table."]
    "__remove_at" "(table, entry)" remove_at;
    #[doc = " A number that changes when a key is added to or removed from a table."]
    "__epoch" "(table)" epoch, ALLOCATES;
    #[doc = " Whether a value is what an iterator gives at its end."]
    "__is_done" "(value)" is_done, PURE;
    #[doc = " How many positional arguments a function takes at most, -1 where any number."]
    "__arity" "(function)" arity;
}

/// The override bits by the names that programs use.
const OVERRIDES: &[(&str, u16)] = &[
    ("==", overrides::EQUAL),
    ("hash", overrides::HASH),
    ("<", overrides::LESS),
    ("str", overrides::STR),
    ("repr", overrides::REPR),
    ("iter", overrides::ITER),
    ("contains", overrides::CONTAINS),
];

fn overrides_row(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = cx.str_of(&args[1], "the name")?;
    let bits = OVERRIDES.iter().find(|row| row.0 == name).map_or(0, |row| row.1);
    let class = cx.shared().classes.get(heap::class_id_of(args[0]));
    let is_object = args[0].as_instance().is_some() || args[0].as_record().is_some();
    Ok(Value::bool(is_object && class.is_some_and(|class| class.overrides(bits))))
}

fn class_name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let name = cx.class_name_of(args[0]);
    cx.string(&name)
}

/// Set fields of an instance or record by number.
fn fields_of(value: Value) -> Vec<(usize, Value)> {
    let fields = match (value.as_instance(), value.as_record()) {
        (Some(instance), _) => instance.fields().to_vec(),
        (None, Some(record)) => record.fields().to_vec(),
        (None, None) => Vec::new(),
    };
    fields.into_iter().enumerate().filter(|field| !field.1.is_undef()).collect()
}

fn field_names(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let shared = cx.shared();
    let Some(class) = shared.classes.get(heap::class_id_of(args[0])) else { return cx.list(&[]) };
    let mut names = Vec::new();
    for (number, _) in fields_of(args[0]) {
        let name = class.definition.fields.get(number).map_or("?", String::as_str);
        names.push(cx.string(name)?);
    }
    cx.list(&names)
}

fn field_values(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let values: Vec<Value> = fields_of(args[0]).into_iter().map(|field| field.1).collect();
    cx.list(&values)
}

fn shape(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let value = args[0];
    let is_error = cx
        .shared()
        .classes
        .get(heap::class_id_of(value))
        .is_some_and(|class| class.is_subclass_of(heap::ClassId::Error.id()));
    let name = match value.kind() {
        Some(heap::Kind::List) => "list",
        Some(heap::Kind::Tuple) => "tuple",
        Some(heap::Kind::Map) => "map",
        Some(heap::Kind::Set) => "set",
        Some(heap::Kind::Record) => "record",
        Some(heap::Kind::Instance) if !is_error => "instance",
        Some(_) | None => "leaf",
    };
    cx.symbol(name)
}

fn identity(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match args[0].kind() {
        Some(heap::Kind::List | heap::Kind::Map | heap::Kind::Set | heap::Kind::Instance) => {
            let identity = cx.heap.identity(args[0]) & ((1 << 48) - 1);
            cx.int(identity as i64)
        }
        _ => Ok(Value::NIL),
    }
}

fn same_class(_: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(heap::class_id_of(args[0]) == heap::class_id_of(args[1])))
}

fn is_word(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the text")?;
    Ok(Value::bool(heap::print::is_word(text)))
}

fn native_hash(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    match heap::hash(cx.heap, args[0]) {
        Ok(hash) => cx.int(i64::from(hash)),
        Err(heap::Fault::Decline) => Ok(Value::NIL),
        Err(fault) => Err(fault.into()),
    }
}

fn leaf_str(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut out = String::new();
    crate::convert::push_text(cx, &mut out, args[0])?;
    cx.string(&out)
}

fn leaf_repr(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let mut out = String::new();
    crate::convert::push_repr(cx, &mut out, args[0])?;
    cx.string(&out)
}

fn mix_hash(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = match args[0].as_int64() {
        Some(number) => number,
        None if args[0].is_int() => i64::from(heap::hash(cx.heap, args[0])?),
        None => return Err(cx.expected("the result of hash()", "an Int", args[0])),
    };
    let mixed = cx.heap.hash_of_user(number);
    cx.int(i64::from(mixed))
}

/// An argument that library code made: entry and probe numbers, mixed hashes.
fn number(cx: &mut Cx, value: Value) -> Result<usize, Exit> {
    cx.count_of(value, "the entry")
}

fn probe(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let hash = number(cx, args[1])? as u32;
    let start = number(cx, args[2])?;
    match cx.heap.table_probe(args[0], hash, start) {
        Some((entry, next)) => {
            let pair = [cx.int(entry as i64)?, cx.int(next as i64)?];
            cx.tuple(&pair)
        }
        None => Ok(Value::NIL),
    }
}

fn key_at(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let entry = number(cx, args[1])?;
    Ok(cx.heap.table_key_at(args[0], entry).filter(|key| !key.is_undef()).unwrap_or(Value::NIL))
}

/// A map and one of its entries.
fn map_entry(cx: &mut Cx, args: &[Value]) -> Result<(heap::Map, usize), Exit> {
    let entry = number(cx, args[1])?;
    match args[0].as_map() {
        Some(map) if entry < map.entry_count() => Ok((map, entry)),
        Some(_) => Err(cx.index_error("no such entry")),
        None => Err(cx.expected("the table", "a Map", args[0])),
    }
}

fn value_at(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (map, entry) = map_entry(cx, args)?;
    let value = map.value_at(entry);
    Ok(if value.is_undef() { Value::NIL } else { value })
}

fn set_value_at(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (map, entry) = map_entry(cx, args)?;
    cx.heap.map_set_at(map, entry, args[2])?;
    Ok(Value::NIL)
}

fn add_hashed(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let hash = number(cx, args[1])? as u32;
    cx.heap.table_add_hashed(args[0], hash, args[2], args[3])?;
    Ok(Value::NIL)
}

fn remove_at(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let entry = number(cx, args[1])?;
    if cx.heap.table_key_at(args[0], entry).is_none_or(Value::is_undef) {
        return Err(cx.index_error("no such entry"));
    }
    match (args[0].as_map(), args[0].as_set()) {
        (Some(map), _) => cx.heap.map_remove_at(map, entry)?,
        (None, Some(set)) => cx.heap.set_remove_at(set, entry)?,
        (None, None) => {}
    }
    Ok(Value::NIL)
}

fn epoch(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let epoch = args[0].as_map().map(heap::Map::epoch).or(args[0].as_set().map(heap::Set::epoch));
    cx.int(epoch.unwrap_or(0) as i64)
}

fn arity(_: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let callee = args[0];
    let function = callee.as_function().map(heap::Function::info);
    let closure = callee.as_closure().map(heap::Closure::info);
    let builtin = callee.as_builtin().map(heap::Builtin::info);
    let bound = callee.as_bound_method().map(heap::BoundMethod::info);
    match function.or(closure).or(builtin).or(bound) {
        Some(arity) if arity < ARITY_COMPLEX => Ok(Value::int32(arity as i32)),
        Some(_) | None => Ok(Value::int32(-1)),
    }
}

/// From here on the word that callables carry says that no fixed number of arguments fits.
const ARITY_COMPLEX: u32 = 0x100;

fn is_done(_: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(Value::bool(args[0] == Value::DONE))
}
