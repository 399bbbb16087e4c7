//! What a name stands for, and loading and storing it.

use std::rc::Rc;

use bytecode::{Capture, ClassRef, Constant, Op, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{Ident, Mark};

use super::builder::Special;
use super::foreign::{foreign_name, foreign_value, method_here};
use super::scope::{Captured, Local, LocalKind, Place, Role};
use super::{Global, Lowerer, spill};
use crate::analyze::Key;
use crate::form::{Inst, Reg};
use crate::interface::{ExportInterface, ModuleInterface, PreludeItem, Signature};
use crate::nearest::nearest;

/// Findings beyond this many get no search for the nearest name.
const HINTED_MAX: usize = 100;

/// What a name stands for where it is used.
#[derive(Clone)]
pub enum Resolved {
    /// A local of the function itself, by its index.
    Local(usize),
    /// A capture of the function, and the local of the outer function behind it.
    Capture {
        index: u32,
        cell: bool,
        owner: usize,
        local: Option<usize>,
    },
    Literal(Constant),
    /// A field of the actor whose method this is.
    Field(base::Name),
    /// A variable of the script that linked code uses, by its name in the process.
    Shared {
        name: String,
        mutable: bool,
    },
    Function {
        index: u32,
        signature: Option<Rc<Signature>>,
        result: Option<String>,
    },
    Global(Global),
    Prelude(PreludeItem),
    /// Reported already, or nothing to find.
    Unknown,
}

impl<'a> Lowerer<'a, '_> {
    pub fn resolve(&mut self, ident: &Ident) -> Resolved {
        match self.try_resolve(ident) {
            Some(resolved) => resolved,
            None => {
                self.report_unknown(ident);
                Resolved::Unknown
            }
        }
    }

    /// As `resolve`, without a report where there is no such name.
    pub fn try_resolve(&mut self, ident: &Ident) -> Option<Resolved> {
        if let Some(found) = self.resolve_local(ident, ident.mark) {
            return Some(found);
        }
        if let Some(found) = self.resolve_later(ident, ident.mark) {
            return Some(found);
        }
        if let Some(found) = self.resolve_in_origin(ident) {
            return Some(found);
        }
        let foreign = self.origins.contains_key(&ident.mark);
        if let Some(global) = self.global(ident).filter(|_| !foreign) {
            return Some(Resolved::Global(global));
        }
        if foreign {
            return self.environment.prelude(&ident.name).map(Resolved::Prelude);
        }
        if ident.mark != Mark::default()
            && let Some(found) = self.resolve_top_level(ident)
        {
            return Some(found);
        }
        let item = self.environment.prelude(&ident.name)?;
        Some(Resolved::Prelude(item))
    }

    fn resolve_local(&mut self, ident: &Ident, mark: Mark) -> Option<Resolved> {
        for owner in (0..self.contexts.len()).rev() {
            if let Some(index) = self.contexts[owner].locals.find_marked(&ident.name, mark) {
                // What a module inside of the script declares is nearer to its code than what the script declares.
                let is_script = owner == 0 && self.contexts[owner].locals[index].top_level;
                if let Some(nearer) = self.nested_global(ident).filter(|_| is_script) {
                    return Some(Resolved::Global(nearer));
                }
                return Some(self.use_local(owner, index));
            }
            if self.is_actor_field(owner, &ident.name) {
                return Some(Resolved::Field(ident.name.clone()));
            }
        }
        None
    }

    /// A name that a macro of another module introduced: what that module exports under it.
    fn resolve_in_origin(&mut self, ident: &Ident) -> Option<Resolved> {
        let path = self.origins.get(&ident.mark)?.clone();
        let (import, interface) = self.origin_module(&path)?;
        let item = interface.get(&ident.name)?.clone();
        Some(Resolved::Global(self.imported(import, &interface, &ident.name, item)))
    }

    fn origin_module(&mut self, path: &std::sync::Arc<str>) -> Option<(u32, Rc<ModuleInterface>)> {
        if let Some(known) = self.origin_modules.get(path) {
            return known.clone();
        }
        let interface = self.environment.import(path, self.options.path).ok();
        let found = interface.map(|interface| (self.import_index(&interface.path), Rc::new(interface)));
        self.origin_modules.insert(path.clone(), found.clone());
        found
    }

    /// A name that a macro put into the program and that its definition's module declares.
    fn resolve_top_level(&mut self, ident: &Ident) -> Option<Resolved> {
        let locals = &self.contexts.first()?.locals;
        let wanted = |local: &Local| local.top_level && local.mark == Mark::default();
        match locals.find(&ident.name, wanted) {
            Some(index) => Some(self.use_local(0, index)),
            None => self.resolve_later(ident, Mark::default()),
        }
    }

    fn use_local(&mut self, owner: usize, index: usize) -> Resolved {
        let here = self.contexts.len() - 1;
        let local = &mut self.contexts[owner].locals[index];
        local.used = true;
        let (place, signature, mutable) = (local.place.clone(), local.signature.clone(), local.mutable);
        let (start, name, result) = (local.span.start, local.name.clone(), local.result.clone());
        match place {
            Place::Function(index) => Resolved::Function { index, signature, result },
            Place::Shared(name) => Resolved::Shared { name, mutable },
            _ if owner == here => Resolved::Local(index),
            _ if local.literal.is_some() => match local.literal.clone() {
                Some(literal) => Resolved::Literal(literal),
                None => Resolved::Unknown,
            },
            _ if self.linked_below(owner) => {
                Resolved::Shared { name: self.shared_name(&name, start), mutable }
            }
            Place::Register(register) => self.capture(owner, register, false, Some(index)),
            Place::Cell(register) => self.capture(owner, register, true, Some(index)),
            Place::Spilled(slot) => self.capture(owner, spill::stand_in(slot), false, Some(index)),
            Place::SpilledCell(slot) => self.capture(owner, spill::stand_in(slot), true, Some(index)),
        }
    }

    /// A binding of the script that is declared further down.
    fn resolve_later(&mut self, ident: &Ident, mark: Mark) -> Option<Resolved> {
        let nested = self.contexts.len() > 1 || mark != ident.mark;
        if !nested || !self.is_script() || self.module != 0 {
            return None;
        }
        let global = self.analysis.globals.find(&ident.name, mark)?;
        let (key, name, mutable) = (global.key, global.name.clone(), global.mutable);
        if let Some(literal) = self.analysis.variables.get(&key).and_then(|known| known.literal.clone()) {
            return Some(Resolved::Literal(literal));
        }
        let facts = self.analysis.variables.get(&key).cloned().unwrap_or_default();
        if facts.is_shared() || self.linked_below(0) {
            return Some(Resolved::Shared { name: self.shared_name(&name, key.start()), mutable });
        }
        let register = match self.contexts.first()?.early.get(&key)? {
            Place::Register(register) | Place::Cell(register) => *register,
            Place::Spilled(slot) | Place::SpilledCell(slot) => spill::stand_in(*slot),
            Place::Function(_) | Place::Shared(_) => return None,
        };
        Some(self.capture(0, register, true, None))
    }

    /// Captures a register of the function at depth `owner` through every function in between.
    fn capture(&mut self, owner: usize, register: Reg, cell: bool, local: Option<usize>) -> Resolved {
        let here = self.contexts.len() - 1;
        let name = local.map(|index| self.contexts[owner].locals[index].name.clone());
        let mut source = u8::try_from(register).map_or(Capture::Register(255), Capture::Register);
        let mut index = 0;
        for depth in owner + 1..=here {
            let captures = &mut self.contexts[depth].captures;
            let known = captures
                .iter()
                .position(|known| known.owner == owner && known.register == register && known.cell == cell);
            let at = known.unwrap_or_else(|| {
                captures.push(Captured { owner, register, cell, source, name: name.clone() });
                captures.len() - 1
            });
            index = at as u32;
            source = Capture::Outer(at as u16);
        }
        Resolved::Capture { index, cell, owner, local }
    }

    /// Whether code that is linked before the script runs stands between here and the function at this depth.
    fn linked_below(&self, owner: usize) -> bool {
        self.contexts.iter().skip(owner + 1).any(|context| matches!(context.role, Role::Linked(_)))
    }

    /// The name of a script's variable in the process; of several variables with one name each has its own.
    pub fn shared_name(&self, name: &str, start: u32) -> String {
        let same = self.analysis.globals.count(name);
        let prompt = self.options.mode == crate::interface::Mode::Repl;
        if same > 1 && !prompt { format!("{name}@{start}") } else { name.to_string() }
    }

    /// Makes a variable of the script known to methods.
    pub fn publish(&mut self, ident: &Ident, register: Reg) {
        let name = self.shared_name(&ident.name, ident.span.start);
        self.share("__script_set", name, register);
    }

    pub fn share(&mut self, function: &str, name: String, register: Reg) {
        let ignored = self.build().allocate();
        self.call_builtin(function, ignored, |lowerer, first| {
            lowerer.build().load_constant(first, Constant::Str(name));
            lowerer.build().copy(first + 1, register);
            2
        });
        self.build().release(ignored);
    }

    /// The declaration of a name in the module or a module around it.
    pub fn global(&self, ident: &Ident) -> Option<Global> {
        self.nested_global(ident).or_else(|| self.declared_in(0, ident))
    }

    /// The same without what the file itself declares.
    fn nested_global(&self, ident: &Ident) -> Option<Global> {
        let mut module = self.module;
        while let Some(parent) = self.modules[module].parent {
            if let Some(found) = self.declared_in(module, ident) {
                return Some(found);
            }
            module = parent;
        }
        None
    }

    fn declared_in(&self, module: usize, ident: &Ident) -> Option<Global> {
        let names = &self.modules[module].names;
        let under = |mark: Mark| names.get(&(ident.name.clone(), mark));
        under(ident.mark).or_else(|| under(Mark::default())).map(|declared| declared.global.clone())
    }

    fn report_unknown(&mut self, ident: &Ident) {
        let name = ident.name.as_str();
        let mut diagnostic =
            Diagnostic::new(ErrorCode::UnknownName, ident.span, format!("nothing is named `{name}` here"));
        if let Some(meant) = foreign_value(name) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        } else if let Some(hint) = foreign_name(name) {
            diagnostic = diagnostic.hint(hint);
        } else if self.diagnostics.len() > HINTED_MAX {
            // Whoever has so many findings reads the first ones.
        } else if self.field_of_self(name) {
            diagnostic = diagnostic.hint(format!("a field is written `self.{name}`"));
        } else if self.environment.has_module(name) {
            diagnostic = diagnostic.hint(format!("it is a module of the library: `import {name}`"));
        } else if let Some(module) = self.environment.module_with(name) {
            diagnostic =
                diagnostic.hint(format!("the module `{module}` has it: `import {module} {{ {name} }}`"));
        } else if let Some(meant) = self.nearest_visible(name) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        } else if let Some(hint) = method_here(name) {
            diagnostic = diagnostic.hint(hint);
        } else if self.declared_later(ident) {
            diagnostic = diagnostic.hint("it is declared further down");
        }
        self.report(diagnostic);
    }

    /// The name that was probably meant. A type is not meant by the name of a method, as `Map` by `map`.
    fn nearest_visible(&self, name: &str) -> Option<String> {
        let names = self.visible_names();
        let meant = nearest(name, names.iter().map(String::as_str))?;
        let is_type = meant.starts_with(char::is_uppercase) && method_here(name).is_some();
        (!is_type).then(|| meant.to_string())
    }

    /// An assignment to a name that nothing declares.
    pub fn report_undeclared_target(&mut self, ident: &Ident, value: &str) {
        let name = &ident.name;
        let message = format!("nothing is named `{name}` here");
        let mut diagnostic = Diagnostic::new(ErrorCode::UnknownName, ident.span, message);
        let names = self.visible_names();
        diagnostic = match nearest(name, names.iter().map(String::as_str)) {
            _ if self.field_of_self(name) => diagnostic.hint(format!("a field is written `self.{name}`")),
            Some(meant) if self.diagnostics.len() <= HINTED_MAX => diagnostic
                .hint(format!("did you mean `{meant}`? To declare a variable, write `var {name} = {value}`")),
            _ => diagnostic.hint(format!("declare it: `let {name} = {value}`, or `var` where it changes")),
        };
        self.report(diagnostic);
    }

    fn declared_later(&self, ident: &Ident) -> bool {
        self.analysis.globals.count(&ident.name) > 0
    }

    fn field_of_self(&self, name: &str) -> bool {
        let class = self.contexts.last().and_then(|context| context.class);
        class.is_some_and(|class| self.classes[class].has_member(name))
    }

    fn visible_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for context in self.contexts.iter().rev() {
            names.extend(context.locals.iter().rev().map(|local| local.name.to_string()));
        }
        let mut module = Some(self.module);
        while let Some(index) = module {
            names.extend(self.modules[index].names.keys().map(|(name, _)| name.to_string()));
            module = self.modules[index].parent;
        }
        names.extend(self.environment.prelude_names());
        names
    }

    // Loading.

    /// Loads what a name stands for into a register.
    pub fn load_resolved(&mut self, resolved: &Resolved, ident: &Ident, to: Reg) {
        self.check_crossing(resolved, ident);
        match resolved {
            Resolved::Local(index) => match self.context().locals[*index].place.clone() {
                Place::Register(register) => self.build().copy(to, register),
                Place::Cell(register) => self.build().emit(Inst::new(Op::GetCell).a(to).b(register)),
                Place::Spilled(slot) => self.load_spilled(slot, to),
                Place::SpilledCell(slot) => {
                    self.load_spilled(slot, to);
                    self.build().emit(Inst::new(Op::GetCell).a(to).b(to));
                }
                Place::Function(index) => self.build().load_constant(to, Constant::Function(index)),
                Place::Shared(name) => self.load_shared("__script_get", name, to),
            },
            Resolved::Shared { name, .. } => self.load_shared("__script_get", name.clone(), to),
            Resolved::Capture { index, cell, .. } => {
                let op = if *cell { Op::GetCaptureCell } else { Op::GetCapture };
                self.build().emit(Inst::new(op).a(to).d(*index));
            }
            Resolved::Literal(constant) => self.build().load_constant(to, constant.clone()),
            Resolved::Field(name) => self.load_actor_field(name, ident, to),
            Resolved::Function { index, .. } => self.build().load_constant(to, Constant::Function(*index)),
            Resolved::Global(global) => self.load_global(global, ident, to),
            Resolved::Prelude(item) => self.load_prelude(item, ident, to),
            Resolved::Unknown => self.build().load_special(to, Special::Nil),
        }
    }

    fn load_global(&mut self, global: &Global, ident: &Ident, to: Reg) {
        match global {
            Global::Function { .. }
            | Global::Class(_)
            | Global::Imported { .. }
            | Global::ImportedModule { .. } => {
                if let Some(constant) = self.global_constant(global) {
                    self.build().load_constant(to, constant);
                }
            }
            Global::Slot { literal: Some(literal), .. } => self.build().load_constant(to, literal.clone()),
            Global::Slot { slot, .. } => self.build().emit(Inst::new(Op::GetModule).a(to).d(*slot)),
            Global::Module(_) => {
                self.error(
                    ErrorCode::ModuleAsValue,
                    ident.span,
                    format!("the module `{}` is no value: use one of its members", ident.name),
                );
            }
            Global::Macro => {
                let name = &ident.name;
                let diagnostic = Diagnostic::new(
                    ErrorCode::MacroAsValue,
                    ident.span,
                    format!("`{name}` is a macro, which is no value"),
                );
                self.report(diagnostic.hint(format!("a macro is called `{name}!(...)`")));
            }
            Global::Broken => self.build().load_special(to, Special::Nil),
        }
    }

    /// The constant that a declaration of a module is, if it is one.
    pub fn global_constant(&self, global: &Global) -> Option<Constant> {
        match global {
            Global::Function { index, .. } => Some(Constant::Function(*index)),
            Global::Class(class) => Some(Constant::Class(self.classes[*class].reference())),
            Global::Imported { import, name, item } => Some(match item {
                ExportInterface::Class(_) => {
                    Constant::Class(ClassRef::Import { import: *import, name: name.clone() })
                }
                ExportInterface::Function(_) | ExportInterface::Value | ExportInterface::Module => {
                    Constant::Import { import: *import, name: name.clone() }
                }
            }),
            Global::ImportedModule { import, prefix, .. } => {
                Some(Constant::Import { import: *import, name: prefix.clone() })
            }
            Global::Slot { literal, .. } => literal.clone(),
            Global::Module(_) | Global::Macro | Global::Broken => None,
        }
    }

    fn load_prelude(&mut self, item: &PreludeItem, ident: &Ident, to: Reg) {
        let name = ident.name.to_string();
        match item {
            PreludeItem::Function(_) | PreludeItem::Module => {
                self.build().load_constant(to, Constant::Builtin(name));
            }
            PreludeItem::Class { .. } => {
                self.build().load_constant(to, Constant::Class(ClassRef::Builtin(name)));
            }
            PreludeItem::Value(constant) => self.build().load_constant(to, constant.clone()),
            PreludeItem::Done => self.build().load_special(to, Special::Done),
            PreludeItem::Earlier { .. } => {
                self.load_shared("__script_get", name, to);
            }
        }
    }

    fn load_shared(&mut self, function: &str, name: String, to: Reg) {
        self.call_builtin(function, to, |lowerer, first| {
            lowerer.build().load_constant(first, Constant::Str(name));
            1
        });
    }

    /// Calls a library function with arguments that `fill` puts into the window; it returns how many.
    pub fn call_builtin(&mut self, name: &str, to: Reg, fill: impl FnOnce(&mut Self, Reg) -> Reg) {
        let top = self.build().top();
        let window = self.build().allocate_many(3);
        let first = self.build().allocate_many(6);
        let count = fill(self, first);
        let callee = self.build().constant(Constant::Builtin(name.to_string()));
        self.build().emit(Inst::new(Op::CallConst).a(window).b(count).d(callee));
        self.build().copy(to, window);
        self.build().release(top);
    }

    // Declaring and storing.

    /// Makes a name visible from here to the end of its scope.
    pub fn declare(&mut self, local: Local) {
        self.name_variable(&local);
        self.context().locals.push(local);
    }

    /// Declares a variable whose value is in a register that it keeps, or moves it into a cell.
    pub fn declare_variable(
        &mut self,
        ident: &Ident,
        register: Reg,
        kind: LocalKind,
        mutable: bool,
        annotation: Option<TypeSpec>,
    ) {
        let facts = self.analysis.variable(ident);
        if facts.published && self.contexts.len() == 1 {
            self.publish(ident, register);
        }
        let place = if facts.is_shared() && self.contexts.len() == 1 {
            Place::Shared(self.shared_name(&ident.name, ident.span.start))
        } else if let Some(place) = self.context().early.get(&Key::of(ident)).cloned() {
            self.store_place(&place, register);
            place
        } else if facts.cell {
            self.build().emit(Inst::new(Op::NewCell).a(register).b(register));
            Place::Cell(register)
        } else {
            Place::Register(register)
        };
        self.declare(Local {
            name: ident.name.clone(),
            mark: ident.mark,
            place,
            mutable,
            assigned: facts.assigned,
            literal: facts.literal,
            classes: None,
            annotation,
            signature: None,
            result: None,
            kind,
            span: ident.span,
            top_level: self.at_top_level(),
            used: false,
        });
    }

    /// Whether a name declared here is one of the script's top level.
    pub fn at_top_level(&self) -> bool {
        self.contexts.len() == 1 && self.contexts[0].open_scopes == 1
    }

    /// Stores a register in a variable that may be assigned to.
    pub fn store_name(&mut self, ident: &Ident, resolved: &Resolved, from: Reg) {
        self.check_crossing(resolved, ident);
        match resolved {
            Resolved::Local(index) => {
                let local = self.context().locals[*index].clone();
                if !self.check_assignable(ident, &local) {
                    return;
                }
                self.check_annotation(local.annotation.as_ref(), from);
                self.store_place(&local.place, from);
            }
            Resolved::Capture { index, local, owner, .. } => {
                if let Some(local) = local {
                    let local = self.contexts[*owner].locals[*local].clone();
                    if !self.check_assignable(ident, &local) {
                        return;
                    }
                    self.check_annotation(local.annotation.as_ref(), from);
                } else if !self.global_is_mutable(ident) {
                    self.report_not_assignable(ident, "a `let`", None);
                }
                self.build().emit(Inst::new(Op::SetCaptureCell).a(from).d(*index));
            }
            Resolved::Prelude(PreludeItem::Earlier { mutable: true }) => {
                let name = ident.name.to_string();
                self.share("__script_set", name, from);
            }
            Resolved::Shared { name, mutable } => {
                if !mutable {
                    self.report_not_assignable(ident, "a `let`", None);
                }
                self.share("__script_set", name.clone(), from);
            }
            Resolved::Unknown => {}
            Resolved::Field(name) => self.store_actor_field(name, ident, from),
            Resolved::Literal(_) => self.report_not_assignable(ident, "a `let`", None),
            Resolved::Function { .. } => {
                self.report_not_assignable(ident, "a function", None);
            }
            Resolved::Global(Global::Slot { .. }) => self.report_not_assignable(ident, "a `let`", None),
            Resolved::Global(_) | Resolved::Prelude(_) => {
                self.report_not_assignable(ident, "a definition", None);
            }
        }
    }

    fn global_is_mutable(&self, ident: &Ident) -> bool {
        self.analysis.globals.first(&ident.name).is_some_and(|global| global.mutable)
    }

    fn check_assignable(&mut self, ident: &Ident, local: &Local) -> bool {
        if local.mutable {
            return true;
        }
        let what = match local.kind {
            LocalKind::Parameter => "a parameter",
            LocalKind::Pattern => "bound by a pattern",
            LocalKind::Function => "a function",
            LocalKind::Binding | LocalKind::Hidden => "a `let`",
        };
        self.report_not_assignable(ident, what, Some(local.span));
        false
    }

    fn report_not_assignable(&mut self, ident: &Ident, what: &str, declared: Option<diag::Span>) {
        let name = &ident.name;
        let message = format!("`{name}` is {what}, which cannot be assigned to");
        let mut diagnostic = Diagnostic::new(ErrorCode::AssignToLet, ident.span, message);
        if let Some(span) = declared {
            diagnostic = diagnostic.also(span, "declared here");
        }
        if what == "a `let`" {
            diagnostic = diagnostic.hint(format!("declare it with `var {name}`"));
        } else if what == "a parameter" {
            diagnostic = diagnostic.hint(format!("copy it first: `var new_{name} = {name}`"));
        }
        self.report(diagnostic);
    }

    /// The register that a name already is, when reading it needs no code.
    pub fn register_of(&mut self, resolved: &Resolved) -> Option<Reg> {
        match resolved {
            Resolved::Local(index) => match self.context().locals[*index].place {
                Place::Register(register) => Some(register),
                Place::Cell(_)
                | Place::Spilled(_)
                | Place::SpilledCell(_)
                | Place::Function(_)
                | Place::Shared(_) => None,
            },
            _ => None,
        }
    }
}
