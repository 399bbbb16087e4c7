//! The stack of a process: one raw allocation that grows by moving. Nothing holds an address of it but the frame
//! register of the running interpreter; frames refer to each other by distances.
//!
//! The collector sees the live registers of each frame and clears the others (`live`). Everything above the top is
//! cleared, too, so that whatever a later frame finds in a register it has not written yet was stored since the last
//! collection, and is still alive: frames may be copied with all their registers.
//!
//! SAFETY contract: `start..start+words` is one allocation of initialised words, owned by the stack.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

use heap::Value;

use crate::state::{OPERATOR_HEADER, STACK_SLACK};

/// Words of the first allocation, which the first frame makes: most of a million waiting processes need no more.
const WORDS_MIN: usize = 16;
/// Small stacks are made in these steps, larger ones double.
const WORDS_STEP: usize = 8;
/// A frame advances by at least its header.
const FRAME_WORDS_MIN: usize = 3;

pub(crate) struct Stack {
    start: *mut Value,
    words: usize,
    /// Words that frames may use; less than `words` when the limit of frames may be near.
    usable: usize,
}

// SAFETY: the stack owns its memory.
unsafe impl Send for Stack {}

impl Stack {
    pub fn new() -> Stack {
        Stack { start: std::ptr::dangling_mut(), words: 0, usable: 0 }
    }

    #[inline]
    pub fn start(&self) -> *mut Value {
        self.start
    }

    /// No frame may reach above this address.
    pub fn limit(&self) -> *mut Value {
        // SAFETY: `usable` is at most `words`.
        unsafe { self.start.add(self.usable) }
    }

    /// The first word of a base for the first frame.
    pub fn first_base() -> usize {
        OPERATOR_HEADER
    }

    /// Makes room up to `needed` words, given how many frames are in use and allowed; `false` when there are too
    /// many frames. The stack may move.
    pub fn grow(&mut self, used: usize, needed: usize, frames: usize, frames_max: usize) -> bool {
        if frames >= frames_max {
            return false;
        }
        let wanted = needed + STACK_SLACK;
        if wanted > self.words {
            let rounded =
                if wanted <= 64 { wanted.next_multiple_of(WORDS_STEP) } else { wanted.next_power_of_two() };
            let words = rounded.max(self.words * 2).max(WORDS_MIN);
            let start = allocate(words);
            // SAFETY: both allocations are that large, and distinct.
            unsafe {
                std::ptr::copy_nonoverlapping(self.start, start, self.words);
                self.free();
            }
            self.start = start;
            self.words = words;
        }
        // So many words hold at most the frames that are still allowed: then the frames are counted again.
        let budget = (frames_max - frames).saturating_mul(FRAME_WORDS_MIN);
        self.usable = (self.words - STACK_SLACK).min(used.saturating_add(budget).max(needed));
        true
    }

    /// Gives back what lies above `top`, until the process runs again: `loosen` comes first then. The stack may move.
    pub fn tighten(&mut self, top: usize) {
        let words = top.next_multiple_of(WORDS_STEP);
        if words >= self.words {
            return;
        }
        self.move_to(words, top);
        self.usable = 0;
    }

    /// Makes the room above the running frame that code relies on, where `tighten` took it. The next frame counts the
    /// frames again.
    #[inline]
    pub fn loosen(&mut self) {
        if self.usable == 0 && self.words > 0 {
            let used = self.words;
            self.move_to(used + STACK_SLACK.max(WORDS_MIN), used);
            self.usable = used;
        }
    }

    #[cold]
    fn move_to(&mut self, words: usize, used: usize) {
        let start = allocate(words);
        // SAFETY: both allocations have as many words as are in use, and are distinct.
        unsafe {
            std::ptr::copy_nonoverlapping(self.start, start, used);
            self.free();
        }
        self.start = start;
        self.words = words;
    }

    /// The words from `from` up to `top`.
    pub fn slots(&mut self, from: usize, top: usize) -> &mut [Value] {
        let top = top.min(self.words);
        // SAFETY: inside the allocation.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), top.saturating_sub(from)) }
    }

    /// Clears what frames above `top` have left behind since the last time.
    ///
    /// A frame writes its link word, which is not zero, and frames are at most 256 registers and a header apart:
    /// so where that many zeros follow, nothing was written above.
    pub fn clear_above(&mut self, top: usize) {
        const GAP_MAX: usize = 600;
        let mut zeros = 0;
        for slot in self.slots(top, usize::MAX) {
            if slot.bits() == 0 {
                zeros += 1;
                if zeros > GAP_MAX {
                    return;
                }
            } else {
                zeros = 0;
                *slot = Value::float(0.0);
            }
        }
    }
}

impl Stack {
    /// Gives the memory back. The stack must get another, or never be used again.
    unsafe fn free(&mut self) {
        if self.words > 0 {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.start.cast(), layout(self.words)) };
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: nobody uses a stack that is dropped.
        unsafe { self.free() }
    }
}

fn layout(words: usize) -> Layout {
    Layout::array::<Value>(words).expect("invariant: the limit of frames bounds the stack")
}

fn allocate(words: usize) -> *mut Value {
    let layout = layout(words);
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        handle_alloc_error(layout);
    }
    memory.cast()
}
