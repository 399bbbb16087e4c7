//! Generators: one saved frame. `info` is a state word of the VM, `aux` the number of slots.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle, object_bytes, slot_at};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::{PAYLOAD, Value};

/// `callee` is the function or closure whose frame this is; `position` is the index of the instruction to go on
/// at, in the generic code.
#[repr(C)]
pub struct GeneratorObject {
    header: Header,
    position: u64,
    callee: Value,
    slots: [Value; 0],
}

pub const GENERATOR_POSITION_OFFSET: usize = std::mem::offset_of!(GeneratorObject, position);
pub const GENERATOR_CALLEE_OFFSET: usize = std::mem::offset_of!(GeneratorObject, callee);
pub const GENERATOR_SLOTS_OFFSET: usize = std::mem::offset_of!(GeneratorObject, slots);

handle!(/** A saved frame. */ Generator, GeneratorObject, Generator, as_generator);

impl Layout for GeneratorObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(24 + 8 * unsafe { (*this).header.aux } as usize)
    }
    unsafe fn slots(this: *const Self) -> (usize, usize) {
        // SAFETY: a live object.
        (2, 1 + unsafe { (*this).header.aux } as usize)
    }
}

impl Generator {
    /// The VM's state word (not started, suspended, running, finished).
    #[inline]
    pub fn state(self) -> u32 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.info }
    }

    #[inline]
    pub fn set_state(self, state: u32) {
        // SAFETY: a handle is alive; generators are never frozen or shared.
        unsafe { (*self.raw()).header.info = state };
    }

    #[inline]
    pub fn position(self) -> u64 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).position }
    }

    #[inline]
    pub fn set_position(self, position: u64) {
        assert!(position <= PAYLOAD, "invariant: code is smaller than the address space");
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).position = position };
    }

    #[inline]
    pub fn callee(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).callee }
    }

    #[inline]
    pub fn slots(&self) -> &[Value] {
        // SAFETY: `aux` slots follow the fixed part.
        unsafe {
            let count = (*self.raw()).header.aux as usize;
            std::slice::from_raw_parts(slot_at(self.raw().cast(), 3), count)
        }
    }
}

impl Heap {
    /// A generator with room for `slot_count` saved registers, all undefined.
    pub fn generator(&mut self, callee: Value, slot_count: usize) -> Result<Generator, NeedGc> {
        assert!(slot_count <= 1024, "invariant: a frame has at most 256 registers and its header");
        let object =
            self.allocate(Kind::Generator, object_bytes(24 + 8 * slot_count), slot_count as u16, 0)?;
        // SAFETY: just allocated with room for the slots.
        unsafe {
            let generator = object.cast::<GeneratorObject>();
            (*generator).position = 0;
            (*generator).callee = callee;
            for index in 0..slot_count {
                *slot_at(object, 3 + index) = Value::UNDEF;
            }
            Ok(Generator::from_object(object))
        }
    }

    /// Saves the first registers of a frame.
    #[inline]
    pub fn generator_save(&mut self, generator: Generator, registers: &[Value]) -> Result<(), Fault> {
        assert!(registers.len() <= generator.slots().len(), "invariant: the frame fits its generator");
        let Some(&first) = registers.first() else { return Ok(()) };
        // SAFETY: the slots exist; the barrier is passed for the whole object with the first.
        unsafe {
            self.store(generator.raw().cast(), 3, first)?;
            let slots = slot_at(generator.raw().cast(), 3);
            std::ptr::copy_nonoverlapping(registers.as_ptr(), slots, registers.len());
        }
        Ok(())
    }
}
