//! A large live heap of small objects under allocation load: `live_heap MEGABYTES SECONDS`. Prints the pauses.
//!
//! Pauses are given in wall time and, where the system has such a clock, in processor time of this thread: on a busy
//! machine only the latter says what the collector does.
//!
//! One big mutable list holds small lists of three; each turn makes a new one and stores it over a random slot, so
//! every collection finds old objects that were changed, and garbage in the old space.

#![allow(unsafe_code)]

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use heap::{Heap, HeapConfig, Request, Shared, Value};

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

/// Processor time of this thread.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
    }
    const THREAD_CPUTIME: i32 = 3;
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the structure has the layout that 64-bit Linux writes.
    unsafe { clock_gettime(THREAD_CPUTIME, &mut time) };
    Duration::new(time.seconds as u64, time.nanoseconds as u32)
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    Duration::ZERO
}

thread_local! {
    static PAUSES: RefCell<Vec<Duration>> = const { RefCell::new(Vec::new()) };
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let megabytes = numbers.first().copied().unwrap_or(1024);
    let seconds = numbers.get(1).copied().unwrap_or(10);
    let mut heap = Heap::new(HeapConfig::default(), Arc::new(Shared::new(1, usize::MAX / 2)));
    // Each element: a list object, its storage of three slots, the slot in the big list: about 72 bytes.
    let count = megabytes * 1024 * 1024 / 72;
    let mut roots = vec![heap.list_new(0).expect("room").value()];
    let start = Instant::now();
    for number in 0..count {
        let element = element(&mut heap, number);
        let all = roots[0].as_list().expect("the big list");
        heap.list_push(all, element).expect("room");
        poll(&mut heap, &mut roots);
    }
    report("build", &heap, start.elapsed(), count);
    let built = heap.stats();
    let (mut state, mut turns) = (1u64, 0usize);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds as u64) {
        for _ in 0..10_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let element = element(&mut heap, turns);
            let all = roots[0].as_list().expect("the big list");
            heap.list_set(all, (state >> 33) as usize % count, element).expect("not frozen");
            poll(&mut heap, &mut roots);
            turns += 1;
        }
    }
    report("churn", &heap, start.elapsed(), turns);
    println!("cycles while churning: {}", heap.stats().major_count - built.major_count);
}

fn element(heap: &mut Heap, number: usize) -> Value {
    let parts = [Value::int32(number as i32), Value::NIL, Value::TRUE];
    heap.list_from(&parts).expect("room").value()
}

fn poll(heap: &mut Heap, roots: &mut Vec<Value>) {
    if heap.wants_gc() {
        let start = processor_time();
        heap.collect(roots, Request::Poll);
        let pause = processor_time() - start;
        PAUSES.with_borrow_mut(|pauses| pauses.push(pause));
    }
}

fn report(what: &str, heap: &Heap, elapsed: Duration, turns: usize) {
    let stats = heap.stats();
    println!(
        "{what}: {turns} turns in {:.2} s ({:.0} ns each), heap {} MB",
        elapsed.as_secs_f64(),
        elapsed.as_nanos() as f64 / turns as f64,
        heap.bytes_used() >> 20
    );
    println!(
        "  minor {} p50 {:?} p99 {:?} max {:?}; pauses p99 {:?} p99.9 {:?} max {:?}, total {:.2} s",
        stats.minor_count,
        stats.minor_pauses.quantile(0.5),
        stats.minor_pauses.quantile(0.99),
        stats.minor_pauses.max(),
        stats.pauses.quantile(0.99),
        stats.pauses.quantile(0.999),
        stats.pauses.max(),
        stats.pauses.total().as_secs_f64()
    );
    PAUSES.with_borrow_mut(|pauses| {
        pauses.sort();
        let at = |share: f64| pauses[(pauses.len() as f64 * share) as usize];
        println!(
            "  processor time of pauses since the last line: p50 {:?} p99 {:?} p99.9 {:?} max {:?} of {}",
            at(0.5),
            at(0.99),
            at(0.999),
            pauses.last(),
            pauses.len()
        );
        pauses.clear();
    });
}
