//! Leaving frames otherwise than by an ordinary return: results of operators, errors, the end of a process.
//!
//! Unwinding walks the frames of the interpreter and looks into their handler tables. An error gets its trace when
//! it is first thrown. The end of a process (`exit`) and of a generator unwind, too, but only `finally` handlers
//! see them: they travel as a marker, an object that programs cannot make.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use heap::{ClassId, Value};

use crate::code::Entry;
use crate::error::{ERROR_FIELDS, ERROR_TRACE, TRACE_GOES_ON};
use crate::exit::{Exit, Limit, Wait};
use crate::number::describe_fault;
use crate::operator::Resumption;
use crate::process::Outcome;
use crate::state::{Base, FRAME_HEADER, Pc, State, link, link_of, pc_of_link, profile_of};
use crate::watch::watch_thrown;

/// Frames that a trace keeps at each end.
pub(crate) const TRACE_INNERMOST: usize = 64;
pub(crate) const TRACE_OUTERMOST: usize = 16;
/// Frames that are walked to find the outermost ones: throwing must not cost time by depth.
const TRACE_WALK_MAX: usize = 10_000;

/// The caller's frame and where it goes on.
#[inline]
pub(crate) unsafe fn caller_of(base: Base) -> Option<(Base, Pc)> {
    let word = link_of(base);
    if word & link::BOTTOM != 0 {
        return None;
    }
    let back = pc_of_link(word);
    if word & link::OPERATOR != 0 {
        let resumption = Resumption::from_word((*base.sub(4)).bits());
        return Some((base.sub(resumption.distance), back));
    }
    let call = bytecode::Word((*back.sub(2)).load(std::sync::atomic::Ordering::Relaxed));
    Some((base.sub(call.a() + FRAME_HEADER), back))
}

impl State {
    /// Ends the running frame with a value, whatever it was pushed for.
    pub(crate) unsafe fn return_value(&mut self, value: Value) -> Result<(), Exit> {
        let word = link_of(self.base);
        if word & link::WATERMARK != 0 {
            self.lower_watermark_below();
        }
        if word & link::BOTTOM != 0 {
            self.process().result = value;
            self.outcome = Some(Outcome::Done(value));
            return Err(Exit::Internal("the run is over"));
        }
        if word & link::GENERATOR != 0 {
            self.finish_generator();
            self.leave_operator(Value::DONE);
        } else if word & link::OPERATOR != 0 {
            // Optimised code that has built the operator in looks here for what such a call in place gave.
            *self.base.sub(FRAME_HEADER) = value;
            self.leave_operator(value);
        } else if let Some((base, pc)) = caller_of(self.base) {
            *self.base.sub(FRAME_HEADER) = value;
            self.base = base;
            self.pc = pc;
        }
        Ok(())
    }

    /// Pops the frame of an operator and uses its result.
    pub(crate) unsafe fn leave_operator(&mut self, value: Value) {
        if link_of(self.base) & link::WATERMARK != 0 {
            self.lower_watermark_below();
        }
        let resumption = Resumption::from_word((*self.base.sub(4)).bits());
        self.pc = pc_of_link(link_of(self.base));
        self.at = self.pc.sub(resumption.words);
        self.base = self.base.sub(resumption.distance);
        self.finish_operator(resumption.post, value);
    }

    /// Does what an exit of a slow path asks for; whether the process goes on.
    pub(crate) unsafe fn leave(&mut self, exit: Exit) -> bool {
        if self.outcome.is_some() {
            return false;
        }
        match exit {
            Exit::Raise(error) => self.raise(error),
            Exit::Fault(fault) if !matches!(Exit::from(fault), Exit::Fault(_)) => {
                self.leave_without_error(Exit::from(fault))
            }
            Exit::Fault(fault) => {
                let (class, message) = describe_fault(self, fault);
                let exit = self.error(class, &message);
                match exit {
                    Exit::Raise(error) => self.raise(error),
                    other => self.leave_without_error(other),
                }
            }
            other => self.leave_without_error(other),
        }
    }

    unsafe fn leave_without_error(&mut self, exit: Exit) -> bool {
        match exit {
            Exit::NeedGc(bytes) => self.collect_for(bytes),
            Exit::Park(wait) => self.park(wait),
            Exit::More => {
                self.pc = self.at;
                self.poll()
            }
            Exit::Terminate(reason) => match self.marker(reason) {
                Ok(marker) => self.unwind(marker, true),
                Err(_) => self.stop(Outcome::Exited(reason)),
            },
            Exit::Unwind(marker) => self.unwind(marker, true),
            Exit::Limit(limit) => self.stop_at_limit(limit, self.at),
            Exit::Internal(reason) => self.stop(Outcome::Internal(reason)),
            Exit::Decline => self.stop(Outcome::Internal("something declined that has no slow path")),
            Exit::Advance(_) | Exit::Iterate(_) => {
                self.stop(Outcome::Internal("an iteration outside a call"))
            }
            Exit::Raise(_) | Exit::Fault(_) => self.stop(Outcome::Internal("an error about an error")),
        }
    }

    /// The process waits; the running instruction runs again when it is woken.
    pub(crate) fn park(&mut self, wait: Wait) -> bool {
        self.pc = self.at;
        self.stop(Outcome::Parked(wait))
    }

    pub(crate) fn stop(&mut self, outcome: Outcome) -> bool {
        if let Outcome::Raised(value) | Outcome::Exited(value) = outcome {
            // SAFETY: the state is lent to this process.
            unsafe { self.process() }.result = value;
        }
        self.outcome = Some(outcome);
        false
    }

    /// Ends the process at the instruction at `pc`, which is noted for the report.
    pub(crate) unsafe fn stop_at_limit(&mut self, limit: Limit, pc: Pc) -> bool {
        let place = self.capture_trace(pc);
        self.process().seldom.get_or_insert_default().limit_place = place;
        self.stop(Outcome::Limit(limit))
    }

    /// Throws an error at the running instruction.
    unsafe fn raise(&mut self, error: Value) -> bool {
        self.attach_trace(error);
        if self.vm().config.watcher.is_some() {
            let is_caught = self.is_caught();
            watch_thrown(self, error, is_caught);
        }
        self.unwind(error, false)
    }

    /// Whether a handler waits for an error at the running instruction; those of `finally` let it pass.
    unsafe fn is_caught(&self) -> bool {
        let (mut base, mut index) = (self.base, self.entry().code.index_of(self.at));
        for _ in 0..TRACE_WALK_MAX {
            let covers = |it: &bytecode::Handler| (it.start as usize..it.end as usize).contains(&index);
            if profile_of(base).entry().code.handlers.iter().any(|it| covers(it) && !it.finally) {
                return true;
            }
            let Some((outer, pc)) = caller_of(base) else { return false };
            (base, index) = (outer, profile_of(outer).entry().code.index_of(pc) - 1);
        }
        true
    }

    /// Goes on at the innermost handler, or ends the run.
    unsafe fn unwind(&mut self, value: Value, is_marker: bool) -> bool {
        // What a builtin kept for its next run is not for a builtin that a handler calls.
        self.process().kept = None;
        let mut index = self.entry().code.index_of(self.at);
        loop {
            let code = self.entry().code;
            let handler = code.handlers.iter().find(|it| {
                (it.start as usize..it.end as usize).contains(&index) && (it.finally || !is_marker)
            });
            if let Some(handler) = handler {
                self.lower_watermark();
                self.set(usize::from(handler.register), value);
                self.pc = code.words.as_ptr().add(handler.target as usize);
                return true;
            }
            let word = link_of(self.base);
            if word & link::GENERATOR != 0 {
                self.finish_generator();
                if is_marker && marker_content(value) == Some(Value::DONE) {
                    self.lower_watermark();
                    self.leave_operator(Value::NIL);
                    return true;
                }
            }
            let Some((base, pc)) = caller_of(self.base) else {
                let outcome = match marker_content(value) {
                    Some(reason) if is_marker => Outcome::Exited(reason),
                    _ => Outcome::Raised(value),
                };
                return self.stop(outcome);
            };
            self.base = base;
            self.pc = pc;
            // One word back lies inside the instruction that the frame was pushed for.
            index = self.entry().code.index_of(pc) - 1;
        }
    }

    /// What `finally` handlers get when the process or a generator ends.
    pub(crate) fn marker(&mut self, content: Value) -> Result<Value, Exit> {
        Ok(self.heap_mut().instance(ClassId::Internal.id(), &[content])?.value())
    }

    /// How to go on with what a handler rethrows, when it is a marker.
    pub(crate) fn exit_of_marker(&self, value: Value) -> Option<Exit> {
        marker_content(value).map(|_| Exit::Unwind(value))
    }

    /// Gives an error its trace where it has none. Without memory for it, the error goes without.
    unsafe fn attach_trace(&mut self, error: Value) {
        let Some(instance) = error.as_instance() else { return };
        if instance.fields().len() < ERROR_FIELDS {
            return;
        }
        let mut words = match instance.field(ERROR_TRACE) {
            Some(Value::NIL) => Vec::new(),
            Some(trace) => match trace.as_int_array().map(|array| array.elements().to_vec()) {
                Some(remote) if remote.last() == Some(&TRACE_GOES_ON) => remote,
                _ => return,
            },
            None => return,
        };
        words.pop();
        words.extend(self.capture_trace(self.at));
        let made = self.heap().int_array(words.len());
        if let Ok(array) = made
            && let Ok(elements) = self.heap().int_array_mut(array)
        {
            elements.copy_from_slice(&words);
            // A frozen error keeps no trace.
            let _ = self.heap().instance_set(instance, ERROR_TRACE, array.value());
        }
    }

    /// The running frames, innermost first, the innermost at the instruction at `pc`: function id and index of the
    /// instruction in one word each. A negative word stands for so many frames left out.
    pub(crate) unsafe fn capture_trace(&self, pc: Pc) -> Vec<i64> {
        let mut words = Vec::new();
        let mut outer = std::collections::VecDeque::new();
        let mut left_out = 0i64;
        let mut frame = Some((self.base, pc.add(1)));
        for _ in 0..TRACE_WALK_MAX {
            let Some((base, pc)) = frame else { break };
            let entry = profile_of(base).entry();
            if !entry.code.has(bytecode::function_flag::HIDDEN) {
                let word = trace_word(entry, pc);
                if words.len() < TRACE_INNERMOST {
                    words.push(word);
                } else {
                    outer.push_back(word);
                    if outer.len() > TRACE_OUTERMOST {
                        outer.pop_front();
                        left_out += 1;
                    }
                }
            }
            frame = caller_of(base);
        }
        if frame.is_some() {
            // The bottom is out of reach: what was seen last is not the outermost part.
            left_out = i64::MAX;
            outer.clear();
        }
        if left_out > 0 {
            words.push(-left_out);
        }
        words.extend(outer);
        words
    }

    /// Frames of the process, for its limit.
    pub(crate) unsafe fn count_frames(&self) -> usize {
        let mut count = 1;
        let mut frame = caller_of(self.base);
        while let Some((base, _)) = frame {
            count += 1;
            frame = caller_of(base);
        }
        count
    }

    /// How a value prints in a message: short, and without asking user code.
    pub(crate) fn short_repr(&mut self, value: Value) -> String {
        const CHARS_MAX: usize = 80;
        let mut text = String::new();
        if heap::write_structure(self.heap_mut(), value, &mut text).is_err() {
            return self.kind_named(value);
        }
        match text.char_indices().nth(CHARS_MAX) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    }
}

fn trace_word(entry: &Entry, behind: Pc) -> i64 {
    let index = entry.code.index_of(behind).saturating_sub(1);
    i64::from(entry.id) << 32 | index as i64
}

fn marker_content(value: Value) -> Option<Value> {
    let instance = value.as_instance()?;
    if instance.class_id() == ClassId::Internal.id() { instance.field(0) } else { None }
}
