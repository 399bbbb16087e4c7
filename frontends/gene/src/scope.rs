//! Which variables there are where, and how they are called in the core forms.
//!
//! Every variable gets a name of its own with a number, so that shadowing in the notation needs none in the core.

use std::collections::BTreeMap;

/// What is known of a variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name in the core forms.
    pub name: String,
    /// The variable that holds the namespace in whose body it was defined.
    pub namespace: Option<String>,
    /// A function that takes its arguments unevaluated.
    pub is_macro: bool,
    /// An item of the core, which can be called as it is.
    pub is_function: bool,
    /// How many arguments such an item takes, at least and at most, where that is known.
    pub arity: Option<(usize, usize)>,
    /// A constant whose definition was not reached yet.
    pub is_pending: bool,
    /// A variable that data can assign to.
    pub is_open: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub variables: BTreeMap<String, Variable>,
    pub namespace: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Scopes {
    all: Vec<Scope>,
    count: usize,
}

impl Scopes {
    pub fn enter(&mut self, namespace: Option<String>) {
        self.all.push(Scope { variables: BTreeMap::new(), namespace });
    }

    pub fn leave(&mut self) {
        self.all.pop();
    }

    /// A name that nothing else has.
    pub fn fresh(&mut self, base: &str) -> String {
        self.count += 1;
        format!("g {base} {}", self.count)
    }

    /// Declares a variable in the innermost scope and gives its name; one that is there already is kept.
    pub fn declare(&mut self, name: &str) -> String {
        if let Some(known) = self.all.last().and_then(|scope| scope.variables.get(name)) {
            return known.name.clone();
        }
        let fresh = self.fresh(name);
        let Some(scope) = self.all.last_mut() else { return fresh };
        let variable = Variable {
            name: fresh.clone(),
            namespace: scope.namespace.clone(),
            is_macro: name.ends_with('!') && name.len() > 1,
            is_function: false,
            arity: None,
            is_pending: false,
            is_open: false,
        };
        scope.variables.insert(name.to_string(), variable);
        fresh
    }

    /// The definition of a constant of the innermost scope is still to come, or is there.
    pub fn mark_pending(&mut self, name: &str, is_pending: bool) {
        if let Some(variable) = self.all.last_mut().and_then(|scope| scope.variables.get_mut(name)) {
            variable.is_pending = is_pending;
        }
    }

    /// The variable of the innermost scope can be assigned to.
    pub fn mark_open(&mut self, name: &str) {
        if let Some(variable) = self.all.last_mut().and_then(|scope| scope.variables.get_mut(name)) {
            variable.is_open = true;
        }
    }

    /// The variable of the innermost scope is a macro.
    pub fn mark_macro(&mut self, name: &str) {
        if let Some(variable) = self.all.last_mut().and_then(|scope| scope.variables.get_mut(name)) {
            variable.is_macro = true;
        }
    }

    /// The variable of the innermost scope is an item of the core.
    pub fn mark_function(&mut self, name: &str, arity: Option<(usize, usize)>) {
        if let Some(variable) = self.all.last_mut().and_then(|scope| scope.variables.get_mut(name)) {
            variable.is_function = true;
            variable.arity = arity;
        }
    }

    pub fn find(&self, name: &str) -> Option<&Variable> {
        self.all.iter().rev().find_map(|scope| scope.variables.get(name))
    }

    /// Every variable that is visible, inner ones hiding outer ones.
    pub fn visible(&self) -> BTreeMap<String, Variable> {
        let mut visible = BTreeMap::new();
        for scope in &self.all {
            let there = scope.variables.iter().filter(|(_, variable)| !variable.is_pending);
            visible.extend(there.map(|(name, variable)| (name.clone(), variable.clone())));
        }
        visible
    }

    pub fn depth(&self) -> usize {
        self.all.len()
    }
}
