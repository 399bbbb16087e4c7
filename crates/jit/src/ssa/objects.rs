//! Fields, lists and iteration.

use bytecode::{Op, RegisterSet};
use heap::Kind;
use vm::native::ObjectCache;
use vm::quick::Quick;
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Refusal, Slot};
use super::flow::Site;
use super::form::{Operation, Type, Value};
use super::operations::Leaving;
use crate::family::Right;

impl Builder<'_> {
    pub(super) fn object(
        &mut self,
        context: &Context<'_>,
        site: Site,
        register: usize,
        cache: ObjectCache,
    ) -> Value {
        let object = self.read(context, register);
        let what = u64::from(cache.class) << 8 | u64::from(cache.kind);
        self.guard(context, site, Operation::GuardClass, &[object], what)
    }

    pub(super) fn get_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if site.quick != Some(Quick::GetFieldInstance) || found.failed || context.code.cache(site).kind == 0 {
            return self.step(context, site, found);
        }
        let cache = context.code.cache(site);
        let object = self.object(context, site, site.word.b(), cache);
        let value = self.emit(Operation::LoadField, &[object], cache.found as u64);
        self.guard(context, site, Operation::GuardSet, &[value], 0);
        self.write(context, site.word.a(), value);
        true
    }

    pub(super) fn set_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if site.quick != Some(Quick::SetFieldInstance) || found.failed || context.code.cache(site).kind == 0 {
            return self.step(context, site, found);
        }
        let cache = context.code.cache(site);
        let object = self.object(context, site, site.word.a(), cache);
        let value = self.read(context, site.word.b());
        let value = self.as_any(context, site, value);
        self.guard(context, site, Operation::StoreField, &[object, value], cache.found as u64);
        true
    }

    /// An element's list, storage and index, checked.
    fn element(&mut self, context: &Context<'_>, site: Site, list: Value, index: Value) -> (Value, Value) {
        let list = self.guard(context, site, Operation::GuardKind, &[list], Kind::List as u64);
        let index = self.as_int(context, site, index, seen::INT);
        let length = self.emit(Operation::ListLength, &[list], 0);
        self.guard(context, site, Operation::GuardBounds, &[index, length], 0);
        (self.emit(Operation::ListStorage, &[list], 0), index)
    }

    pub(super) fn index(&mut self, context: &Context<'_>, site: Site, found: Seen, right: Right) -> bool {
        let list = self.read(context, site.word.b());
        let index = self.right(context, site, right);
        let index_kinds = self.kinds(index, found.c);
        if found.b != seen::LIST || index_kinds != seen::INT || found.failed {
            return self.step(context, site, found);
        }
        let (storage, index) = self.element(context, site, list, index);
        let value = self.emit(Operation::LoadElement, &[storage, index], 0);
        self.write(context, site.word.a(), value);
        true
    }

    pub(super) fn set_index(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let (list, index) = (self.read(context, site.word.a()), self.read(context, site.word.b()));
        let index_kinds = self.kinds(index, found.b);
        if found.a != seen::LIST || index_kinds != seen::INT || found.failed {
            return self.step(context, site, found);
        }
        let (storage, index) = self.element(context, site, list, index);
        let value = self.read(context, site.word.c());
        let value = self.as_any(context, site, value);
        self.guard(context, site, Operation::StoreElement, &[storage, index, value], 0);
        true
    }

    /// The registers that the `iter` behind a range uses, where nothing else needs the range.
    fn iterates(&self, context: &Context<'_>, site: Site) -> Option<Site> {
        let iter = context.code.site(site.next())?;
        let live = RegisterSet::from_words(context.code.liveness.before(iter.next() as u32));
        let is_loop = iter.op == Op::Iter && iter.word.b() == site.word.a();
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
        let one = self.int(1);
        let (on, turn) = if kinds == seen::INT && !found.failed {
            let end = self.as_int(context, site, source, seen::INT);
            let number = self.as_int(context, site, position, seen::INT);
            let more = self.emit(Operation::LtInt, &[number, end], 0);
            let (turn, on) = self.branch(more);
            let turn = self.on_edge(turn, |builder| {
                let state = builder.here(context, site);
                let next =
                    builder.function.append(builder.block, Operation::AddInt, &[number, one], 0, Some(state));
                builder.write(context, a + 2, number);
                builder.write(context, a + 1, next);
                builder.poll(context, target);
            });
            (on, turn)
        } else if kinds == seen::LIST && !found.failed {
            let list = self.guard(context, site, Operation::GuardKind, &[source], Kind::List as u64);
            let index = self.as_int(context, site, position, seen::INT);
            let length = self.emit(Operation::ListLength, &[list], 0);
            let more = self.emit(Operation::LtInt, &[index, length], 0);
            let (turn, on) = self.branch(more);
            let turn = self.on_edge(turn, |builder| {
                let storage = builder.emit(Operation::ListStorage, &[list], 0);
                let value = builder.emit(Operation::LoadElement, &[storage, index], 0);
                let state = builder.here(context, site);
                let next =
                    builder.function.append(builder.block, Operation::AddInt, &[index, one], 0, Some(state));
                builder.write(context, a + 2, value);
                builder.write(context, a + 1, next);
                builder.poll(context, target);
            });
            (on, turn)
        } else if kinds == 0 {
            return Ok(self.cold(context, site));
        } else {
            return Err("it iterates over something that is neither a range nor a list");
        };
        leaving.push((target, turn));
        self.go_on(on);
        self.slots[context.offset + a + 2] = Slot::default();
        Ok(true)
    }
}
