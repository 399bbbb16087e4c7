//! Which numbers an integer can be, and what need not be checked for that reason: sums that stay within 64 bits,
//! indices within bounds, boxes that fit in a word, divisions of small numbers.
//!
//! Ranges grow from nothing until all agree; what grows again and again is given a coarse bound soon. On top of its
//! range a value has facts: what branches and checks that came before have found.

use super::dominance::Dominance;
use super::form::{Block, End, Function, Operation, Type, Value};

/// All numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    low: i64,
    high: i64,
}

const ALL: Range = Range { low: i64::MIN, high: i64::MAX };
const SMALL: Range = Range { low: i32::MIN as i64, high: i32::MAX as i64 };
/// No object has more elements.
const LENGTHS: Range = Range { low: 0, high: 1 << 40 };
/// Integers that are the same as floats.
const EXACT: Range = Range { low: -(1 << 53), high: 1 << 53 };
/// Bounds that growing ranges are given.
const LOWS: [i64; 5] = [0, -1, SMALL.low, EXACT.low, i64::MIN];
const HIGHS: [i64; 4] = [SMALL.high, LENGTHS.high, EXACT.high, i64::MAX];
/// Rounds after which ranges grow to the next bound at once, and those after which the pass gives up.
const PATIENCE: usize = 2;
const ROUNDS: usize = 24;

impl Range {
    fn only(number: i64) -> Range {
        Range { low: number, high: number }
    }

    fn within(self, other: Range) -> bool {
        self.low >= other.low && self.high <= other.high
    }

    fn union(self, other: Range) -> Range {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The numbers of both; where there are none, no code runs, and any answer is right.
    fn intersection(self, other: Range) -> Range {
        let both = Range { low: self.low.max(other.low), high: self.high.min(other.high) };
        if both.low <= both.high { both } else { self }
    }

    fn is_natural(self) -> bool {
        self.low >= 0
    }

    /// What an operation gives for the ends of ranges, and whether that is always a number of 64 bits.
    fn of_ends(ends: &[i128]) -> (Range, bool) {
        let low = ends.iter().copied().min().unwrap_or(0);
        let high = ends.iter().copied().max().unwrap_or(0);
        let clamp = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        let range = Range { low: clamp(low), high: clamp(high) };
        (range, i128::from(range.low) == low && i128::from(range.high) == high)
    }

    /// A range that has grown, as large as it may get before long.
    fn widened(self, before: Range) -> Range {
        let low = if self.low < before.low { LOWS.into_iter().find(|&low| low <= self.low) } else { None };
        let high =
            if self.high > before.high { HIGHS.into_iter().find(|&high| high >= self.high) } else { None };
        Range { low: low.unwrap_or(self.low), high: high.unwrap_or(self.high) }
    }
}

/// What is known behind a branch or a check.
#[derive(Clone, Copy)]
enum Fact {
    Within(Value, Range),
    /// The first is less than the second.
    Less(Value, Value),
}

struct Ranges<'a> {
    function: &'a Function,
    dominance: &'a Dominance,
    /// By value; nothing where no way leads to it so far.
    known: Vec<Option<Range>>,
    /// By block.
    facts: Vec<Vec<Fact>>,
}

/// Leaves out checks that always hold.
pub fn use_ranges(function: &mut Function) {
    let dominance = Dominance::new(function);
    let count = (function.instructions.len(), function.blocks.len());
    let mut ranges = Ranges {
        function,
        dominance: &dominance,
        known: vec![None; count.0],
        facts: vec![Vec::new(); count.1],
    };
    if !ranges.settle() {
        return;
    }
    let changes = ranges.changes();
    for (value, block, change) in changes {
        match change {
            Change::To(operation) => {
                let instruction = &mut function.instructions[value.0 as usize];
                instruction.operation = operation;
                instruction.state = None;
            }
            Change::Gone => function.block_mut(block).instructions.retain(|&other| other != value),
        }
    }
}

/// What becomes of a check that always holds.
enum Change {
    To(Operation),
    Gone,
}

impl Ranges<'_> {
    /// Whether the ranges have come to agree.
    fn settle(&mut self) -> bool {
        let mut calm_rounds = 0;
        for round in 0..ROUNDS {
            let mut changed = false;
            for at in 0..self.dominance.order.len() {
                changed |= self.block(self.dominance.order[at], round);
            }
            calm_rounds = if changed { 0 } else { calm_rounds + 1 };
            // Jumps back bring what was found with facts of the round before.
            if calm_rounds == 2 {
                return true;
            }
        }
        false
    }

    /// One round of a block; whether it changed something.
    fn block(&mut self, block: Block, round: usize) -> bool {
        let function = self.function;
        self.facts[block.0 as usize] = self.facts_on_entry(block);
        let mut changed = false;
        for (index, &parameter) in function.block(block).parameters.iter().enumerate() {
            if function.type_of(parameter) == Type::Int {
                let joined = self.joined(block, index);
                changed |= self.learn(parameter, joined, round);
            }
        }
        for &value in &function.block(block).instructions {
            if function.type_of(value) == Type::Int {
                let range = self.result(value, block).map(|result| result.0);
                changed |= self.learn(value, range, round);
            }
            self.note(value, block);
        }
        changed
    }

    fn learn(&mut self, value: Value, range: Option<Range>, round: usize) -> bool {
        let before = self.known[value.0 as usize];
        let Some(range) = range else { return false };
        let grown = before.map_or(range, |before| before.union(range));
        let grown = match before {
            Some(before) if round > PATIENCE => grown.widened(before),
            _ => grown,
        };
        self.known[value.0 as usize] = Some(grown);
        before != Some(grown)
    }

    /// What the ways into a block bring for one of its parameters.
    fn joined(&self, block: Block, index: usize) -> Option<Range> {
        let ways = self.dominance.before[block.0 as usize].iter().filter_map(|&before| {
            let End::Jump(_, arguments) = &self.function.block(before).end else { return Some(ALL) };
            self.range(arguments[index], before)
        });
        ways.reduce(Range::union)
    }

    /// The numbers that a value can be in a block.
    fn range(&self, value: Value, block: Block) -> Option<Range> {
        let mut range = self.known[value.0 as usize]?;
        self.each_fact(block, |fact| {
            if let Fact::Within(other, within) = *fact
                && other == value
            {
                range = range.intersection(within);
            }
        });
        Some(range)
    }

    fn each_fact(&self, block: Block, mut look: impl FnMut(&Fact)) {
        let mut at = Some(block);
        while let Some(here) = at {
            self.facts[here.0 as usize].iter().for_each(&mut look);
            at = self.dominance.above(here);
        }
    }

    fn facts_on_entry(&self, block: Block) -> Vec<Fact> {
        let [before] = self.dominance.before[block.0 as usize].as_slice() else { return Vec::new() };
        let End::Branch(condition, then, other) = self.function.block(*before).end else { return Vec::new() };
        if then == other {
            return Vec::new();
        }
        self.facts_of(condition, then == block, *before)
    }

    /// What follows from a truth.
    fn facts_of(&self, condition: Value, holds: bool, block: Block) -> Vec<Fact> {
        let instruction = self.function.instruction(condition);
        let arguments = instruction.arguments.as_slice();
        match (instruction.operation, arguments, holds) {
            (Operation::Not, &[opposite], _) => self.facts_of(opposite, !holds, block),
            (Operation::LtInt, &[left, right], true) => self.less(left, right, 1, block),
            (Operation::LtInt, &[left, right], false) => self.less(right, left, 0, block),
            (Operation::LeInt, &[left, right], true) => self.less(left, right, 0, block),
            (Operation::LeInt, &[left, right], false) => self.less(right, left, 1, block),
            (Operation::EqInt, &[left, right], true) => {
                let mut facts = self.less(left, right, 0, block);
                facts.extend(self.less(right, left, 0, block));
                facts
            }
            _ => Vec::new(),
        }
    }

    /// Facts where one number is less than another by so much at least.
    fn less(&self, left: Value, right: Value, by: i64, block: Block) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(bound) = self.range(right, block) {
            facts.push(Fact::Within(left, Range { low: i64::MIN, high: bound.high.saturating_sub(by) }));
        }
        if let Some(bound) = self.range(left, block) {
            facts.push(Fact::Within(right, Range { low: bound.low.saturating_add(by), high: i64::MAX }));
        }
        if by > 0 {
            facts.push(Fact::Less(left, right));
        }
        facts
    }

    /// What is known behind a check.
    fn note(&mut self, value: Value, block: Block) {
        let instruction = self.function.instruction(value);
        let facts = match (instruction.operation, instruction.arguments.as_slice()) {
            (Operation::GuardTrue, &[condition]) => self.facts_of(condition, true, block),
            (Operation::GuardBounds, &[index, length]) => {
                let mut facts = self.less(index, length, 1, block);
                facts.push(Fact::Within(index, Range { low: 0, high: i64::MAX }));
                facts
            }
            _ => return,
        };
        self.facts[block.0 as usize].extend(facts);
    }

    /// The numbers that an instruction gives, and whether it never fails; nothing where it does not run so far.
    fn result(&self, value: Value, block: Block) -> Option<(Range, bool)> {
        let instruction = self.function.instruction(value);
        let argument = |index: usize| {
            let argument = *instruction.arguments.get(index)?;
            self.range(argument, block)
        };
        let two = || Some((argument(0)?, argument(1)?));
        Some(match instruction.operation {
            Operation::Int => (Range::only(instruction.immediate as i64), true),
            Operation::GuardInt => (SMALL, false),
            Operation::ListLength | Operation::TupleLength => (LENGTHS, true),
            Operation::NextInt => {
                let one = argument(0)?;
                (Range { low: one.low.saturating_add(1), high: one.high.saturating_add(1) }, true)
            }
            Operation::AddInt | Operation::SumInt => {
                let (left, right) = two()?;
                let add = |left: i64, right: i64| i128::from(left) + i128::from(right);
                Range::of_ends(&[add(left.low, right.low), add(left.high, right.high)])
            }
            Operation::SubInt | Operation::DifferenceInt => {
                let (left, right) = two()?;
                let subtract = |left: i64, right: i64| i128::from(left) - i128::from(right);
                Range::of_ends(&[subtract(left.low, right.high), subtract(left.high, right.low)])
            }
            Operation::MulInt | Operation::ProductInt => {
                let (left, right) = two()?;
                let of = |left: i64, right: i64| i128::from(left) * i128::from(right);
                Range::of_ends(&[
                    of(left.low, right.low),
                    of(left.low, right.high),
                    of(left.high, right.low),
                    of(left.high, right.high),
                ])
            }
            _ => {
                let (left, right) = two().unwrap_or((ALL, ALL));
                (of_bits_and_divisions(instruction.operation, left, right), false)
            }
        })
    }

    /// The checks that always hold.
    fn changes(&mut self) -> Vec<(Value, Block, Change)> {
        let mut changes = Vec::new();
        let function = self.function;
        for at in 0..self.dominance.order.len() {
            let block = self.dominance.order[at];
            self.facts[block.0 as usize] = self.facts_on_entry(block);
            for &value in &function.block(block).instructions {
                if let Some(change) = self.change(value, block) {
                    changes.push((value, block, change));
                }
                self.note(value, block);
            }
        }
        changes
    }

    fn change(&self, value: Value, block: Block) -> Option<Change> {
        let instruction = self.function.instruction(value);
        let argument = |index: usize| self.range(instruction.arguments[index], block);
        let never_fails = || self.result(value, block).is_some_and(|result| result.1);
        let to = |operation: Operation, holds: bool| holds.then_some(Change::To(operation));
        match instruction.operation {
            Operation::AddInt => to(Operation::SumInt, never_fails()),
            Operation::SubInt => to(Operation::DifferenceInt, never_fails()),
            Operation::MulInt => to(Operation::ProductInt, never_fails()),
            Operation::BoxInt => to(Operation::BoxSmallInt, argument(0)?.within(SMALL)),
            Operation::ExactFloat => to(Operation::IntToFloat, argument(0)?.within(EXACT)),
            Operation::FloorDivInt | Operation::ModInt => {
                let (left, right) = (argument(0)?, argument(1)?);
                let are_small = left.within(SMALL) && right.within(SMALL);
                let holds = are_small && left.is_natural() && right.low > 0;
                match instruction.operation {
                    Operation::FloorDivInt => to(Operation::DivSmall, holds),
                    _ => to(Operation::ModSmall, holds),
                }
            }
            Operation::GuardBounds => {
                let (index, length) = (instruction.arguments[0], instruction.arguments[1]);
                let (first, second) = (self.range(index, block)?, self.range(length, block)?);
                let mut is_less = first.high < second.low;
                self.each_fact(block, |fact| {
                    is_less |= matches!(*fact, Fact::Less(left, right) if left == index && right == length);
                });
                (is_less && first.is_natural()).then_some(Change::Gone)
            }
            _ => None,
        }
    }
}

/// What operations on bits and divisions give; divisors are more than zero, or the code is left.
fn of_bits_and_divisions(operation: Operation, left: Range, right: Range) -> Range {
    let naturals = left.is_natural() && right.is_natural();
    match operation {
        Operation::FloorDivInt | Operation::DivSmall => {
            let divisor = (right.low.max(1), right.high.max(1));
            let ends = [
                left.low.div_euclid(divisor.0),
                left.low.div_euclid(divisor.1),
                left.high.div_euclid(divisor.0),
                left.high.div_euclid(divisor.1),
            ];
            Range::of_ends(&ends.map(i128::from)).0
        }
        Operation::ModInt | Operation::ModSmall => {
            let most = right.high.saturating_sub(1).max(0);
            Range { low: 0, high: if left.is_natural() { most.min(left.high) } else { most } }
        }
        Operation::AndInt if left.is_natural() || right.is_natural() => {
            let most = |range: Range| if range.is_natural() { range.high } else { i64::MAX };
            Range { low: 0, high: most(left).min(most(right)) }
        }
        Operation::OrInt | Operation::XorInt if naturals => {
            let bits = 64 - (left.high | right.high).leading_zeros();
            Range { low: 0, high: if bits >= 63 { i64::MAX } else { (1 << bits) - 1 } }
        }
        Operation::ShrInt => {
            let by = right.low.clamp(0, 62);
            Range {
                low: if left.is_natural() { 0 } else { left.low >> by },
                high: if left.high < 0 { -1 } else { left.high >> by },
            }
        }
        _ => ALL,
    }
}
