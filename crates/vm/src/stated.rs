//! What signatures state of the kinds of arguments. Bodies of builtins check what they take and say what it is to them
//! ("the separator must be ..."); where such a check has failed, the signature adds the name of the parameter. So calls that
//! go well pay nothing for it.

use heap::{ClassId, Kind, Value, class_id_of};

use crate::builtin::SignatureParam;
use crate::builtins::BuiltinEntry;
use crate::error::{ERROR_MESSAGE, error_message};
use crate::state::State;

impl State {
    /// A builtin has thrown: a TypeError about an argument of another kind than its signature states gets the name of the
    /// parameter into its message.
    #[cold]
    pub(crate) fn name_parameter(
        &mut self,
        builtin: &'static BuiltinEntry,
        arguments: &[Value],
        error: Value,
    ) {
        if class_id_of(error) != ClassId::TypeError.id() {
            return;
        }
        let params = builtin.signature.params.iter().zip(arguments);
        let wrong = params.into_iter().find(|(param, argument)| !self.is_as_stated(param, **argument));
        let (Some((param, _)), Some(instance)) = (wrong, error.as_instance()) else { return };
        let Some(message) = error_message(error).and_then(|message| message.as_str().map(str::to_string))
        else {
            return;
        };
        if message.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == param.name) {
            return;
        }
        let message = format!("{message} (parameter `{}`)", param.name);
        if let Ok(message) = self.heap_mut().string(&message) {
            // Without memory for it the error says what it did before.
            let _ = self.heap_mut().instance_set(instance, ERROR_MESSAGE, message);
        }
    }

    fn is_as_stated(&self, param: &SignatureParam, argument: Value) -> bool {
        let Some(kinds) = &param.kind else { return true };
        let is_default = argument.is_undef() || argument.is_nil() && param.default.as_deref() == Some("nil");
        is_default || kinds.split('|').any(|kind| self.is_of_stated_kind(argument, kind.trim()))
    }

    fn is_of_stated_kind(&self, argument: Value, kind: &str) -> bool {
        let classes = &self.vm().shared.classes;
        let mut next = Some(class_id_of(argument));
        while let Some(class) = next.and_then(|id| classes.get(id)) {
            if class.name() == kind {
                return true;
            }
            next = class.superclass();
        }
        // What can be iterated is found out by doing so, and that says what cannot.
        kind == "Iterable" || kind == "Callable" && argument.kind().is_some_and(is_callable)
    }
}

/// Classes are called to make an object.
fn is_callable(kind: Kind) -> bool {
    matches!(kind, Kind::Closure | Kind::Function | Kind::Builtin | Kind::BoundMethod | Kind::Class)
}
