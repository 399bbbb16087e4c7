//! How the binary is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // At a fixed address nothing has to be relocated when the program starts: that saves reading and writing a
    // megabyte and a half, a fifth of what `hello world` takes. Addresses of code are not random then; heaps are.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux")
        && std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "gnu")
    {
        println!("cargo:rustc-link-arg-bin=dunlin=-no-pie");
        put_start_together();
    }
}

/// The code that a short program runs stands together: the system maps code by 64 KB, and what is spread over the whole
/// binary takes three megabytes more. Only where the linker is the one that comes with the compiler: not all of them
/// read such scripts.
fn put_start_together() {
    println!("cargo:rerun-if-changed=start.ld");
    let is_usual_machine = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_default();
    if is_usual_machine && linker.is_empty() && !flags.contains("fuse-ld") && !flags.contains("linker") {
        let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bin=dunlin=-Wl,-T,{folder}/start.ld");
    }
}
