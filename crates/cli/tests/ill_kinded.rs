//! Units that the validator lets through although registers hold values of the wrong kind: the machine finds out where it
//! would use them, in the interpreter and in machine code, and the program ends with an error.

use std::path::PathBuf;
use std::process::Command;

/// The instructions behind seven registers with a 5 in each, and what the report says.
const CASES: &[(&str, &str, &str)] = &[
    ("getcell", "getcell r7, r0", "E1012"),
    ("getcell_of_list", "newlist r7, r0, 0\n  getcell r8, r7", "E1012"),
    ("setcell", "setcell r0, r1", "E1103"),
    ("setcell_of_list", "newlist r7, r0, 0\n  setcell r7, r0", "E1103"),
    ("getslot", "getslot r7, r0, 0", "E1103"),
    ("getslot_far", "getslot r7, r0, 200", "E1103"),
    ("getslot_of_text", "loadk r7, k0\n  getslot r8, r7, 1", "E1103"),
    ("getslot_beyond_fields", "newobj r7, k1\n  setslot r7, r0, 0\n  getslot r8, r7, 200", "E1103"),
    ("setslot", "setslot r0, r1, 250", "E1103"),
    ("setslot_beyond_fields", "newobj r7, k1\n  setslot r7, r0, 200", "E1103"),
    ("slotset", "slotset r7, r0, 3", "E1103"),
    ("push_to_number", "lpush r0, r1", "E1103"),
    ("push_to_map", "newmap r7, 0\n  lpush r7, r0", "E1103"),
    ("is", "is r7, r0, r1", "TypeError"),
    ("throw", "throw r0", "TypeError"),
    ("call", "call r0, 0, -, c0", "TypeError"),
];

fn unit(body: &str) -> String {
    let fill: String = (0..7).map(|register| format!("  loadi r{register}, 5\n")).collect();
    format!(
        "unit \"hostile\" path \"hostile.dn\" entry 0\nclass record \"Point\" span 0 0\n  field once \"x\"\nend\n\
         function 0 \"main\" registers 12 caches 1\n  constant str \"text\"\n  constant class local 0\ncode\n{fill}  {body}\n  retnil\nend\n"
    )
}

#[test]
fn values_of_the_wrong_kind_end_the_program() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ill_kinded");
    std::fs::create_dir_all(&folder).expect("the folder is made");
    for (name, body, expected) in CASES {
        let (text, binary) = (folder.join(format!("{name}.dna")), folder.join(format!("{name}.dnb")));
        std::fs::write(&text, unit(body)).expect("the unit is written");
        let dunlin = || Command::new(env!("CARGO_BIN_EXE_dunlin"));
        let made =
            dunlin().args(["asm".as_ref(), text.as_os_str(), "-o".as_ref(), binary.as_os_str()]).output();
        let made = made.expect("the command runs");
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
        for machine_code in ["--jit=off", "--jit=eager"] {
            let output =
                dunlin().args(["run", machine_code]).arg(&binary).output().expect("the command runs");
            let report = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name} {machine_code}: {report}");
            assert!(report.contains(expected), "{name} {machine_code}: {report}");
            assert!(!report.contains("panicked"), "{name} {machine_code}: {report}");
        }
    }
}
