//! Builtins that have operations of their own.

use bytecode::Op;
use heap::{ClassId, Kind};
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Slot};
use super::flow::Site;
use super::form::{Operation, Type, Value};

impl Builder<'_> {
    /// Whether control goes on behind the call, if it is of such a builtin.
    pub(super) fn builtin(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Option<bool> {
        let value = self.builtin_value(context, site, found)?;
        let a = site.word.a();
        for slot in &mut self.slots[context.offset + a..] {
            *slot = Slot::default();
        }
        self.write(context, a, value);
        Some(true)
    }

    /// What a call of such a builtin gives.
    pub(super) fn builtin_value(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Option<Value> {
        if site.word.c() != 0 || found.failed || !found.ran {
            return None;
        }
        let a = site.word.a();
        let constant = || context.code.constant(site.second.low());
        let name = match site.op {
            Op::CallConst | Op::TailCallConst => self.asked.builtin_of_value(constant())?.0,
            Op::CallMethod | Op::TailCallMethod if found.b == seen::LIST => {
                self.asked.builtin_method(ClassId::List.id(), constant())?
            }
            _ => return None,
        };
        match (name, site.word.b()) {
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
}
