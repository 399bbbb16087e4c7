//! The binary form of each part of a unit: one row of fields each, written and read in the same order.

use super::codec::{Reader, Wire, WireError};
use crate::unit::*;

macro_rules! wire_struct {
    ($($name:ident { $($field:ident),* })*) => {
        $(impl Wire for $name {
            fn write(&self, out: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $($field.write(out);)*
            }
            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                $(let $field = Wire::read(input)?;)*
                Ok($name { $($field),* })
            }
        })*
    };
}

/// Each variant with its tag byte; tags are part of the format.
macro_rules! wire_enum {
    ($name:ident, $problem:literal, { $($tag:literal $variant:ident
        $(($tuple:ident))? $({ $($field:ident),* })?),* $(,)? }) => {
        impl Wire for $name {
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $($name::$variant $(($tuple))? $({ $($field),* })? => {
                        out.push($tag);
                        $($tuple.write(out);)?
                        $($($field.write(out);)*)?
                    })*
                }
            }
            fn read(input: &mut Reader<'_>) -> Result<Self, WireError> {
                let start = input.offset();
                match u8::read(input)? {
                    $($tag => {
                        $(let $tuple = Wire::read(input)?;)?
                        $($(let $field = Wire::read(input)?;)*)?
                        Ok($name::$variant $(($tuple))? $({ $($field),* })?)
                    })*
                    _ => Err(WireError { offset: start, problem: $problem }),
                }
            }
        }
    };
}

wire_struct! {
    Import { path }
    Export { name, item }
    FunctionDef {
        name, params, flags, registers, code, constants, prototypes, captures, handlers, shapes, caches, lines,
        span, doc, variables
    }
    Variable { name, place, start, end }
    Param { name, optional }
    Prototype { function, captures }
    Handler { start, end, target, register, finally }
    CallShape { positional, names }
    LineEntry { pc, start, end }
    TypeSpec { any_of, text, subject }
    ClassDef {
        name, kind, superclass, traits, fields, methods, statics, constructor, singleton, doc, span
    }
    FieldDef { name, set_once }
    MethodDef { name, function, is_static, is_cast }
}

wire_enum!(ExportItem, "no export has this tag", {
    0 Function(index), 1 Class(index), 2 Slot(index), 3 Module,
});
wire_enum!(Capture, "no capture has this tag", { 0 Register(register), 1 Outer(index) });
wire_enum!(VariablePlace, "no place of a variable has this tag", {
    0 Register(register), 1 Cell(register), 2 Capture(index), 3 CaptureCell(index),
});
wire_enum!(ClassRef, "no class reference has this tag", {
    0 Local(index), 1 Import { import, name }, 2 Builtin(name),
});
wire_enum!(ClassKind, "no kind of class has this tag", { 0 Class, 1 Record, 2 Trait, 3 Actor, 4 Extension });

wire_enum!(Constant, "no constant has this tag", {
    0 Int(value),
    1 BigInt(digits),
    2 Float(value),
    3 Char(value),
    4 Str(text),
    5 Symbol(name),
    6 Bytes(bytes),
    7 Tuple(elements),
    8 Range { start, end, inclusive },
    9 Regex(pattern),
    10 Function(index),
    11 Class(class),
    12 Method { class, name },
    13 Builtin(name),
    14 Import { import, name },
    15 Type(spec),
});
