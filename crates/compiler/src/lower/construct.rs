//! Construction: the function behind `C(...)`, field defaults, and `super.init` of a class without `init`.

use bytecode::{ClassKind, ClassRef, Constant, Op, Param, function_flag};
use diag::Code as ErrorCode;
use syntax::ast::{self, Argument};

use super::Lowerer;
use super::builder::{Builder, Special};
use super::classes::OwnField;
use super::expr::Dst;
use super::names::Resolved;
use super::scope::{Context, Role};
use crate::form::{Inst, Reg};
use crate::interface::{ClassInterface, FIELDS_METHOD, Signature};

/// The parameters of a class without `init`: its fields, of errors without the trace and with the cause last.
pub fn field_params(class: &ClassInterface) -> Vec<Param> {
    let param = |(_, field): (usize, &crate::interface::FieldInterface)| Param {
        name: field.name.clone(),
        optional: field.optional,
    };
    order_of_params(class).into_iter().map(|at| param((at, &class.fields[at]))).collect()
}

/// Which field each parameter fills.
fn order_of_params(class: &ClassInterface) -> Vec<usize> {
    let all = 0..class.fields.len();
    if !class.is_error {
        return all.collect();
    }
    let mut order: Vec<usize> = all.filter(|&at| at != 1 && at != 2).collect();
    order.push(1);
    order
}

impl<'a> Lowerer<'a, '_> {
    /// Makes the constructor of a class.
    pub fn constructor(&mut self, class: usize) -> u32 {
        let index = self.reserve_function();
        let info = &self.classes[class];
        let (name, span) = (info.name.to_string(), info.span);
        let signature = info.interface.signature.clone().unwrap_or_default();
        let mut context =
            Context::new(Builder::new(&name, (span.start, span.end)), Role::Linked("a field default"));
        context.class = Some(class);
        self.contexts.push(context);
        self.build().code.params = signature.params.clone();
        if signature.rest {
            self.build().code.flags |= function_flag::REST;
        }
        self.build().code.flags |= function_flag::HIDDEN;
        let first = self.build().allocate_many(signature.params.len() as Reg);
        let object = self.build().allocate();
        let reference = self.classes[class].reference();
        let constant = self.build().constant(Constant::Class(reference));
        self.build().emit(Inst::new(Op::NewObject).a(object).d(constant));
        self.declare_hidden("self", object, span);
        if self.classes[class].interface.has_init {
            self.fill_all_defaults(class, object);
            self.call_init(class, object, first, &signature);
        } else {
            self.fill_fields(class, object, first);
        }
        let interface = &self.classes[class].interface;
        let own_code = self.own_field(class, 0).is_none() && !interface.is_error;
        if interface.has_init || own_code {
            // Code that is not seen here may have left a field out.
            self.build().emit(Inst::new(Op::CheckInit).a(object));
        }
        self.build().end(Inst::new(Op::Return).a(object));
        self.finish_function(index, span);
        index
    }

    /// Every field gets its argument or its default.
    fn fill_fields(&mut self, class: usize, object: Reg, first: Reg) {
        let interface = self.classes[class].interface.clone();
        let order = order_of_params(&interface);
        self.fill_error_trace(&interface, object);
        let mut foreign = false;
        for at in 0..interface.fields.len() {
            let Some(param) = order.iter().position(|&field| field == at) else { continue };
            let register = first + param as Reg;
            let field = self.own_field(class, at);
            if let Some(field) = &field {
                let outer = self.module;
                self.module =
                    self.class_of_field(class, at).map_or(outer, |owner| self.classes[owner].module);
                if let Some(default) = field.default {
                    self.fill_default(default, register);
                }
                self.check_field(field, register);
                self.module = outer;
                self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
                if self.classes[class].kind == ClassKind::Record {
                    // Defaults of a record see the parameters before them.
                    self.declare_hidden(&field.name, register, field.span);
                }
            } else if interface.is_error && at <= 1 {
                self.fill_error_field(at, register);
                self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
            } else {
                foreign |= interface.fields[at].optional;
                self.set_if_given(object, register, at);
            }
        }
        if foreign {
            self.call_foreign_defaults(class, object);
        }
    }

    fn set_if_given(&mut self, object: Reg, register: Reg, at: usize) {
        let (given, missing) = (self.build().new_block(), self.build().new_block());
        self.build().branch(Op::JumpIfSet, register, given, missing);
        self.build().place(given);
        self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
        self.build().place(missing);
    }

    /// A missing message is empty, a missing cause nil.
    fn fill_error_field(&mut self, at: usize, register: Reg) {
        let (given, missing) = (self.build().new_block(), self.build().new_block());
        self.build().branch(Op::JumpIfSet, register, given, missing);
        self.build().place(missing);
        if at == 0 {
            self.load_text(register, "");
        } else {
            self.build().load_special(register, Special::Nil);
        }
        self.build().place(given);
    }

    fn fill_error_trace(&mut self, interface: &ClassInterface, object: Reg) {
        if interface.is_error {
            let top = self.build().top();
            let register = self.build().allocate();
            self.build().load_special(register, Special::Nil);
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(2));
            self.build().release(top);
        }
    }

    fn check_field(&mut self, field: &OwnField<'a>, register: Reg) {
        if let Some(annotation) = field.annotation {
            let spec = self.type_spec(annotation, &format!("the field `{}`", field.name));
            self.check_annotation(Some(&spec), register);
        }
    }

    /// The declaration of field number `at`, where a class of this unit declares it.
    fn own_field(&self, class: usize, at: usize) -> Option<OwnField<'a>> {
        let owner = self.class_of_field(class, at)?;
        let info = &self.classes[owner];
        let inherited = info.interface.fields.len() - info.fields.len();
        info.fields.get(at.checked_sub(inherited)?).cloned()
    }

    fn class_of_field(&self, class: usize, at: usize) -> Option<usize> {
        let mut current = Some(class);
        while let Some(number) = current {
            let info = &self.classes[number];
            let inherited = info.interface.fields.len() - info.fields.len();
            if at >= inherited {
                return Some(number);
            }
            current = info.super_local;
        }
        None
    }

    /// Defaults of the whole chain, from the top, before `init` runs.
    fn fill_all_defaults(&mut self, class: usize, object: Reg) {
        let interface = self.classes[class].interface.clone();
        self.fill_error_trace(&interface, object);
        if interface.is_error {
            let top = self.build().top();
            let register = self.build().allocate();
            self.load_text(register, "");
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(0));
            self.build().load_special(register, Special::Nil);
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(1));
            self.build().release(top);
        }
        self.call_foreign_defaults(class, object);
        for at in 0..interface.fields.len() {
            let Some(field) = self.own_field(class, at) else { continue };
            let Some(default) = field.default else { continue };
            let top = self.build().top();
            let outer = self.module;
            self.module = self.class_of_field(class, at).map_or(outer, |owner| self.classes[owner].module);
            let register = self.fresh(default);
            self.check_field(&field, register);
            self.module = outer;
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
            self.build().release(top);
        }
    }

    /// Lets the imported class above fill its own fields.
    fn call_foreign_defaults(&mut self, class: usize, object: Reg) {
        let mut top_class = class;
        while let Some(above) = self.classes[top_class].super_local {
            top_class = above;
        }
        let Some(foreign @ ClassRef::Import { .. }) = self.classes[top_class].superclass.clone() else {
            return;
        };
        let interface = &self.classes[top_class].interface;
        if !interface.methods.iter().any(|(name, _)| name == FIELDS_METHOD) {
            return;
        }
        self.call_method_of(foreign, FIELDS_METHOD, |lowerer, first| {
            lowerer.build().copy(first, object);
            1
        });
    }

    fn call_method_of(&mut self, class: ClassRef, name: &str, fill: impl FnOnce(&mut Self, Reg) -> Reg) {
        let top = self.build().top();
        let window = self.build().allocate_many(3);
        let first = self.build().top();
        let constant = self.build().constant(Constant::Method { class, name: name.to_string() });
        let count = fill(self, first);
        self.build().emit(Inst::new(Op::CallConst).a(window).b(count).d(constant));
        self.build().release(top);
    }

    fn call_init(&mut self, class: usize, object: Reg, first: Reg, signature: &Signature) {
        let reference = self.classes[class].reference();
        // An `init` with a rest parameter has a second form that takes the list as it is.
        let name = if signature.rest { PACKED_INIT } else { "init" };
        let count = signature.params.len() as Reg;
        self.call_method_of(reference, name, |lowerer, into| {
            lowerer.build().allocate_many(count + 1);
            lowerer.build().copy(into, object);
            for at in 0..count {
                lowerer.build().copy(into + 1 + at, first + at);
            }
            count + 1
        });
    }

    /// The hidden method by which subclasses in other modules fill this class's fields.
    pub fn fields_method(&mut self, class: usize) -> Option<u32> {
        let info = &self.classes[class];
        let has_defaults = info.fields.iter().any(|field| field.default.is_some());
        let inherits = info.interface.methods.iter().any(|(name, _)| name == FIELDS_METHOD);
        if !has_defaults && (!inherits || info.interface.is_error) {
            return None;
        }
        let span = info.span;
        let index = self.reserve_function();
        let mut context = Context::new(
            Builder::new(FIELDS_METHOD, (span.start, span.end)),
            Role::Linked("a field default"),
        );
        context.class = Some(class);
        self.contexts.push(context);
        let object = self.build().allocate();
        self.build().code.params = vec![Param { name: "self".to_string(), optional: false }];
        self.build().code.flags |= function_flag::METHOD | function_flag::HIDDEN;
        self.declare_hidden("self", object, span);
        self.call_foreign_defaults(class, object);
        for at in 0..self.classes[class].interface.fields.len() {
            let Some(field) = self.own_field(class, at) else { continue };
            let Some(default) = field.default else { continue };
            let top = self.build().top();
            let register = self.build().allocate();
            let (given, missing) = (self.build().new_block(), self.build().new_block());
            self.build().emit(Inst::new(Op::SlotIsSet).a(register).b(object).c(at as i32));
            self.build().branch(Op::JumpIfTrue, register, given, missing);
            self.build().place(missing);
            self.expr(default, Dst::fresh(register));
            self.check_field(&field, register);
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
            self.build().place(given);
            self.build().release(top);
        }
        self.build().end(Inst::new(Op::ReturnNil));
        self.finish_function(index, span);
        Some(index)
    }

    /// `record.with(field: value)`: a copy with some fields changed.
    pub fn with_method(&mut self, class: usize) -> u32 {
        let index = self.reserve_function();
        let info = &self.classes[class];
        let (name, span) = (format!("{}.with", info.name), info.span);
        let count = info.fields.len() as Reg;
        let builder = Builder::new(&name, (span.start, span.end));
        let mut context = Context::new(builder, Role::Linked("a record"));
        context.class = Some(class);
        self.contexts.push(context);
        let mut params = vec![Param { name: "self".to_string(), optional: false }];
        let fields = self.classes[class].fields.iter();
        params.extend(fields.map(|field| Param { name: field.name.to_string(), optional: true }));
        self.build().code.params = params;
        self.build().code.flags |= function_flag::METHOD;
        let own = self.build().allocate_many(count + 1);
        let object = self.build().allocate();
        let reference = self.classes[class].reference();
        let constant = self.build().constant(Constant::Class(reference));
        self.build().emit(Inst::new(Op::NewObject).a(object).d(constant));
        for at in 0..count {
            let register = own + 1 + at;
            let (given, missing) = (self.build().new_block(), self.build().new_block());
            self.build().branch(Op::JumpIfSet, register, given, missing);
            self.build().place(missing);
            self.build().emit(Inst::new(Op::GetSlot).a(register).b(own).c(i32::from(at)));
            self.build().place(given);
            if let Some(field) = self.own_field(class, usize::from(at)) {
                self.check_field(&field, register);
            }
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(i32::from(at)));
        }
        self.build().end(Inst::new(Op::Return).a(object));
        self.finish_function(index, span);
        index
    }

    // `super.init`.

    /// Whether `super.init(...)` fills fields because no class above has an `init`.
    pub fn fills_super_fields(&self, class: usize) -> bool {
        let info = &self.classes[class];
        match (info.super_local, &info.superclass) {
            (Some(above), _) => !self.classes[above].interface.has_init,
            (None, Some(ClassRef::Builtin(_))) => true,
            (None, Some(ClassRef::Import { .. })) => !self.super_interface(class).has_init,
            (None, Some(ClassRef::Local(_)) | None) => false,
        }
    }

    /// The interface of the class directly above.
    fn super_interface(&self, class: usize) -> ClassInterface {
        let info = &self.classes[class];
        if let Some(above) = info.super_local {
            return self.classes[above].interface.clone();
        }
        let mut interface = info.interface.clone();
        let inherited = interface.fields.len() - info.fields.len();
        interface.fields.truncate(inherited);
        let own_init = info.methods.iter().any(|method| method.name.name == "init");
        if own_init && let Some(ClassRef::Import { import, name }) = &info.superclass {
            interface.has_init = self.imported_has_init(*import, name);
        }
        interface
    }

    fn imported_has_init(&self, import: u32, name: &str) -> bool {
        let modules = self.modules.iter().flat_map(|module| module.names.values());
        for declared in modules {
            match &declared.global {
                super::Global::ImportedModule { import: known, interface, .. } if *known == import => {
                    if let Some(crate::interface::ExportInterface::Class(class)) = interface.get(name) {
                        return class.has_init;
                    }
                }
                super::Global::Imported {
                    import: known,
                    name: item,
                    item: crate::interface::ExportInterface::Class(class),
                } if *known == import && item == name => return class.has_init,
                _ => {}
            }
        }
        false
    }

    pub fn fill_super_fields(
        &mut self,
        class: usize,
        receiver: &Resolved,
        arguments: &'a [Argument],
        span: diag::Span,
    ) {
        let interface = self.super_interface(class);
        let order = order_of_params(&interface);
        let top = self.build().top();
        let object = match self.register_of(receiver) {
            Some(register) => register,
            None => {
                let register = self.build().allocate();
                let ident = ast::Ident::new(base::Name::from("self"), span);
                self.load_resolved(receiver, &ident, register);
                register
            }
        };
        for (position, argument) in arguments.iter().enumerate() {
            let (at, value) = match argument {
                Argument::Positional(value) => (order.get(position).copied(), value),
                Argument::Named { name, value } => {
                    let found = |at: &&usize| interface.fields[**at].name == *name.name;
                    (order.iter().find(found).copied(), value)
                }
                Argument::Spread(value) => {
                    let message = "`super.init` of a class without `init` takes no spread";
                    self.error(ErrorCode::UnknownArgument, value.span, message);
                    continue;
                }
            };
            let Some(at) = at else {
                let message = format!("`{}` has no such field", interface.name);
                self.error(ErrorCode::UnknownArgument, value.span, message);
                continue;
            };
            let register = self.value(value);
            if let Some(field) = self.own_field(class, at) {
                self.check_field(&field, register);
            }
            self.build().emit(Inst::new(Op::SetSlot).a(object).b(register).c(at as i32));
            self.build().release(top.max(object + 1));
        }
        self.build().release(top);
    }

    /// The class or trait in which `super.name` is looked for.
    pub fn super_of(&mut self, class: usize, name: &ast::Ident) -> Option<ClassRef> {
        let info = &self.classes[class];
        let known_above = match info.super_local {
            Some(above) => {
                self.classes[above].interface.methods.iter().any(|(known, _)| *known == *name.name)
            }
            None => info.superclass.is_some(),
        };
        if known_above {
            return info.superclass.clone();
        }
        let from_trait = info.local_traits.iter().find(|&&other| {
            self.classes[other].interface.methods.iter().any(|(known, bare)| *known == *name.name && !bare)
        });
        match from_trait {
            Some(&other) => Some(self.classes[other].reference()),
            None => info.superclass.clone().filter(|_| matches!(&*name.name, "str" | "repr" | "hash" | "==")),
        }
    }
}

/// The form of an `init` with a rest parameter that takes the rest as one list.
pub const PACKED_INIT: &str = "__init_packed";
