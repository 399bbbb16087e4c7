//! Scripted sessions of `dunlin debug`: what a person types, and what the debugger says.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PROGRAM: &str = "\
import math

class Point {
    x
    y
    fn init(x, y) {
        self.x = x
        self.y = y
    }
    fn length() = math.sqrt(self.x * self.x + self.y * self.y)
}

fn sum_of(numbers, start = 0) {
    var sum = start
    for number in numbers {
        let before = sum
        sum = before + number
    }
    let twice = |x| x * 2 + sum
    return twice(sum)
}

let top = 5
let point = Point(3, 4)
print(sum_of([1, 2, top]))
print(point.length())
let list = [1, 2, 3]
print(list[7])
";

/// What a session over this program says, the marks of its prompt left out.
fn session(name: &str, options: &[&str], commands: &str) -> (String, Option<i32>) {
    let folder: PathBuf = std::env::temp_dir().join(format!("dunlin-debug-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    std::fs::write(folder.join("work.dn"), PROGRAM).expect("the test's own folder can be written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_dunlin"))
        .arg("debug")
        .args(options)
        .arg("work.dn")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command was built");
    let mut input = child.stdin.take().expect("stdin is piped");
    input.write_all(commands.as_bytes()).expect("the commands fit into the pipe");
    drop(input);
    let output = child.wait_with_output().expect("the command ends");
    let _ = std::fs::remove_dir_all(&folder);
    let said = String::from_utf8_lossy(&output.stdout).replace("(debug) ", "");
    (said.replace(&folder.display().to_string(), "FOLDER"), output.status.code())
}

#[track_caller]
fn check(name: &str, options: &[&str], commands: &str, expected: &str) {
    let (said, _) = session(name, options, commands);
    assert_eq!(said.trim_end(), expected.trim_end(), "{said}");
}

#[test]
fn breakpoints_stop_and_show_calls_and_variables() {
    check(
        "break",
        &["--break=17 if number == 2", "--continue"],
        "locals\nwhere\np before * 10 + number\nup\nlocals\np point.length()\nq\n",
        "stopped at a breakpoint, in sum_of (work.dn:17)
>   17 |         sum = before + number
numbers = [1, 2, 5]
start = 0
sum = 1
number = 2
before = 1
>  0 sum_of (work.dn:17)
   1 main (work.dn:25)
12
1 main (work.dn:25)
>   25 | print(sum_of([1, 2, top]))
top = 5
point = Point(x: 3, y: 4)
5.0
",
    );
}

#[test]
fn steps_go_over_into_and_out_of_functions() {
    check(
        "steps",
        &[],
        "n\nn\ns\n\nout\nn\nq\n",
        "stopped at the first line, in main (work.dn:23)
>   23 | let top = 5
stopped after a step, in main (work.dn:24)
>   24 | let point = Point(3, 4)
stopped after a step, in main (work.dn:25)
>   25 | print(sum_of([1, 2, top]))
stopped after a step, in sum_of (work.dn:13)
>   13 | fn sum_of(numbers, start = 0) {
stopped after a step, in sum_of (work.dn:14)
>   14 |     var sum = start
24
stopped after a step, in main (work.dn:26)
>   26 | print(point.length())
5.0
stopped after a step, in main (work.dn:27)
>   27 | let list = [1, 2, 3]
",
    );
}

#[test]
fn a_program_stops_where_an_error_is_thrown_that_nothing_catches() {
    let (said, code) = session("error", &["--continue"], "p list.len()\np list = nil\nc\n");
    let expected = "24
5.0
stopped at an error: IndexError: index 7 is out of range for length 3, in main (work.dn:28)
>   28 | print(list[7])
3
`list` is a definition, which cannot be assigned to
";
    assert_eq!(said, expected);
    assert_eq!(code, Some(1));
}

#[test]
fn mistakes_at_the_prompt_are_said_and_the_session_goes_on() {
    check(
        "mistakes",
        &[],
        "jump\nbreak x\nbreak 16\nbreak 17 if sum > 2\nbreaks\ndelete 16\ndelete 16\np nobody\np [][0]\np loop {}\nquit\n",
        "stopped at the first line, in main (work.dn:23)
>   23 | let top = 5
there is no command `jump`; `help` names them
`x` is no line
FOLDER/work.dn:16
FOLDER/work.dn:17 if sum > 2
the program does not stop at line 16
nothing is named `nobody` here
IndexError: index 0 is out of range for length 0
it reached a limit: Time
",
    );
}
