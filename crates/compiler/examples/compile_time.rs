//! How long a file takes to compile, without a library: `cargo run --profile quick --example compile_time -- FILE...`

use compiler::{Environment, ImportError, Mode, ModuleInterface, Options, PreludeItem, passes};
use diag::FileId;
use std::time::{Duration, Instant};

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

/// Processor time of this process where the system tells it, so that a busy machine does not matter.
fn now(begin: Instant) -> Duration {
    let spent = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = spent.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        let file = FileId(0);
        let start = Instant::now();
        let begin = now(start);
        let (tree, mut diagnostics) = syntax::parse(&source, file);
        let parsed = now(start) - begin;
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
            (now(start) - begin).as_secs_f64(),
            parsed.as_secs_f64(),
            source.len() as f64 / 1e6 / parsed.as_secs_f64(),
            if unit.is_some() { "compiled" } else { "rejected" },
            diagnostics.len(),
        );
    }
}
