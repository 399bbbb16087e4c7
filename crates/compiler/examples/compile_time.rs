//! How long a file takes to compile, without a library: `cargo run --profile quick --example compile_time -- FILE...`

use compiler::{Environment, ImportError, Mode, ModuleInterface, Options, PreludeItem, passes};
use diag::FileId;
use std::time::Instant;

struct Library;

impl Environment for Library {
    fn prelude(&self, name: &str) -> Option<PreludeItem> {
        const NAMES: [&str; 4] = ["print", "__script_get", "__script_set", "Int"];
        NAMES.contains(&name).then_some(PreludeItem::Function(None))
    }

    fn import(&mut self, _path: &str, _from: &str) -> Result<ModuleInterface, ImportError> {
        Err(ImportError::NotFound)
    }
}

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        let file = FileId(0);
        let begin = Instant::now();
        let (tree, mut diagnostics) = syntax::parse(&source, file);
        let parsed = begin.elapsed();
        let options = Options {
            mode: Mode::Script,
            passes: passes::ALL,
            file,
            name: "main",
            path: &path,
            source: &source,
        };
        let (unit, more, _) = compiler::compile(&tree, &options, &mut Library);
        diagnostics.extend(more);
        let first = diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
        println!(
            "{path} {:.3} s, of that {:.3} parsing {:.1} MB/s; {} {} {first}",
            begin.elapsed().as_secs_f64(),
            parsed.as_secs_f64(),
            source.len() as f64 / 1e6 / parsed.as_secs_f64(),
            if unit.is_some() { "compiled" } else { "rejected" },
            diagnostics.len(),
        );
    }
}
