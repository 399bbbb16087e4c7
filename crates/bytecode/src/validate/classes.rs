//! The class table: order, kinds, members, and the size of what linking will make of it.

use std::collections::HashSet;

use super::constants::class_exists;
use super::{Problem, require};
use crate::limits::{CLASS_DEPTH_MAX, FIELDS_MAX, METHOD_ENTRIES_MAX};
use crate::unit::{ClassDef, ClassKind, ClassRef, MethodDef, Unit, function_flag};

/// What a class is once linked, as far as this unit knows.
#[derive(Clone, Copy, Default)]
struct Linked {
    depth: usize,
    fields: usize,
    methods: usize,
}

/// The error names the class by its index.
pub(super) fn check(unit: &Unit) -> Result<(), (usize, Problem)> {
    let mut linked: Vec<Linked> = Vec::with_capacity(unit.classes.len());
    let mut entries = 0usize;
    for (index, class) in unit.classes.iter().enumerate() {
        let this = check_class(unit, index, class, &linked).map_err(|problem| (index, problem))?;
        entries = entries.saturating_add(this.methods);
        require(entries <= METHOD_ENTRIES_MAX, "the method tables of the unit are too large")
            .map_err(|problem| (index, problem))?;
        linked.push(this);
    }
    Ok(())
}

fn check_class(unit: &Unit, index: usize, class: &ClassDef, linked: &[Linked]) -> Result<Linked, Problem> {
    let mut this = Linked { depth: 1, fields: class.fields.len(), methods: class.methods.len() };
    if let Some(superclass) = &class.superclass {
        check_base(unit, index, superclass, |kind| kind == class.kind)?;
        if let Some(base) = local(superclass).and_then(|base| linked.get(base)) {
            this.depth += base.depth;
            this.fields += base.fields;
            this.methods += base.methods;
        }
    }
    for implemented in &class.traits {
        check_base(unit, index, implemented, |kind| kind == ClassKind::Trait)?;
        if let Some(base) = local(implemented).and_then(|base| linked.get(base)) {
            this.depth = this.depth.max(base.depth + 1);
            this.methods = this.methods.saturating_add(base.methods);
        }
    }
    require(this.depth <= CLASS_DEPTH_MAX, "there are too many levels of superclasses")?;
    require(this.fields <= FIELDS_MAX, "the class has too many fields")?;
    require(this.methods <= METHOD_ENTRIES_MAX, "the class has too many methods")?;
    let mut fields = HashSet::new();
    for field in &class.fields {
        require(fields.insert(&field.name), &format!("field {:?} is there twice", field.name))?;
    }
    let mut statics = HashSet::new();
    for name in &class.statics {
        require(statics.insert(name), &format!("static {name:?} is there twice"))?;
    }
    check_kind(class)?;
    let mut methods = HashSet::new();
    for method in &class.methods {
        let named = |problem: &str| format!("method {:?} {problem}", method.name);
        require(methods.insert((&method.name, method.is_static)), &named("is there twice"))?;
        check_method(unit, class, method).map_err(|problem| named(&problem))?;
    }
    if let Some(constructor) = class.constructor {
        let function = unit.functions.get(constructor as usize).ok_or("the constructor is no function")?;
        require(function.captures == 0, "the constructor captures values")?;
        let alone = !class.singleton || function.params.is_empty();
        require(alone, "the constructor of a single value has parameters")?;
    }
    Ok(this)
}

fn local(class: &ClassRef) -> Option<usize> {
    match class {
        ClassRef::Local(index) => Some(*index as usize),
        ClassRef::Import { .. } | ClassRef::Builtin(_) => None,
    }
}

/// A superclass or trait: it exists, stands before its user if it is of this unit, and is of an accepted kind.
fn check_base(
    unit: &Unit,
    user: usize,
    base: &ClassRef,
    accepts: impl Fn(ClassKind) -> bool,
) -> Result<(), Problem> {
    require(class_exists(unit, base), "a superclass or trait does not exist")?;
    match local(base) {
        Some(index) => {
            require(index < user, "a superclass or trait stands behind the class that uses it")?;
            require(accepts(unit.classes[index].kind), "a superclass or trait is of the wrong kind")
        }
        None => Ok(()),
    }
}

fn check_kind(class: &ClassDef) -> Result<(), Problem> {
    let is_bare = class.fields.is_empty() && class.constructor.is_none();
    match class.kind {
        ClassKind::Class | ClassKind::Actor | ClassKind::Record => {}
        ClassKind::Trait => {
            require(is_bare && class.superclass.is_none(), "a trait has only methods")?;
        }
        ClassKind::Extension => {
            require(is_bare && class.superclass.is_none(), "an extension has only methods")?;
        }
    }
    let single = class.kind == ClassKind::Record && class.fields.is_empty();
    require(!class.singleton || single, "only a record without fields can be a single value")
}

fn check_method(unit: &Unit, class: &ClassDef, method: &MethodDef) -> Result<(), Problem> {
    let Some(index) = method.function else {
        return require(class.kind == ClassKind::Trait, "has no function");
    };
    let function = unit.functions.get(index as usize).ok_or("is no function")?;
    require(function.captures == 0, "captures values")?;
    let takes_self = function.flags & function_flag::METHOD != 0;
    let right = takes_self != method.is_static;
    require(right, "is static and takes self, or is neither")
}
