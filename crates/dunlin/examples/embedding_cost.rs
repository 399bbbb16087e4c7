//! What crossing between a Rust program and Dunlin code costs: calls each way, and VMs in numbers.
//! `cargo xtask bench --embedding` runs this beside the same program for mlua.

use std::time::Instant;

use dunlin::{Failure, Vm};

const ROUNDS: usize = 7;
const CALLS: u32 = 200_000;
const VMS: usize = 1000;

const PROGRAM: &str = "
fn add(a, b) = a + b
fn longer(text) = text + \"!\"
";
const POLL: &str = "
fn poll(n) {
    var sum = 0
    for i in 1..=n { sum += twice(i) }
    sum
}
";

fn main() -> Result<(), Failure> {
    let mut vm = Vm::builder().function("twice(n)", |n: i64| n * 2).build()?;
    vm.run(PROGRAM)?;
    vm.run(POLL)?;
    let add = vm.function("add")?;
    let longer = vm.function("longer")?;
    let poll = vm.function("poll")?;
    report("call_ns", || {
        let mut sum = 0i64;
        for n in 0..i64::from(CALLS) {
            sum = vm.call(&add, (sum, n))?;
        }
        assert_eq!(sum, i64::from(CALLS) * (i64::from(CALLS) - 1) / 2);
        Ok(())
    })?;
    report("named_call_ns", || {
        for n in 0..i64::from(CALLS) {
            assert_eq!(vm.call::<i64>("add", (n, 1))?, n + 1);
        }
        Ok(())
    })?;
    report("text_call_ns", || {
        for _ in 0..CALLS {
            assert_eq!(vm.call::<String>(&longer, ("hello",))?.len(), 6);
        }
        Ok(())
    })?;
    report("host_call_ns", || {
        let calls = i64::from(CALLS);
        assert_eq!(vm.call::<i64>(&poll, (calls,))?, calls * (calls + 1));
        Ok(())
    })?;
    let before = resident_kilobytes();
    let start = Instant::now();
    let all = (0..VMS)
        .map(|_| {
            let mut vm = Vm::builder().build()?;
            vm.run(PROGRAM)?;
            assert_eq!(vm.call::<i64>("add", (1, 2))?, 3);
            Ok(vm)
        })
        .collect::<Result<Vec<Vm>, Failure>>()?;
    println!("vm_us={:.1}", start.elapsed().as_secs_f64() * 1e6 / VMS as f64);
    println!("vm_kb={:.1}", (resident_kilobytes() - before) as f64 / VMS as f64);
    drop(all);
    Ok(())
}

/// The best round, in nanoseconds a call.
fn report(name: &str, mut work: impl FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}={:.1}", best * 1e9 / f64::from(CALLS));
    Ok(())
}

fn resident_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
