//! Operators of objects: methods, which take the instruction's place, and text that is put together.

use heap::ClassId;
use vm::code::Entry;
use vm::direct::Direct;
use vm::record::{Seen, Shape, seen};

use super::build::{Builder, Context, Edge};
use super::flow::{Code, Site};
use super::form::{Operation, Value};
use super::shapes::{class_of, one_class};
use crate::masm::Arithmetic;

/// Operators as programs write them; those on bits alone are left out.
fn symbol(operation: Arithmetic) -> Option<&'static str> {
    match operation {
        Arithmetic::Add => Some("+"),
        Arithmetic::Sub => Some("-"),
        Arithmetic::Mul => Some("*"),
        Arithmetic::Div => Some("/"),
        Arithmetic::FloorDiv => Some("~/"),
        Arithmetic::Mod => Some("%"),
        Arithmetic::And | Arithmetic::Or | Arithmetic::Xor | Arithmetic::Shl | Arithmetic::Shr => None,
    }
}

impl Builder<'_> {
    /// An operator whose left side is an object: whether control goes on behind it, where it is not a step.
    pub(super) fn operator(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (found, kinds): (Seen, u8),
        operation: Arithmetic,
        (left, right): (Value, Value),
    ) -> Option<bool> {
        if found.failed || kinds & !(seen::INSTANCE | seen::OTHER) != 0 {
            return None;
        }
        let shapes = self.shapes_of(context, site, left).filter(|shapes| !shapes.is_empty())?;
        if operation == Arithmetic::Add && one_class(&shapes) == Some(ClassId::String.id()) {
            self.call_direct(context, site, Direct::Join, &[left, right]);
            return Some(true);
        }
        let symbol = symbol(operation)?;
        let mut targets = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let entry = self.asked.operator(class_of(shape)?, symbol)?;
            let is_plain = shape.class != 0 && entry.arity == 2 && entry.code.captures == 0;
            if !is_plain || !self.is_inlined(context, site, entry) {
                return None;
            }
            targets.push((shape, entry));
        }
        Some(self.operator_by_shape(context, site, (left, right), &targets))
    }

    fn operator_by_shape(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (left, right): (Value, Value),
        targets: &[(Shape, &'static Entry)],
    ) -> bool {
        let object = self.guard(context, site, Operation::GuardObject, &[left], 0);
        let state = self.here(context, site);
        let mut done = Vec::new();
        for (number, &(shape, entry)) in targets.iter().enumerate() {
            let other = self.way_of_shape(context, site, object, shape, number + 1 < targets.len());
            let goes_on = match Code::new(entry) {
                Some(code) => self.knowing(left, shape, |builder| {
                    builder.inline_operator(context, site, (entry, &code), &[left, right])
                }),
                None => self.cold(context, site),
            };
            if goes_on {
                done.push(Edge { from: self.block, slots: self.slots.clone() });
            }
            self.take(other, state);
        }
        if done.is_empty() {
            return false;
        }
        self.merge(context, site.next(), done);
        true
    }
}
