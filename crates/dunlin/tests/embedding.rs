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
