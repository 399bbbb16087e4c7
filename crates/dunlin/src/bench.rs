//! Measuring `bench "..." { }` blocks.
//!
//! A block is called in rounds. A loop in Dunlin makes the calls of a round, so that what is measured is the block and
//! the loop around it, and not the way from this program into the VM. How many calls a round has is found while warming
//! up; machine code is made in that time too.

use std::time::{Duration, Instant};

use bytecode::Unit;
use compiler::Mode;
use heap::Value;

use crate::engine::Engine;
use crate::execution::Execution;
use crate::failure::{Failure, FailureKind};

/// How long a block is measured.
#[derive(Clone, Copy, Debug)]
pub struct BenchPlan {
    /// Before anything counts, at least one call.
    pub warm_up: Duration,
    /// About so long, but at least `ROUNDS_MIN` rounds.
    pub time: Duration,
}

/// What one block took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Nanoseconds a call, one number a round, sorted.
    pub rounds: Vec<f64>,
    /// How many calls a round had.
    pub calls: u32,
}

impl Measured {
    /// The middle of the rounds.
    pub fn median(&self) -> f64 {
        let (half, count) = (self.rounds.len() / 2, self.rounds.len());
        match (count, count % 2) {
            (0, _) => 0.0,
            (_, 1) => self.rounds[half],
            (_, _) => f64::midpoint(self.rounds[half - 1], self.rounds[half]),
        }
    }

    /// Where the median lies with a confidence of 95 %, by the ranks that the binomial distribution gives. It supposes
    /// nothing of how times are distributed.
    pub fn interval(&self) -> (f64, f64) {
        let Some(last) = self.rounds.len().checked_sub(1) else { return (0.0, 0.0) };
        let count = self.rounds.len() as f64;
        let below = ((count - 1.96 * count.sqrt()) / 2.0).max(0.0) as usize;
        (self.rounds[below.min(last / 2)], self.rounds[last - below.min(last / 2)])
    }
}

/// What became of one block.
#[derive(Clone, Debug)]
pub struct BenchResult {
    pub name: String,
    pub outcome: Result<Measured, Failure>,
}

/// A median of fewer says little.
const ROUNDS_MIN: usize = 7;
/// More than these make the interval no smaller than the machine's own moods.
const ROUNDS_MAX: u32 = 60;
/// The loop gets its number of calls as a small Int.
const CALLS_MAX: u32 = 1 << 30;

/// The last value is given back, so that a compiler cannot leave the calls out.
const REPEAT: &str = "\
pub fn repeat(block, count) {
  var last = nil
  var done = 0
  while done < count {
    last = block()
    done += 1
  }
  last
}
";

impl Engine {
    /// Measures the benches of a file whose names are wanted, one after another, each after the file's top level in a
    /// process of its own. Each result is told as soon as it is there.
    pub fn bench_file(
        &self,
        path: &str,
        plan: &BenchPlan,
        is_wanted: &dyn Fn(&str) -> bool,
        tell: &mut dyn FnMut(BenchResult),
    ) -> Result<(), Failure> {
        let unit = self.compile_file(path)?.into_unit();
        for (index, (name, _)) in unit.benches.iter().enumerate().filter(|(_, (name, _))| is_wanted(name)) {
            let mut execution = self.execution();
            let outcome = self.bench(&mut execution, unit.clone(), index, plan);
            self.finish(&mut execution);
            tell(BenchResult { name: name.clone(), outcome });
        }
        Ok(())
    }

    fn bench(
        &self,
        execution: &mut Execution,
        unit: Unit,
        index: usize,
        plan: &BenchPlan,
    ) -> Result<Measured, Failure> {
        let repeat = self.compile_text("<bench>", REPEAT.to_string(), Mode::Module)?.into_unit();
        let repeat = execution.link(repeat)?;
        let module = execution.link(unit)?;
        execution.run(module)?;
        let missing = || Failure::new(FailureKind::Internal, "error: a bench has no function");
        let repeat = execution.vm().export(repeat, "repeat").ok_or_else(missing)?;
        let benches = execution.vm().benches(module);
        let block = benches.get(index).ok_or_else(missing)?.1;
        measure(plan, &mut |calls| round(execution, repeat, block, calls))
    }
}

/// The time of so many calls.
fn round(execution: &mut Execution, repeat: Value, block: Value, calls: u32) -> Result<Duration, Failure> {
    let start = Instant::now();
    execution.call(repeat, &[block, Value::int32(calls.cast_signed())])?;
    Ok(start.elapsed())
}

/// Warms up, finds how many calls make a round, and measures rounds.
fn measure(
    plan: &BenchPlan,
    round: &mut dyn FnMut(u32) -> Result<Duration, Failure>,
) -> Result<Measured, Failure> {
    let wanted = (plan.time / ROUNDS_MAX).max(Duration::from_micros(100));
    let start = Instant::now();
    let mut calls = 1;
    let mut elapsed = round(calls)?;
    while start.elapsed() < plan.warm_up || elapsed < wanted {
        if elapsed < wanted / 2 && calls < CALLS_MAX {
            calls *= 2;
        } else if start.elapsed() >= plan.warm_up {
            break;
        }
        elapsed = round(calls)?;
    }
    let start = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < ROUNDS_MIN || (start.elapsed() < plan.time && rounds.len() < ROUNDS_MAX as usize) {
        rounds.push(round(calls)?.as_nanos() as f64 / f64::from(calls));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(Measured { rounds, calls })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(rounds: &[f64]) -> Measured {
        Measured { rounds: rounds.to_vec(), calls: 1 }
    }

    #[test]
    fn the_median_is_the_middle_and_the_interval_lies_around_it() {
        let of_nine = measured(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 90.0]);
        assert_eq!(of_nine.median(), 5.0);
        // Seven of nine cover 96 %, as tables of the binomial distribution have it.
        assert_eq!(of_nine.interval(), (2.0, 8.0));
        assert_eq!(measured(&[1.0, 3.0]).median(), 2.0);
        assert_eq!(measured(&[4.0]).interval(), (4.0, 4.0));
        assert_eq!(measured(&[]).interval(), (0.0, 0.0));
    }

    #[test]
    fn rounds_grow_until_they_can_be_timed() {
        let plan = BenchPlan { warm_up: Duration::from_millis(1), time: Duration::from_millis(60) };
        let mut longest = 0;
        let mut round = |calls: u32| {
            longest = longest.max(calls);
            Ok(Duration::from_nanos(u64::from(calls) * 1000))
        };
        let found = measure(&plan, &mut round).expect("nothing fails");
        assert!(found.calls >= 512 && longest == found.calls, "{found:?}");
        assert_eq!((found.rounds.len(), found.median()), (60, 1000.0));
    }
}
