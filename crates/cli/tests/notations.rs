//! The other notations through the command: prompts, tests, limits, permissions and traces are those of the engine.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs the command; what it printed, what it complained of, and how it ended.
fn dunlin(arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command was built");
    // A command that rejects its arguments does not read.
    let _ = child.stdin.take().expect("stdin is piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the command ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// A program in a file of its own.
fn program(name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("notations");
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the program is written");
    path.display().to_string()
}

#[test]
fn the_assembly_has_a_prompt() {
    let entries = "PUSH_INT 2\nPUSH_INT 3\nADD\nSTORE x\nLABEL square\nLOAD n\nDUP\nMUL\nRET\n\n\
        LOAD x\nCALL square n\nLOAD y\nNONSENSE\nPUSH_INT 0\nJZ end\nPUSH_STR never\nPRINT\nLABEL end\n\
        PRINT\nDELETE x\nLOAD x\nPUSH_STR last\nPRINT\n";
    let (stdout, stderr, code) = dunlin(&["repl", "--lang", "ttvm"], entries);
    // After each entry the prompt shows what is on the stack.
    assert_eq!(stdout, "[2]\n[2, 3]\n[5]\n[5]\n[25]\n[25, 0]\n[25]\n25\n[last]\nlast\n", "{stderr}");
    assert_eq!(code, Some(1), "some entries failed");
    for complaint in
        ["Error: Undefined variable: y", "unknown opcode: NONSENSE", "Error: Undefined variable: x"]
    {
        assert!(stderr.contains(complaint), "{stderr}");
    }
}

#[test]
fn an_entry_of_the_assembly_ends_alone() {
    let entries = "LABEL f\nPUSH_STR in f\nPRINT\nHALT\n\nCALL f\nPUSH_INT 1\nPRINT\n";
    let (stdout, stderr, code) = dunlin(&["repl", "--lang", "ttvm"], entries);
    assert_eq!((stdout.as_str(), code), ("in f\n[1]\n1\n", Some(0)), "{stderr}");
}

#[test]
fn the_lisp_has_a_prompt() {
    let entries = "(define x 5)\n(define (square n)\n  (* n n))\n(square x)\n(set! x 7)\n(print (square x))\n(car x)\n\
        (define (square n) 1)\n(square 3)\n(unknown)\n\"last\"\n";
    let (stdout, stderr, code) = dunlin(&["repl", "--lang", "lisp"], entries);
    assert_eq!((stdout.as_str(), code), ("25\n49\n1\nlast\n", Some(1)), "{stderr}");
    assert!(stderr.contains("car expects a list") && stderr.contains("unknown name: unknown"), "{stderr}");
}

#[test]
fn gene_has_a_prompt() {
    let entries = "(var x 5)\n(fn square [n]\n  (n * n))\n(square x)\n(x = 7)\n(println (square x))\n(throw \"no\")\n(x + 1)\n";
    let (stdout, stderr, _) = dunlin(&["repl", "--lang", "gene"], entries);
    assert!(
        stdout.contains("25\n") && stdout.contains("49\n") && stdout.ends_with("8\n"),
        "{stdout}{stderr}"
    );
    assert!(stdout.contains("Error: no"), "{stdout}");
}

const ENDLESS: [(&str, &str); 3] = [
    ("endless.ttvm", "LABEL again\nJMP again\n"),
    ("endless.lisp", "(define (f) (f))\n(f)\n"),
    ("endless.gene", "(while true 1)\n"),
];

#[test]
fn limits_of_time_hold() {
    for (name, text) in ENDLESS {
        let path = program(name, text);
        let (_, stderr, code) = dunlin(&["run", "--max-time", "200ms", &path], "");
        assert_eq!(code, Some(102), "{name}: {stderr}");
        assert!(stderr.contains("the time limit was exceeded"), "{name}: {stderr}");
    }
}

#[test]
fn limits_of_the_stack_hold() {
    let deep = [
        ("deep.ttvm", "CALL f\nLABEL f\nCALL f\nRET\n"),
        ("deep.lisp", "(define (f n) (+ 1 (f n)))\n(f 1)\n"),
        ("deep.gene", "(fn f [n] (1 + (f n)))\n(f 1)\n"),
    ];
    for (name, text) in deep {
        let path = program(name, text);
        let (stdout, stderr, code) = dunlin(&["run", "--max-stack", "1000", &path], "");
        assert_eq!(code, Some(1), "{name}: {stderr}");
        let complaint = format!("{stdout}{stderr}");
        assert!(complaint.contains("more than 1000 calls inside each other"), "{name}: {complaint}");
    }
}

#[test]
fn limits_of_memory_hold() {
    let large = [
        (
            "large.ttvm",
            "PUSH_STR xxxxxxxxxxxxxxxx\nSTORE s\nLABEL l\nLOAD s\nLOAD s\nCONCAT\nSTORE s\nJMP l\n",
        ),
        ("large.lisp", "(define (f l) (f (cons 1 (list l l l))))\n(f 1)\n"),
        ("large.gene", "(var a [])\n(while true (a .push \"xxxxxxxxxxxx\"))\n"),
    ];
    for (name, text) in large {
        let path = program(name, text);
        let (_, stderr, code) = dunlin(&["run", "--max-heap", "32mb", &path], "");
        assert_eq!(code, Some(101), "{name}: {stderr}");
    }
}

#[test]
fn permissions_hold() {
    let readers = [
        ("reads.ttvm", "PUSH_STR /etc/hostname\nREAD_FILE\nPRINT\n"),
        ("reads.gene", "(println (gene/io/read \"/etc/hostname\"))\n"),
    ];
    for (name, text) in readers {
        let path = program(name, text);
        let (stdout, stderr, code) = dunlin(&["run", "--sandbox", &path], "");
        let complaint = format!("{stdout}{stderr}");
        assert_eq!(code, Some(1), "{name}: {complaint}");
        assert!(complaint.contains("it needs the permission `read`"), "{name}: {complaint}");
    }
    let path = program("calls.ttvm", "PUSH_STR true\nMAKE_LIST 0\nEXEC\nPRINT\n");
    let (_, stderr, code) = dunlin(&["run", "--sandbox", &path], "");
    assert!(code == Some(1) && stderr.contains("permission"), "{stderr}");
}

#[test]
fn programs_are_tested_by_what_they_expect() {
    let right = [
        ("right.ttvm", "PUSH_INT 1\nPRINT ; Expected: 1\n"),
        ("right.lisp", "(print 1) ; Expected: 1\n"),
        ("right.gene", "(println 1) # Expected: 1\n"),
    ];
    for (name, text) in right {
        let (stdout, stderr, code) = dunlin(&["test", &program(name, text)], "");
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        let wrong = program(&format!("wrong_{name}"), &text.replace("Expected: 1", "Expected: 2"));
        let (stdout, stderr, code) = dunlin(&["test", &wrong], "");
        assert_eq!(code, Some(1), "{name}: {stdout}{stderr}");
        assert!(format!("{stdout}{stderr}").contains("expected \"2\", found \"1\""), "{stdout}{stderr}");
    }
}

#[test]
fn programs_are_traced() {
    let programs = [
        ("traced.ttvm", "PUSH_INT 1\nCALL f a\nHALT\nLABEL f\nLOAD a\nPRINT\nRET\n", "function@3"),
        ("traced.lisp", "(define (twice n) (* 2 n))\n(print (twice 4))\n", "l twice"),
        ("traced.gene", "(fn twice [n] (2 * n))\n(println (twice 4))\n", "g twice"),
    ];
    for (name, text, function) in programs {
        let (_, stderr, code) = dunlin(&["run", "--trace", &program(name, text)], "");
        assert_eq!(code, Some(0), "{name}");
        assert!(stderr.lines().any(|line| line.trim_start().starts_with(function)), "{name}: {stderr}");
    }
}

#[test]
fn input_is_read_by_characters_lines_and_as_a_whole() {
    let path = program(
        "reads_input.ttvm",
        "READ_CHAR\nPRINT\nREAD_CHAR\nPRINT\nREAD_LINE\nPRINT\nREAD_LINE\nPRINT\nREAD_INPUT\nPRINT\n",
    );
    let (stdout, stderr, code) = dunlin(&["run", &path], "abcd\nsecond\nthird\nfourth");
    assert_eq!((stdout.as_str(), code), ("a\nb\ncd\nsecond\nthird\nfourth\n", Some(0)), "{stderr}");
    let path = program("reads_no_input.ttvm", "READ_CHAR\nPRINT\n");
    let (_, stderr, code) = dunlin(&["run", &path], "");
    assert!(code == Some(1) && stderr.contains("failed to fill whole buffer"), "{stderr}");
}
