//! Pattern tests and type tests. Matching throws on no value.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::Word;
use heap::value::TAG_POINTER;
use heap::{ClassId, Kind, Value, class_id_of};

use super::calls::{header_word, kind_byte};
use super::{always_slow, instructions};
use crate::code::LinkedType;
use crate::compare::in_range;
use crate::dispatch::Step;
use crate::exit::Exit;
use crate::state::{Base, Pc, State};

instructions! {
    Is: always_slow, is;
    IsConst: always_slow, is_const;
    CheckType: always_slow, check_type;
    MatchTuple: match_tuple_fast, match_tuple;
    MatchList: always_slow, match_list;
    MatchListMin: always_slow, match_list_min;
    MatchMap: always_slow, match_map;
    MatchRange: always_slow, match_range;
    ListRest: always_slow, list_rest;
    MapGet: always_slow, map_get;
    MatchError: always_slow, match_error;
}

unsafe fn is(state: &mut State, ins: Word) -> Result<(), Exit> {
    let (value, class) = (state.reg(ins.b()), state.reg(ins.c()));
    let id = class.as_class().map(|class| class.class_id());
    let id = id.or_else(|| class.as_trait().map(|class| class.class_id()));
    let id = id.or_else(|| class.as_record().map(|record| record.class_id()));
    let Some(id) = id else {
        let message = format!("the right side of `is` must be a type, got a {}", state.class_name_of(class));
        return Err(state.error(ClassId::TypeError, &message));
    };
    let holds = state.vm().is_subclass(class_id_of(value), id);
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

/// The type that a constant describes; its constant holds the position in the table of types.
unsafe fn linked_type(state: &State, constant: usize) -> Result<&'static LinkedType, Exit> {
    let index = state.constant(constant).as_int32().and_then(|index| usize::try_from(index).ok());
    let types = &state.entry().code.types;
    index
        .and_then(|index| types.get(index))
        .ok_or(Exit::Internal("a type test of a constant that is no type"))
}

pub(crate) unsafe fn matches_type(state: &State, value: Value, linked: &LinkedType) -> bool {
    let class_id = class_id_of(value);
    linked.any_of.is_empty() || linked.any_of.iter().any(|&wanted| state.vm().is_subclass(class_id, wanted))
}

unsafe fn is_const(state: &mut State, ins: Word) -> Result<(), Exit> {
    let holds = matches_type(state, state.reg(ins.b()), linked_type(state, ins.c())?);
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn check_type(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.a());
    let linked = linked_type(state, ins.bx())?;
    if matches_type(state, value, linked) {
        return Ok(());
    }
    let name = if value.is_nil() { "nil".to_string() } else { state.class_name_of(value) };
    let shown = state.short_repr(value);
    let subject = &linked.spec.subject;
    let message = if value.is_nil() {
        format!("{subject} must be {}, got nil", linked.spec.text)
    } else {
        format!("{subject} must be {}, got {shown} ({name})", linked.spec.text)
    };
    Err(state.error(ClassId::TypeError, &message))
}

/// The information of a tuple is its length.
#[inline(always)]
unsafe fn match_tuple_fast(ins: Word, _: &mut Pc, base: &mut Base, _: *mut State, _: &mut i64) -> Step {
    let value = *base.add(ins.b());
    let holds = value.bits() >> 48 == TAG_POINTER >> 48 && {
        let header = header_word(value);
        kind_byte(header) == Kind::Tuple as u8 && header >> 32 == ins.c() as u64
    };
    *base.add(ins.a()) = Value::bool(holds);
    Step::Next
}

unsafe fn match_tuple(state: &mut State, ins: Word) -> Result<(), Exit> {
    let holds = state.reg(ins.b()).as_tuple().is_some_and(|tuple| tuple.len() == ins.c());
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn match_list(state: &mut State, ins: Word) -> Result<(), Exit> {
    let holds = state.reg(ins.b()).as_list().is_some_and(|list| list.len() == ins.c());
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn match_list_min(state: &mut State, ins: Word) -> Result<(), Exit> {
    let holds = state.reg(ins.b()).as_list().is_some_and(|list| list.len() >= ins.c());
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn match_map(state: &mut State, ins: Word) -> Result<(), Exit> {
    let holds = state.reg(ins.b()).is_kind(Kind::Map);
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn match_range(state: &mut State, ins: Word) -> Result<(), Exit> {
    let range =
        state.constant(ins.c()).as_range().ok_or(Exit::Internal("a range test of another constant"))?;
    let value = state.reg(ins.b());
    let holds = in_range(state, value, range)?;
    state.set(ins.a(), Value::bool(holds));
    Ok(())
}

unsafe fn list_rest(state: &mut State, ins: Word) -> Result<(), Exit> {
    let list = state.reg(ins.b()).as_list().ok_or(Exit::Internal("the rest of something that is no list"))?;
    let span = state.second();
    let end = list.len().saturating_sub(span.high());
    let start = span.low().min(end);
    let rest = state.heap().list_slice(list, start, end)?.value();
    state.set(ins.a(), rest);
    Ok(())
}

unsafe fn map_get(state: &mut State, ins: Word) -> Result<(), Exit> {
    let key = state.constant(ins.c());
    let map = state.reg(ins.b()).as_map().ok_or(Exit::Internal("a key of something that is no map"))?;
    // Keys of user classes are never equal to a constant, so where they would have to decide, there is none.
    let found = match state.heap().map_get(map, key) {
        Err(heap::Fault::Decline) => None,
        found => found?,
    };
    state.set(ins.a(), found.unwrap_or(Value::UNDEF));
    Ok(())
}

unsafe fn match_error(state: &mut State, ins: Word) -> Result<(), Exit> {
    let value = state.reg(ins.a());
    let shown = state.short_repr(value);
    Err(state.error(ClassId::MatchError, &format!("no arm matches {shown}")))
}
