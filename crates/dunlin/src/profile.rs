//! Where the time of a program goes: samples of where its processes stand, taken by the clock.
//!
//! A thread asks all processes that run to tell where they stand; each answers at its next safepoint, in machine code as
//! in the interpreter. A safepoint is at most some microseconds away, except in a builtin that works for long: what that
//! takes is seen in the frame that called it. A program that is not profiled pays nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::Runtime;
use vm::{Sampler, TraceFrame, Vm};

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileFrame {
    pub function: String,
    pub path: String,
    /// 0 where it is not known.
    pub line: u32,
}

/// One way of calls, and how often a process stood at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Outermost first.
    pub frames: Vec<ProfileFrame>,
    pub samples: u64,
}

/// What the profile of a run holds.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub period: Duration,
    /// The most frequent first.
    pub stacks: Vec<Stack>,
}

impl Profile {
    pub fn samples(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.samples).sum()
    }
}

/// Counts samples while a program runs.
#[derive(Clone, Default)]
pub(crate) struct Samples(Arc<Mutex<HashMap<Vec<i64>, u64>>>);

impl Samples {
    /// What the VM calls.
    pub fn sampler(&self) -> Sampler {
        let samples = self.clone();
        Box::new(move |frames| {
            *samples.0.lock().unwrap_or_else(PoisonError::into_inner).entry(frames).or_insert(0) += 1;
        })
    }

    /// The samples so far, with the names of their places.
    pub fn profile(&self, vm: &Vm, period: Duration) -> Profile {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut named: HashMap<Vec<ProfileFrame>, u64> = HashMap::new();
        for (words, count) in counts.iter() {
            let frames = words.iter().rev().filter_map(|&word| vm.frame(word)).filter_map(place);
            *named.entry(frames.collect()).or_insert(0) += count;
        }
        let stacks = named.into_iter().map(|(frames, samples)| Stack { frames, samples });
        let mut stacks: Vec<Stack> = stacks.collect();
        stacks.sort_by(|a, b| b.samples.cmp(&a.samples).then_with(|| a.frames.cmp(&b.frames)));
        Profile { period, stacks }
    }
}

fn place(frame: TraceFrame) -> Option<ProfileFrame> {
    match frame {
        TraceFrame::Frame { function, path, position, .. } => {
            Some(ProfileFrame { function, path, line: position.map_or(0, |(line, _)| line) })
        }
        TraceFrame::LeftOut(_) => None,
    }
}

/// Asks for samples until it is dropped.
pub(crate) struct Clock {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Clock {
    /// Nothing where the system gives no thread.
    pub fn start(runtime: &Arc<Runtime>, period: Duration) -> Clock {
        let is_over = Arc::new(AtomicBool::new(false));
        let (runtime, over) = (Arc::downgrade(runtime), is_over.clone());
        let work = move || {
            while !over.load(Relaxed) {
                std::thread::sleep(period);
                match runtime.upgrade() {
                    Some(runtime) => runtime.sample(),
                    None => return,
                }
            }
        };
        let thread = std::thread::Builder::new().name("dunlin-profile".to_string()).spawn(work).ok();
        Clock { is_over, thread }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}
