//! DEFLATE (RFC 1951): runs of bytes become references to earlier ones, written with Huffman codes.
//!
//! Packing uses the fixed codes; unpacking knows every kind of block. Invariant: unpacking never writes more than it is
//! allowed to, whatever the input says.

/// How far back a reference may reach.
const WINDOW: usize = 32 << 10;
const MATCH_MIN: usize = 3;
const MATCH_MAX: usize = 258;
/// Earlier places that are looked at for a match.
const CHAIN_MAX: usize = 32;
const HASH_BITS: u32 = 15;
const CODE_BITS_MAX: usize = 15;
const END_OF_BLOCK: usize = 256;
/// The most bytes of a block that is not packed.
const STORED_MAX: usize = 65_535;

/// The shortest length, or distance, of each code, and the bits that follow it.
const LENGTHS: [(u16, u8); 29] = steps::<29>(3, 4, 8);
const DISTANCES: [(u16, u8); 30] = steps::<30>(1, 2, 4);
/// The order in which the lengths of the codes of code lengths stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The first `plain` codes stand for one value each; then the number of extra bits grows with every `each` codes.
const fn steps<const COUNT: usize>(first: u16, each: usize, plain: usize) -> [(u16, u8); COUNT] {
    let mut table = [(0, 0); COUNT];
    let mut index = 0;
    let mut next = first;
    while index < COUNT {
        let bits = if index < plain { 0 } else { (index - plain) / each + 1 };
        table[index] = (next, bits as u8);
        next = next.wrapping_add(1 << bits);
        index += 1;
    }
    if COUNT == 29 {
        // The longest match has a code of its own.
        table[28] = (MATCH_MAX as u16, 0);
    }
    table
}

/// Why some bytes cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Truncated,
    Malformed,
    TooLong,
}

// Packing.

struct BitWriter {
    out: Vec<u8>,
    word: u64,
    count: u32,
}

impl BitWriter {
    fn bits(&mut self, value: u32, count: u32) {
        self.word |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.word as u8);
            self.word >>= 8;
            self.count -= 8;
        }
    }

    /// Huffman codes are written from their highest bit.
    fn code(&mut self, code: u32, count: u32) {
        self.bits(code.reverse_bits() >> (32 - count), count);
    }

    fn symbol(&mut self, symbol: usize) {
        let symbol = symbol as u32;
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    fn reference(&mut self, length: usize, distance: usize) {
        let code = LENGTHS.iter().rposition(|&(first, _)| usize::from(first) <= length).unwrap_or(0);
        let (first, bits) = LENGTHS[code];
        self.symbol(257 + code);
        self.bits((length - usize::from(first)) as u32, bits.into());
        let code = DISTANCES.iter().rposition(|&(first, _)| usize::from(first) <= distance).unwrap_or(0);
        let (first, bits) = DISTANCES[code];
        self.code(code as u32, 5);
        self.bits((distance - usize::from(first)) as u32, bits.into());
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.word as u8);
        }
        self.out
    }
}

/// The bytes in fewer, if that is possible; never more than a little longer.
pub fn deflate(data: &[u8]) -> Vec<u8> {
    let mut writer = BitWriter { out: Vec::with_capacity(data.len() / 2 + 16), word: 0, count: 0 };
    writer.bits(0b011, 3);
    let mut matcher = Matcher { heads: vec![usize::MAX; 1 << HASH_BITS], previous: vec![usize::MAX; WINDOW] };
    let mut at = 0;
    while at < data.len() {
        let (length, distance) = matcher.longest(data, at);
        let step = if length < MATCH_MIN {
            writer.symbol(data[at].into());
            1
        } else {
            writer.reference(length, distance);
            length
        };
        for place in at..at + step {
            matcher.insert(data, place);
        }
        at += step;
    }
    writer.symbol(END_OF_BLOCK);
    let packed = writer.finish();
    if packed.len() < data.len() + 5 { packed } else { stored(data) }
}

/// Blocks of bytes as they are.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 16);
    let mut blocks = data.chunks(STORED_MAX).peekable();
    if blocks.peek().is_none() {
        return vec![1, 0, 0, 0xFF, 0xFF];
    }
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out
}

/// Finds earlier places with the same bytes: the newest of each hash, and before each place the one before it.
struct Matcher {
    heads: Vec<usize>,
    previous: Vec<usize>,
}

impl Matcher {
    fn hash(data: &[u8], at: usize) -> Option<usize> {
        let bytes = data.get(at..at + MATCH_MIN)?;
        let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        Some((word.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize)
    }

    fn insert(&mut self, data: &[u8], at: usize) {
        let Some(hash) = Matcher::hash(data, at) else { return };
        self.previous[at % WINDOW] = std::mem::replace(&mut self.heads[hash], at);
    }

    /// The longest match that begins before `at`: its length and how far back it is.
    fn longest(&self, data: &[u8], at: usize) -> (usize, usize) {
        let mut best = (0, 0);
        let Some(hash) = Matcher::hash(data, at) else { return best };
        let limit = MATCH_MAX.min(data.len() - at);
        let mut place = self.heads[hash];
        for _ in 0..CHAIN_MAX {
            if place == usize::MAX || at - place > WINDOW {
                break;
            }
            let pairs = data[place..].iter().zip(&data[at..at + limit]);
            let length = pairs.take_while(|(one, other)| one == other).count();
            if length > best.0 {
                best = (length, at - place);
            }
            let next = self.previous[place % WINDOW];
            // A place that was written over points forwards.
            if next == usize::MAX || next >= place {
                break;
            }
            place = next;
        }
        best
    }
}

// Unpacking.

struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
    word: u32,
    count: u32,
}

impl BitReader<'_> {
    fn bits(&mut self, count: u32) -> Result<usize, Problem> {
        while self.count < count {
            let byte = self.data.get(self.at).ok_or(Problem::Truncated)?;
            self.word |= u32::from(*byte) << self.count;
            self.at += 1;
            self.count += 8;
        }
        let value = self.word & ((1 << count) - 1);
        self.word >>= count;
        self.count -= count;
        Ok(value as usize)
    }

    /// What is left of the current byte is dropped.
    fn align(&mut self) {
        self.word = 0;
        self.count = 0;
    }
}

/// A canonical Huffman code: how many codes of each length there are, and the symbols in their order.
struct Codes {
    counts: [u16; CODE_BITS_MAX + 1],
    symbols: Vec<u16>,
}

impl Codes {
    fn new(lengths: &[u8]) -> Result<Codes, Problem> {
        let mut counts = [0u16; CODE_BITS_MAX + 1];
        for &length in lengths {
            counts[usize::from(length)] += 1;
        }
        counts[0] = 0;
        let mut left = 1i32;
        let mut starts = [0u16; CODE_BITS_MAX + 2];
        for (bits, &count) in counts.iter().enumerate().skip(1) {
            left = left * 2 - i32::from(count);
            if left < 0 {
                return Err(Problem::Malformed);
            }
            starts[bits + 1] = starts[bits] + count;
        }
        let mut symbols = vec![0; lengths.len()];
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            let start = &mut starts[usize::from(length)];
            symbols[usize::from(*start)] = symbol as u16;
            *start += 1;
        }
        Ok(Codes { counts, symbols })
    }

    fn symbol(&self, reader: &mut BitReader<'_>) -> Result<usize, Problem> {
        let (mut code, mut first, mut index) = (0i32, 0i32, 0i32);
        for count in &self.counts[1..] {
            code |= reader.bits(1)? as i32;
            let count = i32::from(*count);
            if code - first < count {
                return Ok(self.symbols[(index + code - first) as usize].into());
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Problem::Malformed)
    }
}

/// Unpacks to at most `size_max` bytes; also gives how many bytes of the input were read.
pub fn inflate(data: &[u8], size_max: usize) -> Result<(Vec<u8>, usize), Problem> {
    let mut reader = BitReader { data, at: 0, word: 0, count: 0 };
    let mut out = Vec::new();
    loop {
        let is_last = reader.bits(1)? == 1;
        match reader.bits(2)? {
            0 => unstore(&mut reader, &mut out, size_max)?,
            1 => {
                let (symbols, distances) = fixed_codes()?;
                unpack(&mut reader, &mut out, size_max, &symbols, &distances)?;
            }
            2 => {
                let (symbols, distances) = written_codes(&mut reader)?;
                unpack(&mut reader, &mut out, size_max, &symbols, &distances)?;
            }
            _ => return Err(Problem::Malformed),
        }
        if is_last {
            return Ok((out, reader.at));
        }
    }
}

fn unstore(reader: &mut BitReader<'_>, out: &mut Vec<u8>, size_max: usize) -> Result<(), Problem> {
    reader.align();
    let head = reader.data.get(reader.at..reader.at + 4).ok_or(Problem::Truncated)?;
    let length = u16::from_le_bytes([head[0], head[1]]);
    if length != !u16::from_le_bytes([head[2], head[3]]) {
        return Err(Problem::Malformed);
    }
    let start = reader.at + 4;
    let end = start + usize::from(length);
    let bytes = reader.data.get(start..end).ok_or(Problem::Truncated)?;
    if out.len() + bytes.len() > size_max {
        return Err(Problem::TooLong);
    }
    out.extend(bytes);
    reader.at = end;
    Ok(())
}

fn fixed_codes() -> Result<(Codes, Codes), Problem> {
    let length = |symbol: usize| match symbol {
        0..=143 => 8,
        144..=255 => 9,
        256..=279 => 7,
        _ => 8,
    };
    let lengths: Vec<u8> = (0..288).map(length).collect();
    Ok((Codes::new(&lengths)?, Codes::new(&[5; 30])?))
}

fn written_codes(reader: &mut BitReader<'_>) -> Result<(Codes, Codes), Problem> {
    let symbols = reader.bits(5)? + 257;
    let distances = reader.bits(5)? + 1;
    let count = reader.bits(4)? + 4;
    if symbols > 286 || distances > 30 {
        return Err(Problem::Malformed);
    }
    let mut of_lengths = [0u8; 19];
    for &place in &ORDER[..count] {
        of_lengths[place] = reader.bits(3)? as u8;
    }
    let of_lengths = Codes::new(&of_lengths)?;
    let mut lengths: Vec<u8> = Vec::with_capacity(symbols + distances);
    while lengths.len() < symbols + distances {
        let (value, times) = match of_lengths.symbol(reader)? {
            16 => (*lengths.last().ok_or(Problem::Malformed)?, 3 + reader.bits(2)?),
            17 => (0, 3 + reader.bits(3)?),
            18 => (0, 11 + reader.bits(7)?),
            length => (length as u8, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times));
    }
    if lengths.len() > symbols + distances || lengths[END_OF_BLOCK] == 0 {
        return Err(Problem::Malformed);
    }
    Ok((Codes::new(&lengths[..symbols])?, Codes::new(&lengths[symbols..])?))
}

fn unpack(
    reader: &mut BitReader<'_>,
    out: &mut Vec<u8>,
    size_max: usize,
    symbols: &Codes,
    distances: &Codes,
) -> Result<(), Problem> {
    loop {
        let symbol = symbols.symbol(reader)?;
        let (length, distance) = match symbol {
            0..END_OF_BLOCK => (1, 0),
            END_OF_BLOCK => return Ok(()),
            _ => {
                let &(first, bits) = LENGTHS.get(symbol - 257).ok_or(Problem::Malformed)?;
                let length = usize::from(first) + reader.bits(bits.into())?;
                let &(first, bits) = DISTANCES.get(distances.symbol(reader)?).ok_or(Problem::Malformed)?;
                (length, usize::from(first) + reader.bits(bits.into())?)
            }
        };
        if out.len() + length > size_max {
            return Err(Problem::TooLong);
        }
        if distance == 0 {
            out.push(symbol as u8);
            continue;
        }
        let start = out.len().checked_sub(distance).ok_or(Problem::Malformed)?;
        // The copy may reach into what it writes.
        for place in start..start + length {
            out.push(out[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_the_format() {
        assert_eq!(LENGTHS[8], (11, 1));
        assert_eq!(LENGTHS[27], (227, 5));
        assert_eq!(LENGTHS[28], (258, 0));
        assert_eq!(DISTANCES[4], (5, 1));
        assert_eq!(DISTANCES[29], (24_577, 13));
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let mut noise = 1u64;
        let mut word = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (noise >> 33) as usize
        };
        for size in [0, 1, 2, 3, 10, 300, 70_000, 200_000] {
            let random: Vec<u8> = (0..size).map(|_| word() as u8).collect();
            let text: Vec<u8> =
                (0..size).map(|at| b"the quick brown fox "[(at * 7 / 3 + word() % 3) % 20]).collect();
            for data in [random, text, vec![7; size]] {
                let packed = deflate(&data);
                assert!(packed.len() <= data.len() + 5 * (1 + data.len() / STORED_MAX));
                assert_eq!(inflate(&packed, size), Ok((data.clone(), packed.len())));
                if size > 0 {
                    assert_eq!(inflate(&packed, size - 1), Err(Problem::TooLong));
                    assert!(inflate(&packed[..packed.len() - 1], size).is_err());
                }
            }
        }
    }

    #[test]
    fn blocks_with_codes_of_their_own_are_read() {
        let text = "tshe she tashe oinshe eshe eoinashe ttoinshe she oinointttshe oineetshe eaeaoinshe oinoinoinshe \
            ointaeetointaoinaoinshe oinshe ashe she oinshe taeashe tashe she she etshe aaeeoinoineaeointeaoinoineeshe \
            she eoinshe ashe ashe teaeeeshe she etoinashe ateaaatoin";
        let packed = [
            0x4d, 0x8f, 0x3b, 0x0e, 0xc0, 0x30, 0x08, 0x43, 0xaf, 0xd2, 0xab, 0x79, 0xb0, 0xd4, 0x2e, 0xed,
            0x50, 0xdf, 0x5f, 0x35, 0x9f, 0x34, 0x48, 0x21, 0xc4, 0x60, 0x3d, 0x88, 0xde, 0x93, 0x47, 0x84,
            0x10, 0xf7, 0x73, 0xdd, 0x91, 0x98, 0x97, 0x45, 0x16, 0xa5, 0x2e, 0xb7, 0xc3, 0x47, 0x52, 0x0b,
            0x32, 0x5f, 0x04, 0xd1, 0xae, 0x72, 0x6c, 0x21, 0xd8, 0x93, 0x39, 0x80, 0xbb, 0x1e, 0x09, 0x03,
            0x5b, 0x5b, 0x10, 0x7b, 0x9b, 0x15, 0x35, 0x02, 0xe6, 0x14, 0xd8, 0xc3, 0x82, 0x97, 0x13, 0x73,
            0x85, 0xdf, 0x38, 0xb1, 0x05, 0xb2, 0x77, 0xf4, 0xb5, 0xfe, 0x04, 0x37, 0x80, 0x90, 0x1f,
        ];
        let unpacked = inflate(&packed, 258).map(|(bytes, read)| (String::from_utf8(bytes), read));
        assert_eq!(unpacked, Ok((Ok(text.to_string()), packed.len())));
    }

    #[test]
    fn any_bytes_give_an_answer() {
        let mut noise = 9u64;
        for _ in 0..20_000 {
            let data: Vec<u8> = (0..40)
                .map(|_| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (noise >> 40) as u8
                })
                .collect();
            if let Ok((out, read)) = inflate(&data, 1000) {
                assert!(out.len() <= 1000 && read <= data.len());
            }
        }
    }
}
