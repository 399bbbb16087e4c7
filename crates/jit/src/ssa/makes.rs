//! Objects that are made in place.

use bytecode::{Capture, Op};
use vm::record::Seen;

use super::build::{Builder, Context};
use super::flow::Site;
use super::form::{Made, Operation, Value, What};

impl Builder<'_> {
    /// Makes an object, if it is of a kind that can be made in place.
    pub(super) fn make(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if !found.ran || found.failed {
            return self.step(context, site, found);
        }
        let made = match site.op {
            Op::NewCell => Some((What::Cell, vec![self.read(context, site.word.b())])),
            Op::NewTuple if site.word.c() > 0 => {
                let (first, count) = (site.word.b(), site.word.c());
                let elements = (first..first + count).map(|register| self.read(context, register)).collect();
                Some((What::Tuple, elements))
            }
            Op::NewList if site.word.c() == 0 => Some((What::EmptyList, Vec::new())),
            Op::NewObject => self
                .asked
                .made_by(context.code.constant(site.word.bx()))
                .map(|(kind, class, fields)| (What::Object { kind, class, fields }, Vec::new())),
            Op::Closure => self.closure(context, site),
            _ => None,
        };
        let Some((what, values)) = made else { return self.directly(context, site, found) };
        let words: Vec<Value> = values.into_iter().map(|value| self.as_any(context, site, value)).collect();
        let slot = context.offset + site.word.a();
        self.function.makes.push(Made { what, slot });
        let number = self.function.makes.len() as u64 - 1;
        let object = self.guard(context, site, Operation::Make, &words, number);
        self.write(context, site.word.a(), object);
        true
    }

    fn closure(&mut self, context: &Context<'_>, site: Site) -> Option<(What, Vec<Value>)> {
        let prototype = self.entry(context).code.prototypes.get(site.word.bx())?;
        let captured = prototype
            .captures
            .iter()
            .map(|capture| match *capture {
                Capture::Register(register) => self.read(context, usize::from(register)),
                Capture::Outer(index) => self.capture(context, usize::from(index)),
            })
            .collect();
        Some((What::Closure { entry: prototype.entry }, captured))
    }
}
