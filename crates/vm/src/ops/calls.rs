//! Calls. The fast paths know functions and closures with exactly the right number of arguments.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::{CallShape, Word};
use heap::header::{BARRIER, FROZEN};
use heap::kind::array::{ARRAY_CAPACITY_OFFSET, ARRAY_SLOTS_OFFSET};
use heap::kind::callable::CALLABLE_CODE_OFFSET;
use heap::kind::list::{LIST_LEN_OFFSET, LIST_STORAGE_OFFSET};
use heap::value::TAG_POINTER;
use heap::{Kind, Value, class_id_of};

use super::branches::tick;
use super::index::card_done;
use super::loads::{address, object_word};
use super::{always_slow, instructions, quick_instructions, worked_out};
use crate::builtins::BuiltinEntry;
use crate::call::{Mode, Window};
use crate::class::builtin_of;
use crate::code::Entry;
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::operator::pc_word;
use crate::quick::Quick;
use crate::state::{Base, FRAME_HEADER, Found, Pc, State, profile_of, write_raw};

instructions! {
    Call: call, call_slow;
    CallConst: always_slow, call_const;
    CallMethod: always_slow, super::methods::call_method;
    CallSpread: always_slow, call_spread;
    CallMethodSpread: always_slow, super::methods::call_method_spread;
    TailCall: always_slow, tail_call;
    TailCallConst: always_slow, tail_call_const;
    TailCallMethod: always_slow, super::methods::tail_call_method;
}
quick_instructions! {
    CallFunction: call_function, call_const;
    CallConstBuiltin: call_const_builtin_fast, call_const_builtin;
    TailCallFunction: tail_call_function, tail_call_const;
    CallMethodInstance: (call_method_instance::<OfSite>), (call_method_instance::<OfWorker>), super::methods::call_method;
    EnterNative: always_slow, enter_native;
    CallMethodBuiltin: call_method_builtin, super::methods::call_method_builtin;
    CallListPush: call_list_push, super::methods::call_method_builtin;
}

/// Pushes the frame of `entry` at `frame`, where the parameters are and the callee is in place.
#[inline(always)]
unsafe fn enter(entry: &Entry, frame: Base, back: Pc, pc: &mut Pc, base: &mut Base, fuel: &mut i64) -> Step {
    write_raw(frame.sub(2), entry.profile.word());
    write_raw(frame.sub(1), pc_word(back));
    *base = frame;
    *pc = entry.start();
    tick(fuel)
}

#[inline(always)]
unsafe fn fits(entry: &Entry, frame: Base, state: *mut State) -> bool {
    frame.byte_add(entry.frame_bytes as usize) <= (*state).stack_limit
}

/// The first word of an object: kind, flags, auxiliary bits, information.
#[inline(always)]
pub(crate) unsafe fn header_word(object: Value) -> u64 {
    object_word(object, 0)
}

/// The parts of a header, and of a cache word, that must agree: class id and kind. An empty cache has no kind and
/// agrees with nothing.
pub const CLASS_AND_KIND: u64 = 0xFFFF_FFFF_0000_00FF;

/// A cache word for objects like this one, with 24 bits of what was found.
pub(crate) unsafe fn object_cache(object: Value, found: u32) -> u64 {
    debug_assert!(found < 1 << 24, "functions and fields are numbered below");
    header_word(object) & CLASS_AND_KIND | u64::from(found) << 8
}

#[inline(always)]
pub(crate) fn kind_byte(header: u64) -> u8 {
    header as u8
}

#[inline(always)]
unsafe fn call(ins: Word, pc: &mut Pc, base: &mut Base, state: *mut State, fuel: &mut i64) -> Step {
    let callee = *base.add(ins.a());
    if callee.bits() >> 48 != TAG_POINTER >> 48 {
        return Step::Slow;
    }
    let header = header_word(callee);
    let kind = kind_byte(header);
    // The information of functions and closures is the number of arguments that fits as it is.
    if (kind != Kind::Closure as u8 && kind != Kind::Function as u8)
        || header >> 32 != ins.b() as u64
        || ins.c() != 0
    {
        return Step::Slow;
    }
    let entry = Entry::from_word(object_word(callee, CALLABLE_CODE_OFFSET));
    let frame = base.add(ins.a() + FRAME_HEADER);
    if !fits(entry, frame, state) {
        return Step::Slow;
    }
    let back = pc.add(1);
    enter(entry, frame, back, pc, base, fuel)
}

#[inline(always)]
unsafe fn call_function(ins: Word, pc: &mut Pc, base: &mut Base, state: *mut State, fuel: &mut i64) -> Step {
    let site = Word((**pc).load(Relaxed));
    let entry = Entry::from_word(profile_of(*base).cache(site.high()));
    let frame = worked_out(base.add(ins.a() + FRAME_HEADER));
    if !fits(entry, frame, state) {
        return Step::Slow;
    }
    *frame.sub(3) = entry.function;
    let back = pc.add(1);
    enter(entry, frame, back, pc, base, fuel)
}

#[inline(always)]
unsafe fn tail_call_function(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    fuel: &mut i64,
) -> Step {
    let site = Word((**pc).load(Relaxed));
    let entry = Entry::from_word(profile_of(*base).cache(site.high()));
    if !fits(entry, *base, state) {
        return Step::Slow;
    }
    let from = base.add(ins.a() + FRAME_HEADER);
    // A plain loop: an iterator would be a local with an address where the compiler optimises little.
    let mut index = 0;
    while index < ins.b() {
        *base.add(index) = *from.add(index);
        index += 1;
    }
    *base.sub(3) = entry.function;
    write_raw(base.sub(2), entry.profile.word());
    *pc = entry.start();
    tick(fuel)
}

/// Where a path looks for the method that a site calls.
trait Knowledge {
    unsafe fn find(header: u64, site: Word, base: Base, state: *mut State) -> Option<&'static Entry>;
}
/// The cache of the site.
struct OfSite;
/// The table of the worker: another class than the one that the site saw first.
struct OfWorker;

impl Knowledge for OfSite {
    #[inline(always)]
    unsafe fn find(header: u64, site: Word, base: Base, state: *mut State) -> Option<&'static Entry> {
        let cache = profile_of(base).cache(site.high());
        let agrees = (header ^ cache) & CLASS_AND_KIND == 0;
        agrees.then(|| &*(*state).entries.add((cache as u32 >> 8) as usize))
    }
}

impl Knowledge for OfWorker {
    #[inline(always)]
    unsafe fn find(header: u64, site: Word, base: Base, state: *mut State) -> Option<&'static Entry> {
        let kind = kind_byte(header);
        if kind != Kind::Instance as u8 && kind != Kind::Record as u8 {
            return None;
        }
        let name = profile_of(base).constant(site.low());
        Found::look(&raw const (*state).found_methods, header, name).map(Entry::from_word)
    }
}

#[inline(always)]
unsafe fn call_method_instance<K: Knowledge>(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    fuel: &mut i64,
) -> Step {
    let frame = base.add(ins.a() + FRAME_HEADER);
    let receiver = *frame;
    if receiver.bits() >> 48 != TAG_POINTER >> 48 {
        return Step::Slow;
    }
    let site = Word((**pc).load(Relaxed));
    let Some(entry) = K::find(header_word(receiver), site, *base, state) else { return Step::Slow };
    if entry.arity as usize != ins.b() || !fits(entry, frame, state) {
        return Step::Slow;
    }
    *frame.sub(3) = entry.function;
    let back = pc.add(1);
    enter(entry, frame, back, pc, base, fuel)
}

/// The constant was found to be a builtin when the site was quickened.
#[inline(always)]
unsafe fn call_const_builtin_fast(
    _: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    _: &mut i64,
) -> Step {
    let site = Word((**pc).load(Relaxed));
    let callee = profile_of(*base).constant(site.low());
    (*state).called = BuiltinEntry::from_word(object_word(callee, CALLABLE_CODE_OFFSET));
    Step::Builtin
}

#[inline(always)]
unsafe fn call_method_builtin(
    ins: Word,
    pc: &mut Pc,
    base: &mut Base,
    state: *mut State,
    _: &mut i64,
) -> Step {
    let receiver = *base.add(ins.a() + FRAME_HEADER);
    let site = Word((**pc).load(Relaxed));
    let cache = profile_of(*base).cache(site.high());
    if u64::from(class_id_of(receiver)) != cache >> 32 {
        return Step::Slow;
    }
    match (*(*state).builtins.add(cache as u32 as usize >> 8)).get() {
        Some(builtin) => {
            (*state).called = builtin;
            Step::Builtin
        }
        None => Step::Slow,
    }
}

/// Appends where the list has room and its storage needs no barrier.
#[inline(always)]
unsafe fn call_list_push(ins: Word, pc: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let list = *base.add(ins.a() + FRAME_HEADER);
    if list.bits() >> 48 != TAG_POINTER >> 48 {
        return Step::Slow;
    }
    let header = header_word(list);
    if kind_byte(header) != Kind::List as u8 || (header >> 8) as u8 & FROZEN != 0 {
        return Step::Slow;
    }
    let storage = Value::from_bits(object_word(list, LIST_STORAGE_OFFSET));
    let len = object_word(list, LIST_LEN_OFFSET);
    // A new list has no storage.
    if storage.bits() >> 48 != TAG_POINTER >> 48 || len >= object_word(storage, ARRAY_CAPACITY_OFFSET) {
        return Step::Slow;
    }
    if (header_word(storage) >> 8) as u8 & (BARRIER | FROZEN) != 0 && !card_done(storage, len) {
        return Step::Slow;
    }
    *address(storage, ARRAY_SLOTS_OFFSET + 8 * len as usize) = (*base.add(ins.a() + FRAME_HEADER + 1)).bits();
    *address(list, LIST_LEN_OFFSET) = len + 1;
    *base.add(ins.a()) = list;
    *pc = pc.add(1);
    Step::Next
}

unsafe fn enter_native(state: &mut State, _: Word) -> Result<(), Exit> {
    state.pass_gate()
}

pub(crate) unsafe fn shape_of(state: &State, ins: Word) -> Option<&'static CallShape> {
    match ins.c() {
        0 => None,
        shape => state.entry().code.shapes.get(shape - 1),
    }
}

pub(crate) fn window(ins: Word, mode: Mode) -> Window {
    Window { at: ins.a(), count: ins.b(), mode }
}

unsafe fn call_slow(state: &mut State, ins: Word) -> Result<(), Exit> {
    let shape = shape_of(state, ins);
    state.call_window(window(ins, Mode::Ordinary), shape)
}

unsafe fn tail_call(state: &mut State, ins: Word) -> Result<(), Exit> {
    let shape = shape_of(state, ins);
    state.call_window(window(ins, Mode::Tail), shape)
}

/// The callee constant of the instruction; where its arguments fit as they are, the next run takes a short cut.
unsafe fn constant_callee(state: &mut State, ins: Word, quick: Quick) -> Value {
    let site = state.second();
    let callee = state.constant(site.low());
    if let Some(entry) = state.entry_called(callee)
        && entry.arity as usize == ins.b()
        && ins.c() == 0
    {
        state.profile().set_cache(site.high(), entry.word());
        state.quicken(quick.byte());
    }
    callee
}

unsafe fn call_const(state: &mut State, ins: Word) -> Result<(), Exit> {
    let callee = constant_callee(state, ins, Quick::CallFunction);
    if let Some(builtin) = builtin_of(callee)
        && builtin.takes(ins.b())
        && ins.c() == 0
    {
        state.quicken(Quick::CallConstBuiltin.byte());
    }
    let shape = shape_of(state, ins);
    state.call_in_window(window(ins, Mode::Ordinary), shape, callee)
}

unsafe fn call_const_builtin(state: &mut State, ins: Word) -> Result<(), Exit> {
    let callee = state.constant(state.second().low());
    match builtin_of(callee) {
        Some(builtin) => state.call_builtin_window(window(ins, Mode::Ordinary), builtin),
        None => Err(Exit::Internal("a quickened call of something else")),
    }
}

unsafe fn tail_call_const(state: &mut State, ins: Word) -> Result<(), Exit> {
    let callee = constant_callee(state, ins, Quick::TailCallFunction);
    let shape = shape_of(state, ins);
    state.call_in_window(window(ins, Mode::Tail), shape, callee)
}

unsafe fn call_spread(state: &mut State, ins: Word) -> Result<(), Exit> {
    let callee = state.reg(ins.a());
    let (list, map) = (state.reg(ins.a() + 3), state.reg(ins.a() + 4));
    let (positional, named) = spread(state, None, list, map)?;
    state.call_with(window(ins, Mode::Ordinary), callee, positional, &named)
}

/// Positional and named arguments.
pub(crate) type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Arguments out of a list and a map.
pub(crate) unsafe fn spread(
    state: &mut State,
    receiver: Option<Value>,
    list: Value,
    map: Value,
) -> Result<Arguments, Exit> {
    let mut positional: Vec<Value> = receiver.into_iter().collect();
    match list.as_list() {
        Some(list) => positional.extend_from_slice(list.elements()),
        None => return Err(Exit::Internal("spread arguments that are no list")),
    }
    let mut named = Vec::new();
    if let Some(map) = map.as_map() {
        for (key, value) in map.iter() {
            match key.as_str() {
                Some(name) => named.push((name.to_string(), value)),
                None => {
                    let message = "the keys of named arguments must be strings";
                    return Err(state.error(heap::ClassId::ArgumentError, message));
                }
            }
        }
    }
    Ok((positional, named))
}

/// Remembers at a method call site that receivers of this class go to `entry`.
pub(crate) unsafe fn cache_method(state: &mut State, ins: Word, receiver: Value, entry: &'static Entry) {
    let is_object = receiver.as_instance().is_some() || receiver.as_record().is_some();
    if is_object && entry.arity as usize == ins.b() && ins.c() == 0 {
        let site = state.second();
        let name = state.constant(site.low());
        let text = name.as_symbol().and_then(|id| state.vm().shared.symbols.name(id));
        // All sites share the table: private methods are found by those sites only that may call them.
        if text.is_some_and(|text| !text.starts_with('_')) {
            Found::remember(&mut state.found_methods, header_word(receiver), name, entry.word());
        }
        // The first class keeps the site's own cache: so no site is written to again and again.
        if state.profile().cache(site.high()) == 0 {
            state.profile().set_cache(site.high(), object_cache(receiver, entry.id));
        }
        state.quicken(Quick::CallMethodInstance.byte());
    }
}
