//! Actors. An `actor` becomes two classes: a hidden one whose instance is the state, and the one that its name stands
//! for, whose values are handles: a pid (or a name) and the time a call may take.
//!
//! A method of a handle packs its arguments and calls the library, which sends them to the process; the method of the
//! state runs there. Inside the methods of the state, fields are names, `self` is the handle, and `self.f()` is an
//! ordinary call. Defaults are left to the method itself: arguments behind a missing one travel by name.

use bytecode::{ClassKind, ClassRef, Constant, MethodDef, Op, Param, function_flag};
use diag::{Code as ErrorCode, Span};
use syntax::ast::{self, Method, MethodKind};

use super::Lowerer;
use super::builder::{Builder, Special};
use super::class_body::hidden_method;
use super::classes::{ActorPart, ClassInfo, OwnField, blank, method_name};
use super::function::signature_named;
use super::scope::{Context, Role};
use crate::form::{BlockId, Inst, Reg};
use crate::interface::Signature;

/// Methods that every handle has; an actor cannot define them.
const HANDLE_METHODS: [&str; 4] = ["send", "stop", "pid", "with_timeout"];
/// What an actor defines for its process, not for its callers.
const HOOKS: [&str; 3] = ["init", "terminate", "handle"];
/// The options that `start` takes besides the arguments of `init`.
const START_OPTIONS: [&str; 4] = ["link", "monitor", "name", "limits"];

/// How long a call waits, unless its handle says otherwise.
const CALL_TIMEOUT_MS: i64 = 5_000;

impl<'a> Lowerer<'a, '_> {
    /// Notes both classes of an actor; only the handle's has a name.
    pub fn collect_actor(
        &mut self,
        item: &'a ast::Item,
        actor: &'a ast::Actor,
    ) -> Vec<(base::Name, usize, Span)> {
        let number = self.classes.len();
        let name = &actor.name;
        let part = |info: &mut ClassInfo<'a>| {
            info.name = name.name.clone();
            info.name_span = name.span;
            info.trait_paths = actor.traits.iter().collect();
        };
        let (mut handle, mut state) = (blank(item, self.module), blank(item, self.module));
        part(&mut handle);
        part(&mut state);
        self.collect_members(&mut state, &actor.members);
        handle.kind = ClassKind::Actor;
        handle.superclass = Some(ClassRef::Builtin("Actor".to_string()));
        handle.fields = ["pid", "timeout"].map(|field| hidden_field(field, name.span)).to_vec();
        handle.statics = std::mem::take(&mut state.statics);
        let methods = std::mem::take(&mut state.methods);
        let is_static = |method: &&'a Method| method.kind == MethodKind::Static;
        let is_open = |method: &&'a Method| {
            is_static(method) || !HOOKS.contains(&&*method.name.name) && !method.name.name.starts_with('_')
        };
        handle.methods = methods.iter().copied().filter(is_open).collect();
        state.methods = methods.iter().copied().filter(|method| !is_static(method)).collect();
        handle.actor = ActorPart::Handle(number + 1);
        state.actor = ActorPart::State(number);
        for method in &methods {
            if HANDLE_METHODS.contains(&&*method.name.name) {
                let message =
                    format!("every handle has a method `{}`, which stays as it is", method.name.name);
                self.error(ErrorCode::DuplicateDefinition, method.name.span, message);
            }
        }
        self.classes.push(handle);
        self.classes.push(state);
        vec![(name.name.clone(), number, name.span)]
    }

    // Handles.

    /// A method of a handle: it packs its arguments and sends them.
    pub fn handle_method(&mut self, handle: usize, state: usize, method: &'a Method) -> u32 {
        let signature = signature_named(method.name.name.to_string(), &method.signature);
        let builtin = if method.kind == MethodKind::Cast { "__actor_cast" } else { "__actor_call" };
        let callee = Constant::Method {
            class: self.classes[state].reference(),
            name: method_name(method).to_string(),
        };
        let name = format!("{}.{}", self.classes[handle].name, method.name.name);
        let span = method.span;
        self.stub(handle, &name, span, true, &signature, |lowerer, list, map| {
            let result = lowerer.build().allocate();
            lowerer.call_builtin(builtin, result, |lowerer, first| {
                lowerer.build().copy(first, 0);
                lowerer.build().load_constant(first + 1, callee);
                lowerer.build().copy(first + 2, list);
                lowerer.build().copy(first + 3, map);
                4
            });
            result
        })
    }

    /// What every handle class has: `start` and its plain form, `of`, and a copy with another timeout.
    pub fn handle_members(&mut self, handle: usize, state: usize, methods: &mut Vec<MethodDef>) {
        let own = |lowerer: &Self, name: &str| {
            let methods = &lowerer.classes[handle].methods;
            methods.iter().any(|method| method.kind == MethodKind::Static && method.name.name == name)
        };
        let constant_method =
            |name: &str, function| MethodDef { is_static: true, ..hidden_method(name, function) };
        let plain = self.plain_start(handle, state);
        methods.push(constant_method("__start", plain));
        if !own(self, "start") {
            let start = self.start(handle, state);
            methods.push(constant_method("start", start));
        }
        if !own(self, "of") {
            let of = self.handle_of(handle);
            methods.push(constant_method("of", of));
        }
        let with = self.with_method(handle);
        methods.push(hidden_method("__with", with));
    }

    /// `__start(arguments, named, options)`: what a supervisor calls.
    fn plain_start(&mut self, handle: usize, state: usize) -> u32 {
        let params = ["arguments", "named", "options"];
        let params = params.map(|name| Param { name: name.to_string(), optional: false });
        let signature = Signature { params: params.to_vec(), ..Signature::default() };
        let name = format!("{}.__start", self.classes[handle].name);
        let span = self.classes[handle].name_span;
        self.stub_of(handle, &name, span, false, &signature, |lowerer| {
            let result = lowerer.build().allocate();
            lowerer.start_actor(handle, state, result, [0, 1, 2]);
            result
        })
    }

    /// `start(...)`: the arguments of `init`, then the options of `spawn`.
    fn start(&mut self, handle: usize, state: usize) -> u32 {
        let mut signature = self.classes[state].interface.signature.clone().unwrap_or_default();
        let own = signature.params.len();
        if !signature.rest {
            let taken: Vec<String> = signature.params.iter().map(|param| param.name.clone()).collect();
            let free = START_OPTIONS.iter().filter(|name| !taken.iter().any(|known| known == *name));
            let options = free.map(|name| Param { name: (*name).to_string(), optional: true });
            signature.params.extend(options);
        }
        let name = format!("{}.start", self.classes[handle].name);
        let span = self.classes[handle].name_span;
        let mut inits = signature.clone();
        inits.params.truncate(own);
        self.stub_of(handle, &name, span, false, &signature, |lowerer| {
            let (list, map) = lowerer.pack(&inits, 0);
            let options = lowerer.build().allocate();
            lowerer.build().emit(Inst::new(Op::NewMap).a(options).c(0));
            for at in own..signature.params.len() {
                let next = lowerer.build().new_block();
                lowerer.put_if_given(options, at as Reg, &signature.params[at].name, next);
                lowerer.build().place(next);
            }
            let result = lowerer.build().allocate();
            lowerer.start_actor(handle, state, result, [list, map, options]);
            result
        })
    }

    fn start_actor(&mut self, handle: usize, state: usize, to: Reg, given: [Reg; 3]) {
        let has = |lowerer: &Self, name: &str| {
            let methods = &lowerer.classes[state].interface.methods;
            methods.iter().any(|(known, is_abstract)| known == name && !is_abstract)
        };
        let hooks = i64::from(has(self, "terminate")) + 2 * i64::from(has(self, "handle"));
        let classes = [handle, state].map(|class| Constant::Class(self.classes[class].reference()));
        let [handle, state] = classes;
        self.call_builtin("__actor_start", to, |lowerer, first| {
            lowerer.build().load_constant(first, handle);
            lowerer.build().load_constant(first + 1, state);
            for (at, register) in given.into_iter().enumerate() {
                lowerer.build().copy(first + 2 + at as Reg, register);
            }
            lowerer.build().load_constant(first + 5, Constant::Int(hooks));
            6
        });
    }

    /// `of(pid)`: the handle of a process that runs this actor, by its pid or name.
    fn handle_of(&mut self, handle: usize) -> u32 {
        let params = vec![Param { name: "process".to_string(), optional: false }];
        let signature = Signature { params, ..Signature::default() };
        let name = format!("{}.of", self.classes[handle].name);
        let span = self.classes[handle].name_span;
        self.stub_of(handle, &name, span, false, &signature, |lowerer| {
            let result = lowerer.build().allocate();
            lowerer.new_handle(handle, 0, result);
            result
        })
    }

    /// A handle of the process in a register.
    pub fn new_handle(&mut self, handle: usize, pid: Reg, to: Reg) {
        let reference = self.classes[handle].reference();
        let constant = self.build().constant(Constant::Class(reference));
        let top = self.build().top();
        let timeout = self.build().allocate();
        self.build().load_constant(timeout, Constant::Int(CALL_TIMEOUT_MS));
        self.build().emit(Inst::new(Op::NewObject).a(to).d(constant));
        self.build().emit(Inst::new(Op::SetSlot).a(to).b(pid).c(0));
        self.build().emit(Inst::new(Op::SetSlot).a(to).b(timeout).c(1));
        self.build().release(top);
    }

    // Stubs.

    fn stub(
        &mut self,
        class: usize,
        name: &str,
        span: Span,
        has_self: bool,
        signature: &Signature,
        body: impl FnOnce(&mut Self, Reg, Reg) -> Reg,
    ) -> u32 {
        self.stub_of(class, name, span, has_self, signature, |lowerer| {
            let (list, map) = lowerer.pack(signature, Reg::from(has_self));
            body(lowerer, list, map)
        })
    }

    /// A function that the compiler writes; its parameters stand in the first registers.
    fn stub_of(
        &mut self,
        class: usize,
        name: &str,
        span: Span,
        has_self: bool,
        signature: &Signature,
        body: impl FnOnce(&mut Self) -> Reg,
    ) -> u32 {
        let index = self.reserve_function();
        let builder = Builder::new(name, (span.start, span.end));
        let mut context = Context::new(builder, Role::Linked("an actor"));
        context.class = Some(class);
        self.contexts.push(context);
        if has_self {
            self.build().code.params.push(Param { name: "self".to_string(), optional: false });
            self.build().code.flags |= function_flag::METHOD;
        }
        self.build().code.flags |= function_flag::HIDDEN;
        self.build().code.params.extend(signature.params.iter().cloned());
        if signature.rest {
            self.build().code.flags |= function_flag::REST;
        }
        self.build().allocate_many(signature.params.len() as Reg + Reg::from(has_self));
        let result = body(self);
        self.build().end(Inst::new(Op::Return).a(result));
        self.finish_function(index, span);
        index
    }

    /// Packs parameters, which stand in registers from `first` on, into a list and a map; the map is nil where nothing
    /// is missing in between. What stands behind a missing one goes by its name.
    fn pack(&mut self, signature: &Signature, first: Reg) -> (Reg, Reg) {
        let params = &signature.params;
        let plain = params.len() - usize::from(signature.rest && !params.is_empty());
        let required = params.iter().take(plain).position(|param| param.optional).unwrap_or(plain);
        let list = self.build().allocate();
        let map = self.build().allocate();
        self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
        self.build().load_special(map, Special::Nil);
        for at in 0..required {
            self.build().emit(Inst::new(Op::ListPush).a(list).b(first + at as Reg));
        }
        let done = self.build().new_block();
        let gaps: Vec<BlockId> = (required..plain).map(|_| self.build().new_block()).collect();
        for (at, gap) in (required..plain).zip(&gaps) {
            let register = first + at as Reg;
            let given = self.build().new_block();
            self.build().branch(Op::JumpIfSet, register, given, *gap);
            self.build().place(given);
            self.build().emit(Inst::new(Op::ListPush).a(list).b(register));
        }
        if signature.rest {
            let ignored = self.build().allocate();
            self.call_builtin("__list_extend", ignored, |lowerer, window| {
                lowerer.build().copy(window, list);
                lowerer.build().copy(window + 1, first + plain as Reg);
                2
            });
            self.build().release(ignored);
        }
        self.build().jump(done);
        for (at, gap) in (required..plain).zip(&gaps) {
            self.build().place(*gap);
            self.build().emit(Inst::new(Op::NewMap).a(map).c(0));
            self.named_rest(map, first, params, at + 1, plain);
            self.build().jump(done);
        }
        self.build().place(done);
        (list, map)
    }

    fn named_rest(&mut self, map: Reg, first: Reg, params: &[Param], from: usize, to: usize) {
        for (at, param) in params.iter().enumerate().take(to).skip(from) {
            let next = self.build().new_block();
            self.put_if_given(map, first + at as Reg, &param.name, next);
            self.build().place(next);
        }
    }

    fn put_if_given(&mut self, map: Reg, register: Reg, name: &str, next: BlockId) {
        let given = self.build().new_block();
        self.build().branch(Op::JumpIfSet, register, given, next);
        self.build().place(given);
        let key = self.build().allocate();
        self.load_text(key, name);
        self.build().emit(Inst::new(Op::MapPut).a(map).b(key).cr(register));
        self.build().release(key);
    }
}

fn hidden_field<'a>(name: &str, span: Span) -> OwnField<'a> {
    OwnField { name: base::Name::from(name), span, annotation: None, default: None, set_once: true }
}
