//! What other languages call what has another name here: hints for names that nothing has.

/// What other languages call something that has another name here.
pub fn foreign_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "range" => "a range is written `0..10`",
        "len" | "length" | "size" | "count" => "it is a method: `xs.len()`",
        "println" | "printf" | "puts" | "echo" | "console" | "cout" | "System" => "write `print(...)`",
        "append" => "it is a method: `xs.push(x)`",
        "isinstance" | "type" => "write `x is Type`",
        "lambda" => "a closure is written `|x| x + 1`",
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
