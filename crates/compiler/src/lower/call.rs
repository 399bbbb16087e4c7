//! Long because: every kind of call and its window stand together.
//!
//! Calls of every kind.

use std::rc::Rc;

use bytecode::{CallShape, ClassRef, Constant, Op};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Argument, ExprKind};

use super::assign::Member;
use super::builder::Special;
use super::expr::Dst;
use super::names::Resolved;
use super::{Global, Lowerer};
use crate::form::{Inst, Reg};
use crate::interface::{ClassKindInterface, ExportInterface, PreludeItem, Signature};
use crate::nearest::nearest;

/// More arguments than this go to the callee in a list, as those of `f(..list)` do.
const ARGUMENTS_MAX: usize = 64;

/// What is known of a callee before the program runs.
#[derive(Default)]
struct Known {
    constant: Option<Constant>,
    signature: Option<Rc<Signature>>,
    resolved: Option<Resolved>,
    /// The call is wrong and was reported.
    broken: bool,
}

/// How arguments stand in the window.
#[derive(Default)]
pub struct Placed {
    count: Reg,
    /// Index of the call's shape + 1, or 0.
    shape: i32,
    spread: bool,
}

impl<'a> Lowerer<'a, '_> {
    pub fn call(
        &mut self,
        callee: &'a ast::Expr,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
        dst: Dst,
    ) {
        let known = self.known_callee(callee);
        if let Some(signature) = &known.signature {
            self.check_arguments(signature, arguments, piped, callee.span);
        }
        let (window, top) = self.open_window(dst);
        if known.constant.is_none() && !known.broken {
            match (&known.resolved, &callee.kind) {
                (Some(resolved), ExprKind::Name(ident)) => self.load_resolved(resolved, ident, window),
                _ => self.expr(callee, Dst::into(window)),
            }
        }
        let first = self.open_arguments();
        let placed = self.arguments(first, 0, arguments, piped, known.signature.as_deref());
        self.prove_arguments(known.resolved.as_ref(), arguments, piped);
        let constant = known.constant.map(|constant| self.build().constant(constant));
        let inst = match (constant, placed.spread) {
            (Some(constant), false) => Inst::new(Op::CallConst).d(constant),
            (Some(constant), true) => {
                self.build().emit(Inst::new(Op::LoadConst).a(window).d(constant));
                Inst::new(Op::CallSpread)
            }
            (None, false) => Inst::new(Op::Call),
            (None, true) => Inst::new(Op::CallSpread),
        };
        self.finish_call(inst, window, &placed, dst, top);
    }

    /// Opens a call window, in the destination itself where that is free. Its first register is allocated.
    fn open_window(&mut self, dst: Dst) -> (Reg, Reg) {
        let top = self.build().top();
        if dst.fresh && dst.register + 1 == top {
            (dst.register, top)
        } else {
            (self.build().allocate(), top)
        }
    }

    /// Leaves room for the frame's header; the first argument comes next.
    fn open_arguments(&mut self) -> Reg {
        self.build().allocate_many(2);
        self.build().top()
    }

    fn finish_call(&mut self, inst: Inst, window: Reg, placed: &Placed, dst: Dst, top: Reg) {
        let (count, shape) = if placed.spread { (0, 0) } else { (placed.count, placed.shape) };
        self.build().emit(inst.a(window).b(count).c(shape));
        self.build().copy(dst.register, window);
        self.build().release(top);
    }

    fn known_callee(&mut self, callee: &'a ast::Expr) -> Known {
        match &callee.kind {
            ExprKind::Name(ident) => {
                let resolved = self.resolve(ident);
                self.known_name(resolved, ident)
            }
            ExprKind::Field { object, name, .. } => match self.member_of_module(object, name) {
                Some(Member::Constant(constant)) => Known { constant: Some(constant), ..Known::default() },
                Some(Member::Unknown) => Known { broken: true, ..Known::default() },
                Some(Member::Slot(_)) | None => Known::default(),
            },
            _ => Known::default(),
        }
    }

    fn known_name(&mut self, resolved: Resolved, ident: &ast::Ident) -> Known {
        let mut known = Known::default();
        match &resolved {
            Resolved::Function { index, signature, .. } => {
                known.constant = Some(Constant::Function(*index));
                known.signature = signature.clone();
            }
            Resolved::Global(global) => {
                known.constant = self.global_constant(global);
                known.signature = self.global_signature(global, ident);
                known.broken = matches!(global, Global::Broken);
                if matches!(global, Global::Slot { .. }) {
                    known.constant = None;
                }
            }
            Resolved::Prelude(item) => self.known_prelude(item, ident, &mut known),
            Resolved::Local(index) => {
                let local = &self.context().locals[*index];
                known.signature = local.signature.clone().filter(|_| !local.assigned);
            }
            Resolved::Capture { owner, local: Some(local), .. } => {
                let local = &self.contexts[*owner].locals[*local];
                known.signature = local.signature.clone().filter(|_| !local.assigned);
            }
            Resolved::Unknown => known.broken = true,
            Resolved::Capture { .. }
            | Resolved::Literal(_)
            | Resolved::Shared { .. }
            | Resolved::Field(_) => {}
        }
        known.resolved = Some(resolved);
        known
    }

    fn known_prelude(&mut self, item: &PreludeItem, ident: &ast::Ident, known: &mut Known) {
        let name = ident.name.to_string();
        match item {
            PreludeItem::Function(signature) => {
                known.constant = Some(Constant::Builtin(name));
                known.signature = signature.clone().map(Rc::new);
            }
            PreludeItem::Class { signature, .. } => {
                known.constant = Some(Constant::Class(ClassRef::Builtin(name)));
                known.signature = signature.clone().map(Rc::new);
            }
            PreludeItem::Value(_) | PreludeItem::Done | PreludeItem::Module | PreludeItem::Earlier { .. } => {
            }
        }
    }

    fn global_signature(&mut self, global: &Global, ident: &ast::Ident) -> Option<Rc<Signature>> {
        match global {
            Global::Function { signature, .. } => Some(signature.clone()),
            Global::Class(class) => {
                let interface = self.classes[*class].interface.clone();
                self.check_can_be_made(&interface, ident.span);
                interface.signature.map(Rc::new)
            }
            Global::Imported { item: ExportInterface::Function(signature), .. } => {
                Some(Rc::new(signature.clone()))
            }
            Global::Imported { item: ExportInterface::Class(interface), .. } => {
                self.check_can_be_made(&interface.clone(), ident.span);
                interface.signature.clone().map(Rc::new)
            }
            Global::Imported { .. }
            | Global::Slot { .. }
            | Global::ImportedModule { .. }
            | Global::Module(_)
            | Global::Macro
            | Global::Broken => None,
        }
    }

    fn check_can_be_made(&mut self, class: &crate::interface::ClassInterface, span: diag::Span) {
        let name = &class.name;
        if class.kind == ClassKindInterface::Trait {
            let message = format!("`{name}` is a trait: there are no values of it alone");
            self.error(ErrorCode::CannotBeCalled, span, message);
        } else if class.kind == ClassKindInterface::Actor {
            let message = format!("`{name}` is an actor, which is a process: it is started, not made");
            let diagnostic = Diagnostic::new(ErrorCode::CannotBeCalled, span, message);
            self.report(diagnostic.hint(format!("write `{name}.start(...)`")));
        } else if class.singleton {
            let diagnostic = Diagnostic::new(
                ErrorCode::CannotBeCalled,
                span,
                format!("`{name}` is a single value and cannot be called"),
            );
            self.report(diagnostic.hint(format!("write `{name}` without parentheses")));
        }
    }

    // Arguments.

    /// Reports what is wrong with a call of something known.
    fn check_arguments(
        &mut self,
        signature: &Signature,
        arguments: &[Argument],
        piped: Option<&ast::Expr>,
        span: diag::Span,
    ) {
        let spread = arguments.iter().any(is_spread);
        let positional = usize::from(piped.is_some())
            + arguments.iter().filter(|argument| matches!(argument, Argument::Positional(_))).count();
        let params = &signature.params;
        let most = params.len() - usize::from(signature.rest && !params.is_empty());
        if positional > most && !signature.rest {
            let message =
                format!("{} takes {}, not {positional}", called(signature), arguments_text(params, most));
            return self.error(ErrorCode::TooManyArguments, span, message);
        }
        let mut given = vec![false; params.len()];
        given.iter_mut().take(positional).for_each(|given| *given = true);
        for argument in arguments {
            let Argument::Named { name, .. } = argument else { continue };
            if signature.positional_only {
                return;
            }
            let Some(at) = params.iter().take(most).position(|param| param.name == *name.name) else {
                self.report_unknown_argument(signature, name);
                return;
            };
            if std::mem::replace(&mut given[at], true) {
                let message = format!("the argument `{}` is given twice", name.name);
                return self.error(ErrorCode::DuplicateArgument, name.span, message);
            }
        }
        if spread {
            return;
        }
        let missing: Vec<String> = params
            .iter()
            .zip(&given)
            .take(most)
            .filter(|(param, given)| !param.optional && !**given)
            .map(|(param, _)| format!("`{}`", param.name))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "{} takes {}, but {} is missing",
                called(signature),
                arguments_text(params, most),
                missing.join(", ")
            );
            self.error(ErrorCode::TooFewArguments, span, message);
        }
    }

    fn report_unknown_argument(&mut self, signature: &Signature, name: &ast::Ident) {
        let message = format!("{} has no parameter `{}`", called(signature), name.name);
        let mut diagnostic = Diagnostic::new(ErrorCode::UnknownArgument, name.span, message);
        let names = signature.params.iter().map(|param| param.name.as_str());
        if let Some(meant) = nearest(&name.name, names) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        }
        self.report(diagnostic);
    }

    /// Evaluates arguments into the window behind `before` others that stand there already.
    fn arguments(
        &mut self,
        first: Reg,
        before: Reg,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
        signature: Option<&Signature>,
    ) -> Placed {
        if goes_in_a_list(arguments) {
            return self.spread_arguments(arguments, piped);
        }
        let names: Vec<String> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Named { name, .. } => Some(name.name.to_string()),
                Argument::Positional(_) | Argument::Spread(_) => None,
            })
            .collect();
        if let (false, Some(signature)) = (names.is_empty(), signature)
            && !signature.rest
            && !signature.positional_only
            && !self.broken
        {
            return self.placed_by_name(first, arguments, piped, signature);
        }
        let mut count = before;
        for value in piped.into_iter().chain(arguments.iter().map(value_of)) {
            self.fresh(value);
            count += 1;
        }
        let positional = count - names.len() as Reg;
        let shape = if names.is_empty() { 0 } else { self.shape(positional, names) };
        Placed { count, shape, spread: false }
    }

    fn shape(&mut self, positional: Reg, names: Vec<String>) -> i32 {
        let shape = CallShape { positional: positional as u8, names };
        let shapes = &mut self.build().code.shapes;
        let index = shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
            shapes.push(shape);
            shapes.len() - 1
        });
        index as i32 + 1
    }

    /// A callee whose parameters are known gets named arguments in their places, missing ones as the unset mark.
    fn placed_by_name(
        &mut self,
        first: Reg,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
        signature: &Signature,
    ) -> Placed {
        let count = signature.params.len() as Reg;
        self.build().allocate_many(count);
        let mut given = vec![false; signature.params.len()];
        let positional = piped.into_iter().map(|value| (None, value));
        let others = arguments.iter().map(|argument| match argument {
            Argument::Named { name, value } => (Some(name), value),
            Argument::Positional(value) | Argument::Spread(value) => (None, value),
        });
        for (position, (name, value)) in positional.chain(others).enumerate() {
            let at = match name {
                None => position,
                Some(name) => {
                    let found = signature.params.iter().position(|param| param.name == *name.name);
                    found.unwrap_or(usize::MAX)
                }
            };
            let Some(slot) = given.get_mut(at) else { continue };
            *slot = true;
            self.expr(value, Dst::into(first + at as Reg));
        }
        let last = given.iter().rposition(|given| *given).map_or(0, |last| last + 1);
        for at in (0..last).filter(|&at| !given[at]) {
            self.build().load_special(first + at as Reg, Special::Unset);
        }
        Placed { count: last as Reg, shape: 0, spread: false }
    }

    /// Collects arguments into a list and a map.
    pub fn spread_arguments(&mut self, arguments: &'a [Argument], piped: Option<&'a ast::Expr>) -> Placed {
        let list = self.build().allocate();
        let map = self.build().allocate();
        self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
        self.build().emit(Inst::new(Op::NewMap).a(map).c(0));
        if let Some(piped) = piped {
            let value = self.value(piped);
            self.build().emit(Inst::new(Op::ListPush).a(list).b(value));
        }
        for argument in arguments {
            self.build().release(map + 1);
            match argument {
                Argument::Positional(value) => {
                    let value = self.value(value);
                    self.build().emit(Inst::new(Op::ListPush).a(list).b(value));
                }
                Argument::Named { name, value } => {
                    let key = self.build().allocate();
                    self.load_text(key, &name.name);
                    let value = self.value(value);
                    self.build().emit(Inst::new(Op::MapPut).a(map).b(key).cr(value));
                }
                Argument::Spread(value) => {
                    let value = self.value(value);
                    let ignored = self.build().allocate();
                    self.call_builtin("__spread_into", ignored, |lowerer, first| {
                        lowerer.build().copy(first, list);
                        lowerer.build().copy(first + 1, map);
                        lowerer.build().copy(first + 2, value);
                        3
                    });
                }
            }
        }
        Placed { count: 0, shape: 0, spread: true }
    }

    // Methods.

    pub fn method_call(
        &mut self,
        object: &'a ast::Expr,
        name: &'a ast::Ident,
        arguments: &'a [Argument],
        optional: bool,
        dst: Dst,
    ) {
        if self.module_call(object, name, arguments, None, dst) {
            return;
        }
        let (window, top) = self.open_window(dst);
        let first = self.open_arguments();
        let receiver = self.build().allocate();
        if !self.state_as_receiver(object, name, receiver) {
            self.expr(object, Dst::fresh(receiver));
        }
        if optional {
            self.leave_chain_on_nil(receiver);
        }
        let placed = self.arguments(first, 1, arguments, None, None);
        self.finish_method_call(name, window, &placed, dst, top);
        if !optional {
            self.prove_method(object, name);
        }
    }

    fn finish_method_call(&mut self, name: &ast::Ident, window: Reg, placed: &Placed, dst: Dst, top: Reg) {
        let constant = self.build().constant(Constant::Symbol(name.name.to_string()));
        let op = if placed.spread { Op::CallMethodSpread } else { Op::CallMethod };
        self.finish_call(Inst::new(op).d(constant), window, placed, dst, top);
    }

    /// `x |> m.f(1)`: `f` of the module `m`, or the method with `x` as its first argument.
    pub fn piped_method_call(
        &mut self,
        value: &'a ast::Expr,
        object: &'a ast::Expr,
        name: &'a ast::Ident,
        arguments: &'a [Argument],
        dst: Dst,
    ) {
        if self.module_call(object, name, arguments, Some(value), dst) {
            return;
        }
        let (window, top) = self.open_window(dst);
        let first = self.open_arguments();
        let receiver = self.build().allocate();
        // The value stands on the left, so it is evaluated first.
        let held = self.fresh(value);
        self.expr(object, Dst::into(receiver));
        debug_assert_eq!(held, receiver + 1, "the piped value is the first argument");
        let placed = self.arguments(first, 2, arguments, None, None);
        self.finish_method_call(name, window, &placed, dst, top);
    }

    /// A call of a module's member; says whether the object was a module.
    fn module_call(
        &mut self,
        object: &'a ast::Expr,
        name: &'a ast::Ident,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
        dst: Dst,
    ) -> bool {
        let Some(found) = self.module_member(object, name) else { return false };
        let (constant, signature) = match &found {
            Some(global) => (self.global_constant(global), self.global_signature(global, name)),
            None => (None, None),
        };
        if let Some(signature) = &signature {
            self.check_arguments(signature, arguments, piped, object.span.to(name.span));
        }
        let (window, top) = self.open_window(dst);
        if let (None, Some(global)) = (&constant, &found) {
            self.load_resolved(&Resolved::Global(global.clone()), name, window);
        }
        let first = self.open_arguments();
        let placed = self.arguments(first, 0, arguments, piped, signature.as_deref());
        let inst = match constant {
            Some(constant) => {
                let constant = self.build().constant(constant);
                if placed.spread {
                    self.build().emit(Inst::new(Op::LoadConst).a(window).d(constant));
                    Inst::new(Op::CallSpread)
                } else {
                    Inst::new(Op::CallConst).d(constant)
                }
            }
            None if placed.spread => Inst::new(Op::CallSpread),
            None => Inst::new(Op::Call),
        };
        self.finish_call(inst, window, &placed, dst, top);
        true
    }

    pub fn super_call(
        &mut self,
        name: &'a ast::Ident,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
        dst: Dst,
    ) {
        let (Some(class), Some(receiver)) = (self.context().class, self.self_value()) else {
            return self.error(
                ErrorCode::SelfOutsideMethod,
                name.span,
                "`super` stands outside of any method",
            );
        };
        if name.name == "init" && self.fills_super_fields(class) {
            self.fill_super_fields(class, &receiver, arguments, name.span);
            return self.build().load_special(dst.register, Special::Nil);
        }
        let Some(above) = self.super_of(class, name) else {
            let message =
                format!("no class or trait above `{}` has `{}`", self.classes[class].name, name.name);
            return self.error(ErrorCode::UnknownSuper, name.span, message);
        };
        let ident = ast::Ident::new(base::Name::from("self"), name.span);
        let (window, top) = self.open_window(dst);
        let first = self.open_arguments();
        let method = Constant::Method { class: above, name: name.name.to_string() };
        let own = self.build().allocate();
        self.load_resolved(&receiver, &ident, own);
        let spread = goes_in_a_list(arguments);
        let constant = self.build().constant(method);
        if spread {
            // The receiver is the first element of the list of arguments.
            self.build().release(first);
            let held = self.build().allocate_many(2);
            let placed = self.spread_arguments(arguments, piped);
            let list = held + 2;
            self.load_resolved(&receiver, &ident, held);
            self.call_builtin("__list_prepend", held + 1, |lowerer, into| {
                lowerer.build().copy(into, list);
                lowerer.build().copy(into + 1, held);
                2
            });
            self.build().copy(first, list);
            self.build().copy(first + 1, list + 1);
            self.build().emit(Inst::new(Op::LoadConst).a(window).d(constant));
            return self.finish_call(Inst::new(Op::CallSpread), window, &placed, dst, top);
        }
        let placed = self.arguments(first, 1, arguments, piped, None);
        self.finish_call(Inst::new(Op::CallConst).d(constant), window, &placed, dst, top);
    }

    /// The result annotation of the function that a tail call calls, when it is known.
    pub fn promised_result(&mut self, expr: &'a ast::Expr) -> Option<String> {
        let ExprKind::Call { callee, .. } = &expr.kind else { return None };
        let ExprKind::Name(ident) = &callee.kind else { return None };
        match self.try_resolve(ident)? {
            Resolved::Function { result, .. } => result,
            Resolved::Global(Global::Function { result, .. }) => result,
            _ => None,
        }
    }
}

/// Whether the arguments of a call are collected before it instead of standing in its window.
pub fn goes_in_a_list(arguments: &[Argument]) -> bool {
    arguments.len() > ARGUMENTS_MAX || arguments.iter().any(is_spread)
}

fn is_spread(argument: &Argument) -> bool {
    matches!(argument, Argument::Spread(_))
}

fn value_of(argument: &Argument) -> &ast::Expr {
    let (Argument::Positional(value) | Argument::Named { value, .. } | Argument::Spread(value)) = argument;
    value
}

fn called(signature: &Signature) -> String {
    if signature.name.is_empty() { "this function".to_string() } else { format!("`{}`", signature.name) }
}

fn arguments_text(params: &[bytecode::Param], most: usize) -> String {
    let least = params.iter().take(most).filter(|param| !param.optional).count();
    let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
    if least == most { format!("{most} {}", plural(most)) } else { format!("{least} to {most} arguments") }
}
