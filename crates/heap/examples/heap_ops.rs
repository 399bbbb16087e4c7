//! Runs `heap::fuzz::heap_ops` on random inputs: `heap_ops FIRST_SEED COUNT [BYTES]`.

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (first, count) = (numbers.first().copied().unwrap_or(0), numbers.get(1).copied().unwrap_or(10_000));
    let bytes = numbers.get(2).copied().unwrap_or(1200) as usize;
    for seed in first..first + count {
        let input = heap::fuzz::random_bytes(seed, 1 + bytes / 2 + seed as usize % bytes);
        if std::panic::catch_unwind(|| heap::fuzz::heap_ops(&input)).is_err() {
            eprintln!("seed {seed} fails");
            std::process::exit(1);
        }
    }
    println!("{count} inputs from seed {first}: no difference");
}
