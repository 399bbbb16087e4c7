//! Instructions that a function of the VM does without the interpreter's step.

use bytecode::Op;
use heap::{ClassId, Kind, Value as Word};
use vm::direct::Direct;
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Edge};
use super::flow::Site;
use super::form::{DirectSite, Operation, Value};
use super::shapes::one_class;
use crate::masm::{Arithmetic, Comparison};

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
        if !found.ran || self.has_methods(context, site, object) {
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
        if !found.ran || !is_map {
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
        if !found.ran || may_have_method {
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

    /// Arithmetic on what were numbers of several kinds.
    pub(super) fn calculate_directly(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (kinds, operation): (u8, Arithmetic),
        values: [Value; 2],
    ) -> Option<Value> {
        let direct = match operation {
            Arithmetic::Add => Direct::Add,
            Arithmetic::Sub => Direct::Subtract,
            Arithmetic::Mul => Direct::Multiply,
            Arithmetic::Div => Direct::Divide,
            Arithmetic::FloorDiv => Direct::FloorDivide,
            Arithmetic::Mod => Direct::Modulo,
            Arithmetic::And | Arithmetic::Or | Arithmetic::Xor | Arithmetic::Shl | Arithmetic::Shr => {
                return None;
            }
        };
        let are_numbers = kinds & !(seen::INT | seen::WIDE | seen::FLOAT) == 0;
        let slot = context.offset + site.word.a();
        are_numbers.then(|| self.direct_value(context, site, (direct, Some(slot)), &values))
    }

    /// The start of an iteration over what is no list or tuple.
    pub(super) fn iterate_directly(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        (source, kinds): (Value, u8),
    ) -> bool {
        let shapes = self.shapes_of(context, site, source).unwrap_or_default();
        let class = one_class(&shapes).filter(|_| kinds & !(seen::OTHER | seen::LIST) == 0);
        let is_collection =
            [ClassId::Map, ClassId::Set, ClassId::String, ClassId::Bytes, ClassId::Buffer].map(ClassId::id);
        match class.filter(|class| is_collection.contains(class) && found.ran && !found.failed) {
            Some(class) => {
                self.guard(context, site, Operation::GuardClass, &[source], u64::from(class));
                self.call_direct(context, site, Direct::Iterate, &[source]);
                let nil = self.function.constant(Operation::Word, Word::NIL.bits());
                self.write(context, site.word.a() + 1, nil);
                true
            }
            None => self.step(context, site, found),
        }
    }

    /// A turn of an iteration over such: the ways behind and back.
    pub(super) fn next_directly(&mut self, context: &Context<'_>, site: Site, source: Value) -> (Edge, Edge) {
        self.guard(context, site, Operation::GuardKind, &[source], Kind::Iterator as u64);
        let slot = context.offset + site.word.a() + 2;
        let value = self.direct_value(context, site, (Direct::Advance, Some(slot)), &[source]);
        let done = self.function.constant(Operation::Word, Word::DONE.bits());
        let is_done = self.emit(Operation::SameWord, &[value, done], 0);
        let (on, turn) = self.branch(is_done);
        let turn = self.on_edge(turn, |builder| {
            builder.write(context, site.word.a() + 2, value);
            if let Some(target) = site.target() {
                builder.poll(context, target);
            }
        });
        (on, turn)
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
        let Some(linked) = linked.filter(|_| found.ran) else {
            return self.step(context, site, found);
        };
        let linked = self.function.constant(Operation::Word, linked);
        self.ask(context, site, (Direct::IsOfType, false), &[value, linked])
    }

    /// Other instructions that functions of the VM do.
    pub(super) fn directly(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if !found.ran {
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
