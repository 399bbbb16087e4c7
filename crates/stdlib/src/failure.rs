//! Error: how errors are made. Their fields are `message`, `cause` and `trace`.

use heap::{ClassId, Value};
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// An error of the class, with a message and, by name, the error that it came from.
    ///
    ///     let e = ValueError("too large", cause: Error("deeper"))
    ///     print(e.message, e.cause.message) // expect: too large deeper
    "Error.new" "(class, message = \"\", cause = nil)" new, STATIC, ALLOCATES;
}

fn new(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let Some(class) = args[0].as_class() else { return Err(cx.expected("the class", "a class", args[0])) };
    let message = match Cx::optional(args[1]) {
        Some(message) if message.is_string() => message,
        Some(other) => return Err(cx.expected("the message of an error", "a String", other)),
        None => cx.string("")?,
    };
    let cause = Cx::optional(args[2]).unwrap_or(Value::NIL);
    let shared = cx.shared();
    let is_error = |value: Value| {
        let class = shared.classes.get(heap::class_id_of(value));
        class.is_some_and(|class| class.is_subclass_of(ClassId::Error.id()))
    };
    if !cause.is_nil() && !is_error(cause) {
        return Err(cx.expected("the cause of an error", "an Error", cause));
    }
    Ok(cx.heap.instance(class.class_id(), &[message, cause, Value::NIL])?.value())
}
