//! Blocks and statements.

use std::iter::Peekable;

use bytecode::{Constant, Op, Prototype};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, ExprKind, ItemKind, PatternKind, StmtKind};

use super::builder::Special;
use super::expr::Dst;
use super::proofs::DEPTH_MAX;
use super::scope::{Cleanup, Local, LocalKind, Place, Role};
use super::{Lowerer, function};
use crate::analyze::{Key, function_name};
use crate::form::{Inst, Reg, RegionId};

/// What becomes of the value of a block or an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// It goes to a register.
    Into(Dst),
    /// Nobody needs it.
    Nothing,
    /// It is the result of the function.
    Result,
}

/// A scope's begin, to which locals and registers return at its end.
pub struct Mark {
    locals: usize,
    top: Reg,
    spilled: u32,
    variables: usize,
}

/// A function of a block that captures, and where in the block it is made.
struct Hoisted<'a> {
    made_at: usize,
    item: usize,
    function: u32,
    prototype: u32,
    place: Place,
    /// Its name, where methods use it.
    published: Option<&'a ast::Ident>,
}

/// A function that captures nothing is never made.
const NEVER: usize = usize::MAX;

impl<'a> Lowerer<'a, '_> {
    pub fn open_scope(&mut self) -> Mark {
        let context = self.context();
        context.open_scopes += 1;
        let spilled = context.spills.top();
        let variables = context.builder.variable_count();
        Mark { locals: context.locals.len(), top: context.builder.top(), spilled, variables }
    }

    pub fn close_scope(&mut self, mark: Mark) {
        let context = self.context();
        context.open_scopes -= 1;
        context.builder.end_variables(mark.variables);
        context.builder.release(mark.top);
        context.spills.release(mark.spilled);
        let ended = context.locals.split_off(mark.locals);
        ended.iter().for_each(|local| self.warn_unused(local));
    }

    fn warn_unused(&mut self, local: &Local) {
        let hidden = local.name.starts_with('_') || local.mark != ast::Mark::default();
        let counts = matches!(local.kind, LocalKind::Binding | LocalKind::Function);
        let prompt = self.options.mode == crate::interface::Mode::Repl;
        if local.used || hidden || !counts || prompt || self.broken {
            return;
        }
        let name = &local.name;
        let diagnostic =
            Diagnostic::new(ErrorCode::UnusedBinding, local.span, format!("`{name}` is never used"));
        self.report(diagnostic.hint(format!("remove it, or name it `_{name}`")));
    }

    pub fn block(&mut self, block: &'a ast::Block, want: Want) {
        let mark = self.open_scope();
        self.statements(&block.stmts, want);
        self.keep_variables();
        self.close_scope(mark);
    }

    /// The statements of a block whose scope is open. Its defers run at its end.
    pub fn statements(&mut self, stmts: &'a [ast::Stmt], want: Want) {
        let cleanups = self.context().cleanups.len();
        let region = self.build().region();
        let defers = stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Defer(_)));
        // A result that is computed before defers run has to be kept first.
        let want = match want {
            Want::Result if defers => {
                let register = self.build().allocate();
                self.statement_list(stmts, Want::Into(Dst::fresh(register)));
                self.end_block(cleanups, region);
                return self.return_register(register);
            }
            _ => want,
        };
        self.statement_list(stmts, want);
        self.end_block(cleanups, region);
    }

    /// Runs the defers of a block at its normal end, innermost first.
    fn end_block(&mut self, cleanups: usize, region: Option<RegionId>) {
        while self.context().cleanups.len() > cleanups {
            if let Some(cleanup) = self.context().cleanups.pop() {
                self.end_of_defer(&cleanup);
            }
        }
        self.build().set_region(region);
    }

    fn statement_list(&mut self, stmts: &'a [ast::Stmt], want: Want) {
        self.check_duplicates(stmts);
        let hoisted = self.hoist(stmts);
        let mut next_item = hoisted.iter().peekable();
        let mut made: Vec<&Hoisted<'a>> = hoisted.iter().filter(|hoisted| hoisted.made_at != NEVER).collect();
        made.sort_by_key(|hoisted| hoisted.made_at);
        let mut made = made.into_iter().peekable();
        let mut warned = false;
        let value_at = stmts.len().checked_sub(1).filter(|&last| has_value(&stmts[last]));
        for (index, stmt) in stmts.iter().enumerate() {
            if !self.build().reachable() && !warned {
                warned = true;
                self.warn_unreachable(stmt);
            }
            self.make_functions(&mut made, index);
            let top = self.build().top();
            let locals = self.context().locals.len();
            let item = next_item.next_if(|hoisted| hoisted.item == index);
            match (&stmt.kind, value_at) {
                (StmtKind::Expr(expr), Some(at)) if at == index => self.want(expr, want),
                _ => self.statement(stmt, item.map(|hoisted| (hoisted.function, hoisted.prototype))),
            }
            if self.context().locals.len() == locals && !matches!(stmt.kind, StmtKind::Defer(_)) {
                self.build().release(top);
            }
        }
        if value_at.is_none() {
            self.make_functions(&mut made, stmts.len());
            self.nothing(want);
        }
    }

    /// Nil where a value is wanted.
    pub fn nothing(&mut self, want: Want) {
        match want {
            Want::Into(dst) => self.build().load_special(dst.register, Special::Nil),
            Want::Nothing => {}
            Want::Result => self.return_nil(),
        }
    }

    fn warn_unreachable(&mut self, stmt: &ast::Stmt) {
        let item = matches!(stmt.kind, StmtKind::Item(_));
        if !item && !self.broken && !self.context().in_dead_copy {
            let diagnostic =
                Diagnostic::new(ErrorCode::UnreachableCode, stmt.span, "this can never be reached");
            self.report(diagnostic);
        }
    }

    fn check_duplicates(&mut self, stmts: &[ast::Stmt]) {
        let mut seen: std::collections::HashMap<(&base::Name, ast::Mark), diag::Span> = Default::default();
        for name in stmts.iter().filter_map(function_name) {
            if let Some(&first) = seen.get(&(&name.name, name.mark)) {
                self.report_duplicate(&name.name, name.span, first);
            } else {
                seen.insert((&name.name, name.mark), name.span);
            }
        }
    }

    pub fn report_duplicate(&mut self, name: &str, span: diag::Span, first: diag::Span) {
        let message = format!("`{name}` is defined twice in the same scope");
        let diagnostic = Diagnostic::new(ErrorCode::DuplicateDefinition, span, message);
        self.report(diagnostic.also(first, "first defined here"));
    }

    /// Declares the functions of a block and the cells that they need before their variables are declared.
    fn hoist(&mut self, stmts: &'a [ast::Stmt]) -> Vec<Hoisted<'a>> {
        let mut hoisted = Vec::new();
        for (item, stmt) in stmts.iter().enumerate() {
            let StmtKind::Item(parts) = &stmt.kind else { continue };
            let ItemKind::Function(definition) = &parts.kind else { continue };
            let Some(name) = &definition.name else { continue };
            let facts = self.analysis.variable(name);
            let function = self.reserve_function();
            self.functions.insert(function, (self.module, definition));
            let signature = std::rc::Rc::new(function::signature(definition));
            let result = definition.signature.result.as_ref().map(|result| self.text(result.span));
            let linked = facts.constant_function;
            let place = if linked { Place::Function(function) } else { self.make_place(facts.early) };
            let top_level = self.at_top_level();
            self.declare(Local {
                name: name.name.clone(),
                mark: name.mark,
                place: place.clone(),
                mutable: false,
                assigned: false,
                literal: None,
                classes: None,
                annotation: None,
                signature: Some(signature),
                result,
                kind: LocalKind::Function,
                span: name.span,
                top_level,
                used: parts.public || self.is_entry_function(name),
            });
            if linked {
                self.publish_constant(&name.name, Constant::Function(function));
            }
            let prototype = if linked { u32::MAX } else { self.reserve_prototype(function) };
            let published = Some(name).filter(|_| facts.published && self.contexts.len() == 1);
            let made_at = if linked { NEVER } else { facts.made_at };
            hoisted.push(Hoisted { made_at, item, function, prototype, place, published });
        }
        self.make_early_cells(stmts);
        hoisted
    }

    fn is_entry_function(&self, name: &ast::Ident) -> bool {
        self.contexts.len() == 1 && name.name == "main"
    }

    fn reserve_prototype(&mut self, function: u32) -> u32 {
        let code = &mut self.build().code;
        code.prototypes.push(Prototype { function, captures: Vec::new() });
        code.prototypes.len() as u32 - 1
    }

    fn make_early_cells(&mut self, stmts: &'a [ast::Stmt]) {
        for stmt in stmts {
            let StmtKind::Let(binding) = &stmt.kind else { continue };
            let mut names = Vec::new();
            crate::analyze::bound_names(&binding.pattern, &mut names);
            for name in names {
                if self.analysis.variable(name).early {
                    let place = self.make_place(true);
                    self.context().early.insert(Key::of(name), place);
                }
            }
        }
    }

    /// Makes the functions that the statement at `index` is the first to need.
    fn make_functions<'h>(&mut self, made: &mut Peekable<impl Iterator<Item = &'h Hoisted<'a>>>, index: usize)
    where
        'a: 'h,
    {
        while let Some(function) = made.next_if(|hoisted| hoisted.made_at == index) {
            let top = self.build().top();
            let register = match function.place {
                Place::Register(register) => register,
                _ => self.build().allocate(),
            };
            self.build().emit(Inst::new(Op::Closure).a(register).d(function.prototype));
            if let Some(name) = function.published {
                self.publish(name, register);
            }
            self.store_place(&function.place, register);
            self.build().release(top);
        }
    }

    fn statement(&mut self, stmt: &'a ast::Stmt, function: Option<(u32, u32)>) {
        let span = self.build().set_span(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Let(binding) => self.spilling(|lowerer| lowerer.binding(binding)),
            StmtKind::Defer(expr) => self.defer(expr),
            StmtKind::Assert { condition, message } => self.assert(condition, message.as_ref(), stmt.span),
            StmtKind::Item(item) => self.local_item(item, function),
        }
        self.build().restore_span(span);
    }

    fn local_item(&mut self, item: &'a ast::Item, function: Option<(u32, u32)>) {
        match (&item.kind, function) {
            (ItemKind::Function(definition), Some((index, prototype))) => {
                self.local_function(definition, item, index, prototype);
            }
            _ => {
                let entry = self.contexts.len() == 1 && self.context().role == Role::Entry;
                if entry {
                    self.top_level_item(item);
                } else {
                    self.error(
                        ErrorCode::MisplacedDeclaration,
                        item.span,
                        "classes, modules, imports, macros and tests stand only at the top level",
                    );
                }
            }
        }
    }

    fn binding(&mut self, binding: &'a ast::Binding) {
        let annotation = binding.annotation.as_ref().map(|annotation| {
            let subject = match &binding.pattern.kind {
                PatternKind::Name { name, .. } => format!("`{}`", name.name),
                _ => "the value".to_string(),
            };
            self.type_spec(annotation, &subject)
        });
        if let PatternKind::Name { name, annotation: None } = &binding.pattern.kind
            && binding.otherwise.is_none()
        {
            let register = self.build().allocate();
            self.expr(&binding.value, Dst::fresh(register));
            self.check_annotation(annotation.as_ref(), register);
            if let Some(annotation) = &annotation {
                self.prove(&binding.value, annotation);
            }
            let known = if binding.mutable { None } else { self.known_classes(&binding.value, DEPTH_MAX) };
            self.declare_variable(name, register, LocalKind::Binding, binding.mutable, annotation);
            if let Some(local) = self.context().locals.last_mut() {
                local.classes = known;
            }
            if let Some(signature) = function::signature_of_value(&binding.value)
                && !binding.mutable
                && let Some(local) = self.context().locals.last_mut()
            {
                local.signature = Some(std::rc::Rc::new(signature));
            }
            return;
        }
        let register = self.build().allocate();
        self.expr(&binding.value, Dst::fresh(register));
        self.check_annotation(annotation.as_ref(), register);
        let fail = self.build().new_block();
        let irrefutable = self.bind_pattern(&binding.pattern, register, fail, binding.mutable);
        let go_on = self.build().new_block();
        self.build().jump(go_on);
        self.build().place(fail);
        match &binding.otherwise {
            Some(block) => {
                let locals = self.hide_bound(&binding.pattern);
                let top = self.build().top();
                self.block(block, Want::Nothing);
                self.build().release(top);
                self.context().locals.extend(locals);
                if self.build().reachable() && !irrefutable {
                    self.error(
                        ErrorCode::LetElseFallsThrough,
                        block.span,
                        "the `else` of a `let` must leave: return, break, continue or throw",
                    );
                    self.build().end(Inst::new(Op::ReturnNil));
                }
            }
            None => self.build().end(Inst::new(Op::MatchError).a(register)),
        }
        self.build().place(go_on);
    }

    /// Takes the names that a pattern has just bound out of sight.
    fn hide_bound(&mut self, pattern: &ast::Pattern) -> Vec<Local> {
        let mut names = Vec::new();
        crate::analyze::bound_names(pattern, &mut names);
        let locals = &mut self.context().locals;
        let keep = locals.len().saturating_sub(names.len());
        locals.split_off(keep)
    }

    fn defer(&mut self, expr: &'a ast::Expr) {
        let region = self.build().region();
        let locals = self.context().locals.len();
        let register = self.build().allocate();
        let handler = self.build().new_block();
        self.build().open_region(handler, register, true);
        let cleanup = Cleanup::Defer { expr, outside: region, handler, register, locals };
        self.context().cleanups.push(cleanup);
    }

    fn assert(&mut self, condition: &'a ast::Expr, message: Option<&'a ast::Expr>, span: diag::Span) {
        let text = self.text(condition.span);
        let top = self.build().top();
        let holds = self.build().new_block();
        let fails = self.build().new_block();
        let (left, right, symbol) = match &condition.kind {
            ExprKind::Binary { op, left, right, .. } if super::operator::compares(*op) => {
                let first = self.fresh(left);
                let second = self.fresh(right);
                let result = self.build().allocate();
                self.compare(*op, result, first, second);
                self.build().branch(Op::JumpIfTrue, result, holds, fails);
                (first, Some(second), op.as_str())
            }
            _ => {
                let value = self.fresh(condition);
                self.build().branch(Op::JumpIfTrue, value, holds, fails);
                (value, None, "")
            }
        };
        self.build().place(fails);
        let span = self.build().set_span(span);
        let ignored = self.build().allocate();
        self.call_builtin("__assert_failed", ignored, |lowerer, first| {
            lowerer.build().load_constant(first, Constant::Str(text));
            match right {
                Some(_) => lowerer.build().load_constant(first + 1, Constant::Str(symbol.to_string())),
                None => lowerer.build().load_special(first + 1, Special::Nil),
            }
            lowerer.build().copy(first + 2, left);
            match right {
                Some(right) => lowerer.build().copy(first + 3, right),
                None => lowerer.build().load_special(first + 3, Special::Nil),
            }
            match message {
                Some(message) => lowerer.expr(message, Dst::into(first + 4)),
                None => lowerer.build().load_special(first + 4, Special::Nil),
            }
            5
        });
        self.build().restore_span(span);
        self.build().place(holds);
        self.build().release(top);
    }
}

/// Whether a block that ends with this statement has its value.
fn has_value(stmt: &ast::Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Expr(_))
}
