//! Comparison of everything the fast paths leave: numbers of any size, builtin values, instances.

use std::cmp::Ordering;

use heap::{ClassId, Fault, Range, Value, class_id_of};

use crate::exit::Exit;
use crate::operator::Post;
use crate::state::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    const fn symbol(self) -> &'static str {
        match self {
            Relation::Equal => "==",
            Relation::NotEqual => "!=",
            Relation::Less => "<",
            Relation::LessOrEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterOrEqual => ">=",
        }
    }

    /// Whether operands in this order satisfy it.
    fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Equal => order.is_eq(),
            Relation::NotEqual => order.is_ne(),
            Relation::Less => order.is_lt(),
            Relation::LessOrEqual => order.is_le(),
            Relation::Greater => order.is_gt(),
            Relation::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// `R[target] = left relation right`.
pub(crate) fn compare(
    state: &mut State,
    target: usize,
    relation: Relation,
    left: Value,
    right: Value,
) -> Result<(), Exit> {
    if matches!(relation, Relation::Equal | Relation::NotEqual) {
        return equality(state, target, relation, left, right);
    }
    match order(state, left, right) {
        Ok(order) => {
            let holds = order.is_some_and(|order| relation.holds(order));
            state.set_register(target, Value::bool(holds));
            Ok(())
        }
        Err(Fault::Unordered(..) | Fault::Decline | Fault::WrongType) => {
            ordered_by_method(state, relation, left, right)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The order of two builtin values; `None` when a NaN is among them.
fn order(state: &mut State, left: Value, right: Value) -> Result<Option<Ordering>, Fault> {
    heap::compare(state.heap_mut(), left, right)
}

fn ordered_by_method(state: &mut State, relation: Relation, left: Value, right: Value) -> Result<(), Exit> {
    // `a > b` is `b < a`, `a >= b` is `b <= a`.
    let (name, first, second) = match relation {
        Relation::Greater => ("<", right, left),
        Relation::GreaterOrEqual => ("<=", right, left),
        _ => (relation.symbol(), left, right),
    };
    if let Some(method) = state.operator_method(first, name) {
        return state.call_operator(method, &[first, second], Post::Truth);
    }
    if left.kind().is_some() && left.kind() == right.kind() && !state.is_plain_object(left) {
        let slow = state.library_function(if name == "<" { "__less" } else { "__less_equal" })?;
        return state.call_operator(slow, &[first, second], Post::Truth);
    }
    let (l, r) = (state.class_name_of(left), state.class_name_of(right));
    let message = format!("`{}` does not work on {l} and {r}", relation.symbol());
    Err(state.error(ClassId::TypeError, &message))
}

fn equality(
    state: &mut State,
    target: usize,
    relation: Relation,
    left: Value,
    right: Value,
) -> Result<(), Exit> {
    let post = if relation == Relation::Equal { Post::Truth } else { Post::Negate };
    if state.is_plain_object(left)
        && let Some(symbol) = state.vm().equality_symbol()
        && let Some(method) = state.find_method(class_id_of(left), symbol)
    {
        return state.call_operator(method, &[left, right], post);
    }
    match heap::equal(state.heap_mut(), left, right) {
        Ok(equal) => {
            state.set_register(target, Value::bool(equal == (relation == Relation::Equal)));
            Ok(())
        }
        Err(Fault::Decline) => {
            let slow = state.library_function("__equal")?;
            state.call_operator(slow, &[left, right], post)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Whether a number or character lies in a range. Other values lie in none.
pub(crate) fn in_range(state: &mut State, value: Value, range: Range) -> Result<bool, Exit> {
    let comparable = |bound: Value| bound.is_nil() || bound.is_char() == value.is_char();
    let number = value.is_int() || value.is_float();
    if !(number || value.is_char()) || !comparable(range.start()) || !comparable(range.end()) {
        return Ok(false);
    }
    if !range.start().is_nil() && !order(state, range.start(), value)?.is_some_and(Ordering::is_le) {
        return Ok(false);
    }
    if range.end().is_nil() {
        return Ok(true);
    }
    let order = order(state, value, range.end())?;
    Ok(order.is_some_and(|order| if range.is_inclusive() { order.is_le() } else { order.is_lt() }))
}

impl State {
    /// Whether the value is an instance or record, which compare by their methods alone.
    fn is_plain_object(&self, value: Value) -> bool {
        value.as_instance().is_some() || value.as_record().is_some()
    }
}
