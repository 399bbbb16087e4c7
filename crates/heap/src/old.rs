//! The old space.

use crate::memory::Chunk;

pub(crate) struct OldSpace {
    pub(crate) large: Vec<Chunk>,
}

impl OldSpace {
    pub(crate) fn boxed() -> Box<OldSpace> {
        Box::new(OldSpace { large: Vec::new() })
    }
}

impl Drop for OldSpace {
    fn drop(&mut self) {
        for chunk in self.large.drain(..) {
            chunk.free();
        }
    }
}
