//! Optimised code that was made, is in place, or is retired; and what it names.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use vm::optimised::ExitRecord;

use crate::memory::{CodeMemory, CodeRange};
use crate::quiescence::Workers;

/// What machine code holds addresses of. It lives as long as somebody may be in the code.
#[derive(Default)]
pub struct Named {
    pub records: Vec<Arc<ExitRecord>>,
    /// For each guard whether it was taken, in code that was made for tests.
    pub cells: Vec<Arc<AtomicU32>>,
}

/// Machine code before it has a place.
pub struct Made {
    pub code: Vec<u8>,
    pub named: Named,
}

/// Machine code in its place, with the stub that enters it.
pub struct Placed {
    pub address: u64,
    pub stub: u64,
    ranges: [CodeRange; 2],
    _named: Named,
}

impl Placed {
    /// Nothing where there is no room. `stub` makes the stub for an address.
    pub fn new(made: Made, memory: &mut CodeMemory, stub: impl FnOnce(u64) -> Vec<u8>) -> Option<Placed> {
        let range = memory.reserve(made.code.len())?;
        let address = memory.address(range).expose_provenance() as u64;
        let stub = stub(address);
        let Some(stub_range) = memory.reserve(stub.len()) else {
            memory.release(range);
            return None;
        };
        memory.write(range, &made.code);
        memory.write(stub_range, &stub);
        let stub = memory.address(stub_range).expose_provenance() as u64;
        Some(Placed { address, stub, ranges: [range, stub_range], _named: made.named })
    }

    pub fn bytes(&self) -> usize {
        self.ranges.iter().map(|range| range.bytes()).sum()
    }

    /// Gives its room back, when nobody can be in it.
    pub fn release(self, memory: &mut CodeMemory) -> usize {
        self.ranges.iter().for_each(|&range| memory.release(range));
        self.bytes()
    }
}

/// Code that nobody finds any more, but somebody may still be in.
#[derive(Default)]
pub struct Garbage(Vec<(u64, Placed)>);

impl Garbage {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes code that was made impossible to find before.
    pub fn add(&mut self, placed: impl Iterator<Item = Placed>, workers: &Workers) {
        let epoch = workers.advance();
        self.0.extend(placed.map(|placed| (epoch, placed)));
    }

    /// Frees what nobody can be in any more; how many bytes that was.
    pub fn free_past(&mut self, workers: &Workers, memory: &mut CodeMemory) -> usize {
        self.0
            .extract_if(.., |(epoch, _)| workers.are_past(*epoch))
            .map(|(_, placed)| placed.release(memory))
            .sum()
    }
}
