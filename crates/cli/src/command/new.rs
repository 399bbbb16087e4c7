//! `dunlin new NAME`: a project that runs and passes its test at once.

use std::path::Path;

use dunlin::{Failure, FailureKind};

use super::{CommandRow, compile, run};
use crate::arguments::{Arguments, Positional};
use crate::exit::Exit;
use crate::terminal;

pub const ROW: CommandRow = CommandRow {
    name: "new",
    usage: "NAME",
    summary: "Makes a project: a program, a module with a test, and a README.",
    options: &[&[]],
    positional: Positional::All("NAME"),
    examples: &[("dunlin new hello", "then `cd hello`, `dunlin main.dn` and `dunlin test`")],
    run: new,
};

/// What a project begins with; `NAME` stands for its name.
const FILES: &[(&str, &str)] = &[
    ("main.dn", include_str!("new/main.dn")),
    ("greeting.dn", include_str!("new/greeting.dn")),
    ("README.md", include_str!("new/README.md")),
    (".gitignore", "*.dnb\n"),
];

fn new(arguments: &Arguments) -> Result<Exit, String> {
    let [name] = &arguments.positional[..] else {
        return Err("which name? `dunlin new NAME`".to_string());
    };
    let folder = Path::new(name);
    if folder.exists() {
        let message = format!("error: there is a file or folder `{name}` already");
        return Ok(run::report(&Failure::new(FailureKind::Unreadable, message)));
    }
    let title = folder.file_name().map_or_else(|| name.clone(), |last| last.to_string_lossy().into_owned());
    if let Err((path, error)) = write(folder, &title) {
        return Ok(run::report(&compile::cannot_write(&path, &error)));
    }
    terminal::print(&format!("Made {name}. Try:\n  cd {name}\n  dunlin main.dn\n  dunlin test\n"));
    Ok(Exit::Success)
}

fn write(folder: &Path, title: &str) -> Result<(), (String, std::io::Error)> {
    let named = |path: &Path| {
        let path = path.display().to_string();
        move |error| (path, error)
    };
    std::fs::create_dir_all(folder).map_err(named(folder))?;
    for (file, text) in FILES {
        let path = folder.join(file);
        std::fs::write(&path, text.replace("NAME", title)).map_err(named(&path))?;
    }
    Ok(())
}
