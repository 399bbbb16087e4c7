//! Operators, calls of methods and assignments that throw whenever they run: the operands' classes are known for certain,
//! and nothing of them does that. What is certain, `proofs` says.
//!
//! Invariant: the table of operators says what the VM does with values of the language's own classes; a test runs every
//! operator with every pair of them and compares.

use bytecode::ClassRef;
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast::{self, BinaryOp, UnaryOp};

use super::Lowerer;
use super::names::Resolved;
use super::proofs::{Classes, DEPTH_MAX};
use crate::interface::Mode;
use crate::nearest::nearest;

const NUMBERS: &[&str] = &["Int", "Float"];
/// Whose values can be put in an order.
const ORDERED: &[&str] = &["Char", "String", "Bytes", "List", "Tuple"];
/// What `in` asks for elements; a Set and a Map refuse some, which is no matter of their class.
const CONTAINERS: &[&str] = &["Bytes", "List", "Tuple", "Range", "Map", "Set"];

/// Whether an operator does anything with values of these two classes.
fn works(op: BinaryOp, left: &str, right: &str) -> bool {
    let numbers = NUMBERS.contains(&left) && NUMBERS.contains(&right);
    let both = |classes: &[&str]| left == right && classes.contains(&left);
    match op {
        BinaryOp::Add => numbers || both(&["String", "Bytes", "List", "Tuple"]),
        BinaryOp::Subtract => numbers || both(&["Set"]),
        BinaryOp::Multiply => numbers || right == "Int" && matches!(left, "String" | "List"),
        BinaryOp::Divide | BinaryOp::FloorDivide | BinaryOp::Remainder | BinaryOp::Power => numbers,
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => both(&["Int", "Set"]),
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => both(&["Int"]),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            numbers || both(ORDERED)
        }
        BinaryOp::In | BinaryOp::NotIn => {
            CONTAINERS.contains(&right) || right == "String" && matches!(left, "String" | "Char")
        }
        BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => true,
    }
}

/// The class of what an operator gives for values of these two, where it is one alone.
pub(super) fn result(op: BinaryOp, left: &str, right: &str) -> Option<&'static str> {
    if !works(op, left, right) {
        return None;
    }
    match op {
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::FloorDivide
        | BinaryOp::Remainder => match (left, right) {
            ("Float", _) | (_, "Float") => Some("Float"),
            _ => super::proofs::leaf(left),
        },
        BinaryOp::Divide => Some("Float"),
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => super::proofs::leaf(left),
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => Some("Int"),
        BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::In
        | BinaryOp::NotIn => Some("Bool"),
        // A negative power is a Float; the others give one of their operands.
        BinaryOp::Power | BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce => None,
    }
}

/// The one class of the language that a value is of.
fn single(classes: &Classes) -> Option<&str> {
    match classes.as_slice() {
        [ClassRef::Builtin(name)] => super::proofs::leaf(name),
        _ => None,
    }
}

impl<'a> Lowerer<'a, '_> {
    fn looks_for_proofs(&self) -> bool {
        !self.broken && self.options.mode != Mode::Library
    }

    /// Warns where an operator does nothing with its operands.
    pub fn prove_binary(&mut self, op: BinaryOp, left: &ast::Expr, right: &ast::Expr) {
        if !self.looks_for_proofs() {
            return;
        }
        let Some(first) = self.known_classes(left, DEPTH_MAX) else { return };
        let Some(second) = self.known_classes(right, DEPTH_MAX) else { return };
        if let (Some(first), Some(second)) = (single(&first), single(&second))
            && !works(op, first, second)
        {
            let span = left.span.to(right.span);
            self.throws(
                span,
                format!("`{}` does not work on {first} and {second}", op.as_str()),
                "TypeError",
            );
        }
    }

    pub fn prove_unary(&mut self, op: UnaryOp, operand: &ast::Expr) {
        if !self.looks_for_proofs() {
            return;
        }
        let Some(known) = self.known_classes(operand, DEPTH_MAX) else { return };
        let Some(class) = single(&known) else { return };
        let (symbol, is_fine) = match op {
            UnaryOp::Negate => ("-", NUMBERS.contains(&class)),
            UnaryOp::BitNot => ("~", class == "Int"),
            UnaryOp::Not => return,
        };
        if !is_fine {
            self.throws(operand.span, format!("`{symbol}` does not work on {class}"), "TypeError");
        }
    }

    /// Warns where a value has no method of this name.
    pub fn prove_method(&mut self, object: &ast::Expr, name: &ast::Ident) {
        if !self.looks_for_proofs() {
            return;
        }
        let Some(known) = self.known_classes(object, DEPTH_MAX) else { return };
        let [class] = known.as_slice() else { return };
        let Some((class, members)) = self.members_of(class) else { return };
        if members.iter().any(|member| *member == *name.name) {
            return;
        }
        let meant = nearest(&name.name, members.iter().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        self.throws(name.span, format!("{class} has no method `{}`{meant}", name.name), "FieldError");
    }

    /// Warns where a variable is set to what its annotation refuses.
    pub fn prove_assignment(&mut self, target: &Resolved, value: &ast::Expr) {
        let annotation = match target {
            Resolved::Local(index) => self.context().locals[*index].annotation.clone(),
            Resolved::Capture { owner, local: Some(local), .. } => {
                self.contexts[*owner].locals[*local].annotation.clone()
            }
            _ => None,
        };
        if let Some(annotation) = annotation {
            self.prove(value, &annotation);
        }
    }

    /// Warns where a field is set to what its annotation refuses.
    pub fn prove_field(&mut self, object: &ast::Expr, name: &ast::Ident, value: &ast::Expr) {
        if !self.looks_for_proofs() {
            return;
        }
        let Some(known) = self.known_classes(object, DEPTH_MAX) else { return };
        let [ClassRef::Local(index)] = known.as_slice() else { return };
        if let Some(annotation) = self.annotation_of_field(*index, name) {
            self.prove(value, &annotation);
        }
    }

    /// Every method and field of a class, and its name; nothing where more may be added to it elsewhere.
    fn members_of(&self, class: &ClassRef) -> Option<(String, Vec<String>)> {
        let index = match class {
            ClassRef::Builtin(name) => return Some((name.clone(), self.environment.methods(name)?)),
            ClassRef::Local(index) => *index,
            ClassRef::Import { .. } => return None,
        };
        let class = self.known_class(index).filter(|class| !self.is_open(*class))?;
        let mut members = self.environment.methods("Object")?;
        // Every record has it.
        members.push("with".to_string());
        let mut next = Some(class);
        for _ in 0..=self.classes.len() {
            let Some(index) = next else { break };
            let info = &self.classes[index];
            // What a trait adds is looked up where the program is linked.
            if !info.traits.is_empty() || !info.trait_paths.is_empty() || info.variant_of.is_some() {
                return None;
            }
            members.extend(info.methods.iter().map(|method| method.name.name.to_string()));
            members.extend(info.fields.iter().map(|field| field.name.to_string()));
            members.extend(info.statics.iter().map(|field| field.name.name.to_string()));
            next = info.super_local;
        }
        Some((self.classes[class].name.to_string(), members))
    }

    fn throws(&mut self, span: Span, message: String, class: &str) {
        let diagnostic = Diagnostic::new(ErrorCode::ProvenTypeError, span, message);
        self.report(diagnostic.hint(format!("this throws a {class} whenever it runs")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_gives_follows_from_what_it_works_on() {
        assert!(works(BinaryOp::Add, "Int", "Float") && !works(BinaryOp::Add, "String", "Int"));
        assert_eq!(result(BinaryOp::Multiply, "String", "Int"), Some("String"));
        assert_eq!(result(BinaryOp::Add, "Int", "Float"), Some("Float"));
        assert_eq!(result(BinaryOp::Divide, "Int", "Int"), Some("Float"));
        assert_eq!(result(BinaryOp::Subtract, "String", "String"), None);
    }
}
