//! What a Rust program does with a VM: evaluate, call, lend, limit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dunlin::{Data, FailureKind, HostError, MemoryOutput, Vm};

fn vm() -> Vm {
    Vm::builder().build().expect("a VM without settings is made")
}

#[test]
fn values_cross_both_ways() {
    let mut vm = vm();
    vm.run("fn echo(x) = x").expect("runs");
    let nested = Data::Map(vec![
        (Data::String("a".into()), Data::List(vec![Data::Int(1 << 40), Data::Float(0.5), Data::Nil])),
        (Data::Symbol("b".into()), Data::Tuple(vec![Data::Char('c'), Data::Bool(true)])),
        (Data::Int(3), Data::Set(vec![Data::Bytes(vec![0, 255])])),
        (Data::Int(4), Data::BigInt("123456789012345678901234567890".into())),
    ]);
    assert_eq!(vm.call::<Data>("echo", (nested.clone(),)).expect("comes back"), nested);
    assert_eq!(vm.call::<u64>("echo", (u64::MAX,)).map_err(|failure| failure.kind), Err(FailureKind::Usage));
    let ages = BTreeMap::from([("Ada".to_string(), 36i64)]);
    assert_eq!(vm.call::<BTreeMap<String, i64>>("echo", (ages.clone(),)).expect("comes back"), ages);
    assert_eq!(vm.eval::<Vec<String>>("[\"a\", \"b\"]").expect("a list of texts"), ["a", "b"]);
    assert_eq!(vm.eval::<Option<i64>>("nil").expect("nil is nothing"), None);
}

#[test]
fn what_was_defined_stays() {
    let mut vm = vm();
    vm.run("var total = 0\nfn add(n) { total += n\n total }\nclass Point { x = 1 }").expect("runs");
    assert_eq!(vm.call::<i64>("add", (2,)).expect("adds"), 2);
    assert_eq!(vm.call::<i64>("add", (3,)).expect("adds"), 5);
    assert_eq!(vm.eval::<i64>("total + Point().x").expect("is known"), 6);
    vm.set("limit", 10).expect("is set");
    assert_eq!(vm.eval::<i64>("limit + total").expect("is known"), 15);
}

#[test]
fn functions_of_the_host_are_called_with_names_defaults_and_errors() {
    let mut vm = Vm::builder()
        .function("add(a, b = 10)", |a: i64, b: i64| a + b)
        .function("fail()", || -> Result<i64, HostError> { Err(HostError("no luck".into())) })
        .build()
        .expect("a VM with functions is made");
    assert_eq!(vm.eval::<i64>("add(1) + add(b: 2, a: 1)").expect("adds"), 14);
    assert_eq!(vm.eval::<String>("try { fail() } catch e { e.message }").expect("throws"), "no luck");
    let message = vm.eval::<String>("try { add(\"1\") } catch e { e.message }").expect("throws");
    assert_eq!(message, "argument 1 must be an Int that fits i64, got a String");
    let failure = vm.run("add()").expect_err("an argument is missing");
    assert!(failure.report.contains("add"), "{}", failure.report);
}

struct Tally {
    count: i64,
}

#[test]
fn types_of_the_host_are_classes() {
    let mut vm = Vm::builder()
        .class::<Tally>("Tally", |class| {
            class.constructor("(start = 0)", |start: i64| Tally { count: start });
            class.method("add(n = 1)", |tally: &mut Tally, n: i64| tally.count += n);
            class.method("count()", |tally: &mut Tally| tally.count);
        })
        .build()
        .expect("a VM with a class is made");
    vm.run("let tally = Tally(start: 5)\ntally.add()\ntally.add(4)").expect("runs");
    assert_eq!(vm.eval::<i64>("tally.count()").expect("counts"), 10);
}

#[test]
fn errors_come_with_their_report() {
    let mut vm = vm();
    let failure = vm.run("fn f() {\n  throw ValueError(\"bad\")\n}\nf()").expect_err("throws");
    assert_eq!(failure.kind, FailureKind::Uncaught);
    assert!(failure.report.contains("ValueError: bad") && failure.report.contains("<text 1>:2"), "{failure}");
    assert_eq!(vm.run("let = 1").map_err(|failure| failure.kind), Err(FailureKind::Rejected));
    assert_eq!(vm.eval::<i64>("1 + 1").expect("goes on after errors"), 2);
    assert_eq!(vm.call::<i64>("nowhere", ()).map_err(|failure| failure.kind), Err(FailureKind::Usage));
}

#[test]
fn limits_end_the_program_and_not_the_host() {
    let mut vm = Vm::builder().time_max(Duration::from_millis(50)).build().expect("a VM is made");
    assert_eq!(vm.run("loop {}").map_err(|failure| failure.kind), Err(FailureKind::TimeLimit));
    let mut vm = Vm::builder().heap_bytes_max(8 << 20).build().expect("a VM is made");
    let grow = "let xs = []\nloop { xs.push(\"text\" * 1000) }";
    assert_eq!(vm.run(grow).map_err(|failure| failure.kind), Err(FailureKind::HeapLimit));
    let mut vm = Vm::builder().stack_frames_max(1000).build().expect("a VM is made");
    assert_eq!(
        vm.run("fn f(n) = 1 + f(n)\nf(1)").map_err(|failure| failure.kind),
        Err(FailureKind::StackLimit)
    );
}

#[test]
fn data_that_holds_itself_is_refused() {
    let mut vm = vm();
    let failure = vm.eval::<Data>("let xs = []\nxs.push(xs)\nxs").expect_err("has no end");
    assert!(failure.report.contains("nested"), "{failure}");
}

#[test]
fn vms_move_between_threads_and_know_nothing_of_each_other() {
    let output = Arc::new(MemoryOutput::default());
    let mut first = Vm::builder().output(output.clone()).build().expect("a VM is made");
    first.run("let n = 1").expect("runs");
    let mut second = vm();
    let other = std::thread::spawn(move || {
        first.run("print(n)").expect("runs on another thread");
        second.run("print(n)").map_err(|failure| failure.kind)
    });
    let result = other.join().expect("the thread ends");
    assert!(result.is_err(), "a VM knows nothing of another");
    assert_eq!(output.take(), "1\n");
}

#[test]
fn a_function_is_found_once_and_called_often() {
    let mut vm = vm();
    vm.run(
        "fn counter() {\n var n = 0\n |step, text| { n += step; \"${text} ${n}\" }\n}\nlet tick = counter()",
    )
    .expect("runs");
    let tick = vm.function("tick").expect("is a closure");
    for round in 1..=20_000i64 {
        // What is left of the texts is collected meanwhile, and the closure moves.
        let text: String = vm.call(&tick, (1, "turn")).expect("counts");
        assert_eq!(text, format!("turn {round}"));
    }
    vm.run("fn tick(a, b) = nil").expect("takes the name");
    assert_eq!(vm.call::<String>(&tick.clone(), (0, "still")).expect("is as it was"), "still 20000");
    let failure = self::vm().call::<String>(&tick, (1, "x")).expect_err("knows no such function");
    assert_eq!(failure.kind, FailureKind::Usage);
    assert!(vm.function("nowhere").is_err());
    assert_eq!(vm.call::<i64>(&tick, (1,)).map_err(|failure| failure.kind), Err(FailureKind::Usage));
}

#[test]
fn functions_that_nobody_holds_make_room() {
    let mut vm = vm();
    vm.run("fn one() = 1\nfn two() = 2").expect("runs");
    let one = vm.function("one").expect("is known");
    for _ in 0..1000 {
        let two = vm.function("two").expect("is known");
        assert_eq!(vm.call::<i64>(&two, ()).expect("runs"), 2);
    }
    assert_eq!(vm.call::<i64>(&one, ()).expect("runs"), 1);
}

#[test]
fn a_text_is_compiled_once_and_runs_in_many() {
    let unit = vm().compile("let factor = 3\nfn times(n) = n * factor").expect("compiles");
    for _ in 0..3 {
        let mut vm = vm();
        vm.run_compiled(&unit).expect("runs");
        assert_eq!(vm.call::<i64>("times", (7,)).expect("multiplies"), 21);
        assert_eq!(vm.eval::<i64>("times(factor)").expect("later texts see it"), 9);
    }
    let mut broken = unit.clone();
    let middle = broken.len() / 2;
    broken.truncate(middle);
    assert_eq!(vm().run_compiled(&broken).map_err(|failure| failure.kind), Err(FailureKind::Rejected));
}

#[test]
fn what_a_call_started_goes_on_in_later_calls() {
    let mut vm = vm();
    vm.run(
        "fn start() = spawn { receive { (:double, to, n) => to.send(n * 2) } }
         fn ask(pid) { pid.send((:double, self(), 21)); receive { n => n } }
         var worker = nil
         fn begin() { worker = start(); nil }
         fn answer() = ask(worker)",
    )
    .expect("runs");
    vm.call::<()>("begin", ()).expect("spawns");
    assert_eq!(vm.call::<i64>("answer", ()).expect("is answered"), 42);
    assert_eq!(vm.eval::<i64>("1 + 1").expect("goes on alone"), 2);
}

#[test]
fn a_call_that_waits_is_woken() {
    let mut vm = vm();
    vm.run("fn nap() = receive {\n _ => 1\n after 5 => 2\n}\nfn idle() = receive { n => n }").expect("runs");
    assert_eq!(vm.call::<i64>("nap", ()).expect("sleeps"), 2);
    let failure = vm.call::<i64>("idle", ()).expect_err("nobody can wake it");
    assert!(failure.report.contains("DeadlockError"), "{failure}");
    assert_eq!(vm.call::<i64>("nap", ()).expect("goes on"), 2);
}

#[test]
fn short_calls_keep_to_their_limits() {
    let mut vm = Vm::builder().time_max(Duration::from_millis(60)).build().expect("a VM is made");
    vm.run("fn work(n) { var s = 0\n for i in 0..n { s += i }\n s }").expect("runs");
    let work = vm.function("work").expect("is known");
    let mut calls = 0u64;
    let failure = loop {
        match vm.call::<i64>(&work, (500,)) {
            Ok(sum) => assert_eq!(sum, 124_750),
            Err(failure) => break failure,
        }
        calls += 1;
        assert!(calls < 100_000_000, "the calls together have no limit");
    };
    assert_eq!(failure.kind, FailureKind::TimeLimit);
}

#[test]
fn a_profile_says_where_the_time_went() {
    let settings =
        dunlin::Settings { profile_period: Some(Duration::from_millis(1)), ..dunlin::Settings::default() };
    let engine = dunlin::Engine::new(settings).expect("an engine is made");
    let program = "fn busy(n) { var s = 0\n for i in 0..n { s = (s * 31 + i) % 1000003 }\n s }
        fn main() { for turn in 0..40 { busy(500_000) } }";
    engine.run_source("busy.dn", program).expect("runs");
    let profile = engine.profile();
    let busy = profile.stacks.iter().filter(|stack| {
        stack
            .frames
            .last()
            .is_some_and(|frame| frame.function == "busy" && frame.path == "busy.dn" && frame.line == 2)
    });
    let own: u64 = busy.map(|stack| stack.samples).sum();
    assert!(own * 2 > profile.samples() && own > 5, "{own} of {}: {:?}", profile.samples(), profile.stacks);
    assert!(profile.stacks.iter().all(|stack| stack.frames[0].function == "main"), "{:?}", profile.stacks);
}
