//! Calls: inlined where the callee is known and small, made directly where it is known, found at run time where it is
//! a method or function, and left to the interpreter's step otherwise.
//!
//! Around a call that is made, memory holds all that is needed after it: so whatever drops the native stack while the
//! callee runs loses nothing.

use bytecode::{Op, RegisterSet};
use heap::Kind;
use vm::code::Entry;
use vm::quick::Quick;
use vm::record::{Seen, Shape};

use super::build::{Builder, Context, Edge, Refusal, Slot, Start};
use super::flow::{Code, Site};
use super::form::{CallSite, End, Operation, StateId, Value};

/// What a call site is known to call.
enum Callee {
    /// One function.
    One(&'static Entry),
    /// Methods by the shape of the receiver.
    ByShape(Vec<(Shape, &'static Entry)>),
    /// A method of objects of any class.
    Method,
    /// Any function or closure.
    Any,
    Unknown,
}

impl Builder<'_> {
    pub(super) fn call(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Result<bool, Refusal> {
        if let Some(done) = self.builtin(context, site, found) {
            return Ok(done);
        }
        if !found.ran {
            return Ok(self.cold(context, site));
        }
        match self.callee_of(context, site, found) {
            Callee::One(entry) => {
                self.put_callee(context, site, entry);
                self.call_known(context, site, entry)
            }
            Callee::ByShape(targets) => self.call_by_shape(context, site, &targets),
            Callee::Method => {
                self.call_found(context, site, Operation::CallMethod);
                Ok(true)
            }
            Callee::Any => {
                self.call_found(context, site, Operation::CallValue);
                Ok(true)
            }
            Callee::Unknown => Ok(self.step(context, site, found)),
        }
    }

    /// Calls a function that is in its place.
    pub(super) fn call_known(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
    ) -> Result<bool, Refusal> {
        if self.is_inlined(context, site, entry)
            && let Some(code) = Code::new(entry)
        {
            return self.inline(context, site, entry, &code);
        }
        let state = self.here(context, site);
        self.call_entry(context, site, entry, state);
        Ok(true)
    }

    fn callee_of(&self, context: &Context<'_>, site: Site, found: Seen) -> Callee {
        if site.word.c() != 0 {
            return Callee::Unknown;
        }
        let here = self.entry(context);
        let fits = |entry: &&'static Entry| entry.arity as usize == site.word.b();
        match site.op {
            Op::Call | Op::TailCall => {
                let known = here.feedback().callee(site.index).and_then(|id| here.sibling(id)).filter(fits);
                match known {
                    Some(entry) if !found.failed => Callee::One(entry),
                    _ => Callee::Any,
                }
            }
            Op::CallConst | Op::TailCallConst => {
                let callee = self.asked.callee(context.code.constant(site.second.low())).filter(fits);
                callee.map_or(Callee::Unknown, Callee::One)
            }
            _ => self.method_of(context, site, found),
        }
    }

    fn method_of(&self, context: &Context<'_>, site: Site, found: Seen) -> Callee {
        let fits = |entry: &&'static Entry| entry.arity as usize == site.word.b();
        let is_object =
            |shape: &Shape| shape.kind == Kind::Instance as u8 || shape.kind == Kind::Record as u8;
        let Some(shapes) = self.entry(context).feedback().shapes(site.index) else { return Callee::Method };
        if found.failed {
            return if shapes.iter().any(is_object) { Callee::Method } else { Callee::Unknown };
        }
        let name = context.code.constant(site.second.low());
        let cache = context.code.cache(site);
        let is_cached = site.quick == Some(Quick::CallMethodInstance) && cache.kind != 0;
        let target = |shape: &Shape| {
            if is_cached && cache.kind == shape.kind && cache.class == shape.class {
                return self.entry(context).sibling(cache.found);
            }
            self.asked.method(shape.class, name)
        };
        let known: Option<Vec<(Shape, &'static Entry)>> = shapes
            .iter()
            .map(|shape| {
                let entry = target(shape).filter(|_| is_object(shape)).filter(fits)?;
                Some((*shape, entry))
            })
            .collect();
        match known {
            Some(targets) if !targets.is_empty() => Callee::ByShape(targets),
            _ if shapes.iter().any(is_object) => Callee::Method,
            _ => Callee::Unknown,
        }
    }

    /// Makes sure of the callee, and puts it in its place.
    fn put_callee(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        let a = site.word.a();
        if matches!(site.op, Op::Call | Op::TailCall) {
            let callee = self.read(context, a);
            if entry.code.captures == 0 {
                self.guard(context, site, Operation::GuardWord, &[callee], entry.function.bits());
            } else {
                self.guard(context, site, Operation::GuardCode, &[callee], entry.word());
            }
            return;
        }
        self.set_callee(context, site, entry);
    }

    fn set_callee(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        // The state before the instruction must not know of this.
        self.here(context, site);
        let callee = self.function.constant(Operation::Word, entry.function.bits());
        self.write(context, site.word.a(), callee);
    }

    /// One way for each shape of the receiver that was seen; others leave the code, which tells of them.
    fn call_by_shape(
        &mut self,
        context: &Context<'_>,
        site: Site,
        targets: &[(Shape, &'static Entry)],
    ) -> Result<bool, Refusal> {
        let receiver = self.read(context, site.word.a() + 3);
        if let [(shape, entry)] = *targets {
            self.shape(context, site, receiver, shape);
            self.set_callee(context, site, entry);
            return self.call_known(context, site, entry);
        }
        let object = self.guard(context, site, Operation::GuardObject, &[receiver], 0);
        let state = self.here(context, site);
        let mut done = Vec::new();
        for (number, &(shape, entry)) in targets.iter().enumerate() {
            let other = if number + 1 < targets.len() {
                let is_it = self.emit(Operation::IsShape, &[object], bits_of(shape));
                let (way, other) = self.branch(is_it);
                self.go_on(way);
                Some(other)
            } else {
                self.guard(context, site, Operation::GuardShape, &[object], bits_of(shape));
                None
            };
            self.set_callee(context, site, entry);
            if self.call_known(context, site, entry)? {
                done.push(Edge { from: self.block, slots: self.slots.clone() });
            }
            if let Some(other) = other {
                self.go_on(other);
                self.at_state(state);
            }
        }
        if done.is_empty() {
            return Ok(false);
        }
        self.merge(context, site.next(), done);
        Ok(true)
    }

    /// The address of an object, which has this shape.
    pub(super) fn shape(&mut self, context: &Context<'_>, site: Site, object: Value, shape: Shape) -> Value {
        let object = self.guard(context, site, Operation::GuardObject, &[object], 0);
        self.guard(context, site, Operation::GuardShape, &[object], bits_of(shape));
        object
    }

    /// Calls what the window's receiver has under the name, or the value in it, whatever that is.
    fn call_found(&mut self, context: &Context<'_>, site: Site, operation: Operation) {
        let window = site.word.a();
        let subject = match operation {
            Operation::CallMethod => self.read(context, window + 3),
            _ => self.read(context, window),
        };
        let subject = self.as_any(context, site, subject);
        let state = self.here(context, site);
        let name = match operation {
            Operation::CallMethod => context.code.constant(site.second.low()).bits() as u32,
            _ => 0,
        };
        self.make_call(context, site, (operation, &[subject], None, name), state);
    }

    /// A call of a function that is not inlined.
    pub(super) fn call_entry(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
        state: StateId,
    ) {
        let window = context.offset + site.word.a();
        self.function.slots = self.function.slots.max(window + 3);
        self.make_call(context, site, (Operation::Call, &[], Some(entry), 0), state);
    }

    fn make_call(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (operation, arguments, entry, name): (Operation, &[Value], Option<&'static Entry>, u32),
        state: StateId,
    ) {
        let window = context.offset + site.word.a();
        self.forget_dead(context, site);
        for slot in 0..(window + 3 + site.word.b()).min(self.slots.len()) {
            self.store(context, site.index, slot);
        }
        for frame in self.function.chains[context.chain].clone() {
            if frame.offset == 0 {
                continue;
            }
            let caller = self.caller_of(context, frame.offset);
            let back = caller.code.words.as_ptr().wrapping_add(frame.return_index);
            self.store_raw(frame.offset - 2, frame.entry.profile.word());
            self.store_raw(frame.offset - 1, back.expose_provenance() as u64);
        }
        let back =
            self.entry(context).code.words.as_ptr().wrapping_add(site.next()).expose_provenance() as u64;
        if let Some(entry) = entry {
            self.store_raw(window + 1, entry.profile.word());
            self.store_raw(window + 2, back);
        }
        let call = CallSite { entry, frame: window + 3, count: site.word.b(), name, back };
        self.function.calls.push(call);
        let number = self.function.calls.len() as u64 - 1;
        let result = self.function.append(self.block, operation, arguments, number, Some(state));
        for slot in &mut self.slots[window..] {
            *slot = Slot::default();
        }
        self.slots[window] = Slot { value: Some(result), dirty: true };
    }

    /// Registers that nothing needs after the call do not stay alive through it.
    pub(super) fn forget_dead(&mut self, context: &Context<'_>, site: Site) {
        let across = RegisterSet::from_words(context.code.liveness.across(site.index as u32));
        for register in 0..site.word.a() {
            if !across.contains(register as u8) {
                self.slots[context.offset + register] = Slot::default();
            }
        }
        for header in 1..3 {
            self.slots[context.offset + site.word.a() + header] = Slot::default();
        }
    }

    /// The function whose frame lies below the one at an offset.
    fn caller_of(&self, context: &Context<'_>, offset: usize) -> &'static Entry {
        let chain = &self.function.chains[context.chain];
        let below = chain.iter().rev().find(|frame| frame.offset < offset);
        below.map_or(self.root, |frame| frame.entry)
    }

    pub(super) fn store_raw(&mut self, slot: usize, word: u64) {
        let word = self.function.constant(Operation::Word, word);
        self.emit(Operation::StoreSlot, &[word], slot as u64);
    }

    /// A call in place of the running function.
    pub(super) fn tail_call(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
    ) -> Result<bool, Refusal> {
        if !found.ran {
            return Ok(self.cold(context, site));
        }
        if let Some(value) = self.builtin_value(context, site, found) {
            self.give_value(context, site, value);
            return Ok(false);
        }
        let target = match self.callee_of(context, site, found) {
            Callee::One(entry) => Some((entry, None)),
            Callee::ByShape(targets) if targets.len() == 1 => Some((targets[0].1, Some(targets[0].0))),
            Callee::ByShape(_) | Callee::Method | Callee::Any | Callee::Unknown => None,
        };
        let is_loop = context.chain == 0 && self.start != Start::Function;
        let Some((entry, shape)) = target.filter(|_| !is_loop) else {
            return self.leave_to_tail_call(context, site);
        };
        let code = if self.is_inlined(context, site, entry) { Code::new(entry) } else { None };
        if code.is_none() && context.offset != 0 {
            return self.leave_to_tail_call(context, site);
        }
        match shape {
            Some(shape) => {
                let receiver = self.read(context, site.word.a() + 3);
                self.shape(context, site, receiver, shape);
                self.set_callee(context, site, entry);
            }
            None => self.put_callee(context, site, entry),
        }
        if let Some(code) = code {
            return self.inline_in_place(context, site, entry, &code);
        }
        self.tail_call_entry(context, site, entry);
        Ok(false)
    }

    /// The template tier makes the call: seldom, or the function stays there.
    fn leave_to_tail_call(&mut self, context: &Context<'_>, site: Site) -> Result<bool, Refusal> {
        if context.chain != 0 {
            return Err("it calls in place of itself");
        }
        if self.start == Start::Function && self.is_frequent(context, site) {
            return Err("it calls something that is not known in place of itself");
        }
        let state = self.state_at(context, site.index, vm::optimised::ExitKind::End);
        self.end(End::Exit(state));
        Ok(false)
    }

    /// Whether an instruction runs in a good part of the function's calls.
    pub(super) fn is_frequent(&self, context: &Context<'_>, site: Site) -> bool {
        let feedback = self.entry(context).feedback();
        feedback.runs(site.index) > feedback.calls() / 8
    }

    /// Has the callee take the place of the running function's frame.
    fn tail_call_entry(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        let (a, count) = (site.word.a(), site.word.b());
        self.function.calls.push(CallSite { entry: Some(entry), frame: 0, count, name: 0, back: 0 });
        let number = self.function.calls.len() as u64 - 1;
        self.guard(context, site, Operation::Room, &[], number);
        let mut arguments = Vec::with_capacity(count + 1);
        for register in std::iter::once(a).chain(a + 3..a + 3 + count) {
            let value = self.read(context, register);
            arguments.push(self.as_any(context, site, value));
        }
        for (index, &argument) in arguments.iter().enumerate() {
            let slot = if index == 0 { -3i64 as u64 } else { index as u64 - 1 };
            self.emit(Operation::StoreSlot, &[argument], slot);
        }
        let profile = self.function.constant(Operation::Word, entry.profile.word());
        self.emit(Operation::StoreSlot, &[profile], -2i64 as u64);
        let result = self.emit(Operation::TailCall, &[], number);
        self.end(End::Return(result));
    }
}

/// A shape as the operations that test it have it.
pub(super) fn bits_of(shape: Shape) -> u64 {
    u64::from(shape.class) << 8 | u64::from(shape.kind)
}
