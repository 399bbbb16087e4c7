//! Hashing that agrees with `==`: `1` and `1.0` hash alike, so do all NaNs, `0.0` and `-0.0`.
//!
//! Keyed by the VM's seed (folded multiplication), so that input cannot be made to collide. Strings and bytes
//! cache their hash. Containers are walked with an explicit stack.
#![allow(unsafe_code)]

use rustc_hash::FxHashMap;

use crate::classes::overrides;
use crate::fault::Fault;
use crate::heap::Heap;
use crate::kind::Kind;
use crate::value::Value;

/// The secret that a VM hashes with.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    first: u64,
    second: u64,
}

/// Containers nested deeper than this are cyclic or hostile.
const DEPTH_MAX: usize = 1 << 20;
/// From this many containers on, finished ones are remembered, so shared parts are walked once.
const MEMO_FROM: usize = 256;

#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = left as u128 * right as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Seed {
    pub const fn from_number(seed: u64) -> Seed {
        let first = seed ^ 0x9E37_79B9_7F4A_7C15;
        let second = (seed.rotate_left(29) ^ 0xD1B5_4A32_D192_ED03) | 1;
        Seed { first, second }
    }

    /// Hash of one word.
    #[inline(always)]
    pub fn word(self, word: u64) -> u64 {
        fold(word ^ self.first, self.second)
    }

    /// Hash of a run of bytes.
    #[inline]
    pub fn bytes(self, bytes: &[u8]) -> u64 {
        let len = bytes.len();
        let mut state = self.first ^ len as u64;
        let mut rest = bytes;
        while rest.len() > 16 {
            state = fold(read64(rest) ^ state, read64(&rest[8..]) ^ self.second);
            rest = &rest[16..];
        }
        let (low, high) = match rest.len() {
            8..=16 => (read64(rest), read64(&rest[rest.len() - 8..])),
            4..=7 => (read32(rest), read32(&rest[rest.len() - 4..])),
            0 => (0, 0),
            short => (rest[0] as u64 | (rest[short / 2] as u64) << 8, rest[short - 1] as u64),
        };
        let mixed = fold(low ^ state, high ^ self.second);
        fold(mixed ^ self.first, self.second.rotate_left(32) ^ len as u64)
    }
}

#[inline(always)]
fn read64(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 8];
    word.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(word)
}

#[inline(always)]
fn read32(bytes: &[u8]) -> u64 {
    let mut word = [0u8; 4];
    word.copy_from_slice(&bytes[..4]);
    u32::from_le_bytes(word) as u64
}

/// Hashes are 32 bits and never 0, which means "not computed".
#[inline(always)]
fn finish(hash: u64) -> u32 {
    let folded = (hash ^ (hash >> 32)) as u32;
    if folded == 0 { 1 } else { folded }
}

/// A container on the way.
struct Walk {
    container: Value,
    index: usize,
    /// The key of a map waits here for its value.
    pending: u64,
    state: u64,
}

/// The hash of any hashable value.
#[inline]
pub fn hash(heap: &mut Heap, value: Value) -> Result<u32, Fault> {
    if value.is_kind(Kind::String) {
        return hash_text(heap, value);
    }
    match hash_leaf(heap, value)? {
        Some(hash) => Ok(hash),
        None => hash_container(heap, value),
    }
}

/// The hash of everything that has no parts; `None` for containers.
#[inline]
fn hash_leaf(heap: &mut Heap, value: Value) -> Result<Option<u32>, Fault> {
    let seed = heap.seed();
    if let Some(number) = value.as_int32() {
        return Ok(Some(finish(seed.word(number as i64 as u64))));
    }
    if let Some(number) = value.as_float() {
        return Ok(Some(hash_float(seed, number)));
    }
    match value.kind() {
        None => Ok(Some(finish(seed.word(value.bits())))),
        Some(kind) => hash_object(heap, value, kind),
    }
}

pub(crate) fn hash_float(seed: Seed, number: f64) -> u32 {
    // 2^63 is the first double past the i64 range; the cast is exact below it when there is no fraction.
    if number.trunc() == number
        && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number)
    {
        return finish(seed.word(number as i64 as u64));
    }
    finish(seed.word(number.to_bits() ^ 0x5555))
}

fn hash_object(heap: &mut Heap, value: Value, kind: Kind) -> Result<Option<u32>, Fault> {
    let seed = heap.seed();
    match kind {
        Kind::String | Kind::SharedText | Kind::Rope | Kind::Bytes | Kind::SharedBytes => {
            Ok(Some(hash_text(heap, value)?))
        }
        Kind::BoxedInt => Ok(value.as_int64().map(|number| finish(seed.word(number as u64)))),
        Kind::BigInt => Ok(Some(hash_big(seed, value))),
        Kind::Tuple | Kind::Record | Kind::Range => Ok(None),
        Kind::List | Kind::Map | Kind::Set if value.is_frozen() => Ok(None),
        Kind::List | Kind::Map | Kind::Set | Kind::Buffer => Err(Fault::Unhashable(value)),
        Kind::FloatArray | Kind::IntArray => Err(Fault::Unhashable(value)),
        Kind::Instance => {
            let class = value.as_instance().map_or(0, |instance| instance.class_id());
            let bits = heap.shared().classes.get(class).map_or(0, |class| class.overrides);
            if bits & overrides::HASH != 0 {
                return Err(Fault::Decline);
            }
            if bits & overrides::EQUAL != 0 {
                return Err(Fault::Unhashable(value));
            }
            Ok(Some(finish(seed.word(heap.identity(value)))))
        }
        Kind::Class
        | Kind::Trait
        | Kind::Function
        | Kind::Closure
        | Kind::Builtin
        | Kind::BoundMethod
        | Kind::Generator
        | Kind::Iterator
        | Kind::Module
        | Kind::External
        | Kind::Cell => Ok(Some(finish(seed.word(heap.identity(value))))),
        Kind::StringBuffer | Kind::Raw | Kind::Array | Kind::Free => Err(Fault::Unhashable(value)),
    }
}

/// Strings and bytes: computed once, kept in the header.
#[inline]
fn hash_text(heap: &mut Heap, value: Value) -> Result<u32, Fault> {
    let header = value.pointer();
    // SAFETY: a pointer value is alive; only this process sees an object that is not frozen, and frozen ones
    // have their hash already.
    unsafe {
        if (*header).info != 0 {
            return Ok((*header).info);
        }
        if value.is_kind(Kind::Rope) {
            heap.flatten(value)?;
        }
        let seed = heap.seed();
        let hash = match value.as_str() {
            Some(text) => finish(seed.bytes(text.as_bytes())),
            // Bytes differ from the text of the same content.
            None => finish(seed.bytes(value.as_bytes().unwrap_or(&[])).rotate_left(7)),
        };
        if !(*header).is_frozen() {
            (*header).info = hash;
        }
        Ok(hash)
    }
}

fn hash_big(seed: Seed, value: Value) -> u32 {
    let Some(big) = value.as_big_int() else { return 1 };
    let double = crate::int::big_to_f64(big);
    if double.is_finite() && crate::int::big_from_f64(double) == Some(big.to_ibig()) {
        return hash_float(seed, double);
    }
    let mut state = big.is_negative() as u64;
    for &limb in big.limbs() {
        state = seed.word(limb ^ state.rotate_left(23));
    }
    finish(state)
}

fn hash_container(heap: &mut Heap, value: Value) -> Result<u32, Fault> {
    let seed = heap.seed();
    let mut memo: FxHashMap<Value2, u32> = FxHashMap::default();
    let mut containers = 0usize;
    let mut stack = vec![Walk { container: value, index: 0, pending: 0, state: start(value) }];
    loop {
        heap.work(1)?;
        let depth = stack.len();
        let Some(top) = stack.last_mut() else { unreachable!("invariant: returns with the last container") };
        let container = top.container;
        if let Some(part) = part_at(container, &mut top.index) {
            let known = memo.get(&Value2(part.bits())).copied();
            let leaf = if known.is_some() { known } else { hash_leaf(heap, part)? };
            match leaf {
                Some(hash) => absorb(seed, top, hash),
                None if depth >= DEPTH_MAX => return Err(Fault::Unhashable(value)),
                None => stack.push(Walk { container: part, index: 0, pending: 0, state: start(part) }),
            }
            continue;
        }
        let hash = finish(seed.word(top.state));
        containers += 1;
        if containers >= MEMO_FROM {
            memo.insert(Value2(container.bits()), hash);
        }
        stack.pop();
        match stack.last_mut() {
            Some(below) => absorb(seed, below, hash),
            None => return Ok(hash),
        }
    }
}

/// The bits of a container, as a key of the memo.
#[derive(PartialEq, Eq, Hash)]
struct Value2(u64);

fn start(container: Value) -> u64 {
    let class = crate::class::class_id_of(container);
    let inclusive = container.as_range().is_some_and(|range| range.is_inclusive());
    (class as u64) << 8 | inclusive as u64
}

fn absorb(seed: Seed, walk: &mut Walk, hash: u32) {
    match walk.container.kind() {
        Some(Kind::Set) => walk.state = walk.state.wrapping_add(seed.word(hash as u64)),
        Some(Kind::Map) => {
            if walk.index % 2 == 1 {
                walk.pending = hash as u64;
            } else {
                let pair = seed.word(walk.pending << 32 | hash as u64);
                walk.state = walk.state.wrapping_add(pair);
            }
        }
        _ => walk.state = seed.word(walk.state.rotate_left(5) ^ hash as u64),
    }
}

/// The next part of a container. For maps keys stand at even, values at odd positions.
fn part_at(container: Value, index: &mut usize) -> Option<Value> {
    let position = *index;
    let part = match container.kind()? {
        Kind::Tuple => container.as_tuple()?.get(position),
        Kind::Record => container.as_record()?.field(position),
        Kind::List => container.as_list()?.get(position),
        Kind::Range => {
            let range = container.as_range()?;
            [range.start(), range.end()].get(position).copied()
        }
        Kind::Map => {
            let (entry, key, value) = container.as_map()?.next_entry(position / 2)?;
            *index = entry * 2 + position % 2;
            Some(if position.is_multiple_of(2) { key } else { value })
        }
        Kind::Set => {
            let (entry, key) = container.as_set()?.next_entry(position)?;
            *index = entry;
            Some(key)
        }
        _ => None,
    };
    *index += 1;
    part
}
