//! Types that can be proven wrong without running: a value whose class is known for certain where only others are let
//! through.
//!
//! Only what is certain counts: literals, values that an annotation was already asked for, what known functions declare
//! to return, instances of classes of this file, and fields of those. It is a warning and not an error, since a program
//! may mean to catch the TypeError. Names are looked up as they are where the value stands, so a proof is looked for
//! after the value was lowered.

use bytecode::{ClassRef, Constant, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, Argument, ExprKind, ParamKind, PatternKind, TypeKind, UnaryOp};

use super::classes::{ActorPart, ClassInfo};
use super::names::Resolved;
use super::operations::result;
use super::{Global, Lowerer};
use crate::interface::Mode;

/// Builtin classes without subclasses. A value of one is no value of another, nor of a class of a program.
const LEAVES: &[&str] = &[
    "Nil", "Bool", "Int", "Float", "Char", "String", "Symbol", "Bytes", "List", "Tuple", "Range", "Map",
    "Set", "Regex",
];

/// A value may be made of values made of values; who nests deeper than this gets no proof.
pub(super) const DEPTH_MAX: u32 = 32;

/// One of these is the class of the value, or a superclass of it.
pub(super) type Classes = Vec<ClassRef>;

impl<'a> Lowerer<'a, '_> {
    /// Warns where a value is nothing that an annotation accepts.
    pub fn prove(&mut self, value: &ast::Expr, accepted: &TypeSpec) {
        if self.broken || self.options.mode == Mode::Library {
            return;
        }
        let Some(known) = self.known_classes(value, DEPTH_MAX) else { return };
        let is_wrong = !known.is_empty()
            && !accepted.any_of.is_empty()
            && known.iter().all(|class| accepted.any_of.iter().all(|other| self.are_apart(class, other)));
        if is_wrong {
            let message = format!(
                "{} must be {}, but this is {}",
                accepted.subject,
                accepted.text,
                self.described(&known)
            );
            let diagnostic = Diagnostic::new(ErrorCode::ProvenTypeError, value.span, message);
            self.report(diagnostic.hint("this throws a TypeError whenever it runs"));
        }
    }

    /// The value that a function returns here.
    pub fn prove_result(&mut self, value: &ast::Expr) {
        if let Some(result) = self.context().result.clone()
            && !self.context().generator
        {
            self.prove(value, &result);
        }
    }

    /// The arguments of a call of something known.
    pub fn prove_arguments(
        &mut self,
        callee: Option<&Resolved>,
        arguments: &'a [Argument],
        piped: Option<&'a ast::Expr>,
    ) {
        let Some(resolved) = callee else { return };
        let is_plain = |argument: &Argument| !matches!(argument, Argument::Spread(_));
        if self.broken || !arguments.iter().all(is_plain) {
            return;
        }
        let parameters = self.annotated_parameters(resolved);
        let mut place = 0;
        let mut prove = |lowerer: &mut Self, value: &ast::Expr, name: Option<&ast::Ident>| {
            let found = match name {
                Some(name) => parameters.iter().find(|parameter| parameter.name == name.name),
                None => parameters.get(place),
            };
            place += usize::from(name.is_none());
            if let Some(Parameter { spec: Some(spec), .. }) = found {
                lowerer.prove(value, spec);
            }
        };
        if let Some(value) = piped {
            prove(self, value, None);
        }
        for argument in arguments {
            match argument {
                Argument::Positional(value) => prove(self, value, None),
                Argument::Named { name, value } => prove(self, value, Some(name)),
                Argument::Spread(_) => {}
            }
        }
    }

    /// What is known of the parameters of a function, or of the fields that a class without `init` is made of.
    fn annotated_parameters(&mut self, callee: &Resolved) -> Vec<Parameter> {
        match callee {
            Resolved::Function { index, .. } | Resolved::Global(Global::Function { index, .. }) => {
                let Some((function, name)) = self.function_in_sight(*index) else { return Vec::new() };
                let row = |param: &'a ast::Param| match &param.kind {
                    ParamKind::Rest(_) => None,
                    ParamKind::Pattern { pattern, annotation, .. } => match &pattern.kind {
                        PatternKind::Name { name, annotation: None } => Some((name, annotation.as_ref())),
                        _ => None,
                    },
                };
                // A parameter that is taken apart, and all behind it, are left alone.
                let rows: Vec<_> = function.signature.params.iter().map_while(row).collect();
                self.parameters(rows, &|parameter| format!("argument `{parameter}` of `{name}`"))
            }
            Resolved::Global(Global::Class(class)) => {
                let info = &self.classes[*class];
                let has_init = info.methods.iter().any(|method| method.name.name == "init");
                if !is_in_sight(info, self.module) || has_init || info.super_local.is_some() {
                    return Vec::new();
                }
                let fields = info.fields.clone();
                let rows: Vec<_> = fields.iter().map(|field| (&field.name, field.annotation)).collect();
                self.parameters_by_name(rows, &|field| format!("the field `{field}`"))
            }
            _ => Vec::new(),
        }
    }

    fn parameters(
        &mut self,
        rows: Vec<(&'a ast::Ident, Option<&'a ast::Type>)>,
        subject: &dyn Fn(&str) -> String,
    ) -> Vec<Parameter> {
        self.parameters_by_name(rows.into_iter().map(|(name, spec)| (&name.name, spec)).collect(), subject)
    }

    fn parameters_by_name(
        &mut self,
        rows: Vec<(&base::Name, Option<&'a ast::Type>)>,
        subject: &dyn Fn(&str) -> String,
    ) -> Vec<Parameter> {
        rows.into_iter()
            .map(|(name, annotation)| {
                let spec = annotation.and_then(|annotation| {
                    let any_of = self.accepted_by(annotation)?;
                    Some(TypeSpec { any_of, text: self.text(annotation.span), subject: subject(name) })
                });
                Parameter { name: name.clone(), spec }
            })
            .collect()
    }

    /// A function of the module that is being lowered, whose annotations mean the same here; and its name.
    fn function_in_sight(&self, index: u32) -> Option<(&'a ast::Function, String)> {
        let &(module, function) = self.functions.get(&index)?;
        let name = function.name.as_ref()?.name.to_string();
        (module == self.module).then_some((function, name))
    }

    /// The classes that an annotation accepts, where all of them are known; nothing is reported.
    fn accepted_by(&mut self, annotation: &ast::Type) -> Option<Classes> {
        match &annotation.kind {
            TypeKind::Nil => Some(vec![builtin("Nil")]),
            TypeKind::Error => None,
            TypeKind::Path { path, .. } => self.class_of_path(path).map(|class| vec![class]),
            TypeKind::Union(types) => {
                let mut all = Vec::new();
                for part in types {
                    all.extend(self.accepted_by(part)?);
                }
                Some(all)
            }
        }
    }

    pub(super) fn known_classes(&mut self, value: &ast::Expr, depth: u32) -> Option<Classes> {
        let depth = depth.checked_sub(1)?;
        if let Some(name) = literal_class(value) {
            return Some(vec![builtin(name)]);
        }
        match &value.kind {
            ExprKind::Name(ident) => self.classes_of_name(ident),
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(ident) => self.classes_of_call(ident),
                _ => None,
            },
            ExprKind::Field { object, name, optional: false } => {
                let known = self.known_classes(object, depth)?;
                let [ClassRef::Local(index)] = known.as_slice() else { return None };
                self.classes_of_field(*index, name)
            }
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                self.known_classes(operand, depth).filter(|known| number(known).is_some())
            }
            ExprKind::Binary { op, left, right, .. } => {
                let (left, right) = (self.known_classes(left, depth)?, self.known_classes(right, depth)?);
                let ([ClassRef::Builtin(left)], [ClassRef::Builtin(right)]) =
                    (left.as_slice(), right.as_slice())
                else {
                    return None;
                };
                result(*op, left, right).map(|name| vec![builtin(name)])
            }
            _ => None,
        }
    }

    fn classes_of_name(&mut self, ident: &ast::Ident) -> Option<Classes> {
        let local = match self.try_resolve(ident)? {
            Resolved::Local(index) => &self.context().locals[index],
            Resolved::Capture { owner, local: Some(local), .. } => &self.contexts[owner].locals[local],
            Resolved::Literal(constant) => return constant_class(&constant).map(|name| vec![builtin(name)]),
            _ => return None,
        };
        match (&local.annotation, &local.literal) {
            (Some(annotation), _) => Some(annotation.any_of.clone()),
            (None, Some(constant)) => constant_class(constant).map(|name| vec![builtin(name)]),
            (None, None) => local.classes.clone(),
        }
    }

    fn classes_of_call(&mut self, callee: &ast::Ident) -> Option<Classes> {
        match self.try_resolve(callee)? {
            Resolved::Function { index, .. } | Resolved::Global(Global::Function { index, .. }) => {
                let (function, _) = self.function_in_sight(index)?;
                let result = function.signature.result.as_ref().filter(|_| !function.signature.generator)?;
                self.accepted_by(result)
            }
            Resolved::Global(Global::Class(class)) => Some(vec![self.classes[class].reference()]),
            _ => None,
        }
    }

    fn classes_of_field(&mut self, class: u32, name: &ast::Ident) -> Option<Classes> {
        self.annotation_of_field(class, name).map(|annotation| annotation.any_of)
    }

    /// What a field of a class of this file accepts.
    pub(super) fn annotation_of_field(&mut self, class: u32, name: &ast::Ident) -> Option<TypeSpec> {
        let info = self.classes.iter().find(|info| info.index == class)?;
        if !is_in_sight(info, self.module) {
            return None;
        }
        let field = info.fields.iter().find(|field| field.name == name.name)?;
        let annotation = field.annotation?;
        let any_of = self.accepted_by(annotation)?;
        Some(TypeSpec {
            any_of,
            text: self.text(annotation.span),
            subject: format!("the field `{}`", name.name),
        })
    }

    /// Whether no value is of both classes.
    fn are_apart(&self, one: &ClassRef, other: &ClassRef) -> bool {
        match (one, other) {
            (ClassRef::Builtin(one), ClassRef::Builtin(other)) => {
                one != other && is_leaf(one) && is_leaf(other)
            }
            (ClassRef::Local(class), ClassRef::Builtin(name))
            | (ClassRef::Builtin(name), ClassRef::Local(class)) => {
                is_leaf(name) && self.known_class(*class).is_some_and(|class| !self.is_open(class))
            }
            (ClassRef::Local(one), ClassRef::Local(other)) => {
                let (Some(one), Some(other)) = (self.known_class(*one), self.known_class(*other)) else {
                    return false;
                };
                !self.is_open(one)
                    && !self.is_open(other)
                    && !self.is_below(one, other)
                    && !self.is_below(other, one)
            }
            (ClassRef::Import { .. }, _) | (_, ClassRef::Import { .. }) => false,
        }
    }

    pub(super) fn known_class(&self, index: u32) -> Option<usize> {
        self.classes.iter().position(|info| info.index == index)
    }

    /// Whether values of unknown classes can be of this one: a trait, an actor, or a class that extends one from
    /// elsewhere.
    pub(super) fn is_open(&self, class: usize) -> bool {
        let mut class = Some(class);
        while let Some(index) = class {
            let info = &self.classes[index];
            let is_plain = matches!(info.kind, bytecode::ClassKind::Class | bytecode::ClassKind::Record)
                && matches!(info.actor, ActorPart::None);
            if !is_plain || (info.superclass_path.is_some() && info.super_local.is_none()) {
                return true;
            }
            class = info.super_local;
        }
        false
    }

    /// Whether a class is another one or extends it. Circles were reported before.
    fn is_below(&self, class: usize, other: usize) -> bool {
        let mut class = Some(class);
        for _ in 0..=self.classes.len() {
            match class {
                Some(index) if index == other => return true,
                Some(index) => class = self.classes[index].super_local,
                None => return false,
            }
        }
        false
    }

    fn described(&self, classes: &[ClassRef]) -> String {
        let name = |class: &ClassRef| match class {
            ClassRef::Builtin(name) | ClassRef::Import { name, .. } => name.clone(),
            ClassRef::Local(index) => {
                self.known_class(*index).map_or(String::new(), |class| self.classes[class].name.to_string())
            }
        };
        classes.iter().map(name).collect::<Vec<_>>().join(" | ")
    }
}

struct Parameter {
    name: base::Name,
    spec: Option<TypeSpec>,
}

fn builtin(name: &str) -> ClassRef {
    ClassRef::Builtin(name.to_string())
}

fn is_leaf(name: &str) -> bool {
    leaf(name).is_some()
}

/// The name of a builtin class without subclasses.
pub(super) fn leaf(name: &str) -> Option<&'static str> {
    LEAVES.iter().copied().find(|leaf| *leaf == name)
}

/// Names in the annotations of a class of another module may mean other things there.
fn is_in_sight(info: &ClassInfo<'_>, module: usize) -> bool {
    info.module == module && matches!(info.actor, ActorPart::None)
}

/// `Int` or `Float`, where a value is that alone.
fn number(known: &[ClassRef]) -> Option<&str> {
    match known {
        [ClassRef::Builtin(name)] if name == "Int" || name == "Float" => Some(name),
        _ => None,
    }
}

/// The class of a value that is written out.
fn literal_class(value: &ast::Expr) -> Option<&'static str> {
    Some(match &value.kind {
        ExprKind::Nil => "Nil",
        ExprKind::Bool(_) => "Bool",
        ExprKind::Template(_) => "String",
        ExprKind::List(_) => "List",
        ExprKind::Set(_) => "Set",
        ExprKind::Tuple { .. } => "Tuple",
        ExprKind::Map(_) => "Map",
        ExprKind::Range { .. } => "Range",
        _ => return crate::analyze::literal(value).as_ref().and_then(constant_class),
    })
}

fn constant_class(constant: &Constant) -> Option<&'static str> {
    Some(match constant {
        Constant::Int(_) | Constant::BigInt(_) => "Int",
        Constant::Float(_) => "Float",
        Constant::Char(_) => "Char",
        Constant::Str(_) => "String",
        Constant::Symbol(_) => "Symbol",
        Constant::Bytes(_) => "Bytes",
        Constant::Regex(_) => "Regex",
        _ => return None,
    })
}
