//! How the VM shows its values to the collector.

use crate::value::Value;

/// Which roots a collection needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootScope {
    /// Roots that may hold young objects: frames above the watermark, registers, handles. Those below it were
    /// seen by two collections already and can hold old objects only.
    Young,
    /// Every root.
    All,
}

/// The values outside the heap. Each `Value` place that the program can still read must be shown exactly once; the
/// visitor may change it. Places that are dead must not be shown.
pub trait Roots {
    fn visit(&mut self, scope: RootScope, visitor: &mut impl FnMut(&mut Value));
}

/// No roots: everything dies.
pub struct NoRoots;

impl Roots for NoRoots {
    fn visit(&mut self, _: RootScope, _: &mut impl FnMut(&mut Value)) {}
}

impl Roots for Vec<Value> {
    fn visit(&mut self, _: RootScope, visitor: &mut impl FnMut(&mut Value)) {
        self.iter_mut().for_each(visitor);
    }
}

/// What a collection should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The heap wants it: empty the nursery, do the steps of marking and sweeping that are due.
    Poll,
    /// Everything, to the end: after `NeedGc`, and on demand.
    Full,
}
