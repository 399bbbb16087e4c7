//! How single values are written and read.

use crate::limits;

/// Levels of containers: those of constants, and the few they stand in.
const NESTING_MAX: usize = limits::CONSTANT_DEPTH_MAX + 4;

/// An item of two bytes in a file can take a hundred in memory, so the bytes that are left are no bound.
const SECTION_MEMORY_MAX: usize = 256 << 20;

/// What is wrong with a file and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Byte offset in the file.
    pub offset: usize,
    pub problem: &'static str,
}

impl std::fmt::Display for WireError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "byte {}: {}", self.offset, self.problem)
    }
}

impl std::error::Error for WireError {}

/// A value with a binary form.
pub(super) trait Wire: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError>;

    fn write_many(items: &[Self], out: &mut Vec<u8>) {
        (items.len() as u64).write(out);
        for item in items {
            item.write(out);
        }
    }

    /// Reads a counted sequence. Every item takes at least one byte, so the count is checked before the loop,
    /// and the vector grows only as items arrive.
    fn read_many(input: &mut Reader<'_>) -> Result<Vec<Self>, WireError> {
        let count = input.count(1)?;
        let mut items = Vec::new();
        for _ in 0..count {
            input.charge(size_of::<Self>())?;
            items.push(Self::read(input)?);
        }
        Ok(items)
    }
}

/// The unread part of a section.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Where `bytes` starts in the file.
    base: usize,
    depth: usize,
    /// What the items of this section may still take.
    memory_left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], base: usize) -> Reader<'a> {
        Reader { bytes, position: 0, base, depth: 0, memory_left: SECTION_MEMORY_MAX }
    }

    pub(super) fn error<T>(&self, problem: &'static str) -> Result<T, WireError> {
        Err(WireError { offset: self.offset(), problem })
    }

    /// The offset of the next byte in the file.
    pub(super) fn offset(&self) -> usize {
        self.base + self.position
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        if count > self.remaining() {
            return self.error("the file ends too early");
        }
        let taken = &self.bytes[self.position..self.position + count];
        self.position += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A count of items of at least `bytes_each`, which must be left.
    pub(super) fn count(&mut self, bytes_each: usize) -> Result<usize, WireError> {
        let start = self.offset();
        let count = u64::read(self)?;
        if count > (self.remaining() / bytes_each) as u64 {
            return Err(WireError {
                offset: start,
                problem: "a count is larger than what is left of the section",
            });
        }
        Ok(count as usize)
    }

    /// Reads what a container holds; containers are what constants nest by.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        if self.depth >= NESTING_MAX {
            return self.error("constants are nested too deep");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Counts memory that is about to be taken.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), WireError> {
        match self.memory_left.checked_sub(bytes) {
            Some(left) => self.memory_left = left,
            None => return self.error("the section would take too much memory"),
        }
        Ok(())
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), WireError> {
        match self.remaining() {
            0 => Ok(()),
            _ => self.error("there is more than belongs here"),
        }
    }
}

impl Wire for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(input.array::<1>()?[0])
    }
    fn write_many(items: &[u8], out: &mut Vec<u8>) {
        (items.len() as u64).write(out);
        out.extend_from_slice(items);
    }
    fn read_many(input: &mut Reader<'_>) -> Result<Vec<u8>, WireError> {
        let count = input.count(1)?;
        Ok(input.take(count)?.to_vec())
    }
}

impl Wire for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let start = input.offset();
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = u8::read(input)?;
            let bits = u64::from(byte & 0x7F);
            let longer_than_needed = byte == 0 && shift > 0;
            if bits << shift >> shift != bits || longer_than_needed {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError { offset: start, problem: "a number is not in its shortest form or too large" })
    }
}

/// Reads a number that is narrower than it could be on the wire.
fn read_narrow<T: TryFrom<u64>>(input: &mut Reader<'_>) -> Result<T, WireError> {
    let start = input.offset();
    let value = u64::read(input)?;
    T::try_from(value).map_err(|_| WireError { offset: start, problem: "a number is too large" })
}

impl Wire for u16 {
    fn write(&self, out: &mut Vec<u8>) {
        u64::from(*self).write(out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        read_narrow(input)
    }
}

impl Wire for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        u64::from(*self).write(out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        read_narrow(input)
    }
    /// Sequences of words are code: four bytes each.
    fn write_many(items: &[u32], out: &mut Vec<u8>) {
        (items.len() as u64).write(out);
        out.extend(items.iter().flat_map(|word| word.to_le_bytes()));
    }
    fn read_many(input: &mut Reader<'_>) -> Result<Vec<u32>, WireError> {
        let count = input.count(4)?;
        let (words, _) = input.take(count * 4)?.as_chunks::<4>();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }
}

impl Wire for i64 {
    /// Zigzag, so that small negative numbers are short.
    fn write(&self, out: &mut Vec<u8>) {
        ((*self as u64) << 1 ^ (*self >> 63) as u64).write(out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let coded = u64::read(input)?;
        Ok((coded >> 1) as i64 ^ -((coded & 1) as i64))
    }
}

impl Wire for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_bits().to_le_bytes());
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok(f64::from_bits(u64::from_le_bytes(input.array()?)))
    }
}

impl Wire for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        match u8::read(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => input.error("a truth value is neither 0 nor 1"),
        }
    }
}

impl Wire for char {
    fn write(&self, out: &mut Vec<u8>) {
        u32::from(*self).write(out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let start = input.offset();
        char::from_u32(u32::read(input)?)
            .ok_or(WireError { offset: start, problem: "a char is no Unicode scalar value" })
    }
}

impl Wire for String {
    fn write(&self, out: &mut Vec<u8>) {
        u8::write_many(self.as_bytes(), out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        let start = input.offset();
        let bytes = u8::read_many(input)?;
        String::from_utf8(bytes).map_err(|_| WireError { offset: start, problem: "a text is not UTF-8" })
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write_many(self, out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.nested(T::read_many)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        if bool::read(input)? { T::read(input).map(Some) } else { Ok(None) }
    }
}

impl<T: Wire> Wire for Box<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        input.nested(T::read).map(Box::new)
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Wire + PartialEq + std::fmt::Debug>(value: T) {
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        let mut reader = Reader::new(&bytes, 0);
        assert_eq!(T::read(&mut reader), Ok(value));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn numbers_round_trip_at_their_bounds() {
        for value in [0, 1, 127, 128, 16383, 16384, u64::from(u32::MAX), u64::MAX] {
            round_trip(value);
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            round_trip(value);
        }
        round_trip(vec![0u32, 7, u32::MAX]);
        round_trip('\u{10FFFF}');
        round_trip((String::from("añ"), Some(3u16)));
    }

    #[test]
    fn other_forms_of_a_number_are_refused() {
        let cases: [&[u8]; 4] =
            [&[0x80, 0], &[0xFF; 11], &[0x80], &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2]];
        for bytes in cases {
            assert!(u64::read(&mut Reader::new(bytes, 0)).is_err(), "{bytes:?}");
        }
        assert!(u16::read(&mut Reader::new(&[0x80, 0x80, 0x04], 0)).is_err());
    }

    #[test]
    fn a_huge_count_is_refused_before_anything_is_made() {
        let bytes = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F];
        let error = Vec::<u32>::read(&mut Reader::new(&bytes, 100)).expect_err("too large");
        assert_eq!(error.offset, 100);
    }
}
