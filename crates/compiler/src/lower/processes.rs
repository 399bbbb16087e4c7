//! Processes: `self()`, `spawn`, `receive`, `async`, `await`.
//!
//! Each is a call of builtins. `receive` is a loop: peek at the next message, try the arms on it, skip it when none
//! matches. An arm takes its message out of the mailbox after its guard and before its body, so an error in a guard
//! leaves the message where it is.

use bytecode::Op;
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Argument, ExprKind};

use super::Lowerer;
use super::arms::takes_any;
use super::builder::Special;
use super::expr::Dst;
use super::function::{Content, Definition};
use super::names::Resolved;
use super::scope::Role;
use super::statement::Want;
use crate::form::{BlockId, Inst, Reg};

/// So many arguments of a `spawn` stand in registers.
const PLAIN_MAX: usize = 16;

impl<'a> Lowerer<'a, '_> {
    pub fn process(&mut self, expr: &'a ast::Expr, dst: Dst) {
        match &expr.kind {
            ExprKind::SelfPid => self.call_builtin("__self", dst.register, |_, _| 0),
            ExprKind::Spawn { arguments, block: Some(block) } => {
                let function = self.build().allocate();
                self.process_function("spawn", Content::Block(block), expr.span, function);
                let nothing = self.build().allocate();
                self.build().emit(Inst::new(Op::NewList).a(nothing).b(nothing).c(0));
                let options = self.options(arguments);
                self.start_process(dst, function, nothing, options);
            }
            ExprKind::Spawn { arguments, block: None } => self.spawn_call(arguments, expr.span, dst),
            ExprKind::Async(inner) => self.start_task(inner, dst),
            ExprKind::Await(inner) => {
                let task = self.value(inner);
                self.call_builtin("__await", dst.register, |lowerer, first| {
                    lowerer.build().copy(first, task);
                    lowerer.build().load_special(first + 1, Special::Nil);
                    2
                });
            }
            ExprKind::Scope { arguments, body } => self.scope_expr(arguments, body, expr.span, dst),
            ExprKind::Select { arms, after } => self.select(arms, after.as_deref(), dst),
            _ => debug_assert!(false, "every other expression is lowered elsewhere"),
        }
    }

    /// `spawn(f, a, b, link: true)`: every named argument is an option.
    fn spawn_call(&mut self, arguments: &'a [Argument], span: diag::Span, dst: Dst) {
        let Some((Argument::Positional(function), rest)) = arguments.split_first() else {
            let message = "a `spawn` without a block calls a function, which comes first";
            return self.error(ErrorCode::UnexpectedToken, span, message);
        };
        let function = self.fresh(function);
        let plain: Vec<_> = rest
            .iter()
            .map_while(|argument| match argument {
                Argument::Positional(value) => Some(value),
                Argument::Named { .. } | Argument::Spread(_) => None,
            })
            .collect();
        if plain.len() == rest.len() && plain.len() <= PLAIN_MAX {
            // Neither a list nor a map is made: the arguments alone go into the message.
            let first = self.build().top();
            for value in &plain {
                self.fresh(value);
            }
            let tuple = Inst::new(Op::NewTuple).a(first).b(first).c(plain.len() as i32);
            self.build().release(first);
            let arguments = self.build().allocate();
            self.build().emit(tuple);
            let options = self.build().allocate();
            self.build().load_special(options, Special::Nil);
            return self.start_process(dst, function, arguments, options);
        }
        let list = self.build().top();
        self.spread_arguments(rest, None);
        self.build().raise(list + 2);
        self.start_process(dst, function, list, list + 1);
    }

    /// The options of a `spawn` with a block as a Map, or nil.
    pub fn options(&mut self, arguments: &'a [Argument]) -> Reg {
        let list = self.build().top();
        if arguments.is_empty() {
            let nothing = self.build().allocate();
            self.build().load_special(nothing, Special::Nil);
            return nothing;
        }
        self.spread_arguments(arguments, None);
        self.build().raise(list + 2);
        list + 1
    }

    fn start_process(&mut self, dst: Dst, function: Reg, arguments: Reg, options: Reg) {
        self.call_builtin("__spawn", dst.register, |lowerer, first| {
            lowerer.build().copy(first, function);
            lowerer.build().copy(first + 1, arguments);
            lowerer.build().copy(first + 2, options);
            3
        });
    }

    /// Of a call with plain arguments only the call itself runs in the task; anything else runs there whole.
    fn start_task(&mut self, inner: &'a ast::Expr, dst: Dst) {
        let function = self.build().allocate();
        let list = match &inner.kind {
            ExprKind::Call { callee, arguments } if crate::analyze::is_plain_call(inner) => {
                self.expr(callee, Dst::fresh(function));
                self.build().release(function + 1);
                let list = self.build().top();
                self.spread_arguments(arguments, None);
                self.build().raise(list + 1);
                list
            }
            ExprKind::Block(block) => {
                self.process_function("async", Content::Block(block), inner.span, function);
                self.no_arguments()
            }
            _ => {
                self.process_function("async", Content::Expr(inner), inner.span, function);
                self.no_arguments()
            }
        };
        self.call_builtin("__async", dst.register, |lowerer, first| {
            lowerer.build().copy(first, function);
            lowerer.build().copy(first + 1, list);
            2
        });
    }

    fn no_arguments(&mut self) -> Reg {
        let list = self.build().allocate();
        self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
        list
    }

    /// The function that a process runs.
    fn process_function(&mut self, name: &str, body: Content<'a>, span: diag::Span, to: Reg) {
        self.closure_of(Definition::new(name.to_string(), body, Role::Process, span), to);
    }

    /// Reports a variable that changes and belongs to another process than the code that uses it.
    pub fn check_crossing(&mut self, resolved: &Resolved, ident: &ast::Ident) {
        let (owner, is_variable) = match resolved {
            Resolved::Capture { owner, local: Some(local), cell: true, .. } => {
                (*owner, self.contexts[*owner].locals[*local].mutable)
            }
            Resolved::Shared { mutable, .. } => (0, *mutable),
            _ => return,
        };
        if !is_variable || !self.contexts.iter().skip(owner + 1).any(|context| context.role == Role::Process)
        {
            return;
        }
        let name = &ident.name;
        let message = format!("`{name}` is a `var` of another process");
        let diagnostic = Diagnostic::new(ErrorCode::VariableCrossesProcesses, ident.span, message);
        self.report(diagnostic.hint(format!("bind its value first: `let now = {name}`, or send a message")));
    }

    pub fn receive(&mut self, arms: &'a [ast::Arm], after: Option<&'a ast::After>, want: Want) {
        let top = self.build().top();
        if after.is_none() && takes_any(arms) {
            return self.receive_any(arms, want, top);
        }
        let deadline = self.build().allocate();
        match after {
            Some(after) => self.expr(&after.time, Dst::fresh(deadline)),
            None => self.build().load_special(deadline, Special::Nil),
        }
        self.build().release(deadline + 1);
        let (begin, end, late) =
            (self.build().new_block(), self.build().new_block(), self.build().new_block());
        let message = self.start_receive(deadline, arms, after.is_some(), begin);
        if after.is_some() {
            let got = self.build().new_block();
            self.build().branch(Op::JumpIfSet, message, got, late);
            self.build().place(got);
        }
        self.receive_arms(message, arms, want, end, true);
        self.receive_step("__receive_skip", message);
        if after.is_none() {
            self.receive_next(deadline, message);
        }
        self.build().jump(begin);
        if let Some(after) = after {
            self.build().place(late);
            self.want(&after.body, want);
            self.build().jump(end);
        }
        self.build().place(end);
        self.build().release(top);
    }

    /// A `receive` that takes the first message, whatever it is: taken before the arms look at it.
    fn receive_any(&mut self, arms: &'a [ast::Arm], want: Want, top: Reg) {
        let message = self.build().allocate();
        self.call_builtin("__receive_any", message, |_, _| 0);
        let end = self.build().new_block();
        self.receive_arms(message, arms, want, end, false);
        self.build().place(end);
        self.build().release(top);
    }

    /// Gives the register of the message that is looked at. Every one but the first comes from a turn of the loop.
    fn start_receive(&mut self, deadline: Reg, arms: &'a [ast::Arm], ends: bool, begin: BlockId) -> Reg {
        let tags = self.receive_tags(arms);
        if ends {
            self.call_builtin("__receive_start", deadline, |lowerer, first| {
                lowerer.build().copy(first, deadline);
                lowerer.build().copy(first + 1, tags);
                2
            });
            self.build().release(deadline + 1);
            let message = self.build().allocate();
            let reachable = self.build().reachable();
            self.build().place_body(begin, reachable);
            self.receive_next(deadline, message);
            return message;
        }
        // The message takes the place of the tags.
        self.call_builtin("__receive_first", tags, |lowerer, first| {
            lowerer.build().copy(first, tags);
            1
        });
        self.build().release(tags + 1);
        let reachable = self.build().reachable();
        self.build().place_body(begin, reachable);
        tags
    }

    fn receive_next(&mut self, deadline: Reg, message: Reg) {
        self.call_builtin("__receive_peek", message, |lowerer, first| {
            lowerer.build().copy(first, deadline);
            1
        });
    }

    fn receive_arms(&mut self, message: Reg, arms: &'a [ast::Arm], want: Want, end: BlockId, takes: bool) {
        self.check_receive_arms(arms);
        self.context().shared_subjects.push(message);
        for arm in arms {
            let next = self.build().new_block();
            let mark = self.open_scope();
            let outer = self.build().set_span(arm.span);
            self.bind_pattern(&arm.pattern, message, next, false);
            if let Some(guard) = &arm.guard {
                let body = self.build().new_block();
                self.receive_guard(guard, body, next);
                self.build().place(body);
            }
            if takes {
                self.receive_step("__receive_take", message);
            }
            self.want(&arm.body, want);
            self.build().restore_span(outer);
            self.close_scope(mark);
            self.build().jump(end);
            self.build().place(next);
        }
        self.context().shared_subjects.pop();
    }

    fn receive_step(&mut self, builtin: &str, message: Reg) {
        let ignored = self.build().allocate();
        self.call_builtin(builtin, ignored, |lowerer, first| {
            lowerer.build().copy(first, message);
            1
        });
        self.build().release(ignored);
    }
}
