//! Instructions that a function of the VM does without the interpreter's step.

use bytecode::Op;
use heap::{Kind, Value as Word};
use vm::direct::Direct;
use vm::record::Seen;

use super::build::{Builder, Context};
use super::flow::Site;
use super::form::{DirectSite, Operation, Value};
use crate::masm::Comparison;

impl Builder<'_> {
    /// What a function of the VM gives for values.
    fn direct_value(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (direct, slot): (Direct, Option<usize>),
        values: &[Value],
    ) -> Value {
        let words: Vec<Value> = values.iter().map(|&value| self.as_any(context, site, value)).collect();
        self.function.directs.push(DirectSite { direct, slot, registers: None });
        let number = self.function.directs.len() as u64 - 1;
        self.guard(context, site, Operation::CallDirect, &words, number)
    }

    /// Gives the instruction's register what a function of the VM makes of values.
    pub(super) fn call_direct(
        &mut self,
        context: &Context<'_>,
        site: Site,
        direct: Direct,
        values: &[Value],
    ) -> bool {
        let slot = context.offset + site.word.a();
        let value = self.direct_value(context, site, (direct, Some(slot)), values);
        self.write(context, site.word.a(), value);
        true
    }

    /// The same of a truth; or of its opposite.
    fn ask(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (direct, is_opposite): (Direct, bool),
        values: &[Value],
    ) -> bool {
        let slot = context.offset + site.word.a();
        let word = self.direct_value(context, site, (direct, Some(slot)), values);
        let yes = self.function.constant(Operation::Word, Word::TRUE.bits());
        let mut holds = self.emit(Operation::SameWord, &[word, yes], 0);
        if is_opposite {
            holds = self.emit(Operation::Not, &[holds], 0);
        }
        self.write(context, site.word.a(), holds);
        true
    }

    /// The same of what a run of registers holds.
    fn call_with_registers(
        &mut self,
        context: &Context<'_>,
        site: Site,
        direct: Direct,
        (first, count): (usize, usize),
    ) -> bool {
        let (first, slot) = (context.offset + first, context.offset + site.word.a());
        self.here(context, site);
        for register in first..first + count {
            self.store(context, site.index, register);
        }
        let registers = Some((first, count));
        self.function.directs.push(DirectSite { direct, slot: Some(slot), registers });
        let number = self.function.directs.len() as u64 - 1;
        let value = self.guard(context, site, Operation::CallDirect, &[], number);
        self.write(context, site.word.a(), value);
        true
    }

    /// Whether the instruction has worked on instances or records, whose classes may have methods for it.
    fn has_methods(&self, context: &Context<'_>, site: Site, value: Value) -> bool {
        let is_object = |kind: u8| kind == Kind::Instance as u8 || kind == Kind::Record as u8;
        let shapes = self.shapes_of(context, site, value);
        shapes.is_none_or(|shapes| shapes.iter().any(|shape| is_object(shape.kind)))
    }

    /// An element of what is no list or tuple for sure, or by what is no Int.
    pub(super) fn element_directly(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        (object, key): (Value, Value),
    ) -> bool {
        if found.failed || !found.ran || self.has_methods(context, site, object) {
            return self.step(context, site, found);
        }
        let direct = if site.op == Op::IndexOpt { Direct::ElementOrNil } else { Direct::Element };
        self.call_direct(context, site, direct, &[object, key])
    }

    /// The entry of a map, as far as that was seen.
    pub(super) fn put_directly(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let values =
            [site.word.a(), site.word.b(), site.word.c()].map(|register| self.read(context, register));
        let shapes = self.shapes_of(context, site, values[0]).unwrap_or_default();
        let is_map = !shapes.is_empty() && shapes.iter().all(|shape| shape.kind == Kind::Map as u8);
        if found.failed || !found.ran || !is_map {
            return self.step(context, site, found);
        }
        self.direct_value(context, site, (Direct::Put, None), &values);
        true
    }

    /// A comparison of what are not both numbers.
    pub(super) fn compare_directly(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (found, comparison): (Seen, Comparison),
        (left, right): (Value, Value),
    ) -> bool {
        let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
        let may_have_method = !is_equality && self.has_methods(context, site, left);
        if found.failed || !found.ran || may_have_method {
            return self.step(context, site, found);
        }
        match comparison {
            Comparison::Eq => self.ask(context, site, (Direct::Equal, false), &[left, right]),
            Comparison::Ne => self.ask(context, site, (Direct::Equal, true), &[left, right]),
            Comparison::Lt => self.ask(context, site, (Direct::Less, false), &[left, right]),
            Comparison::Le => self.ask(context, site, (Direct::LessOrEqual, false), &[left, right]),
            Comparison::Gt => self.ask(context, site, (Direct::Less, false), &[right, left]),
            Comparison::Ge => self.ask(context, site, (Direct::LessOrEqual, false), &[right, left]),
        }
    }

    /// Whether a value is of a type that its shape does not tell.
    pub(super) fn is_directly(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        value: Value,
    ) -> bool {
        let constant = context.code.constant(site.word.c());
        let linked = self.asked.linked_type(self.entry(context), constant);
        let Some(linked) = linked.filter(|_| found.ran && !found.failed) else {
            return self.step(context, site, found);
        };
        let linked = self.function.constant(Operation::Word, linked);
        self.ask(context, site, (Direct::IsOfType, false), &[value, linked])
    }

    /// Other instructions that functions of the VM do.
    pub(super) fn directly(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if found.failed || !found.ran {
            return self.step(context, site, found);
        }
        let (b, c) = (site.word.b(), site.word.c());
        match site.op {
            Op::IndexOpt => {
                let values = (self.read(context, b), self.read(context, c));
                self.element_directly(context, site, found, values)
            }
            Op::In => {
                let values = [self.read(context, b), self.read(context, c)];
                self.ask(context, site, (Direct::Contains, false), &values)
            }
            Op::ToStr => {
                let value = self.read(context, b);
                self.call_direct(context, site, Direct::Text, &[value])
            }
            Op::Concat => self.call_with_registers(context, site, Direct::JoinAll, (b, c)),
            Op::NewList => self.call_with_registers(context, site, Direct::List, (b, c)),
            Op::NewMap => {
                let room = self.function.constant(Operation::Word, site.word.sbx().max(0) as u64);
                self.call_direct(context, site, Direct::Map, &[room])
            }
            Op::NewRange | Op::NewRangeInclusive => {
                let values = [self.read(context, b), self.read(context, c)];
                let is_inclusive = site.op == Op::NewRangeInclusive;
                let direct = if is_inclusive { Direct::RangeInclusive } else { Direct::Range };
                self.call_direct(context, site, direct, &values)
            }
            _ => self.step(context, site, found),
        }
    }
}
