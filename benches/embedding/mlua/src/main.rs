//! What `crates/dunlin/examples/embedding_cost.rs` does, in Lua through mlua: the same calls, counted the same way.

use std::time::Instant;

use mlua::{Function, Lua};

const ROUNDS: usize = 7;
const CALLS: u32 = 200_000;
const VMS: usize = 1000;

const PROGRAM: &str = "
function add(a, b) return a + b end
function longer(text) return text .. '!' end
function poll(n) local sum = 0; for i = 1, n do sum = sum + twice(i) end; return sum end
";

fn main() -> mlua::Result<()> {
    let lua = Lua::new();
    lua.globals().set("twice", lua.create_function(|_, n: i64| Ok(n * 2))?)?;
    lua.load(PROGRAM).exec()?;
    let add: Function = lua.globals().get("add")?;
    let longer: Function = lua.globals().get("longer")?;
    let poll: Function = lua.globals().get("poll")?;
    report("call_ns", || {
        let mut sum = 0i64;
        for n in 0..i64::from(CALLS) {
            sum = add.call::<i64>((sum, n)).expect("adds");
        }
        assert_eq!(sum, i64::from(CALLS) * (i64::from(CALLS) - 1) / 2);
    });
    report("named_call_ns", || {
        for n in 0..i64::from(CALLS) {
            let add: Function = lua.globals().get("add").expect("is there");
            assert_eq!(add.call::<i64>((n, 1)).expect("adds"), n + 1);
        }
    });
    report("text_call_ns", || {
        for _ in 0..CALLS {
            assert_eq!(longer.call::<String>("hello").expect("joins").len(), 6);
        }
    });
    report("host_call_ns", || {
        let calls = i64::from(CALLS);
        assert_eq!(poll.call::<i64>(calls).expect("sums"), calls * (calls + 1));
    });
    let before = resident_kilobytes();
    let start = Instant::now();
    let all: Vec<Lua> = (0..VMS)
        .map(|_| {
            let lua = Lua::new();
            lua.load(PROGRAM).exec().expect("runs");
            assert_eq!(lua.globals().get::<Function>("add").and_then(|add| add.call::<i64>((1, 2))).expect("adds"), 3);
            lua
        })
        .collect();
    println!("vm_us={:.1}", start.elapsed().as_secs_f64() * 1e6 / VMS as f64);
    println!("vm_kb={:.1}", (resident_kilobytes() - before) as f64 / VMS as f64);
    drop(all);
    Ok(())
}

/// The best round, in nanoseconds a call.
fn report(name: &str, mut work: impl FnMut()) {
    let best = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    println!("{name}={:.1}", best * 1e9 / f64::from(CALLS));
}

fn resident_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
