//! Fields: of instances and records by name and by slot, members of modules and classes, string keys of maps.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use base::nearest;
use bytecode::Word;
use heap::header::{BARRIER, FROZEN, YOUNG};
use heap::heap::{HEAP_CURSOR_OFFSET, HEAP_LIMIT_OFFSET};
use heap::kind::fields::FIELDS_OFFSET;
use heap::value::TAG_POINTER;
use heap::{ClassId, Kind, Value, class_id_of};

use super::calls::{CLASS_AND_KIND, header_word, kind_byte, object_cache};
use super::loads::{address, object_word};
use super::methods::site_name;
use super::{always_slow, instructions, quick_instructions};
use crate::dispatch::Step;
use crate::error::ERROR_TRACE;
use crate::exit::Exit;
use crate::habits::habit;
use crate::operator::Post;
use crate::quick::Quick;
use crate::state::{Base, Found, LAYOUTS, Pc, State, profile_of};

instructions! {
    GetField: always_slow, get_field;
    SetField: always_slow, set_field;
    GetSlot: get_slot, get_slot_slow;
    SetSlot: set_slot, set_slot_slow;
    SlotIsSet: always_slow, slot_is_set;
    NewObject: new_object_fast, new_object;
    CheckInit: always_slow, check_init;
    SetStatic: always_slow, set_static;
}
quick_instructions! {
    GetFieldInstance: (get_field_instance::<OfSite>), (get_field_instance::<OfWorker>), get_field;
    SetFieldInstance: (set_field_instance::<OfSite>), (set_field_instance::<OfWorker>), set_field;
}

/// Where a path looks for the place of a field.
trait Knowledge {
    /// The header and the address of the field that a site means, if it is known there.
    unsafe fn find(object: Value, site: Word, base: Base, state: *mut State) -> Option<(u64, *mut u64)>;
}
/// The cache of the site.
struct OfSite;
/// The table of the worker: another class than the one that the site saw first.
struct OfWorker;

impl Knowledge for OfSite {
    #[inline(always)]
    unsafe fn find(object: Value, site: Word, base: Base, _: *mut State) -> Option<(u64, *mut u64)> {
        if object.bits() >> 48 != TAG_POINTER >> 48 {
            return None;
        }
        let (header, cache) = (header_word(object), profile_of(base).cache(site.high()));
        let agrees = (header ^ cache) & CLASS_AND_KIND == 0;
        agrees.then(|| (header, address(object, (cache as u32 >> 8) as usize)))
    }
}

impl Knowledge for OfWorker {
    #[inline(always)]
    unsafe fn find(object: Value, site: Word, base: Base, state: *mut State) -> Option<(u64, *mut u64)> {
        if object.bits() >> 48 != TAG_POINTER >> 48 {
            return None;
        }
        let header = header_word(object);
        if kind_byte(header) != Kind::Instance as u8 {
            return None;
        }
        Found::look(&raw const (*state).found_fields, header, profile_of(base).constant(site.low()))
            .map(|offset| (header, address(object, offset as usize)))
    }
}

/// Remembers where objects like this one have the field that the running instruction names.
unsafe fn remember_field(state: &mut State, object: Value, slot: usize, shared: bool) {
    let site = state.second();
    // All sites share the table, those that write, too, and those of other modules: so it holds only fields that
    // anyone may read and write.
    if shared {
        let name = state.constant(site.low());
        let offset = (FIELDS_OFFSET + 8 * slot) as u64;
        Found::remember(&mut state.found_fields, header_word(object), name, offset);
    }
    if state.profile().cache(site.high()) == 0 {
        state.profile().set_cache(site.high(), field_cache(object, slot));
    }
}

#[inline(always)]
unsafe fn get_field_instance<K: Knowledge>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    _: &mut i64,
) -> Step {
    let site = Word((**pc).load(Relaxed));
    let Some((_, field)) = K::find(*base.add(ins.b()), site, *base, state) else { return Step::Slow };
    let value = Value::from_bits(*field);
    if value.is_undef() {
        return Step::Slow;
    }
    *base.add(ins.a()) = value;
    *pc = pc.add(1);
    Step::Next
}

#[inline(always)]
unsafe fn set_field_instance<K: Knowledge>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    _: &mut i64,
) -> Step {
    let site = Word((**pc).load(Relaxed));
    let Some((header, field)) = K::find(*base.add(ins.a()), site, *base, state) else {
        return Step::Slow;
    };
    if (header >> 8) as u8 & (BARRIER | FROZEN) != 0 {
        return Step::Slow;
    }
    *field = (*base.add(ins.b())).bits();
    *pc = pc.add(1);
    Step::Next
}

/// What a cache of a field holds: the class and kind of the object, and where the field is.
unsafe fn field_cache(object: Value, slot: usize) -> u64 {
    object_cache(object, (FIELDS_OFFSET + 8 * slot) as u32)
}

impl State {
    /// Whether objects like this one declare the field.
    pub(crate) fn has_field(&self, object: Value, name: &str) -> bool {
        (object.as_instance().is_some() || object.as_record().is_some())
            && self
                .vm()
                .shared
                .classes
                .get(class_id_of(object))
                .is_some_and(|class| class.field_index(name).is_some())
    }

    /// A name that starts with an underscore is for its class, the classes below it, and its module.
    pub(crate) fn check_private(&mut self, name: &str, class_id: u32) -> Result<(), Exit> {
        if !name.starts_with('_') {
            return Ok(());
        }
        // SAFETY: the state stands in a live frame.
        let code = unsafe { self.entry() }.code;
        let vm = self.vm();
        let related =
            code.owner.is_some_and(|own| vm.is_subclass(own, class_id) || vm.is_subclass(class_id, own));
        let same_module =
            vm.class(class_id).is_none_or(|class| class.module.is_none_or(|module| module == code.module));
        if related || same_module {
            return Ok(());
        }
        let message = format!("`{name}` is private to {}", vm.shared.classes.name(class_id));
        Err(self.error(ClassId::FieldError, &message))
    }
}

unsafe fn name_of(state: &State, name: Value) -> &'static str {
    name.as_symbol().and_then(|id| state.vm().shared.symbols.name(id)).unwrap_or("?")
}

unsafe fn get_field(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.b());
    let name = site_name(state);
    let text = name_of(state, name);
    let found = match object.kind() {
        Some(Kind::Instance | Kind::Record) => return get_object_field(state, ins, object, text),
        Some(Kind::Map) => {
            let map = object.as_map().ok_or(Exit::Internal("a map of another kind"))?;
            let key = state.vm().key_string(text);
            match state.heap().map_get(map, key)? {
                Some(value) => Some(value),
                None if ins.c() & 1 != 0 => Some(Value::NIL),
                None => return Err(super::index::no_key(state, object, key)),
            }
        }
        Some(Kind::Module) => state.vm().module_member(object, text),
        Some(Kind::Class | Kind::Trait) => state.vm().class_member(object, text),
        _ => None,
    };
    match found {
        Some(value) => {
            state.set(ins.a(), value);
            Ok(())
        }
        None => get_computed(state, object, text),
    }
}

/// A field of an object of a class, remembered for the next time.
unsafe fn get_object_field(state: &mut State, ins: Word, object: Value, name: &str) -> Result<(), Exit> {
    let class_id = class_id_of(object);
    let vm = state.vm();
    let Some(slot) = vm.shared.classes.get(class_id).and_then(|class| class.field_index(name)) else {
        return get_computed(state, object, name);
    };
    state.check_private(name, class_id)?;
    if slot == ERROR_TRACE && vm.is_subclass(class_id, ClassId::Error.id()) {
        let trace = state.readable_trace(object)?;
        state.set(ins.a(), trace);
        return Ok(());
    }
    let value = Value::from_bits(object_word(object, FIELDS_OFFSET + 8 * slot));
    if value.is_undef() {
        return Err(unset(state, object, name));
    }
    let set_once =
        vm.class(class_id).and_then(|class| class.fields.get(slot)).is_none_or(|field| field.set_once);
    let shared = object.is_kind(Kind::Instance) && !set_once && !name.starts_with('_');
    remember_field(state, object, slot, shared);
    state.quicken(Quick::GetFieldInstance.byte());
    state.set(ins.a(), value);
    Ok(())
}

#[cold]
unsafe fn unset(state: &mut State, object: Value, name: &str) -> Exit {
    let class = state.class_name_of(object);
    state.error(ClassId::InitError, &format!("field `{name}` of {class} is read before it is set"))
}

/// A `get fn`, or the error that there is no such field.
unsafe fn get_computed(state: &mut State, object: Value, name: &str) -> Result<(), Exit> {
    if let Some(method) = state.method_named(object, name) {
        if method.is_getter() {
            state.check_private(name, class_id_of(object))?;
            return state.call_operator(method, &[object], Post::Store);
        }
        let class = state.class_name_of(object);
        let message = format!("{class} has no field `{name}`; it is a method: call it as `x.{name}(...)`");
        return Err(state.error(ClassId::FieldError, &message));
    }
    Err(no_field(state, object, name))
}

#[cold]
unsafe fn no_field(state: &mut State, object: Value, name: &str) -> Exit {
    let subject = if object.is_nil() { "nil".to_string() } else { state.class_name_of(object) };
    let fields = state
        .vm()
        .shared
        .classes
        .get(class_id_of(object))
        .map(|class| class.definition.fields.as_slice())
        .unwrap_or_default();
    let near = nearest(name, fields.iter().map(String::as_str)).map(str::to_string);
    let near = near.or_else(|| {
        let methods = state.vm().method_names(class_id_of(object));
        habit(name, |wanted| methods.iter().map(String::as_str).find(|own| *own == wanted))
            .map(|own| format!("{own}()"))
    });
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    state.error(ClassId::FieldError, &format!("{subject} has no field `{name}`{hint}"))
}

unsafe fn set_field(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, value) = (state.reg(ins.a()), state.reg(ins.b()));
    let name = site_name(state);
    let text = name_of(state, name);
    match object.kind() {
        Some(Kind::Instance) => set_object_field(state, object, text, value),
        Some(Kind::Map) => {
            let map = object.as_map().ok_or(Exit::Internal("a map of another kind"))?;
            let key = state.vm().key_string(text);
            state.heap().map_insert(map, key, value)?;
            Ok(())
        }
        Some(Kind::Record) => {
            let class = state.class_name_of(object);
            let message = format!("{class} is a record and cannot change; use `with({text}: ...)`");
            Err(state.error(ClassId::FrozenError, &message))
        }
        Some(Kind::Class | Kind::Module) => {
            Err(state.error(ClassId::FrozenError, "statics and module members are constants"))
        }
        _ => Err(no_field(state, object, text)),
    }
}

unsafe fn set_object_field(state: &mut State, object: Value, name: &str, value: Value) -> Result<(), Exit> {
    let class_id = class_id_of(object);
    let vm = state.vm();
    let Some(slot) = vm.shared.classes.get(class_id).and_then(|class| class.field_index(name)) else {
        return Err(no_field(state, object, name));
    };
    state.check_private(name, class_id)?;
    let instance = object.as_instance().ok_or(Exit::Internal("an instance of another kind"))?;
    let set_once =
        vm.class(class_id).and_then(|class| class.fields.get(slot)).is_some_and(|field| field.set_once);
    if set_once && instance.field(slot).is_some_and(|old| !old.is_undef()) {
        let class = state.class_name_of(object);
        let message = format!("field `{name}` of {class} is set once and has a value");
        return Err(state.error(ClassId::FrozenError, &message));
    }
    state.heap().instance_set(instance, slot, value)?;
    if !set_once {
        let is_trace = slot == ERROR_TRACE && vm.is_subclass(class_id, ClassId::Error.id());
        remember_field(state, object, slot, !is_trace && !name.starts_with('_'));
        state.quicken(Quick::SetFieldInstance.byte());
    }
    Ok(())
}

/// The header of an instance or record that has this slot.
#[inline(always)]
unsafe fn slot_header(object: Value, slot: usize) -> Option<u64> {
    if object.bits() >> 48 != TAG_POINTER >> 48 {
        return None;
    }
    let header = header_word(object);
    let kind = kind_byte(header);
    let fits = (header >> 16) as u16 as usize > slot;
    if fits && (kind == Kind::Instance as u8 || kind == Kind::Record as u8) { Some(header) } else { None }
}

#[inline(always)]
unsafe fn get_slot(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let object = *base.add(ins.b());
    if slot_header(object, ins.c()).is_none() {
        return Step::Slow;
    }
    let value = Value::from_bits(object_word(object, FIELDS_OFFSET + 8 * ins.c()));
    if value.is_undef() {
        return Step::Slow;
    }
    *base.add(ins.a()) = value;
    Step::Next
}

/// The name of a field by its slot, for messages.
unsafe fn slot_name(state: &State, object: Value, slot: usize) -> String {
    let class = state.vm().shared.classes.get(class_id_of(object));
    class.and_then(|class| class.definition.fields.get(slot)).cloned().unwrap_or_default()
}

unsafe fn get_slot_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.b());
    if slot_header(object, ins.c()).is_none() {
        return Err(Exit::Internal("a slot of something that has none"));
    }
    let name = slot_name(state, object, ins.c());
    Err(unset(state, object, &name))
}

#[inline(always)]
unsafe fn set_slot(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let object = *base.add(ins.a());
    match slot_header(object, ins.c()) {
        Some(header) if (header >> 8) as u8 & (BARRIER | FROZEN) == 0 => {}
        _ => return Step::Slow,
    }
    *address(object, FIELDS_OFFSET + 8 * ins.c()) = (*base.add(ins.b())).bits();
    Step::Next
}

unsafe fn set_slot_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (object, value) = (state.reg(ins.a()), state.reg(ins.b()));
    if slot_header(object, ins.c()).is_none() {
        return Err(Exit::Internal("a slot of something that has none"));
    }
    if let Some(instance) = object.as_instance() {
        return Ok(state.heap().instance_set(instance, ins.c(), value)?);
    }
    match object.as_record() {
        Some(record) => Ok(state.heap().record_init(record, ins.c(), value)?),
        None => Err(Exit::Internal("a slot of something that has none")),
    }
}

unsafe fn slot_is_set(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.b());
    if slot_header(object, ins.c()).is_none() {
        return Err(Exit::Internal("a slot of something that has none"));
    }
    let value = Value::from_bits(object_word(object, FIELDS_OFFSET + 8 * ins.c()));
    state.set(ins.a(), Value::bool(!value.is_undef()));
    Ok(())
}

/// Bumps the nursery's cursor for an instance of a class that the state knows the header of.
#[inline(always)]
unsafe fn new_object_fast(ins: Word, _: &mut Pc, base: &mut Base, state: *mut State, _: &mut i64) -> Step {
    let class = profile_of(*base).constant(ins.bx());
    let class_id = header_word(class) >> 32;
    let header = (*state).layouts[class_id as usize % LAYOUTS];
    if kind_byte(header_word(class)) != Kind::Class as u8 || header >> 32 != class_id || header == 0 {
        return Step::Slow;
    }
    let heap = (*state).heap.cast::<u8>();
    let cursor = heap.add(HEAP_CURSOR_OFFSET).cast::<usize>();
    let limit = *heap.add(HEAP_LIMIT_OFFSET).cast::<usize>();
    let fields = usize::from((header >> 16) as u16);
    let bytes = 8 + 8 * fields;
    let start = *cursor;
    if bytes > limit - start {
        return Step::Slow;
    }
    *cursor = start + bytes;
    let object = std::ptr::with_exposed_provenance_mut::<u64>(start);
    *object = header;
    let mut index = 0;
    while index < fields {
        index += 1;
        *object.add(index) = Value::UNDEF.bits();
    }
    *base.add(ins.a()) = Value::from_bits(TAG_POINTER | start as u64);
    Step::Next
}

unsafe fn new_object(state: &mut State, ins: Word) -> Result<(), Exit> {
    let constant = state.constant(ins.bx());
    let class_id = constant.as_class().map(|class| class.class_id());
    let class_id = class_id.or_else(|| constant.as_record().map(|record| record.class_id()));
    let Some(class_id) = class_id else {
        return Err(Exit::Internal("an object of something that is no class"));
    };
    let Some(class) = state.vm().shared.classes.get(class_id) else {
        return Err(Exit::Internal("an object of a class that does not exist"));
    };
    let count = class.definition.fields.len();
    let object = if class.definition.is_record {
        let fields = vec![Value::UNDEF; count];
        state.heap().record(class_id, &fields)?.value()
    } else {
        let object = state.heap().instance_new(class_id, count)?;
        if state.vm().is_subclass(class_id, ClassId::Error.id()) {
            state.heap().instance_set(object, crate::error::ERROR_CAUSE, Value::NIL)?;
            state.heap().instance_set(object, ERROR_TRACE, Value::NIL)?;
        } else if count > 0 {
            // What a young instance of this class looks like; large or old ones have other flags.
            let header = header_word(object.value());
            if (header >> 8) as u8 == YOUNG {
                state.layouts[class_id as usize % LAYOUTS] = header;
            }
        }
        object.value()
    };
    state.set(ins.a(), object);
    Ok(())
}

unsafe fn check_init(state: &mut State, ins: Word) -> Result<(), Exit> {
    let object = state.reg(ins.a());
    let instance = object.as_instance();
    let record = object.as_record();
    let fields = match (&instance, &record) {
        (Some(instance), _) => instance.fields(),
        (None, Some(record)) => record.fields(),
        (None, None) => return Ok(()),
    };
    let Some(slot) = fields.iter().position(|field| field.is_undef()) else { return Ok(()) };
    let (class, name) = (state.class_name_of(object), slot_name(state, object, slot));
    Err(state.error(ClassId::InitError, &format!("field `{name}` of {class} was not set by `init`")))
}

unsafe fn set_static(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (class, value) = (state.reg(ins.a()), state.reg(ins.b()));
    let name = site_name(state);
    let text = name_of(state, name);
    let frozen = state.heap().freeze(value)?;
    let class_id =
        class.as_class().map(|class| class.class_id()).or_else(|| class.as_trait().map(|it| it.class_id()));
    let slot = class_id.and_then(|id| state.vm().class(id)).and_then(|class| class.static_slot(text));
    match slot {
        Some(slot) => {
            slot.store(frozen.bits(), Relaxed);
            Ok(())
        }
        None => Err(Exit::Internal("a static that the class does not declare")),
    }
}
