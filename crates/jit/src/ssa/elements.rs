//! Elements of lists and tuples, and iteration.

use bytecode::{Op, RegisterSet};
use heap::Kind;
use vm::record::{Seen, Shape, seen};

use super::build::{Builder, Context, Edge, Refusal, Slot};
use super::flow::Site;
use super::form::{Operation, Type, Value};
use super::operations::Leaving;
use crate::family::Right;

impl Builder<'_> {
    /// An element's list, storage and index, checked.
    fn element(&mut self, context: &Context<'_>, site: Site, list: Value, index: Value) -> (Value, Value) {
        let list = self.guard(context, site, Operation::GuardKind, &[list], Kind::List as u64);
        let index = self.as_int(context, site, index, seen::INT);
        let length = self.emit(Operation::ListLength, &[list], 0);
        self.guard(context, site, Operation::GuardBounds, &[index, length], 0);
        (self.emit(Operation::ListStorage, &[list], 0), index)
    }

    /// Whether the instruction at a site has only worked on objects of one kind.
    fn only_kind(&self, context: &Context<'_>, site: Site, (value, kinds): (Value, u8), kind: Kind) -> bool {
        let shapes = self.shapes_of(context, site, value).unwrap_or_default();
        kinds == seen::OTHER && shapes == [Shape { kind: kind as u8, class: 0 }]
    }

    pub(super) fn index(&mut self, context: &Context<'_>, site: Site, found: Seen, right: Right) -> bool {
        let list = self.read(context, site.word.b());
        let index = self.right(context, site, right);
        let index_kinds = self.kinds(index, found.c);
        let kinds = self.kinds(list, found.b);
        let is_tuple = self.only_kind(context, site, (list, kinds), Kind::Tuple);
        let is_negative = self.function.int_constant(index).is_some_and(|index| index < 0);
        if !(kinds == seen::LIST || is_tuple) || index_kinds != seen::INT || found.failed || is_negative {
            return self.element_directly(context, site, found, (list, index));
        }
        let value = if is_tuple {
            let tuple = self.guard(context, site, Operation::GuardKind, &[list], Kind::Tuple as u64);
            let index = self.as_int(context, site, index, seen::INT);
            let length = self.emit(Operation::TupleLength, &[tuple], 0);
            self.guard(context, site, Operation::GuardBounds, &[index, length], 0);
            self.emit(Operation::LoadTuple, &[tuple, index], 0)
        } else {
            let (storage, index) = self.element(context, site, list, index);
            self.emit(Operation::LoadElement, &[storage, index], 0)
        };
        self.write(context, site.word.a(), value);
        true
    }

    /// Whether a value is a sequence of a length, for patterns.
    pub(super) fn length(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        (is_tuple, or_more): (bool, bool),
    ) -> bool {
        let kind = if is_tuple { Kind::Tuple } else { Kind::List };
        let object = self.read(context, site.word.b());
        let kinds = self.kinds(object, found.b);
        let fits = match is_tuple {
            true => self.only_kind(context, site, (object, kinds), Kind::Tuple),
            false => kinds == seen::LIST,
        };
        if !fits || found.failed {
            return self.step(context, site, found);
        }
        let object = self.guard(context, site, Operation::GuardKind, &[object], kind as u64);
        let length = match is_tuple {
            true => self.emit(Operation::TupleLength, &[object], 0),
            false => self.emit(Operation::ListLength, &[object], 0),
        };
        let wanted = self.int(site.word.c() as i64);
        let holds = match or_more {
            true => self.emit(Operation::LeInt, &[wanted, length], 0),
            false => self.emit(Operation::EqInt, &[wanted, length], 0),
        };
        self.write(context, site.word.a(), holds);
        true
    }

    /// The start of an iteration.
    pub(super) fn iter(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        // The range before it has put the state of the iteration in place.
        if self.is_iterated_range(context, site) {
            return true;
        }
        let source = self.read(context, site.word.b());
        let kinds = self.kinds(source, found.b);
        let Some(kind) = self.sequence(context, site, (source, kinds)).filter(|_| !found.failed) else {
            return self.iterate_directly(context, site, found, (source, kinds));
        };
        self.guard(context, site, Operation::GuardKind, &[source], kind as u64);
        let zero = self.int(0);
        self.write(context, site.word.a(), source);
        self.write(context, site.word.a() + 1, zero);
        true
    }

    pub(super) fn set_index(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let (list, index) = (self.read(context, site.word.a()), self.read(context, site.word.b()));
        let index_kinds = self.kinds(index, found.b);
        if self.kinds(list, found.a) != seen::LIST || index_kinds != seen::INT || found.failed {
            return self.put_directly(context, site, found);
        }
        let (storage, index) = self.element(context, site, list, index);
        let value = self.read(context, site.word.c());
        let value = self.as_any(context, site, value);
        self.guard(context, site, Operation::StoreElement, &[storage, index, value], 0);
        true
    }

    /// The registers that the `iter` behind a range uses, where nothing else needs the range.
    fn iterates(&self, context: &Context<'_>, site: Site) -> Option<Site> {
        let iter = context.code.site(site.next()).filter(|iter| iter.op == Op::Iter)?;
        let live = RegisterSet::from_words(context.code.liveness.before(iter.next() as u32));
        let is_loop = iter.word.b() == site.word.a();
        let is_state = (iter.word.a()..iter.word.a() + 2).contains(&site.word.a());
        let is_dead = is_state || !live.contains(site.word.a() as u8);
        let starts_block = context.code.block_at(iter.index).is_some();
        (is_loop && is_dead && !starts_block).then_some(iter)
    }

    /// A range that is made to be iterated over at once is not made.
    pub(super) fn range_of_loop(&mut self, context: &Context<'_>, site: Site) -> bool {
        let Some(iter) = self.iterates(context, site) else { return false };
        let found = self.entry(context).feedback().seen(site.index);
        let (first, end) = (self.read(context, site.word.b()), self.read(context, site.word.c()));
        let (first_kinds, end_kinds) = (self.kinds(first, found.b), self.kinds(end, found.c));
        if first_kinds != seen::INT || end_kinds != seen::INT || found.failed {
            return false;
        }
        let first = self.small(context, site, first);
        let mut end = self.small(context, site, end);
        if site.op == Op::NewRangeInclusive {
            let one = self.int(1);
            end = self.guard(context, site, Operation::AddInt, &[end, one], 0);
            end = self.small(context, site, end);
        }
        self.write(context, iter.word.a(), end);
        self.write(context, iter.word.a() + 1, first);
        true
    }

    pub(super) fn is_iterated_range(&self, context: &Context<'_>, site: Site) -> bool {
        let register = context.offset + site.word.a();
        let is_int =
            |slot: usize| self.slots[slot].value.is_some_and(|value| self.type_of(value) == Type::Int);
        let before = (1..=2).find_map(|words| {
            let site = context.code.site(site.index.checked_sub(words)?)?;
            (site.next() == site.index + words).then_some(site)
        });
        let is_range = before.is_some_and(|before| matches!(before.op, Op::NewRange | Op::NewRangeInclusive));
        is_range
            && before.and_then(|before| self.iterates(context, before)).is_some()
            && is_int(register)
            && is_int(register + 1)
            && self.slots[register].dirty
    }

    /// An integer of 32 bits, as the state of an iteration must be.
    fn small(&mut self, context: &Context<'_>, site: Site, value: Value) -> Value {
        let number = self.as_int(context, site, value, seen::INT);
        let is_small = match self.function.int_constant(number) {
            Some(constant) => i32::try_from(constant).is_ok(),
            None => self.function.instruction(number).operation == Operation::GuardInt,
        };
        if !is_small {
            let (low, high) = (self.int(i64::from(i32::MIN)), self.int(i64::from(i32::MAX)));
            let above = self.emit(Operation::LeInt, &[low, number], 0);
            self.guard(context, site, Operation::GuardTrue, &[above], 0);
            let below = self.emit(Operation::LeInt, &[number, high], 0);
            self.guard(context, site, Operation::GuardTrue, &[below], 0);
        }
        number
    }

    /// A list or tuple, as the instruction has seen it.
    fn sequence(&self, context: &Context<'_>, site: Site, (value, kinds): (Value, u8)) -> Option<Kind> {
        if kinds == seen::LIST {
            return Some(Kind::List);
        }
        self.only_kind(context, site, (value, kinds), Kind::Tuple).then_some(Kind::Tuple)
    }

    /// The ways behind and back where an iteration goes over a list or tuple.
    fn next_of_sequence(
        &mut self,
        context: &Context<'_>,
        site: Site,
        kind: Kind,
    ) -> Result<(Edge, Edge), Refusal> {
        let a = site.word.a();
        let target = site.target().ok_or("a jump without a target")?;
        let (source, position) = (self.read(context, a), self.read(context, a + 1));
        let object = self.guard(context, site, Operation::GuardKind, &[source], kind as u64);
        let index = self.as_int(context, site, position, seen::INT);
        let length = match kind {
            Kind::List => Operation::ListLength,
            _ => Operation::TupleLength,
        };
        let length = self.emit(length, &[object], 0);
        let more = self.emit(Operation::LtInt, &[index, length], 0);
        let (turn, on) = self.branch(more);
        let turn = self.on_edge(turn, |builder| {
            let value = match kind {
                Kind::List => {
                    let storage = builder.emit(Operation::ListStorage, &[object], 0);
                    builder.emit(Operation::LoadElement, &[storage, index], 0)
                }
                _ => builder.emit(Operation::LoadTuple, &[object, index], 0),
            };
            let next = builder.emit(Operation::NextInt, &[index], 0);
            builder.write(context, a + 2, value);
            builder.write(context, a + 1, next);
            builder.poll(context, target);
        });
        Ok((on, turn))
    }

    pub(super) fn next(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        leaving: &mut Leaving,
    ) -> Result<bool, Refusal> {
        let a = site.word.a();
        let target = site.target().ok_or("a jump without a target")?;
        let (source, position) = (self.read(context, a), self.read(context, a + 1));
        let kinds = self.kinds(source, found.a);
        let (on, turn) = if kinds == seen::INT && !found.failed {
            let end = self.as_int(context, site, source, seen::INT);
            let number = self.as_int(context, site, position, seen::INT);
            let more = self.emit(Operation::LtInt, &[number, end], 0);
            let (turn, on) = self.branch(more);
            let turn = self.on_edge(turn, |builder| {
                let next = builder.emit(Operation::NextInt, &[number], 0);
                builder.write(context, a + 2, number);
                builder.write(context, a + 1, next);
                builder.poll(context, target);
            });
            (on, turn)
        } else if let Some(kind) = self.sequence(context, site, (source, kinds)).filter(|_| !found.failed) {
            self.next_of_sequence(context, site, kind)?
        } else if kinds == 0 {
            return Ok(self.cold(context, site));
        } else {
            let shapes = self.shapes_of(context, site, source);
            let is_plain = |shape: &Shape| shape.kind == Kind::Iterator as u8;
            if !shapes.is_some_and(|shapes| !shapes.is_empty() && shapes.iter().all(is_plain)) {
                return Err("it iterates over something that runs code of its own");
            }
            self.next_directly(context, site, source)
        };
        leaving.push((target, turn));
        self.go_on(on);
        self.slots[context.offset + a + 2] = Slot::default();
        Ok(true)
    }
}
