//! How the arguments of a call become the parameters of a callee, before its frame is pushed: named ones find
//! their places, missing optional ones are left unset, a rest parameter collects what is left. So that every
//! function has one entry, with exactly its parameters in its first registers.

use base::nearest;
use bytecode::function_flag;
use heap::{ClassId, Value};

use crate::builtins::BuiltinEntry;
use crate::code::Code;
use crate::exit::Exit;
use crate::state::State;

/// Arguments as a call gives them.
pub(crate) struct Given<'a> {
    pub positional: &'a [Value],
    pub named: &'a [(String, Value)],
}

/// What a callee takes.
pub(crate) trait Takes {
    fn label(&self) -> String;
    fn param_name(&self, index: usize) -> &str;
    fn is_optional(&self, index: usize) -> bool;
    /// Parameters of one argument each.
    fn fixed_count(&self) -> usize;
    fn has_rest(&self) -> bool;
    /// The first parameter is `self`, which messages do not count.
    fn is_method(&self) -> bool;
}

impl Takes for Code {
    fn label(&self) -> String {
        if self.name.is_empty() { "the closure".to_string() } else { format!("`{}`", self.name) }
    }
    fn param_name(&self, index: usize) -> &str {
        &self.params[index].name
    }
    fn is_optional(&self, index: usize) -> bool {
        self.params[index].optional
    }
    fn fixed_count(&self) -> usize {
        self.fixed()
    }
    fn has_rest(&self) -> bool {
        self.has(function_flag::REST)
    }
    fn is_method(&self) -> bool {
        self.has(function_flag::METHOD)
    }
}

impl Takes for BuiltinEntry {
    fn label(&self) -> String {
        format!("`{}`", self.row.split_name().1)
    }
    fn param_name(&self, index: usize) -> &str {
        &self.signature.params[index].name
    }
    fn is_optional(&self, index: usize) -> bool {
        self.signature.params[index].default.is_some()
    }
    fn fixed_count(&self) -> usize {
        self.signature.fixed()
    }
    fn has_rest(&self) -> bool {
        self.signature.rest
    }
    fn is_method(&self) -> bool {
        self.signature.params.first().is_some_and(|param| param.name == "self")
    }
}

/// The fixed parameters in order, then the arguments left for a rest parameter.
pub(crate) struct Bound {
    pub values: Vec<Value>,
    pub rest: Vec<Value>,
}

impl State {
    /// Finds each argument its parameter, or says in an ArgumentError why that does not work.
    pub(crate) fn bind(&mut self, callee: &dyn Takes, given: &Given<'_>) -> Result<Bound, Exit> {
        let fixed = callee.fixed_count();
        if given.positional.len() > fixed && !callee.has_rest() {
            return Err(self.wrong_count(callee, given.positional.len()));
        }
        let direct = given.positional.len().min(fixed);
        let mut values = given.positional[..direct].to_vec();
        values.resize(fixed, Value::UNDEF);
        let rest = given.positional[direct..].to_vec();
        for (name, value) in given.named {
            let Some(index) = (0..fixed).find(|&index| callee.param_name(index) == name) else {
                return Err(self.unknown_name(callee, name));
            };
            if !values[index].is_undef() {
                let message = format!("{} is given `{name}` twice", callee.label());
                return Err(self.error(ClassId::ArgumentError, &message));
            }
            values[index] = *value;
        }
        for (index, value) in values.iter().enumerate().take(fixed) {
            if value.is_undef() && !callee.is_optional(index) {
                if given.named.is_empty() {
                    return Err(self.wrong_count(callee, given.positional.len()));
                }
                let message = format!("{} needs an argument `{}`", callee.label(), callee.param_name(index));
                return Err(self.error(ClassId::ArgumentError, &message));
            }
        }
        Ok(Bound { values, rest })
    }

    #[cold]
    fn unknown_name(&mut self, callee: &dyn Takes, name: &str) -> Exit {
        let first = usize::from(callee.is_method());
        let names = (first..callee.fixed_count()).map(|index| callee.param_name(index));
        let hint = nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("{} has no parameter `{name}`{hint}", callee.label());
        self.error(ClassId::ArgumentError, &message)
    }

    #[cold]
    pub(crate) fn wrong_count(&mut self, callee: &dyn Takes, given: usize) -> Exit {
        let hidden = usize::from(callee.is_method());
        if given < hidden {
            let message =
                format!("{} is a method: what it is called on is its first argument", callee.label());
            return self.error(ClassId::ArgumentError, &message);
        }
        let most = callee.fixed_count() - hidden;
        let least = (hidden..callee.fixed_count()).filter(|&index| !callee.is_optional(index)).count();
        let takes = match (least, most, callee.has_rest()) {
            (least, _, true) => format!("at least {}", count(least)),
            (least, most, false) if least == most => count(most),
            (least, most, false) => format!("{least} to {}", count(most)),
        };
        let message = format!("{} takes {takes}, got {}", callee.label(), given - hidden);
        self.error(ClassId::ArgumentError, &message)
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 argument".to_string() } else { format!("{number} arguments") }
}
