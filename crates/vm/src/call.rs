//! Calls: frames of functions, builtins, and whatever else can be called.
//!
//! A call has a window in the caller's registers: the callee, two words for the frame's header, the arguments. The
//! frame of the callee overlaps it, so that arguments are parameters without being moved, and the result replaces
//! the callee.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use bytecode::{CallShape, Word};
use heap::{ClassId, Fault, Kind, Value};

use crate::arguments::{Bound, Given};
use crate::builtins::{BuiltinEntry, PADDED_MAX};
use crate::class::{Method, builtin_of, entry_of};
use crate::code::Entry;
use crate::cx::Cx;
use crate::exit::Exit;
use crate::operator::pc_word;
use crate::ops::iterate;
use crate::state::{Base, FRAME_HEADER, Pc, State, write_raw};

/// Whether the frame of the caller stays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Ordinary,
    /// The callee takes the place of the caller.
    Tail,
}

/// The window of a call, in registers of the running frame.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    /// The register of the callee.
    pub at: usize,
    /// Arguments in registers from `at + 3`.
    pub count: usize,
    pub mode: Mode,
}

/// Calls the builtin that a fast path left in `called`: the slow path of such a site without its detours. Whether the
/// run goes on with what is in the state.
#[inline(never)]
pub(crate) unsafe fn call_builtin_of_site(state: *mut State, pc: Pc, base: Base, fuel: i64) -> bool {
    let state = &mut *state;
    let ins = Word((*pc.sub(1)).load(Relaxed));
    (state.at, state.pc, state.base, state.fuel) = (pc.sub(1), pc.add(1), base, fuel);
    let builtin: &'static BuiltinEntry = &*state.called;
    let arguments = std::slice::from_raw_parts(base.add(ins.a() + FRAME_HEADER), ins.b());
    // A defect in a builtin ends this process and nothing else.
    let result = catch_unwind(AssertUnwindSafe(|| state.run_builtin(builtin, arguments)));
    match result {
        Ok(Ok(value)) => {
            *base.add(ins.a()) = value;
            state.after_slow(Ok(()))
        }
        Ok(Err(Exit::Park(wait))) => {
            (*state.process).awaits_result = true;
            state.park(wait)
        }
        Ok(Err(exit)) => leave_builtin_of_site(state, ins, builtin, exit),
        Err(_) => state.leave(Exit::Internal("a builtin panicked")),
    }
}

#[cold]
unsafe fn leave_builtin_of_site(
    state: &mut State,
    ins: Word,
    builtin: &'static BuiltinEntry,
    exit: Exit,
) -> bool {
    let window = Window { at: ins.a(), count: ins.b(), mode: Mode::Ordinary };
    let result = catch_unwind(AssertUnwindSafe(|| state.leave_builtin(window, builtin, exit)));
    state.after_slow(result.unwrap_or(Err(Exit::Internal("a call panicked"))))
}

impl State {
    /// Makes sure that `words` above the base are there; the stack may move.
    pub(crate) unsafe fn reserve(&mut self, words: usize) -> Result<(), Exit> {
        if self.base.add(words) <= self.stack_limit {
            return Ok(());
        }
        self.grow_stack(words)
    }

    #[cold]
    unsafe fn grow_stack(&mut self, words: usize) -> Result<(), Exit> {
        let frames = self.count_frames();
        let base = self.base;
        let process = &mut *self.process;
        let used = base.offset_from(process.stack.start()) as usize;
        let frames_max = process.config.limits.frames_max;
        if !process.stack.grow(used, used + words, frames, frames_max) {
            let message = format!("more than {frames_max} calls inside each other");
            return Err(self.error(ClassId::StackOverflowError, &message));
        }
        self.base = process.stack.start().add(used);
        self.native.moves = self.native.moves.wrapping_add(1);
        self.stack_limit = process.stack.limit();
        Ok(())
    }

    /// Calls what stands in the window's first register.
    pub(crate) unsafe fn call_window(
        &mut self,
        window: Window,
        shape: Option<&CallShape>,
    ) -> Result<(), Exit> {
        let callee = self.reg(window.at);
        self.call_in_window(window, shape, callee)
    }

    /// Calls `callee` with the arguments of the window.
    pub(crate) unsafe fn call_in_window(
        &mut self,
        window: Window,
        shape: Option<&CallShape>,
        callee: Value,
    ) -> Result<(), Exit> {
        if let Some(entry) = self.entry_called(callee) {
            let function = if callee.is_kind(Kind::Class) { entry.function } else { callee };
            if shape.is_none() && entry.arity as usize == window.count {
                return self.push_window(window, entry, function);
            }
            if let Some(window) = self.fit(window, shape, entry)? {
                return self.push_window(window, entry, function);
            }
        } else if shape.is_none()
            && let Some(builtin) = builtin_of(callee)
            && builtin.takes(window.count)
        {
            return self.call_builtin_window(window, builtin);
        }
        let arguments: Vec<Value> =
            (0..window.count).map(|index| self.reg(window.at + FRAME_HEADER + index)).collect();
        let (positional, named) = match shape {
            None => (arguments, Vec::new()),
            Some(shape) => {
                let mut positional = arguments;
                let values = positional.split_off(usize::from(shape.positional).min(positional.len()));
                (positional, shape.names.iter().cloned().zip(values).collect())
            }
        };
        self.call_with(window, callee, positional, &named)
    }

    /// What a call runs: a function's code, or that of the constructor of a class.
    pub(crate) fn entry_called(&self, callee: Value) -> Option<&'static Entry> {
        let constructor = || self.vm().class(callee.as_class()?.class_id())?.constructor;
        entry_of(callee).or_else(constructor)
    }

    /// Calls `callee` with these arguments; the result goes to the window's first register.
    pub(crate) unsafe fn call_with(
        &mut self,
        window: Window,
        callee: Value,
        mut positional: Vec<Value>,
        named: &[(String, Value)],
    ) -> Result<(), Exit> {
        if let Some(entry) = entry_of(callee) {
            let bound = self.bind(entry.code, &Given { positional: &positional, named })?;
            let count = self.place(window, bound, entry)?;
            return self.push_window(Window { count, ..window }, entry, callee);
        }
        if let Some(builtin) = builtin_of(callee) {
            let Bound { mut values, rest } = self.bind(builtin, &Given { positional: &positional, named })?;
            values.extend(rest);
            return self.call_builtin(window, builtin, values);
        }
        match callee.kind() {
            Some(Kind::BoundMethod) => {
                let bound =
                    callee.as_bound_method().ok_or(Exit::Internal("a bound method of another kind"))?;
                let (receiver, function) = (bound.slots()[0], bound.slots()[1]);
                positional.insert(0, receiver);
                if function.is_kind(Kind::BoundMethod) {
                    return Err(Exit::Internal("a bound method of a bound method"));
                }
                self.call_with(window, function, positional, named)
            }
            Some(Kind::Class) => {
                let class_id = callee.as_class().map_or(0, |class| class.class_id());
                self.construct(window, class_id, callee, positional, named)
            }
            _ => {
                let message = format!("{} cannot be called", self.kind_named(callee));
                Err(self.error(ClassId::TypeError, &message))
            }
        }
    }

    unsafe fn construct(
        &mut self,
        window: Window,
        class_id: u32,
        class: Value,
        mut positional: Vec<Value>,
        named: &[(String, Value)],
    ) -> Result<(), Exit> {
        let vm = self.vm();
        if let Some(entry) = vm.class(class_id).and_then(|info| info.constructor) {
            return self.call_with(window, entry.function, positional, named);
        }
        if vm.is_subclass(class_id, ClassId::Error.id())
            && let Some(make) = vm.builtin("Error.new")
        {
            positional.insert(0, class);
            return self.call_with(window, make, positional, named);
        }
        let symbol = vm.intern("new").ok_or(Exit::Internal("no symbols left"))?;
        match vm.method_of_class(class_id, symbol) {
            Some(make) => self.call_with(window, make.value, positional, named),
            None => {
                let message = format!("{} cannot be called", vm.shared.classes.name(class_id));
                Err(self.error(ClassId::TypeError, &message))
            }
        }
    }

    /// Writes bound arguments into the window; gives how many registers they take.
    unsafe fn place(&mut self, window: Window, bound: Bound, entry: &Entry) -> Result<usize, Exit> {
        let Bound { mut values, rest } = bound;
        if entry.code.has(bytecode::function_flag::REST) {
            let list = self.heap().list_from(&rest)?.value();
            values.push(list);
        }
        self.reserve(window.at + FRAME_HEADER + values.len())?;
        for (index, &value) in values.iter().enumerate() {
            self.set(window.at + FRAME_HEADER + index, value);
        }
        Ok(values.len())
    }

    /// Pushes the frame of a function whose parameters are in place.
    pub(crate) unsafe fn push_window(
        &mut self,
        window: Window,
        entry: &'static Entry,
        callee: Value,
    ) -> Result<(), Exit> {
        let registers = entry.frame_bytes as usize / 8;
        if window.mode == Mode::Tail {
            self.reserve(registers.max(window.at + FRAME_HEADER + window.count))?;
            for index in 0..window.count {
                let argument = self.reg(window.at + FRAME_HEADER + index);
                self.set(index, argument);
            }
            *self.base.sub(3) = callee;
            write_raw(self.base.sub(2), entry.profile.word());
        } else {
            self.reserve(window.at + FRAME_HEADER + registers)?;
            let base = self.base.add(window.at + FRAME_HEADER);
            *base.sub(3) = callee;
            write_raw(base.sub(2), entry.profile.word());
            write_raw(base.sub(1), pc_word(self.pc));
            self.base = base;
        }
        self.pc = entry.start();
        self.fuel -= 1;
        Ok(())
    }

    /// Calls a builtin with the arguments that stand in the window.
    pub(crate) unsafe fn call_builtin_window(
        &mut self,
        window: Window,
        builtin: &'static BuiltinEntry,
    ) -> Result<(), Exit> {
        let arguments = std::slice::from_raw_parts(self.base.add(window.at + FRAME_HEADER), window.count);
        match self.run_builtin(builtin, arguments) {
            Ok(value) => self.return_to_window(window, value),
            Err(exit) => self.leave_builtin(window, builtin, exit),
        }
    }

    /// What happens where a builtin gave no value.
    pub(crate) unsafe fn leave_builtin(
        &mut self,
        window: Window,
        builtin: &'static BuiltinEntry,
        exit: Exit,
    ) -> Result<(), Exit> {
        match exit {
            Exit::Decline => {
                let slow = self.slow_twin(builtin)?;
                self.call_in_window(window, None, slow.value)
            }
            exit => self.iterate_in_window(window, exit),
        }
    }

    /// What the VM's own rows leave to the VM; any other exit goes on.
    #[cold]
    unsafe fn iterate_in_window(&mut self, window: Window, exit: Exit) -> Result<(), Exit> {
        let value = match exit {
            Exit::Advance(source) => iterate::advance_value(self, source)?,
            Exit::Iterate(source) => iterate::iterator_over(self, source)?,
            other => return Err(other),
        };
        self.return_to_window(window, value)
    }

    unsafe fn call_builtin(
        &mut self,
        window: Window,
        builtin: &'static BuiltinEntry,
        mut arguments: Vec<Value>,
    ) -> Result<(), Exit> {
        match self.run_builtin(builtin, &arguments) {
            Ok(value) => self.return_to_window(window, value),
            Err(Exit::Decline) => {
                let slow = self.slow_twin(builtin)?;
                while arguments.last().is_some_and(|last| last.is_undef()) {
                    arguments.pop();
                }
                self.call_with(window, slow.value, arguments, &[])
            }
            Err(exit) => self.iterate_in_window(window, exit),
        }
    }

    /// Gives the result of a call that pushed no frame.
    pub(crate) unsafe fn return_to_window(&mut self, window: Window, value: Value) -> Result<(), Exit> {
        match window.mode {
            Mode::Ordinary => {
                self.set(window.at, value);
                Ok(())
            }
            Mode::Tail => self.return_value(value),
        }
    }

    /// Runs a builtin. A panic in it ends the slow path that this is part of, and the process.
    pub(crate) fn run_builtin(
        &mut self,
        builtin: &'static BuiltinEntry,
        arguments: &[Value],
    ) -> Result<Value, Exit> {
        let arity = builtin.arity as usize;
        if arguments.len() < arity && arity <= PADDED_MAX {
            return self.run_builtin_padded(builtin, arguments);
        }
        // SAFETY: the state is lent to this process, and nothing else looks at it meanwhile.
        let process = unsafe { &mut *self.process };
        if process.config.chaos.decline_always && builtin.row.slow.is_some() {
            return Err(Exit::Decline);
        }
        let mut cx = Cx::new(&mut process.heap, &process.vm, process.id, &mut process.kept);
        cx.script = Some(&mut process.script);
        cx.attachment = Some(&mut process.attachment);
        cx.seldom = Some(&mut process.seldom);
        cx.reductions = process.reductions;
        cx.permissions = Some(&process.config.permissions);
        cx.heap.begin_call();
        let result = (builtin.row.run)(&mut cx, arguments);
        cx.heap.end_call(matches!(result, Err(Exit::NeedGc(_) | Exit::Fault(Fault::NeedGc(_)))));
        self.fuel -= cx.ticks();
        if let Err(Exit::Raise(error)) = result {
            self.name_parameter(builtin, arguments, error);
        }
        result
    }

    /// Runs a builtin with arguments left out at the end.
    fn run_builtin_padded(
        &mut self,
        builtin: &'static BuiltinEntry,
        arguments: &[Value],
    ) -> Result<Value, Exit> {
        let mut padded = [Value::UNDEF; PADDED_MAX];
        padded[..arguments.len()].copy_from_slice(arguments);
        self.run_builtin(builtin, &padded[..builtin.arity as usize])
    }

    /// The library function that takes over when a builtin declines.
    pub(crate) fn slow_twin(&mut self, builtin: &'static BuiltinEntry) -> Result<Method, Exit> {
        let Some(name) = builtin.row.slow else {
            // The library calls such a builtin with what it takes, so this is a unit that somebody wrote by hand.
            let message = format!("`{}` does not take such arguments", builtin.row.name);
            return Err(self.error(ClassId::TypeError, &message));
        };
        self.library_function(name)
    }

    /// A function of the standard library by the name that it is exported under.
    pub(crate) fn library_function(&mut self, name: &'static str) -> Result<Method, Exit> {
        match self.vm().library_function(name) {
            Some(value) => Ok(Method { value, is_static: true, owner: 0 }),
            None => {
                let message = format!("the library has no `{name}`");
                Err(self.error(ClassId::TypeError, &message))
            }
        }
    }
}
