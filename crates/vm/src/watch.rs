//! Watching a program instruction by instruction: what debuggers are made of.
//!
//! A VM with a `Watcher` runs everything in the interpreter, through a table of handlers that asks the watcher first;
//! a VM without one has another table and pays nothing. While the watcher looks, the process stands between two
//! instructions: nothing runs and nothing is collected.
//!
//! Invariant: a register is shown only where the code itself says that it is alive. Others may hold what was freed.
//!
//! SAFETY contract: as for `state`. Frames are those below the instruction that is about to run.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytecode::{Variable, VariablePlace, Word, function_flag};
use heap::{FIRST_USER_CLASS, Heap, Value, class_id_of};

use crate::code::Code;
use crate::operator::Resumption;
use crate::process::{Attachment, Outcome, Process};
use crate::state::{Base, FRAME_HEADER, Pc, State, link, link_of, pc_of_link, profile_of};
use crate::vm::{ModuleId, Vm};

/// Who watches the processes of a VM.
pub trait Watcher: Send + Sync {
    /// An instruction is about to run. The process ends instead where the watcher says so.
    fn before(&self, stopped: &mut Stopped<'_>) -> Watched;

    /// An error is about to leave the instruction that threw it; whether code of the program catches it.
    fn thrown(&self, stopped: &mut Stopped<'_>, error: Value, is_caught: bool);
}

/// What a watcher wants of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    GoesOn,
    Ends,
}

/// A process that stands before an instruction.
pub struct Stopped<'a> {
    state: *mut State,
    base: Base,
    at: Pc,
    life: PhantomData<&'a mut Process>,
}

/// A call that has not returned.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    code: &'static Code,
    function: u32,
    /// The instruction that is about to run, or that waits for the frame above.
    index: usize,
    waits: bool,
    base: Base,
    life: PhantomData<&'a Process>,
}

impl Frame<'_> {
    pub fn name(&self) -> &str {
        &self.code.name
    }

    /// Byte offsets in the source of the module.
    pub fn span(&self) -> (u32, u32) {
        self.code.span_at(self.index)
    }

    /// The span of the function that runs.
    pub fn function_span(&self) -> (u32, u32) {
        self.code.span
    }

    /// The number of the function.
    pub fn function(&self) -> u32 {
        self.function
    }

    /// The word of its code where it stands.
    pub fn index(&self) -> usize {
        self.index
    }

    pub fn module(&self) -> ModuleId {
        self.code.module
    }

    /// Words of code that begin another span than the word before them, with the spans.
    pub fn span_starts(&self) -> impl Iterator<Item = (u32, (u32, u32))> {
        self.code.lines.iter().map(|line| (line.pc, (line.start, line.end)))
    }

    pub fn word_count(&self) -> usize {
        self.code.words.len()
    }

    fn is_alive(&self, register: usize) -> bool {
        let Some(liveness) = self.code.liveness() else { return false };
        let live = match self.waits {
            true => liveness.across(self.index as u32),
            false => liveness.before(self.index as u32),
        };
        live.get(register / 64).is_some_and(|word| word >> (register % 64) & 1 != 0)
    }
}

impl<'a> Stopped<'a> {
    /// The innermost call.
    pub fn frame(&self) -> Frame<'_> {
        // SAFETY: the base is that of the running frame.
        unsafe { frame_at(self.base, self.at, false) }
    }

    /// How much of the stack lies below the innermost call: more in whatever it calls.
    pub fn depth(&self) -> usize {
        // SAFETY: the base lies in the stack of the process.
        unsafe { self.base.offset_from((*(*self.state).process).stack.start()) as usize }
    }

    /// The calls from the innermost outward, at most so many; what the compiler made for itself is left out.
    pub fn frames(&self, count_max: usize) -> Vec<Frame<'_>> {
        let mut frames = Vec::new();
        let (mut base, mut at, mut waits) = (self.base, self.at, false);
        while frames.len() < count_max {
            // SAFETY: the walk begins at the running frame and ends at the bottom.
            unsafe {
                let frame = frame_at(base, at, waits);
                if !frame.code.has(function_flag::HIDDEN) {
                    frames.push(frame);
                }
                let word = link_of(base);
                if word & link::BOTTOM != 0 {
                    break;
                }
                let back = pc_of_link(word);
                if word & link::OPERATOR != 0 {
                    let resumption = Resumption::from_word((*base.sub(4)).bits());
                    base = base.sub(resumption.distance);
                    at = back.sub(resumption.words);
                } else {
                    let window = Word((*back.sub(2)).load(std::sync::atomic::Ordering::Relaxed)).a();
                    base = base.sub(window + FRAME_HEADER);
                    at = back.sub(2);
                }
                waits = true;
            }
        }
        frames
    }

    /// The variables that a call sees, the innermost of each name, in the order of the source. `None` stands for a value
    /// that is not there yet, or that nothing needs any more. Without a table of variables: its parameters.
    pub fn variables(&self, frame: &Frame<'_>) -> Vec<(String, Option<Value>)> {
        let code = frame.code;
        let mut found: Vec<(String, Option<Value>)> = Vec::new();
        let mut add = |name: &str, value: Option<Value>| {
            found.retain(|(known, _)| known != name);
            found.push((name.to_string(), value));
        };
        if code.variables.is_empty() {
            for (index, param) in code.params.iter().enumerate() {
                add(&param.name, self.value_at(frame, VariablePlace::Register(index as u8)));
            }
        }
        let is_here = |it: &&Variable| (it.start as usize..it.end as usize).contains(&frame.index);
        for variable in code.variables.iter().filter(is_here) {
            add(&variable.name, self.value_at(frame, variable.place));
        }
        found
    }

    fn value_at(&self, frame: &Frame<'_>, place: VariablePlace) -> Option<Value> {
        let value = match place {
            VariablePlace::Register(register) | VariablePlace::Cell(register) => {
                let register = usize::from(register);
                // SAFETY: validated tables name registers of the frame, and this one is alive.
                frame.is_alive(register).then(|| unsafe { *frame.base.add(register) })?
            }
            VariablePlace::Capture(index) | VariablePlace::CaptureCell(index) => {
                // SAFETY: the callee of a frame stands below its header.
                let callee = unsafe { *frame.base.sub(FRAME_HEADER) };
                *callee.as_closure()?.slots().get(usize::from(index) + 1)?
            }
        };
        let value = match place {
            VariablePlace::Register(_) | VariablePlace::Capture(_) => value,
            VariablePlace::Cell(_) | VariablePlace::CaptureCell(_) => match value.as_cell() {
                Some(cell) => cell.get(),
                None => value,
            },
        };
        (!value.is_undef() && value.as_cell().is_none()).then_some(value)
    }

    /// The functions that a module defines and that capture nothing, by their names; methods are none. And its classes.
    pub fn definitions(&self, module: ModuleId) -> Vec<(String, Value)> {
        let vm = &self.vm().inner;
        let is_own = |code: &Code| code.module == module && code.owner.is_none() && code.captures == 0;
        let entries = vm.functions.all().into_iter();
        let functions = entries.filter(|entry| is_own(entry.code) && !entry.code.name.is_empty());
        let mut found: Vec<(String, Value)> =
            functions.map(|entry| (entry.code.name.clone(), entry.function)).collect();
        let classes = (FIRST_USER_CLASS..).map_while(|id| vm.class(id));
        found.extend(classes.filter(|class| class.module == Some(module)).map(|class| {
            let value = class.singleton.unwrap_or(class.value);
            (vm.shared.classes.name(class.id).to_string(), value)
        }));
        found
    }

    /// The names of an object's fields, in the order of its fields.
    pub fn field_names(&self, object: Value) -> Vec<String> {
        let vm = &self.vm().inner;
        let class = vm.class(class_id_of(object));
        class.map_or_else(Vec::new, |class| class.fields.iter().map(|field| field.name.clone()).collect())
    }

    pub fn vm(&self) -> &Vm {
        // SAFETY: the state is lent to this process.
        unsafe { (*(*self.state).process).vm() }
    }

    pub fn heap(&mut self) -> &mut Heap {
        // SAFETY: as above; nobody else has the heap while this has the process.
        unsafe { &mut *(*self.state).heap }
    }

    /// What the runtime keeps with the process.
    pub fn attachment(&self) -> &Attachment {
        // SAFETY: as above.
        unsafe { &(*(*self.state).process).attachment }
    }

    /// Names of the script that functions share, and their values.
    pub fn script(&self) -> Value {
        // SAFETY: as above.
        unsafe { (*(*self.state).process).script() }
    }
}

unsafe fn frame_at<'a>(base: Base, at: Pc, waits: bool) -> Frame<'a> {
    let entry = profile_of(base).entry();
    let index = entry.code.index_of(at);
    // The gate to machine code stands before the first instruction.
    let index = if index < entry.code.words.len() { index } else { 0 };
    Frame { code: entry.code, function: entry.id, index, waits, base, life: PhantomData }
}

/// Asks the watcher before the instruction whose first word `pc` is behind; whether it runs.
#[inline(never)]
pub(crate) unsafe fn watch(pc: Pc, base: Base, state: *mut State) -> bool {
    let Some(watcher) = &(*(*state).vm).config.watcher else { return true };
    let mut stopped = Stopped { state, base, at: pc.sub(1), life: PhantomData };
    // Handlers must not be unwound: a watcher that fails has seen nothing.
    let asked = catch_unwind(AssertUnwindSafe(|| watcher.before(&mut stopped)));
    match asked.unwrap_or(Watched::GoesOn) {
        Watched::GoesOn => true,
        Watched::Ends => (*state).stop(Outcome::Exited(Value::NIL)),
    }
}

/// Tells the watcher of an error that the running instruction throws.
pub(crate) unsafe fn watch_thrown(state: &mut State, error: Value, is_caught: bool) {
    if let Some(watcher) = &(*state.vm).config.watcher {
        let (base, at) = (state.base, state.at);
        let mut stopped = Stopped { state, base, at, life: PhantomData };
        let _ = catch_unwind(AssertUnwindSafe(|| watcher.thrown(&mut stopped, error, is_caught)));
    }
}
