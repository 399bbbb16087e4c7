//! Why optimised code is left: guards that fail without need, for tests, and counts of what failed.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::ssa::form::Operation;
use crate::ssa::table::Effect;

/// Which guards fail though nothing is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuardTest {
    #[default]
    None,
    /// Each when a coin says so.
    Coins,
    /// Each the first time that it is reached. Such code says what it is left for, which is counted.
    EachOnce,
}

/// What code that counts says it is left for; zero is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub u32);

impl Reason {
    /// The end of what was compiled: of a loop, or where an instruction follows that was never seen to run.
    pub const END: Reason = Reason(1);
    /// The stack has no room for what is inlined.
    pub const STACK: Reason = Reason(2);
    const FIRST_OPERATION: u32 = 3;

    /// What an operation checks does not hold.
    pub fn of(operation: Operation) -> Reason {
        Reason(Reason::FIRST_OPERATION + operation as u32)
    }

    /// All that there are.
    pub fn all() -> impl Iterator<Item = Reason> {
        let operations = Operation::ALL.iter().filter(|operation| operation.may_leave());
        [Reason::END, Reason::STACK].into_iter().chain(operations.map(|&operation| Reason::of(operation)))
    }

    pub fn name(self) -> &'static str {
        match self {
            Reason::END => "end",
            Reason::STACK => "stack",
            Reason(number) => {
                let operation = number.checked_sub(Reason::FIRST_OPERATION).map(|index| index as usize);
                operation
                    .and_then(|index| Operation::ALL.get(index))
                    .map_or("unknown", |known| known.row().name)
            }
        }
    }
}

impl Operation {
    /// Whether a check of it may leave the code.
    fn may_leave(self) -> bool {
        match self.row().effect {
            Effect::Guard => true,
            Effect::All => self == Operation::Poll,
            Effect::Pure | Effect::Read | Effect::Make | Effect::Write => false,
        }
    }
}

/// How often code was left for each reason.
pub struct Exits(Vec<AtomicU64>);

impl Default for Exits {
    fn default() -> Exits {
        let count = Reason::FIRST_OPERATION as usize + Operation::ALL.len();
        Exits((0..count).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Exits {
    pub fn count(&self, reason: Reason) {
        if let Some(counter) = self.0.get(reason.0 as usize) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Every reason with its count.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        Reason::all().map(|reason| (reason.name(), self.0[reason.0 as usize].load(Relaxed))).collect()
    }

    /// For people; nothing where nothing was counted.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, count) in self.counts().into_iter().filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "  {count:>8} exits: {name}");
        }
        text
    }
}
