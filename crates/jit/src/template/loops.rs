//! Ways back to where a loop begins, which is where optimised code for it is entered.

use super::{Compiler, Site};
use crate::masm::{Iteration, MacroAssembler, Test};

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Goes back to the instruction at `target` for a tick of fuel.
    pub(super) fn back(&mut self, target: usize) {
        let pc = self.address(target);
        let poll = self.poll(pc);
        self.masm.tick(poll);
        self.turn(target);
    }

    /// Goes back, to optimised code for the loop if there is some.
    pub(super) fn turn(&mut self, target: usize) {
        let cell = self.loops.iter().find(|(header, _)| *header as usize == target);
        if let Some((_, cell)) = cell {
            self.masm.jump_if_set(std::ptr::from_ref(cell).expose_provenance() as u64);
        }
        self.masm.jump(self.labels[target]);
    }

    pub(super) fn loop_if(&mut self, site: Site) {
        let offset = if site.op.words() == 2 { site.second.0 as i32 } else { site.word.sbx() };
        let target = self.target(site, offset);
        let on = self.masm.new_label();
        self.masm.jump_if(Test::Falsy, site.word.a(), on);
        self.back(target);
        self.masm.bind(on);
    }

    pub(super) fn next(&mut self, site: Site) {
        let target = self.target(site, site.second.0 as i32);
        let (slow, on) = (self.slow(site), self.masm.new_label());
        let iteration = Iteration {
            state: site.word.a(),
            at: self.address(site.index),
            frame_bytes: self.entry.frame_bytes,
            element: self.labels[target],
            is_counted: self.steps.is_some(),
            end: on,
        };
        self.masm.next(iteration, slow);
        self.back(target);
        self.masm.bind(on);
    }
}
