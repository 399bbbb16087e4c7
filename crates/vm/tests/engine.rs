//! What programs cannot show of themselves: limits, stack depth, native stack use, ends of processes.

mod support;

use std::time::Duration;

use support::run;
use vm::{Limit, Outcome, ProcessConfig, signal};

/// Counts down by calls that are no tail calls, then adds up: `depth` frames at once.
fn recursion(depth: u32) -> String {
    format!(
        r#"
unit "recursion" entry 0
function 0 "main" registers 8 caches 2
  constant function 1
  constant builtin "print"
  constant int {depth}
code
  loadk r7, k2
  callk r4, 1, -, k0, c0
  move r3, r4
  callk r0, 1, -, k1, c1
  retnil
end
function 1 "down" registers 6 caches 1
  param "n"
  constant function 1
code
  gti r1, r0, 0
  jt r1, deeper
  loadi r1, 0
  ret r1
deeper:
  subi r5, r0, 1
  callk r2, 1, -, k0, c0
  addi r2, r2, 1
  ret r2
end
"#
    )
}

const ENDLESS: &str = r#"
unit "endless" entry 0
function 0 "main" registers 2
code
  loadi r0, 0
turn:
  addi r0, r0, 1
  bandi r0, r0, 63
  loop turn
end
"#;

const COUNTING: &str = r#"
unit "counting" entry 0
function 0 "main" registers 8 caches 1
  constant builtin "print"
  constant int 25000000
code
  loadi r0, 0
  loadi r1, 0
  loadk r2, k1
  jmp test
turn:
  modi r3, r1, 7
  add r0, r0, r3
  addi r1, r1, 1
test:
  lt r3, r1, r2
  loopt r3, turn
  move r7, r0
  callk r4, 1, -, k0, c0
  retnil
end
"#;

#[test]
fn a_hundred_million_instructions_need_no_native_stack() {
    let thread = std::thread::Builder::new().stack_size(64 * 1024).spawn(|| {
        let run = run(COUNTING, ProcessConfig::default());
        (run.output, matches!(run.outcome, Outcome::Done(_)))
    });
    let (output, done) = thread.expect("a thread").join().expect("the thread does not overflow its stack");
    assert!(done);
    assert_eq!(output, "74999994\n");
}

#[test]
fn recursion_a_hundred_thousand_deep_works() {
    let run = run(&recursion(100_000), ProcessConfig::default());
    assert_eq!(run.output, "100000\n");
}

#[test]
fn the_limit_of_frames_is_exact_and_an_error() {
    let mut config = ProcessConfig::default();
    config.limits.frames_max = 1000;
    // `main` and one frame for each number from the depth down to zero.
    let fits = run(&recursion(998), config.clone());
    assert_eq!(fits.output, "998\n", "{:?}", fits.outcome);
    let mut over = run(&recursion(999), config);
    let Outcome::Raised(error) = over.outcome else { panic!("{:?}", over.outcome) };
    assert_eq!(over.process.report(error).class, "StackOverflowError");
    fits.process.signals().raise(signal::KILL);
}

#[test]
fn a_stack_overflow_keeps_both_ends_of_its_trace() {
    let mut over = run(&recursion(2_000_000), ProcessConfig::default());
    let Outcome::Raised(error) = over.outcome else { panic!("{:?}", over.outcome) };
    let report = over.process.report(error);
    assert_eq!(report.class, "StackOverflowError");
    assert!(report.trace.len() <= 64 + 16 + 1, "{} frames", report.trace.len());
}

#[test]
fn a_spinning_process_ends_at_its_limit_of_time() {
    let mut config = ProcessConfig::default();
    config.limits.time_max = Some(Duration::from_millis(30));
    let run = run(ENDLESS, config);
    assert_eq!(run.outcome, Outcome::Limit(Limit::Time));
}

#[test]
fn a_process_is_killed_from_another_thread() {
    let unit = bytecode::text::assemble(ENDLESS).expect("assembles");
    let mut process = support::process(unit, ProcessConfig::default());
    let signals = process.signals();
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        signals.raise(signal::KILL);
    });
    assert!(matches!(process.run(), Outcome::Exited(_)));
    killer.join().expect("the killer ends");
}

#[test]
fn garbage_is_collected_and_hoards_are_refused() {
    let garbage = r#"
unit "garbage" entry 0
function 0 "main" registers 9 caches 2
  constant builtin "garbage"
  constant int 4000
code
  loadi r0, 0
  loadi r1, 4000
turn:
  loadk r5, k1
  callk r2, 1, -, k0, c0
  addi r0, r0, 1
  lt r2, r0, r1
  loopt r2, turn
  retnil
end
"#;
    let mut config = ProcessConfig::default();
    config.limits.heap_bytes_max = 4 << 20;
    let fine = run(garbage, config.clone());
    assert!(matches!(fine.outcome, Outcome::Done(_)), "{:?}", fine.outcome);

    let hoard = r#"
unit "hoard" entry 0
function 0 "main" registers 4
code
  newlist r0, r0, 0
turn:
  newlist r1, r0, 1
  lpush r0, r1
  loop turn
end
"#;
    let over = run(hoard, config);
    assert_eq!(over.outcome, Outcome::Limit(Limit::Heap));
}

#[test]
fn exit_unwinds_through_finally_and_past_catch() {
    let text = r#"
unit "exit" entry 0
function 0 "main" registers 8 caches 3
  constant builtin "print"
  constant builtin "exit"
  constant str "finally"
  constant symbol "done"
  constant str "caught"
  handler start inside finally r1 finally
  handler start outside caught r1
code
  loadi r0, 0
start:
  loadk r5, k3
  callk r2, 1, -, k1, c0
inside:
  jmp over
finally:
  loadk r5, k2
  callk r2, 1, -, k0, c1
  rethrow r1
outside:
over:
  retnil
caught:
  loadk r5, k4
  callk r2, 1, -, k0, c2
  retnil
end
"#;
    let run = run(text, ProcessConfig::default());
    assert_eq!(run.output, "finally\n");
    assert!(matches!(run.outcome, Outcome::Exited(reason) if reason.is_symbol()), "{:?}", run.outcome);
}

#[test]
fn tail_calls_need_no_frames() {
    let text = r#"
unit "tail" entry 0
function 0 "main" registers 8 caches 2
  constant function 1
  constant builtin "print"
  constant int 3000000
code
  loadk r7, k2
  callk r4, 1, -, k0, c0
  move r3, r4
  callk r0, 1, -, k1, c1
  retnil
end
function 1 "even" registers 6 caches 1
  param "n"
  constant function 2
code
  eqi r1, r0, 0
  jt r1, yes
  subi r4, r0, 1
  tcallk r1, 1, -, k0, c0
yes:
  loads r1, true
  ret r1
end
function 2 "odd" registers 6 caches 1
  param "n"
  constant function 1
code
  eqi r1, r0, 0
  jt r1, no
  subi r4, r0, 1
  tcallk r1, 1, -, k0, c0
no:
  loads r1, false
  ret r1
end
"#;
    let mut config = ProcessConfig::default();
    config.limits.frames_max = 10;
    let run = run(text, config);
    assert_eq!(run.output, "true\n", "{:?}", run.outcome);
}

#[test]
fn a_panic_in_a_builtin_ends_its_process_alone() {
    let text = r#"
unit "panic" entry 0
function 0 "main" registers 4 caches 1
  constant builtin "panic"
code
  callk r0, 0, -, k0, c0
  retnil
end
"#;
    let run = run(text, ProcessConfig::default());
    assert!(matches!(run.outcome, Outcome::Internal(_)), "{:?}", run.outcome);
}
