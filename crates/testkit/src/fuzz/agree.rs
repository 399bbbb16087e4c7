//! Programs that run in every tier: what they print, and how they end, must be the same.
//!
//! Where an input is a program it is taken as it is: most are programs of the corpus, changed. Any other input stands
//! for a program made at random. Those are made of what tiers do differently: integers that grow out of 32 and 64 bits,
//! loops whose variables change their kind, calls of several classes, closures, generators, errors that are caught,
//! deep recursion, work in other processes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use dunlin::{Engine, FailureKind, Limits, MachineCode, MemoryOutput, Settings};

use super::input::Random;
use super::target::{LEFT_OUT, limits};

/// What depends on the clock, or on how much the stack and the heap of a tier take, may differ.
const DIFFERS_FAIRLY: &[&str] = &["import time", "import random", "StackOverflow", "identity", "hash"];

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
fn apart(f, x, y) { let t = async f(x, y); try { await t } catch e { e.message.len() } }
fn echo(v) {
    let from = self()
    let child = spawn { receive { (:ask, pid, w) => send(pid, (:got, w)) } }
    send(child, (:ask, from, v))
    receive { (:got, w) => w }
}
fn deep(n) = if n <= 0 { 0 } else { 1 + deep(n - 1) }
";

const STRESS_TIME_MAX: Duration = Duration::from_secs(1);

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
        match self.random.below(if depth == 0 { 6 } else { 14 }) {
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
            12 if number > 0 => {
                let (other, argument) = (self.random.below(number), self.atom());
                format!("{variable} = clip(apart(f{other}, {argument}, 2))")
            }
            13 => format!("{variable} = echo(clip({value}))"),
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

/// A way to run a program.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    machine_code: MachineCode,
    gc_stress: bool,
    chaos: bool,
}

/// The tiers as they are, and one of them under stress, which the number of the program chooses.
fn ways(number: u64) -> Vec<Way> {
    let plain = |&(name, machine_code)| Way { name, machine_code, gc_stress: false, chaos: false };
    let mut ways: Vec<Way> = MachineCode::ALL.iter().map(plain).collect();
    let stressed = ways[(number >> 8) as usize % ways.len()];
    let (gc_stress, chaos) = (number & 1 == 0, number & 1 != 0);
    ways.push(Way { gc_stress, chaos, ..stressed });
    ways
}

/// Everything a program prints and how it ends; nothing when it is rejected or reaches a limit.
fn observe(text: &str, way: Way, limits: Limits) -> Result<Option<String>, String> {
    let Way { machine_code, gc_stress, chaos, .. } = way;
    let settings = Settings { limits, machine_code, gc_stress, chaos, seed: Some(1), ..Settings::default() };
    let engine = Engine::new(settings).map_err(|failure| failure.report)?;
    let Ok(program) = engine.compile_source("agree.dn", text) else { return Ok(None) };
    let output = Arc::new(MemoryOutput::default());
    match engine.run_unit_into(program.into_unit(), Box::new(output.clone())) {
        Ok(()) => Ok(Some(output.take())),
        Err(failure) if failure.report.contains("panicked") => Err(failure.report),
        Err(failure) if failure.kind == FailureKind::Uncaught => Ok(Some(output.take() + &failure.report)),
        Err(_) => Ok(None),
    }
}

/// Whether the program did the same in every way; false when some way gave nothing to compare.
fn agree(text: &str, number: u64, limits: Limits) -> Result<bool, String> {
    let mut expected: Option<String> = None;
    for way in ways(number) {
        let is_stressed = way.gc_stress || way.chaos;
        // Under stress some programs take very long; then there is nothing to compare.
        let time_max = if is_stressed { Some(STRESS_TIME_MAX) } else { limits.time_max };
        let Some(seen) = observe(text, way, Limits { time_max, ..limits })? else {
            if is_stressed {
                continue;
            }
            return Ok(false);
        };
        let expected = expected.get_or_insert_with(|| seen.clone());
        if seen != *expected {
            let Way { name, gc_stress, chaos, .. } = way;
            return Err(format!(
                "--jit={name} differs (gc-stress: {gc_stress}, chaos: {chaos})\n{expected}\n{seen}\n{text}"
            ));
        }
    }
    Ok(true)
}

/// Runs the program of an input in every tier.
pub fn tiers_agree(bytes: &[u8]) -> Result<bool, String> {
    let (text, number) = (String::from_utf8_lossy(bytes), seed_of(bytes));
    let is_fair = !LEFT_OUT.iter().chain(DIFFERS_FAIRLY).any(|word| text.contains(word));
    if is_fair && agree(&text, number, limits())? {
        return Ok(true);
    }
    // Limits of time would end runs at different places.
    let limits =
        Limits { heap_bytes_max: Some(256 << 20), stack_frames_max: Some(2000), ..Limits::default() };
    agree(&program(number), number, limits)
}
