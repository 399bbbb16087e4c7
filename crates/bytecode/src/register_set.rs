//! A set of the registers of one frame: 256 bits.

/// A set of register numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RegisterSet([u64; 4]);

impl RegisterSet {
    pub const EMPTY: RegisterSet = RegisterSet([0; 4]);

    /// The registers below `end`, which is at most 256.
    pub fn below(end: usize) -> RegisterSet {
        let mut set = RegisterSet::EMPTY;
        for (index, bits) in set.0.iter_mut().enumerate() {
            *bits = match end.saturating_sub(index * 64) {
                0 => 0,
                count @ 1..64 => (1 << count) - 1,
                _ => u64::MAX,
            };
        }
        set
    }

    /// The registers whose bits are set, lowest first; at most four words.
    pub fn from_words(words: &[u64]) -> RegisterSet {
        let mut set = RegisterSet::EMPTY;
        set.0[..words.len()].copy_from_slice(words);
        set
    }

    /// The registers from `start` up.
    pub fn from(start: usize) -> RegisterSet {
        RegisterSet::below(256).without(RegisterSet::below(start))
    }

    /// `count` registers from `start` up, cut off at 256.
    pub fn range(start: usize, count: usize) -> RegisterSet {
        RegisterSet::below((start + count).min(256)).without(RegisterSet::below(start))
    }

    #[inline]
    pub fn insert(&mut self, register: u8) {
        self.0[usize::from(register) / 64] |= 1 << (register % 64);
    }

    #[inline]
    pub fn remove(&mut self, register: u8) {
        self.0[usize::from(register) / 64] &= !(1 << (register % 64));
    }

    #[inline]
    pub fn contains(&self, register: u8) -> bool {
        self.0[usize::from(register) / 64] >> (register % 64) & 1 != 0
    }

    #[must_use]
    pub fn union(mut self, other: RegisterSet) -> RegisterSet {
        for (bits, more) in self.0.iter_mut().zip(other.0) {
            *bits |= more;
        }
        self
    }

    #[must_use]
    pub fn intersection(mut self, other: RegisterSet) -> RegisterSet {
        for (bits, kept) in self.0.iter_mut().zip(other.0) {
            *bits &= kept;
        }
        self
    }

    #[must_use]
    pub fn without(mut self, other: RegisterSet) -> RegisterSet {
        for (bits, taken) in self.0.iter_mut().zip(other.0) {
            *bits &= !taken;
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// The bits, lowest register first.
    #[inline]
    pub fn words(&self) -> &[u64; 4] {
        &self.0
    }

    /// The registers in rising order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().enumerate().flat_map(|(index, mut bits)| {
            std::iter::from_fn(move || {
                if bits == 0 {
                    return None;
                }
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                Some((index as u32 * 64 + bit) as u8)
            })
        })
    }
}

impl FromIterator<u8> for RegisterSet {
    fn from_iter<T: IntoIterator<Item = u8>>(registers: T) -> RegisterSet {
        let mut set = RegisterSet::EMPTY;
        for register in registers {
            set.insert(register);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_exactly_their_registers() {
        for (start, count) in [(0, 0), (0, 1), (0, 256), (60, 10), (63, 1), (64, 64), (250, 20), (255, 1)] {
            let expected: Vec<u8> =
                (start..(start + count).min(256)).map(|register| register as u8).collect();
            assert_eq!(RegisterSet::range(start, count).iter().collect::<Vec<_>>(), expected);
            assert_eq!(RegisterSet::range(start, count).len(), expected.len());
        }
        assert_eq!(RegisterSet::from(200).len(), 56);
    }

    #[test]
    fn members_come_and_go() {
        let mut set: RegisterSet = [3, 64, 255].into_iter().collect();
        assert!(set.contains(64) && !set.contains(65));
        set.remove(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 255]);
        assert!(set.without(set).is_empty());
    }
}
