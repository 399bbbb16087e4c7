//! Every builtin with arguments that nobody means.
//!
//! A row of the builtins' tables is called by a program whose constant stands for it, with wrong counts, wrong kinds and
//! extreme values, in runs under limits and without permissions. Whatever happens is an error or a limit of the program:
//! never a panic, never a defect of the engine. And where a row's signature states the kind of a parameter, an argument of
//! another kind is a TypeError that names the parameter: what signatures say is what is checked.

use std::sync::Arc;
use std::time::Duration;

use bytecode::unit::Constant;
use dunlin::{Engine, FailureKind, Limits, MemoryOutput, Permissions, Settings};

use vm::{BuiltinRow, Signature, SignatureParam};

use crate::fuzz::Random;

/// A value as Dunlin writes it, and its kind as signatures name it.
type Sample = (&'static str, &'static str);

/// The values that arguments are taken from.
pub const SAMPLES: &[Sample] = &[
    ("nil", "Nil"),
    ("true", "Bool"),
    ("0", "Int"),
    ("1", "Int"),
    ("-1", "Int"),
    ("3", "Int"),
    ("65_536", "Int"),
    ("-2_147_483_648", "Int"),
    ("4_611_686_018_427_387_904", "Int"),
    ("9_223_372_036_854_775_807", "Int"),
    ("2 ** 70", "Int"),
    ("-(2 ** 70)", "Int"),
    ("0.0", "Float"),
    ("-1.5", "Float"),
    ("1.0e300", "Float"),
    ("math.nan", "Float"),
    ("math.inf", "Float"),
    ("'x'", "Char"),
    (":name", "Symbol"),
    ("\"\"", "String"),
    ("\"héllo, wörld 12\"", "String"),
    ("\"ab\".repeat(40_000)", "String"),
    ("\"[\"", "String"),
    ("\"../x\\u{0}y\"", "String"),
    ("b\"\"", "Bytes"),
    ("b\"\\xff\\x00abc\"", "Bytes"),
    ("Buffer(\"text\")", "Buffer"),
    ("[]", "List"),
    ("[3, 1, 2]", "List"),
    ("[1, \"two\", nil, [3.5]]", "List"),
    ("freeze([1, 2])", "List"),
    ("cyclic_list()", "List"),
    ("deep_list()", "List"),
    ("Map()", "Map"),
    ("{a: 1, b: [2], \"c d\": nil}", "Map"),
    ("cyclic_map()", "Map"),
    ("Set([1, \"two\"])", "Set"),
    ("()", "Tuple"),
    ("(1, \"two\", nil)", "Tuple"),
    ("0..3", "Range"),
    ("0..=(2 ** 62)", "Range"),
    ("'a'..'z'", "Range"),
    ("|x| x", "Function"),
    ("|| throw(ValueError(\"own\"))", "Function"),
    ("print", "Function"),
    ("len", "Function"),
    ("Point(1, 2)", "Record"),
    ("Thing(cyclic_list())", "Instance"),
    ("Odd()", "Instance"),
    ("numbers()", "Generator"),
    ("[1, 2].iter()", "Iterator"),
    ("Regex(\"a+\")", "Regex"),
    ("ValueError(\"text\")", "Error"),
    ("Int", "Class"),
    ("Thing", "Class"),
    ("self()", "Pid"),
    ("spawn { nil }", "Pid"),
    ("send_after(1, self(), 0)", "Ref"),
    ("IntArray([1, 2])", "IntArray"),
    ("FloatArray([0.5])", "FloatArray"),
];

/// What the samples are made of.
const FRAME: &str = r#"
import math
record Point(x, y)
class Thing { inside }
class Odd {
    fn ==(other) = throw ValueError("equality")
    fn hash() = [1]
    fn str() = 5
    fn <(other) = nil
}
fn cyclic_list() { let xs = [1]; xs.push(xs); xs }
fn cyclic_map() { let m = {}; m["self"] = m; m }
fn deep_list() { var xs = []; for _ in 0..5_000 { xs = [xs] }; xs }
fn* numbers() { yield 1; yield 2 }
fn of(e) = try { "${type(e)}: ${e.message}" } catch other { "an error that cannot be told" }
fn call(f, picks) {
    let arguments = []
    for pick in picks { arguments.push(sample(pick)) }
    try { f(..arguments); "fine" } catch e { of(e) }
}
"#;

/// The loop over the calls that the program's arguments ask for. `len` is replaced by the builtin that is tried.
const MAIN: &str = r#"
fn main(plans) {
    let subject = len
    for plan in plans {
        print("\u{1}try")
        let picks = if plan == "-" { [] } else { plan.split(",").map(|text| int(text)) }
        print("\u{1}got ${call(subject, picks)}")
    }
}
"#;

/// What a call did, as the program told it, or how the program ended in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    Told(String),
    Ended(FailureKind, String),
}

/// A call: places in `SAMPLES`.
pub type Plan = Vec<usize>;

/// One builtin in the hands of the harness.
pub struct Trial {
    engine: Settings,
    unit: bytecode::Unit,
}

/// What one call may cost before the process that it is part of ends.
const HEAP_BYTES_MAX: u64 = 64 << 20;
const TIME_MAX: Duration = Duration::from_secs(2);
/// What stands before each line of the harness.
const MARK: char = '\u{1}';

impl Trial {
    /// The harness around the builtin with this name.
    pub fn new(name: &str) -> Result<Trial, String> {
        let engine = Settings {
            limits: Limits {
                heap_bytes_max: Some(HEAP_BYTES_MAX),
                time_max: Some(TIME_MAX),
                stack_frames_max: None,
            },
            // Virtual time: what waits ends at once.
            seed: Some(1),
            permissions: Permissions::none(),
            ..Settings::default()
        };
        let compiler = Engine::new(engine.clone()).map_err(|failure| failure.report)?;
        let program = compiler.compile_source("hostile.dn", &harness()).map_err(|failure| failure.report)?;
        let mut unit = program.into_unit();
        let constants = unit.functions.iter_mut().filter(|function| function.name == "main");
        let mut places = constants.flat_map(|function| &mut function.constants);
        let place = places.find(|constant| **constant == Constant::Builtin("len".to_string()));
        *place.ok_or("the harness has no constant for the builtin")? = Constant::Builtin(name.to_string());

        Ok(Trial { engine, unit })
    }

    /// What each of these calls does, in order.
    pub fn react(&self, plans: &[Plan]) -> Result<Vec<Reaction>, String> {
        let mut reactions = Vec::with_capacity(plans.len());
        while reactions.len() < plans.len() {
            let left = &plans[reactions.len()..];
            let settings = Settings { arguments: left.iter().map(text_of).collect(), ..self.engine.clone() };
            let engine = Engine::new(settings).map_err(|failure| failure.report)?;
            let output = Arc::new(MemoryOutput::default());
            let end = engine.run_unit_into(self.unit.clone(), Box::new(output.clone()));
            let text = output.take();
            let before = reactions.len();
            let told = text.split(MARK).filter_map(|line| line.strip_prefix("got "));
            reactions.extend(told.map(|line| Reaction::Told(line.trim_end().to_string())));
            match end {
                Err(failure) => reactions.push(Reaction::Ended(failure.kind, failure.report)),
                Ok(()) if reactions.len() == plans.len() => {}
                // `exit` ends a program well.
                Ok(()) => reactions.push(Reaction::Ended(FailureKind::Exited, String::new())),
            }
            if reactions.len() == before {
                return Err("the harness makes no progress".to_string());
            }
        }
        reactions.truncate(plans.len());
        Ok(reactions)
    }
}

fn text_of(plan: &Plan) -> String {
    if plan.is_empty() {
        return "-".to_string();
    }
    plan.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

fn harness() -> String {
    let mut text = FRAME.to_string();
    text.push_str("fn sample(pick) = match pick {\n");
    for (number, (sample, _)) in SAMPLES.iter().enumerate() {
        text.push_str(&format!("    {number} => {sample}\n"));
    }
    text.push_str("    _ => nil\n}\n");
    text + MAIN
}

/// Calls of a builtin with so many parameters: every count of arguments, every sample in every place among others that
/// are chosen at random, and calls that are random altogether.
pub fn plans(parameters: usize, rounds: usize, random: &mut Random) -> Vec<Plan> {
    let mut plans: Vec<Plan> = (0..=parameters + 1).map(|count| vec![0; count]).collect();
    for place in 0..parameters {
        for sample in 0..SAMPLES.len() {
            for _ in 0..rounds {
                let mut plan: Plan = (0..parameters).map(|_| random.below(SAMPLES.len())).collect();
                plan[place] = sample;
                plans.push(plan);
            }
        }
    }
    plans
}

/// What is wrong with how a builtin takes its arguments.
pub fn complaints(row: &BuiltinRow, rounds: usize, seed: u64) -> Result<Vec<String>, String> {
    let signature = Signature::parse(row.signature).ok_or("a malformed signature")?;
    let trial = Trial::new(row.name)?;
    let mut complaints = defects(row, &signature, &trial, rounds, seed)?;
    complaints.extend(unnamed_kinds(row, &signature, &trial)?);
    Ok(complaints)
}

/// Calls that end otherwise than a program may.
fn defects(
    row: &BuiltinRow,
    signature: &Signature,
    trial: &Trial,
    rounds: usize,
    seed: u64,
) -> Result<Vec<String>, String> {
    let plans = plans(signature.params.len(), rounds, &mut Random::new(seed));
    let reactions = trial.react(&plans)?;
    let is_defect = |reaction: &Reaction| match reaction {
        Reaction::Told(text) => text.contains("cannot be told"),
        Reaction::Ended(kind, _) => {
            matches!(kind, FailureKind::Internal | FailureKind::Rejected | FailureKind::Usage)
        }
    };
    let found = plans.iter().zip(&reactions).filter(|(_, reaction)| is_defect(reaction));
    Ok(found.map(|(plan, reaction)| format!("{}: {reaction:?}", shown(row, plan))).collect())
}

/// Whether a sample is of one of the kinds that a signature states. Where nil is the default it may be given, too.
fn is_of_kind(sample: usize, parameter: &SignatureParam) -> bool {
    let (text, kind) = SAMPLES[sample];
    let Some(kinds) = &parameter.kind else { return true };
    let stated = kinds.split('|').map(str::trim).any(|stated| match stated {
        "Callable" => matches!(kind, "Function" | "Class"),
        "Iterable" => ITERABLE.contains(&kind),
        other => other == kind,
    });
    stated || Some(text) == parameter.default.as_deref()
}

const ITERABLE: &[&str] = &[
    "List",
    "Map",
    "Set",
    "Tuple",
    "Range",
    "String",
    "Bytes",
    "Buffer",
    "Generator",
    "Iterator",
    "IntArray",
    "FloatArray",
    "Instance",
    "Record",
];

/// Arguments of other kinds than the signature states that are taken, or refused without the parameter's name.
fn unnamed_kinds(row: &BuiltinRow, signature: &Signature, trial: &Trial) -> Result<Vec<String>, String> {
    let fixed = &signature.params[..signature.fixed()];
    let owner = row.split_name().0.filter(|_| fixed.first().is_some_and(|param| param.name == "self"));
    let own = match owner {
        Some(owner) => match SAMPLES.iter().rposition(|(_, kind)| *kind == owner) {
            Some(own) => Some(own),
            // No sample is such an object.
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let has_sample = |param: &SignatureParam| (0..SAMPLES.len()).any(|sample| is_of_kind(sample, param));
    if !fixed.iter().all(has_sample) {
        return Ok(Vec::new());
    }
    let good = |parameter: &SignatureParam| {
        // Small numbers and short texts are good more often than what comes first.
        let candidates = GOOD_FIRST.iter().copied().chain(0..SAMPLES.len());
        candidates.into_iter().find(|&sample| is_of_kind(sample, parameter)).unwrap_or(0)
    };
    let mut usual: Plan = fixed.iter().map(good).collect();
    if let (Some(own), Some(first)) = (own, usual.first_mut()) {
        *first = own;
    }
    let mut tried = Vec::new();
    for (place, parameter) in fixed.iter().enumerate().filter(|(_, parameter)| parameter.kind.is_some()) {
        for sample in (0..SAMPLES.len()).filter(|&sample| !is_of_kind(sample, parameter)) {
            let mut plan = usual.clone();
            plan[place] = sample;
            tried.push((plan, parameter.name.as_str()));
        }
    }
    let plans: Vec<Plan> = tried.iter().map(|(plan, _)| plan.clone()).collect();
    let reactions = trial.react(&plans)?;
    let mut complaints = Vec::new();
    for ((plan, name), reaction) in tried.iter().zip(&reactions) {
        let is_named = matches!(reaction, Reaction::Told(text) if refuses(text, name));
        if !is_named {
            complaints.push(format!("{}: `{name}` is of another kind: {reaction:?}", shown(row, plan)));
        }
    }
    Ok(complaints)
}

/// Places in `SAMPLES`: an Int, a String, a List, a Map.
const GOOD_FIRST: &[usize] = &[3, 20, 28, 34];

/// A TypeError whose message has the name of the parameter as a word, or says what cannot be iterated or called; or what
/// the process may not do, which is found out first.
fn refuses(told: &str, name: &str) -> bool {
    let Some(message) = told.strip_prefix("<class TypeError>: ") else {
        return told.starts_with("<class PermissionError>: ");
    };
    let by_doing = message.ends_with("cannot be iterated") || message.ends_with("cannot be called");
    by_doing || message.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

fn shown(row: &BuiltinRow, plan: &Plan) -> String {
    let arguments: Vec<&str> =
        plan.iter().filter_map(|&sample| SAMPLES.get(sample)).map(|sample| sample.0).collect();
    format!("{}({})", row.name, arguments.join(", "))
}

/// Every builtin, with what signatures say of it.
pub fn rows() -> impl Iterator<Item = &'static BuiltinRow> {
    stdlib::ROWS.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Part of every test run; `dunlin-testkit hostile --rounds N` tries more.
    #[test]
    fn no_builtin_is_harmed_by_its_arguments() {
        let mut wrong = Vec::new();
        let mut count = 0;
        for row in rows() {
            count += 1;
            wrong.extend(
                complaints(row, 1, 1).unwrap_or_else(|problem| vec![format!("{}: {problem}", row.name)]),
            );
        }
        assert!(count > 400, "only {count} builtins");
        assert!(wrong.is_empty(), "{} complaints:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn signatures_state_kinds_that_there_are() {
        let kinds: Vec<&str> =
            SAMPLES.iter().map(|(_, kind)| *kind).chain(["Iterable", "Callable", "Socket"]).collect();
        for row in rows() {
            let signature = Signature::parse(row.signature).expect("well formed");
            for kind in signature.params.iter().filter_map(|param| param.kind.as_deref()) {
                for kind in kind.split('|').map(str::trim) {
                    assert!(kinds.contains(&kind), "{}: `{kind}` is no kind", row.name);
                }
            }
        }
    }
}
