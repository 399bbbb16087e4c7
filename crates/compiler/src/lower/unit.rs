//! The top level of a unit: imports, slots, exports, nested modules, tests, and the entry function.

use std::collections::HashMap;
use std::rc::Rc;

use bytecode::{ClassRef, Constant, Export, ExportItem, Import, Op, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast::{self, ExprKind, ItemKind, PatternKind, Purpose, StmtKind};

use super::assign::Member;
use super::builder::Builder;
use super::classes::ActorPart;
use super::expr::Dst;
use super::function::{Content, Definition, signature};
use super::import_paths::{file_stem, import_path};
use super::names::Resolved;
use super::scope::{Context, Role};
use super::statement::Want;
use super::{Declared, Global, Lowered, Lowerer, ModuleScope};
use crate::form::{Inst, Reg};
use crate::interface::{ExportInterface, ImportError, Mode, ModuleInterface};
use crate::nearest::nearest;

impl<'a> Lowerer<'a, '_> {
    /// Lowers a whole file.
    pub fn unit(mut self, file: &'a ast::File) -> (Lowered, Vec<Diagnostic>, bool) {
        self.modules.push(ModuleScope { names: HashMap::new(), parent: None, prefix: String::new() });
        self.declare_statements(&file.stmts);
        self.link_classes();
        let entry = self.reserve_function();
        self.unit.entry = entry;
        let builder = Builder::new("main", (file.span.start, file.span.end));
        self.contexts.push(Context::new(builder, Role::Entry));
        if self.is_script() {
            let mark = self.open_scope();
            if self.options.mode == Mode::Repl {
                self.statements(&file.stmts, Want::Result);
            } else {
                self.statements(&file.stmts, Want::Nothing);
                self.call_main();
            }
            self.keep_variables();
            self.close_scope(mark);
        } else {
            self.module_statements(&file.stmts);
        }
        if self.build().reachable() {
            self.build().end(Inst::new(Op::ReturnNil));
        }
        self.finish_function(entry, file.span);
        (self.unit, self.diagnostics, self.broken)
    }

    /// `fn main(args)` of the entry file runs last.
    fn call_main(&mut self) {
        let nowhere = Span::new(self.options.file, 0, 0);
        let ident = ast::Ident::new(base::Name::from("main"), nowhere);
        let found = self.try_resolve(&ident);
        let takes = |local: &super::scope::Local| local.signature.as_ref().map(|known| known.params.len());
        let params = match &found {
            Some(Resolved::Function { signature: Some(signature), .. }) => Some(signature.params.len()),
            Some(Resolved::Local(index)) => takes(&self.context().locals[*index]),
            _ => None,
        };
        let (Some(resolved), Some(params)) = (found, params) else { return };
        let window = self.build().allocate_many(3);
        self.load_resolved(&resolved, &ident, window);
        let count = params.min(1) as Reg;
        if count == 1 {
            let argument = self.build().allocate();
            self.call_builtin("__arguments", argument, |_, _| 0);
        }
        self.build().emit(Inst::new(Op::Call).a(window).b(count));
        self.build().release(window);
    }

    pub fn report_limit(&mut self, span: Span, name: &str, why: &str) {
        let message = format!("`{name}` does not fit into one function: {why}");
        self.error(ErrorCode::FunctionTooLarge, span, message);
    }

    // Declaring.

    fn declare_statements(&mut self, stmts: &'a [ast::Stmt]) {
        // Until something runs that may call a function, nobody can ask for a literal too early.
        let mut quiet = true;
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Item(item) => self.declare_item(item),
                StmtKind::Let(binding) if !self.is_script() || self.module != 0 => {
                    self.declare_slots(binding, quiet);
                    quiet &= runs_nothing(&binding.value);
                }
                StmtKind::Let(_) | StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } => {}
            }
        }
    }

    fn declare_global(&mut self, ident: &ast::Ident, global: Global, public: bool) {
        self.declare_name(&ident.name, ident.mark, ident.span, global, public);
    }

    fn declare_name(&mut self, name: &base::Name, mark: ast::Mark, span: Span, global: Global, public: bool) {
        let names = &mut self.modules[self.module].names;
        let declared = Declared { global, span, public };
        if let Some(earlier) = names.insert((name.clone(), mark), declared) {
            let first = earlier.span;
            self.report_duplicate(name, span, first);
        }
    }

    fn export(&mut self, name: &str, item: ExportItem, public: bool) {
        if public {
            let name = format!("{}{name}", self.modules[self.module].prefix);
            self.unit.exports.push(Export { name, item });
        }
    }

    fn declare_item(&mut self, item: &'a ast::Item) {
        match &item.kind {
            ItemKind::Function(function) => {
                let Some(name) = &function.name else { return };
                if self.is_script() && self.module == 0 {
                    return;
                }
                let index = self.reserve_function();
                self.functions.insert(index, (self.module, function));
                let result = function.signature.result.as_ref().map(|result| self.text(result.span));
                let global = Global::Function { index, signature: Rc::new(signature(function)), result };
                self.declare_global(name, global, item.public);
                self.export(&name.name, ExportItem::Function(index), item.public);
            }
            ItemKind::Class(_)
            | ItemKind::Record(_)
            | ItemKind::Trait(_)
            | ItemKind::Actor(_)
            | ItemKind::Enum(_) => {
                let first = self.classes.len();
                let declared = self.collect_class(item);
                self.classes_of.insert(std::ptr::from_ref(item), first..self.classes.len());
                for (name, class, span) in declared {
                    self.declare_name(&name, ast::Mark::default(), span, Global::Class(class), item.public);
                }
            }
            ItemKind::Module(module) => self.declare_module(module, item.public),
            ItemKind::Macro(definition) => {
                self.declare_global(&definition.name, Global::Macro, item.public);
            }
            ItemKind::Import(import) => self.import(import, item.span),
            ItemKind::Test(_) => {}
        }
    }

    fn declare_module(&mut self, module: &'a ast::Module, public: bool) {
        let prefix = format!("{}{}.", self.modules[self.module].prefix, module.name.name);
        let scope = self.modules.len();
        self.modules.push(ModuleScope { names: HashMap::new(), parent: Some(self.module), prefix });
        self.declare_global(&module.name, Global::Module(scope), public);
        self.export(&module.name.name, ExportItem::Module, public);
        let outer = std::mem::replace(&mut self.module, scope);
        self.declare_statements(&module.stmts);
        self.module = outer;
    }

    fn declare_slots(&mut self, binding: &'a ast::Binding, quiet: bool) {
        let mut names = Vec::new();
        crate::analyze::bound_names(&binding.pattern, &mut names);
        for name in names {
            let slot = self.unit.slots.len() as u32;
            let prefix = &self.modules[self.module].prefix;
            self.unit.slots.push(format!("{prefix}{}", name.name));
            let plain = matches!(&binding.pattern.kind, PatternKind::Name { annotation: None, .. });
            let literal = crate::analyze::literal(&binding.value)
                .filter(|_| quiet && plain && binding.annotation.is_none());
            self.declare_global(name, Global::Slot { slot, literal }, binding.public);
            self.export(&name.name, ExportItem::Slot(slot), binding.public);
        }
        if binding.mutable {
            let message = "a module has no `var`: its values are constants that every process shares";
            let diagnostic = Diagnostic::new(ErrorCode::ModuleVar, binding.pattern.span, message);
            self.report(diagnostic.hint("use `let`, or keep changing state in an object or an actor"));
        }
    }

    // Imports.

    fn import(&mut self, import: &'a ast::Import, span: Span) {
        let path = import_path(import);
        let place = match &import.source {
            ast::ImportSource::Path(path) => path.span,
            ast::ImportSource::File { span, .. } | ast::ImportSource::Native { span, .. } => *span,
        };
        let loaded = self.environment.import(&path, self.options.path);
        let interface = match loaded {
            Ok(interface) => Rc::new(interface),
            Err(error) => {
                self.report_import(&path, place, &error);
                return self.declare_broken(import, &path);
            }
        };
        let index = self.import_index(&interface.path);
        match &import.names {
            None => {
                let global = Global::ImportedModule { import: index, interface, prefix: String::new() };
                match (&import.alias, &import.source) {
                    (Some(alias), _) => self.declare_global(alias, global, false),
                    (None, ast::ImportSource::Path(path)) => {
                        if let Some(last) = path.segments.last() {
                            self.declare_global(last, global, false);
                        }
                    }
                    (None, ast::ImportSource::File { path, .. } | ast::ImportSource::Native { path, .. }) => {
                        let name = base::Name::from(file_stem(path));
                        self.declare_name(&name, ast::Mark::default(), span, global, false);
                    }
                }
            }
            Some(names) => {
                if let Some(alias) = &import.alias {
                    let interface = interface.clone();
                    let global = Global::ImportedModule { import: index, interface, prefix: String::new() };
                    self.declare_global(alias, global, false);
                }
                for name in names {
                    let ident = name.alias.as_ref().unwrap_or(&name.name);
                    let global = match interface.get(&name.name.name) {
                        None if is_macro(&interface, &name.name.name) => Global::Macro,
                        Some(item) => self.imported(index, &interface, &name.name.name, item.clone()),
                        None => self.report_not_exported(&interface, &path, &name.name),
                    };
                    self.declare_global(ident, global, false);
                }
            }
        }
    }

    pub fn imported(
        &mut self,
        import: u32,
        interface: &Rc<ModuleInterface>,
        name: &str,
        item: ExportInterface,
    ) -> Global {
        match item {
            ExportInterface::Module => {
                Global::ImportedModule { import, interface: interface.clone(), prefix: name.to_string() }
            }
            ExportInterface::Function(_) | ExportInterface::Class(_) | ExportInterface::Value => {
                Global::Imported { import, name: name.to_string(), item }
            }
        }
    }

    pub fn import_index(&mut self, path: &str) -> u32 {
        let imports = &mut self.unit.imports;
        let known = imports.iter().position(|import| import.path == path);
        known.unwrap_or_else(|| {
            imports.push(Import { path: path.to_string() });
            imports.len() - 1
        }) as u32
    }

    fn declare_broken(&mut self, import: &'a ast::Import, path: &str) {
        for name in import.names.iter().flatten() {
            self.declare_global(name.alias.as_ref().unwrap_or(&name.name), Global::Broken, false);
        }
        if import.names.is_none() {
            match (&import.alias, &import.source) {
                (Some(alias), _) => self.declare_global(alias, Global::Broken, false),
                (None, ast::ImportSource::Path(path)) => {
                    if let Some(last) = path.segments.last() {
                        self.declare_global(last, Global::Broken, false);
                    }
                }
                (None, ast::ImportSource::File { span, .. } | ast::ImportSource::Native { span, .. }) => {
                    let name = base::Name::from(file_stem(path));
                    self.declare_name(&name, ast::Mark::default(), *span, Global::Broken, false);
                }
            }
        }
    }

    fn report_import(&mut self, path: &str, span: Span, error: &ImportError) {
        match error {
            ImportError::NotFound => {
                self.error(ErrorCode::ModuleNotFound, span, format!("there is no module `{path}`"));
            }
            ImportError::Cycle(paths) => {
                let message = format!("modules import each other in a circle: {}", paths.join(" -> "));
                self.error(ErrorCode::ImportCycle, span, message);
            }
            ImportError::Refused(why) => {
                let diagnostic = Diagnostic::new(ErrorCode::ExtensionRefused, span, why.clone());
                self.report(
                    diagnostic.hint("`dunlin explain E0515` says how extensions are made and permitted"),
                );
            }
            ImportError::Broken => {
                self.error(ErrorCode::BrokenImport, span, format!("the module `{path}` has errors"));
            }
        }
    }

    fn report_not_exported(&mut self, interface: &ModuleInterface, path: &str, name: &ast::Ident) -> Global {
        let private = interface.private.iter().any(|known| *known == *name.name);
        let (code, message) = if private {
            (ErrorCode::NotExported, format!("`{}` of `{path}` is not `pub`", name.name))
        } else {
            (ErrorCode::NotExported, format!("`{path}` exports no `{}`", name.name))
        };
        let mut diagnostic = Diagnostic::new(code, name.span, message);
        let names = interface.exports.iter().map(|(known, _)| known.as_str());
        if let Some(meant) = nearest(&name.name, names) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        }
        self.report(diagnostic);
        Global::Broken
    }

    // Members of modules.

    /// What `object.name` stands for where the object is a module; the inner option is empty after a report.
    pub fn module_member(&mut self, object: &ast::Expr, name: &ast::Ident) -> Option<Option<Global>> {
        let global = self.module_of(object)?;
        Some(self.member(&global, name))
    }

    fn module_of(&mut self, object: &ast::Expr) -> Option<Global> {
        match &object.kind {
            ExprKind::Name(ident) => match self.try_resolve(ident)? {
                Resolved::Global(
                    global @ (Global::Module(_) | Global::ImportedModule { .. } | Global::Broken),
                ) => Some(global),
                _ => None,
            },
            ExprKind::Field { object, name, optional: false } => {
                let outer = self.module_of(object)?;
                match self.peek_member(&outer, name)? {
                    global @ (Global::Module(_) | Global::ImportedModule { .. }) => Some(global),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn peek_member(&mut self, module: &Global, name: &ast::Ident) -> Option<Global> {
        match module {
            Global::Module(scope) => {
                let names = &self.modules[*scope].names;
                names.get(&(name.name.clone(), ast::Mark::default())).map(|declared| declared.global.clone())
            }
            Global::ImportedModule { import, interface, prefix } => {
                let full =
                    if prefix.is_empty() { name.name.to_string() } else { format!("{prefix}.{}", name.name) };
                let item = interface.get(&full)?.clone();
                Some(self.imported(*import, interface, &full, item))
            }
            _ => None,
        }
    }

    fn member(&mut self, module: &Global, name: &ast::Ident) -> Option<Global> {
        if matches!(module, Global::Broken) {
            return None;
        }
        if let Some(found) = self.peek_member(module, name) {
            if let Global::Module(scope) = module {
                self.check_public(*scope, name);
            }
            return Some(found);
        }
        let known: Vec<String> = match module {
            Global::Module(scope) => {
                self.modules[*scope].names.keys().map(|(name, _)| name.to_string()).collect()
            }
            Global::ImportedModule { interface, .. } => {
                interface.exports.iter().map(|(name, _)| name.clone()).collect()
            }
            _ => Vec::new(),
        };
        let message = format!("the module has no `{}`", name.name);
        let mut diagnostic = Diagnostic::new(ErrorCode::NotExported, name.span, message);
        if let Some(meant) = nearest(&name.name, known.iter().map(String::as_str)) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        }
        self.report(diagnostic);
        None
    }

    /// Members of a nested module that are not `pub` are for the module itself.
    fn check_public(&mut self, scope: usize, name: &ast::Ident) {
        let mut inside = Some(self.module);
        while let Some(module) = inside {
            if module == scope {
                return;
            }
            inside = self.modules[module].parent;
        }
        let declared = self.modules[scope].names.get(&(name.name.clone(), ast::Mark::default()));
        if declared.is_some_and(|declared| !declared.public) {
            let message = format!("`{}` is not `pub`", name.name);
            self.error(ErrorCode::NotExported, name.span, message);
        }
    }

    pub fn member_of_module(&mut self, object: &ast::Expr, name: &ast::Ident) -> Option<Member> {
        let found = self.module_member(object, name)?;
        Some(match found {
            Some(Global::Slot { slot, literal: None }) => Member::Slot(slot),
            Some(global) => self.global_constant(&global).map_or(Member::Unknown, Member::Constant),
            None => Member::Unknown,
        })
    }

    /// The member that a path of modules ends in, quietly.
    pub fn member_of_path(&mut self, front: &[ast::Ident], last: &ast::Ident) -> Option<Global> {
        let (first, inner) = front.split_first()?;
        let mut module = match self.try_resolve(first)? {
            Resolved::Global(global) => global,
            _ => return None,
        };
        for name in inner {
            module = self.peek_member(&module, name)?;
        }
        self.peek_member(&module, last)
    }

    // Lowering.

    /// An item at the top level of a script, or in a module.
    pub fn top_level_item(&mut self, item: &'a ast::Item) {
        match &item.kind {
            ItemKind::Class(_)
            | ItemKind::Record(_)
            | ItemKind::Trait(_)
            | ItemKind::Actor(_)
            | ItemKind::Enum(_) => self.class_items(item),
            ItemKind::Module(module) => {
                let ident = (module.name.name.clone(), module.name.mark);
                let found =
                    self.modules[self.module].names.get(&ident).map(|declared| declared.global.clone());
                if let Some(Global::Module(scope)) = found {
                    let outer = std::mem::replace(&mut self.module, scope);
                    self.module_statements(&module.stmts);
                    self.module = outer;
                }
            }
            ItemKind::Test(test) => {
                let index = self.reserve_function();
                let name = format!("{} {:?}", test.purpose.word(), &*test.name);
                let role = Role::Linked(match test.purpose {
                    Purpose::Test => "a test",
                    Purpose::Bench => "a bench",
                });
                let definition = Definition::new(name, Content::Block(&test.body), role, item.span);
                self.function(index, definition);
                let blocks = match test.purpose {
                    Purpose::Test => &mut self.unit.tests,
                    Purpose::Bench => &mut self.unit.benches,
                };
                blocks.push((test.name.to_string(), index));
            }
            ItemKind::Function(function) => self.module_function(function, item),
            ItemKind::Macro(_) | ItemKind::Import(_) => {}
        }
    }

    /// The class of an item, or the trait and records of an enum.
    fn class_items(&mut self, item: &'a ast::Item) {
        let inside = self.classes_of.get(&std::ptr::from_ref(item)).cloned();
        for class in inside.unwrap_or_default() {
            self.class_body(class);
            if matches!(self.classes[class].actor, ActorPart::State(_)) {
                continue;
            }
            let info = &self.classes[class];
            let (name, index, public) = (info.name.clone(), info.index, info.public);
            self.export(&name, ExportItem::Class(index), public);
            self.publish_constant(&name, Constant::Class(ClassRef::Local(index)));
        }
    }

    /// At a prompt, later lines find functions and classes in the process.
    pub fn publish_constant(&mut self, name: &base::Name, constant: Constant) {
        if self.options.mode == Mode::Repl && self.module == 0 && self.contexts.len() == 1 {
            let register = self.build().allocate();
            self.build().load_constant(register, constant);
            self.share("__script_set", name.to_string(), register);
            self.build().release(register);
        }
    }

    fn module_function(&mut self, function: &'a ast::Function, item: &'a ast::Item) {
        let Some(name) = &function.name else { return };
        let found = self.modules[self.module].names.get(&(name.name.clone(), name.mark));
        let Some(Global::Function { index, .. }) = found.map(|declared| declared.global.clone()) else {
            return;
        };
        let role = Role::Linked("a function of a module");
        let definition = Definition {
            signature: Some(&function.signature),
            doc: item.doc.as_ref(),
            ..Definition::new(name.name.to_string(), Content::of(&function.body), role, item.span)
        };
        self.function(index, definition);
    }

    fn module_statements(&mut self, stmts: &'a [ast::Stmt]) {
        for stmt in stmts {
            let span = self.build().set_span(stmt.span);
            match &stmt.kind {
                StmtKind::Item(item) => self.top_level_item(item),
                StmtKind::Let(binding) => self.module_let(binding),
                StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } => {
                    let message =
                        "a module holds declarations and `let` alone; statements run in the entry file";
                    self.error(ErrorCode::ModuleStatement, stmt.span, message);
                }
            }
            self.build().restore_span(span);
        }
    }

    fn module_let(&mut self, binding: &'a ast::Binding) {
        let mark = self.open_scope();
        let annotation: Option<TypeSpec> =
            binding.annotation.as_ref().map(|annotation| self.type_spec(annotation, "the value"));
        let register = self.build().allocate();
        self.expr(&binding.value, Dst::fresh(register));
        self.check_annotation(annotation.as_ref(), register);
        let mut names = Vec::new();
        crate::analyze::bound_names(&binding.pattern, &mut names);
        if let PatternKind::Name { name, annotation: None } = &binding.pattern.kind {
            self.store_slot(name, register);
        } else {
            let (fail, bound) = (self.build().new_block(), self.build().new_block());
            let before = self.context().locals.len();
            self.bind_pattern(&binding.pattern, register, fail, false);
            let locals = self.context().locals.split_off(before);
            for (name, local) in names.iter().zip(locals) {
                if let super::scope::Place::Register(register) = local.place {
                    self.store_slot(name, register);
                }
            }
            self.build().jump(bound);
            self.build().place(fail);
            self.build().end(Inst::new(Op::MatchError).a(register));
            self.build().place(bound);
        }
        self.close_scope(mark);
    }

    fn store_slot(&mut self, name: &ast::Ident, register: Reg) {
        let found = self.modules[self.module].names.get(&(name.name.clone(), name.mark));
        if let Some(Global::Slot { slot, .. }) = found.map(|declared| declared.global.clone()) {
            self.build().emit(Inst::new(Op::SetModule).a(register).d(slot));
        }
    }
}

fn is_macro(interface: &ModuleInterface, name: &str) -> bool {
    interface.macros.iter().any(|known| *known.name == *name)
}

fn runs_nothing(value: &ast::Expr) -> bool {
    crate::analyze::literal(value).is_some()
        || matches!(
            value.kind,
            ExprKind::Closure(_) | ExprKind::Function(_) | ExprKind::Nil | ExprKind::Bool(_)
        )
}
