//! The bodies of classes: methods, statics, constructors, and what is checked about fields.

use bytecode::{ClassKind, Constant, FieldDef, MethodDef, Op, function_flag};
use diag::{Code as ErrorCode, Diagnostic};
use syntax::ast::{self, ExprKind, Method, MethodKind};

use super::Lowerer;
use super::classes::{ActorPart, method_name};
use super::construct::PACKED_INIT;
use super::function::{Content, Definition};
use super::scope::Role;
use crate::form::{Inst, Reg};
use crate::interface::FIELDS_METHOD;
use crate::nearest::nearest;

impl<'a> Lowerer<'a, '_> {
    /// Lowers everything in a class.
    pub fn class_body(&mut self, class: usize) {
        let info = &self.classes[class];
        let (kind, singleton, index) = (info.kind, info.singleton, info.index as usize);
        let mut definition = bytecode::ClassDef {
            name: info.name.to_string(),
            kind,
            superclass: info.superclass.clone(),
            traits: info.traits.clone(),
            fields: info
                .fields
                .iter()
                .map(|field| FieldDef { name: field.name.to_string(), set_once: field.set_once })
                .collect(),
            methods: Vec::new(),
            statics: info.statics.iter().map(|field| field.name.name.to_string()).collect(),
            constructor: None,
            singleton,
            doc: info.doc.map(ToString::to_string).unwrap_or_default(),
            span: (info.span.start, info.span.end),
        };
        for method in self.classes[class].methods.clone() {
            match self.classes[class].actor {
                ActorPart::Handle(state) if method.kind != MethodKind::Static => {
                    let function = self.handle_method(class, state, method);
                    definition.methods.push(hidden_method(method_name(method), function));
                }
                _ => self.method(class, method, &mut definition.methods),
            }
        }
        if let ActorPart::Handle(state) = self.classes[class].actor {
            self.handle_members(class, state, &mut definition.methods);
        }
        let makes = matches!(kind, ClassKind::Class | ClassKind::Record | ClassKind::Actor);
        if makes && !singleton {
            definition.constructor = Some(self.constructor(class));
            let has_with = self.classes[class].methods.iter().any(|method| method.name.name == "with");
            if kind == ClassKind::Record && !has_with {
                let function = self.with_method(class);
                definition.methods.push(hidden_method("with", function));
            }
            if kind == ClassKind::Class
                && let Some(function) = self.fields_method(class)
            {
                definition.methods.push(hidden_method(FIELDS_METHOD, function));
            }
        }
        self.unit.classes[index] = definition;
        self.statics(class);
    }

    fn method(&mut self, class: usize, method: &'a Method, methods: &mut Vec<MethodDef>) {
        let name = method_name(method).to_string();
        let is_static = method.kind == MethodKind::Static;
        let definition = MethodDef {
            name: name.clone(),
            function: None,
            is_static,
            is_cast: method.kind == MethodKind::Cast,
        };
        if !is_static
            && self.classes[class].interface.fields.iter().any(|field| field.name == name)
            && method.kind == MethodKind::Get
        {
            let message = format!("`{name}` is a field and a getter");
            self.error(ErrorCode::DuplicateDefinition, method.name.span, message);
        }
        let Some(body) = &method.body else {
            methods.push(definition);
            return;
        };
        let function = self.method_function(class, method, &name, body, false);
        methods.push(MethodDef { function: Some(function), ..definition });
        let rest =
            method.signature.params.last().is_some_and(|last| matches!(last.kind, ast::ParamKind::Rest(_)));
        if name == "init" && rest {
            let packed = self.method_function(class, method, &name, body, true);
            methods.push(hidden_method(PACKED_INIT, packed));
        }
    }

    fn method_function(
        &mut self,
        class: usize,
        method: &'a Method,
        name: &str,
        body: &'a ast::Body,
        packed: bool,
    ) -> u32 {
        let index = self.reserve_function();
        let getter = if method.kind == MethodKind::Get { function_flag::GETTER } else { 0 };
        let full_name = format!("{}.{}", self.classes[class].name, method.name.name);
        let private = if name.starts_with('_') { function_flag::PRIVATE } else { 0 };
        let definition = Definition {
            signature: Some(&method.signature),
            class: Some(class),
            member: Some(method.kind),
            has_self: method.kind != MethodKind::Static,
            flags: getter | private,
            doc: method.doc.as_ref(),
            packed,
            ..Definition::new(full_name, Content::of(body), Role::Linked("a method"), method.span)
        };
        let captured = self.function(index, definition);
        debug_assert!(captured.is_empty(), "a method captures nothing");
        index
    }

    /// Statics get their values where the class stands.
    fn statics(&mut self, class: usize) {
        for field in self.classes[class].statics.clone() {
            let top = self.build().top();
            let span = self.build().set_span(field.span);
            let holder = self.build().allocate();
            let reference = self.classes[class].reference();
            self.build().load_constant(holder, Constant::Class(reference));
            let value = match &field.default {
                Some(default) => self.fresh(default),
                None => {
                    let message = format!("the static `{}` needs a value", field.name.name);
                    self.error(ErrorCode::StaticWithoutValue, field.name.span, message);
                    holder
                }
            };
            if let Some(annotation) = &field.annotation {
                let spec = self.type_spec(annotation, &format!("the static `{}`", field.name.name));
                self.check_annotation(Some(&spec), value);
            }
            let name = self.build().constant(Constant::Symbol(field.name.name.to_string()));
            self.build().emit(Inst::new(Op::SetStatic).a(holder).b(value).d(name));
            self.build().restore_span(span);
            self.build().release(top);
        }
    }

    /// A field of `self` that the class does not have, where the whole chain is known.
    pub fn check_own_field(&mut self, object: &ast::Expr, name: &ast::Ident) {
        if !matches!(object.kind, ExprKind::SelfValue) {
            return;
        }
        let Some(class) = self.context().class else { return };
        let info = &self.classes[class];
        if info.kind == ClassKind::Trait || info.kind == ClassKind::Extension || self.in_static() {
            return;
        }
        if info.has_member(&name.name) {
            return;
        }
        let message = format!("`{}` has no field `{}`", info.name, name.name);
        let known: Vec<String> = info.interface.fields.iter().map(|field| field.name.clone()).collect();
        let mut diagnostic = Diagnostic::new(ErrorCode::UnknownField, name.span, message);
        if let Some(meant) = nearest(&name.name, known.iter().map(String::as_str)) {
            diagnostic = diagnostic.hint(format!("did you mean `{meant}`?"));
        } else {
            diagnostic = diagnostic.hint(format!("fields are declared in the class: `{}`", name.name));
        }
        self.report(diagnostic);
    }

    fn in_static(&self) -> bool {
        self.contexts.iter().rev().find_map(|context| context.member) == Some(MethodKind::Static)
    }

    /// An annotated field is checked when `self.field` is assigned to.
    pub fn check_own_field_type(&mut self, object: &ast::Expr, name: &ast::Ident, register: Reg) {
        if !matches!(object.kind, ExprKind::SelfValue) {
            return;
        }
        let mut class = self.context().class;
        while let Some(number) = class {
            let field = self.classes[number].fields.iter().find(|field| field.name == name.name).cloned();
            if let Some(field) = field {
                if let Some(annotation) = field.annotation {
                    let spec = self.type_spec(annotation, &format!("the field `{}`", field.name));
                    self.check_annotation(Some(&spec), register);
                }
                return;
            }
            class = self.classes[number].super_local;
        }
    }
}

pub fn hidden_method(name: &str, function: u32) -> MethodDef {
    MethodDef { name: name.to_string(), function: Some(function), is_static: false, is_cast: false }
}
