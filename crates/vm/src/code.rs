//! What a linked function is: its immutable `Code`, the `Profile` that one user of it writes caches into, and the
//! `Entry` that a call reads.
//!
//! ```text
//! Profile, as the frame's word base[-2] points into it:
//!      P[-2-i]  inline cache i, an AtomicU64
//!      P[-1]    the Entry
//! P -> P[0+i]   constant i, a frozen value
//! ```
//!
//! Constants lie in the profile so that an instruction finds both them and its cache from one load. Code is shared
//! by all processes: instruction words are atomics that are read and written whole, and quickening changes the
//! opcode byte alone. All of it lives as long as the VM that linked it: `'static` says no more than that here.
//!
//! SAFETY contract: `Profile` pointers come from `Profile::allocate` only; indexes come from validated code, which
//! stays below the counts that the function declares.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed};

use bytecode::{CallShape, Handler, LineEntry, Liveness, Param, TypeSpec, Variable, function_flag};
use heap::Value;

use crate::function_table::Functions;
use crate::native::NativeCell;
use crate::vm::ModuleId;

/// A function as it was linked.
pub struct Code {
    pub name: String,
    pub module: ModuleId,
    /// The class whose method this is, if it is one.
    pub owner: Option<u32>,
    pub params: Box<[Param]>,
    pub flags: u16,
    pub registers: u16,
    pub captures: u16,
    pub words: Box<[AtomicU32]>,
    pub prototypes: Box<[Prototype]>,
    pub handlers: Box<[Handler]>,
    pub shapes: Box<[CallShape]>,
    pub types: Box<[LinkedType]>,
    pub lines: Box<[LineEntry]>,
    pub span: (u32, u32),
    pub doc: String,
    /// For debuggers.
    pub variables: Box<[Variable]>,
    /// See `live`.
    pub(crate) liveness: OnceLock<Option<Box<Liveness>>>,
}

/// What a `closure` instruction makes.
pub struct Prototype {
    pub entry: &'static Entry,
    pub captures: Box<[bytecode::Capture]>,
}

/// A type that `check` and `isk` test, with its classes resolved to ids.
pub struct LinkedType {
    pub any_of: Box<[u32]>,
    pub spec: TypeSpec,
}

/// What a call reads: where to start, with which profile, in how large a frame.
#[repr(C, align(64))]
pub struct Entry {
    /// Where a call goes on: the first instruction, or the gate to machine code.
    pub(crate) start: AtomicPtr<AtomicU32>,
    pub profile: Profile,
    /// The function as a frozen value; for code with captures, what stands for it in traces.
    pub function: Value,
    /// Bytes of the frame's registers.
    pub frame_bytes: u32,
    /// The number of arguments that fits without any work, or `ARITY_COMPLEX`.
    pub arity: u32,
    pub code: &'static Code,
    /// The slots of the module, frozen values.
    pub slots: *const AtomicU64,
    pub id: u32,
    pub native: NativeCell,
}

/// No number of arguments fits without work: the function has optional or rest parameters.
pub const ARITY_COMPLEX: u32 = 0x100;

// SAFETY: what is not atomic is immutable after linking.
unsafe impl Sync for Entry {}
// SAFETY: as above.
unsafe impl Send for Entry {}

/// Where constants and inline caches of a function are. See the module's picture.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Profile(*mut u64);

impl Profile {
    pub const NONE: Profile = Profile(std::ptr::null_mut());

    /// A profile with empty caches. The entry is set by `set_entry` before anyone runs it.
    pub(crate) fn allocate(constants: &[Value], caches: usize, functions: &Functions) -> Profile {
        let mut words = vec![0u64; caches + 1 + constants.len()];
        for (slot, constant) in words[caches + 1..].iter_mut().zip(constants) {
            *slot = constant.bits();
        }
        // SAFETY: the vector has that many words and more.
        Profile(unsafe { functions.keep_words(words).add(caches + 1) })
    }

    pub fn set_entry(self, entry: &'static Entry) {
        // SAFETY: the word before the constants is the entry's.
        unsafe { *self.0.sub(1) = std::ptr::from_ref(entry).expose_provenance() as u64 };
    }

    #[inline(always)]
    pub unsafe fn entry(self) -> &'static Entry {
        &*std::ptr::with_exposed_provenance::<Entry>(*self.0.sub(1) as usize)
    }

    #[inline(always)]
    pub unsafe fn constant(self, index: usize) -> Value {
        Value::from_bits(*self.0.add(index))
    }

    #[inline(always)]
    pub unsafe fn cache(self, index: usize) -> u64 {
        (*self.0.sub(2 + index).cast::<AtomicU64>()).load(Relaxed)
    }

    /// Where a cache is.
    pub fn cache_address(self, index: usize) -> u64 {
        self.0.wrapping_sub(2 + index).expose_provenance() as u64
    }

    pub unsafe fn set_cache(self, index: usize, word: u64) {
        (*self.0.sub(2 + index).cast::<AtomicU64>()).store(word, Relaxed);
    }

    #[inline(always)]
    pub fn word(self) -> u64 {
        self.0.expose_provenance() as u64
    }

    #[inline(always)]
    pub fn from_word(word: u64) -> Profile {
        Profile(std::ptr::with_exposed_provenance_mut(word as usize))
    }
}

/// A cache word: what must match, and what to do then.
#[inline(always)]
pub const fn cache_word(key: u32, slot: u32) -> u64 {
    (key as u64) << 32 | slot as u64
}

impl Code {
    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Parameters that take exactly one argument each.
    pub fn fixed(&self) -> usize {
        self.params.len() - usize::from(self.has(function_flag::REST))
    }

    /// Arguments that a call must give.
    pub fn required(&self) -> usize {
        self.params[..self.fixed()].iter().filter(|param| !param.optional).count()
    }

    /// The index of the instruction that `pc` points at.
    pub fn index_of(&self, pc: *const AtomicU32) -> usize {
        (pc as usize).wrapping_sub(self.words.as_ptr() as usize) / 4
    }

    /// The source span of the instruction at `index`.
    pub fn span_at(&self, index: usize) -> (u32, u32) {
        let after = self.lines.partition_point(|line| line.pc as usize <= index);
        match after.checked_sub(1).and_then(|position| self.lines.get(position)) {
            Some(line) => (line.start, line.end),
            None => self.span,
        }
    }
}

impl Entry {
    /// Where a call goes on.
    #[inline(always)]
    pub fn start(&self) -> *const AtomicU32 {
        self.start.load(Relaxed)
    }

    /// The function of this id, which must be linked, of the same VM.
    pub fn sibling(&self, id: usize) -> Option<&'static Entry> {
        let first = std::ptr::from_ref(self).wrapping_sub(self.id as usize);
        // SAFETY: all entries lie in one table, which is never freed; ids in caches are of linked functions.
        unsafe { first.wrapping_add(id).as_ref() }
    }

    /// The first instruction of the function.
    pub fn first_pc(&self) -> *const AtomicU32 {
        self.code.words.as_ptr()
    }

    /// What `start` is at first.
    pub(crate) fn start_of(code: &Code) -> AtomicPtr<AtomicU32> {
        AtomicPtr::new(code.words.as_ptr().cast_mut())
    }

    /// Has calls go on at `start`.
    pub(crate) fn set_start(&self, start: &'static AtomicU32) {
        self.start.store(std::ptr::from_ref(start).cast_mut(), Relaxed);
    }

    #[inline(always)]
    pub fn from_word(word: u64) -> &'static Entry {
        // SAFETY: such words come from `Entry::word` only, and entries live as long as what refers to them.
        unsafe { &*std::ptr::with_exposed_provenance::<Entry>(word as usize) }
    }

    #[inline(always)]
    pub fn word(&'static self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }
}
