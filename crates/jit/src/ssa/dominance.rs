//! Which block always runs before which.

use super::form::{Block, ENTRY, Function};

/// The blocks that can be reached, each behind all that lead to it but for jumps back; and for each the block that
/// always runs before it.
pub struct Dominance {
    pub order: Vec<Block>,
    /// Place in `order`, by block.
    position: Vec<usize>,
    /// The nearest block that always runs before, by block.
    above: Vec<Option<Block>>,
    pub before: Vec<Vec<Block>>,
}

impl Dominance {
    pub fn new(function: &Function) -> Dominance {
        let order = reverse_postorder(function);
        let count = function.blocks.len();
        let mut position = vec![usize::MAX; count];
        for (at, block) in order.iter().enumerate() {
            position[block.0 as usize] = at;
        }
        let mut before = vec![Vec::new(); count];
        for &block in &order {
            for next in function.successors(block) {
                before[next.0 as usize].push(block);
            }
        }
        let mut dominance = Dominance { order, position, above: vec![None; count], before };
        dominance.solve();
        dominance
    }

    fn solve(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for at in 1..self.order.len() {
                let block = self.order[at];
                let mut found: Option<Block> = None;
                for &before in &self.before[block.0 as usize] {
                    if before == ENTRY || self.above[before.0 as usize].is_some() {
                        found = Some(found.map_or(before, |known| self.meet(known, before)));
                    }
                }
                if found != self.above[block.0 as usize] {
                    self.above[block.0 as usize] = found;
                    changed = true;
                }
            }
        }
    }

    fn meet(&self, mut left: Block, mut right: Block) -> Block {
        let place = |block: Block| self.position[block.0 as usize];
        while left != right {
            if place(left) > place(right) {
                left = self.above[left.0 as usize].unwrap_or(ENTRY);
            } else {
                right = self.above[right.0 as usize].unwrap_or(ENTRY);
            }
        }
        left
    }

    pub fn is_reached(&self, block: Block) -> bool {
        self.position[block.0 as usize] != usize::MAX
    }

    /// The nearest block that always runs before.
    pub fn above(&self, block: Block) -> Option<Block> {
        self.above[block.0 as usize]
    }

    /// Whether `upper` always runs before `lower`, or is it.
    pub fn dominates(&self, upper: Block, lower: Block) -> bool {
        let mut at = Some(lower);
        while let Some(block) = at {
            if block == upper {
                return true;
            }
            at = self.above(block);
        }
        false
    }

    /// The blocks of the loop with this header; empty where it is none.
    pub fn loop_blocks(&self, header: Block) -> Vec<Block> {
        let before = &self.before[header.0 as usize];
        let mut work: Vec<Block> =
            before.iter().copied().filter(|&block| self.dominates(header, block)).collect();
        if work.is_empty() {
            return Vec::new();
        }
        let mut inside = vec![header];
        while let Some(block) = work.pop() {
            if !inside.contains(&block) {
                inside.push(block);
                work.extend(&self.before[block.0 as usize]);
            }
        }
        inside
    }
}

fn reverse_postorder(function: &Function) -> Vec<Block> {
    let mut seen = vec![false; function.blocks.len()];
    let mut finished = Vec::new();
    let mut work = vec![(ENTRY, 0)];
    seen[ENTRY.0 as usize] = true;
    while let Some((block, next)) = work.pop() {
        let Some(&successor) = function.successors(block).get(next) else {
            finished.push(block);
            continue;
        };
        work.push((block, next + 1));
        if !std::mem::replace(&mut seen[successor.0 as usize], true) {
            work.push((successor, 0));
        }
    }
    finished.reverse();
    finished
}
