//! The code cache: what is in place, what is retired, and when its room is used again.
//!
//! SAFETY contract: a `NativeCode` is handed out for as long as somebody may run it. It is taken back only after it
//! was made impossible to find and every worker has passed the end of a slice since (`quiescence`).
#![allow(unsafe_code)]

use std::collections::HashMap;

use vm::code::Entry;
use vm::native::NativeCode;

use crate::memory::{CodeMemory, CodeRange};
use crate::quiescence::Workers;
use crate::template::Compiled;

/// Code that calls may find.
struct Live {
    entry: &'static Entry,
    code: *mut NativeCode,
    range: CodeRange,
}

/// Code that nobody finds any more, but somebody may still be in.
struct Retired {
    epoch: u64,
    code: *mut NativeCode,
    range: CodeRange,
}

pub struct CodeCache {
    /// By the id of the function.
    live: HashMap<u32, Live>,
    retired: Vec<Retired>,
    /// How often each function that was compiled more than once was compiled.
    generations: HashMap<u32, u32>,
    /// Where calls of functions without machine code go.
    fallback: u64,
}

// SAFETY: the pointers are to boxes that belong to the cache.
unsafe impl Send for CodeCache {}

impl CodeCache {
    /// Nothing yet; calls of functions without machine code go to `fallback`.
    pub fn new(fallback: u64) -> CodeCache {
        CodeCache { live: HashMap::new(), retired: Vec::new(), generations: HashMap::new(), fallback }
    }

    pub fn has(&self, entry: &Entry) -> bool {
        self.live.contains_key(&entry.id)
    }

    /// Whether retired code waits for those who may be in it.
    pub fn has_garbage(&self) -> bool {
        !self.retired.is_empty()
    }

    /// How often the function was compiled.
    pub fn generation(&self, entry: &Entry) -> u32 {
        self.generations.get(&entry.id).copied().unwrap_or(0)
    }

    /// Puts code in place and has calls run it; the address, or nothing when there is no room.
    pub fn install(
        &mut self,
        entry: &'static Entry,
        compiled: Compiled,
        memory: &mut CodeMemory,
    ) -> Option<u64> {
        let range = memory.reserve(compiled.code.len())?;
        memory.write(range, &compiled.code);
        let address = memory.address(range).expose_provenance() as u64;
        let code = Box::into_raw(Box::new(NativeCode::new(address, compiled.offsets, compiled.loops)));
        *self.generations.entry(entry.id).or_default() += 1;
        self.live.insert(entry.id, Live { entry, code, range });
        // SAFETY: it lives until it is freed by `free_past`, by the contract of this file.
        entry.install(unsafe { &*code });
        Some(address)
    }

    /// Takes all code out of use; how much it was.
    pub fn retire_all(&mut self, workers: &Workers) -> usize {
        let before = self.retired.len();
        for (_, Live { entry, code, range }) in self.live.drain() {
            entry.retire(self.fallback);
            self.retired.push(Retired { epoch: 0, code, range });
        }
        let epoch = workers.advance();
        self.retired[before..].iter_mut().for_each(|retired| retired.epoch = epoch);
        self.retired.len() - before
    }

    /// Frees what nobody can be in any more; how many bytes that was.
    pub fn free_past(&mut self, workers: &Workers, memory: &mut CodeMemory) -> usize {
        let mut bytes = 0;
        self.retired.retain(|retired| {
            if !workers.are_past(retired.epoch) {
                return true;
            }
            bytes += retired.range.bytes();
            memory.release(retired.range);
            // SAFETY: from `Box::into_raw` in `install`; taken back once, when nobody has it, by the contract.
            drop(unsafe { Box::from_raw(retired.code) });
            false
        });
        bytes
    }
}

impl Drop for CodeCache {
    fn drop(&mut self) {
        let live = self.live.drain().map(|(_, live)| live.code);
        for code in live.chain(self.retired.drain(..).map(|retired| retired.code)) {
            // SAFETY: as in `free_past`; the VM that could run it is gone, as the tier belongs to it.
            drop(unsafe { Box::from_raw(code) });
        }
    }
}
