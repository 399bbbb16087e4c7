//! Inputs made from a seed and a number: programs of the corpus, changed.

use crate::corpus;

/// What a target reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Source text.
    Source,
    /// A binary unit.
    Binary,
    /// Assembly text.
    Assembly,
}

/// A small generator of numbers (splitmix64), equal on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.word() % end as u64) as usize }
    }

    fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Inputs of one run.
pub struct Inputs {
    kind: InputKind,
    seed: u64,
    seeds: Vec<Vec<u8>>,
}

/// Inputs larger than this say nothing more and take longer.
const INPUT_BYTES_MAX: usize = 8 << 10;

const WORDS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#{",
    "\"",
    "\"\"\"",
    "${",
    "'",
    "//",
    "/*",
    "*/",
    "|",
    "||",
    "=>",
    "->",
    "..",
    "..=",
    "...",
    "?.",
    "?[",
    "??",
    "|>",
    "!",
    "!=",
    "==",
    "=",
    "+=",
    "**",
    "~/",
    "<<",
    ":",
    "::",
    ",",
    ";",
    "\n",
    " ",
    "_",
    "^",
    "$",
    "@",
    "let ",
    "var ",
    "fn ",
    "fn* ",
    "return ",
    "if ",
    "else ",
    "match ",
    "while ",
    "for ",
    " in ",
    "loop ",
    "break ",
    "class A {",
    "record ",
    "trait ",
    "enum ",
    "macro ",
    "quote {",
    "test \"",
    "try ",
    "catch ",
    "finally ",
    "throw ",
    "defer ",
    "yield ",
    "async ",
    "await ",
    "spawn ",
    "receive {",
    "select {",
    "after ",
    "import ",
    "module ",
    "actor ",
    "self",
    "super.",
    "nil",
    "true",
    "0x",
    "1e9",
    "1.5s",
    "64kb",
    "99999999999999999999",
    "r#\"",
    "b\"\\xff\"",
    "re\"",
    ":a",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{1F600}",
    "\r\n",
    "\t",
    "is ",
    "!is ",
    "!in ",
    "as ",
    "static ",
    "get fn ",
    "pub ",
];

impl Inputs {
    pub fn new(kind: InputKind, seed: u64) -> Inputs {
        let mut seeds: Vec<Vec<u8>> = sources();
        seeds.retain(|source| source.len() <= INPUT_BYTES_MAX);
        if kind != InputKind::Source {
            seeds = compiled(kind);
        }
        Inputs { kind, seed, seeds }
    }

    /// The input with this number.
    pub fn make(&self, number: u64) -> Vec<u8> {
        let mut random = Random::new(self.seed ^ number.wrapping_mul(0xD134_2543_DE82_EF95));
        random.word();
        let mut bytes = random.choose(&self.seeds).clone();
        // Few changes keep an input plausible; every so often many, or nothing but noise.
        let changes = match random.below(16) {
            0 => 0,
            1 => 40,
            2 => {
                bytes = (0..random.below(200)).map(|_| random.word() as u8).collect();
                0
            }
            _ => 1 + random.below(4),
        };
        for _ in 0..changes {
            self.change(&mut random, &mut bytes);
        }
        bytes.truncate(INPUT_BYTES_MAX);
        bytes
    }

    fn change(&self, random: &mut Random, bytes: &mut Vec<u8>) {
        let at = random.below(bytes.len() + 1);
        let length = random.below(16.min(bytes.len() - at + 1));
        match random.below(8) {
            0 => {
                bytes.drain(at..at + length);
            }
            1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            3 if at < bytes.len() => bytes[at] = random.word() as u8,
            4 => {
                let copy = bytes[at..at + length].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            5 => {
                let other = random.choose(&self.seeds);
                let from = random.below(other.len() + 1);
                let end = (from + random.below(120)).min(other.len());
                bytes.splice(at..at, other[from..end].iter().copied());
            }
            _ if self.kind == InputKind::Binary => {
                bytes.splice(at..at, (0..length).map(|_| random.word() as u8).collect::<Vec<_>>());
            }
            _ => {
                let word = random.choose(WORDS);
                let repeats = if random.below(20) == 0 { 400 } else { 1 };
                bytes.splice(at..at, word.repeat(repeats).into_bytes());
            }
        }
    }
}

fn sources() -> Vec<Vec<u8>> {
    let folders = ["tests", "examples"].map(|name| corpus::project().join(name));
    let programs = folders.iter().flat_map(|folder| corpus::find_programs(folder));
    programs.filter_map(|path| std::fs::read(path).ok()).collect()
}

/// A unit with a bit of everything, so that there is one where no program compiles.
const UNIT: &str = r#"
unit "main" path "main.dn" entry 0
slot "total"
class record "Point" span 10 30
  field once "x"
end
function 0 "main" registers 8 caches 1
  constant str "area"
  constant builtin "print"
code
  line 0 5
  loadi r0, 5
again:
  subi r0, r0, 1
  loadk r1, k0
  callk r2, 0, -, k1, c0
  loopt r0, again
  ret r0
end
"#;

fn compiled(kind: InputKind) -> Vec<Vec<u8>> {
    let unit = bytecode::text::assemble(UNIT).expect("invariant: the text above is assembly");
    match kind {
        InputKind::Source => Vec::new(),
        InputKind::Binary => vec![bytecode::wire::write(&unit)],
        InputKind::Assembly => vec![bytecode::text::disassemble(&unit).into_bytes()],
    }
}
