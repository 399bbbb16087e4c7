//! The options that every command shares that runs or compiles code.

use std::time::Duration;

use dunlin::{
    Access, AfterFailure, AllocationFailure, Collector, MachineCode, Permissions, Settings, Through,
};

use crate::arguments::{Arguments, OptionRow, option};
use crate::nearest::unknown;
use crate::{quantity, terminal};

/// Limits, collector and what to observe.
pub const RUNNING: &[OptionRow] = &[
    option("--max-heap", "SIZE", "end with exit code 101 above this much memory: 64mb, 1gb"),
    option("--max-time", "TIME", "end with exit code 102 after this much processor time: 500ms, 2s"),
    option("--max-stack", "N", "frames before a StackOverflowError; 1_000_000 if not said"),
    option("--gc", "NAME", "the collector: generational, mark-sweep or none"),
    option(
        "--jit",
        "WHICH",
        "machine code: template (of functions in use), full (and optimised where hot), off, or eager (of everything, for tests)",
    ),
    option("--jit-stats", "", "print what was compiled to machine code at the end"),
    option("--perf-map", "", "tell `perf` the names of functions in machine code, in /tmp/perf-PID.map"),
    option("--gc-stats", "", "print counts, bytes and pauses of the collector at the end"),
    option("--gc-stress", "", "collect at every safepoint"),
    option("--chaos", "", "suspend at every poll and take the slow way of every builtin"),
    option(
        "--fail-allocation",
        "N",
        "let the Nth allocation fail, which must not be seen; `N+`: and all behind it, which ends with exit code 101",
    ),
    option("--each-guard", "", "with --jit=full-eager: each guard fails the first time that it is reached"),
    option("--trace", "", "print every instruction to standard error"),
    option("--count", "", "print how many instructions ran"),
    option("--schedulers", "N", "threads that run processes, 1 to 256; one for each processor if not said"),
    option("--sandbox", "", "permit nothing outside the program but what --allow-... names"),
    option(
        "--allow-read",
        "[PATH]...",
        "permit reading below this path (all, if none is named), and no more",
    ),
    option("--allow-write", "[PATH]...", "permit writing below this path, and no more"),
    option("--allow-net", "[HOST]...", "permit this host, or host:port, and no more"),
    option("--allow-env", "[NAME]...", "permit this variable of the environment, and no more"),
    option("--allow-run", "[NAME]...", "permit this program to be started, and no more"),
    option(
        "--allow-ffi",
        "[PATH]...",
        "permit extensions below this path; without this option there are none",
    ),
    option("--seed", "N", "seed of hashing and of the order of processes, whose time is then virtual"),
];

/// How code is compiled.
pub const COMPILING: &[OptionRow] = &[
    option(
        "--passes",
        "LIST",
        "optimiser passes: names with commas between; all, none, and no-NAME to leave one out",
    ),
    option("--through", "FORM", "take the program through another form first: dnb, asm, fmt or sexpr"),
];

/// The settings that the arguments ask for.
pub fn read(arguments: &Arguments) -> Result<Settings, String> {
    let mut settings = Settings {
        colours: terminal::error_colours(),
        front_ends: crate::front_ends::all(),
        extensions: Some(std::sync::Arc::new(capi::extension::SharedLibraries)),
        ..Settings::default()
    };
    if let Some(text) = arguments.value("--max-heap") {
        settings.limits.heap_bytes_max = Some(quantity::bytes(text)?);
    }
    if let Some(text) = arguments.value("--max-time") {
        settings.limits.time_max = Some(Duration::from_millis(quantity::milliseconds(text)?));
    }
    if let Some(text) = arguments.value("--max-stack") {
        settings.limits.stack_frames_max = Some(quantity::count(text)? as usize);
    }
    if let Some(name) = arguments.value("--gc") {
        settings.collector = choose("collector", name, Collector::ALL)?;
    }
    if let Some(name) = arguments.value("--jit") {
        settings.machine_code = choose("kind of machine code", name, MachineCode::ALL)?;
    }
    if let Some(name) = arguments.value("--through") {
        settings.through = choose("form", name, Through::ALL)?;
    }
    if let Some(text) = arguments.value("--seed") {
        settings.seed = Some(quantity::count(text)?);
    }
    if let Some(text) = arguments.value("--fail-allocation") {
        let (number, then) = match text.strip_suffix('+') {
            Some(number) => (number, AfterFailure::Fail),
            None => (text, AfterFailure::Succeed),
        };
        let number = quantity::count(number)?;
        settings.allocation_failure = Some(AllocationFailure { number, then });
    }
    if let Some(text) = arguments.value("--schedulers") {
        settings.schedulers = match quantity::count(text)? {
            count @ 1..=256 => Some(count as usize),
            _ => return Err(format!("`--schedulers {text}`: there can be 1 to 256")),
        };
    }
    settings.permissions = permissions(arguments)?;
    settings.gc_stress = arguments.has("--gc-stress");
    settings.chaos = arguments.has("--chaos");
    settings.each_guard = arguments.has("--each-guard");
    settings.trace = arguments.has("--trace");
    settings.count = arguments.has("--count");
    settings.perf_map = arguments.has("--perf-map");
    settings.count_steps = arguments.has("--jit-stats");
    settings.passes = arguments.value("--passes").map(str::to_string);
    Ok(settings)
}

/// All, unless an option names what is permitted.
fn permissions(arguments: &Arguments) -> Result<Permissions, String> {
    let mut permissions = Permissions::none();
    let mut is_narrowed = arguments.has("--sandbox");
    for kind in Permissions::KINDS {
        let option = format!("--allow-{kind}");
        let Some(access) = permissions.kind_mut(kind).filter(|_| arguments.has(&option)) else { continue };
        // An extension has to be permitted in any case, so that permitting it takes nothing else away.
        is_narrowed |= *kind != "ffi";
        let mut names = Vec::new();
        for value in arguments.values(&option) {
            match value {
                Some(path) if matches!(*kind, "read" | "write" | "ffi") => {
                    let whole = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
                    let whole = whole.map_err(|error| format!("`{option}={path}`: {error}"))?;
                    names.push(whole.to_string_lossy().into_owned());
                }
                Some(name) => names.push(name.to_string()),
                None => *access = Access::All,
            }
        }
        if *access != Access::All {
            *access = Access::Only(names);
        }
    }
    let ffi = permissions.ffi.clone();
    Ok(if is_narrowed { permissions } else { Permissions { ffi, ..Permissions::default() } })
}

/// One of a table's values by its name.
pub fn choose<T: Copy>(what: &str, name: &str, table: &[(&str, T)]) -> Result<T, String> {
    let names: Vec<&str> = table.iter().map(|row| row.0).collect();
    let found = table.iter().find(|row| row.0 == name).map(|row| row.1);
    found.ok_or_else(|| format!("{}; there are {}", unknown(what, name, &names), names.join(", ")))
}
