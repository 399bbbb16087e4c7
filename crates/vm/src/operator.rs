//! Frames pushed on behalf of instructions that are no calls: user operators, getters, `iter`, `next`, `str`.
//!
//! Such a frame stands above all registers of its caller. `base[-4]` holds a raw word that says how to get back:
//! the distance to the caller's base, how long the instruction was, and what to do with the result.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::Word;
use heap::{ClassId, Heap, Value, class_id_of};

use crate::class::Method;
use crate::code::Entry;
use crate::cx::make_error;
use crate::exit::Exit;
use crate::ops::iterate;
use crate::quick::generic_of;
use crate::state::{OPERATOR_HEADER, Pc, State, link, write_raw};

/// What to do with the result of a frame, given the instruction it was pushed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Post {
    /// `R[A] = result`.
    Store,
    /// `R[A] =` whether the result is truthy.
    Truth,
    /// `R[A] =` whether the result is not.
    Negate,
    /// Nothing.
    Discard,
    /// `R[A]` is what to iterate over, `R[A+1]` its state.
    IterStart,
    /// `R[A+2] = result` and back to the loop, or on at `Done`.
    IterNext,
}

impl Post {
    const ALL: [Post; 6] =
        [Post::Store, Post::Truth, Post::Negate, Post::Discard, Post::IterStart, Post::IterNext];
}

/// What `base[-4]` of an operator's frame says.
#[derive(Clone, Copy)]
pub(crate) struct Resumption {
    /// Words from this base down to the caller's.
    pub distance: usize,
    /// Words of the instruction that the frame was pushed for.
    pub words: usize,
    pub post: Post,
}

impl Resumption {
    #[inline]
    pub(crate) const fn word(self) -> u64 {
        self.distance as u64 | (self.words as u64) << 16 | (self.post as u64) << 24
    }

    #[inline]
    pub(crate) fn from_word(word: u64) -> Resumption {
        let post = Post::ALL.get((word >> 24 & 0xFF) as usize).copied().unwrap_or(Post::Discard);
        Resumption { distance: (word & 0xFFFF) as usize, words: (word >> 16 & 0xFF) as usize, post }
    }
}

impl State {
    /// `R[index] = value` for code that is no handler. The index comes from validated code.
    pub(crate) fn set_register(&mut self, index: usize, value: Value) {
        // SAFETY: contract of `State`.
        unsafe { self.set(index, value) }
    }

    pub(crate) fn heap_mut(&mut self) -> &mut Heap {
        // SAFETY: the state is lent to a process, whose heap this is.
        unsafe { self.heap() }
    }

    /// An error of a builtin class, ready to be raised.
    #[cold]
    pub(crate) fn error(&mut self, class: ClassId, message: &str) -> Exit {
        match make_error(self.heap_mut(), class.id(), message) {
            Ok(error) => Exit::Raise(error),
            Err(exit) => exit,
        }
    }

    pub(crate) fn class_name_of(&self, value: Value) -> String {
        self.vm().class_name_of(value)
    }

    /// A value as messages name it by its class: `nil`, `an Int`, `a String`.
    pub(crate) fn kind_named(&self, value: Value) -> String {
        self.vm().kind_named(value)
    }

    /// The method of an instance or record that overrides an operator.
    pub(crate) fn operator_method(&mut self, receiver: Value, name: &str) -> Option<Method> {
        if receiver.as_instance().is_none() && receiver.as_record().is_none() {
            return None;
        }
        self.method_named(receiver, name)
    }

    /// The method of this name, of any receiver.
    pub(crate) fn method_named(&mut self, receiver: Value, name: &str) -> Option<Method> {
        let symbol = self.vm().intern(name)?;
        self.find_method(class_id_of(receiver), symbol)
    }

    /// Calls `method` for the running instruction: at once when it is a builtin, else by pushing a frame.
    pub(crate) fn call_operator(&mut self, method: Method, args: &[Value], post: Post) -> Result<(), Exit> {
        if let Some(entry) = method.entry() {
            return self.push_operator(entry, method.value, args, post, 0);
        }
        let Some(builtin) = method.builtin() else {
            return Err(Exit::Internal("a method that is neither function nor builtin"));
        };
        match self.run_builtin(builtin, args) {
            Ok(value) => {
                // SAFETY: the state stands at the instruction.
                unsafe { self.finish_operator(post, value) };
                Ok(())
            }
            Err(Exit::Advance(source)) => {
                // SAFETY: the state stands at the instruction.
                unsafe {
                    let value = iterate::advance_value(self, source)?;
                    self.finish_operator(post, value);
                }
                Ok(())
            }
            Err(Exit::Iterate(source)) => {
                // SAFETY: as above.
                unsafe {
                    let value = iterate::iterator_over(self, source)?;
                    self.finish_operator(post, value);
                }
                Ok(())
            }
            Err(Exit::Decline) => {
                let slow = self.slow_twin(builtin)?;
                let entry = slow.entry().ok_or(Exit::Internal("a slow path that is no function"))?;
                self.push_operator(entry, slow.value, args, post, 0)
            }
            Err(exit) => Err(exit),
        }
    }

    /// Pushes a frame above the running one. `flags` are added to its link word.
    pub(crate) fn push_operator(
        &mut self,
        entry: &'static Entry,
        callee: Value,
        args: &[Value],
        post: Post,
        flags: u64,
    ) -> Result<(), Exit> {
        if entry.code.fixed() != args.len() || entry.code.has(bytecode::function_flag::REST) {
            return Err(self.wrong_operator_arity(entry, args.len()));
        }
        // SAFETY: the state stands at an instruction of a live frame.
        unsafe { self.push_frame_above(entry, callee, args, post, flags) }
    }

    pub(crate) unsafe fn push_frame_above(
        &mut self,
        entry: &'static Entry,
        callee: Value,
        args: &[Value],
        post: Post,
        flags: u64,
    ) -> Result<(), Exit> {
        let registers = self.entry().frame_bytes as usize / 8;
        let distance = registers + OPERATOR_HEADER;
        self.reserve(distance + entry.frame_bytes as usize / 8)?;
        let base = self.base.add(distance);
        for (index, &arg) in args.iter().enumerate() {
            *base.add(index) = arg;
        }
        let words = self.pc.offset_from(self.at) as usize;
        let resumption = Resumption { distance, words, post };
        *base.sub(5) = Value::NIL;
        write_raw(base.sub(4), resumption.word());
        *base.sub(3) = callee;
        write_raw(base.sub(2), entry.profile.word());
        write_raw(base.sub(1), pc_word(self.pc) | link::OPERATOR | flags);
        self.base = base;
        self.pc = entry.start();
        self.fuel -= 1;
        Ok(())
    }

    #[cold]
    fn wrong_operator_arity(&mut self, entry: &Entry, given: usize) -> Exit {
        let message = format!(
            "`{}` is called with {} arguments here, but takes {}",
            entry.code.name,
            given.saturating_sub(1),
            entry.code.params.len().saturating_sub(1)
        );
        self.error(ClassId::ArgumentError, &message)
    }

    /// Does what the running instruction wants done with a result. The state stands at that instruction, in the
    /// frame that it belongs to, with `pc` behind it.
    pub(crate) unsafe fn finish_operator(&mut self, post: Post, value: Value) {
        let ins = Word((*self.at).load(std::sync::atomic::Ordering::Relaxed));
        debug_assert!(generic_of(ins.op_byte()).is_some());
        match post {
            Post::Store => self.set(ins.a(), value),
            Post::Truth => self.set(ins.a(), Value::bool(value.is_truthy())),
            Post::Negate => self.set(ins.a(), Value::bool(value.is_falsy())),
            Post::Discard => {}
            Post::IterStart => {
                self.set(ins.a(), value);
                self.set(ins.a() + 1, Value::NIL);
            }
            Post::IterNext => {
                if value != Value::DONE {
                    self.set(ins.a() + 2, value);
                    self.pc = self.pc.offset(self.second().0 as i32 as isize);
                    self.fuel -= 1;
                }
            }
        }
    }
}

#[inline(always)]
pub(crate) fn pc_word(pc: Pc) -> u64 {
    debug_assert!(pc as u64 <= link::PC, "code lies in the lower half of the address space");
    pc.expose_provenance() as u64
}
