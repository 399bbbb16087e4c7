//! Generates units.

use super::Choices;
use super::code::{Plan, body};
use super::constant::{NAMES, World};
use crate::unit::*;

/// A unit made of decisions in `bytes`: the same bytes give the same unit. Most pass the validator; about one in
/// sixteen has a word of its code changed.
///
/// Function 0 is the entry; 1 is a closure's code that captures two values; 2 is a generator; then come methods,
/// one a class, and plain functions.
pub fn unit_from_bytes(bytes: &[u8]) -> Unit {
    let mut choices = Choices::new(bytes);
    let classes = choices.below(4) as u32;
    let plain = choices.below(4) as u32;
    let slots = choices.below(3) as u32;
    let first_method = 3;
    let end = first_method + classes + plain;
    let world = World { plain_functions: (2, end), classes };
    let mut unit = Unit { name: "generated".to_string(), passes: choices.byte().into(), ..Unit::default() };
    unit.slots = (0..slots).map(|index| format!("slot{index}")).collect();
    for index in 0..end {
        let is_method = (first_method..first_method + classes).contains(&index);
        let mut plan = Plan { world, parameters: 0, flags: 0, captures: 0, slots, closure: Some((1, 2)) };
        match index {
            0 => {}
            1 => (plan.captures, plan.parameters) = (2, choices.below(3) as u8),
            2 => plan.flags = function_flag::GENERATOR,
            _ if is_method => (plan.flags, plan.parameters) = (function_flag::METHOD, 2),
            _ => plan.parameters = choices.below(4) as u8,
        }
        unit.functions.push(body(&mut choices, &format!("f{index}"), plan));
    }
    for index in 0..classes {
        unit.classes.push(class(&mut choices, index, first_method + index));
    }
    if choices.one_in(2) {
        unit.tests.push(("runs".to_string(), 0));
        unit.benches.push(("is fast".to_string(), 0));
        unit.exports.push(Export { name: "f".to_string(), item: ExportItem::Function(2) });
    }
    if choices.one_in(16) {
        let function = choices.below(unit.functions.len());
        let code = &mut unit.functions[function].code;
        let word = usize::from(choices.word()) % code.len();
        code[word] ^= 1 << choices.below(32);
    }
    unit
}

fn class(choices: &mut Choices<'_>, index: u32, method: u32) -> ClassDef {
    let mut class = ClassDef { name: format!("C{index}"), ..ClassDef::default() };
    if choices.one_in(4) {
        class.kind = ClassKind::Record;
    }
    if index > 0 && choices.one_in(3) {
        class.superclass = Some(ClassRef::Local(index - 1));
    }
    for name in &NAMES[..choices.below(NAMES.len())] {
        class.fields.push(FieldDef { name: name.to_string(), set_once: choices.one_in(2) });
    }
    let name = choices.pick(&["area", "==", "str", "call", "iter"]).to_string();
    class.methods.push(MethodDef { name, function: Some(method), ..MethodDef::default() });
    class
}
