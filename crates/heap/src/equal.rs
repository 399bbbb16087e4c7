//! The language's `==` on builtin values, `same?`, and key equality.
//!
//! Structural on builtin values and records; instances by identity unless their class defines `==`, which gives
//! `Decline`. Int and Float compare by exact mathematical value. Explicit work list; a pair of containers that was
//! met before is assumed equal, so cycles end and shared parts are compared once.

use hashbrown::HashSet;

use crate::classes::overrides;
use crate::fault::Fault;
use crate::heap::Heap;
use crate::kind::Kind;
use crate::value::Value;

/// What NaN equals.
#[derive(Clone, Copy, PartialEq)]
enum Nan {
    /// Nothing, as `==` says.
    Nothing,
    /// Itself, as keys need.
    Itself,
}

/// From this many container pairs on, pairs are remembered.
const REMEMBER_FROM: usize = 16;

/// `left == right`.
pub fn equal(heap: &mut Heap, left: Value, right: Value) -> Result<bool, Fault> {
    match equal_leaf(heap, left, right, Nan::Nothing)? {
        Some(answer) => Ok(answer),
        None => equal_containers(heap, left, right, Nan::Nothing),
    }
}

/// Equality of keys: as `==`, but all NaNs are one key.
#[inline]
pub fn keys_equal(heap: &mut Heap, left: Value, right: Value) -> Result<bool, Fault> {
    if left == right {
        return Ok(true);
    }
    match equal_leaf(heap, left, right, Nan::Itself)? {
        Some(answer) => Ok(answer),
        None => equal_containers(heap, left, right, Nan::Itself),
    }
}

/// `same?`: identity for mutable things, "same type and contents" for the rest (Float by bits).
pub fn same(heap: &mut Heap, left: Value, right: Value) -> Result<bool, Fault> {
    if left == right {
        return Ok(true);
    }
    let (Some(left_kind), Some(right_kind)) = (left.kind(), right.kind()) else { return Ok(false) };
    if left.is_string() && right.is_string() || left.is_bytes() && right.is_bytes() {
        return equal(heap, left, right);
    }
    if left_kind != right_kind {
        return Ok(false);
    }
    match left_kind {
        Kind::BoxedInt | Kind::BigInt => Ok(equal_leaf(heap, left, right, Nan::Itself)? == Some(true)),
        Kind::Tuple | Kind::Range | Kind::Record => same_parts(heap, left, right),
        _ => Ok(false),
    }
}

fn same_parts(heap: &mut Heap, left: Value, right: Value) -> Result<bool, Fault> {
    let mut pending = vec![(left, right)];
    let mut met: HashSet<(u64, u64)> = HashSet::new();
    while let Some((left, right)) = pending.pop() {
        heap.work(1)?;
        if left == right {
            continue;
        }
        let parts = (Parts::of(left), Parts::of(right));
        match parts {
            (Some(left_parts), Some(right_parts))
                if left.kind() == right.kind() && !matches!(left.kind(), Some(Kind::List)) =>
            {
                if left_parts.tag != right_parts.tag || left_parts.values.len() != right_parts.values.len() {
                    return Ok(false);
                }
                if met.insert((left.bits(), right.bits())) {
                    pending.extend(left_parts.values.iter().copied().zip(right_parts.values.iter().copied()));
                }
            }
            _ => {
                let textual = left.is_string() && right.is_string() || left.is_bytes() && right.is_bytes();
                let integral = left.is_int() && right.is_int();
                if !(textual || integral) || equal_leaf(heap, left, right, Nan::Itself)? != Some(true) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// A container whose parts are compared in order.
struct Parts {
    /// Class id, inclusiveness of a range.
    tag: u64,
    values: Vec<Value>,
}

impl Parts {
    fn of(value: Value) -> Option<Parts> {
        match value.kind()? {
            Kind::Tuple => Some(Parts { tag: 0, values: value.as_tuple()?.elements().to_vec() }),
            Kind::List => Some(Parts { tag: 0, values: value.as_list()?.elements().to_vec() }),
            Kind::Record => {
                let record = value.as_record()?;
                Some(Parts { tag: record.class_id() as u64, values: record.fields().to_vec() })
            }
            Kind::Range => {
                let range = value.as_range()?;
                Some(Parts { tag: range.is_inclusive() as u64, values: vec![range.start(), range.end()] })
            }
            _ => None,
        }
    }
}

/// Decides everything but a pair of containers.
#[inline]
fn equal_leaf(heap: &mut Heap, left: Value, right: Value, nan: Nan) -> Result<Option<bool>, Fault> {
    if left.is_float() || right.is_float() {
        return Ok(Some(equal_float(left, right, nan)));
    }
    if !left.is_object() || !right.is_object() {
        if left == right {
            return Ok(Some(true));
        }
        // An instance on either side may say that it equals an immediate.
        let object = if left.is_object() { left } else { right };
        if object.is_object() {
            check_override(heap, object)?;
        }
        return Ok(Some(false));
    }
    let (Some(left_kind), Some(right_kind)) = (left.kind(), right.kind()) else { return Ok(Some(false)) };
    if left.is_string() {
        return if right.is_string() { Ok(Some(equal_text(heap, left, right)?)) } else { other(heap, right) };
    }
    if left.is_bytes() {
        if right.is_bytes() {
            return Ok(Some(left.as_bytes() == right.as_bytes()));
        }
        return other(heap, right);
    }
    check_override(heap, left)?;
    check_override(heap, right)?;
    if left_kind != right_kind {
        return Ok(Some(false));
    }
    match left_kind {
        Kind::BoxedInt => Ok(Some(left.as_int64() == right.as_int64())),
        Kind::BigInt => Ok(Some(match (left.as_big_int(), right.as_big_int()) {
            (Some(left), Some(right)) => {
                left.is_negative() == right.is_negative() && left.limbs() == right.limbs()
            }
            _ => false,
        })),
        Kind::Buffer => Ok(Some(left.as_bytes() == right.as_bytes())),
        Kind::FloatArray => {
            let (left, right) = (left.as_float_array(), right.as_float_array());
            Ok(Some(left.as_ref().map(|a| a.elements()) == right.as_ref().map(|a| a.elements())))
        }
        Kind::IntArray => {
            let (left, right) = (left.as_int_array(), right.as_int_array());
            Ok(Some(left.as_ref().map(|a| a.elements()) == right.as_ref().map(|a| a.elements())))
        }
        Kind::List | Kind::Tuple | Kind::Range | Kind::Map | Kind::Set | Kind::Record => Ok(None),
        _ => Ok(Some(left == right)),
    }
}

fn other(heap: &Heap, right: Value) -> Result<Option<bool>, Fault> {
    check_override(heap, right)?;
    Ok(Some(false))
}

/// `Decline` for an instance or record whose class defines `==`.
fn check_override(heap: &Heap, value: Value) -> Result<(), Fault> {
    if !matches!(value.kind(), Some(Kind::Instance | Kind::Record)) {
        return Ok(());
    }
    let class = heap.shared().classes.get(crate::class::class_id_of(value));
    if class.is_some_and(|class| class.overrides(overrides::EQUAL)) { Err(Fault::Decline) } else { Ok(()) }
}

fn equal_float(left: Value, right: Value, nan: Nan) -> bool {
    match (left.as_float(), right.as_float()) {
        (Some(left), Some(right)) => left == right || nan == Nan::Itself && left.is_nan() && right.is_nan(),
        (Some(float), None) => crate::int::compare_int_float(right, float) == Some(std::cmp::Ordering::Equal),
        (None, Some(float)) => crate::int::compare_int_float(left, float) == Some(std::cmp::Ordering::Equal),
        (None, None) => left == right,
    }
}

/// Equality of two strings; lengths and cached hashes first.
#[inline]
fn equal_text(heap: &mut Heap, left: Value, right: Value) -> Result<bool, Fault> {
    if left == right {
        return Ok(true);
    }
    if left.string_byte_len() != right.string_byte_len() {
        return Ok(false);
    }
    if let (Some(left), Some(right)) = (left.header(), right.header())
        && left.info != right.info
        && left.info != 0
        && right.info != 0
    {
        return Ok(false);
    }
    heap.flatten(left)?;
    heap.flatten(right)?;
    Ok(left.as_str() == right.as_str())
}

fn equal_containers(heap: &mut Heap, left: Value, right: Value, nan: Nan) -> Result<bool, Fault> {
    let mut pending = vec![(left, right)];
    let mut met: HashSet<(u64, u64)> = HashSet::new();
    let mut pairs = 0usize;
    while let Some((left, right)) = pending.pop() {
        heap.work(1)?;
        if left == right && nan == Nan::Itself {
            continue;
        }
        match equal_leaf(heap, left, right, nan)? {
            Some(true) => continue,
            Some(false) => return Ok(false),
            None => {}
        }
        pairs += 1;
        if pairs >= REMEMBER_FROM && !met.insert((left.bits(), right.bits())) {
            continue;
        }
        if !push_parts(heap, left, right, nan, &mut pending)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lists the parts to compare; `false` when the containers differ already.
fn push_parts(
    heap: &mut Heap,
    left: Value,
    right: Value,
    nan: Nan,
    pending: &mut Vec<(Value, Value)>,
) -> Result<bool, Fault> {
    if let (Some(left), Some(right)) = (left.sequence_elements(), right.sequence_elements()) {
        return push_elements(heap, left, right, nan, pending);
    }
    if let (Some(left), Some(right)) = (left.as_map(), right.as_map()) {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (key, value) in left.iter() {
            match heap.map_get(right, key)? {
                Some(other) => pending.push((value, other)),
                None => return Ok(false),
            }
        }
        return Ok(true);
    }
    if let (Some(left), Some(right)) = (left.as_set(), right.as_set()) {
        if left.len() != right.len() {
            return Ok(false);
        }
        for key in left.iter() {
            if !heap.set_contains(right, key)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let (Some(left), Some(right)) = (Parts::of(left), Parts::of(right)) else { return Ok(false) };
    if left.tag != right.tag || left.values.len() != right.values.len() {
        return Ok(false);
    }
    pending.extend(left.values.into_iter().zip(right.values).rev());
    Ok(true)
}

/// Compares two sequences of one kind; only pairs of containers inside are listed for later.
fn push_elements(
    heap: &mut Heap,
    left: &[Value],
    right: &[Value],
    nan: Nan,
    pending: &mut Vec<(Value, Value)>,
) -> Result<bool, Fault> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (&left, &right) in left.iter().zip(right) {
        match equal_leaf(heap, left, right, nan)? {
            Some(true) => {}
            Some(false) => return Ok(false),
            None => pending.push((left, right)),
        }
    }
    Ok(true)
}
