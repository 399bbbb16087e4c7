//! A native extension in C: built as a shared library, imported, called, refused.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use dunlin::{Access, Engine, Failure, MemoryOutput, Permissions, Settings};
use dunlin_c::extension::SharedLibraries;

/// Compiles the C file into a library in a folder of its own, once for each test.
fn library(test: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::temp_dir().join(format!("dunlin-extension-{}-{test}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    let library = folder.join("libgeometry.so");
    let compiled = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I"])
        .arg(root.join("../../include"))
        .arg(root.join("tests/extension.c"))
        .arg("-o")
        .arg(&library)
        .output()
        .expect("a C compiler is there, as Rust links with it");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    library
}

fn run(library: &Path, ffi: Access, code: &str) -> Result<String, Failure> {
    let settings = Settings {
        extensions: Some(Arc::new(SharedLibraries)),
        permissions: Permissions { ffi, ..Permissions::default() },
        ..Settings::default()
    };
    let engine = Engine::new(settings)?;
    let path = library.with_file_name("main.dn");
    let output = Arc::new(MemoryOutput::default());
    let unit = engine.compile_source(&path.display().to_string(), code)?.into_unit();
    engine.run_unit_into(unit, Box::new(output.clone()))?;
    Ok(output.take())
}

#[test]
fn functions_of_a_library_are_called_like_any_other() {
    let library = library("calls");
    let code = "
        import native \"./libgeometry.so\" { area, squares }
        print(area(3, 4), area(2.5), area(width: 2, height: 5))
        print(squares(4).map(|n| n + 1))
        try { area(\"x\", 1) } catch e { print(e.message) }
        import native \"./libgeometry.so\" as geo
        print(geo.squares(2))
    ";
    let printed = run(&library, Access::All, code).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(printed, "12.0 2.5 10.0\n[2, 5, 10, 17]\narea takes two numbers\n[1, 4]\n");
}

#[test]
fn a_wrong_call_is_found_before_the_program_runs() {
    let code = "import native \"./libgeometry.so\" { area }\narea(1, 2, 3)\n";
    let failure = run(&library("arity"), Access::All, code).expect_err("too many arguments");
    assert!(failure.report.contains("E0402"), "{failure}");
}

#[test]
fn a_library_has_to_be_permitted_and_to_be_an_extension() {
    let library = library("refused");
    let code = "import native \"./libgeometry.so\" { area }\n";
    let refused = |ffi| run(&library, ffi, code).map(drop);
    let named = |path: &Path| {
        let whole = std::fs::canonicalize(path).expect("it is there");
        Access::Only(vec![whole.display().to_string()])
    };
    let report = refused(Access::Only(Vec::new())).expect_err("nothing is permitted").report;
    assert!(report.contains("E0515") && report.contains("--allow-ffi="), "{report}");
    assert!(refused(named(&library)).is_ok());
    assert!(refused(named(library.parent().expect("a folder"))).is_ok());

    let fails = |code: &str| run(&library, Access::All, code).expect_err("no extension").report;
    assert!(fails("import native \"./missing.so\" { f }").contains("cannot be read"));
    std::fs::write(library.with_file_name("text.so"), "no library").expect("the folder can be written");
    assert!(fails("import native \"./text.so\" { f }").contains("cannot be loaded"));
}
