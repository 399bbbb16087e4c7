//! Templates of calls: what is known of the callee when the site is compiled.

use bytecode::Op;
use heap::ClassId;
use vm::code::Entry;
use vm::native::ObjectCache;
use vm::quick::Quick;

use super::{Cold, Compiler, Site};
use crate::masm::{KnownCall, Label, MacroAssembler, MethodCall, MethodTarget};

impl<M: MacroAssembler> Compiler<'_, M> {
    /// The function that a constant is or stands for, if it takes the site's arguments as they are.
    fn plain_callee(&self, site: Site) -> Option<&'static Entry> {
        let entry = self.asked.callee(self.constant(site.second.low()))?;
        (entry.arity as usize == site.word.b() && site.word.c() == 0).then_some(entry)
    }

    pub(super) fn call_const(&mut self, site: Site) {
        let Some(entry) = self.plain_callee(site) else { return self.call_builtin_const(site) };
        let (slow, poll) = (self.slow(site), self.call_poll(site));
        let call = self.known_call(site, entry);
        self.masm.call_known(&call, slow, poll);
    }

    fn call_builtin_const(&mut self, site: Site) {
        let callee = self.constant(site.second.low());
        if let Some(("math.sqrt", 1)) = self.asked.builtin_of_value(callee)
            && (site.word.b(), site.word.c()) == (1, 0)
        {
            let slow = self.slow(site);
            return self.masm.square_root(site.word.a(), slow);
        }
        self.step(site);
    }

    pub(super) fn tail_call_const(&mut self, site: Site) {
        let Some(entry) = self.plain_callee(site) else { return self.step(site) };
        let slow = self.slow(site);
        let poll = self.poll(entry.first_pc().expose_provenance() as u64);
        let call = self.known_call(site, entry);
        self.masm.tail_call(&call, site.word.b(), slow, poll);
    }

    pub(super) fn call_method(&mut self, site: Site) {
        if site.word.c() != 0 {
            return self.step(site);
        }
        let word = self.cache_word(site);
        if let Some((class, name)) = self.asked.builtin_of_cache(word)
            && matches!(site.quick, Some(Quick::CallMethodBuiltin | Quick::CallListPush))
        {
            return self.call_builtin_method(site, class, name);
        }
        let cache = ObjectCache::from_word(word);
        let known = match site.quick {
            Some(Quick::CallMethodInstance) => self.entry.sibling(cache.found),
            _ => None,
        };
        let known = known.filter(|method| word != 0 && method.arity as usize == site.word.b());
        let target = match known {
            Some(method) => {
                let call = self.known_call(site, method);
                MethodTarget::Known { cache, call }
            }
            None => MethodTarget::Cached { cell: self.cache_address(site), entries: self.entries() },
        };
        let (slow, poll) = (self.slow(site), self.call_poll(site));
        let call = MethodCall {
            window: site.word.a(),
            count: site.word.b(),
            name: self.name(site),
            return_pc: self.address(site.index + 2),
            target,
        };
        self.masm.call_method(call, slow, poll);
    }

    fn call_builtin_method(&mut self, site: Site, class: u32, name: &str) {
        if (class, name, site.word.b()) == (ClassId::List.id(), "List.push", 2) {
            let slow = self.slow(site);
            return self.masm.list_push(site.word.a(), slow);
        }
        self.step(site);
    }

    fn entries(&self) -> u64 {
        self.entry.sibling(0).map_or(0, Entry::word)
    }

    fn known_call(&self, site: Site, entry: &'static Entry) -> KnownCall {
        KnownCall {
            window: site.word.a(),
            callee: entry.function,
            profile: entry.profile.word(),
            frame_bytes: entry.frame_bytes,
            return_pc: self.address(site.index + 2),
            entry_cell: entry.call_cell(self.fallback),
        }
    }

    pub(super) fn call_value(&mut self, site: Site) {
        debug_assert_eq!(site.op, Op::Call);
        if site.word.c() != 0 {
            return self.step(site);
        }
        let (slow, poll) = (self.slow(site), self.call_poll(site));
        let return_pc = self.address(site.index + 2);
        self.masm.call_value(site.word.a(), site.word.b(), return_pc, slow, poll);
    }

    fn call_poll(&mut self, site: Site) -> Label {
        let label = self.masm.new_label();
        self.cold.push(Cold::CallPoll(label, site.index));
        label
    }
}
