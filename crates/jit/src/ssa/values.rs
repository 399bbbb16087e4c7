//! Registers as the builder reads and writes them, and values in the forms that operations want.

use heap::{Kind, Value as Word};
use vm::record::seen;

use super::build::{Builder, Context, Slot};
use super::flow::Site;
use super::form::{Operation, Type, Value};

/// A word of the language whose kind is an immediate, as bits of `seen`.
pub(super) const IMMEDIATES: u8 = seen::INT | seen::IMMEDIATE | seen::NIL;

impl Builder<'_> {
    pub(super) fn read(&mut self, context: &Context<'_>, register: usize) -> Value {
        let slot = context.offset + register;
        if let Some(value) = self.slots[slot].value {
            return value;
        }
        let value = self.function.append(self.block, Operation::LoadSlot, &[], slot as u64, None);
        self.slots[slot] = Slot { value: Some(value), dirty: false };
        value
    }

    pub(super) fn write(&mut self, context: &Context<'_>, register: usize, value: Value) {
        self.slots[context.offset + register] = Slot { value: Some(value), dirty: true };
    }

    pub(super) fn emit(&mut self, operation: Operation, arguments: &[Value], immediate: u64) -> Value {
        self.function.append(self.block, operation, arguments, immediate, None)
    }

    /// An operation that may leave the code before the instruction.
    pub(super) fn guard(
        &mut self,
        context: &Context<'_>,
        site: Site,
        operation: Operation,
        arguments: &[Value],
        immediate: u64,
    ) -> Value {
        let state = self.here(context, site);
        self.function.append(self.block, operation, arguments, immediate, Some(state))
    }

    pub(super) fn type_of(&self, value: Value) -> Type {
        self.function.type_of(value)
    }

    pub(super) fn int(&mut self, number: i64) -> Value {
        self.function.constant(Operation::Int, number as u64)
    }

    /// A constant of the language in its best form.
    pub(super) fn literal(&mut self, word: Word) -> Value {
        if let Some(number) = word.as_int32() {
            self.int(i64::from(number))
        } else if let Some(number) = word.as_float() {
            self.function.constant(Operation::Float, number.to_bits())
        } else if let Some(truth) = word.as_bool() {
            self.function.constant(Operation::Truth, u64::from(truth))
        } else {
            self.function.constant(Operation::Word, word.bits())
        }
    }

    /// From here on registers that hold `packed` are known to hold `unpacked`.
    fn refine(&mut self, packed: Value, unpacked: Value) {
        self.origins.insert(unpacked, packed);
        for slot in &mut self.slots {
            if slot.value == Some(packed) {
                slot.value = Some(unpacked);
            }
        }
    }

    pub(super) fn as_any(&mut self, context: &Context<'_>, site: Site, value: Value) -> Value {
        match self.type_of(value) {
            Type::Any | Type::None | Type::Address => value,
            Type::Int => match self.function.int_constant(value).map(i32::try_from) {
                Some(Ok(small)) => self.function.constant(Operation::Word, Word::int32(small).bits()),
                _ => self.guard(context, site, Operation::BoxInt, &[value], 0),
            },
            Type::Float => self.emit(Operation::BoxFloat, &[value], 0),
            Type::Bool => self.emit(Operation::BoxBool, &[value], 0),
        }
    }

    /// An integer, which kinds that were seen say it is.
    pub(super) fn as_int(&mut self, context: &Context<'_>, site: Site, value: Value, kinds: u8) -> Value {
        if self.type_of(value) == Type::Int {
            return value;
        }
        let operation = if kinds & seen::WIDE == 0 { Operation::GuardInt } else { Operation::GuardWideInt };
        let number = self.guard(context, site, operation, &[value], 0);
        self.refine(value, number);
        number
    }

    /// A float, or a number as one.
    pub(super) fn as_float(&mut self, context: &Context<'_>, site: Site, value: Value, kinds: u8) -> Value {
        match self.type_of(value) {
            Type::Float => value,
            Type::Int => match self.function.int_constant(value) {
                Some(number) => self.function.constant(Operation::Float, (number as f64).to_bits()),
                None => self.emit(Operation::IntToFloat, &[value], 0),
            },
            _ if kinds & seen::INT == 0 => {
                let number = self.guard(context, site, Operation::GuardFloat, &[value], 0);
                self.refine(value, number);
                number
            }
            _ => self.guard(context, site, Operation::GuardNumber, &[value], 0),
        }
    }

    /// Whether the value counts as false.
    pub(super) fn falsy(&mut self, value: Value) -> Value {
        match self.type_of(value) {
            Type::Bool => self.emit(Operation::Not, &[value], 0),
            Type::Int | Type::Float => self.function.constant(Operation::Truth, 0),
            _ => self.emit(Operation::IsFalsy, &[value], 0),
        }
    }

    /// The kinds that a value may have: what its form says, or what was seen.
    pub(super) fn kinds(&self, value: Value, seen_kinds: u8) -> u8 {
        match self.type_of(value) {
            Type::Int => seen::INT,
            Type::Float => seen::FLOAT,
            Type::Bool => seen::IMMEDIATE,
            Type::Any | Type::Address | Type::None => match self.known_shape(value) {
                Some(shape) if shape.kind == Kind::List as u8 => seen::LIST,
                Some(shape) if shape.kind == Kind::Instance as u8 => seen::INSTANCE,
                Some(_) => seen::OTHER,
                None => seen_kinds,
            },
        }
    }
}
