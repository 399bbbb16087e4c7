//! `dunlin jit explain FILE[:FUNCTION]`: what became machine code, and what it leaves to the interpreter.

use dunlin::{Engine, MachineCodeOf};

use super::{CommandRow, run};
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::{settings, terminal};

pub const ROW: CommandRow = CommandRow {
    name: "jit",
    usage: "explain [OPTIONS] FILE[:FUNCTION] [ARGUMENTS]",
    summary: "Runs a program and says what became machine code, and what that leaves to the interpreter.",
    options: &[settings::COMPILING, settings::RUNNING],
    positional: Positional::Second("FILE[:FUNCTION]"),
    examples: &[
        ("dunlin jit explain work.dn", "all functions of the file"),
        ("dunlin jit explain work.dn:total", "one function"),
        ("dunlin jit explain --jit=eager work.dn", "with everything compiled before it runs"),
    ],
    run: jit,
};

fn jit(arguments: &Arguments) -> Result<Exit, String> {
    let (what, rest) = arguments.positional.split_first().ok_or(MISSING)?;
    let (target, rest) = rest.split_first().ok_or(MISSING)?;
    if what != "explain" {
        return Err(format!("`jit {what}` is nothing; there is `jit explain`"));
    }
    let (file, function) = match target.rsplit_once(':') {
        Some((file, function)) if !file.is_empty() => (file, Some(function)),
        _ => (target.as_str(), None),
    };
    let mut settings = settings::read(arguments)?;
    settings.arguments = rest.to_vec();
    settings.count_steps = true;
    let engine = Engine::new(settings).map_err(|failure| failure.to_string())?;
    let result = engine.run_file(file);
    let text = dunlin::read_source(file).unwrap_or_default();
    terminal::print(&explanation(&engine, file, &text, function));
    run::finish(arguments, &engine, result)
}

const MISSING: &str = "which file? `dunlin jit explain FILE[:FUNCTION]`";

fn explanation(engine: &Engine, file: &str, text: &str, function: Option<&str>) -> String {
    let all = engine.machine_code();
    let wanted: Vec<&MachineCodeOf> = all
        .iter()
        .filter(|(path, code)| path == file && function.is_none_or(|name| name == code.name))
        .map(|(_, code)| code)
        .collect();
    if wanted.is_empty() {
        let subject =
            function.map_or_else(|| "no function of the file".to_string(), |name| format!("no `{name}`"));
        return format!("{subject} was found in use often enough: everything was interpreted\n");
    }
    wanted.iter().map(|code| explained(code, text)).collect()
}

fn explained(code: &MachineCodeOf, text: &str) -> String {
    let again =
        if code.generation > 1 { format!(", for the {}th time", code.generation) } else { String::new() };
    let mut shown = format!(
        "{}: template tier{again}, {} words of bytecode, {} bytes of machine code\n",
        code.name, code.words, code.code_bytes
    );
    let mut steps: Vec<_> = code.steps.iter().collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.count));
    for step in steps {
        let line = line_of(text, step.span.0);
        shown.push_str(&format!("{:>12} x {:<8} line {line}: {}\n", step.count, step.mnemonic, step.reason));
    }
    for optimised in &code.optimised {
        let what = match optimised.loop_span {
            Some(span) => format!("the loop at line {}", line_of(text, span.0)),
            None => "the function".to_string(),
        };
        shown.push_str(&format!("    {what}: {}\n", optimised.state));
        for (function, step) in &optimised.left {
            // What is inlined may stand in another file.
            let place = if *function == code.name {
                format!("line {}", line_of(text, step.span.0))
            } else {
                format!("in `{function}`")
            };
            shown.push_str(&format!("{:>14} {:<8} {place}: {}\n", "left:", step.mnemonic, step.reason));
        }
    }
    shown
}

/// The number of the line that a position is in.
fn line_of(text: &str, position: u32) -> usize {
    let before = text.as_bytes().iter().take(position as usize);
    1 + before.filter(|&&byte| byte == b'\n').count()
}
