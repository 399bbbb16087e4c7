//! Functions: parameters, defaults, captures, and making closures.

use bytecode::{Capture, Constant, Op, Prototype, TypeSpec, function_flag};
use syntax::ast::{self, ExprKind, ParamKind, PatternKind};

use super::Lowerer;
use super::builder::Builder;
use super::expr::Dst;
use super::scope::{Context, Local, LocalKind, Place, Role};
use super::statement::Want;
use super::variables;
use crate::form::{Inst, Reg};
use crate::interface::{Mode, Signature};

/// What is lowered as one function.
pub struct Definition<'a> {
    pub name: String,
    pub signature: Option<&'a ast::Signature>,
    pub body: Content<'a>,
    pub role: Role,
    pub class: Option<usize>,
    pub member: Option<ast::MethodKind>,
    /// The function has `self` as its first parameter.
    pub has_self: bool,
    pub flags: u16,
    pub span: diag::Span,
    pub doc: Option<&'a base::Name>,
    /// The name by which a function that captures calls itself.
    pub own: Option<&'a ast::Ident>,
    /// A rest parameter is an ordinary one that already holds the list.
    pub packed: bool,
}

impl<'a> Definition<'a> {
    /// A function without parameters, in no class, that nobody documents.
    pub fn new(name: String, body: Content<'a>, role: Role, span: diag::Span) -> Definition<'a> {
        Definition {
            name,
            signature: None,
            body,
            role,
            class: None,
            member: None,
            has_self: false,
            flags: 0,
            span,
            doc: None,
            own: None,
            packed: false,
        }
    }
}

#[derive(Clone, Copy)]
pub enum Content<'a> {
    Block(&'a ast::Block),
    Expr(&'a ast::Expr),
}

impl<'a> Content<'a> {
    pub fn of(body: &'a ast::Body) -> Content<'a> {
        match body {
            ast::Body::Block(block) => Content::Block(block),
            ast::Body::Expr(expr) => Content::Expr(expr),
        }
    }
}

/// How a function that is written out is called.
pub fn signature(function: &ast::Function) -> Signature {
    let name = function.name.as_ref().map_or(String::new(), |name| name.name.to_string());
    signature_named(name, &function.signature)
}

pub fn signature_named(name: String, signature: &ast::Signature) -> Signature {
    Signature {
        name,
        params: signature.params.iter().map(param).collect(),
        rest: signature.params.last().is_some_and(|last| matches!(last.kind, ParamKind::Rest(_))),
        positional_only: false,
    }
}

fn param(param: &ast::Param) -> bytecode::Param {
    match &param.kind {
        ParamKind::Rest(name) => bytecode::Param { name: name.name.to_string(), optional: false },
        ParamKind::Pattern { pattern, default, .. } => {
            let name = match &pattern.kind {
                PatternKind::Name { name, .. } | PatternKind::As { name, .. } => name.name.to_string(),
                _ => "_".to_string(),
            };
            bytecode::Param { name, optional: default.is_some() }
        }
    }
}

/// The signature of a closure or function that is bound by a `let`.
pub fn signature_of_value(value: &ast::Expr) -> Option<Signature> {
    match &value.kind {
        ExprKind::Closure(closure) => Some(signature_named(String::new(), &closure.signature)),
        ExprKind::Function(function) => Some(signature(function)),
        _ => None,
    }
}

impl<'a> Lowerer<'a, '_> {
    /// Lowers a function into its reserved place and gives what it captures.
    pub fn function(&mut self, index: u32, definition: Definition<'a>) -> Vec<Capture> {
        let span = (definition.span.start, definition.span.end);
        let mut context = Context::new(Builder::new(&definition.name, span), definition.role);
        let outer = self.contexts.last();
        context.class = definition.class.or_else(|| outer.and_then(|outer| outer.class));
        context.member = definition.member;
        context.generator = definition.signature.is_some_and(|signature| signature.generator);
        context.builder.code.flags = definition.flags | self.flags_of(&definition);
        context.builder.code.doc = definition.doc.map(ToString::to_string).unwrap_or_default();
        self.contexts.push(context);
        self.lower_parameters(&definition);
        if let Some(result) = definition.signature.and_then(|signature| signature.result.as_ref()) {
            let subject = format!("the result of `{}`", definition.name);
            let spec = self.type_spec(result, &subject);
            self.context().result = (!self.context().generator).then_some(spec);
        }
        if self.context().generator {
            // The caller gets the generator; the first run goes on in the next block.
            self.build().emit(Inst::new(Op::GeneratorStart));
        }
        match definition.body {
            Content::Block(block) => self.block(block, Want::Result),
            Content::Expr(expr) => self.tail(expr),
        }
        if self.build().reachable() {
            self.return_nil();
        }
        self.finish_function(index, definition.span)
    }

    /// Ends the innermost context and keeps its code.
    pub fn finish_function(&mut self, index: u32, span: diag::Span) -> Vec<Capture> {
        let Some(context) = self.contexts.pop() else { return Vec::new() };
        if context.builder.overflowed() {
            let name = context.builder.code.name.clone();
            self.report_limit(span, &name, "it is too large or nests too many `finally` blocks");
        }
        if let Some(outer) = self.contexts.len().checked_sub(1) {
            self.contexts[outer].spills.note_captures(index, outer, &context.captures);
        }
        let mut code = context.builder.code;
        if self.keeps_variables() {
            variables::name_captures(&mut code, &context.captures);
        }
        super::tail_calls::take_frames(&mut code);
        context.spills.settle(&mut code);
        code.captures = context.captures.len() as u16;
        self.unit.functions[index as usize] = Some(code);
        context.captures.iter().map(|captured| captured.source).collect()
    }

    fn flags_of(&self, definition: &Definition<'a>) -> u16 {
        let mut flags = 0;
        if let Some(signature) = definition.signature {
            let rest = signature.params.last().is_some_and(|last| matches!(last.kind, ParamKind::Rest(_)));
            if rest && !definition.packed {
                flags |= function_flag::REST;
            }
            if signature.generator {
                flags |= function_flag::GENERATOR;
            }
            if self.options.mode == Mode::Library && calls_a_parameter(signature) {
                flags |= function_flag::SPLIT;
            }
        }
        if definition.has_self {
            flags |= function_flag::METHOD;
        }
        if definition.name.starts_with('_') {
            flags |= function_flag::PRIVATE;
        }
        flags
    }

    fn lower_parameters(&mut self, definition: &Definition<'a>) {
        if definition.has_self {
            let register = self.build().allocate();
            self.build().code.params.push(bytecode::Param { name: "self".to_string(), optional: false });
            self.declare_hidden("self", register, definition.span);
        }
        let params = definition.signature.map(|signature| signature.params.as_slice()).unwrap_or_default();
        if params.len() > 200 {
            self.report_limit(definition.span, &definition.name, "it has more than 200 parameters");
            return;
        }
        let first = self.build().allocate_many(params.len() as Reg);
        for parameter in params {
            let row = param(parameter);
            self.build().code.params.push(row);
        }
        self.check_parameter_names(params);
        if let Some(own) = definition.own {
            let register = self.build().allocate();
            self.build().emit(Inst::new(Op::LoadCallee).a(register));
            self.declare_own(own, register, definition);
        }
        for (index, parameter) in params.iter().enumerate() {
            self.parameter(parameter, first + index as Reg, &definition.name);
        }
    }

    fn declare_own(&mut self, own: &'a ast::Ident, register: Reg, definition: &Definition<'a>) {
        let signature =
            definition.signature.map(|signature| signature_named(definition.name.clone(), signature));
        self.declare(Local {
            name: own.name.clone(),
            mark: own.mark,
            place: Place::Register(register),
            mutable: false,
            assigned: false,
            literal: None,
            classes: None,
            annotation: None,
            signature: signature.map(std::rc::Rc::new),
            result: None,
            kind: LocalKind::Hidden,
            span: own.span,
            top_level: false,
            used: true,
        });
    }

    fn check_parameter_names(&mut self, params: &'a [ast::Param]) {
        let mut names = Vec::new();
        for parameter in params {
            match &parameter.kind {
                ParamKind::Pattern { pattern, .. } => crate::analyze::bound_names(pattern, &mut names),
                ParamKind::Rest(name) => names.push(name),
            }
        }
        for (index, name) in names.iter().enumerate() {
            let earlier =
                names[..index].iter().find(|other| other.name == name.name && other.mark == name.mark);
            if let Some(earlier) = earlier {
                self.report_duplicate(&name.name, name.span, earlier.span);
            }
        }
    }

    fn parameter(&mut self, parameter: &'a ast::Param, register: Reg, function: &str) {
        let span = self.build().set_span(parameter.span);
        match &parameter.kind {
            ParamKind::Rest(name) => self.declare_variable(name, register, LocalKind::Parameter, false, None),
            ParamKind::Pattern { pattern, annotation, default } => {
                if let Some(default) = default {
                    self.fill_default(default, register);
                }
                let mut accepted = None;
                if let Some(annotation) = annotation {
                    let subject = match &pattern.kind {
                        PatternKind::Name { name, .. } => format!("argument `{}` of `{function}`", name.name),
                        _ => format!("an argument of `{function}`"),
                    };
                    let spec = self.type_spec(annotation, &subject);
                    self.check_annotation(Some(&spec), register);
                    accepted = Some(spec);
                }
                self.bind_parameter(pattern, register, accepted);
            }
        }
        self.build().restore_span(span);
    }

    /// Evaluates a default where the argument is missing.
    pub fn fill_default(&mut self, default: &'a ast::Expr, register: Reg) {
        let given = self.build().new_block();
        let missing = self.build().new_block();
        self.build().branch(Op::JumpIfSet, register, given, missing);
        self.build().place(missing);
        self.expr(default, Dst::into(register));
        self.build().place(given);
    }

    fn bind_parameter(&mut self, pattern: &'a ast::Pattern, register: Reg, accepted: Option<TypeSpec>) {
        if let PatternKind::Name { name, annotation: None } = &pattern.kind {
            return self.declare_variable(name, register, LocalKind::Parameter, false, accepted);
        }
        let (fail, bound) = (self.build().new_block(), self.build().new_block());
        self.bind_pattern(pattern, register, fail, false);
        self.build().jump(bound);
        self.build().place(fail);
        self.build().end(Inst::new(Op::MatchError).a(register));
        self.build().place(bound);
    }

    pub fn declare_hidden(&mut self, name: &str, register: Reg, span: diag::Span) {
        self.declare(Local {
            name: base::Name::from(name),
            mark: ast::Mark::default(),
            place: Place::Register(register),
            mutable: false,
            assigned: false,
            literal: None,
            classes: None,
            annotation: None,
            signature: None,
            result: None,
            kind: LocalKind::Hidden,
            span,
            top_level: false,
            used: true,
        });
    }

    /// A function declared in a block, whose place and prototype are reserved already.
    pub fn local_function(
        &mut self,
        function: &'a ast::Function,
        item: &'a ast::Item,
        index: u32,
        prototype: u32,
    ) {
        let captures = prototype != u32::MAX;
        let name = function.name.as_ref().map_or(String::new(), |name| name.name.to_string());
        let definition = Definition {
            signature: Some(&function.signature),
            doc: item.doc.as_ref(),
            own: function.name.as_ref().filter(|_| captures),
            ..Definition::new(name, Content::of(&function.body), Role::Function, item.span)
        };
        let captured = self.function(index, definition);
        if captures {
            self.build().code.prototypes[prototype as usize].captures = captured;
        } else {
            debug_assert!(
                captured.is_empty() || self.broken,
                "a function analysed as constant captures nothing"
            );
        }
    }

    pub fn function_value(&mut self, function: &'a ast::Function, span: diag::Span, to: Reg) {
        let name = function.name.as_ref().map_or_else(String::new, |name| name.name.to_string());
        let definition = Definition::new(name, Content::of(&function.body), Role::Function, span);
        self.closure_of(Definition { signature: Some(&function.signature), ..definition }, to);
    }

    pub fn closure_value(&mut self, closure: &'a ast::Closure, span: diag::Span, to: Reg) {
        let definition = Definition::new(String::new(), Content::Expr(&closure.body), Role::Function, span);
        self.closure_of(Definition { signature: Some(&closure.signature), ..definition }, to);
    }

    /// The value of a function: a constant where it captures nothing.
    pub fn closure_of(&mut self, definition: Definition<'a>, to: Reg) {
        let index = self.reserve_function();
        let captures = self.function(index, definition);
        if captures.is_empty() {
            return self.build().load_constant(to, Constant::Function(index));
        }
        let code = &mut self.build().code;
        code.prototypes.push(Prototype { function: index, captures });
        let prototype = code.prototypes.len() as u32 - 1;
        self.build().emit(Inst::new(Op::Closure).a(to).d(prototype));
    }
}

/// Library functions that take functions get a profile for each call site.
fn calls_a_parameter(signature: &ast::Signature) -> bool {
    const FUNCTION_NAMES: [&str; 6] = ["f", "function", "predicate", "key", "step", "compare"];
    signature.params.iter().any(|parameter| FUNCTION_NAMES.contains(&param(parameter).name.as_str()))
}
