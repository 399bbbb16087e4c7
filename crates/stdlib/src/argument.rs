//! Readings of arguments that several topics share: positions, slices, optional numbers.

use heap::Value;
use vm::{Cx, Exit};

/// An Int, or nothing where the argument is nil or was left out.
pub(crate) fn some_int(cx: &mut Cx, value: Value, what: &str) -> Result<Option<i64>, Exit> {
    if value.is_nil() || value.is_undef() { Ok(None) } else { cx.int_of(value, what).map(Some) }
}

/// True where an optional argument was given and is not nil.
pub(crate) fn is_given(value: Value) -> bool {
    !value.is_nil() && !value.is_undef()
}

/// Start and end of a slice of something `len` long; negative positions count from the end, positions outside are
/// cut, an absent end is the length.
pub(crate) fn slice_bounds(
    cx: &mut Cx,
    start: Value,
    end: Value,
    len: usize,
) -> Result<(usize, usize), Exit> {
    let start = some_int(cx, start, "the start")?.unwrap_or(0);
    let end = some_int(cx, end, "the end")?.unwrap_or(len as i64);
    let place = |position: i64| {
        let position = if position < 0 { position.saturating_add(len as i64) } else { position };
        position.clamp(0, len as i64) as usize
    };
    let (start, end) = (place(start), place(end));
    Ok((start, end.max(start)))
}

/// The position that an index means, negative ones from the end; out of range is an IndexError.
pub(crate) fn position(cx: &mut Cx, index: Value, len: usize) -> Result<usize, Exit> {
    let number = cx.int_of(index, "the index")?;
    let place = if number < 0 { number.saturating_add(len as i64) } else { number };
    if (0..len as i64).contains(&place) {
        return Ok(place as usize);
    }
    Err(cx.index_error(&format!("index {number} is out of range, the length is {len}")))
}
