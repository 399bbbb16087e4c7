//! Runs one `.dna` file and says how long it took: `cargo run --release --example run_assembly FILE`.

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: run_assembly FILE");
        std::process::exit(2);
    };
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let config =
        vm::ProcessConfig { trace: std::env::var_os("TRACE").is_some(), ..vm::ProcessConfig::default() };
    let start = std::time::Instant::now();
    let mut run = support::run(&text, config);
    let elapsed = start.elapsed();
    print!("{}", run.output);
    if let vm::Outcome::Raised(error) = run.outcome {
        eprintln!("{}", run.process.report(error));
    }
    eprintln!("{:?} {elapsed:.3?}", run.outcome);
}
