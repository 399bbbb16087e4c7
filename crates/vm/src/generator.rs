//! Generators: a frame that is packed into an object at each `yield` and unpacked when it is resumed.
//!
//! A running generator's frame stands above the frame of whoever resumed it, like that of an operator, with the
//! generator itself in `base[-5]`. Packing copies all registers, so a generator that is not running is plain data.
//!
//! SAFETY contract: that of `state`; the frame of a generator has as many registers as its object has slots.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use heap::{ClassId, Generator, Value};

use crate::class::entry_of;
use crate::exit::Exit;
use crate::operator::Post;
use crate::state::{State, link, link_of};

/// Not started, or waiting in a `yield`.
pub(crate) const WAITING: u32 = 0;
pub(crate) const RUNNING: u32 = 1;
const FINISHED: u32 = 2;

impl State {
    /// Packs the running frame, which goes on behind the current instruction when it is resumed.
    pub(crate) unsafe fn pack_generator(&mut self) -> Result<Value, Exit> {
        let entry = self.entry();
        let callee = *self.base.sub(3);
        let registers = entry.frame_bytes as usize / 8;
        let generator = self.heap().generator(callee, registers)?;
        self.save_registers(generator, registers)?;
        generator.set_position(entry.code.index_of(self.pc) as u64);
        generator.set_state(WAITING);
        Ok(generator.value())
    }

    unsafe fn save_registers(&mut self, generator: Generator, registers: usize) -> Result<(), Exit> {
        // What has never been written reads as a double or as something alive; it is saved as it is.
        let saved = std::slice::from_raw_parts(self.base, registers);
        Ok(self.heap().generator_save(generator, saved)?)
    }

    /// The generator whose frame is running.
    unsafe fn running_generator(&self) -> Option<Generator> {
        if link_of(self.base) & link::GENERATOR == 0 {
            return None;
        }
        (*self.base.sub(5)).as_generator()
    }

    /// Goes on with a generator; what it yields is used as `post` says for the running instruction.
    pub(crate) unsafe fn resume_generator(&mut self, value: Value, post: Post) -> Result<(), Exit> {
        let generator = value.as_generator().ok_or(Exit::Internal("a generator of another kind"))?;
        match generator.state() {
            FINISHED => {
                self.finish_operator(post, Value::DONE);
                Ok(())
            }
            RUNNING => Err(self.error(ClassId::ValueError, "this generator is running already")),
            _ => self.unpack_generator(generator, post),
        }
    }

    unsafe fn unpack_generator(&mut self, generator: Generator, post: Post) -> Result<(), Exit> {
        let callee = generator.callee();
        let entry = entry_of(callee).ok_or(Exit::Internal("a generator of no function"))?;
        // The saved registers hold the parameters, too.
        self.push_frame_above(entry, callee, &[], post, link::GENERATOR)?;
        *self.base.sub(5) = generator.value();
        for (index, &value) in generator.slots().iter().enumerate() {
            self.set(index, value);
        }
        self.pc = entry.code.words.as_ptr().add(generator.position() as usize);
        generator.set_state(RUNNING);
        Ok(())
    }

    /// Hands `value` to whoever resumed the running generator; `R[target]` is nil when it goes on.
    pub(crate) unsafe fn yield_value(&mut self, target: usize, value: Value) -> Result<(), Exit> {
        let Some(generator) = self.running_generator() else {
            return Err(Exit::Internal("a yield outside a generator"));
        };
        if value == Value::DONE {
            return Err(self.error(ClassId::ValueError, "a generator cannot yield Done"));
        }
        let entry = self.entry();
        self.set(target, Value::NIL);
        self.save_registers(generator, entry.frame_bytes as usize / 8)?;
        generator.set_position(entry.code.index_of(self.pc) as u64);
        generator.set_state(WAITING);
        self.leave_operator(value);
        Ok(())
    }

    /// Marks the generator of the running frame as finished, if it has one.
    pub(crate) unsafe fn finish_generator(&mut self) {
        if let Some(generator) = self.running_generator() {
            generator.set_state(FINISHED);
        }
    }

    /// Ends a generator early: its pending `finally` and `defer` run.
    pub(crate) unsafe fn close_generator(&mut self, value: Value, post: Post) -> Result<(), Exit> {
        let generator = value.as_generator().ok_or(Exit::Internal("a generator of another kind"))?;
        let entry = entry_of(generator.callee()).ok_or(Exit::Internal("a generator of no function"))?;
        let position = generator.position() as usize;
        match generator.state() {
            RUNNING => return Err(self.error(ClassId::ValueError, "this generator is running")),
            FINISHED => {}
            _ if self.is_protected(entry, position) => {
                let marker = self.marker(Value::DONE)?;
                self.unpack_generator(generator, post)?;
                self.at = self.pc.sub(1);
                return Err(Exit::Unwind(marker));
            }
            _ => generator.set_state(FINISHED),
        }
        self.finish_operator(post, Value::NIL);
        Ok(())
    }

    /// Whether a `finally` waits around the instruction before `position`.
    fn is_protected(&self, entry: &crate::code::Entry, position: usize) -> bool {
        let Some(index) = position.checked_sub(1) else { return false };
        entry
            .code
            .handlers
            .iter()
            .any(|handler| handler.finally && (handler.start as usize..handler.end as usize).contains(&index))
    }
}
