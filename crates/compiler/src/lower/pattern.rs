//! Patterns: tests that jump to one place when they fail, and names bound on the way.

use bytecode::{ClassRef, Constant, Op, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, PatternArgument, PatternKind, RestPattern};

use super::Lowerer;
use super::names::Resolved;
use super::scope::{LocalKind, Place};
use super::types::{ClassName, path_text};
use crate::form::{BlockId, Inst, Reg};
use crate::nearest::nearest;

impl<'a> Lowerer<'a, '_> {
    /// Tests a register against a pattern, goes to `fail` where it does not match, and declares what it binds.
    /// Says whether the pattern matches every value.
    pub fn bind_pattern(
        &mut self,
        pattern: &'a ast::Pattern,
        register: Reg,
        fail: BlockId,
        mutable: bool,
    ) -> bool {
        let mut names = Vec::new();
        crate::analyze::bound_names(pattern, &mut names);
        let mut binder = Binder { fail, bound: Vec::new() };
        if let PatternKind::Name { name, annotation: None } = &pattern.kind {
            // A name that is the whole pattern shares the subject's register; only a cell, or a variable that may
            // change, needs one of its own.
            let shares = !mutable && !self.analysis.variable(name).cell;
            let target =
                if shares || self.subject_is_free(register) { register } else { self.build().allocate() };
            self.build().copy(target, register);
            self.declare_variable(name, target, LocalKind::Pattern, mutable, None);
            return true;
        }
        for name in &names {
            let target = self.build().allocate();
            binder.bound.push(((*name).clone(), target));
        }
        let irrefutable = self.test(pattern, register, &binder);
        for (index, name) in names.iter().enumerate() {
            let target = binder.bound[index].1;
            self.declare_variable(name, target, LocalKind::Pattern, mutable, None);
        }
        irrefutable
    }

    /// Whether a register belongs to no variable, so that a name can have it.
    fn subject_is_free(&mut self, register: Reg) -> bool {
        let context = self.context();
        let taken = context.locals.iter().any(|local| match local.place {
            Place::Register(known) | Place::Cell(known) => known == register,
            Place::Spilled(_) | Place::SpilledCell(_) | Place::Function(_) | Place::Shared(_) => false,
        });
        !taken && !context.shared_subjects.contains(&register)
    }

    fn fail_unless(&mut self, test: Reg, fail: BlockId) {
        let go_on = self.build().new_block();
        self.build().branch(Op::JumpIfFalse, test, fail, go_on);
        self.build().place(go_on);
    }

    fn test(&mut self, pattern: &'a ast::Pattern, subject: Reg, binder: &Binder) -> bool {
        let span = self.build().set_span(pattern.span);
        let top = self.build().top();
        let irrefutable = self.test_kind(pattern, subject, binder);
        self.build().release(top);
        self.build().restore_span(span);
        irrefutable
    }

    fn test_kind(&mut self, pattern: &'a ast::Pattern, subject: Reg, binder: &Binder) -> bool {
        match &pattern.kind {
            PatternKind::Error => {
                self.broken = true;
                true
            }
            PatternKind::Wildcard => true,
            PatternKind::Name { name, annotation } => {
                if let Some(annotation) = annotation {
                    let test = self.build().allocate();
                    self.is_type(subject, annotation, test);
                    self.fail_unless(test, binder.fail);
                }
                self.bind(name, subject, binder);
                annotation.is_none()
            }
            PatternKind::As { pattern, name } => {
                let irrefutable = self.test(pattern, subject, binder);
                self.bind(name, subject, binder);
                irrefutable
            }
            PatternKind::Literal(expr) => {
                self.test_literal(expr, subject, binder.fail);
                false
            }
            PatternKind::Range { start, end, inclusive } => {
                self.test_range(start.as_ref(), end.as_ref(), *inclusive, subject, binder.fail);
                false
            }
            PatternKind::Pin(expr) => {
                let value = self.value(expr);
                let test = self.build().allocate();
                self.build().emit(Inst::new(Op::Eq).a(test).b(subject).cr(value));
                self.fail_unless(test, binder.fail);
                false
            }
            PatternKind::Path { path, arguments } => {
                self.test_path(path, arguments.as_deref(), subject, binder);
                false
            }
            PatternKind::Tuple { items, named } => {
                self.test_tuple(items, named, subject, binder);
                false
            }
            PatternKind::List { before, rest, after } => {
                self.test_list(before, rest.as_ref(), after, subject, binder);
                false
            }
            PatternKind::Map { entries, rest } => {
                self.test_map(entries, rest.as_ref(), subject, binder);
                false
            }
            PatternKind::Or(alternatives) => self.test_alternatives(alternatives, subject, binder),
            PatternKind::Unquote(_) => {
                self.error(ErrorCode::UnquoteOutsideQuote, pattern.span, "`$` stands outside of `quote`");
                true
            }
        }
    }

    fn bind(&mut self, name: &ast::Ident, subject: Reg, binder: &Binder) {
        let found = binder.bound.iter().find(|(known, _)| known.name == name.name && known.mark == name.mark);
        if let Some(&(_, target)) = found {
            self.build().copy(target, subject);
        }
    }

    fn test_literal(&mut self, expr: &'a ast::Expr, subject: Reg, fail: BlockId) {
        let test = self.build().allocate();
        match (crate::analyze::literal(expr), &expr.kind) {
            (_, ast::ExprKind::Nil) => {
                let go_on = self.build().new_block();
                self.build().branch(Op::JumpIfNotNil, subject, fail, go_on);
                return self.build().place(go_on);
            }
            (Some(Constant::Int(value)), _) if i8::try_from(value).is_ok() => {
                self.build().emit(Inst::new(Op::EqImm).a(test).b(subject).c(value as i32));
            }
            (Some(constant), _) => {
                let index = self.build().constant(constant);
                self.build().emit(Inst::new(Op::EqConst).a(test).b(subject).d(index));
            }
            (None, _) => {
                let value = self.value(expr);
                self.build().emit(Inst::new(Op::Eq).a(test).b(subject).cr(value));
            }
        }
        self.fail_unless(test, fail);
    }

    fn test_range(
        &mut self,
        start: Option<&ast::Expr>,
        end: Option<&ast::Expr>,
        inclusive: bool,
        subject: Reg,
        fail: BlockId,
    ) {
        let side = |side: Option<&ast::Expr>| Box::new(side.and_then(crate::analyze::literal));
        let range = Constant::Range { start: side(start), end: side(end), inclusive };
        let index = self.build().constant(range);
        let test = self.build().allocate();
        self.build().emit(Inst::new(Op::MatchRange).a(test).b(subject).d(index));
        self.fail_unless(test, fail);
    }

    fn test_path(
        &mut self,
        path: &'a ast::Path,
        arguments: Option<&'a [PatternArgument]>,
        subject: Reg,
        binder: &Binder,
    ) {
        let test = self.build().allocate();
        let Some(class) = self.class_global(path) else {
            return self.test_value_path(path, arguments, subject, test, binder.fail);
        };
        let (reference, interface) = match class {
            ClassName::Local(class) => {
                (self.classes[class].reference(), Some(self.classes[class].interface.clone()))
            }
            ClassName::Imported { import, name, interface } => {
                (ClassRef::Import { import, name }, Some(interface))
            }
            ClassName::Builtin(name) => {
                let is_error = matches!(
                    self.environment.prelude(&name),
                    Some(crate::interface::PreludeItem::Class { is_error: true, .. })
                );
                (ClassRef::Builtin(name), is_error.then(crate::interface::error_interface))
            }
        };
        let spec =
            TypeSpec { any_of: vec![reference], text: path_text(path), subject: "the value".to_string() };
        self.is_spec(subject, spec, test);
        self.fail_unless(test, binder.fail);
        let Some(arguments) = arguments else { return };
        let fields: Vec<String> =
            interface.iter().flat_map(|class| &class.fields).map(|field| field.name.clone()).collect();
        self.test_fields(path, &fields, arguments, subject, binder);
    }

    /// A path that is a value: equality.
    fn test_value_path(
        &mut self,
        path: &'a ast::Path,
        arguments: Option<&'a [PatternArgument]>,
        subject: Reg,
        test: Reg,
        fail: BlockId,
    ) {
        if arguments.is_some() {
            return self.report_unknown_type(path, "a class or record");
        }
        let value = self.build().allocate();
        match path.segments.as_slice() {
            [name] => {
                let resolved = self.resolve(name);
                if matches!(resolved, Resolved::Unknown) {
                    return;
                }
                self.load_resolved(&resolved, name, value);
            }
            [front @ .., last] => match self.member_of_path(front, last) {
                Some(global) => self.load_resolved(&Resolved::Global(global), last, value),
                None => {
                    let message = format!("nothing is named `{}` here", path_text(path));
                    return self.error(ErrorCode::UnknownName, path.span, message);
                }
            },
            [] => return,
        }
        self.build().emit(Inst::new(Op::Eq).a(test).b(subject).cr(value));
        self.fail_unless(test, fail);
    }

    fn test_fields(
        &mut self,
        path: &ast::Path,
        fields: &[String],
        arguments: &'a [PatternArgument],
        subject: Reg,
        binder: &Binder,
    ) {
        for (index, argument) in arguments.iter().enumerate() {
            let at = match &argument.name {
                None if index < fields.len() => Some(index),
                None => {
                    let message = format!(
                        "`{}` has {} field{}, the pattern takes more",
                        path_text(path),
                        fields.len(),
                        if fields.len() == 1 { "" } else { "s" }
                    );
                    self.error(ErrorCode::PatternFields, argument.pattern.span, message);
                    None
                }
                Some(name) => self.named_field(path, fields, name),
            };
            let Some(at) = at.filter(|&at| at < 256) else { continue };
            if matches!(argument.pattern.kind, PatternKind::Wildcard) {
                continue;
            }
            let value = self.build().allocate();
            self.build().emit(Inst::new(Op::GetSlot).a(value).b(subject).c(at as i32));
            self.test(&argument.pattern, value, binder);
        }
    }

    fn named_field(&mut self, path: &ast::Path, fields: &[String], name: &ast::Ident) -> Option<usize> {
        let at = fields.iter().position(|field| *field == *name.name);
        if at.is_none() {
            let message = format!("`{}` has no field `{}`", path_text(path), name.name);
            let mut diagnostic = Diagnostic::new(ErrorCode::UnknownField, name.span, message);
            if let Some(meant) = nearest(&name.name, fields.iter().map(String::as_str)) {
                diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
            }
            self.report(diagnostic);
        }
        at
    }

    fn test_tuple(
        &mut self,
        items: &'a [ast::Pattern],
        named: &'a [(ast::Ident, ast::Pattern)],
        subject: Reg,
        binder: &Binder,
    ) {
        let count = items.len() + usize::from(!named.is_empty());
        if !self.check_pattern_size(count, items.first()) {
            return;
        }
        let test = self.build().allocate();
        self.build().emit(Inst::new(Op::MatchTuple).a(test).b(subject).c(count as i32));
        self.fail_unless(test, binder.fail);
        for (index, item) in items.iter().enumerate() {
            self.test_element(item, subject, index as i32, binder);
        }
        if !named.is_empty() {
            let map = self.build().allocate();
            self.build().emit(Inst::new(Op::GetElement).a(map).b(subject).c(items.len() as i32));
            self.build().emit(Inst::new(Op::MatchMap).a(test).b(map));
            self.fail_unless(test, binder.fail);
            for (name, pattern) in named {
                self.test_entry(&name.name, pattern, map, binder);
            }
        }
    }

    fn check_pattern_size(&mut self, count: usize, first: Option<&'a ast::Pattern>) -> bool {
        if count > 120 {
            if let Some(first) = first {
                self.error(ErrorCode::FunctionTooLarge, first.span, "a pattern has more than 120 elements");
            }
            return false;
        }
        true
    }

    fn test_element(&mut self, item: &'a ast::Pattern, subject: Reg, index: i32, binder: &Binder) {
        if matches!(item.kind, PatternKind::Wildcard) {
            return;
        }
        let top = self.build().top();
        let value = match &item.kind {
            PatternKind::Name { name, annotation: None } => binder.register(name),
            _ => None,
        };
        let target = value.unwrap_or_else(|| self.build().allocate());
        self.build().emit(Inst::new(Op::GetElement).a(target).b(subject).c(index));
        if value.is_none() {
            self.test(item, target, binder);
        }
        self.build().release(top);
    }

    fn test_list(
        &mut self,
        before: &'a [ast::Pattern],
        rest: Option<&'a RestPattern>,
        after: &'a [ast::Pattern],
        subject: Reg,
        binder: &Binder,
    ) {
        let count = before.len() + after.len();
        if !self.check_pattern_size(count, before.first().or(after.first())) {
            return;
        }
        let test = self.build().allocate();
        let op = if rest.is_some() { Op::MatchListMin } else { Op::MatchList };
        self.build().emit(Inst::new(op).a(test).b(subject).c(count as i32));
        self.fail_unless(test, binder.fail);
        for (index, item) in before.iter().enumerate() {
            self.test_element(item, subject, index as i32, binder);
        }
        for (index, item) in after.iter().enumerate() {
            self.test_element(item, subject, index as i32 - after.len() as i32, binder);
        }
        if let Some(target) = rest.and_then(|rest| rest.name.as_ref()).and_then(|name| binder.register(name))
        {
            let (start, end) = (before.len() as i32, after.len() as u32);
            self.build().emit(Inst::new(Op::ListRest).a(target).b(subject).c(start).d(end));
        }
    }

    fn test_map(
        &mut self,
        entries: &'a [(ast::MapKey, ast::Pattern)],
        rest: Option<&'a ast::Ident>,
        subject: Reg,
        binder: &Binder,
    ) {
        let test = self.build().allocate();
        self.build().emit(Inst::new(Op::MatchMap).a(test).b(subject));
        self.fail_unless(test, binder.fail);
        for (key, pattern) in entries {
            self.test_entry(&key.text, pattern, subject, binder);
        }
        if let Some(target) = rest.and_then(|name| binder.register(name)) {
            let keys = entries.iter().map(|(key, _)| Constant::Str(key.text.to_string())).collect();
            self.call_builtin("__map_rest", target, |lowerer, first| {
                lowerer.build().copy(first, subject);
                lowerer.build().load_constant(first + 1, Constant::Tuple(keys));
                2
            });
        }
    }

    fn test_entry(&mut self, key: &str, pattern: &'a ast::Pattern, map: Reg, binder: &Binder) {
        let top = self.build().top();
        let value = self.build().allocate();
        let index = self.build().constant(Constant::Str(key.to_string()));
        self.build().emit(Inst::new(Op::MapGet).a(value).b(map).d(index));
        let present = self.build().new_block();
        self.build().branch(Op::JumpIfSet, value, present, binder.fail);
        self.build().place(present);
        self.test(pattern, value, binder);
        self.build().release(top);
    }

    fn test_alternatives(&mut self, alternatives: &'a [ast::Pattern], subject: Reg, binder: &Binder) -> bool {
        let matched = self.build().new_block();
        let mut irrefutable = false;
        for (index, alternative) in alternatives.iter().enumerate() {
            if index + 1 == alternatives.len() {
                irrefutable |= self.test(alternative, subject, binder);
            } else {
                let next = self.build().new_block();
                let inner = Binder { fail: next, bound: binder.bound.clone() };
                irrefutable |= self.test(alternative, subject, &inner);
                self.build().jump(matched);
                self.build().place(next);
            }
        }
        self.build().place(matched);
        irrefutable
    }
}

/// Where a pattern goes when it fails, and the registers of the names it binds.
struct Binder {
    fail: BlockId,
    bound: Vec<(ast::Ident, Reg)>,
}

impl Binder {
    fn register(&self, name: &ast::Ident) -> Option<Reg> {
        self.bound
            .iter()
            .find(|(known, _)| known.name == name.name && known.mark == name.mark)
            .map(|found| found.1)
    }
}
