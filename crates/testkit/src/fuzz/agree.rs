//! Programs made at random that run in every tier: what they print, and how they end, must be the same.
//!
//! They are made of what tiers do differently: integers that grow out of 32 and 64 bits, loops whose variables change
//! their kind, calls of several classes, closures, generators, errors that are caught, deep recursion.

use std::fmt::Write as _;
use std::sync::Arc;

use dunlin::{Engine, Limits, MachineCode, MemoryOutput, Settings};

use super::input::Random;

/// The first lines of every program.
const START: &str = "
fn clip(v) = if v is Int && (v > 4_000_000_000_000 || v < -4_000_000_000_000) { v % 65_537 } else { v }
class P { a; b
    fn sum() = self.a + self.b
    fn mix(k) { self.a = clip(self.a + k); self.b }
}
class Q { b; a
    fn sum() = clip(self.a - self.b)
    fn mix(k) { self.b = k; clip(self.a * 3 + k) }
    fn +(o) = Q(clip(self.b + o.b), self.a)
}
fn* upto(n, k) { var i = 0; while i < n { yield clip(i * k); i += 1 } }
fn deep(n) = if n <= 0 { 0 } else { 1 + deep(n - 1) }
";

/// Functions of a program; each may call those before it.
const FUNCTIONS: usize = 3;

struct Maker {
    random: Random,
    text: String,
}

/// A program for a number.
pub fn program(seed: u64) -> String {
    let mut maker = Maker { random: Random::new(seed), text: START.to_string() };
    for number in 0..FUNCTIONS {
        maker.function(number);
    }
    for number in 0..FUNCTIONS {
        let turns = 5 + maker.random.below(25);
        let (step, start) = (maker.number(), maker.number());
        let _ = writeln!(
            maker.text,
            "var r{number} = {start}\nfor i in 0..{turns} {{ r{number} = try {{ clip(f{number}(i * {step}, r{number})) }} catch e {{ e.message.len() }} }}\nprint(r{number})"
        );
    }
    maker.text
}

impl Maker {
    fn one_of(&mut self, items: &[&str]) -> String {
        items[self.random.below(items.len())].to_string()
    }

    fn number(&mut self) -> String {
        self.one_of(&[
            "0",
            "1",
            "2",
            "3",
            "7",
            "-1",
            "-5",
            "46341",
            "65536",
            "2147483647",
            "-2147483648",
            "0.5",
            "1e9",
        ])
    }

    fn atom(&mut self) -> String {
        match self.random.below(8) {
            0 => self.number(),
            1 => "p.a".to_string(),
            2 => "q.b".to_string(),
            _ => self.one_of(&["x", "y", "a", "b", "i"]),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        let left = self.expression(depth - 1);
        let right = self.atom();
        match self.random.below(16) {
            0..=3 => format!("({left} + {right})"),
            4 | 5 => format!("({left} - {right})"),
            6 | 7 => format!("({left} * {right})"),
            8 => format!("({left} % {})", self.one_of(&["7", "65537", "2147483647", "-3"])),
            9 => format!("({left} / {right})"),
            10 => format!("(if {left} < {right} {{ {left} }} else {{ {right} }})"),
            11 => format!("{}.sum()", self.one_of(&["p", "q", "[p, q][i % 2]"])),
            12 => format!("[p, q, p][i % 3].mix({right})"),
            13 => format!("c(clip({left}))"),
            14 => format!("xs[i % xs.len()] + {right}"),
            _ => format!("(-{left})"),
        }
    }

    fn condition(&mut self) -> String {
        let (left, right) = (self.expression(1), self.atom());
        format!("{left} {} {right}", self.one_of(&["<", "<=", ">", ">=", "==", "!="]))
    }

    fn statement(&mut self, number: usize, depth: usize) -> String {
        let value = self.expression(2);
        let variable = self.one_of(&["a", "b"]);
        match self.random.below(if depth == 0 { 6 } else { 12 }) {
            0 | 1 => format!("{variable} = clip({value})"),
            2 => format!("xs.push(clip({value}))"),
            3 => format!("p.b = clip({value})"),
            4 => format!("m[i % 5] = {variable}"),
            5 if number > 0 => {
                let other = self.random.below(number);
                format!("{variable} = clip(f{other}({}, 2))", self.atom())
            }
            6 => {
                let (condition, inside) = (self.condition(), self.statement(number, depth - 1));
                let other = self.statement(number, depth - 1);
                format!("if {condition} {{ {inside} }} else {{ {other} }}")
            }
            7 => {
                let inside = self.statement(number, depth - 1);
                format!("for j in 0..{} {{ {inside} }}", 2 + self.random.below(5))
            }
            8 => {
                let (inside, condition) = (self.statement(number, depth - 1), self.condition());
                format!(
                    "try {{ if {condition} {{ throw ValueError(\"no\") }}; {inside} }} catch e {{ {variable} = e.message.len() }}"
                )
            }
            9 => format!(
                "for v in upto({}, {}) {{ {variable} = clip({variable} + v) }}",
                1 + self.random.below(6),
                self.atom()
            ),
            10 => format!("{variable} = (q + q).b"),
            11 => format!(
                "{variable} = xs.map(|v| clip(v + {variable})).len() + deep({})",
                self.random.below(300)
            ),
            _ => format!("{variable} = m?[i % 5] ?? {variable}"),
        }
    }

    fn function(&mut self, number: usize) {
        let turns = 1 + self.random.below(if number == 0 { 30 } else { 4 });
        let mut body = String::new();
        for _ in 0..2 + self.random.below(4) {
            let statement = self.statement(number, 2);
            let _ = writeln!(body, "        {statement}");
        }
        let (first, capture, result) =
            (self.number(), self.atom_outside(), self.one_of(&["a", "b", "a + b", "p.a"]));
        let _ = write!(
            self.text,
            "fn f{number}(x, y) {{\n    var a = x\n    var b = {first}\n    var i = 0\n    let p = P(1, y)\n    let q = Q(2, 3)\n    let m = {{}}\n    let xs = [1, 2.5, 3]\n    let c = |v| v + {capture}\n    while i < {turns} {{\n{body}        i += 1\n    }}\n    {result}\n}}\n"
        );
    }

    fn atom_outside(&mut self) -> String {
        self.one_of(&["x", "y", "a", "b", "i", "1"])
    }
}

/// The number of an input, whatever it is made of.
fn seed_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// What a program prints in a tier, and how it ends.
fn observe(text: &str, machine_code: MachineCode) -> Result<(String, String), String> {
    // Limits of time would end runs at different places.
    let limits =
        Limits { heap_bytes_max: Some(256 << 20), stack_frames_max: Some(2000), ..Limits::default() };
    let settings = Settings { limits, machine_code, seed: Some(1), ..Settings::default() };
    let engine = Engine::new(settings).map_err(|failure| failure.report)?;
    let program = engine.compile_source("agree.dn", text).map_err(|failure| failure.report)?;
    let output = Arc::new(MemoryOutput::default());
    let ending = engine.run_unit_into(program.into_unit(), Box::new(output.clone()));
    Ok((output.take(), ending.err().map(|failure| failure.report).unwrap_or_default()))
}

/// Runs the program of an input in every tier.
pub fn programs_agree(bytes: &[u8]) -> Result<bool, String> {
    let text = program(seed_of(bytes));
    let expected = observe(&text, MachineCode::Off)?;
    for (name, tier) in MachineCode::ALL {
        let seen = observe(&text, *tier)?;
        if seen != expected {
            return Err(format!("--jit={name} differs\n{expected:?}\n{seen:?}\n{text}"));
        }
    }
    Ok(true)
}
