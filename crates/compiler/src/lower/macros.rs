//! What looks like a macro call and is none by now: `dbg!`, and calls and quotes that expansion left behind.

use bytecode::Constant;
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Argument};

use super::Lowerer;
use super::builder::Special;
use super::expr::Dst;
use crate::form::Reg;

impl<'a> Lowerer<'a, '_> {
    pub fn macro_call(
        &mut self,
        expr: &'a ast::Expr,
        name: &'a ast::Ident,
        arguments: &'a [Argument],
        block: Option<&'a ast::Block>,
        dst: Dst,
    ) {
        if name.name == "dbg"
            && block.is_none()
            && let [Argument::Positional(value)] = arguments
        {
            return self.debug(value, expr.span, dst);
        }
        let message = format!("no macro is named `{}`", name.name);
        let mut diagnostic = Diagnostic::new(ErrorCode::UnknownMacro, name.span, message);
        if self.try_resolve(name).is_some() {
            diagnostic = diagnostic.hint(format!("a function is called without `!`: `{}(...)`", name.name));
        }
        self.report(diagnostic);
    }

    fn debug(&mut self, value: &'a ast::Expr, span: diag::Span, dst: Dst) {
        let before = self.options.source.get(..span.start as usize).unwrap_or("");
        let line = before.bytes().filter(|&byte| byte == b'\n').count() as i64 + 1;
        let text = self.text(value.span);
        let place = format!("{}:{line}", self.options.path);
        let register = self.fresh(value);
        self.call_builtin("__dbg", dst.register, |lowerer, first| {
            lowerer.build().load_constant(first, Constant::Str(place));
            lowerer.build().load_constant(first + 1, Constant::Str(text));
            lowerer.build().copy(first + 2, register);
            3
        });
    }

    pub fn quote(&mut self, expr: &'a ast::Expr, to: Reg) {
        let message = "`quote` stands only in a macro";
        self.error(ErrorCode::QuoteOutsideMacro, expr.span, message);
        self.build().load_special(to, Special::Nil);
    }
}
