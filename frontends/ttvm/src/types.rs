//! What is known of values before a program runs: a set of types, and which functions a function value can be.
//!
//! Invariant: `join` only ever adds, so every analysis that joins comes to an end.

/// A set of types as bits.
pub mod bit {
    pub const INT: u8 = 1;
    pub const FLOAT: u8 = 2;
    pub const STR: u8 = 4;
    pub const BOOL: u8 = 8;
    pub const NULL: u8 = 16;
    pub const LIST: u8 = 32;
    pub const OBJECT: u8 = 64;
    /// Functions, closures, exceptions and bytes.
    pub const OTHER: u8 = 128;
    pub const NUMBER: u8 = INT | FLOAT;
    pub const ANY: u8 = 255;
}

/// A function of the program, by its place in the list that the analysis makes.
pub type FunctionId = u32;

/// More candidates than this are as good as any.
const CANDIDATES_MAX: usize = 8;

/// What a value can be.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Type {
    pub bits: u8,
    /// The functions it can be, in order; `None` when it can be one that is not known.
    functions: Option<Vec<FunctionId>>,
}

impl Type {
    pub fn of(bits: u8) -> Type {
        let functions = if bits & bit::OTHER == 0 { Some(Vec::new()) } else { None };
        Type { bits, functions }
    }

    pub fn any() -> Type {
        Type::of(bit::ANY)
    }

    pub fn function(id: FunctionId) -> Type {
        Type { bits: bit::OTHER, functions: Some(vec![id]) }
    }

    /// Nothing that is outside of `bits`.
    pub fn is_only(&self, bits: u8) -> bool {
        self.bits & !bits == 0
    }

    /// The functions that a call of this value can reach, where all are known.
    pub fn candidates(&self) -> Option<&[FunctionId]> {
        match &self.functions {
            Some(functions) if self.bits == bit::OTHER && !functions.is_empty() => Some(functions),
            _ => None,
        }
    }

    /// Adds what `other` can be; true when that was new.
    pub fn join(&mut self, other: &Type) -> bool {
        let before = self.clone();
        self.bits |= other.bits;
        self.functions = match (self.functions.take(), &other.functions) {
            (Some(mut all), Some(more)) => {
                for id in more {
                    if !all.contains(id) {
                        all.push(*id);
                    }
                }
                all.sort_unstable();
                (all.len() <= CANDIDATES_MAX).then_some(all)
            }
            _ => None,
        };
        *self != before
    }
}
