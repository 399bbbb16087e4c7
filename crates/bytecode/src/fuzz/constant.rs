//! Generates constants for each use.

use super::Choices;
use crate::operand::ConstantUse;
use crate::unit::{ClassRef, Constant, TypeSpec};

/// Names that fields, methods and exports are made of: few, so that they meet.
pub(super) const NAMES: [&str; 6] = ["x", "y", "len", "area", "push", "call"];
const BUILTINS: [&str; 4] = ["print", "len", "range", "no such builtin"];
const CLASSES: [&str; 5] = ["Int", "String", "List", "Error", "Nil"];
const INTEGERS: [i64; 8] = [0, 1, -1, 255, i32::MAX as i64, i32::MIN as i64 - 1, i64::MAX, i64::MIN];
const FLOATS: [f64; 6] = [0.0, -0.0, 1.5, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE];

/// What a constant may refer to.
#[derive(Clone, Copy)]
pub(super) struct World {
    /// Functions that capture nothing are those from here up to the end.
    pub plain_functions: (u32, u32),
    pub classes: u32,
}

pub(super) fn constant(choices: &mut Choices<'_>, world: World, constant_use: ConstantUse) -> Constant {
    match constant_use {
        ConstantUse::Value => value(choices, world, 3),
        ConstantUse::Callee => callee(choices, world),
        ConstantUse::Name => Constant::Symbol(choices.pick(&NAMES).to_string()),
        ConstantUse::Class => match world.classes {
            0 => Constant::Class(ClassRef::Builtin("Error".to_string())),
            count => Constant::Class(ClassRef::Local(choices.below(count as usize) as u32)),
        },
        ConstantUse::Type => Constant::Type(TypeSpec {
            any_of: (0..choices.below(3)).map(|_| class(choices, world)).collect(),
            text: "T".to_string(),
            subject: "x".to_string(),
        }),
        ConstantUse::Text => Constant::Str(choices.pick(&["", ".2f", ">8", "x\n\"\u{1}é"]).to_string()),
        ConstantUse::Range => range(choices),
    }
}

fn value(choices: &mut Choices<'_>, world: World, depth: usize) -> Constant {
    match choices.below(12) {
        0 | 1 => Constant::Int(*choices.pick(&INTEGERS)),
        2 => Constant::Float(*choices.pick(&FLOATS)),
        3 => Constant::Str(choices.pick(&NAMES).to_string()),
        4 => Constant::Symbol(choices.pick(&NAMES).to_string()),
        5 => Constant::Char(*choices.pick(&['a', '\0', '"', '\u{10FFFF}'])),
        6 => Constant::Bytes((0..choices.below(4)).map(|_| choices.byte()).collect()),
        7 => Constant::BigInt("-123456789012345678901234567890".to_string()),
        8 => range(choices),
        9 if depth > 0 => {
            Constant::Tuple((0..choices.below(4)).map(|_| data(choices, world, depth - 1)).collect())
        }
        10 => Constant::Regex("a+".to_string()),
        _ => callee(choices, world),
    }
}

/// A value that may stand in a tuple.
fn data(choices: &mut Choices<'_>, world: World, depth: usize) -> Constant {
    match value(choices, world, depth) {
        Constant::Method { .. } => Constant::Int(7),
        other => other,
    }
}

fn range(choices: &mut Choices<'_>) -> Constant {
    let mut side = || (!choices.one_in(3)).then(|| Constant::Int(*choices.pick(&INTEGERS)));
    let (start, end) = (Box::new(side()), Box::new(side()));
    Constant::Range { start, end, inclusive: choices.one_in(2) }
}

fn callee(choices: &mut Choices<'_>, world: World) -> Constant {
    let (first, end) = world.plain_functions;
    match choices.below(6) {
        0 => Constant::Builtin(choices.pick(&BUILTINS).to_string()),
        1 => Constant::Class(class(choices, world)),
        2 => Constant::Method { class: class(choices, world), name: choices.pick(&NAMES).to_string() },
        _ if first < end => Constant::Function(first + choices.below((end - first) as usize) as u32),
        _ => Constant::Builtin("print".to_string()),
    }
}

pub(super) fn class(choices: &mut Choices<'_>, world: World) -> ClassRef {
    match world.classes {
        0 => ClassRef::Builtin(choices.pick(&CLASSES).to_string()),
        _ if choices.one_in(2) => ClassRef::Builtin(choices.pick(&CLASSES).to_string()),
        count => ClassRef::Local(choices.below(count as usize) as u32),
    }
}
