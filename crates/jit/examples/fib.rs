#[path = "../../vm/tests/support/mod.rs"]
mod support;
fn main() {
    let text = std::fs::read_to_string("tests/bytecode/valid/fibonacci.dna").unwrap().replace("loadi r7, 20","loadi r7, 35");
    for jit in [false, true] {
        let t = std::time::Instant::now();
        let tier: Option<Box<dyn vm::native::Tier>> = if jit { Some(Box::new(jit::TemplateTier::new(2, 1<<20).unwrap())) } else { None };
        let run = support::run_with_tier(&text, Default::default(), tier);
        println!("{} {:?} jit={jit}", run.output, t.elapsed());
    }
}
