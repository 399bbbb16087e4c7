//! Calls of builtins: those that have operations of their own, and others by address.

use bytecode::Op;
use heap::{ClassId, Kind};
use vm::builtins::BuiltinEntry;
use vm::record::{Seen, seen};

use super::build::{Builder, Context};
use super::flow::Site;
use super::form::{BuiltinSite, Operation, Type, Value};

impl Builder<'_> {
    /// Whether control goes on behind the call, if it is of a builtin with an operation of its own.
    pub(super) fn builtin(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Option<bool> {
        let value = self.builtin_value(context, site, found)?;
        self.give_to_window(context, site, value);
        Some(true)
    }

    /// What a call of such a builtin gives.
    pub(super) fn builtin_value(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Option<Value> {
        if site.word.c() != 0 || found.failed || !found.ran {
            return None;
        }
        let a = site.word.a();
        let constant = || context.code.constant(site.second.low());
        let builtin = match site.op {
            Op::CallConst | Op::TailCallConst => self.asked.builtin(constant())?,
            Op::CallMethod | Op::TailCallMethod => {
                let receiver = self.read(context, a + 3);
                if self.kinds(receiver, found.b) != seen::LIST {
                    return None;
                }
                self.asked.builtin_method(ClassId::List.id(), constant())?
            }
            _ => return None,
        };
        match (builtin.row.name, site.word.b()) {
            ("math.sqrt", 1) => {
                let number = self.read(context, a + 3);
                if self.type_of(number) != Type::Float {
                    return None;
                }
                Some(self.emit(Operation::SqrtFloat, &[number], 0))
            }
            ("List.len", 1) => {
                let list = self.read(context, a + 3);
                let list = self.guard(context, site, Operation::GuardKind, &[list], Kind::List as u64);
                Some(self.emit(Operation::ListLength, &[list], 0))
            }
            ("List.push", 2) if site.op == Op::CallMethod => {
                let receiver = self.read(context, a + 3);
                let list = self.guard(context, site, Operation::GuardKind, &[receiver], Kind::List as u64);
                let value = self.read(context, a + 4);
                let value = self.as_any(context, site, value);
                self.guard(context, site, Operation::PushElement, &[list, value], 0);
                Some(receiver)
            }
            _ => None,
        }
    }

    /// Calls a builtin with the arguments in the window; as a method, of a receiver of the class.
    pub(super) fn call_builtin(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (builtin, class): (&'static BuiltinEntry, Option<u32>),
    ) -> Value {
        let first = site.word.a() + 3;
        let mut arguments = Vec::with_capacity(site.word.b());
        for register in first..first + site.word.b() {
            let value = self.read(context, register);
            let value = match class.filter(|_| register == first) {
                Some(class) => self.receiver(context, site, value, class),
                None => value,
            };
            arguments.push(self.as_any(context, site, value));
        }
        // Arguments that are left out.
        let undefined = self.function.constant(Operation::Word, heap::Value::UNDEF.bits());
        arguments.resize(builtin.arity as usize, undefined);
        let window = context.offset + site.word.a();
        self.function.slots = self.function.slots.max(window + 3 + arguments.len());
        self.function.builtins.push(BuiltinSite { builtin, window });
        let number = self.function.builtins.len() as u64 - 1;
        self.guard(context, site, Operation::CallBuiltin, &arguments, number)
    }

    /// The receiver of a method, made sure of.
    fn receiver(&mut self, context: &Context<'_>, site: Site, value: Value, class: u32) -> Value {
        if class == ClassId::Float.id() {
            return self.as_float(context, site, value, seen::FLOAT);
        }
        if class == ClassId::Int.id() {
            return self.as_int(context, site, value, seen::INT | seen::WIDE);
        }
        self.guard(context, site, Operation::GuardClass, &[value], u64::from(class));
        value
    }
}
