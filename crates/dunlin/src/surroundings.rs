//! What surrounds a unit while it is compiled: the names of the prelude and the modules it imports. All of it derives
//! from the tables of the library and of the heap's classes.

use bytecode::{Constant, Param};
use compiler::{Environment, ExportInterface, ImportError, Mode, ModuleInterface, PreludeItem, Signature};
use heap::ClassId;
use heap::class::BUILTIN_CLASSES;
use vm::{BuiltinRow, builtin_fact};

use crate::macros;
use crate::modules::Modules;

/// What the bodies of macros do not have: they reach nothing outside the program that is compiled.
const REACHES_OUT: [&str; 2] = ["io", "os"];
const READS_INPUT: [&str; 2] = ["read_line", "read_all"];

/// The compiler's view of an engine.
pub struct Surroundings<'a> {
    pub modules: &'a mut Modules,
    pub mode: Mode,
}

impl Environment for Surroundings<'_> {
    fn prelude(&self, name: &str) -> Option<PreludeItem> {
        if self.modules.closed && READS_INPUT.contains(&name) {
            return None;
        }
        if self.mode == Mode::Repl
            && let Some(&mutable) = self.modules.earlier.get(name)
        {
            return Some(PreludeItem::Earlier { mutable });
        }
        prelude_item(name)
    }

    fn prelude_names(&self) -> Vec<String> {
        let classes = BUILTIN_CLASSES.iter().map(|row| row.0);
        let rows = stdlib::prelude_rows().map(|row| row.name);
        let functions = stdlib::prelude_functions().into_iter().map(|(name, ..)| name);
        let names = classes
            .chain(rows)
            .chain(functions)
            .chain(stdlib::class_exports())
            .filter(|name| !name.starts_with('_'));
        names.filter(|name| prelude_item(name).is_some()).map(str::to_string).collect()
    }

    fn module_with(&self, name: &str) -> Option<String> {
        let mut rows = stdlib::ROWS.iter().copied().flatten();
        let module = rows.find_map(|row| match row.split_name() {
            (Some(module), member) if member == name => Some(module),
            _ => None,
        })?;
        builtin_module(module).map(|_| module.to_string())
    }

    fn has_module(&self, name: &str) -> bool {
        builtin_module(name).is_some()
    }

    fn methods(&self, class: &str) -> Option<Vec<String>> {
        stdlib::method_names_of(class)
    }

    fn import(&mut self, path: &str, from: &str) -> Result<ModuleInterface, ImportError> {
        if self.modules.closed && REACHES_OUT.contains(&path) {
            return Err(ImportError::NotFound);
        }
        if let Some(interface) = builtin_module(path) {
            return Ok(interface);
        }
        self.modules.import(path, from).map(|compiled| compiled.interface.clone())
    }

    fn run_macro(&mut self, path: &str, program: &str) -> Result<String, String> {
        macros::run(self.modules, path, program)
    }
}

/// What a name of the prelude is. Nothing is made in advance, since most programs use a handful of names.
fn prelude_item(name: &str) -> Option<PreludeItem> {
    if let Some(&(name, id, superclass)) = BUILTIN_CLASSES.iter().find(|row| row.0 == name) {
        return class_item(name, id, superclass);
    }
    if let Some(row) = row(name) {
        return Some(PreludeItem::Function(signature(row, 0)));
    }
    if let Some((_, value)) = stdlib::CONSTANTS.iter().find(|(known, _)| *known == name) {
        return Some(PreludeItem::Value(Constant::Float(*value)));
    }
    let functions = stdlib::prelude_functions();
    if let Some((name, parameters, _)) = functions.into_iter().find(|(known, ..)| *known == name) {
        return Some(PreludeItem::Function(signature_from(name, &format!("({parameters})"), 0)));
    }
    if stdlib::class_exports().any(|known| known == name) {
        return Some(PreludeItem::Function(None));
    }
    // Functions that only the library's own sources may call have names that begin with `__`.
    let is_internal = name.starts_with("__") && stdlib::function_source(name).is_some();
    is_internal.then_some(PreludeItem::Function(None))
}

/// The row of this full name.
fn row(name: &str) -> Option<&'static BuiltinRow> {
    vm::row_named(stdlib::ROWS, name)
}

/// How a builtin class may be used; none for what has no name in the language.
fn class_item(name: &str, id: ClassId, superclass: ClassId) -> Option<PreludeItem> {
    match id {
        ClassId::Done => return Some(PreludeItem::Done),
        ClassId::Undefined | ClassId::External | ClassId::Internal => return None,
        _ => {}
    }
    let is_error = id == ClassId::Error || superclass == ClassId::Error;
    let constructor = if is_error { "Error.new".to_string() } else { format!("{name}.new") };
    // The row of `Error` takes the class first, since every error class shares it.
    let skip = usize::from(is_error);
    let signature = row(&constructor).and_then(|row| signature(row, skip));
    let signature = signature.map(|signature| Signature { name: name.to_string(), ..signature });
    Some(PreludeItem::Class { is_error, signature })
}

/// A module whose members are builtins: `math`.
fn builtin_module(path: &str) -> Option<ModuleInterface> {
    let members = stdlib::ROWS.iter().copied().flatten().filter(|row| row.split_name().0 == Some(path));
    let exports: Vec<(String, ExportInterface)> = members.map(member).collect();
    let is_module = !exports.is_empty() && path.starts_with(|first: char| first.is_ascii_lowercase());
    is_module.then(|| ModuleInterface { path: path.to_string(), exports, ..ModuleInterface::default() })
}

fn member(row: &'static BuiltinRow) -> (String, ExportInterface) {
    let (_, name) = row.split_name();
    let export = match signature(row, 0) {
        Some(signature) if row.facts & builtin_fact::GETTER == 0 => ExportInterface::Function(signature),
        _ => ExportInterface::Value,
    };
    (name.to_string(), export)
}

/// How a builtin is called, from the text of its row, without its first parameters.
fn signature(row: &BuiltinRow, skip: usize) -> Option<Signature> {
    let (_, name) = row.split_name();
    signature_from(name, row.signature, skip)
}

fn signature_from(name: &str, text: &str, skip: usize) -> Option<Signature> {
    let parsed = vm::Signature::parse(text)?;
    let params = parsed.params.iter().skip(skip);
    let params = params.map(|param| Param { name: param.name.clone(), optional: param.default.is_some() });
    Some(Signature {
        name: name.to_string(),
        params: params.collect(),
        rest: parsed.rest,
        positional_only: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prelude_has_functions_classes_and_errors() {
        let item = prelude_item;
        assert!(matches!(item("print"), Some(PreludeItem::Function(Some(signature))) if signature.rest));
        assert!(matches!(item("Int"), Some(PreludeItem::Class { is_error: false, .. })));
        let Some(PreludeItem::Class { is_error: true, signature: Some(signature) }) = item("KeyError") else {
            panic!("KeyError is an error that can be made");
        };
        assert_eq!(signature.params[0].name, "message");
        assert!(item("Internal").is_none());
    }

    #[test]
    fn modules_of_builtins_have_functions_and_constants() {
        let math = builtin_module("math").expect("math is a module");
        let export =
            |name: &str| math.exports.iter().find(|(known, _)| known == name).map(|(_, export)| export);
        assert!(matches!(export("sqrt"), Some(ExportInterface::Function(_))));
        assert!(matches!(export("pi"), Some(ExportInterface::Value)));
        assert!(builtin_module("List").is_none() && builtin_module("none").is_none());
    }
}
