//! The commands as a person types them: output, exit codes, and what they say about mistakes.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dunlin-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).expect("the test's own folder can be written");
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with_input(arguments, "")
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command was built");
        child
            .stdin
            .take()
            .expect("stdin is piped")
            .write_all(input.as_bytes())
            .expect("the command reads its input");
        child.wait_with_output().expect("the command ends")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn run_passes_arguments_and_gives_the_exit_code() {
    let folder = Folder::new("run");
    folder.write("a.dn", "fn main(args) { print(args.len(), args[0]) }\n");
    let output = folder.run(&["a.dn", "--own", "x"]);
    assert_eq!(
        (stdout(&output).as_str(), output.status.code()),
        ("2 --own\n", Some(0)),
        "{}",
        stderr(&output)
    );
    folder.write("b.dn", "throw ValueError(\"no\")\n");
    let output = folder.run(&["run", "b.dn"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("uncaught ValueError: no"), "{}", stderr(&output));
    assert!(stderr(&output).contains("b.dn:1:1"), "{}", stderr(&output));
}

#[test]
fn several_mistakes_are_reported_in_one_run() {
    let folder = Folder::new("mistakes");
    folder.write("a.dn", "let a = ]\nlet b = 1\nlet c = )\n");
    let output = folder.run(&["check", "a.dn"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(stderr(&output).matches("error[").count() >= 2, "{}", stderr(&output));
}

#[test]
fn eval_prints_the_value() {
    let folder = Folder::new("eval");
    assert_eq!(stdout(&folder.run(&["eval", "2 ** 70"])), "1180591620717411303424\n");
    assert_eq!(stdout(&folder.run(&["eval", "\"a\""])), "\"a\"\n");
    assert_eq!(stdout(&folder.run(&["eval", "print(1)"])), "1\n");
}

#[test]
fn compiled_units_run_and_go_through_text() {
    let folder = Folder::new("compile");
    folder.write("a.dn", "let xs = [1, 2, 3]\nprint(xs.map(|x| x * 2))\n");
    assert_eq!(folder.run(&["compile", "a.dn", "-o", "a.dnb"]).status.code(), Some(0));
    assert_eq!(stdout(&folder.run(&["run", "a.dnb"])), "[2, 4, 6]\n");
    let text = stdout(&folder.run(&["disasm", "a.dnb"]));
    assert!(text.contains("function"), "{text}");
    folder.write("a.dna", &text);
    assert_eq!(folder.run(&["asm", "a.dna", "-o", "b.dnb"]).status.code(), Some(0));
    assert_eq!(stdout(&folder.run(&["b.dnb"])), "[2, 4, 6]\n");
}

#[test]
fn a_unit_that_is_cut_anywhere_is_refused() {
    let folder = Folder::new("cut");
    folder.write("a.dn", "print(1 + 2)\n");
    assert_eq!(folder.run(&["compile", "a.dn"]).status.code(), Some(0));
    let bytes = std::fs::read(folder.0.join("a.dnb")).expect("it was just written");
    for length in (0..bytes.len()).step_by((bytes.len() / 24).max(1)) {
        std::fs::write(folder.0.join("cut.dnb"), &bytes[..length])
            .expect("the test's own folder can be written");
        let output = folder.run(&["run", "cut.dnb"]);
        assert_eq!(output.status.code(), Some(65), "{length} bytes: {}", stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{length} bytes: {}", stderr(&output));
    }
}

#[test]
fn fmt_checks_writes_and_reads_standard_input() {
    let folder = Folder::new("fmt");
    folder.write("a.dn", "let  a=1\nprint( a )\n");
    let output = folder.run(&["fmt", "--check", "a.dn"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("a.dn:1"), "{}", stdout(&output));
    assert_eq!(folder.run(&["fmt", "a.dn"]).status.code(), Some(0));
    assert_eq!(folder.run(&["fmt", "--check", "a.dn"]).status.code(), Some(0));
    let formatted = std::fs::read_to_string(folder.0.join("a.dn")).expect("it was just written");
    assert_eq!(formatted, "let a = 1\nprint(a)\n");
    assert_eq!(stdout(&folder.run_with_input(&["fmt", "-"], "let  a=1\n")), "let a = 1\n");
}

#[test]
fn parse_prints_trees() {
    let folder = Folder::new("parse");
    folder.write("a.dn", "print(1 + 2)\n");
    assert!(stdout(&folder.run(&["parse", "a.dn"])).starts_with('('));
    assert!(stdout(&folder.run(&["parse", "--json", "a.dn"])).starts_with('{'));
}

#[test]
fn test_runs_blocks_and_shows_both_sides() {
    let folder = Folder::new("test");
    folder.write("a.dn", "test \"good\" { assert 1 + 1 == 2 }\ntest \"bad\" { let a = 3; assert a == 4 }\n");
    let output = folder.run(&["test", "a.dn"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("1 passed, 1 failed"), "{}{}", stdout(&output), stderr(&output));
    let all = stderr(&output);
    assert!(all.contains('3') && all.contains('4'), "{all}");
    assert_eq!(folder.run(&["test", "--filter", "good", "a.dn"]).status.code(), Some(0));
}

#[test]
fn limits_have_their_exit_codes() {
    let folder = Folder::new("limits");
    folder.write("heap.dn", "let xs = []\nloop { xs.push([1, 2, 3]) }\n");
    folder.write("time.dn", "loop { }\n");
    folder.write("stack.dn", "fn f(n) = 1 + f(n + 1)\nprint(f(0))\n");
    assert_eq!(folder.run(&["--max-heap", "16mb", "heap.dn"]).status.code(), Some(101));
    assert_eq!(folder.run(&["--max-time", "100ms", "time.dn"]).status.code(), Some(102));
    assert_eq!(folder.run(&["--max-stack", "1000", "stack.dn"]).status.code(), Some(103));
}

#[test]
fn a_number_of_schedulers_is_not_zero() {
    let folder = Folder::new("schedulers");
    folder.write("a.dn", "print(1)\n");
    for count in ["0", "257", "many"] {
        let output = folder.run(&["--schedulers", count, "a.dn"]);
        assert_eq!(output.status.code(), Some(2), "{count}");
        assert!(stderr(&output).contains(count), "{count}");
    }
    assert_eq!(folder.run(&["--schedulers", "1", "a.dn"]).status.code(), Some(0));
}

#[test]
fn mistakes_of_the_command_line_are_explained() {
    let folder = Folder::new("usage");
    let output = folder.run(&["rnu", "a.dn"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `run`"), "{}", stderr(&output));
    let output = folder.run(&["run", "--max-heep", "1mb", "a.dn"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("'--max-heap'"), "{}", stderr(&output));
    let output = folder.run(&["run", "--gc", "mrk-sweep", "a.dn"]);
    assert!(stderr(&output).contains("did you mean `mark-sweep`"), "{}", stderr(&output));
    let output = folder.run(&["run", "gone.dn"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot read gone.dn"), "{}", stderr(&output));
    assert_eq!(folder.run(&["explain", "E9999"]).status.code(), Some(2));
}

/// The overview names every command, and every command has a help with an example.
#[test]
fn help_is_there_for_every_command() {
    let folder = Folder::new("help");
    let overview = stdout(&folder.run(&["--help"]));
    let commands = overview.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 14 && commands.contains(&"run"), "{overview}");
    for command in commands {
        let help = stdout(&folder.run(&["help", command]));
        assert!(help.contains("Usage:") && help.contains("Examples:\n  "), "{command}: {help}");
        assert_eq!(stdout(&folder.run(&[command, "--help"])), help, "{command}");
    }
    assert!(stdout(&folder.run(&["help", "exit"])).contains("103"));
    assert!(stdout(&folder.run(&["help", "limits"])).contains("--max-heap"));
}

#[test]
fn a_new_project_runs_and_passes_its_test() {
    let folder = Folder::new("new");
    assert_eq!(folder.run(&["new", "hello"]).status.code(), Some(0));
    assert_eq!(stdout(&folder.run(&["hello/main.dn", "Ada"])), "Hello, Ada!\n");
    let output = folder.run(&["test", "hello"]);
    assert!(stdout(&output).ends_with("1 passed, 0 failed\n"), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(folder.run(&["fmt", "--check", "hello"]).status.code(), Some(0));
    assert_eq!(folder.run(&["new", "hello"]).status.code(), Some(1));
}

#[test]
fn tests_have_examples_and_json() {
    let folder = Folder::new("doctest");
    folder.write(
        "a.dn",
        "/// Twice.\n/// ```\n/// print(twice(2))  // expect: 4\n/// ```\npub fn twice(x) = x * 2\n\n\
         /// ```\n/// print(twice(2))  // expect: 5\n/// ```\npub fn wrong() = 1\n\ntest \"t\" { assert true }\n",
    );
    let output = folder.run(&["test", "a.dn"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("FAILED a.dn: example of wrong"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    assert!(stdout(&output).ends_with("2 passed, 1 failed\n"), "{}", stdout(&output));
    let output = folder.run(&["test", "--json", "--no-doc", "a.dn"]);
    assert_eq!(
        stdout(&output),
        "{\"file\":\"a.dn\",\"ok\":true,\"report\":null,\"test\":\"t\"}\n{\"failed\":0,\"passed\":1}\n"
    );
}

#[test]
fn doc_makes_a_site_with_a_search() {
    let folder = Folder::new("doc");
    folder.write("shapes.dn", "/// Squares `x`, if < 9.\npub fn square(x) = x * x\nfn hidden() = 1\n");
    let output = folder.run(&["doc", "shapes.dn", "-o", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |name: &str| std::fs::read_to_string(folder.0.join("out").join(name)).expect("it was written");
    let page = read("shapes.html");
    assert!(page.contains("Squares <code>x</code>, if &lt; 9.") && !page.contains("hidden"), "{page}");
    assert!(read("index.html").contains("shapes.html") && read("index.js").contains("\"square\""));
}

#[test]
fn shells_get_their_completions() {
    let folder = Folder::new("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(stdout(&folder.run(&["completions", shell])).contains("max-heap"), "{shell}");
    }
    assert_eq!(folder.run(&["completions", "dos"]).status.code(), Some(2));
}

#[test]
fn reports_have_no_colours_where_no_terminal_is() {
    let folder = Folder::new("colours");
    folder.write("a.dn", "throw Error(\"x\")\n");
    assert!(!stderr(&folder.run(&["a.dn"])).contains('\x1b'));
}

#[test]
fn benches_are_measured_kept_and_compared() {
    let folder = Folder::new("bench");
    folder.write("a.dn", "bench \"adds\" { 1 + 1 }\nbench \"fails\" { throw Error(\"on purpose\") }\n");
    let options = ["bench", "--time", "40ms", "a.dn", "--filter"];
    let with = |more: &[&str]| folder.run(&[&options[..], more].concat());

    let saved = with(&["adds", "--save", "before.json"]);
    assert_eq!(saved.status.code(), Some(0), "{}", stderr(&saved));
    assert!(stdout(&saved).starts_with("a.dn: adds ") && stdout(&saved).contains(" .. "), "{saved:?}");

    let compared = with(&["adds", "--compare", "before.json"]);
    assert!(stdout(&compared).contains("before ("), "{compared:?}");

    let for_tools = with(&["adds", "--json", "--compare", "before.json"]);
    let row: serde_json::Value = serde_json::from_str(stdout(&for_tools).trim()).expect("one object");
    let (low, median, high) = (row["low_ns"].as_f64(), row["median_ns"].as_f64(), row["high_ns"].as_f64());
    assert!(Some(0.0) < low && low <= median && median <= high, "{row}");
    assert!(row["changed"].is_boolean() && row["rounds"].as_u64() >= Some(7), "{row}");

    // A call that does a thousand times as much is not called the same.
    folder.write("a.dn", "bench \"adds\" { (1..20_000).sum() }\n");
    let slower = with(&["adds", "--compare", "before.json"]);
    assert!(stdout(&slower).contains("% slower than before ("), "{slower:?}");

    folder.write("a.dn", "bench \"fails\" { throw Error(\"on purpose\") }\n");
    let failed = with(&["fails"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(stdout(&failed).contains("FAILED a.dn: fails") && stderr(&failed).contains("on purpose"));
    assert_eq!(with(&["fails", "--compare", "nothing.json"]).status.code(), Some(2));
}
