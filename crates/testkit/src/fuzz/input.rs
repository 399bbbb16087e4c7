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
    /// Random bytes, at most so many, that a generator reads as choices.
    Choices(usize),
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
        let seeds = match kind {
            InputKind::Source => sources(),
            InputKind::Binary | InputKind::Assembly => compiled(kind),
            InputKind::Choices(_) => vec![Vec::new()],
        };
        Inputs { kind, seed, seeds }
    }

    /// The input with this number.
    pub fn make(&self, number: u64) -> Vec<u8> {
        let mut random = Random::new(self.seed ^ number.wrapping_mul(0xD134_2543_DE82_EF95));
        random.word();
        match self.kind {
            InputKind::Choices(bytes_max) => return noise(&mut random, bytes_max),
            // Half of the texts are made of tokens, or of changes to a program that has every form.
            InputKind::Source if number % 2 == 1 => {
                return syntax::fuzz::text_of(&noise(&mut random, 64)).into_bytes();
            }
            InputKind::Source | InputKind::Binary | InputKind::Assembly => {}
        }
        let mut bytes = random.choose(&self.seeds).clone();
        // Few changes keep an input plausible; every so often many, or nothing but noise.
        let changes = match random.below(16) {
            0 => 0,
            1 => 40,
            2 => {
                bytes = noise(&mut random, 200);
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

fn noise(random: &mut Random, bytes_max: usize) -> Vec<u8> {
    (0..random.below(bytes_max)).map(|_| random.word() as u8).collect()
}

/// The programs of the corpus that are short enough.
fn sources() -> Vec<Vec<u8>> {
    let folders = ["tests", "examples"].map(|name| corpus::project().join(name));
    let programs = folders.iter().flat_map(|folder| corpus::find_programs(folder));
    let sources = programs.filter_map(|path| std::fs::read(path).ok());
    sources.filter(|source| source.len() <= INPUT_BYTES_MAX).collect()
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

/// One in this many programs of the corpus is compiled: more take longer to make than they add.
const COMPILED_STEP: usize = 7;

fn compiled(kind: InputKind) -> Vec<Vec<u8>> {
    let mut units = vec![bytecode::text::assemble(UNIT).expect("invariant: the text above is assembly")];
    for source in sources().iter().step_by(COMPILED_STEP) {
        let engine = dunlin::Engine::new(dunlin::Settings::default());
        let text = String::from_utf8_lossy(source);
        units.extend(
            engine.and_then(|engine| engine.compile_source("seed.dn", &text)).map(|made| made.into_unit()),
        );
    }
    let form = |unit: &bytecode::Unit| match kind {
        InputKind::Assembly => bytecode::text::disassemble(unit).into_bytes(),
        InputKind::Source | InputKind::Binary | InputKind::Choices(_) => bytecode::wire::write(unit),
    };
    units.iter().map(form).filter(|bytes| bytes.len() <= INPUT_BYTES_MAX).collect()
}
