//! What the interpreter works on while a process runs: the dispatch table and the machine registers that slow
//! paths read and write.
//!
//! A state belongs to a worker thread and is lent to one process for one slice. Handlers get the hot values as
//! arguments (`pc`, `base`, `fuel`) and write them here only when they take a slow path; a slow path changes them
//! here and the handlers go on with what it left. So `State` is the whole truth exactly while a slow path runs.
//!
//! SAFETY contract: `pc` lies in validated code, `base` in the process's stack with the function's registers
//! above it and a frame header of three words below it. No frame reaches above the stack limit.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bytecode::Word;
use heap::{Heap, Value};

use crate::builtins::BuiltinEntry;
use crate::class::Method;
use crate::code::{Entry, Profile};
use crate::dispatch::Handler;
use crate::exit::Exit;
use crate::native::NativeRegisters;
use crate::process::{Outcome, Process};
use crate::vm::VmInner;

/// Points at an instruction word.
pub type Pc = *const AtomicU32;
/// Points at register 0 of a frame.
pub type Base = *mut Value;

/// Bits of the link word above the saved pc.
pub mod link {
    /// Where the flags start.
    pub const SHIFT: u32 = 48;
    /// The saved pc.
    pub const PC: u64 = (1 << SHIFT) - 1;
    /// Pushed on behalf of an instruction that is no call: `base[-4]` is the distance to the caller's base.
    pub const OPERATOR: u64 = 1 << SHIFT;
    /// The first frame of a run: returning from it ends the run.
    pub const BOTTOM: u64 = 2 << SHIFT;
    /// The frame of a generator; `base[-5]` is the generator.
    pub const GENERATOR: u64 = 4 << SHIFT;
    /// The collector has not looked at anything below this frame since the last time.
    pub const WATERMARK: u64 = 8 << SHIFT;
    /// The result decides a derived comparison: negate it.
    pub const NEGATE: u64 = 16 << SHIFT;
    /// Tail calls were made from this frame.
    pub const TAIL_CALLED: u64 = 32 << SHIFT;
    /// The result is thrown away.
    pub const DISCARD: u64 = 64 << SHIFT;
}

/// Words of a frame's header below its base.
pub const FRAME_HEADER: usize = 3;
/// Words between the caller's registers and the base of an operator's frame: generator, distance, header.
pub const OPERATOR_HEADER: usize = 5;
/// Words that stay free above the stack limit.
pub const STACK_SLACK: usize = 16;

/// What a class and a name led to.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Found {
    /// Class id above, symbol below.
    key: u64,
    found: u64,
}

/// Lines of each table, a power of two.
pub(crate) const FOUND: usize = 256;

/// Spreads classes over the lines.
pub const FOUND_FACTOR: u64 = 29;

impl Found {
    pub const KEY_OFFSET: usize = std::mem::offset_of!(Found, key);
    pub const FOUND_OFFSET: usize = std::mem::offset_of!(Found, found);
    pub const EMPTY: Found = Found { key: u64::MAX, found: 0 };

    /// What objects with this header have under a name, if it was found lately.
    #[inline(always)]
    pub unsafe fn look(table: *const [Found; FOUND], header: u64, name: Value) -> Option<u64> {
        let (key, line) = Found::place(header, name);
        let line = &(*table)[line];
        if line.key == key { Some(line.found) } else { None }
    }

    pub fn remember(table: &mut [Found; FOUND], header: u64, name: Value, found: u64) {
        let (key, line) = Found::place(header, name);
        table[line] = Found { key, found };
    }

    #[inline(always)]
    fn place(header: u64, name: Value) -> (u64, usize) {
        let (class, symbol) = (header >> 32, name.bits() & 0xFFFF_FFFF);
        (class << 32 | symbol, (class.wrapping_mul(FOUND_FACTOR) ^ symbol) as usize % FOUND)
    }
}

/// An empty line of the table of methods; no class and name have this key.
pub(crate) const NO_METHOD: (u64, Option<Method>) = (u64::MAX, None);

/// Classes that `newobj` remembers, a power of two.
pub(crate) const LAYOUTS: usize = 64;

/// The interpreter's machine.
#[repr(C)]
pub struct State {
    /// One handler for each value of the opcode byte.
    pub(crate) table: [Handler; 256],
    pub(crate) pc: Pc,
    pub(crate) base: Base,
    pub(crate) fuel: i64,
    /// The instruction that is running, which `pc` stands behind.
    pub(crate) at: Pc,
    /// No frame may reach above.
    pub(crate) stack_limit: *mut Value,
    pub(crate) heap: *mut Heap,
    pub(crate) process: *mut Process,
    pub(crate) vm: *const VmInner,
    /// Which VM that is: addresses are used again.
    pub(crate) vm_number: u64,
    /// The builtin that a fast path found for its call.
    pub(crate) called: *const BuiltinEntry,
    /// Every builtin by its id.
    pub(crate) builtins: *const OnceLock<BuiltinEntry>,
    /// Every linked function by its id.
    pub(crate) entries: *const Entry,
    /// Ticks taken out of the register so that it underflows soon.
    pub(crate) held: i64,
    /// The instruction that asked for memory last; null once a slow path has worked.
    pub(crate) retry_at: Pc,
    /// Methods looked for lately: class and name, and what they led to.
    pub(crate) methods: Box<[(u64, Option<Method>)]>,
    /// Headers of instances made lately, by class: what `newobj` writes. Zero where nothing is known.
    pub(crate) layouts: [u64; LAYOUTS],
    /// Methods and fields found lately, for sites that see more than one class: by class and name the address of an
    /// `Entry`, or a byte offset. A found word of zero is empty.
    pub(crate) found_methods: [Found; FOUND],
    pub(crate) found_fields: [Found; FOUND],
    /// The table is one that watches instructions: no machine code runs.
    pub(crate) tracing: bool,
    /// Ticks between polls.
    pub(crate) chunk: i64,
    /// Instructions are written down, of these functions so far.
    pub(crate) recording: bool,
    pub(crate) recorded: Vec<&'static Entry>,
    /// Instructions since the state was lent, while they are counted.
    pub(crate) instructions: u64,
    pub(crate) native: NativeRegisters,
    /// A builtin that optimised code has called, and why it gave no value.
    pub(crate) ended: Option<(&'static BuiltinEntry, Exit)>,
    /// Why the run stopped, once it has.
    pub(crate) outcome: Option<Outcome>,
}

impl State {
    #[inline(always)]
    pub unsafe fn reg(&self, index: usize) -> Value {
        *self.base.add(index)
    }

    #[inline(always)]
    pub unsafe fn set(&mut self, index: usize, value: Value) {
        *self.base.add(index) = value;
    }

    #[inline(always)]
    pub unsafe fn profile(&self) -> Profile {
        profile_of(self.base)
    }

    #[inline(always)]
    pub unsafe fn entry(&self) -> &'static Entry {
        self.profile().entry()
    }

    #[inline(always)]
    pub unsafe fn constant(&self, index: usize) -> Value {
        self.profile().constant(index)
    }

    /// The second word of the running instruction.
    #[inline(always)]
    pub unsafe fn second(&self) -> Word {
        Word((*self.at.add(1)).load(Relaxed))
    }

    #[inline(always)]
    pub unsafe fn heap(&mut self) -> &mut Heap {
        &mut *self.heap
    }

    #[inline(always)]
    pub unsafe fn process(&mut self) -> &mut Process {
        &mut *self.process
    }

    #[inline(always)]
    pub fn vm(&self) -> &'static VmInner {
        // SAFETY: the VM outlives every slice of its processes, and so every state that is lent to one.
        unsafe { &*self.vm }
    }

    /// Overwrites the opcode byte of the running instruction by one that means the same in the case at hand.
    pub unsafe fn quicken(&self, op: u8) {
        let word = &*self.at;
        let old = word.load(Relaxed);
        word.store(old & !0xFF | u32::from(op), Relaxed);
    }
}

#[inline(always)]
pub unsafe fn profile_of(base: Base) -> Profile {
    Profile::from_word((*base.sub(2)).bits())
}

#[inline(always)]
pub unsafe fn callee_of(base: Base) -> Value {
    *base.sub(3)
}

#[inline(always)]
pub unsafe fn link_of(base: Base) -> u64 {
    (*base.sub(1)).bits()
}

/// Writes a word that is no value into a frame header. Such words have small top bits, so that the collector,
/// which reads headers like registers, takes them for doubles.
#[inline(always)]
pub unsafe fn write_raw(slot: *mut Value, word: u64) {
    *slot.cast::<u64>() = word;
}

#[inline(always)]
pub fn pc_of_link(word: u64) -> Pc {
    std::ptr::with_exposed_provenance((word & link::PC) as usize)
}
