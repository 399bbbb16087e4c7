//! Classes as values: what a value is, and what its class is called.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// The class of a value.
    ///
    ///     print(type(1), type("a") == String, type([]).name()) // expect: <class Int> true List
    "type" "(value)" type_of, PURE;
    /// The name of a class.
    ///
    ///     print(ValueError.name(), type(nil).name()) // expect: ValueError Nil
    "Class.name" "(self)" name, ALLOCATES;
    /// The class that this one inherits from, or nil.
    ///
    ///     print(KeyError.parent(), Error.parent()) // expect: <class Error> <class Object>
    "Class.parent" "(self)" parent, PURE;
}

fn type_of(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    Ok(cx.class_of(args[0]))
}

fn class_id(cx: &mut Cx, args: &[Value]) -> Result<u32, Exit> {
    match args[0].as_class() {
        Some(class) => Ok(class.class_id()),
        None => Err(cx.expected("self", "a Class", args[0])),
    }
}

fn name(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let id = class_id(cx, args)?;
    let name = cx.shared().classes.name(id).to_string();
    cx.string(&name)
}

fn parent(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let id = class_id(cx, args)?;
    let parent = cx.shared().classes.get(id).and_then(|class| class.superclass());
    Ok(parent.map_or(Value::NIL, |parent| cx.class_with_id(parent)))
}
