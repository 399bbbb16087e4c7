//! Leaves out blocks that nothing goes to.

use std::collections::HashSet;

use crate::form::{BlockId, Code};

/// Removes unreachable blocks from the layout; handlers are reached from every block of their region.
pub fn remove_unreachable(code: &mut Code) -> usize {
    let Some(&entry) = code.order.first() else { return 0 };
    let mut reached: HashSet<BlockId> = HashSet::new();
    let mut work = vec![entry];
    while let Some(id) = work.pop() {
        if !reached.insert(id) {
            continue;
        }
        work.extend(code.successors(id));
        let mut region = code.block(id).region;
        while let Some(current) = region {
            let target = code.region(current).target;
            if code.order.contains(&target) {
                work.push(target);
            }
            region = code.region(current).parent;
        }
    }
    let before = code.order.len();
    code.order.retain(|id| reached.contains(id));
    before - code.order.len()
}
