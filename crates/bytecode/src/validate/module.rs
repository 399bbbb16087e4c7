//! The unit's own tables: imports, exports, entry, tests, benches.

use std::collections::HashSet;

use super::{Problem, require};
use crate::limits::ITEMS_MAX;
use crate::unit::{ExportItem, Unit};

pub(super) fn check(unit: &Unit) -> Result<(), Problem> {
    let counts = [
        (unit.imports.len(), "imports"),
        (unit.functions.len(), "functions"),
        (unit.classes.len(), "classes"),
        (unit.slots.len(), "slots"),
        (unit.exports.len(), "exports"),
        (unit.tests.len(), "tests"),
        (unit.benches.len(), "benches"),
    ];
    for (count, what) in counts {
        require(count <= ITEMS_MAX, &format!("the unit has too many {what}"))?;
    }
    stands_alone(unit, unit.entry).map_err(|problem| format!("the entry {problem}"))?;
    for (name, function) in &unit.tests {
        stands_alone(unit, *function).map_err(|problem| format!("test {name:?} {problem}"))?;
    }
    for (name, function) in &unit.benches {
        stands_alone(unit, *function).map_err(|problem| format!("bench {name:?} {problem}"))?;
    }
    let mut names = HashSet::new();
    for export in &unit.exports {
        let named = |problem: &str| format!("export {:?} {problem}", export.name);
        require(names.insert(&export.name), &named("is there twice"))?;
        let exists = match export.item {
            ExportItem::Function(index) => {
                let function = unit.functions.get(index as usize);
                function.is_some_and(|function| function.captures == 0)
            }
            ExportItem::Class(index) => (index as usize) < unit.classes.len(),
            ExportItem::Slot(index) => (index as usize) < unit.slots.len(),
            ExportItem::Module => true,
        };
        require(exists, &named("is nothing that can be exported"))?;
    }
    Ok(())
}

/// The function can be called with nothing.
fn stands_alone(unit: &Unit, index: u32) -> Result<(), Problem> {
    let function = unit.functions.get(index as usize).ok_or("is no function")?;
    require(function.params.is_empty(), "has parameters")?;
    require(function.captures == 0, "captures values")
}
