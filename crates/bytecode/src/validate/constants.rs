//! Constants: what they refer to exists, and which operand may name them.

use super::{Problem, require};
use crate::limits::{BIG_INTEGER_DIGITS_MAX, CONSTANT_DEPTH_MAX};
use crate::operand::ConstantUse;
use crate::unit::{ClassKind, ClassRef, Constant, Unit};

pub(super) fn check(unit: &Unit, constant: &Constant) -> Result<(), Problem> {
    check_nested(unit, constant, CONSTANT_DEPTH_MAX)
}

fn check_nested(unit: &Unit, constant: &Constant, depth: usize) -> Result<(), Problem> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err("constants are nested too deep".to_string());
    };
    match constant {
        Constant::Int(_)
        | Constant::Float(_)
        | Constant::Char(_)
        | Constant::Str(_)
        | Constant::Symbol(_)
        | Constant::Bytes(_)
        | Constant::Regex(_)
        | Constant::Builtin(_) => Ok(()),
        Constant::BigInt(digits) => require(is_integer(digits), "a big integer is not written in digits"),
        Constant::Tuple(elements) => {
            for element in elements {
                require(is_data(element), "an element of a tuple constant is no value")?;
                check_nested(unit, element, depth)?;
            }
            Ok(())
        }
        Constant::Range { start, end, .. } => {
            for side in [start, end].into_iter().filter_map(|side| side.as_ref().as_ref()) {
                require(is_ordered(side), "a side of a range constant is no number or char")?;
                check_nested(unit, side, depth)?;
            }
            Ok(())
        }
        Constant::Function(index) => {
            let function = unit.functions.get(*index as usize).ok_or("a constant is no function")?;
            require(function.captures == 0, "a constant is a function that captures values")
        }
        Constant::Class(class) | Constant::Method { class, .. } => {
            require(class_exists(unit, class), "a constant names a class that does not exist")
        }
        Constant::Import { import, .. } => {
            require((*import as usize) < unit.imports.len(), "a constant names an import that does not exist")
        }
        Constant::Type(spec) => {
            let exist = spec.any_of.iter().all(|class| class_exists(unit, class));
            require(exist, "a type names a class that does not exist")
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shaped = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    shaped && digits.len() <= BIG_INTEGER_DIGITS_MAX
}

/// May stand inside a tuple.
fn is_data(constant: &Constant) -> bool {
    match constant {
        Constant::Int(_)
        | Constant::BigInt(_)
        | Constant::Float(_)
        | Constant::Char(_)
        | Constant::Str(_)
        | Constant::Symbol(_)
        | Constant::Bytes(_)
        | Constant::Tuple(_)
        | Constant::Range { .. }
        | Constant::Regex(_)
        | Constant::Function(_)
        | Constant::Class(_)
        | Constant::Builtin(_) => true,
        Constant::Method { .. } | Constant::Import { .. } | Constant::Type(_) => false,
    }
}

/// May be a side of a range.
fn is_ordered(constant: &Constant) -> bool {
    matches!(constant, Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) | Constant::Char(_))
}

/// As far as this unit knows; imports and library classes are found when it is linked.
pub(super) fn class_exists(unit: &Unit, class: &ClassRef) -> bool {
    match class {
        ClassRef::Local(index) => (*index as usize) < unit.classes.len(),
        ClassRef::Import { import, .. } => (*import as usize) < unit.imports.len(),
        ClassRef::Builtin(_) => true,
    }
}

/// Whether an operand with this use takes the constant.
pub(super) fn serves(unit: &Unit, constant: &Constant, constant_use: ConstantUse) -> bool {
    match constant_use {
        ConstantUse::Value => !matches!(constant, Constant::Type(_)),
        ConstantUse::Callee => matches!(
            constant,
            Constant::Function(_)
                | Constant::Class(_)
                | Constant::Method { .. }
                | Constant::Builtin(_)
                | Constant::Import { .. }
        ),
        ConstantUse::Name => matches!(constant, Constant::Symbol(_)),
        ConstantUse::Class => match constant {
            Constant::Class(ClassRef::Local(index)) => {
                let kind = unit.classes.get(*index as usize).map(|class| class.kind);
                kind.is_some_and(|kind| !matches!(kind, ClassKind::Trait | ClassKind::Extension))
            }
            _ => false,
        },
        ConstantUse::Type => matches!(constant, Constant::Type(_)),
        ConstantUse::Text => matches!(constant, Constant::Str(_)),
        ConstantUse::Range => matches!(constant, Constant::Range { .. }),
    }
}
