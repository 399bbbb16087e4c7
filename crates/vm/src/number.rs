//! Arithmetic on everything the fast paths leave: numbers of any size and mix, `+` and `*` of strings and lists,
//! and the operator methods of instances.

use bytecode::Op;
use heap::{ClassId, Fault, Heap, Value, arith};

use crate::exit::{Exit, Limit};
use crate::operator::Post;
use crate::state::State;

/// A binary operator of arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

impl Binary {
    /// As programs write it; also the name of the method.
    pub const fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Sub => "-",
            Binary::Mul => "*",
            Binary::Div => "/",
            Binary::FloorDiv => "~/",
            Binary::Mod => "%",
            Binary::Pow => "**",
            Binary::BitAnd => "&",
            Binary::BitOr => "|",
            Binary::BitXor => "^",
            Binary::Shl => "<<",
            Binary::Shr => ">>",
        }
    }
}

/// `R[target] = left op right`.
pub(crate) fn binary(
    state: &mut State,
    target: usize,
    op: Binary,
    left: Value,
    right: Value,
) -> Result<(), Exit> {
    let result = match numbers(state.heap_mut(), op, left, right) {
        Ok(result) => result,
        Err(Fault::WrongType) => match sequences(state, op, left, right)? {
            Some(result) => result,
            None => return method(state, op, left, right),
        },
        Err(Fault::ZeroDivision) => {
            let message = format!("`{}` by zero", op.symbol());
            return Err(state.error(ClassId::ZeroDivisionError, &message));
        }
        Err(fault) => return Err(fault.into()),
    };
    state.set_register(target, result);
    Ok(())
}

fn numbers(heap: &mut Heap, op: Binary, left: Value, right: Value) -> Result<Value, Fault> {
    let operation = match op {
        Binary::Add => arith::add,
        Binary::Sub => arith::subtract,
        Binary::Mul => arith::multiply,
        Binary::Div => arith::divide,
        Binary::FloorDiv => arith::floor_divide,
        Binary::Mod => arith::modulo,
        Binary::Pow => arith::power,
        Binary::BitAnd => arith::bit_and,
        Binary::BitOr => arith::bit_or,
        Binary::BitXor => arith::bit_xor,
        Binary::Shl => arith::shift_left,
        Binary::Shr => arith::shift_right,
    };
    operation(heap, left, right)
}

/// `+` of strings and lists, `*` of a string or list and an Int.
fn sequences(state: &mut State, op: Binary, left: Value, right: Value) -> Result<Option<Value>, Exit> {
    match op {
        Binary::Add => {
            if left.is_string() && right.is_string() {
                return Ok(Some(state.heap_mut().string_concat(left, right)?));
            }
            if let (Some(l), Some(r)) = (left.as_list(), right.as_list()) {
                return Ok(Some(state.heap_mut().list_concat(l, r)?.value()));
            }
            if let (Some(l), Some(r)) = (left.as_tuple(), right.as_tuple()) {
                let both = [l.elements(), r.elements()].concat();
                return Ok(Some(state.heap_mut().tuple(&both)?.value()));
            }
            Ok(None)
        }
        Binary::Mul if right.is_int() => {
            let repeatable = left.is_string() || left.as_list().is_some();
            if !repeatable {
                return Ok(None);
            }
            let Some(count) = right.as_int64().and_then(|count| usize::try_from(count.max(0)).ok()) else {
                return Err(state.error(ClassId::ValueError, "too many repetitions"));
            };
            repeat(state, left, count).map(Some)
        }
        _ => Ok(None),
    }
}

fn repeat(state: &mut State, value: Value, count: usize) -> Result<Value, Exit> {
    const BYTES_MAX: usize = 1 << 32;
    let unit = match value.as_list() {
        Some(list) => list.len().saturating_mul(8),
        None => value.string_byte_len().unwrap_or(0),
    };
    let bytes = unit.saturating_mul(count);
    if bytes > BYTES_MAX {
        return Err(Exit::Limit(Limit::Heap));
    }
    state.heap_mut().check_room(bytes)?;
    if let Some(list) = value.as_list() {
        let elements = list.elements().repeat(count);
        return Ok(state.heap_mut().list_from(&elements)?.value());
    }
    let text = state.heap_mut().text(&value)?.unwrap_or("").repeat(count);
    Ok(state.heap_mut().string_owned(text)?)
}

/// The operator method of the left operand, or the error that says why there is none.
fn method(state: &mut State, op: Binary, left: Value, right: Value) -> Result<(), Exit> {
    let is_array = left.as_float_array().is_some() || left.as_int_array().is_some();
    let by_method = is_array || left.is_bytes() || left.as_set().is_some();
    let found = if by_method {
        state.method_named(left, op.symbol())
    } else {
        state.operator_method(left, op.symbol())
    };
    if let Some(method) = found {
        return state.call_operator(method, &[left, right], Post::Store);
    }
    let (l, r) = (state.class_name_of(left), state.class_name_of(right));
    let hint = if op == Binary::Add && (left.is_string() || right.is_string()) {
        "; to make text of a value, interpolate it: \"${value}\""
    } else {
        ""
    };
    let message = format!("`{}` does not work on {l} and {r}{hint}", op.symbol());
    Err(state.error(ClassId::TypeError, &message))
}

/// `R[target] = op value`.
pub(crate) fn unary(state: &mut State, target: usize, op: Op, value: Value) -> Result<(), Exit> {
    type Operation = fn(&mut Heap, Value) -> Result<Value, Fault>;
    let (symbol, name, operation): (_, _, Operation) = match op {
        Op::Neg => ("-", UNARY_MINUS, arith::negate),
        _ => ("~", "~", arith::bit_not),
    };
    match operation(state.heap_mut(), value) {
        Ok(result) => {
            state.set_register(target, result);
            Ok(())
        }
        Err(Fault::WrongType) => {
            if let Some(method) = state.operator_method(value, name) {
                return state.call_operator(method, &[value], Post::Store);
            }
            let message = format!("`{symbol}` does not work on {}", state.class_name_of(value));
            Err(state.error(ClassId::TypeError, &message))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The method behind unary minus; `-` is the binary one.
const UNARY_MINUS: &str = "-@";

/// A fault that arithmetic of the heap reports, in words.
pub(crate) fn describe_fault(state: &State, fault: Fault) -> (ClassId, String) {
    match fault {
        Fault::Frozen => (ClassId::FrozenError, "a frozen value cannot be changed".into()),
        Fault::Unhashable(value) => {
            let name = state.class_name_of(value);
            let hint = match name.as_str() {
                "List" | "Map" | "Set" | "Buffer" => ": it can change; freeze it or use a tuple",
                _ => "",
            };
            (ClassId::TypeError, format!("{} cannot be a key{hint}", state.kind_named(value)))
        }
        Fault::Unordered(left, right) => {
            let (l, r) = (state.class_name_of(left), state.class_name_of(right));
            (ClassId::TypeError, format!("{l} and {r} have no order"))
        }
        Fault::Unfreezable(value) => {
            (ClassId::TypeError, format!("{} cannot be frozen", state.kind_named(value)))
        }
        Fault::Unsendable(value) => {
            (ClassId::SendError, format!("{} cannot be sent", state.kind_named(value)))
        }
        Fault::TooLarge => (ClassId::ValueError, "the result would be too large".into()),
        Fault::ZeroDivision => (ClassId::ZeroDivisionError, "division by zero".into()),
        Fault::NegativeShift => (ClassId::ValueError, "a shift by a negative number".into()),
        Fault::WrongType => (ClassId::TypeError, "a value of the wrong type".into()),
        Fault::NeedGc(_) | Fault::Decline | Fault::Overdue => {
            (ClassId::ValueError, "an operation that must be tried again".into())
        }
    }
}
