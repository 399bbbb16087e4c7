//! Methods that are no functions, because they push a frame of their own kind or take any names: `next` and `close`
//! of generators, `with` of records.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use base::nearest;
use heap::{ClassId, Kind, Value, class_id_of};

use crate::call::{Mode, Window};
use crate::exit::Exit;
use crate::operator::Post;
use crate::state::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    /// `generator.next()`: the next value, or `Done`.
    Next,
    /// `generator.close()`: ends it early.
    Close,
    /// `record.with(name: value)`: a record that differs in these fields.
    With,
}

/// The special method that a receiver has under this name.
pub(crate) fn special_of(receiver: Value, name: &str) -> Option<Special> {
    match (receiver.kind()?, name) {
        (Kind::Generator, "next") => Some(Special::Next),
        (Kind::Generator, "close") => Some(Special::Close),
        (Kind::Record, "with") => Some(Special::With),
        _ => None,
    }
}

/// Calls a special method; the running instruction is a call with this window.
pub(crate) unsafe fn call_special(
    state: &mut State,
    window: Window,
    special: Special,
    receiver: Value,
    positional: &[Value],
    named: &[(String, Value)],
) -> Result<(), Exit> {
    if special == Special::With {
        return update_record(state, window, receiver, positional, named);
    }
    let (name, twin) = match special {
        Special::Next => ("next", "__generator_next"),
        Special::Close | Special::With => ("close", "__generator_close"),
    };
    if !positional.is_empty() || !named.is_empty() {
        return Err(state.error(ClassId::ArgumentError, &format!("`{name}` takes 0 arguments")));
    }
    if window.mode == Mode::Tail {
        // The frame of a generator stands above that of its caller, so the caller must stay: a function of the
        // library takes its place.
        let function = state.library_function(twin)?;
        return state.call_with(window, function.value, vec![receiver], &[]);
    }
    if special == Special::Next {
        return state.resume_generator(receiver, Post::Store);
    }
    state.set(window.at, Value::NIL);
    state.close_generator(receiver, Post::Discard)
}

/// Makes the new record by its class's constructor, which checks what is annotated.
unsafe fn update_record(
    state: &mut State,
    window: Window,
    receiver: Value,
    positional: &[Value],
    named: &[(String, Value)],
) -> Result<(), Exit> {
    if !positional.is_empty() {
        return Err(state.error(ClassId::ArgumentError, "`with` takes fields by name: `with(x: 1)`"));
    }
    let class_id = class_id_of(receiver);
    let mut fields = receiver.as_record().map(|record| record.fields().to_vec()).unwrap_or_default();
    let vm = state.vm();
    let Some(class) = vm.shared.classes.get(class_id) else {
        return Err(Exit::Internal("a record of no class"));
    };
    for (name, value) in named {
        match class.field_index(name).and_then(|index| fields.get_mut(index)) {
            Some(field) => *field = *value,
            None => {
                let names = class.definition.fields.iter().map(String::as_str);
                let hint =
                    nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("{} has no field `{name}`{hint}", class.name());
                return Err(state.error(ClassId::FieldError, &message));
            }
        }
    }
    match vm.class(class_id).and_then(|class| class.constructor) {
        Some(constructor) => state.call_with(window, constructor.function, fields, &[]),
        None => state.return_to_window(window, receiver),
    }
}
