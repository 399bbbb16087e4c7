//! A long run of one property: `cargo run --release -p dunlin-fmt --example fmt_fuzz -- fmt_idempotent 1000000 [seed]`.

use std::time::Instant;

/// xorshift64*: the runs must be repeatable from their seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().unwrap_or_else(|| "fmt_idempotent".to_string());
    let count: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let seed: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let property: fn(&[u8]) = match target.as_str() {
        "fmt_idempotent" => fmt::fmt_idempotent,
        _ => panic!("no such property: {target}"),
    };
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let start = Instant::now();
    for index in 0..count {
        let length = (random.next() % 64) as usize;
        let bytes: Vec<u8> = (0..length).map(|_| (random.next() >> 32) as u8).collect();
        if std::panic::catch_unwind(|| property(&bytes)).is_err() {
            println!("input {index} of seed {seed}:\n{}", syntax::fuzz::text_of(&bytes));
            std::process::exit(1);
        }
    }
    println!("{target}: {count} inputs in {:.1} s, seed {seed}", start.elapsed().as_secs_f64());
}
