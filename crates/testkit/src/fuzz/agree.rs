//! Programs that run in every tier: what they print, and how they end, must be the same.
//!
//! Where an input is a program it is taken as it is: most are programs of the corpus, changed. Any other input stands
//! for a program made at random.

use std::sync::Arc;
use std::time::Duration;

use dunlin::{Engine, FailureKind, Limits, MachineCode, MemoryOutput, Settings};

use super::programs::{alone, programs};
use super::target::{LEFT_OUT, limits};

/// What depends on the clock, or on how much the stack and the heap of a tier take, may differ.
const DIFFERS_FAIRLY: &[&str] = &["import time", "import random", "StackOverflow", "identity", "hash"];

/// Under stress a run may take so long, then there is nothing to compare.
const STRESS_TIME_MAX: Duration = Duration::from_secs(1);
/// Without it this is too long for what is bounded by its text.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Programs of one text.
pub const PROGRAMS: usize = 24;

/// The number of an input, whatever it is made of.
fn seed_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// A way to run a program.
#[derive(Clone, Copy, Debug)]
struct Way {
    machine_code: MachineCode,
    stress: Stress,
}

/// What is made to happen all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stress {
    None,
    Collections,
    /// Native stacks are dropped at every poll, guards fail at random.
    Chaos,
    EachGuard,
}

/// The tiers as they are, and one of them under stress, which the number of the program chooses.
fn ways(number: u64) -> Vec<Way> {
    let plain = |&(_, machine_code): &_| Way { machine_code, stress: Stress::None };
    let mut ways: Vec<Way> = MachineCode::ALL.iter().map(plain).collect();
    ways.push(stressed(number));
    ways
}

fn stressed(number: u64) -> Way {
    let number = number >> 8;
    let stress = [Stress::Collections, Stress::Chaos, Stress::EachGuard][number as usize % 3];
    let tiers = MachineCode::ALL;
    let machine_code = match stress {
        Stress::EachGuard => MachineCode::FullEager,
        Stress::None | Stress::Collections | Stress::Chaos => tiers[(number / 3) as usize % tiers.len()].1,
    };
    Way { machine_code, stress }
}

/// What compiles everything, and with it one tier in use as it is, or under stress.
fn ways_of_many(number: u64) -> Vec<Way> {
    let plain = |machine_code| Way { machine_code, stress: Stress::None };
    let last = match number % 4 {
        0 => plain(MachineCode::Full),
        _ => stressed(number),
    };
    vec![plain(MachineCode::Off), plain(MachineCode::Eager), plain(MachineCode::FullEager), last]
}

/// Everything a program prints and how it ends; nothing when it is rejected or reaches a limit.
fn observe(text: &str, way: Way, limits: Limits) -> Result<Option<String>, String> {
    let settings = Settings {
        limits,
        machine_code: way.machine_code,
        gc_stress: way.stress == Stress::Collections,
        chaos: way.stress == Stress::Chaos,
        each_guard: way.stress == Stress::EachGuard,
        seed: Some(1),
        ..Settings::default()
    };
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
        let is_stressed = way.stress != Stress::None;
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
            return Err(format!("{way:?} differs\n{expected}\n{seen}\n{text}"));
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
    let limits = limits_of_many();
    agree(&programs(number, 1), number, limits)
}

/// Enough for any of them; who takes longer than the time has gone wrong.
fn limits_of_many() -> Limits {
    Limits { heap_bytes_max: Some(256 << 20), stack_frames_max: Some(2000), time_max: Some(TIME_MAX) }
}

/// Runs many programs made at random in every tier.
pub fn programs_agree(bytes: &[u8]) -> Result<bool, String> {
    let number = seed_of(bytes);
    let text = programs(number, PROGRAMS);
    let mut expected: Option<String> = None;
    for way in ways_of_many(number) {
        let is_stressed = way.stress != Stress::None;
        let time_max = if is_stressed { STRESS_TIME_MAX } else { TIME_MAX };
        let limits = Limits { time_max: Some(time_max), ..limits_of_many() };
        let seen = match observe(&text, way, limits)? {
            Some(seen) => seen,
            None if is_stressed => continue,
            None => return Err(format!("{way:?} gave nothing\n{text}")),
        };
        let expected = expected.get_or_insert_with(|| seen.clone());
        if seen != *expected {
            return Err(difference(&text, way, expected, &seen));
        }
    }
    Ok(true)
}

/// The first program that printed something else, and what.
fn difference(text: &str, way: Way, expected: &str, seen: &str) -> String {
    let (mut left, mut right) = (expected.lines(), seen.lines());
    let (left, right) = loop {
        match (left.next(), right.next()) {
            (left, right) if left == right && left.is_some() => {}
            (left, right) => break (left.unwrap_or("(the end)"), right.unwrap_or("(the end)")),
        }
    };
    let number = |line: &str| line.strip_prefix('#')?.split(' ').next()?.parse::<usize>().ok();
    let number = number(left).or_else(|| number(right));
    let program = number.map_or_else(|| text.to_string(), |number| alone(text, number));
    format!("{way:?} differs\n{left}\n{right}\n{program}")
}
