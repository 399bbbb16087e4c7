//! Examples in `///` comments: fenced blocks that run with what their file exports.
//!
//! An example must end well, and print what its `// expect:` comments say, if it has any. A fence marked with another
//! word than `dunlin` is not run.

use std::path::Path;
use std::sync::Arc;

use dunlin::{Engine, Failure, FailureKind, MemoryOutput, Settings};

use super::test::Done;

/// An example of a declaration.
pub struct Example {
    /// What it belongs to, numbered where there are several: `greet`, `greet (2)`.
    pub name: String,
    pub code: String,
}

/// The examples of a file, run. A file that cannot be read has been reported before.
pub fn run(settings: &Settings, path: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Done> {
    let Ok(text) = dunlin::read_source(path) else { return Vec::new() };
    let symbols = ide::symbols(&text);
    let exported: Vec<&str> =
        symbols.iter().filter(|symbol| symbol.public).map(|symbol| symbol.name.as_str()).collect();
    let mut results = Vec::new();
    for symbol in &symbols {
        for example in examples(&symbol.name, &symbol.documentation) {
            let name = format!("example of {}", example.name);
            if is_wanted(&name) {
                let failure = run_example(settings, path, &exported, &example.code).err();
                results.push(Done { name, failure });
            }
        }
    }
    results
}

/// The fenced blocks of a documentation text.
pub fn examples(name: &str, documentation: &str) -> Vec<Example> {
    let text: String =
        documentation.split_inclusive('\n').map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let blocks = ide::blocks(&text).into_iter().filter(|block| matches!(block.info, "" | "dunlin"));
    let example = |(index, block): (usize, ide::Block<'_>)| {
        let name = if index == 0 { name.to_string() } else { format!("{name} ({})", index + 1) };
        Example { name, code: block.text.to_string() }
    };
    blocks.enumerate().map(example).collect()
}

fn run_example(settings: &Settings, path: &str, exported: &[&str], code: &str) -> Result<(), Failure> {
    let file = Path::new(path);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    // Only what the example names is imported, so that it may define names of its own.
    let named: Vec<&str> = exported.iter().copied().filter(|name| mentions(code, name)).collect();
    let import = match named.is_empty() {
        true => String::new(),
        false => format!("import \"./{stem}\" {{ {} }}; ", named.join(", ")),
    };
    let engine = Engine::new(settings.clone())?;
    let place = file.with_file_name(format!("<example of {stem}>")).display().to_string();
    let program = engine.compile_source(&place, &(import + code))?;
    let output = Arc::new(MemoryOutput::default());
    engine.run_unit_into(program.into_unit(), Box::new(output.clone()))?;
    compare(&expected(code), &output.take())
}

fn mentions(code: &str, name: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    code.split(|character| !is_name(character)).any(|word| word == name)
}

/// What the `// expect:` comments say, one a line.
fn expected(code: &str) -> Vec<String> {
    let lines = code.lines().filter_map(|line| line.split_once("// expect:"));
    lines.map(|(_, text)| text.trim().to_string()).collect()
}

fn compare(expected: &[String], output: &str) -> Result<(), Failure> {
    let found: Vec<&str> = output.lines().map(str::trim_end).collect();
    if expected.is_empty() || expected == found {
        return Ok(());
    }
    let list = |lines: Vec<String>| lines.iter().map(|line| format!("\n  {line}")).collect::<String>();
    let report = format!(
        "error: the example prints something else\nexpected:{}\nprinted:{}",
        list(expected.to_vec()),
        list(found.iter().map(|line| line.to_string()).collect())
    );
    Err(Failure::new(FailureKind::Uncaught, report))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fenced_blocks_are_examples() {
        let text = " Twice.\n ```\n f(1)\n ```\n ```text\n no\n ```\n ```dunlin\n f(2)\n ```\n";
        let found = examples("f", text);
        let shown: Vec<(&str, &str)> =
            found.iter().map(|example| (example.name.as_str(), example.code.as_str())).collect();
        assert_eq!(shown, [("f", "f(1)\n"), ("f (2)", "f(2)\n")]);
    }

    #[test]
    fn output_is_compared_where_it_is_expected() {
        assert!(compare(&expected("print(1) // expect: 1\n"), "1\n").is_ok());
        assert!(compare(&expected("print(1)\n"), "1\n").is_ok());
        assert!(compare(&expected("print(1) // expect: 2\n"), "1\n").is_err());
    }
}
