//! Programs made at random of what tiers do differently: integers that grow out of 32 and 64 bits, variables that
//! change their kind in loops, calls of several classes, closures that change what they captured, generators, errors
//! on their way through frames, deep recursion, patterns, work in other processes.
//!
//! Many small programs stand in one text, so that an engine is set up once for all of them. Each prints lines that
//! begin with its number.

use std::fmt::Write as _;

use super::input::Random;

/// The first lines of every text.
const START: &str = r#"
fn clip(v) = if v is Int && (v > 4_000_000_000_000 || v < -4_000_000_000_000) { v % 65_537 } else if v is String && v.len() > 40 { v.len() } else { v }
class P { a; b
    fn sum() = self.a + self.b
    fn mix(k) { self.a = clip(self.a + k); self.b }
    get fn half() = self.a / 2
}
class P2 < P { c = 3
    fn sum() = super.sum() + self.c
}
class Q { b; a
    fn sum() = clip(self.a - self.b)
    fn mix(k) { self.b = k; clip(self.a * 3 + k) }
    fn +(o) = Q(clip(self.b + o.b), self.a)
    fn -(o) = long(self, o)
    fn *(k) = self.mix(k)
    fn ==(o) = o is Q && self.a == o.a
}
record V(x, y)
fn* upto(n, k) { var i = 0; while i < n { yield clip(i * k); i += 1 } }
fn* pairs(xs) { for (i, v) in xs.enumerate() { try { yield (i, v) } finally { xs.len() } } }
fn apart(f, x, y) { let t = async f(x, y); try { await t } catch e { e.message } }
fn echo(v) {
    let from = self()
    let child = spawn { receive { (:ask, pid, w) => send(pid, (:got, w)) } }
    send(child, (:ask, from, v))
    receive { (:got, w) => w }
}
fn deep(n) = if n <= 0 { 0 } else { 1 + deep(n - 1) }
fn tail(n, acc) = if n <= 0 { acc } else { tail(n - 1, acc + n) }
fn even(n) = if n <= 0 { true } else { odd(n - 1) }
fn odd(n) = if n <= 0 { false } else { even(n - 1) }
fn fail(n, what) { if n <= 0 { throw ValueError("no ${what}") }; fail(n - 1, what) + 1 }
fn kind(v) = match v {
    0 => 1
    nil => 2
    Int if v > 1000 => 3
    Int => 4
    Float => 5
    String => 6
    V(x, 1) => 7
    V => 8
    (u, w) => 9
    [] => 10
    [first, ..rest] => 11 + rest.len()
    P => 12
    _ => 13
}
fn long(q, o) {
    var (t, k) = (q.b, o.b)
    if k == 1 { t = clip(t * 1 + q.a) }
    if k == 2 { t = clip(t * 2 + q.a) }
    if k == 3 { t = clip(t * 3 + q.a) }
    if k == 4 { t = clip(t * 4 + q.a) }
    if k == 5 { t = clip(t * 5 + q.a) }
    if k == 6 { t = clip(t * 6 + q.a) }
    if k == 7 { t = clip(t * 7 + q.a) }
    if k == 8 { t = clip(t * 8 + q.a) }
    if k == 9 { t = clip(t * 9 + q.a) }
    if k == 10 { t = clip(t * 10 + q.a) }
    if k == 11 { t = clip(t * 11 + q.a) }
    if k == 12 { t = clip(t * 12 + q.a) }
    if k == 13 { t = clip(t * 13 + q.a) }
    if k == 14 { t = clip(t * 14 + q.a) }
    if k == 15 { t = clip(t * 15 + q.a) }
    if k == 16 { t = clip(t * 16 + q.a) }
    if k is String { t } else { Q(clip(t + k), q.a) }
}
fn counter(start) { var n = start; |k| { n = clip(n + k); n } }
"#;

struct Maker<'r> {
    random: &'r mut Random,
    text: String,
    number: usize,
}

/// A text of so many programs, for a number.
pub fn programs(seed: u64, count: usize) -> String {
    let mut random = Random::new(seed);
    let mut text = START.to_string();
    for number in 0..count {
        text += &program(&mut random, number);
    }
    text
}

/// One of the programs of a text, with what it needs.
pub fn alone(text: &str, number: usize) -> String {
    let mark = |number: usize| format!("// program {number}\n");
    let Some(begin) = text.find(&mark(number)) else { return text.to_string() };
    let end = text.find(&mark(number + 1)).unwrap_or(text.len());
    format!("{START}{}", &text[begin..end])
}

fn program(random: &mut Random, number: usize) -> String {
    let mut maker = Maker { random, text: format!("// program {number}\n"), number };
    let functions = 1 + maker.random.below(2);
    for function in 0..functions {
        maker.function(function);
    }
    let turns = 4 + maker.random.below(24);
    let (step, start) = (maker.number(), maker.number());
    let last = functions - 1;
    let _ = writeln!(
        maker.text,
        "fn run_{number}() {{\n    var r = {start}\n    for i in 0..{turns} {{ r = try {{ clip(f{number}_{last}(i * {step}, r)) }} catch e {{ print(\"#{number} ${{i}} ${{e.message}}\"); e.message.len() }} }}\n    r\n}}\nprint(\"#{number} ${{run_{number}()}}\")"
    );
    maker.text
}

impl Maker<'_> {
    fn one_of(&mut self, items: &[&str]) -> String {
        items[self.random.below(items.len())].to_string()
    }

    fn number(&mut self) -> String {
        self.one_of(&[
            "0",
            "1",
            "2",
            "3",
            "7",
            "-1",
            "-5",
            "46341",
            "65536",
            "2147483647",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "0.5",
            "1e9",
        ])
    }

    fn atom(&mut self) -> String {
        match self.random.below(9) {
            0 => self.number(),
            1 => "p.a".to_string(),
            2 => "q.b".to_string(),
            3 => "s.len()".to_string(),
            _ => self.one_of(&["x", "y", "a", "b", "i"]),
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        let left = self.expression(depth - 1);
        let right = self.atom();
        match self.random.below(26) {
            0..=3 => format!("({left} + {right})"),
            4 | 5 => format!("({left} - {right})"),
            6 | 7 => format!("({left} * {right})"),
            8 => format!("({left} % {})", self.one_of(&["7", "65537", "2147483647", "-3", "i"])),
            9 => format!("({left} / {right})"),
            10 => format!("({left} ~/ {})", self.one_of(&["7", "-3", "b", "2147483648"])),
            11 => format!("(if {left} < {right} {{ {left} }} else {{ {right} }})"),
            12 => format!("{}.sum()", self.one_of(&["p", "q", "o", "[p, q][i % 2]", "[p, q, o][i % 3]"])),
            13 => format!("[p, q, o][i % 3].mix({right})"),
            14 => format!("c(clip({left}))"),
            15 => format!("(xs[i % xs.len()] + {right})"),
            16 => format!("kind({left})"),
            17 => format!("({left} {} {right})", self.one_of(&["&", "|", "^"])),
            18 => format!("(({left} << {}) % 1000003)", self.random.below(70)),
            19 => format!("({left} >> {})", self.random.below(40)),
            20 => format!("V({left}, {right}).x"),
            21 => format!("({left}, {right})[i % 2]"),
            22 => format!("n({right})"),
            23 => format!("(if even(i) {{ {left} }} else {{ {right} }})"),
            24 => "p.half".to_string(),
            _ => format!("(-{left})"),
        }
    }

    fn condition(&mut self) -> String {
        let (left, right) = (self.expression(1), self.atom());
        match self.random.below(8) {
            0 => format!("{left} is {}", self.one_of(&["Int", "Float", "String", "P"])),
            1 => "q == o".to_string(),
            2 => format!("{left} == nil"),
            _ => format!("{left} {} {right}", self.one_of(&["<", "<=", ">", ">=", "==", "!="])),
        }
    }

    fn statement(&mut self, function: usize, depth: usize) -> String {
        let value = self.expression(2);
        let variable = self.one_of(&["a", "b"]);
        match self.random.below(if depth == 0 { 10 } else { 22 }) {
            0..=2 => format!("{variable} = clip({value})"),
            3 => format!("if xs.len() < 50 {{ xs.push(clip({value})) }} else {{ xs.clear() ; xs.push(1) }}"),
            4 => format!("p.b = clip({value})"),
            5 => format!("m[i % 5] = {variable}"),
            6 if function > 0 => {
                let (other, argument) = (self.random.below(function), self.atom());
                format!("{variable} = clip(f{}_{other}({argument}, 2))", self.number)
            }
            6 | 7 => self.change_kind(&variable),
            8 => format!("s = if s.len() > 30 {{ \"\" }} else {{ s + \"${{{}}}\" }}", self.atom()),
            9 => format!("xs[i % xs.len()] = {variable}"),
            10 | 11 => {
                let (condition, inside) = (self.condition(), self.statement(function, depth - 1));
                let other = self.statement(function, depth - 1);
                format!("if {condition} {{ {inside} }} else {{ {other} }}")
            }
            12 => self.inner_loop(function, depth),
            13 => self.caught(function, depth, &variable),
            14 => self.generated(&variable),
            15 => {
                let used = self.one_of(&["(q + q).b", "(q - [q, o][i % 2]).b", "clip(q * i)", "(q - p).a"]);
                format!("{variable} = {used}")
            }
            16 if function > 0 => {
                let (other, argument) = (self.random.below(function), self.atom());
                format!("{variable} = clip(apart(f{}_{other}, {argument}, 2))", self.number)
            }
            16 | 17 => format!("{variable} = echo(clip({value}))"),
            18 => self.library(&variable),
            19 => {
                let (left, right) = (self.atom(), self.atom());
                format!("let (u, w) = ({left}, {right}); {variable} = [u, w][i % 2]")
            }
            20 => format!("if {} {{ return clip({value}) }}", self.condition()),
            _ => format!("{variable} = m?[i % 5] ?? {variable}"),
        }
    }

    fn change_kind(&mut self, variable: &str) -> String {
        let kinds = self.one_of(&[
            "[1, 2.5][i % 2]",
            "[1, \"one\", 2.5][i % 3]",
            "[0, 0, 0, 0, 0, 0, 0, nil][i % 8]",
            "[4294967296, 3, 1.5][i % 3]",
            "[true, 1][i % 2]",
            "[V(1, i), (i, 2), [i]][i % 3]",
        ]);
        format!("{variable} = {kinds}")
    }

    fn inner_loop(&mut self, function: usize, depth: usize) -> String {
        let inside = self.statement(function, depth - 1);
        let condition = self.condition();
        match self.random.below(5) {
            0 => format!("for j in 0..{} {{ {inside} }}", 2 + self.random.below(8)),
            1 => format!("for v in xs.slice(0, 3) {{ if {condition} {{ break }}; {inside} }}"),
            2 => format!("for (k, v) in m {{ {inside} }}"),
            3 => format!(
                "var j = 0; loop {{ j += 1; if j > 6 {{ break }}; if {condition} {{ continue }}; {inside} }}"
            ),
            _ => format!("var j = 0; while j < {} {{ {inside}; j += 1 }}", 2 + self.random.below(8)),
        }
    }

    fn caught(&mut self, function: usize, depth: usize, variable: &str) -> String {
        let (inside, condition) = (self.statement(function, depth - 1), self.condition());
        match self.random.below(3) {
            0 => format!(
                "try {{ if {condition} {{ throw ValueError(\"no\") }}; {inside} }} catch e {{ {variable} = e.message.len() }}"
            ),
            1 => format!(
                "try {{ {inside}; {variable} = fail(i % 4, {variable}) }} catch e: ValueError {{ s = e.message }} finally {{ p.a = clip(i) }}"
            ),
            _ => format!("{variable} = try fail(i % 3, \"x\") else {}", self.atom()),
        }
    }

    fn generated(&mut self, variable: &str) -> String {
        let (count, factor) = (1 + self.random.below(6), self.atom());
        match self.random.below(3) {
            0 => format!("for v in upto({count}, {factor}) {{ {variable} = clip({variable} + v) }}"),
            1 => format!(
                "for (k, v) in pairs([1, {factor}]) {{ {variable} = clip(k + v); if k > 0 {{ break }} }}"
            ),
            _ => format!("{variable} = [..upto({count}, {factor}).take(3)].len()"),
        }
    }

    fn library(&mut self, variable: &str) -> String {
        let depth = self.random.below(300);
        match self.random.below(6) {
            0 => format!("{variable} = xs.map(|v| clip(v + {variable})).len() + deep({depth})"),
            1 => format!("{variable} = clip([1, 2.5, {variable}].fold(0, |u, v| clip(u + v)))"),
            2 => format!("{variable} = xs.filter(|v| v is Int).len() + tail({depth}, 1)"),
            3 => format!("{variable} = clip((0..{}).map(|v| v * i).sum())", self.random.below(20)),
            4 => format!("{variable} = \"${{{variable}}}\".len()"),
            _ => format!("m = {{}}; m[{variable}] = i; {variable} = m.len()"),
        }
    }

    fn function(&mut self, function: usize) {
        let turns = 1 + self.random.below(if function == 0 { 40 } else { 4 });
        let mut body = String::new();
        for _ in 0..1 + self.random.below(3) {
            let statement = self.statement(function, 2);
            let _ = writeln!(body, "        {statement}");
        }
        let captured = self.one_of(&["x", "y", "a", "b", "i", "1"]);
        let (first, result) = (self.number(), self.one_of(&["a", "b", "a + b", "p.a", "kind(a)", "s"]));
        let _ = write!(
            self.text,
            "fn f{}_{function}(x, y) {{\n    var (a, b, i, s) = (x, {first}, 0, \"\")\n    let (p, q, o) = (P(1, y), Q(2, 3), P2(2, i))\n    var m = {{}}\n    let xs = [1, 2.5, 3]\n    let c = |v| v + {captured}\n    let n = counter({first})\n    while i < {turns} {{\n{body}        i += 1\n    }}\n    {result}\n}}\n",
            self.number
        );
    }
}
