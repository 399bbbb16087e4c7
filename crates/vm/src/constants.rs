//! Constants of functions: from plain data to frozen values.

use bytecode::{ClassRef, Constant, TypeSpec};
use dashu_int::IBig;
use heap::{Value, class_id_of};

use crate::code::LinkedType;
use crate::link::{Imported, Linker};
use crate::loader::LinkError;

impl Linker<'_> {
    /// The value of a constant. A type becomes its position in `types`.
    pub(crate) fn constant(
        &mut self,
        constant: &Constant,
        types: &mut Vec<LinkedType>,
    ) -> Result<Value, LinkError> {
        match constant {
            Constant::Int(number) => {
                let value = self.heap.int(*number);
                self.frozen(value)
            }
            Constant::BigInt(digits) => self.big(digits),
            Constant::Float(number) => Ok(Value::float(*number)),
            Constant::Char(scalar) => Ok(Value::char(*scalar)),
            Constant::Str(text) => {
                let value = self.heap.string(text);
                self.frozen(value)
            }
            Constant::Symbol(name) => Ok(Value::symbol(self.symbol(name)?)),
            Constant::Bytes(bytes) => {
                let value = self.heap.bytes(bytes);
                self.frozen(value)
            }
            Constant::Tuple(parts) => {
                // The validator bounds how deep constants nest.
                let values =
                    parts.iter().map(|part| self.constant(part, types)).collect::<Result<Vec<_>, _>>()?;
                let tuple = self.heap.tuple(&values).map(|tuple| tuple.value());
                let tuple = tuple.map_err(|_| LinkError::TooMany("constants"))?;
                self.frozen(Ok(tuple))
            }
            Constant::Range { start, end, inclusive } => {
                let (start, end) = (self.bound(start, types)?, self.bound(end, types)?);
                let range = if *inclusive {
                    self.heap.range_inclusive(start, end)
                } else {
                    self.heap.range(start, end)
                };
                self.frozen(range.map(|range| range.value()))
            }
            Constant::Regex(text) => self.regex(text),
            Constant::Function(index) => Ok(self.function_values[*index as usize]),
            Constant::Class(class) => self.class_value(class),
            Constant::Method { class, name } => self.method(class, name),
            Constant::Builtin(name) => self.builtin(name),
            Constant::Import { import, name } => self.imported(*import, name),
            Constant::Type(spec) => self.type_test(spec, types),
        }
    }

    fn bound(&mut self, bound: &Option<Constant>, types: &mut Vec<LinkedType>) -> Result<Value, LinkError> {
        match bound {
            Some(constant) => self.constant(constant, types),
            None => Ok(Value::NIL),
        }
    }

    fn big(&mut self, digits: &str) -> Result<Value, LinkError> {
        let number: IBig =
            digits.parse().map_err(|_| LinkError::Invalid(format!("`{digits}` is no integer")))?;
        let value = self.heap.big_int(&number).map_err(|_| LinkError::TooMany("digits in one integer"))?;
        self.frozen(Ok(value))
    }

    /// Regexes are made by a builtin, since their engine is the library's.
    fn regex(&mut self, text: &str) -> Result<Value, LinkError> {
        let Some(make) = self.vm.builtin("Regex.new") else {
            return Err(LinkError::NoBuiltin("Regex.new".into()));
        };
        let text = self.heap.string(text).map_err(|_| LinkError::TooMany("constants"))?;
        self.vm
            .evaluate(make, &[text])
            .ok_or_else(|| LinkError::Invalid("a regex that does not compile".into()))
    }

    fn class_value(&self, class: &ClassRef) -> Result<Value, LinkError> {
        match class {
            ClassRef::Local(index) => Ok(self.class_values[*index as usize]),
            ClassRef::Import { import, name } => self.imported(*import, name),
            ClassRef::Builtin(name) => {
                let id = crate::link::builtin_class(name)?;
                Ok(self.vm.class(id).map_or(Value::NIL, |class| class.value))
            }
        }
    }

    /// `super.name`: the methods of this unit's own classes are not in their tables yet, so those are looked up in
    /// the definitions.
    fn method(&self, class: &ClassRef, name: &str) -> Result<Value, LinkError> {
        let mut next = Some(self.class_id(class)?);
        let symbol = self.symbol(name)?;
        while let Some(id) = next {
            if let Some(value) = self.own_method(id, name, 0) {
                return Ok(value);
            }
            if let Some(method) = self.vm.method_of_class(id, symbol) {
                return Ok(method.value);
            }
            let descriptor = self.vm.shared.classes.get(id);
            for &provider in descriptor.map(|class| class.definition.traits.as_slice()).unwrap_or_default() {
                if let Some(value) = self.own_method(provider, name, 0) {
                    return Ok(value);
                }
                if let Some(method) = self.vm.find_method(provider, symbol) {
                    return Ok(method.value);
                }
            }
            next = descriptor.and_then(|class| class.superclass());
        }
        let class_name = self.vm.shared.classes.name(self.class_id(class)?);
        Err(LinkError::BadClass(format!("{class_name} has no method `{name}`")))
    }

    fn own_method(&self, id: u32, name: &str, depth: usize) -> Option<Value> {
        const DEPTH_MAX: usize = 64;
        let position = self.class_ids.iter().position(|&own| own == id)?;
        let definition = &self.unit.classes[position];
        if let Some(function) =
            definition.methods.iter().find(|method| method.name == name).and_then(|method| method.function)
        {
            return Some(self.function_values[function as usize]);
        }
        if depth == DEPTH_MAX {
            return None;
        }
        definition
            .traits
            .iter()
            .filter_map(|each| self.class_id(each).ok())
            .find_map(|provider| self.own_method(provider, name, depth + 1))
    }

    fn builtin(&self, name: &str) -> Result<Value, LinkError> {
        if let Some(value) = self.vm.builtin(name) {
            return Ok(self.vm.builtin_member(value));
        }
        if let Some((class, member)) = name.split_once('.')
            && let Ok(id) = crate::link::builtin_class(class)
            && let Some(method) = self.vm.find_method(id, self.symbol(member)?)
        {
            return Ok(method.value);
        }
        if let Ok(id) = crate::link::builtin_class(name) {
            return Ok(self.vm.class(id).map_or(Value::NIL, |class| class.value));
        }
        self.vm.library_function(name).ok_or_else(|| LinkError::NoBuiltin(name.to_string()))
    }

    /// An export of an imported module, or the module itself.
    pub(crate) fn imported(&self, import: u32, name: &str) -> Result<Value, LinkError> {
        let missing =
            |module: &str| LinkError::NoExport { module: module.to_string(), name: name.to_string() };
        match self.imports.get(import as usize) {
            Some(Imported::Module(module)) if name.is_empty() => Ok(module.value),
            Some(Imported::Module(module)) => module
                .export(name)
                .or_else(|| self.vm.module_path_member(module, name))
                .ok_or_else(|| missing(&module.name)),
            Some(Imported::Builtin(module)) if name.is_empty() => self.vm.builtin_module(module),
            Some(Imported::Builtin(module)) => {
                let value = self.vm.builtin(&format!("{module}.{name}"));
                value.map(|value| self.vm.builtin_member(value)).ok_or_else(|| missing(module))
            }
            None => Err(LinkError::Invalid("an import that the unit does not declare".into())),
        }
    }

    fn type_test(&mut self, spec: &TypeSpec, types: &mut Vec<LinkedType>) -> Result<Value, LinkError> {
        let any_of = spec.any_of.iter().map(|class| self.class_id(class)).collect::<Result<_, _>>()?;
        types.push(LinkedType { any_of, spec: spec.clone() });
        let position = Value::int32(types.len() as i32 - 1);
        debug_assert_eq!(class_id_of(position), heap::ClassId::Int.id());
        Ok(position)
    }
}
