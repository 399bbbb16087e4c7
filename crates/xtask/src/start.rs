//! Which code a short program runs, as a linker script that puts it together.
//!
//! The system maps a program's code as it is touched, sixteen pages at a time. What `hello world` runs is a twentieth of
//! the binary and spread over all of it, so nearly half of it became resident. The script names the functions that ran by
//! patterns without the hashes of their names, so it holds for other compilers and for changed code; a function that it
//! does not name is where it would be without it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

const SCRIPT: &str = "crates/cli/start.ld";
const PROGRAM: &str = "benches/start/hello.dn";
/// A pattern may take so many bytes for each function of it that ran: generic code has many instances.
const BYTES_PER_FUNCTION_MAX: u64 = 12 * 1024;
/// Patterns that stand for more functions come behind the others.
const INSTANCES_MAX: usize = 4;

const HEAD: &str = "\
/* The code that a short program runs, together. Written by `cargo xtask start`; see docs/adr/0022-start.md. */
";

/// What a pattern takes.
#[derive(Default)]
struct Taken {
    functions: usize,
    bytes: u64,
    ran: usize,
}

/// Writes the script from a run of this binary.
pub fn run(arguments: &[String]) -> Result<()> {
    let [binary] = arguments else {
        bail!("name the binary whose start is to be looked at: `cargo xtask start target/release/dunlin`");
    };
    let folder = std::env::temp_dir().join(format!("dunlin-start-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let written = write_script(Path::new(binary), &folder);
    std::fs::remove_dir_all(&folder)?;
    written
}

fn write_script(binary: &Path, folder: &Path) -> Result<()> {
    // Without line tables the names are those of the symbols, and nothing is said of inlined functions.
    let plain = folder.join("dunlin");
    done(Command::new("objcopy").arg("--strip-debug").arg(binary).arg(&plain))?;
    let profile = folder.join("profile");
    let program = workspace::root().join(PROGRAM);
    done(
        Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind", "--demangle=no"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(&plain)
            .arg("run")
            .arg(program),
    )?;
    let ran = functions_that_ran(&std::fs::read_to_string(&profile)?);
    let symbols = done(Command::new("nm").arg("--print-size").arg(&plain))?;
    let patterns = patterns(&symbols, &ran);
    let bytes: u64 = patterns.values().map(|taken| taken.bytes).sum();
    std::fs::write(workspace::root().join(SCRIPT), script(&patterns))?;
    println!("{SCRIPT}: {} patterns, {} KB of code", patterns.len(), bytes / 1024);
    Ok(())
}

/// Runs a program to its end; gives what it wrote.
fn done(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{:?} failed: {}", command.get_program(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The names in a profile: `fn=(12) name` and `cfn=(12) name`.
fn functions_that_ran(profile: &str) -> BTreeSet<String> {
    let named = profile.lines().filter_map(|line| line.strip_prefix("fn=(").or(line.strip_prefix("cfn=(")));
    let names = named.filter_map(|rest| rest.split_once(") ").map(|(_, name)| name));
    // Of a function that calls itself each depth has a name of its own.
    names.map(|name| name.split('\'').next().unwrap_or(name).to_string()).collect()
}

/// The name of a function's section, with `*` for what differs from build to build.
fn pattern(symbol: &str) -> String {
    let name = symbol.split(".llvm.").next().unwrap_or(symbol);
    if let Some(rest) = name.strip_prefix("_R") {
        return format!(".text._R{}*", without_crate_hashes(rest));
    }
    match name.rfind("17h") {
        Some(at) if name.starts_with("_ZN") => format!(".text.{}17h*", &name[..at]),
        // Of C: what the compiler has split off stands beside the rest.
        _ => format!(".text.{}*", name.split('.').next().unwrap_or(name)),
    }
}

/// `Cs<hash>_` is a crate in the newer form of names.
fn without_crate_hashes(name: &str) -> String {
    let mut parts = name.split("Cs");
    let mut out = parts.next().unwrap_or("").to_string();
    for part in parts {
        match part.split_once('_') {
            Some((hash, rest)) if hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                out.push_str("Cs*_");
                out.push_str(rest);
            }
            _ => {
                out.push_str("Cs");
                out.push_str(part);
            }
        }
    }
    out
}

fn patterns(symbols: &str, ran: &BTreeSet<String>) -> BTreeMap<String, Taken> {
    let mut patterns: BTreeMap<String, Taken> = BTreeMap::new();
    for line in symbols.lines() {
        let [_, size, kind, name] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        if !matches!(kind, "t" | "T" | "w" | "W") {
            continue;
        }
        let taken = patterns.entry(pattern(name)).or_default();
        taken.functions += 1;
        taken.bytes += u64::from_str_radix(size, 16).unwrap_or(0);
        taken.ran += usize::from(ran.contains(name));
    }
    patterns.retain(|_, taken| taken.ran > 0 && taken.bytes <= taken.ran as u64 * BYTES_PER_FUNCTION_MAX);
    patterns
}

fn script(patterns: &BTreeMap<String, Taken>) -> String {
    let mut text = format!("{HEAD}SECTIONS\n{{\n  .text.start : ALIGN(64)\n  {{\n");
    for generic in [false, true] {
        text.push_str("    *(\n");
        for (pattern, _) in patterns.iter().filter(|(_, taken)| (taken.functions > INSTANCES_MAX) == generic)
        {
            text.push_str(&format!("      {pattern}\n"));
        }
        text.push_str("    )\n");
    }
    text.push_str("  }\n}\nINSERT BEFORE .text;\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_leave_hashes_out() {
        let legacy = "_ZN2vm3run17h0402f92d139c1829E.llvm.123";
        assert_eq!(pattern(legacy), ".text._ZN2vm3run17h*");
        let newer = "_RNvNtCsjrHSEGnQ3l9_3std6thread3run";
        assert_eq!(pattern(newer), ".text._RNvNtCs*_3std6thread3run*");
        assert_eq!(pattern("mi_arena_try_alloc.isra.0"), ".text.mi_arena_try_alloc*");
    }

    #[test]
    fn names_are_read_from_profiles() {
        let ran = functions_that_ran("fn=(1) main\n1 2\ncfn=(2) walk'2\ncalls=1 2\nfn=(1)\n");
        assert_eq!(ran.into_iter().collect::<Vec<_>>(), ["main", "walk"]);
    }
}
