//! What other languages call what has another name here: hints for names that nothing has.

/// What are functions elsewhere and methods here, under the same name.
const METHODS: &[&str] = &[
    "ceil",
    "chars",
    "collect",
    "contains",
    "drop",
    "each",
    "entries",
    "enumerate",
    "filter",
    "find",
    "flat_map",
    "flatten",
    "floor",
    "fold",
    "insert",
    "join",
    "keys",
    "lower",
    "map",
    "pop",
    "push",
    "reduce",
    "remove",
    "replace",
    "reverse",
    "reversed",
    "round",
    "sort",
    "sort_by",
    "sorted",
    "split",
    "starts_with",
    "sum",
    "take",
    "trim",
    "unique",
    "upper",
    "values",
    "windows",
    "zip",
];

/// What other languages call a value that has another name here.
pub fn foreign_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "None" | "null" | "NULL" | "undefined" => "nil",
        "True" => "true",
        "False" => "false",
        "this" => "self",
        _ => return None,
    })
}

/// What to write for a function that is a method here.
pub fn method_here(name: &str) -> Option<String> {
    METHODS.contains(&name).then(|| format!("it is a method: `x.{name}(...)`"))
}

/// What other languages call something that has another name here.
pub fn foreign_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "range" => "a range is written `0..10`",
        "len" | "length" | "size" | "count" => "it is a method: `xs.len()`",
        "println" | "printf" | "puts" | "echo" | "console" | "cout" | "System" | "write" => {
            "write `print(...)`"
        }
        "append" => "it is a method: `xs.push(x)`",
        "any" => "it is a method: `xs.any?(|x| ...)`",
        "all" => "it is a method: `xs.all?(|x| ...)`",
        "isinstance" | "type" => "write `x is Type`",
        "lambda" => "a closure is written `|x| x + 1`",
        "list" | "array" | "Array" | "vec" => {
            "a list is written `[1, 2]`; of what can be iterated, `xs.collect()`"
        }
        "dict" | "HashMap" | "Dict" => "a map is written `{name: value}`; of pairs, `Map(pairs)`",
        "set" | "HashSet" => "a set is written `#{1, 2}`; of what can be iterated, `Set(xs)`",
        "tuple" => "a tuple is written `(1, 2)`",
        "chr" => "write `char(n)`",
        "ord" => "write `c.code()`",
        "string" | "toString" => "write `str(x)`",
        "parseInt" | "Integer" | "atoi" => "write `int(text)`",
        "parseFloat" | "Double" | "atof" => "write `float(text)`",
        "bool" | "Boolean" => "only `nil` and `false` count as false; compare with what is meant",
        "input" | "gets" | "readline" | "readLine" => "write `read_line()`",
        "open" | "File" | "fopen" => {
            "write `import io`, then `io.read_file(path)` or `io.write_file(path, text)`"
        }
        "panic" => "write `throw Error(\"text\")`",
        "assert_eq" | "assertEqual" | "assertEquals" | "expect" => {
            "write `assert a == b`, which shows both sides"
        }
        "quit" => "write `exit()`",
        "require" | "include" | "use" => "write `import name`, or `import \"./file\"`",
        "Math" => "write `import math`",
        "rand" | "randint" => "write `import random`, then `random.int(0, 10)`",
        "setTimeout" => {
            "write `send_after(milliseconds, target, message)`, or `sleep(milliseconds)` in a process"
        }
        "Some" | "Just" | "Ok" => "leave it out: a value stands for itself",
        "Err" => "write `throw Error(\"text\")`",
        _ => return None,
    })
}

/// What other languages call a type that has another name here, or that is not needed.
pub fn foreign_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "Some" | "None" | "Just" | "Nothing" => {
            "nothing is `nil`: match `nil`, and a name for everything else"
        }
        "Ok" | "Err" | "Result" => "what fails throws an error: `try { ... } catch e { ... }`",
        "Option" | "Optional" | "Maybe" => "write `T | Nil`",
        "str" => "write `String`",
        "boolean" | "Boolean" => "write `Bool`",
        "integer" | "Integer" | "long" | "i32" | "i64" | "u8" | "u32" | "u64" | "usize" => "write `Int`",
        "double" | "Double" | "f32" | "f64" => "write `Float`",
        "number" => "write `Number`, `Int` or `Float`",
        "Vec" | "Array" | "array" | "Slice" => "write `List`",
        "dict" | "Dict" | "HashMap" | "Object" | "object" | "Hash" | "table" => "write `Map`",
        "void" | "Void" | "Unit" | "NoneType" => "write `Nil`, or leave it out",
        "any" | "Any" => "leave it out: a value of any type is taken",
        "func" | "Fn" | "function" => "write `Callable`",
        _ => return None,
    })
}
