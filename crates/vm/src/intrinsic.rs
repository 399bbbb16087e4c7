//! Builtins that belong to the VM itself.

use heap::{ClassId, Value};

use crate::builtin::{BuiltinRow, builtin_fact};
use crate::cx::Cx;
use crate::exit::Exit;

/// The VM's own rows.
pub(crate) const ROWS: &[&[BuiltinRow]] = &[&[BuiltinRow {
    name: "Error.new",
    signature: "(class, message = \"\", cause = nil)",
    doc: "An error of this class.\n\nprint(Error(\"no\").message) // expect: no",
    facts: builtin_fact::ALLOCATES | builtin_fact::STATIC,
    slow: None,
    run: new_error,
}]];

fn new_error(cx: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    let class_id = args[0].as_class().map_or(ClassId::Error.id(), |class| class.class_id());
    let message = match Cx::optional(args[1]) {
        Some(message) => message,
        None => cx.string("")?,
    };
    let cause = Cx::optional(args[2]).unwrap_or(Value::NIL);
    let fields = cx.shared().classes.get(class_id).map_or(3, |class| class.definition.fields.len());
    let mut values = vec![Value::UNDEF; fields.max(crate::error::ERROR_FIELDS)];
    values[crate::error::ERROR_MESSAGE] = message;
    values[crate::error::ERROR_CAUSE] = cause;
    values[crate::error::ERROR_TRACE] = Value::NIL;
    Ok(cx.heap.instance(class_id, &values)?.value())
}
