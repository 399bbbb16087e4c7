//! A C program that uses the header and the library: compiled, linked and run.

use std::path::{Path, PathBuf};
use std::process::Command;

const EXPECTED: &str = "10.0\ntotal 26.0\n6 a\n7 b\na number, please\nstatus 0\nstatus 2\nstatus 1\nstatus 5\nreport error[E1102]: the time limit was exceeded\n --> <text 7>:1:1\n  |\n1 | loop {}\n  | ^\n  at main (<text 7>:1:1)\n";

/// The folder of the library that cargo made beside this test.
fn library_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    test.parent().expect("a test lies in a folder").to_path_buf()
}

fn newest_library(folder: &Path) -> PathBuf {
    let entries =
        std::fs::read_dir(folder).expect("the folder can be read").flatten().map(|entry| entry.path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        name.starts_with("libdunlin_c") && name.ends_with(".so")
    };
    let age = |path: &PathBuf| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    entries.filter(is_ours).max_by_key(age).expect("cargo made the library")
}

#[test]
fn a_c_program_evaluates_calls_and_lends() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = library_folder();
    let library = newest_library(&folder);
    let program = folder.join("dunlin_c_program");
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root.join("../../include"))
        .arg(root.join("tests/program.c"))
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .arg("-o")
        .arg(&program)
        .output()
        .expect("a C compiler is there, as Rust links with it");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().expect("the program starts");
    assert_eq!(String::from_utf8_lossy(&ran.stdout), EXPECTED, "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success());
}
