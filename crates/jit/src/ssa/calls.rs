//! Calls: inlined where the callee is known and small, made directly where it is known, and left to the interpreter's
//! step otherwise. Some builtins are operations of their own.
//!
//! Around a call that is made, memory holds all that is needed after it: so whatever drops the native stack while the
//! callee runs loses nothing.

use bytecode::{Op, RegisterSet, function_flag};
use heap::Kind;
use vm::class::{builtin_name, entry_of};
use vm::code::Entry;
use vm::optimised::{ExitKind, InlinedFrame};
use vm::quick::Quick;
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Edge, Refusal, Slot};
use super::flow::{Code, Site};
use super::form::{CallSite, Operation, Value};

/// The longest function that is inlined, in words.
const INLINED_WORDS_MAX: usize = 120;
/// Words that are inlined into one function in all.
const WORDS_IN_ALL_MAX: usize = 1200;
/// How deep functions are inlined into each other.
const DEPTH_MAX: usize = 6;

impl Builder<'_> {
    pub(super) fn call(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Result<bool, Refusal> {
        if let Some(done) = self.builtin(context, site, found) {
            return Ok(done);
        }
        let Some(entry) = self.callee_of(context, site, found) else {
            return Ok(self.step(context, site, found));
        };
        if !found.ran {
            let state = self.here(context, site);
            self.end(super::form::End::Exit(state));
            return Ok(false);
        }
        self.put_callee(context, site, entry);
        if self.is_inlined(context, entry)
            && let Some(code) = Code::new(entry, self.builtin_name)
        {
            return self.inline(context, site, entry, &code);
        }
        self.call_entry(context, site, entry);
        Ok(true)
    }

    /// The one function that the site has called, if it takes these arguments as they are.
    fn callee_of(&self, context: &Context<'_>, site: Site, found: Seen) -> Option<&'static Entry> {
        if site.word.c() != 0 || found.failed {
            return None;
        }
        let here = self.entry(context);
        let entry = match site.op {
            Op::Call => here.sibling(here.feedback().callee(site.index)?),
            Op::CallConst => entry_of(context.code.constant(site.second.low())),
            _ if site.quick == Some(Quick::CallMethodInstance) => {
                let cache = context.code.cache(site);
                // An empty cache has no kind.
                if cache.kind == 0 { None } else { here.sibling(cache.found) }
            }
            _ => None,
        }?;
        (entry.arity as usize == site.word.b()).then_some(entry)
    }

    /// Makes sure of the callee, and puts it in its place.
    fn put_callee(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        let a = site.word.a();
        if site.op == Op::Call {
            let callee = self.read(context, a);
            if entry.code.captures == 0 {
                self.guard(context, site, Operation::GuardWord, &[callee], entry.function.bits());
            } else {
                self.guard(context, site, Operation::GuardCode, &[callee], entry.word());
            }
            return;
        }
        if site.op == Op::CallMethod {
            let cache = context.code.cache(site);
            self.object(context, site, a + 3, cache);
        }
        // The state before the instruction must not know of this.
        self.here(context, site);
        let callee = self.function.constant(Operation::Word, entry.function.bits());
        self.write(context, a, callee);
    }

    fn is_inlined(&self, context: &Context<'_>, entry: &'static Entry) -> bool {
        let words = entry.code.words.len();
        let chain = &self.function.chains[context.chain];
        let is_running =
            chain.iter().any(|frame| frame.entry.id == entry.id) || self.root_entry(context).id == entry.id;
        words <= INLINED_WORDS_MAX
            && self.inlined_words + words <= WORDS_IN_ALL_MAX
            && chain.len() < DEPTH_MAX
            && !is_running
            && entry.code.flags & (function_flag::GENERATOR | function_flag::REST) == 0
            && entry.feedback().seen(0).ran
            && self.may_inline(entry)
    }

    /// The function that is being compiled.
    fn root_entry(&self, context: &Context<'_>) -> &'static Entry {
        if context.chain == 0 { self.entry(context) } else { self.root }
    }

    fn inline(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
        code: &Code,
    ) -> Result<bool, Refusal> {
        let offset = context.offset + site.word.a() + 3;
        let registers = usize::from(code.definition.registers);
        let mut chain = self.function.chains[context.chain].clone();
        chain.push(InlinedFrame { entry, offset, return_index: site.next() });
        self.function.chains.push(chain);
        let chain = self.function.chains.len() - 1;
        self.inlined_words += entry.code.words.len();
        self.forget_dead(context, site);
        self.slots.resize(self.slots.len().max(offset + registers), Slot::default());
        for slot in &mut self.slots[offset + site.word.b()..] {
            *slot = Slot::default();
        }
        self.function.slots = self.function.slots.max(offset + registers);
        let inner = Context { code, offset, chain };
        let state = self.state_at(&inner, 0, ExitKind::Poll);
        self.function.append(self.block, Operation::Poll, &[], 0, Some(state));
        self.returns.push(Vec::new());
        let built = self.region(&inner, 0, &vec![true; code.blocks.len()]);
        let returned = self.returns.pop().unwrap_or_default();
        if built.is_err() {
            self.never_inline(entry);
        }
        if returned.is_empty() || built.is_err() {
            return Ok(false);
        }
        self.merge(context, site.next(), returned);
        Ok(true)
    }

    /// Registers that nothing needs after the call do not stay alive through it.
    fn forget_dead(&mut self, context: &Context<'_>, site: Site) {
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

    /// An inlined function returns: its value stands in the place of the callee.
    pub(super) fn return_inlined(&mut self, context: &Context<'_>, value: Value) {
        let window = context.offset - 3;
        let mut slots = self.slots.clone();
        slots[window] = Slot { value: Some(value), dirty: true };
        for slot in &mut slots[window + 1..] {
            *slot = Slot::default();
        }
        let edge = Edge { from: self.block, slots };
        if let Some(returns) = self.returns.last_mut() {
            returns.push(edge);
        }
    }

    /// A call of a function that is not inlined.
    fn call_entry(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        let window = context.offset + site.word.a();
        let state = self.here(context, site);
        self.forget_dead(context, site);
        for slot in 0..window + 3 + site.word.b() {
            self.store(context, site.index, slot);
        }
        for frame in self.function.chains[context.chain].clone() {
            let caller = self.caller_of(context, frame.offset);
            let back = caller.code.words.as_ptr().wrapping_add(frame.return_index);
            self.store_raw(frame.offset - 2, frame.entry.profile.word());
            self.store_raw(frame.offset - 1, back.expose_provenance() as u64);
        }
        let back = self.entry(context).code.words.as_ptr().wrapping_add(site.next());
        self.store_raw(window + 1, entry.profile.word());
        self.store_raw(window + 2, back.expose_provenance() as u64);
        self.function.calls.push(CallSite { entry, frame: window + 3 });
        let number = self.function.calls.len() as u64 - 1;
        let result = self.function.append(self.block, Operation::Call, &[], number, Some(state));
        for slot in &mut self.slots[window..] {
            *slot = Slot::default();
        }
        self.slots[window] = Slot { value: Some(result), dirty: true };
    }

    /// The function whose frame lies below the one at an offset.
    fn caller_of(&self, context: &Context<'_>, offset: usize) -> &'static Entry {
        let chain = &self.function.chains[context.chain];
        let below = chain.iter().rev().find(|frame| frame.offset < offset);
        below.map_or(self.root, |frame| frame.entry)
    }

    fn store_raw(&mut self, slot: usize, word: u64) {
        let word = self.function.constant(Operation::Word, word);
        self.emit(Operation::StoreSlot, &[word], slot as u64);
    }

    /// Builtins that have operations of their own.
    fn builtin(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Option<bool> {
        if site.word.c() != 0 || found.failed || !found.ran {
            return None;
        }
        let a = site.word.a();
        let name = match site.op {
            Op::CallConst => builtin_name(context.code.constant(site.second.low()))?,
            Op::CallMethod => context.code.builtin(site.index)?,
            _ => return None,
        };
        let value = match (name, site.word.b()) {
            ("math.sqrt", 1) => {
                let number = self.read(context, a + 3);
                if self.type_of(number) != super::form::Type::Float {
                    return None;
                }
                self.emit(Operation::SqrtFloat, &[number], 0)
            }
            ("List.len", 1) if found.b == seen::LIST => {
                let list = self.read(context, a + 3);
                let list = self.guard(context, site, Operation::GuardKind, &[list], Kind::List as u64);
                self.emit(Operation::ListLength, &[list], 0)
            }
            _ => return None,
        };
        for slot in &mut self.slots[context.offset + a..] {
            *slot = Slot::default();
        }
        self.write(context, a, value);
        Some(true)
    }
}
