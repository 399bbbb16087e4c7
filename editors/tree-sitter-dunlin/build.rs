//! Compiles the generated parser. Rust links with a C compiler anyway, so one is there.

fn main() {
    let mut build = cc::Build::new();
    build.include("src").file("src/parser.c").file("src/scanner.c").opt_level(0).warnings(false);
    build.compile("tree_sitter_dunlin");
    println!("cargo:rerun-if-changed=src");
}
