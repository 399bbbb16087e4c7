//! A table that only grows, with entries that never move: writers are serialised by their owner, readers take
//! no lock. Segment `n` holds `FIRST << n` entries, so an id gives segment and place by its leading bit.

use std::sync::OnceLock;

const FIRST: usize = 64;
const SEGMENTS: usize = 21;

pub(crate) struct AppendTable<T> {
    segments: [OnceLock<Box<[OnceLock<T>]>>; SEGMENTS],
}

impl<T> AppendTable<T> {
    pub(crate) const fn new() -> AppendTable<T> {
        AppendTable { segments: [const { OnceLock::new() }; SEGMENTS] }
    }

    fn place(index: usize) -> (usize, usize) {
        let position = index + FIRST;
        let segment = (position.ilog2() - FIRST.ilog2()) as usize;
        (segment, position - (FIRST << segment))
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        let (segment, offset) = Self::place(index);
        self.segments.get(segment)?.get()?.get(offset)?.get()
    }

    /// Fills an entry that was empty; `false` when it was not or the table is full.
    pub(crate) fn set(&self, index: usize, value: T) -> bool {
        let (segment, offset) = Self::place(index);
        let Some(segment_cell) = self.segments.get(segment) else { return false };
        let entries = segment_cell.get_or_init(|| (0..FIRST << segment).map(|_| OnceLock::new()).collect());
        entries[offset].set(value).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_where_they_were_put() {
        let table = AppendTable::new();
        for index in 0..5000usize {
            assert!(table.get(index).is_none());
            assert!(table.set(index, index * 3));
        }
        assert!((0..5000).all(|index| table.get(index) == Some(&(index * 3))));
        assert!(!table.set(17, 0));
        assert_eq!(AppendTable::<u8>::place(63), (0, 63));
        assert_eq!(AppendTable::<u8>::place(64), (1, 0));
    }
}
