//! Calls in place of the running function.
//!
//! In an inlined function such a call is one that the caller makes, from its own window: the frame of the inlined
//! function is gone by then. In the function that is compiled the callee takes over the frame.

use vm::code::Entry;
use vm::record::{Seen, Shape};
use vm::state::FRAME_HEADER;

use super::build::{Builder, Context, Refusal, Slot, Start};
use super::calls::Callee;
use super::flow::{Code, Site};
use super::form::{CallSite, End, Operation, Value};

impl Builder<'_> {
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
        let is_loop = context.chain == 0 && self.start != Start::Function;
        match self.callee_of(context, site, found) {
            _ if is_loop => self.leave_to_tail_call(context, site),
            Callee::One(entry) => {
                self.put_callee(context, site, entry);
                self.tail_call_known(context, site, entry)
            }
            Callee::ByShape(targets) => self.tail_call_by_shape(context, site, &targets),
            Callee::Builtin(builtin, class) => {
                let value = self.call_builtin(context, site, (builtin, class));
                self.give_value(context, site, value);
                Ok(false)
            }
            Callee::Method if context.offset != 0 => {
                let receiver = self.read(context, site.word.a() + FRAME_HEADER);
                let name = context.code.constant(site.second.low()).bits() as u32;
                self.call_instead(context, site, (Operation::CallMethod, Some(receiver), None, name))
            }
            Callee::Any if context.offset != 0 => {
                let callee = self.read(context, site.word.a());
                self.call_instead(context, site, (Operation::CallValue, Some(callee), None, 0))
            }
            Callee::Method => Ok(self.tail_call_found(context, site, Operation::TailCallMethod)),
            Callee::Any => Ok(self.tail_call_found(context, site, Operation::TailCallValue)),
            Callee::Unknown => self.leave_to_tail_call(context, site),
        }
    }

    fn tail_call_by_shape(
        &mut self,
        context: &Context<'_>,
        site: Site,
        targets: &[(Shape, &'static Entry)],
    ) -> Result<bool, Refusal> {
        let receiver = self.read(context, site.word.a() + FRAME_HEADER);
        let object = self.guard(context, site, Operation::GuardObject, &[receiver], 0);
        let state = self.here(context, site);
        for (number, &(shape, entry)) in targets.iter().enumerate() {
            let other = self.way_of_shape(context, site, object, shape, number + 1 < targets.len());
            self.set_callee(context, site, entry);
            self.knowing(receiver, shape, |builder| builder.tail_call_known(context, site, entry))?;
            self.take(other, state);
        }
        Ok(false)
    }

    /// The callee is in its place.
    fn tail_call_known(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
    ) -> Result<bool, Refusal> {
        if self.is_inlined(context, site, entry)
            && let Some(code) = Code::new(entry)
        {
            return self.inline_in_place(context, site, entry, &code);
        }
        if context.offset != 0 {
            return self.call_instead(context, site, (Operation::Call, None, Some(entry), 0));
        }
        self.tail_call_entry(context, site, entry);
        Ok(false)
    }

    /// The caller of the inlined function makes the call.
    fn call_instead(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (operation, subject, entry, name): (Operation, Option<Value>, Option<&'static Entry>, u32),
    ) -> Result<bool, Refusal> {
        let (a, count, base) = (site.word.a(), site.word.b(), context.offset);
        let registers = std::iter::once(a).chain(a + FRAME_HEADER..a + FRAME_HEADER + count);
        let registers: Vec<usize> = registers.collect();
        let mut words = Vec::with_capacity(count + 1);
        for &register in &registers {
            let value = self.read(context, register);
            words.push(self.as_any(context, site, value));
        }
        // The arguments move down over registers, and a step would look for them where they were.
        for &register in &registers {
            self.slots[base + register].dirty = true;
        }
        let state = self.state_at(context, site.index, vm::optimised::ExitKind::Guard);
        let frame = self.function.chains[context.chain].last().copied();
        let Some(frame) = frame else { return Err("it calls in place of itself") };
        for slot in 0..base - FRAME_HEADER {
            self.store(context, site.index, slot);
        }
        self.store_headers(context, base);
        let back = frame.link(self.caller_of(context, base));
        for (slot, &word) in std::iter::once(base - FRAME_HEADER).chain(base..).zip(&words) {
            self.emit(Operation::StoreSlot, &[word], slot as u64);
        }
        if frame.resumption != 0 {
            self.store_raw(base - 4, frame.resumption);
            self.store_raw(base - 5, heap::Value::NIL.bits());
        }
        if let Some(entry) = entry {
            self.store_raw(base - 2, entry.profile.word());
            self.store_raw(base - 1, back);
        }
        self.function.calls.push(CallSite { entry, frame: base, count, name, back });
        let number = self.function.calls.len() as u64 - 1;
        let subject: Vec<Value> = subject
            .map(|subject| if name == 0 { words[0] } else { words.get(1).copied().unwrap_or(subject) })
            .into_iter()
            .collect();
        let result = self.function.append(self.block, operation, &subject, number, Some(state));
        for slot in &mut self.slots[base - FRAME_HEADER..] {
            *slot = Slot::default();
        }
        self.return_inlined(context, result);
        Ok(false)
    }

    /// Has what is found at run time take the place of the running function's frame.
    fn tail_call_found(&mut self, context: &Context<'_>, site: Site, operation: Operation) -> bool {
        let (a, count) = (site.word.a(), site.word.b());
        let is_method = operation == Operation::TailCallMethod;
        let callee = (!is_method).then_some(a);
        let registers: Vec<usize> =
            callee.into_iter().chain(a + FRAME_HEADER..a + FRAME_HEADER + count).collect();
        let mut words = Vec::with_capacity(registers.len());
        for register in registers {
            let value = self.read(context, register);
            words.push(self.as_any(context, site, value));
        }
        let name = match is_method {
            true => context.code.constant(site.second.low()).bits() as u32,
            false => 0,
        };
        let state = self.state_at(context, site.index, vm::optimised::ExitKind::End);
        self.function.calls.push(CallSite { entry: None, frame: 0, count, name, back: 0 });
        let number = self.function.calls.len() as u64 - 1;
        let result = self.function.append(self.block, operation, &words, number, Some(state));
        self.end(End::Return(result));
        false
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
        for register in std::iter::once(a).chain(a + FRAME_HEADER..a + FRAME_HEADER + count) {
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
