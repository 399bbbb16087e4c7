//! Lines, tests and unsafe sites of each crate, and programs of the corpus.

use anyhow::Result;

use crate::{source, tidy, workspace};

#[derive(Default)]
struct Counts {
    files: usize,
    lines: usize,
    tests: usize,
    unsafe_sites: usize,
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        self.files += other.files;
        self.lines += other.lines;
        self.tests += other.tests;
        self.unsafe_sites += other.unsafe_sites;
    }

    fn print(&self, name: &str) {
        println!(
            "| {name:10} | {:5} | {:6} | {:5} | {:6} |",
            self.files, self.lines, self.tests, self.unsafe_sites
        );
    }
}

pub fn run() -> Result<()> {
    println!("| crate      | files | lines  | tests | unsafe |");
    println!("| ---------- | ----: | -----: | ----: | -----: |");
    let mut total = Counts::default();
    for folder in workspace::crates()? {
        let mut counts = Counts::default();
        for path in workspace::files(&folder, "rs")? {
            let text = workspace::read(&path)?;
            let code = source::code_only(&text);
            counts.add(&Counts {
                files: 1,
                lines: text.lines().count(),
                tests: code.matches("#[test]").count(),
                unsafe_sites: tidy::unsafe_sites(&code),
            });
        }
        counts.print(&folder.file_name().unwrap_or_default().to_string_lossy());
        total.add(&counts);
    }
    total.print("all");
    let root = workspace::root();
    let mut expectations = 0;
    let programs = workspace::files(&root.join("tests"), "dn")?;
    for path in &programs {
        let text = workspace::read(path)?;
        expectations += text.matches("// expect:").count() + text.matches("// error").count();
    }
    println!("\n{} programs under tests/ with {expectations} expectations", programs.len());
    Ok(())
}
