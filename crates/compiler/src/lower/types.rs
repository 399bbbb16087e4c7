//! Annotations and the right side of `is`.

use bytecode::{ClassRef, Constant, Op, TypeSpec};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{Ident, Path, Type, TypeKind};

use super::foreign::foreign_type;
use super::names::Resolved;
use super::{Global, Lowerer};
use crate::form::{Inst, Reg};
use crate::interface::{ExportInterface, PreludeItem};
use crate::nearest::nearest;

impl<'a> Lowerer<'a, '_> {
    /// What an annotation accepts.
    pub fn type_spec(&mut self, annotation: &Type, subject: &str) -> TypeSpec {
        let mut any_of = Vec::new();
        self.collect_type(annotation, &mut any_of);
        TypeSpec { any_of, text: self.text(annotation.span), subject: subject.to_string() }
    }

    fn collect_type(&mut self, annotation: &Type, any_of: &mut Vec<ClassRef>) {
        match &annotation.kind {
            TypeKind::Nil => any_of.push(ClassRef::Builtin("Nil".to_string())),
            TypeKind::Union(types) => types.iter().for_each(|part| self.collect_type(part, any_of)),
            TypeKind::Error => self.broken = true,
            TypeKind::Path { path, arguments } => {
                if let Some(class) = self.class_of_path(path) {
                    any_of.push(class);
                } else {
                    self.report_unknown_type(path, "a type");
                }
                let mut ignored = Vec::new();
                arguments.iter().for_each(|argument| self.collect_type(argument, &mut ignored));
            }
        }
    }

    /// The class or trait that a path names, if it names one for certain.
    pub fn class_of_path(&mut self, path: &Path) -> Option<ClassRef> {
        match self.class_global(path)? {
            ClassName::Local(class) => Some(self.classes[class].reference()),
            ClassName::Imported { import, name, .. } => Some(ClassRef::Import { import, name }),
            ClassName::Builtin(name) => Some(ClassRef::Builtin(name)),
        }
    }

    pub fn class_global(&mut self, path: &Path) -> Option<ClassName> {
        let (last, front) = path.segments.split_last()?;
        if front.is_empty() {
            return match self.try_resolve(last)? {
                Resolved::Global(Global::Class(class)) => Some(ClassName::Local(class)),
                Resolved::Global(Global::Imported { import, name, item: ExportInterface::Class(class) }) => {
                    Some(ClassName::Imported { import, name, interface: class })
                }
                Resolved::Prelude(PreludeItem::Class { .. }) => {
                    Some(ClassName::Builtin(last.name.to_string()))
                }
                _ => None,
            };
        }
        match self.member_of_path(front, last)? {
            Global::Class(class) => Some(ClassName::Local(class)),
            Global::Imported { import, name, item: ExportInterface::Class(class) } => {
                Some(ClassName::Imported { import, name, interface: class })
            }
            _ => None,
        }
    }

    /// Reports a path that names no type: `what` says what was looked for.
    pub fn report_unknown_type(&mut self, path: &Path, what: &str) {
        let text = path_text(path);
        let diagnostic =
            Diagnostic::new(ErrorCode::UnknownType, path.span, format!("`{text}` is not {what}"));
        let hint = foreign_type(&text).map(str::to_string).or_else(|| {
            let without = text.strip_suffix('?').map(|name| format!("write `{name} | Nil`"));
            without.or_else(|| self.nearest_type(&text).map(|meant| format!("did you mean `{meant}`?")))
        });
        self.report(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    fn nearest_type(&self, text: &str) -> Option<String> {
        let mut known: Vec<String> = self.classes.iter().map(|class| class.name.to_string()).collect();
        known.extend(
            self.environment.prelude_names().into_iter().filter(|name| base::Name::new(name).is_upper()),
        );
        nearest(text, known.iter().map(String::as_str))
    }

    /// Throws a TypeError at run time unless the register holds what the annotation accepts.
    pub fn check_annotation(&mut self, annotation: Option<&TypeSpec>, register: Reg) {
        if let Some(spec) = annotation {
            let constant = self.build().constant(Constant::Type(spec.clone()));
            self.build().emit(Inst::new(Op::CheckType).a(register).d(constant));
        }
    }

    /// `to = register is T`. A name that is no type for certain is asked at run time.
    pub fn is_type(&mut self, register: Reg, annotation: &Type, to: Reg) {
        if let TypeKind::Path { path, .. } = &annotation.kind
            && let [name] = path.segments.as_slice()
            && self.class_of_path(path).is_none()
            && let Some(resolved) = self.try_resolve(name)
        {
            let top = self.build().top();
            let class = self.build().allocate();
            self.load_resolved(&resolved, name, class);
            self.build().emit(Inst::new(Op::Is).a(to).b(register).cr(class));
            self.build().release(top);
            return;
        }
        let spec = self.type_spec(annotation, "the value");
        self.is_spec(register, spec, to);
    }

    pub fn is_spec(&mut self, register: Reg, spec: TypeSpec, to: Reg) {
        let constant = self.build().constant(Constant::Type(spec));
        self.build().emit(Inst::new(Op::IsConst).a(to).b(register).d(constant));
    }
}

/// A class by where it is known from.
pub enum ClassName {
    Local(usize),
    Imported { import: u32, name: String, interface: crate::interface::ClassInterface },
    Builtin(String),
}

pub fn path_text(path: &Path) -> String {
    let names: Vec<&str> = path.segments.iter().map(|segment: &Ident| segment.name.as_str()).collect();
    names.join(".")
}
