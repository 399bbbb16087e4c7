//! Statements, blocks and bindings.

use diag::{Code, Span};

use super::{Parser, Place, Start};
use crate::ast::{AssignOp, BinaryOp, Binding, Block, Expr, ExprKind, Pattern, PatternKind, Stmt, StmtKind};
use crate::token::{Kind, Role, TriviaKind, flag};
use crate::tree::NodeKind;

impl Parser<'_> {
    /// Statements up to the token `close`, which ends them.
    #[inline(never)]
    pub(super) fn stmts_until(&mut self, close: u32) -> Vec<Stmt> {
        let mut stmts: Vec<Stmt> = Vec::new();
        loop {
            while self.eat(Kind::Semicolon) {}
            if self.position >= close as usize || self.at(Kind::Eof) {
                return stmts;
            }
            let before = self.position;
            self.warn_unused(stmts.last());
            let stmt = self.stmt();
            self.warn_comment(&stmt);
            stmts.push(stmt);
            let ended = self.position >= close as usize || self.at(Kind::Semicolon) || self.on_new_line();
            if !ended && !self.panicking {
                self.missing_separator();
            }
            if self.panicking {
                if !(ended && self.position > before) {
                    self.recover(close, &[Kind::Semicolon]);
                }
                self.panicking = false;
            }
            if self.position == before && !self.at(Kind::Eof) {
                // A token that nothing takes: it was reported, and skipping it keeps the loop going.
                self.advance();
            }
        }
    }

    pub(super) fn stmt(&mut self) -> Stmt {
        let start = self.here();
        let kind = self.nested(Self::stmt_kind);
        self.node(start, NodeKind::Stmt);
        Stmt { kind, span: self.span_from(start) }
    }

    #[inline(never)]
    fn stmt_kind(&mut self) -> StmtKind {
        match self.current {
            Kind::Let | Kind::Var => self.binding(),
            Kind::Pub if matches!(self.kind_at(1), Kind::Let | Kind::Var) => self.binding(),
            Kind::Defer => {
                self.advance();
                StmtKind::Defer(self.assign_or_expr())
            }
            Kind::Assert => {
                self.advance();
                let condition = self.expr();
                let message = self.eat(Kind::Comma).then(|| self.expr());
                StmtKind::Assert { condition, message }
            }
            _ => match self.item() {
                Some(item) => StmtKind::Item(Box::new(item)),
                None => StmtKind::Expr(self.assign_or_expr()),
            },
        }
    }

    /// `let p: T = e else { }`.
    #[inline(never)]
    fn binding(&mut self) -> StmtKind {
        let doc = self.doc();
        let public = self.eat(Kind::Pub);
        let mutable = self.at(Kind::Var);
        self.advance();
        self.foreign_mut();
        let pattern = self.binding_pattern();
        let annotation = self.eat(Kind::Colon).then(|| self.type_annotation());
        let value = if self.expect_as(Kind::Eq, Role::Infix) { self.expr() } else { self.error_expr() };
        let otherwise = if self.at(Kind::Else) {
            self.advance();
            Some(self.block())
        } else {
            None
        };
        StmtKind::Let(Box::new(Binding { mutable, public, doc, pattern, annotation, value, otherwise }))
    }

    /// The pattern of a `let`: here an upper-case name that is the whole pattern binds.
    fn binding_pattern(&mut self) -> Pattern {
        let next = self.kind_at(1);
        let whole = matches!(next, Kind::Eq | Kind::Colon);
        if self.current.is_name() && whole {
            let start = self.here();
            let name = self.word();
            self.node(start, NodeKind::Pattern);
            let span = self.span_from(start);
            if name.name == "_" {
                return Pattern { kind: PatternKind::Wildcard, span };
            }
            return Pattern { kind: PatternKind::Name { name, annotation: None }, span };
        }
        self.checked_pattern()
    }

    /// A block, where nothing else may stand.
    pub(super) fn block(&mut self) -> Block {
        self.block_in(Place::Function)
    }

    #[inline(never)]
    pub(super) fn block_in(&mut self, place: Place) -> Block {
        let start = self.here();
        self.foreign_block_word();
        if !self.at(Kind::OpenBrace) {
            return self.missing_block(start);
        }
        let open = self.position as u32;
        if self.kind_at(1) != Kind::CloseBrace && self.opens_map() {
            let span = self.current_span();
            self.error(Code::BodyNotBlock, span, "a body is a block, and this is a map")
                .label("this `{` opens the body")
                .hint("to give a map, wrap it in parentheses: `({ ... })`");
            let map = self.within(|context| context.header = false, Self::expr);
            let span = map.span;
            return Block { stmts: vec![Stmt { kind: StmtKind::Expr(map), span }], span };
        }
        self.advance_as(Role::Block);
        let stmts = self.within(
            |context| {
                context.lines = true;
                context.header = false;
                context.bars = false;
                context.place = place;
            },
            |parser| parser.stmts_until(parser.tokens[open as usize].partner),
        );
        self.close(open, "`}`");
        self.node(start, NodeKind::Block);
        Block { stmts, span: self.span_from(start) }
    }

    /// Reports that a block should stand here; an expression on the same line is taken as its content.
    #[cold]
    fn missing_block(&mut self, start: Start) -> Block {
        if !self.panicking && !self.on_new_line() && self.foreign_word() {
            // `if a and b {`, `if not a {`: what follows up to the block belongs to the header.
            if self.at(Kind::Ident) && self.kind_at(1) != Kind::OpenBrace {
                self.advance();
            }
            if self.starts_operand() && !self.at(Kind::OpenBrace) && !self.on_new_line() {
                self.within(|context| context.header = true, Self::expr);
            }
            if self.at(Kind::OpenBrace) {
                return self.block();
            }
            self.panicking = true;
            return Block { stmts: Vec::new(), span: self.span_from(start) };
        }
        if self.at(Kind::While) {
            self.unexpected("`{`");
        }
        if self.starts_operand() && !self.on_new_line() && !self.panicking {
            let span = self.current_span();
            self.error(Code::BodyNotBlock, span, format!("expected a block, found {}", self.describe()))
                .label("a body is a block in braces")
                .hint("write `{ ... }`");
            let value = self.expr();
            let span = value.span;
            return Block { stmts: vec![Stmt { kind: StmtKind::Expr(value), span }], span };
        }
        self.unexpected("`{`");
        Block { stmts: Vec::new(), span: self.span_from(start) }
    }

    /// `target op= value`, or an expression.
    #[inline(never)]
    pub(super) fn assign_or_expr(&mut self) -> Expr {
        let start = self.here();
        let left = self.nested(|parser| parser.binary(0));
        let Some(op) = assign_op(self.current).filter(|_| !self.line_ends() && !self.panicking) else {
            return left;
        };
        self.check_target(&left);
        self.advance_as(Role::Infix);
        let value = self.expr();
        self.link();
        self.node(start, NodeKind::Expr);
        let kind = ExprKind::Assign { target: Box::new(left), op, value: Box::new(value) };
        Expr::new(kind, self.span_from(start))
    }

    fn check_target(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(_)
            | ExprKind::Unquote(_)
            | ExprKind::Field { optional: false, .. }
            | ExprKind::Index { optional: false, .. }
            | ExprKind::Error => {}
            ExprKind::Tuple { items, named } if named.is_empty() => {
                items.iter().for_each(|item| self.check_target(item));
            }
            ExprKind::List(elements) => {
                for element in elements {
                    match element {
                        crate::ast::Element::Item(item) => self.check_target(item),
                        crate::ast::Element::Spread(spread) => self.invalid_target(spread),
                    }
                }
            }
            _ => self.invalid_target(target),
        }
    }

    #[cold]
    fn invalid_target(&mut self, target: &Expr) {
        let hint = match target.kind {
            ExprKind::Binary { .. } | ExprKind::Is { .. } => "to compare, write `==`",
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } => "the result of a call cannot be changed",
            _ => "a target is a name, a field, an index, or a tuple or list of these",
        };
        self.error(Code::InvalidTarget, target.span, "this cannot be assigned to").hint(hint);
    }

    pub(super) fn error_expr(&mut self) -> Expr {
        Expr::new(ExprKind::Error, Span::new(self.file, self.last_end, self.last_end))
    }

    /// The documentation comments that stand directly before the current token.
    pub(super) fn doc(&mut self) -> Option<base::Name> {
        if !self.token().has(flag::DOC_BEFORE) {
            return None;
        }
        let index = self.position as u32;
        let from = self.trivia.partition_point(|piece| piece.before < index);
        let mut lines: Vec<&str> = Vec::new();
        for piece in self.trivia[from..].iter().take_while(|piece| piece.before == index) {
            match piece.kind {
                TriviaKind::DocComment => {
                    let text = &self.source[piece.start as usize + 3..piece.end as usize];
                    lines.push(text.strip_prefix(' ').unwrap_or(text).trim_end());
                }
                TriviaKind::LineComment | TriviaKind::BlockComment => lines.clear(),
                TriviaKind::Shebang | TriviaKind::Garbage => {}
            }
        }
        (!lines.is_empty()).then(|| base::Name::from(lines.join("\n")))
    }

    /// A line that starts with what could also continue the line before it: warns when that one's value is lost.
    fn warn_unused(&mut self, before: Option<&Stmt>) {
        let starts = matches!(
            self.current,
            Kind::Minus
                | Kind::OpenParen
                | Kind::OpenBracket
                | Kind::Bar
                | Kind::Bang
                | Kind::Tilde
                | Kind::Caret
        );
        let Some(Stmt { kind: StmtKind::Expr(value), .. }) = before else { return };
        if is_comparison(value) {
            self.error(Code::UnusedValue, value.span, "this comparison is not used")
                .hint("to change a variable, write `=`; to claim that it holds, `assert`");
        } else if starts && self.on_new_line() && is_plain_value(value) {
            let here = self.current_span();
            self.error(Code::UnusedValue, value.span, "this value is not used")
                .also(here, "this starts a new statement")
                .hint("to continue the line, end it in the operator or put both in parentheses");
        }
    }

    /// `let x = a // b`: a comment where a division may be meant.
    fn warn_comment(&mut self, stmt: &Stmt) {
        let value = match &stmt.kind {
            StmtKind::Let(binding) => &binding.value,
            StmtKind::Expr(Expr { kind: ExprKind::Assign { value, .. }, .. }) => value,
            _ => return,
        };
        let index = self.position as u32;
        let from = self.trivia.partition_point(|piece| piece.before < index);
        let Some(piece) = self.trivia.get(from).filter(|piece| piece.before == index) else { return };
        if piece.kind != TriviaKind::LineComment || !may_divide(value) {
            return;
        }
        let (start, end) = (piece.start, piece.end);
        let gap = &self.source[stmt.span.end as usize..start as usize];
        let operand = self.source[start as usize + 2..end as usize].trim();
        let number = !operand.is_empty() && operand.bytes().all(|byte| byte.is_ascii_digit());
        let known = self.names.contains(operand);
        if !gap.contains('\n') && (number || known) {
            let span = Span::new(self.file, start, end);
            self.error(Code::CommentAsDivision, span, "this is a comment, not a division")
                .hint(format!("to divide and round down, write `~/ {operand}`"));
        }
    }
}

/// Whether a value could be divided, as far as its form tells.
fn may_divide(value: &Expr) -> bool {
    matches!(
        value.kind,
        ExprKind::Name(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Field { .. }
            | ExprKind::Call { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Index { .. }
            | ExprKind::Binary { .. }
    )
}

/// Whether an expression compares, and only that.
fn is_comparison(value: &Expr) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    let ExprKind::Binary { op, .. } = &value.kind else { return false };
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

/// Whether an expression does nothing but give its value.
fn is_plain_value(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Name(_)
        | ExprKind::Nil
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Char(_)
        | ExprKind::String(_)
        | ExprKind::Symbol(_)
        | ExprKind::SelfValue
        | ExprKind::Unary { .. } => true,
        ExprKind::Binary { op, .. } => !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce),
        _ => false,
    }
}

fn assign_op(kind: Kind) -> Option<AssignOp> {
    let op = match kind {
        Kind::Eq => return Some(AssignOp::Set),
        Kind::PlusEq => BinaryOp::Add,
        Kind::MinusEq => BinaryOp::Subtract,
        Kind::StarEq => BinaryOp::Multiply,
        Kind::SlashEq => BinaryOp::Divide,
        Kind::TildeSlashEq => BinaryOp::FloorDivide,
        Kind::PercentEq => BinaryOp::Remainder,
        Kind::StarStarEq => BinaryOp::Power,
        Kind::AmpEq => BinaryOp::BitAnd,
        Kind::BarEq => BinaryOp::BitOr,
        Kind::CaretEq => BinaryOp::BitXor,
        Kind::ShiftLeftEq => BinaryOp::ShiftLeft,
        Kind::ShiftRightEq => BinaryOp::ShiftRight,
        Kind::CoalesceEq => BinaryOp::Coalesce,
        _ => return None,
    };
    Some(AssignOp::Update(op))
}

pub(super) fn is_assign(kind: Kind) -> bool {
    assign_op(kind).is_some()
}
