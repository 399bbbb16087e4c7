//! Chooses the form of the interpreter's loop: handlers that jump to each other need an optimising compiler and a
//! target whose calls in tail position become jumps.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(plain_loop)");
    println!("cargo::rerun-if-env-changed=DUNLIN_PLAIN_LOOP");
    let optimised = std::env::var("OPT_LEVEL").is_ok_and(|level| level != "0" && level != "1");
    let target = std::env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    let jumps = matches!(target.as_str(), "x86_64" | "aarch64");
    if !optimised || !jumps || std::env::var_os("DUNLIN_PLAIN_LOOP").is_some() {
        println!("cargo::rustc-cfg=plain_loop");
    }
}
