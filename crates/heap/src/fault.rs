//! Why an operation on the heap did not happen.

use crate::value::Value;

/// Memory must be reclaimed first: collect and try again. A second time ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedGc {
    pub bytes: usize,
}

/// The reasons, all raised before any effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NeedGc(NeedGc),
    /// A store into a frozen object.
    Frozen,
    /// User code must decide: an operand's class overrides the operation.
    Decline,
    /// The value cannot be a key.
    Unhashable(Value),
    /// `<` has no meaning between these.
    Unordered(Value, Value),
    /// The value cannot be frozen.
    Unfreezable(Value),
    /// The value cannot be sent.
    Unsendable(Value),
    /// The result would be larger than anything allowed.
    TooLarge,
    /// The time of the process is over.
    Overdue,
    ZeroDivision,
    /// A shift by a negative amount.
    NegativeShift,
    /// The operands are not of the types of this operation.
    WrongType,
}

impl From<NeedGc> for Fault {
    #[inline]
    fn from(need: NeedGc) -> Fault {
        Fault::NeedGc(need)
    }
}
