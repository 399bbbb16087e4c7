//! The seam between the interpreter and machine code.
//!
//! Machine code works on the interpreter's frames: between two instructions of bytecode the frames are complete,
//! so it can be entered at any instruction and left at any. What it leaves behind on the native stack is return
//! addresses, one for each frame it has called; dropping them loses nothing but the prediction of returns.
//!
//! Machine code never runs the VM inside itself beyond one step: a step that pushed or popped frames ends in a
//! `Continuation`, which says where machine code goes on, or that the interpreter does.
//!
//! SAFETY contract: that of `state`. `NativeCode` describes code that was made from the function's bytecode and
//! stays in place while anyone may run it. The helpers are called by machine code alone, with the state it was
//! entered with.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn, clippy::missing_safety_doc)]

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{OnceLock, Weak};

use heap::Value;

use crate::builtins::BuiltinEntry;
use crate::class::{builtin_of, entry_of};
use crate::code::Entry;
use crate::exit::Exit;
pub use crate::native_layout as layout;
use crate::ops::methods::NO_KIND;
use crate::optimised::ExitRecord;
use crate::quick::Quick;
use crate::record::Feedback;
use crate::state::{Base, Pc, State, profile_of};
use crate::vm::VmInner;

/// What a cache word for objects says; `ops::calls` makes such words.
#[derive(Clone, Copy, Debug)]
pub struct ObjectCache {
    pub class: u32,
    pub kind: u8,
    /// A field's byte offset in the object, or a function's id.
    pub found: usize,
}

impl ObjectCache {
    pub fn from_word(word: u64) -> ObjectCache {
        ObjectCache { class: (word >> 32) as u32, kind: word as u8, found: (word as u32 >> 8) as usize }
    }
}

/// Makes machine code of functions.
pub trait Tier: Send + Sync {
    /// Polls that find a function running, or calls of it from machine code, before it is compiled. Zero compiles
    /// what a process is started with before it runs, and so all that it calls.
    fn threshold(&self) -> u32;
    /// Compiles a function and installs its code, if there is room and nobody else has done it.
    fn compile(&self, entry: &'static Entry, asked: &Asked<'_>);
    /// The calling thread runs a slice from now on and may look for machine code. Slices may be inside each other.
    fn slice_starts(&self) {}
    /// The slice is over: no address of machine code is left on this thread.
    fn slice_ends(&self) {}
    /// Runs machine code from an address of `NativeCode`: 1 when the interpreter goes on, 0 when the run is over.
    unsafe fn enter(&self, state: *mut State, address: u64) -> u64;
    /// Polls that find a function in machine code before it is recorded and optimised; `None` not for now.
    fn optimise_after(&self) -> Option<u32> {
        None
    }
    /// These functions were recorded, while one of them was stopped at this word of its code.
    fn optimise(
        &self,
        _asked: &Asked<'_>,
        _recorded: Vec<&'static Entry>,
        _running: (&'static Entry, usize),
    ) {
    }
    /// The same, where the tier has put it off.
    fn optimise_later(
        &self,
        _asked: &Asked<'_>,
        _recorded: &[&'static Entry],
        _running: (&'static Entry, usize),
    ) {
    }
    /// Code that was made for tests says what it is left for.
    fn note_reason(&self, _reason: u32) {}
    /// A guard of optimised code failed; `news` where that told something about the instruction.
    fn note_exit(&self, _record: &ExitRecord, _news: bool) {}
}

/// Tells the name of a builtin from its number, which caches of calls hold.
pub type BuiltinName<'a> = &'a dyn Fn(u32) -> Option<&'static str>;

/// What a compiler may look at beside the function.
pub struct Asked<'a> {
    pub vm: &'a VmInner,
    /// The registers of a frame of the function, if one was at hand. What they hold is a hint and no more: nobody may
    /// follow a pointer among them.
    pub registers: &'a [Value],
}

/// A VM for which there is work to do on another thread, unless it is gone by then.
pub struct Later(Weak<VmInner>);

impl Later {
    /// Calls `act` with the VM's tier, if there still is one. The VM stays meanwhile.
    pub fn with(&self, act: impl FnOnce(&dyn Tier, &Asked<'_>)) {
        if let Some(vm) = self.0.upgrade()
            && let Some(tier) = vm.tier()
        {
            act(tier, &Asked { vm: &vm, registers: &[] });
        }
    }
}

impl Asked<'_> {
    /// The same VM for another thread, without the registers.
    pub fn for_later(&self) -> Later {
        Later(self.vm.own.get().cloned().unwrap_or_default())
    }

    /// The name of a builtin by its number.
    pub fn builtin_name(&self, id: u32) -> Option<&'static str> {
        self.vm.builtin_by_id(id).map(|builtin| builtin.row.name)
    }

    /// The name of the builtin that a method call site has found in objects of a class, by its cache word.
    pub fn builtin_of_cache(&self, word: u64) -> Option<(u32, &'static str)> {
        let id = word as u32 >> 8;
        let builtin = if word as u8 == NO_KIND { self.vm.builtin_by_id(id) } else { None };
        builtin.map(|builtin| ((word >> 32) as u32, builtin.row.name))
    }

    /// The name and the number of arguments of a builtin that is a constant.
    pub fn builtin_of_value(&self, value: Value) -> Option<(&'static str, u32)> {
        builtin_of(value).map(|builtin| (builtin.row.name, builtin.arity))
    }

    /// What a call of a constant calls: a function, or the constructor of a class.
    pub fn callee(&self, value: Value) -> Option<&'static Entry> {
        if let Some(entry) = entry_of(value) {
            return Some(entry);
        }
        self.vm.class(value.as_class()?.class_id())?.constructor
    }

    /// The method that objects of a class have under a name that anyone may call, if it is a function.
    pub fn method(&self, class: u32, name: Value) -> Option<&'static Entry> {
        let symbol = name.as_symbol()?;
        if self.vm.shared.symbols.name(symbol)?.starts_with('_') {
            return None;
        }
        let method = self.vm.find_method(class, symbol)?;
        if method.is_static { None } else { method.entry() }
    }

    /// The function that a word is. Its owner keeps it alive: a function's constants, say.
    pub fn function_of_word(&self, bits: u64) -> Option<&'static Entry> {
        // SAFETY: words that code names are those of live values.
        let value = unsafe { Value::from_bits(bits) };
        entry_of(value).filter(|entry| entry.function.bits() == bits)
    }

    /// The address of the type that a constant of a function describes.
    pub fn linked_type(&self, entry: &Entry, constant: Value) -> Option<u64> {
        let index = usize::try_from(constant.as_int32()?).ok()?;
        Some(std::ptr::from_ref(entry.code.types.get(index)?).expose_provenance() as u64)
    }

    /// The method that objects of a class have for an operator, if it is a function.
    pub fn operator(&self, class: u32, symbol: &str) -> Option<&'static Entry> {
        let method = self.vm.find_method(class, self.vm.intern(symbol)?)?;
        if method.is_static { None } else { method.entry() }
    }

    /// The builtin that a constant is.
    pub fn builtin(&self, value: Value) -> Option<&'static BuiltinEntry> {
        builtin_of(value)
    }

    /// The builtin that values of a class have under a name.
    pub fn builtin_method(&self, class: u32, name: Value) -> Option<&'static BuiltinEntry> {
        let method = self.vm.find_method(class, name.as_symbol()?)?;
        method.builtin().filter(|_| !method.is_static)
    }

    /// Where instances of a class keep a field that anyone may read, and write if that is asked for.
    pub fn field(&self, class: u32, name: Value, is_store: bool) -> Option<usize> {
        let name = self.vm.shared.symbols.name(name.as_symbol()?)?;
        if name.starts_with('_') || self.vm.is_subclass(class, heap::ClassId::Error.id()) {
            return None;
        }
        let slot = self.vm.shared.classes.get(class)?.field_index(name)?;
        let set_once = self.vm.class(class)?.fields.get(slot)?.set_once;
        (!is_store || !set_once).then(|| layout::field(slot))
    }

    /// Whether values of a class are of the type that a constant of the function describes.
    pub fn is_of_type(&self, class: u32, entry: &Entry, constant: Value) -> Option<bool> {
        let index = usize::try_from(constant.as_int32()?).ok()?;
        let linked = entry.code.types.get(index)?;
        let any_of = &linked.any_of;
        Some(any_of.is_empty() || any_of.iter().any(|&wanted| self.vm.is_subclass(class, wanted)))
    }

    /// Whether objects of a class have an equality of their own.
    pub fn has_equality(&self, class: u32) -> bool {
        let symbol = self.vm.equality_symbol();
        symbol.is_none_or(|symbol| self.vm.find_method(class, symbol).is_some())
    }

    /// The kind, the class and the number of fields of what `newobj` makes of a class, if all fields are unset then.
    pub fn made_by(&self, class: Value) -> Option<(heap::Kind, u32, usize)> {
        const FIELDS_MAX: usize = 32;
        let id = class.as_class()?.class_id();
        let class = self.vm.shared.classes.get(id)?;
        let (count, is_record) = (class.definition.fields.len(), class.definition.is_record);
        let is_plain = count > 0 && count <= FIELDS_MAX;
        let is_error = self.vm.is_subclass(id, heap::ClassId::Error.id());
        let kind = if is_record { heap::Kind::Record } else { heap::Kind::Instance };
        (is_plain && !is_error).then_some((kind, id, count))
    }

    /// The number of fields of a class that makes plain instances: no records, no errors.
    pub fn plain_fields(&self, class: Value) -> Option<(u32, usize)> {
        let id = class.as_class()?.class_id();
        let class = self.vm.shared.classes.get(id)?;
        Some((id, class.definition.fields.len())).filter(|_| !class.definition.is_record)
    }
}

/// Machine code of one function.
pub struct NativeCode {
    /// Where it starts.
    pub address: u64,
    /// Where each instruction starts, from there, by its first word; `NOWHERE` inside instructions.
    pub offsets: Box<[u32]>,
    /// The address of the first of them, for machine code.
    pub(crate) offsets_start: u64,
    /// For each loop header, by its word, the address of optimised code for the loop, or zero.
    pub loops: Box<[(u32, AtomicU64)]>,
}

/// No instruction starts at this word.
pub const NOWHERE: u32 = u32::MAX;

/// What the entry of a function says about its machine code.
#[repr(C)]
#[derive(Default)]
pub struct NativeCell {
    /// What machine code calls: the function's own, or code that leaves to the interpreter, or zero when nobody
    /// has asked.
    pub call_address: AtomicU64,
    /// Address of the `NativeCode`, or zero.
    pub(crate) code: AtomicU64,
    heat: AtomicU32,
    /// What the interpreter finds where a compiled function starts: an instruction that enters machine code. It stays
    /// when the code goes, as processes that are not running may stand in front of it.
    gate: AtomicU32,
    /// What optimised code calls: `extern "sysv64" fn(state, base, fuel) -> (value, fuel)`.
    pub optimised: AtomicU64,
    /// Polls that found the function in machine code since it was compiled or recorded last.
    pub(crate) polls: AtomicU32,
    /// Times that recording began in it.
    pub(crate) recordings: AtomicU32,
    pub(crate) feedback: OnceLock<Box<Feedback>>,
}

/// Where machine code goes on after it asked the VM.
#[repr(C)]
pub struct Continuation {
    /// Address to go to; zero leaves machine code, and `how` is the result of `enter`.
    pub(crate) target: u64,
    /// `STAY`, `DROP`, `KEEP`, or a return address to push first.
    pub(crate) how: u64,
}

/// Nothing on the native stack changes.
pub const STAY: u64 = 0;
/// All return addresses are dropped.
pub const DROP: u64 = 1;
/// The return address of the step stays, for the frame that the step has pushed.
pub const KEEP: u64 = 2;
/// The `target` of a step that leads to the instruction behind; its `how` is the fuel.
pub const BEHIND: u64 = 1;
/// The same of the instruction that iterates, when it has an element and so goes back.
pub const JUMPED: u64 = 2;
/// A step has popped a frame, whose return address says where to go: behind the step of the instruction that the
/// frame was pushed for, as if that had answered `BEHIND`.
pub const RETURN_BEHIND: u64 = 3;
/// The same, as if it had answered `JUMPED`.
pub const RETURN_JUMPED: u64 = 4;
pub(crate) const TO_INTERPRETER: Continuation = Continuation { target: 0, how: 1 };
pub(crate) const RUN_IS_OVER: Continuation = Continuation { target: 0, how: 0 };

impl NativeCode {
    pub fn new(address: u64, offsets: Box<[u32]>, loops: Box<[(u32, AtomicU64)]>) -> NativeCode {
        let offsets_start = offsets.as_ptr().expose_provenance() as u64;
        NativeCode { address, offsets, offsets_start, loops }
    }

    /// Where the address of optimised code for the loop at a word is kept.
    pub fn loop_cell(&self, index: usize) -> Option<&AtomicU64> {
        let place = self.loops.iter().find(|(header, _)| *header as usize == index)?;
        Some(&place.1)
    }

    /// The address of the instruction at a word of the function.
    #[inline]
    fn at(&self, index: usize) -> Option<u64> {
        let offset = *self.offsets.get(index)?;
        (offset != NOWHERE).then(|| self.address + u64::from(offset))
    }
}

impl Entry {
    pub fn native(&self) -> Option<&'static NativeCode> {
        let address = self.native.code.load(Ordering::Acquire);
        // SAFETY: installed by `install` from a reference that lives until every slice is over that could find it.
        unsafe { std::ptr::with_exposed_provenance::<NativeCode>(address as usize).as_ref() }
    }

    /// Has calls run machine code from now on.
    pub fn install(&'static self, code: &'static NativeCode) {
        self.native.code.store(std::ptr::from_ref(code).expose_provenance() as u64, Ordering::Release);
        self.native.call_address.store(code.address, Ordering::Release);
        self.native.gate.store(u32::from(Quick::EnterNative.byte()), Ordering::Relaxed);
        self.set_start(&self.native.gate);
    }

    /// Has nobody find the machine code any more; calls from machine code go to `fallback`.
    pub fn retire(&'static self, fallback: u64) {
        self.set_start(&self.code.words[0]);
        self.native.call_address.store(fallback, Ordering::SeqCst);
        self.native.code.store(0, Ordering::SeqCst);
        self.cool();
    }

    /// Forgets the signs of use, so that the function is compiled again after as many.
    pub fn cool(&self) {
        self.native.heat.store(0, Ordering::Relaxed);
    }

    /// Where machine code finds the address to call. `fallback` leaves to the interpreter.
    pub fn call_cell(&self, fallback: u64) -> u64 {
        let cell = &self.native.call_address;
        let _ = cell.compare_exchange(0, fallback, Ordering::AcqRel, Ordering::Acquire);
        std::ptr::from_ref(cell).expose_provenance() as u64
    }

    /// The machine code of the instruction at `pc`, the start's if `pc` is the gate.
    pub(crate) fn native_at(&self, pc: Pc) -> Option<u64> {
        let code = self.native()?;
        if std::ptr::eq(pc, &self.native.gate) {
            return Some(code.address);
        }
        code.at(self.code.index_of(pc))
    }

    /// A process starts with a function: it is compiled where everything is to be, and its use is counted where runs
    /// that are too short to be polled have used enough ticks together.
    pub(crate) fn warm_at_start(&'static self, tier: &dyn Tier, vm: &VmInner, is_warm: bool) {
        if self.native().is_none() && (is_warm || tier.threshold() == 0) {
            self.warm(tier, &Asked { vm, registers: &[] });
        }
    }

    /// Makes its machine code now, if it has none.
    pub fn compile_now(&'static self, tier: &dyn Tier, asked: &Asked<'_>) {
        if self.native().is_none() {
            tier.compile(self, asked);
        }
    }

    /// Has machine code call `address`, where the optimised code of the function is entered.
    pub fn call_optimised(&self, address: u64) {
        self.native.call_address.store(address, Ordering::Release);
    }

    /// Has machine code call the template tier's code again.
    pub fn call_plain(&self) {
        if let Some(code) = self.native() {
            self.native.call_address.store(code.address, Ordering::Release);
        }
    }

    /// Where optimised code finds the address to call: of optimised code, or of `below`, which goes on to what
    /// machine code calls, if need be to `fallback`.
    pub fn optimised_cell(&self, below: u64, fallback: u64) -> u64 {
        self.call_cell(fallback);
        let cell = &self.native.optimised;
        let _ = cell.compare_exchange(0, below, Ordering::AcqRel, Ordering::Acquire);
        std::ptr::from_ref(cell).expose_provenance() as u64
    }

    /// Counts a sign that the function is in use; makes its machine code when there have been enough.
    fn warm(&'static self, tier: &dyn Tier, asked: &Asked<'_>) {
        let heat = self.native.heat.load(Ordering::Relaxed).saturating_add(1);
        self.native.heat.store(heat, Ordering::Relaxed);
        if heat == tier.threshold().max(1) {
            tier.compile(self, asked);
        }
    }
}

impl State {
    /// Counts a sign that the running function is in use.
    pub(crate) unsafe fn warm_running(&mut self, tier: &dyn Tier) {
        let entry = self.entry();
        if entry.native().is_none() {
            let registers = std::slice::from_raw_parts(self.base, entry.frame_bytes as usize / 8);
            entry.warm(tier, &Asked { vm: self.vm(), registers });
        }
    }

    /// After a poll of the interpreter: goes on in machine code where there is some. Whether the run goes on.
    pub(crate) unsafe fn enter_if_native(&mut self) -> bool {
        let Some(tier) = self.vm().tier() else { return true };
        let entry = self.entry();
        if self.is_recording() {
            let recorded = self.end_recording();
            let asked = Asked { vm: self.vm(), registers: &[] };
            tier.optimise(&asked, recorded, (entry, entry.code.index_of(self.pc)));
        }
        self.warm_running(tier);
        match entry.native_at(self.pc) {
            Some(address) if !self.tracing && !self.is_recording() => tier.enter(self, address) != 0,
            _ => true,
        }
    }

    /// The gate at the start of a compiled function.
    pub(crate) unsafe fn pass_gate(&mut self) -> Result<(), Exit> {
        let (entry, vm) = (self.entry(), self.vm());
        let (Some(code), Some(tier)) = (entry.native(), vm.tier()) else {
            // Retired since.
            self.pc = entry.first_pc();
            return Ok(());
        };
        if self.tracing || self.is_recording() {
            self.pc = entry.first_pc();
            return Ok(());
        }
        if tier.enter(self, code.address) != 0 { Ok(()) } else { Err(Exit::Internal("the run is over")) }
    }

    /// At a poll in machine code: whether the interpreter goes on and writes down what it sees.
    unsafe fn wants_recording(&mut self) -> bool {
        let entry = self.entry();
        let Some(after) = self.vm().tier().and_then(Tier::optimise_after) else { return false };
        let polls = entry.native.polls.load(Ordering::Relaxed).saturating_add(1);
        entry.native.polls.store(polls, Ordering::Relaxed);
        // Each time it takes twice as long: what is not optimised by then will hardly ever be.
        let recordings = entry.native.recordings.load(Ordering::Relaxed);
        if polls < after.max(1).saturating_mul(1 << recordings.min(16)) || self.tracing {
            return false;
        }
        entry.native.polls.store(0, Ordering::Relaxed);
        entry.native.recordings.store(recordings.saturating_add(1), Ordering::Relaxed);
        self.start_recording();
        true
    }
}

/// What machine code keeps in the state.
#[repr(C)]
#[derive(Default)]
pub struct NativeRegisters {
    /// The stack pointer as it was when machine code was entered.
    pub stack: u64,
    /// The stack pointer while a helper runs.
    pub saved: u64,
    /// Below this the native stack is dropped rather than grown.
    pub limit: u64,
    /// Times that objects or the stack may have moved.
    pub moves: u64,
    /// Guards until one fails for no reason, in code that was made for tests; it counts down. Never from zero.
    pub coin: u64,
    /// What code that was made for tests is left for.
    pub(crate) reason: u32,
    /// There was no memory for an object that an exit had to make.
    pub(crate) lacks_memory: bool,
    /// What a rare call has given optimised code.
    pub(crate) given: u64,
}

macro_rules! helpers {
    ($abi:literal) => {
        /// The fuel is used up and `pc` is where the frame goes on.
        pub unsafe extern $abi fn run_poll(state: *mut State, pc: Pc, base: Base, fuel: i64) -> Continuation {
            let state = &mut *state;
            (state.at, state.pc, state.base, state.fuel) = (pc, pc, base, fuel);
            let moves = state.native.moves;
            if !state.poll() {
                return RUN_IS_OVER;
            }
            if state.wants_recording() {
                return TO_INTERPRETER;
            }
            match state.entry().native_at(state.pc) {
                Some(target) if state.native.moves == moves => Continuation { target, how: STAY },
                Some(target) => Continuation { target, how: DROP },
                None => TO_INTERPRETER,
            }
        }

        /// The fuel is used up at the start of a function that machine code was about to call.
        pub unsafe extern $abi fn call_poll(state: *mut State, at: Pc, base: Base, fuel: i64) -> Continuation {
            let state = &mut *state;
            let start = profile_of(base).entry().start();
            (state.at, state.pc, state.base, state.fuel) = (start, start, base, fuel);
            let caller = base.sub(bytecode::Word((*at).load(Ordering::Relaxed)).a() + crate::state::FRAME_HEADER);
            let distance = caller.offset_from((*state.process).stack.start());
            let moves = state.native.moves;
            if !state.poll() {
                return RUN_IS_OVER;
            }
            if state.wants_recording() {
                state.pc = state.entry().first_pc();
                return TO_INTERPRETER;
            }
            state.go_on_in_callee(at, distance, moves)
        }

        /// Machine code has pushed the frame of a function that has no machine code.
        pub unsafe extern $abi fn call_interpreted(state: *mut State, _: Pc, base: Base, fuel: i64) -> Continuation {
            let state = &mut *state;
            let entry = profile_of(base).entry();
            state.base = base;
            if let Some(tier) = state.vm().tier() {
                state.warm_running(tier);
            }
            let start = entry.start();
            (state.at, state.pc, state.fuel) = (start, start, fuel);
            match entry.native_at(start) {
                Some(target) => Continuation { target, how: STAY },
                None => TO_INTERPRETER,
            }
        }

        /// The lowest native frame has returned to `pc` in the frame at `base`.
        pub unsafe extern $abi fn returned(state: *mut State, pc: Pc, base: Base, fuel: i64) -> Continuation {
            let state = &mut *state;
            (state.at, state.pc, state.base, state.fuel) = (pc, pc, base, fuel);
            state.go_on_elsewhere()
        }
    };
}
#[cfg(target_arch = "x86_64")]
helpers!("sysv64");
#[cfg(not(target_arch = "x86_64"))]
helpers!("C");
