//! Binary operators, by precedence climbing.
//!
//! Invariant: the table's levels are those of the language's reference; `**` (14) and the prefixes (13) are part of
//! an operand.

use diag::Code;

use super::{Parser, Start};
use crate::ast::{BinaryOp, Expr, ExprKind, PipeTarget, UnaryOp};
use crate::token::{Kind, Role};
use crate::tree::{NodeKind, Operator};

const LEVEL_RANGE: u8 = 6;
const LEVEL_COALESCE: u8 = 5;
const LEVEL_PIPE: u8 = 4;
const LEVEL_COMPARE: u8 = 3;

/// The level whose operands a `let` condition may hold: everything tighter than `&&`.
pub(super) const LEVEL_ABOVE_AND: u8 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Infix {
    Op(BinaryOp),
    Is { negated: bool },
    Range { inclusive: bool },
    Pipe,
}

/// The operator of a single token and its level.
fn infix_of(kind: Kind) -> Option<(Infix, u8)> {
    use BinaryOp::*;
    let (op, level) = match kind {
        Kind::Star => (Multiply, 12),
        Kind::Slash => (Divide, 12),
        Kind::TildeSlash => (FloorDivide, 12),
        Kind::Percent => (Remainder, 12),
        Kind::Plus => (Add, 11),
        Kind::Minus => (Subtract, 11),
        Kind::ShiftLeft => (ShiftLeft, 10),
        Kind::ShiftRight => (ShiftRight, 10),
        Kind::Amp => (BitAnd, 9),
        Kind::Caret => (BitXor, 8),
        Kind::Bar => (BitOr, 7),
        Kind::DotDot => return Some((Infix::Range { inclusive: false }, LEVEL_RANGE)),
        Kind::DotDotEq => return Some((Infix::Range { inclusive: true }, LEVEL_RANGE)),
        Kind::Coalesce => (Coalesce, LEVEL_COALESCE),
        Kind::PipeInto => return Some((Infix::Pipe, LEVEL_PIPE)),
        Kind::EqEq => (Equal, LEVEL_COMPARE),
        Kind::NotEq => (NotEqual, LEVEL_COMPARE),
        Kind::Less => (Less, LEVEL_COMPARE),
        Kind::LessEq => (LessEqual, LEVEL_COMPARE),
        Kind::Greater => (Greater, LEVEL_COMPARE),
        Kind::GreaterEq => (GreaterEqual, LEVEL_COMPARE),
        Kind::In => (In, LEVEL_COMPARE),
        Kind::Is => return Some((Infix::Is { negated: false }, LEVEL_COMPARE)),
        Kind::AmpAmp => (And, 2),
        Kind::BarBar => (Or, 1),
        _ => return None,
    };
    Some((Infix::Op(op), level))
}

impl Parser<'_> {
    /// The operator at the current token, if this line may go on with it.
    fn infix(&self) -> Option<(Infix, u8)> {
        let kind = self.current;
        if self.context.bars && matches!(kind, Kind::Bar | Kind::BarBar) {
            return None;
        }
        if kind == Kind::Bang {
            return self.negated_infix();
        }
        // On a new line these start something of their own: `..` a pattern, the others a statement.
        let starts = matches!(kind, Kind::Minus | Kind::Caret | Kind::Bar | Kind::DotDot | Kind::DotDotEq);
        if starts && self.line_ends() {
            return None;
        }
        infix_of(kind)
    }

    /// `!is`, `!in`.
    fn negated_infix(&self) -> Option<(Infix, u8)> {
        if !self.touches(1) {
            return None;
        }
        match self.kind_at(1) {
            Kind::Is => Some((Infix::Is { negated: true }, LEVEL_COMPARE)),
            Kind::In => Some((Infix::Op(BinaryOp::NotIn), LEVEL_COMPARE)),
            _ => None,
        }
    }

    /// Operands joined by operators of at least a level.
    #[inline(never)]
    pub(super) fn binary(&mut self, level_min: u8) -> Expr {
        let start = self.here();
        let bang = self.at(Kind::Bang);
        let (mut left, complete) = self.operand();
        if complete {
            return left;
        }
        let mut previous = 0;
        while let Some((infix, level)) = self.infix() {
            if level < level_min || self.panicking {
                break;
            }
            self.check_line_start();
            if level == LEVEL_COMPARE && previous == level {
                self.chained_comparison();
            } else if level == LEVEL_COMPARE && bang && previous == 0 && is_not(&left) {
                self.negated_operand(&left);
            } else if level == LEVEL_RANGE && previous == level {
                self.unexpected("the end of the range: ranges do not chain");
                break;
            }
            if self.doubled_sign(&left) {
                break;
            }
            let height = std::mem::take(&mut self.height);
            left = self.infix_rest(start, left, infix, level);
            self.height = self.height.max(height);
            self.link();
            previous = level;
        }
        left
    }

    /// The operator and its right operand.
    #[inline(never)]
    fn infix_rest(&mut self, start: Start, left: Expr, infix: Infix, level: u8) -> Expr {
        let op_span = self.current_span();
        let role = if matches!(infix, Infix::Range { .. }) { Role::Range } else { Role::Infix };
        if self.at(Kind::Bang) {
            self.advance_as(Role::Prefix);
        }
        let token = self.position as u32;
        self.advance_as(role);
        let kind = match infix {
            Infix::Op(op) => {
                self.foreign_operator(op);
                // `??` groups to the right, all others to the left.
                let right_level = if level == LEVEL_COALESCE { level } else { level + 1 };
                let right = Box::new(self.nested(|parser| parser.binary(right_level)));
                ExprKind::Binary { op, op_span, left: Box::new(left), right }
            }
            Infix::Is { negated } => {
                let pattern = self.type_annotation();
                ExprKind::Is { value: Box::new(left), negated, pattern }
            }
            Infix::Range { inclusive } => {
                let open = self.range_is_open();
                if open && inclusive {
                    self.unexpected("the end of the range");
                }
                let end = (!open).then(|| Box::new(self.nested(|parser| parser.binary(level + 1))));
                ExprKind::Range { start: Some(Box::new(left)), end, inclusive }
            }
            Infix::Pipe => {
                let target = self.pipe_target();
                ExprKind::Pipe { value: Box::new(left), target }
            }
        };
        self.node(start, NodeKind::Binary);
        if !matches!(infix, Infix::Range { .. }) {
            self.operators.push(Operator { token, level, first: start.token, end: self.position as u32 });
        }
        Expr::new(kind, self.span_from(start))
    }

    /// Whether a range ends here without an end.
    pub(super) fn range_is_open(&self) -> bool {
        match self.current {
            Kind::CloseBracket | Kind::CloseParen | Kind::Comma | Kind::FatArrow => true,
            Kind::OpenBrace => self.context.header,
            _ => false,
        }
    }

    /// What stands right of `|>`: a call, a path, or something in parentheses.
    #[inline(never)]
    fn pipe_target(&mut self) -> PipeTarget {
        let parenthesised = self.at(Kind::OpenParen);
        let close = self.token().partner;
        let value = self.nested(Self::postfix);
        if parenthesised && self.position as u32 == close + 1 {
            return PipeTarget::Function(Box::new(value));
        }
        match &value.kind {
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::SuperCall { .. } => {
                PipeTarget::Call(Box::new(value))
            }
            ExprKind::Chain(inner)
                if matches!(inner.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. }) =>
            {
                PipeTarget::Call(Box::new(value))
            }
            ExprKind::Error => PipeTarget::Function(Box::new(value)),
            _ if is_path(&value) => PipeTarget::Function(Box::new(value)),
            _ => {
                self.error(
                    Code::InvalidPipe,
                    value.span,
                    "a value is piped into a call, a path or something in parentheses",
                )
                .hint("put the function in parentheses: `x |> (f)`");
                PipeTarget::Function(Box::new(value))
            }
        }
    }

    /// A line that starts with a binary operator, where the language does not allow it.
    fn check_line_start(&mut self) {
        let may = matches!(self.current, Kind::PipeInto | Kind::AmpAmp | Kind::BarBar | Kind::Coalesce);
        if !self.line_ends() || may {
            return;
        }
        let span = self.current_span();
        let text = self.text().to_string();
        self.error(Code::LineStartOperator, span, format!("a line cannot start with `{text}`"))
            .hint(format!("move `{text}` up to the end of the line before"));
    }

    #[cold]
    fn chained_comparison(&mut self) {
        let span = self.current_span();
        self.error(Code::ChainedComparison, span, "comparisons do not chain")
            .hint("write `a < b && b < c`, or put one comparison in parentheses");
    }

    #[cold]
    fn negated_operand(&mut self, left: &Expr) {
        let operator =
            if self.at(Kind::Bang) { self.text_at(1).to_string() } else { self.text().to_string() };
        let hint = match operator.as_str() {
            "is" => "write `a !is B`".to_string(),
            "in" => "write `a !in b`".to_string(),
            "==" => "write `a != b`".to_string(),
            _ => format!("write `!(a {operator} b)`"),
        };
        self.error(
            Code::NegatedOperand,
            left.span,
            format!("`!` applies to the operand alone, not to the `{operator}`"),
        )
        .hint(hint);
    }
}

fn is_not(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Unary { op: UnaryOp::Not, .. })
}

fn is_path(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field { object, optional: false, .. } => is_path(object),
        _ => false,
    }
}
