//! A process as the VM sees it: a heap, a stack of frames, limits. It is plain data; `run_slice` advances it.

use std::any::Any;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use heap::{Heap, HeapConfig, Value};

use crate::exit::{Limit, Wait};
use crate::permissions::Permissions;
use crate::stack::Stack;
use crate::vm::Vm;

/// Limits of one process. `None` is no limit of its own.
#[derive(Clone, Debug)]
pub struct Limits {
    pub heap_bytes_max: usize,
    pub time_max: Option<Duration>,
    pub frames_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { heap_bytes_max: usize::MAX / 2, time_max: None, frames_max: 1_000_000 }
    }
}

/// Rare events made constant, for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chaos {
    /// Collect at every safepoint.
    pub collect_always: bool,
    /// Every builtin that has a slow twin declines.
    pub decline_always: bool,
    /// Every poll ends the slice.
    pub suspend_always: bool,
}

#[derive(Clone, Debug, Default)]
pub struct ProcessConfig {
    pub limits: Limits,
    pub heap: HeapConfig,
    pub chaos: Chaos,
    pub permissions: Permissions,
    /// Writes every instruction to the standard error before it runs.
    pub trace: bool,
    /// Counts the instructions, for `Vm::instructions`. All run in the interpreter then.
    pub count: bool,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The function returned this. The value is alive until the process runs again.
    Done(Value),
    /// An error that nobody caught.
    Raised(Value),
    /// The process ended itself by `exit(reason)`.
    Exited(Value),
    /// A limit was reached.
    Limit(Limit),
    /// The slice is over; there is more to do.
    Suspended,
    /// The process waits.
    Parked(Wait),
    /// A defect of the engine ended the process.
    Internal(&'static str),
}

/// Bits that others set to have a running process look up.
pub mod signal {
    /// End now, without running more code.
    pub const KILL: u32 = 1;
    /// End the slice at the next poll.
    pub const YIELD: u32 = 2;
    /// Tell the sampler of the VM where the process stands, and go on.
    pub const SAMPLE: u32 = 4;
}

/// What others may hold of a process.
#[derive(Default)]
pub struct Signals(AtomicU32);

impl Signals {
    pub fn raise(&self, bits: u32) {
        self.0.fetch_or(bits, Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Relaxed) != 0
    }

    pub(crate) fn take(&self) -> u32 {
        if self.0.load(Relaxed) == 0 { 0 } else { self.0.swap(0, Relaxed) }
    }
}

/// What a builtin keeps between two of its runs. Rare, so it is one word in a process.
pub(crate) struct Kept(pub(crate) Box<dyn Any + Send>);

/// What the host of processes keeps with a process; builtins reach it through their context.
pub struct Attachment {
    /// A value that the host keeps alive beside `values`: unset when there is none.
    pub first: Value,
    /// Values that the host keeps alive, such as messages that arrived and that no `receive` has taken.
    pub values: VecDeque<Value>,
    /// The host's own data. There is none while a module is linked.
    pub data: Option<Box<dyn Any + Send>>,
    /// Values that a program around the VM holds. Most processes have none.
    pub pinned: Option<Box<Pinned>>,
}

/// Values by number that a program around the VM holds on to: the collector moves them, their numbers stay.
#[derive(Default)]
pub struct Pinned(pub Vec<Value>);

impl Attachment {
    /// Everything that is kept alive here.
    pub(crate) fn visit(&mut self, visitor: &mut impl FnMut(&mut Value)) {
        visitor(&mut self.first);
        self.values.iter_mut().for_each(&mut *visitor);
        if let Some(pinned) = &mut self.pinned {
            pinned.0.iter_mut().for_each(visitor);
        }
    }
}

impl Default for Attachment {
    fn default() -> Attachment {
        Attachment { first: Value::UNDEF, values: VecDeque::new(), data: None, pinned: None }
    }
}

/// One process.
pub struct Process {
    pub(crate) vm: Vm,
    pub(crate) id: u64,
    pub heap: Heap,
    pub(crate) stack: Stack,
    pub(crate) config: Arc<ProcessConfig>,
    pub(crate) signals: Arc<Signals>,
    /// Where to go on: an address in code, and the frame's place in the stack. `None` before and after a run.
    pub(crate) position: Option<Position>,
    /// Ticks left of the slice, beyond what is in the fuel register.
    pub(crate) slice_ticks: i64,
    pub(crate) reductions: u64,
    pub(crate) polls: u32,
    /// The state of the coin that makes guards fail, for tests.
    pub(crate) coins: u16,
    /// What few processes have.
    pub(crate) seldom: Option<Box<Seldom>>,
    /// Plain data of a builtin that is not done yet.
    pub(crate) kept: Option<Box<Kept>>,
    /// Runs from start to end have used enough ticks for the function that is started next to be compiled.
    pub(crate) is_warm: bool,
    /// It waits in a call of a builtin whose result anybody may give: see `give_result`.
    pub(crate) awaits_result: bool,
    /// The value of the last outcome, kept alive.
    pub(crate) result: Value,
    /// Variables of the entry script that its methods use too: a Map by name, or nil.
    pub(crate) script: Value,
    pub attachment: Attachment,
    /// Words of the stack below this one have not changed since the last collection.
    pub(crate) stable: usize,
    /// What `stable` was at that collection. What lies below both was seen by two collections, so all it refers
    /// to is old.
    pub(crate) stable_before: usize,
}

/// What only a process has that is limited in time, draws random numbers, or reached a limit.
#[derive(Default)]
pub(crate) struct Seldom {
    /// Processor time, by slices that are over. It is measured where it is limited.
    pub(crate) used: Duration,
    pub(crate) slice_start: Option<Instant>,
    /// The state of the process's own generator of random numbers.
    pub(crate) random: Option<RandomState>,
    /// Where the process was when it reached a limit, as the words of a trace.
    pub(crate) limit_place: Vec<i64>,
}

/// The state of a generator of random numbers, whatever it is to whoever draws them.
pub type RandomState = [u64; 4];

impl Seldom {
    pub(crate) fn now(&self) -> Duration {
        self.used + self.slice_start.map_or(Duration::ZERO, |start| start.elapsed())
    }
}

// A million processes that wait are this large each, beside what they hold.
const _: () = assert!(std::mem::size_of::<Process>() <= 512);

#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) pc: NonZeroUsize,
    /// Words from the start of the stack.
    pub(crate) base: usize,
}

impl Process {
    pub fn new(vm: &Vm, config: impl Into<Arc<ProcessConfig>>) -> Process {
        let config = config.into();
        let mut heap_config = config.heap;
        heap_config.bytes_max = config.limits.heap_bytes_max;
        Process {
            vm: vm.clone(),
            id: vm.next_process_id(),
            heap: Heap::new(heap_config, vm.shared_arc()),
            stack: Stack::new(),
            config,
            signals: Arc::default(),
            position: None,
            slice_ticks: 0,
            reductions: 0,
            polls: 0,
            coins: 0,
            seldom: None,
            kept: None,
            is_warm: false,
            awaits_result: false,
            result: Value::NIL,
            script: Value::NIL,
            attachment: Attachment::default(),
            stable: 0,
            stable_before: 0,
        }
    }

    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// What another thread uses to kill or interrupt this process.
    pub fn signals(&self) -> Arc<Signals> {
        self.signals.clone()
    }

    pub fn config(&self) -> &ProcessConfig {
        &self.config
    }

    /// The variables of the entry script that later code finds: a Map by name, or nil.
    pub fn script(&self) -> Value {
        self.script
    }

    /// The values by which methods know the script's variables: a Map, or nil.
    pub fn set_script(&mut self, script: Value) {
        self.script = script;
    }

    pub fn shared_config(&self) -> &Arc<ProcessConfig> {
        &self.config
    }

    /// Ticks that the process has used: about one for each call and each turn of a loop.
    pub fn reductions(&self) -> u64 {
        self.reductions
    }

    /// Processor time that the process has used; it is only measured where it is limited.
    pub fn time_used(&self) -> Duration {
        self.seldom.as_ref().map_or(Duration::ZERO, |seldom| seldom.used)
    }
}
