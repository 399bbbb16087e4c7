//! Every program of the corpus compiles to a unit that the validator accepts, or is rejected where it says so.

use std::path::{Path, PathBuf};

use compiler::{Environment, ImportError, Mode, ModuleInterface, Options, PreludeItem};
use diag::FileId;

/// Knows the names of the library and nothing about them.
struct Library;

const CLASSES: &str = "Nil Bool Int Float Number Char String Symbol Bytes Buffer List Tuple Map Set Range Object \
    Class Trait Function Generator Iterator Iterable Callable Module Regex Time Task Channel Stream Socket Pid Ref \
    FloatArray IntArray Supervisor";
const ERRORS: &str = "Error TypeError ValueError KeyError IndexError FieldError ArgumentError MatchError \
    ZeroDivisionError FrozenError IterationError UnboundError InitError StackOverflowError SendError IOError \
    TimeoutError ClosedError DeadlockError AssertionError PermissionError NameTakenError OwnerError DownError";
const FUNCTIONS: &str = "print println eprint str repr char read_line int float hash same? freeze frozen? len type min max abs sum \
    sorted todo unreachable exit symbol range input chr ord assert_throws type_of sqrt round \
    floor ceil time sleep random spawn send args frozen callable? parse_int parse_float format send_after cancel_timer trap_exit alive? monitor demonitor link unlink \
    whereis register unregister process_info processes self_pid interval join_group leave_group group_members ErrorGroup \
    StartError HttpRequest HttpResponse hibernate";

impl Environment for Library {
    fn prelude(&self, name: &str) -> Option<PreludeItem> {
        let among = |names: &str| names.split_whitespace().any(|known| known == name);
        if among(ERRORS) {
            return Some(PreludeItem::Class { is_error: true, signature: None });
        }
        if among(CLASSES) {
            return Some(PreludeItem::Class { is_error: false, signature: None });
        }
        match name {
            "Done" => Some(PreludeItem::Done),
            "nan" | "inf" => Some(PreludeItem::Value(bytecode::Constant::Float(f64::INFINITY))),
            _ => among(FUNCTIONS).then_some(PreludeItem::Function(None)),
        }
    }

    fn import(&mut self, path: &str, _from: &str) -> Result<ModuleInterface, ImportError> {
        let _ = path;
        Err(ImportError::NotFound)
    }
}

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.join("main.dn").is_file() {
            found.push(path.join("main.dn"));
        } else if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "dn") {
            found.push(path);
        }
    }
}

/// What is wrong with how a program compiles, if anything.
fn complaint(source: &str, path: &Path) -> Option<String> {
    let file = FileId(0);
    let (tree, mut diagnostics) = syntax::parse(source, file);
    let options = Options {
        mode: Mode::Script,
        passes: compiler::passes::ALL,
        file,
        name: "main",
        path: &path.display().to_string(),
        source,
    };
    let (unit, more, _) = compiler::compile(&tree, &options, &mut Library);
    diagnostics.extend(more);
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| {
            let at = diagnostic.primary.span.start;
            format!("{} at {at}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    let depends = |text: &str| ["E0501", "E0511", "E0514"].iter().any(|part| text.contains(part));
    if errors.iter().any(|text| depends(text)) {
        // Modules, macros and processes are not what this test is about.
        return None;
    }
    let rejected = source.lines().any(|line| {
        line.contains("// error E0") || (line.contains("// error") && !source.contains("// expect"))
    });
    match unit {
        Some(unit) if errors.is_empty() => {
            bytecode::validate(unit).err().map(|error| format!("the validator says {error}"))
        }
        _ if rejected => None,
        _ => Some(errors.join("; ")),
    }
}

fn corpus() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let mut found = Vec::new();
    for folder in ["spec", "limit", "regress"] {
        programs(&root.join(folder), &mut found);
    }
    assert!(!found.is_empty(), "the corpus is there");
    found
}

/// Numbers from a seed, so that a failure can be seen again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// Takes words out, puts others in their place, moves lines.
fn mutate(source: &str, others: &[String], numbers: &mut Numbers) -> String {
    let mut lines: Vec<String> = source.lines().map(str::to_string).collect();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(lines.len());
        let Some(line) = lines.get(at).cloned() else { continue };
        match numbers.below(5) {
            0 => {
                lines.remove(at);
            }
            1 => lines.insert(numbers.below(lines.len() + 1), line),
            2 => {
                let other =
                    others[numbers.below(others.len())].lines().map(str::to_string).collect::<Vec<_>>();
                lines.insert(at, other.get(numbers.below(other.len())).cloned().unwrap_or_default());
            }
            _ => {
                let mut words: Vec<&str> = line.split(' ').collect();
                let (from, to) = (numbers.below(words.len()), numbers.below(words.len()));
                words.swap(from, to);
                lines[at] = words.join(" ");
            }
        }
    }
    lines.join("\n")
}

/// Whatever the text is, the compiler ends, and what it makes is valid.
#[test]
fn mutated_programs_are_rejected_or_valid() {
    let sources: Vec<String> =
        corpus().iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let rounds = std::env::var("DUNLIN_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let mut numbers = Numbers(20_261_121);
    for round in 0..rounds {
        for source in &sources {
            let text = mutate(source, &sources, &mut numbers);
            for passes in [compiler::passes::ALL, 0] {
                if let Some(unit) = compiled(&text, passes)
                    && let Err(error) = bytecode::validate(unit)
                {
                    panic!("round {round}: the validator says {error}\n{text}");
                }
            }
        }
    }
}

fn compiled(source: &str, passes: u32) -> Option<bytecode::Unit> {
    let file = FileId(0);
    let (tree, diagnostics) = syntax::parse(source, file);
    if diagnostics.iter().any(diag::Diagnostic::is_error) {
        return None;
    }
    let options = Options { mode: Mode::Script, passes, file, name: "main", path: "main.dn", source };
    compiler::compile(&tree, &options, &mut Library).0
}

#[test]
fn programs_of_the_corpus_compile() {
    let found = corpus();
    let mut complaints = Vec::new();
    for path in found {
        let source = std::fs::read_to_string(&path).expect("a program is readable text");
        if let Some(text) = complaint(&source, &path) {
            complaints.push(format!("{}: {text}", path.display()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
