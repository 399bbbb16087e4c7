//! `dunlin debug FILE`: a program under a debugger at the terminal.
//!
//! Commands are lines of standard input, so a session can be a script. What the program prints goes to standard output
//! before the debugger says anything.

use std::io::{BufRead, Write};
use std::sync::Arc;

use dunlin::debugger::{BreakOn, Breakpoint, Controls, DebugClient, Resume, Stop, Why, debug_settings};
use dunlin::{Engine, StandardOutput};

use super::CommandRow;
use super::run::report;
use crate::arguments::{Arguments, OptionRow, Positional, option};
use crate::exit::Exit;
use crate::{settings, terminal};

const OPTIONS: &[OptionRow] = &[
    option("-b --break", "[LINE]...", "stop at a line before the first command is read"),
    option("--continue", "", "do not stop at the first line"),
];

pub const ROW: CommandRow = CommandRow {
    name: "debug",
    usage: "[OPTIONS] FILE [ARGUMENTS]",
    summary: "Runs a program that stops where you say, and lets you look around.",
    options: &[OPTIONS, settings::RUNNING],
    positional: Positional::First("FILE"),
    examples: &[
        ("dunlin debug game.dn", "stop at the first line; `help` names the commands"),
        ("dunlin debug --break=12 --continue game.dn", "stop at line 12"),
    ],
    run,
};

const HELP: &str = "\
break LINE [if CONDITION]   stop at a line; FILE:LINE for another file
delete LINE                 do not stop there any more
breaks                      show where the program stops
errors all|uncaught|off     stop where errors are thrown
continue, c                 go on
step, s                     go on to the next line, also into a function
next, n                     go on to the next line of this function
out, o                      go on until this function has returned
where, w                    show the calls
up, down, frame NUMBER      look at another call
locals, l                   show the variables of the call
print EXPRESSION, p         show a value; what it changes the program does not see
list                        show the lines around
quit, q                     end the program
An empty line does the last command again.
";

fn run(arguments: &Arguments) -> Result<Exit, String> {
    let Some((file, rest)) = arguments.positional.split_first() else {
        return Err("which file? `dunlin debug FILE`".to_string());
    };
    let mut settings = settings::read(arguments)?;
    settings.arguments = rest.to_vec();
    let engine = Engine::new(debug_settings(settings)).map_err(|failure| failure.to_string())?;
    let controls = Arc::new(Controls::default());
    let wanted = arguments.values("-b --break").flatten();
    let wanted: Result<Vec<Breakpoint>, String> = wanted.map(breakpoint).collect();
    controls.set_breakpoints(file, wanted?);
    let client = Terminal { file: file.clone(), controls: controls.clone(), frame: 0, last: String::new() };
    let pausing = controls.clone();
    // Without it Ctrl-C ends the program, as everywhere.
    let _ = crate::prompt::interrupt::watch(move || pausing.pause());
    let output = Box::new(StandardOutput::new());
    let stops_at_entry = !arguments.has("--continue");
    Ok(match engine.debug_file(file, Box::new(client), controls, output, stops_at_entry) {
        Ok(()) => Exit::Success,
        Err(failure) => report(&failure),
    })
}

/// `12` or `12 if x > 3`.
fn breakpoint(text: &str) -> Result<Breakpoint, String> {
    let (line, condition) = match text.split_once(" if ") {
        Some((line, condition)) => (line, Some(condition.trim().to_string())),
        None => (text, None),
    };
    let line = line.trim().parse().map_err(|_| format!("`{}` is no line", line.trim()))?;
    Ok(Breakpoint { line, condition })
}

struct Terminal {
    /// The file that lines without a file are of.
    file: String,
    controls: Arc<Controls>,
    /// The call that is looked at.
    frame: usize,
    /// The last command.
    last: String,
}

impl DebugClient for Terminal {
    fn stopped(&mut self, stop: &mut Stop<'_, '_>) -> Resume {
        self.frame = 0;
        self.say_where(stop);
        loop {
            say("(debug) ");
            let mut line = String::new();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => {
                    say("\n");
                    return Resume::Quit;
                }
                Ok(_) => {}
            }
            let line = line.trim().to_string();
            if !line.is_empty() {
                self.last = line;
            }
            let command = self.last.clone();
            match self.obey(stop, &command) {
                Ok(Some(resume)) => return resume,
                Ok(None) => {}
                Err(problem) => say(&format!("{problem}\n")),
            }
        }
    }
}

impl Terminal {
    fn say_where(&mut self, stop: &Stop<'_, '_>) {
        let why = match &stop.why {
            Why::Entry => "at the first line".to_string(),
            Why::Breakpoint => "at a breakpoint".to_string(),
            Why::Step => "after a step".to_string(),
            Why::Pause => "as you wanted".to_string(),
            Why::Error(text) => format!("at an error: {text}"),
        };
        let frames = stop.frames();
        let Some(place) = frames.first() else { return say(&format!("stopped {why}\n")) };
        self.file.clone_from(&place.path);
        say(&format!("stopped {why}, in {} ({}:{})\n", place.function, place.path, place.line));
        self.list(stop, 0, 0);
    }

    /// Lines around the place of the call.
    fn list(&self, stop: &Stop<'_, '_>, frame: usize, around: u32) {
        let frames = stop.frames();
        let Some(place) = frames.get(frame) else { return };
        for line in place.line.saturating_sub(around).max(1)..=place.line + around {
            let mark = if line == place.line { ">" } else { " " };
            if let Some(text) = stop.source_line(&place.path, line) {
                say(&format!("{mark}{line:>5} | {text}\n"));
            }
        }
    }

    fn obey(&mut self, stop: &mut Stop<'_, '_>, command: &str) -> Result<Option<Resume>, String> {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim();
        match word {
            "" => {}
            "continue" | "c" => return Ok(Some(Resume::Continue)),
            "step" | "s" => return Ok(Some(Resume::StepIn)),
            "next" | "n" => return Ok(Some(Resume::StepOver)),
            "out" | "o" => return Ok(Some(Resume::StepOut)),
            "quit" | "q" => return Ok(Some(Resume::Quit)),
            "help" | "h" => say(HELP),
            "break" | "b" => self.set_break(rest)?,
            "delete" => self.delete(rest)?,
            "breaks" => self.breaks(),
            "errors" => self.errors(rest)?,
            "where" | "w" => self.calls(stop),
            "up" => self.look_at(stop, self.frame + 1)?,
            "down" => self.look_at(stop, self.frame.checked_sub(1).ok_or("this is the innermost call")?)?,
            "frame" => self.look_at(stop, rest.parse().map_err(|_| "which call? `where` numbers them")?)?,
            "locals" | "l" => self.locals(stop),
            "print" | "p" => say(&format!("{}\n", stop.evaluate(self.frame, rest)?.text)),
            "list" => self.list(stop, self.frame, 5),
            _ => return Err(format!("there is no command `{word}`; `help` names them")),
        }
        Ok(None)
    }

    /// The file that a place names, and the rest of it.
    fn place<'t>(&self, text: &'t str) -> (String, &'t str) {
        let line_at = text.split(" if ").next().unwrap_or(text).rfind(':');
        match line_at {
            Some(colon) => (text[..colon].to_string(), &text[colon + 1..]),
            None => (self.file.clone(), text),
        }
    }

    fn of_file(&self, path: &str) -> Vec<Breakpoint> {
        self.controls.breakpoints_of(path)
    }

    fn set_break(&mut self, text: &str) -> Result<(), String> {
        let (path, rest) = self.place(text);
        let wanted = breakpoint(rest)?;
        let mut known = self.of_file(&path);
        known.retain(|breakpoint| breakpoint.line != wanted.line);
        known.push(wanted);
        self.controls.set_breakpoints(&path, known);
        Ok(())
    }

    fn delete(&mut self, text: &str) -> Result<(), String> {
        let (path, rest) = self.place(text);
        let gone = breakpoint(rest)?;
        let mut known = self.of_file(&path);
        if !known.iter().any(|breakpoint| breakpoint.line == gone.line) {
            return Err(format!("the program does not stop at line {}", gone.line));
        }
        known.retain(|breakpoint| breakpoint.line != gone.line);
        self.controls.set_breakpoints(&path, known);
        Ok(())
    }

    fn breaks(&self) {
        for (path, Breakpoint { line, condition }) in self.controls.breakpoints() {
            let condition = condition.map_or(String::new(), |condition| format!(" if {condition}"));
            say(&format!("{path}:{line}{condition}\n"));
        }
    }

    fn errors(&self, which: &str) -> Result<(), String> {
        let choices = [("all", BreakOn::All), ("uncaught", BreakOn::Uncaught), ("off", BreakOn::Nothing)];
        self.controls.break_on(settings::choose("choice", which, &choices)?);
        Ok(())
    }

    fn calls(&self, stop: &Stop<'_, '_>) {
        for (number, place) in stop.frames().iter().enumerate() {
            let mark = if number == self.frame { ">" } else { " " };
            say(&format!("{mark}{number:>3} {} ({}:{})\n", place.function, place.path, place.line));
        }
    }

    fn look_at(&mut self, stop: &Stop<'_, '_>, number: usize) -> Result<(), String> {
        let frames = stop.frames();
        let place = frames.get(number).ok_or("there is no such call")?;
        self.frame = number;
        say(&format!("{number} {} ({}:{})\n", place.function, place.path, place.line));
        self.list(stop, number, 0);
        Ok(())
    }

    fn locals(&self, stop: &mut Stop<'_, '_>) {
        for shown in stop.variables(self.frame) {
            say(&format!("{} = {}\n", shown.name, shown.text));
        }
    }
}

fn say(text: &str) {
    terminal::print(text);
    let _ = std::io::stdout().flush();
}
