//! Functions that are built into their callers.

use bytecode::function_flag;
use vm::code::Entry;
use vm::optimised::InlinedFrame;
use vm::state::{FRAME_HEADER, OPERATOR_HEADER};

use super::build::{Builder, Context, Edge, Refusal, Slot};
use super::flow::{Code, Site};
use super::form::{Operation, Value};

/// The longest function that is inlined, in words.
const INLINED_WORDS_MAX: usize = 120;
/// Words that are inlined into one function in all.
const WORDS_IN_ALL_MAX: usize = 300;
/// Runs of a call while it was recorded that make its callee worth inlining.
const RUNS_MIN: u32 = 24;
/// How deep functions are inlined into each other.
const DEPTH_MAX: usize = 6;

/// How often a function is inlined into itself, and how long it may be.
const RECURSION_MAX: usize = 2;
const RECURSIVE_WORDS_MAX: usize = 40;

impl Builder<'_> {
    pub(super) fn is_inlined(&self, context: &Context<'_>, site: Site, entry: &'static Entry) -> bool {
        let runs = self.entry(context).feedback().runs(site.index);
        if self.is_choosy && runs < RUNS_MIN {
            return false;
        }
        let words = entry.code.words.len();
        let chain = &self.function.chains[context.chain];
        let running = chain.iter().filter(|frame| frame.entry.id == entry.id).count();
        let running = running + usize::from(self.root.id == entry.id);
        let may_recur = running == 0 || running <= RECURSION_MAX && words <= RECURSIVE_WORDS_MAX;
        words <= INLINED_WORDS_MAX
            && self.inlined_words + words <= WORDS_IN_ALL_MAX
            && chain.len() < DEPTH_MAX
            && may_recur
            && entry.code.flags & (function_flag::GENERATOR | function_flag::REST) == 0
            && entry.feedback().seen(0).ran
            && self.may_inline(entry)
    }

    pub(super) fn inline(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
        code: &Code,
    ) -> Result<bool, Refusal> {
        let offset = context.offset + site.word.a() + FRAME_HEADER;
        let frame = InlinedFrame { entry, offset, return_index: site.next(), resumption: 0 };
        self.forget_dead(context, site);
        let chain = self.push_frame(context, frame, code);
        for slot in &mut self.slots[offset + site.word.b()..] {
            *slot = Slot::default();
        }
        let inner = Context { code, offset, chain, target: None };
        Ok(self.inlined_region(context, site, &inner))
    }

    /// Has the method of an operator take the instruction's place: its frame stands above all registers.
    pub(super) fn inline_operator(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (entry, code): (&'static Entry, &Code),
        arguments: &[Value],
    ) -> bool {
        let distance = usize::from(context.code.definition.registers) + OPERATOR_HEADER;
        let offset = context.offset + distance;
        let resumption = vm::optimised::resumption(distance, site.op.words());
        let frame = InlinedFrame { entry, offset, return_index: site.next(), resumption };
        // The state before the instruction must not know of the frame.
        self.here(context, site);
        self.keep_across(context, site, distance - OPERATOR_HEADER);
        let chain = self.push_frame(context, frame, code);
        for slot in &mut self.slots[offset - OPERATOR_HEADER..] {
            *slot = Slot::default();
        }
        let callee = self.function.constant(Operation::Word, entry.function.bits());
        for (slot, &value) in
            std::iter::once((offset - FRAME_HEADER, &callee)).chain((offset..).zip(arguments))
        {
            self.slots[slot] = Slot { value: Some(value), dirty: true };
        }
        let target = Some(context.offset + site.word.a());
        let inner = Context { code, offset, chain, target };
        self.inlined_region(context, site, &inner)
    }

    /// Makes room for an inlined frame: the number of the chain with it.
    fn push_frame(&mut self, context: &Context<'_>, frame: InlinedFrame, code: &Code) -> usize {
        let mut chain = self.function.chains[context.chain].clone();
        if frame.offset == context.offset {
            chain.pop();
        }
        chain.push(frame);
        self.function.chains.push(chain);
        self.inlined_words += frame.entry.code.words.len();
        let end = frame.offset + usize::from(code.definition.registers);
        self.slots.resize(self.slots.len().max(end), Slot::default());
        self.function.slots = self.function.slots.max(end);
        self.function.chains.len() - 1
    }

    /// Builds an inlined function; whether the code behind it is reached. There is no poll: what is inlined ends, and
    /// loops in it poll.
    fn inlined_region(&mut self, context: &Context<'_>, site: Site, inner: &Context<'_>) -> bool {
        self.returns.push(Vec::new());
        let built = self.region(inner, 0, &vec![true; inner.code.blocks.len()]);
        let returned = self.returns.pop().unwrap_or_default();
        if built.is_err() {
            self.never_inline(inner.code.entry);
        }
        if returned.is_empty() || built.is_err() {
            return false;
        }
        self.merge(context, site.next(), returned);
        true
    }

    /// Has a function take the place of the running one, whose registers are gone.
    pub(super) fn inline_in_place(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
        code: &Code,
    ) -> Result<bool, Refusal> {
        let (a, count, offset) = (site.word.a(), site.word.b(), context.offset);
        let callee = self.read(context, a);
        let arguments: Vec<Value> =
            (a + 3..a + 3 + count).map(|register| self.read(context, register)).collect();
        let replaced = self.function.chains[context.chain].last().copied();
        let (return_index, resumption) =
            replaced.map_or((0, 0), |frame| (frame.return_index, frame.resumption));
        let frame = InlinedFrame { entry, offset, return_index, resumption };
        let chain = self.push_frame(context, frame, code);
        for slot in &mut self.slots[offset..] {
            *slot = Slot::default();
        }
        for (slot, argument) in self.slots[offset..].iter_mut().zip(arguments) {
            *slot = Slot { value: Some(argument), dirty: true };
        }
        match offset {
            0 => {
                self.emit(Operation::StoreSlot, &[callee], -3i64 as u64);
                let profile = self.function.constant(Operation::Word, entry.profile.word());
                self.emit(Operation::StoreSlot, &[profile], -2i64 as u64);
            }
            _ => self.slots[offset - 3] = Slot { value: Some(callee), dirty: true },
        }
        let inner = Context { code, offset, chain, target: context.target };
        if self.region(&inner, 0, &vec![true; code.blocks.len()]).is_err() {
            self.never_inline(entry);
        }
        Ok(false)
    }

    /// An inlined function returns: its value stands in the place of the callee, or where the operator wants it.
    pub(super) fn return_inlined(&mut self, context: &Context<'_>, value: Value) {
        let window = context.offset - FRAME_HEADER;
        let mut slots = self.slots.clone();
        for slot in &mut slots[window..] {
            *slot = Slot::default();
        }
        slots[context.target.unwrap_or(window)] = Slot { value: Some(value), dirty: true };
        let edge = Edge { from: self.block, slots };
        if let Some(returns) = self.returns.last_mut() {
            returns.push(edge);
        }
    }
}
