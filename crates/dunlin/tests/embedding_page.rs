//! The Rust blocks of docs/embedding.md, each as it stands on the page, so that the compiler reads them and they run. A
//! test compares this file with the page.

use dunlin::Failure;

type Ran = Result<(), Failure>;

#[rustfmt::skip]
#[allow(unused_imports)]
mod first {
use dunlin::{Failure, Vm};

fn main() -> Result<(), Failure> {
    let mut vm = Vm::builder().build()?;
    vm.run("fn area(w, h = 1) = w * h")?;
    let area: i64 = vm.call("area", (3, 5))?;
    let names: Vec<String> = vm.eval("[\"a\", \"b\"].map(|x| x.upper())")?;
    println!("{area} {names:?}"); // 15 ["A", "B"]
    Ok(())
}

#[test]
fn runs() {
    main().expect("the block runs");
}
}

#[rustfmt::skip]
#[test]
fn a_function_is_found_once() -> Ran {
    use dunlin::Vm;
let mut vm = Vm::builder().build()?;
vm.run("fn step(x, v) = x + v * 0.5")?;
let step = vm.function("step")?;
let mut x = 0.0;
for _ in 0..1_000_000 {
    x = vm.call(&step, (x, 1.0))?;
}
    assert_eq!(x, 500_000.0);
    Ok(())
}

#[rustfmt::skip]
#[test]
fn a_text_is_compiled() -> Ran {
    use dunlin::Vm;
let unit = Vm::builder().build()?.compile("fn area(w, h) = w * h")?;
let mut vm = Vm::builder().build()?;
vm.run_compiled(&unit)?;
let area: i64 = vm.call("area", (3, 5))?;
    assert_eq!(area, 15);
    Ok(())
}

#[rustfmt::skip]
#[test]
fn limits_and_output() -> Ran {
use std::sync::Arc;
use std::time::Duration;
use dunlin::{FailureKind, MemoryOutput, Vm};

let output = Arc::new(MemoryOutput::default());
let mut vm = Vm::builder()
    .heap_bytes_max(64 << 20)
    .time_max(Duration::from_millis(500))
    .stack_frames_max(100_000)
    .output(output.clone())
    .build()?;
let failure = vm.run("loop {}").unwrap_err();
assert_eq!(failure.kind, FailureKind::TimeLimit);
    Ok(())
}

#[rustfmt::skip]
#[test]
fn functions_and_types_of_the_host() -> Ran {
use dunlin::{HostError, Vm};

struct Tally { count: i64 }

let mut vm = Vm::builder()
    .function("hypotenuse(a, b = 1.0)", |a: f64, b: f64| a.hypot(b))
    .function("setting(name)", |name: String| {
        std::env::var(name).map_err(|_| HostError("there is no such setting".into()))
    })
    .class::<Tally>("Tally", |class| {
        class.constructor("(start = 0)", |start: i64| Tally { count: start });
        class.method("add(n = 1)", |tally: &mut Tally, n: i64| tally.count += n);
        class.method("count()", |tally: &mut Tally| tally.count);
    })
    .build()?;
vm.run("let t = Tally(start: 2)\nt.add(hypotenuse(3.0, b: 4.0).round())\nprint(t.count())")?;
    Ok(())
}

#[test]
fn every_block_of_the_page_is_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/embedding.md");
    let page = std::fs::read_to_string(folder).expect("the page is there");
    let own = include_str!("embedding_page.rs");
    let blocks: Vec<_> = diag::blocks(&page).into_iter().filter(|block| block.info == "rust").collect();
    assert!(blocks.len() >= 5);
    for block in blocks {
        assert!(
            own.contains(block.text),
            "docs/embedding.md:{} is another here:\n{}",
            block.line,
            block.text
        );
    }
}
