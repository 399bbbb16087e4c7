//! The module `time`.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// Milliseconds since 1970 by the clock of the system.
    ///
    ///     import time
    ///     print(time.now_ms() > 1_600_000_000_000) // expect: true
    "time.now_ms" "()" now_ms, ALLOCATES;
    /// Seconds since 1970 by the clock of the system, as a Float.
    ///
    ///     import time
    ///     print(time.now() > 1_600_000_000) // expect: true
    "time.now" "()" now;
    /// Milliseconds as a Float from a clock that never goes back; only differences mean something.
    ///
    ///     import time
    ///     let start = time.monotonic()
    ///     print(time.monotonic() >= start) // expect: true
    "time.monotonic" "()" monotonic;
    /// Nanoseconds from a clock that never goes back; only differences mean something.
    ///
    ///     import time
    ///     let start = time.monotonic_ns()
    ///     print(time.monotonic_ns() >= start) // expect: true
    "time.monotonic_ns" "()" monotonic_ns, ALLOCATES;
}

fn since_epoch() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Time since this clock was first read.
fn since_start() -> std::time::Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

fn now_ms(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    cx.int(since_epoch().as_millis() as i64)
}

fn now(_: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Ok(Value::float(since_epoch().as_secs_f64()))
}

fn monotonic(_: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    Ok(Value::float(since_start().as_secs_f64() * 1000.0))
}

fn monotonic_ns(cx: &mut Cx, _: &[Value]) -> Result<Value, Exit> {
    cx.int(since_start().as_nanos() as i64)
}
