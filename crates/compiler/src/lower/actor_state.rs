//! The inside of an actor: in its methods fields are names, and `self` as a value is the handle.

use bytecode::{Constant, Op};
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast::{self, ExprKind};

use super::Lowerer;
use super::classes::ActorPart;
use super::scope::Role;
use crate::form::{Inst, Reg};

/// What `self.name()` means the handle for.
const OF_THE_HANDLE: [&str; 4] = ["send", "stop", "pid", "with_timeout"];

impl<'a> Lowerer<'a, '_> {
    /// The class of the state, inside the methods of an actor, and that of its handles.
    fn own_actor(&self) -> Option<(usize, usize)> {
        let class = self.contexts.last()?.class?;
        match self.classes[class].actor {
            ActorPart::State(handle) => Some((class, handle)),
            ActorPart::Handle(_) | ActorPart::None => None,
        }
    }

    pub fn in_actor(&self) -> bool {
        self.own_actor().is_some()
    }

    /// Whether the function at this depth is a method of an actor that has a field of this name.
    pub fn is_actor_field(&self, depth: usize, name: &base::Name) -> bool {
        let context = &self.contexts[depth];
        let Some(class) = context.class.filter(|_| matches!(context.role, Role::Linked(_))) else {
            return false;
        };
        let info = &self.classes[class];
        matches!(info.actor, ActorPart::State(_))
            && info.interface.fields.iter().any(|field| field.name == name.as_str())
    }

    /// Reports the use of what belongs to the actor in a process that its method starts.
    fn check_in_own_process(&mut self, span: Span, what: &str, name: &str) {
        let own =
            self.contexts.iter().rposition(|context| matches!(context.role, Role::Linked(_))).unwrap_or(0);
        if !self.contexts.iter().skip(own).any(|context| context.role == Role::Process) {
            return;
        }
        let message = format!("`{name}` is {what}, and this runs in another process");
        let diagnostic = Diagnostic::new(ErrorCode::VariableCrossesProcesses, span, message);
        self.report(diagnostic.hint(format!("bind its value before: `let now = {name}`")));
    }

    /// The instance that holds the state.
    fn state(&mut self, span: Span) -> Reg {
        let Some(resolved) = self.self_value() else { return 0 };
        if let Some(register) = self.register_of(&resolved) {
            return register;
        }
        let register = self.build().allocate();
        let ident = ast::Ident::new(base::Name::from("self"), span);
        self.load_resolved(&resolved, &ident, register);
        register
    }

    /// `self` where a field of it is meant.
    pub fn state_register(&mut self, object: &ast::Expr) -> Option<Reg> {
        if !matches!(object.kind, ExprKind::SelfValue) || !self.in_actor() {
            return None;
        }
        self.check_in_own_process(object.span, "the actor", "self");
        Some(self.state(object.span))
    }

    /// `self` where a method of it is called.
    pub fn state_as_receiver(&mut self, object: &ast::Expr, name: &ast::Ident, to: Reg) -> bool {
        if OF_THE_HANDLE.contains(&&*name.name) {
            return false;
        }
        let Some(state) = self.state_register(object) else { return false };
        self.build().copy(to, state);
        self.build().release(to + 1);
        true
    }

    /// `self` as a value: the handle of the running process.
    pub fn own_handle(&mut self, span: Span, to: Reg) {
        let Some((_, handle)) = self.own_actor() else { return };
        self.check_in_own_process(span, "the actor", "self");
        let top = self.build().top();
        let pid = self.build().allocate();
        self.call_builtin("__self", pid, |_, _| 0);
        let made = self.build().allocate();
        self.new_handle(handle, pid, made);
        self.build().copy(to, made);
        self.build().release(top);
    }

    pub fn load_actor_field(&mut self, name: &base::Name, ident: &ast::Ident, to: Reg) {
        self.check_in_own_process(ident.span, "a field of the actor", name);
        let top = self.build().top();
        let state = self.state(ident.span);
        let key = self.build().constant(Constant::Symbol(name.to_string()));
        self.build().emit(Inst::new(Op::GetField).a(to).b(state).c(0).d(key));
        self.build().release(top);
    }

    pub fn store_actor_field(&mut self, name: &base::Name, ident: &ast::Ident, from: Reg) {
        self.check_in_own_process(ident.span, "a field of the actor", name);
        let Some((class, _)) = self.own_actor() else { return };
        let field = self.classes[class].fields.iter().find(|field| field.name == *name).cloned();
        if let Some(annotation) = field.and_then(|field| field.annotation) {
            let spec = self.type_spec(annotation, &format!("the field `{name}`"));
            self.check_annotation(Some(&spec), from);
        }
        let top = self.build().top();
        let state = self.state(ident.span);
        let key = self.build().constant(Constant::Symbol(name.to_string()));
        self.build().emit(Inst::new(Op::SetField).a(state).b(from).d(key));
        self.build().release(top);
    }
}
