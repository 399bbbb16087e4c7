//! Builtins that belong to the VM itself.

use heap::{ClassId, Value};

use crate::builtin::{BuiltinRow, builtin_fact};
use crate::cx::Cx;
use crate::exit::Exit;

/// The VM's own rows.
pub const ROWS: &[&[BuiltinRow]] = &[&[
    BuiltinRow {
        name: "__script_get",
        signature: "(name)",
        doc: "The value of a variable of the entry script that methods use too.",
        facts: 0,
        slow: None,
        run: script_get,
    },
    BuiltinRow {
        name: "__script_set",
        signature: "(name, value)",
        doc: "Sets a variable of the entry script that methods use too.",
        facts: builtin_fact::ALLOCATES,
        slow: None,
        run: script_set,
    },
    BuiltinRow {
        name: "Iterator.next",
        signature: "(self)",
        doc: "The next value, or `Done` at the end.\n\nlet it = [5].iter()\nprint(it.next(), it.next() == Done) // expect: 5 true",
        facts: builtin_fact::ALLOCATES,
        slow: None,
        run: advance,
    },
    BuiltinRow {
        name: "Iterable.iter",
        signature: "(self)",
        doc: "An iterator over the elements: each `next()` gives one, then `Done`.\n\nprint([5, 6].iter().next()) // expect: 5",
        facts: builtin_fact::ALLOCATES,
        slow: None,
        run: iterate,
    },
    BuiltinRow {
        name: "Error.new",
        signature: "(class, message = \"\", cause = nil)",
        doc: "An error of this class.\n\nprint(Error(\"no\").message) // expect: no",
        facts: builtin_fact::ALLOCATES | builtin_fact::STATIC,
        slow: None,
        run: new_error,
    },
]];

fn advance(_: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    Err(Exit::Advance(args[0]))
}

fn iterate(_: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    Err(Exit::Iterate(args[0]))
}

fn script_get(cx: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    let known = cx.script.as_deref().and_then(|script| script.as_map());
    let found = match known {
        Some(map) => cx.heap.map_get(map, args[0])?,
        None => None,
    };
    match found {
        Some(value) => Ok(value),
        None => {
            let name = cx.str_of(&args[0], "the name")?;
            // Of several variables with one name all but their place is the same.
            let name = name.split('@').next().unwrap_or_default().to_string();
            Err(cx.unbound_error(&format!("`{name}` is used before it has a value")))
        }
    }
}

fn script_set(cx: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    let known = cx.script.as_deref().and_then(|script| script.as_map());
    let map = match known {
        Some(map) => map,
        None => cx.heap.map_new(8)?,
    };
    cx.heap.map_insert(map, args[0], args[1])?;
    if let Some(script) = cx.script.as_deref_mut() {
        *script = map.value();
    }
    Ok(Value::NIL)
}

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
