//! Arithmetic and comparisons.

use heap::value::{PAYLOAD, TAG_CHAR, TAG_SPECIAL};
use vm::record::{Seen, Shape, seen};

use super::build::{Builder, Context, Edge};
use super::flow::Site;
use super::form::{Operation, Type, Value};
use super::values::IMMEDIATES;
use crate::family::Right;
use crate::masm::{Arithmetic, Comparison};

impl Builder<'_> {
    /// The right operand.
    pub(super) fn right(&mut self, context: &Context<'_>, site: Site, right: Right) -> Value {
        match right {
            Right::Register => self.read(context, site.word.c()),
            Right::Immediate => self.int(i64::from(site.word.c_signed())),
            Right::Constant => {
                let constant = context.code.constant(site.word.c());
                self.literal(constant)
            }
        }
    }

    pub(super) fn arithmetic(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        operation: Arithmetic,
        right: Right,
    ) -> bool {
        let left = self.read(context, site.word.b());
        let right = self.right(context, site, right);
        let (left_kinds, right_kinds) = (self.kinds(left, found.b), self.kinds(right, found.c));
        let (ints, numbers) = (seen::INT | seen::WIDE, seen::INT | seen::FLOAT);
        if left_kinds == 0 || right_kinds == 0 {
            return self.cold(context, site);
        }
        let both = left_kinds | right_kinds;
        let result = if found.failed {
            None
        } else if both & !ints == 0 {
            let left = self.as_int(context, site, left, left_kinds);
            let right = self.as_int(context, site, right, right_kinds);
            self.int_operation(context, site, operation, left, right)
        } else if both & !numbers == 0 && is_one_float(left_kinds, right_kinds) {
            match float_operation(operation) {
                None => None,
                Some(operation) => {
                    let left = self.as_float(context, site, left, left_kinds);
                    let right = self.as_float(context, site, right, right_kinds);
                    Some(self.emit(operation, &[left, right], 0))
                }
            }
        } else if let Some(done) = self.operator(context, site, (found, left_kinds), operation, (left, right))
        {
            return done;
        } else {
            None
        };
        let result =
            result.or_else(|| self.calculate_directly(context, site, (both, operation), [left, right]));
        self.give_or_step(context, site, Seen { ran: true, ..found }, result)
    }

    /// Writes the result of an instruction, or has the interpreter do it.
    fn give_or_step(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        result: Option<Value>,
    ) -> bool {
        match result {
            Some(value) => {
                self.write(context, site.word.a(), value);
                true
            }
            None => self.step(context, site, found),
        }
    }

    fn int_operation(
        &mut self,
        context: &Context<'_>,
        site: Site,
        operation: Arithmetic,
        left: Value,
        right: Value,
    ) -> Option<Value> {
        let checked = |operation| (operation, true);
        let (operation, guards) = match operation {
            Arithmetic::Add => checked(Operation::AddInt),
            Arithmetic::Sub => checked(Operation::SubInt),
            Arithmetic::Mul => checked(Operation::MulInt),
            Arithmetic::FloorDiv => checked(Operation::FloorDivInt),
            Arithmetic::Mod => checked(Operation::ModInt),
            Arithmetic::Shl => checked(Operation::ShlInt),
            Arithmetic::Shr => checked(Operation::ShrInt),
            Arithmetic::And => (Operation::AndInt, false),
            Arithmetic::Or => (Operation::OrInt, false),
            Arithmetic::Xor => (Operation::XorInt, false),
            Arithmetic::Div => {
                let left = self.exact(context, site, left);
                let right = self.exact(context, site, right);
                return Some(self.emit(Operation::DivFloat, &[left, right], 0));
            }
        };
        Some(match guards {
            true => self.guard(context, site, operation, &[left, right], 0),
            false => self.emit(operation, &[left, right], 0),
        })
    }

    /// An integer as the float that is exactly it.
    fn exact(&mut self, context: &Context<'_>, site: Site, value: Value) -> Value {
        match self.function.int_constant(value) {
            Some(number) if number.unsigned_abs() <= 1 << 53 => {
                self.function.constant(Operation::Float, (number as f64).to_bits())
            }
            _ if self.type_of(value) == Type::Int => {
                self.guard(context, site, Operation::ExactFloat, &[value], 0)
            }
            _ => value,
        }
    }

    pub(super) fn comparison(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        comparison: Comparison,
        right: Right,
    ) -> bool {
        let left = self.read(context, site.word.b());
        let right = self.right(context, site, right);
        let left_kinds = self.kinds(left, found.b);
        // What was seen of the right operand is about a register, which a constant is not in.
        let right_kinds = match self.function.instruction(right).operation {
            Operation::Word => self.kinds_of_constant(right),
            _ => self.kinds(right, found.c),
        };
        let both = left_kinds | right_kinds;
        let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
        if is_equality
            && !found.failed
            && found.ran
            && let Some(done) = self.equality_with_immediate(context, site, comparison, (left, right), found)
        {
            return done;
        }
        if left_kinds == 0 || right_kinds == 0 {
            // A constant that is no number has no kind of its own.
            if self.type_of(left) == Type::Any && !found.ran {
                return self.cold(context, site);
            }
        }
        let result = if found.failed {
            None
        } else if both & !(seen::INT | seen::WIDE) == 0 && both != 0 {
            let left = self.as_int(context, site, left, left_kinds);
            let right = self.as_int(context, site, right, right_kinds);
            Some(self.relation(
                comparison,
                [Operation::EqInt, Operation::LtInt, Operation::LeInt],
                left,
                right,
            ))
        } else if both & !(seen::INT | seen::FLOAT) == 0 && is_one_float(left_kinds, right_kinds) {
            let left = self.exact(context, site, left);
            let right = self.exact(context, site, right);
            let left = self.as_float(context, site, left, left_kinds);
            let right = self.as_float(context, site, right, right_kinds);
            let operations = [Operation::EqFloat, Operation::LtFloat, Operation::LeFloat];
            Some(self.relation(comparison, operations, left, right))
        } else if !is_equality
            && let Some((left, right)) = self.characters(context, site, (left, right), both)
        {
            Some(self.relation(
                comparison,
                [Operation::EqInt, Operation::LtInt, Operation::LeInt],
                left,
                right,
            ))
        } else if is_equality && both & !IMMEDIATES == 0 {
            let left = self.immediate(context, site, left);
            let right = self.immediate(context, site, right);
            let same = self.emit(Operation::SameWord, &[left, right], 0);
            Some(if comparison == Comparison::Eq { same } else { self.emit(Operation::Not, &[same], 0) })
        } else {
            None
        };
        match result {
            Some(value) => self.give_or_step(context, site, found, Some(value)),
            None => self.compare_directly(context, site, (found, comparison), (left, right)),
        }
    }

    /// Two characters as numbers, where such were seen on one side and the other is one for sure.
    fn characters(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (left, right): (Value, Value),
        kinds: u8,
    ) -> Option<(Value, Value)> {
        let is_character = |builder: &Self, value: Value| {
            let instruction = builder.function.instruction(value);
            instruction.operation == Operation::Word && instruction.immediate >> 48 == TAG_CHAR >> 48
        };
        let may_be = |builder: &Self, value: Value| {
            let is_constant = builder.function.instruction(value).operation == Operation::Word;
            is_character(builder, value) || builder.type_of(value) == Type::Any && !is_constant
        };
        let is_one = is_character(self, left) || is_character(self, right);
        if !is_one || !may_be(self, left) || !may_be(self, right) || kinds & !seen::IMMEDIATE != 0 {
            return None;
        }
        let mut character = |value: Value| {
            let instruction = self.function.instruction(value);
            match instruction.operation {
                Operation::Word => self.int((instruction.immediate & PAYLOAD) as i64),
                _ => self.guard(context, site, Operation::GuardChar, &[value], 0),
            }
        };
        Some((character(left), character(right)))
    }

    fn kinds_of_constant(&self, value: Value) -> u8 {
        let is_immediate = self.function.instruction(value).immediate >= TAG_SPECIAL;
        if is_immediate { seen::IMMEDIATE } else { seen::OTHER }
    }

    /// Whether a value is a certain immediate, such as nil, where it may be an object whose class has no equality of
    /// its own.
    fn equality_with_immediate(
        &mut self,
        context: &Context<'_>,
        site: Site,
        comparison: Comparison,
        (left, right): (Value, Value),
        found: Seen,
    ) -> Option<bool> {
        let is_immediate = |builder: &Self, value: Value| {
            let instruction = builder.function.instruction(value);
            instruction.operation == Operation::Word && instruction.immediate >= TAG_SPECIAL
        };
        let objects = seen::LIST | seen::INSTANCE | seen::OTHER;
        let answer = |holds: bool| u64::from(holds == (comparison == Comparison::Eq));
        if is_immediate(self, left) && self.type_of(right) == Type::Any {
            let same = self.same_word(comparison, left, right);
            self.write(context, site.word.a(), same);
            return Some(true);
        }
        let kinds = found.b;
        if !is_immediate(self, right)
            || self.type_of(left) != Type::Any
            || kinds & objects == 0
            || kinds & !(objects | IMMEDIATES) != 0
        {
            return None;
        }
        let shapes = self.entry(context).feedback().shapes(site.index).filter(|shapes| !shapes.is_empty())?;
        let has_own = |shape: &Shape| shape.class != 0 && self.asked.has_equality(shape.class);
        if shapes.iter().any(has_own) {
            return None;
        }
        let state = self.here(context, site);
        let is_object = self.emit(Operation::IsObject, &[left], 0);
        let (object, other) = self.branch(is_object);
        let mut done = Vec::new();
        self.go_on(other);
        self.at_state(state);
        self.guard(context, site, Operation::GuardImmediate, &[left], 0);
        let same = self.same_word(comparison, left, right);
        self.write(context, site.word.a(), same);
        done.push(Edge { from: self.block, slots: self.slots.clone() });
        self.go_on(object);
        self.at_state(state);
        let object = self.guard(context, site, Operation::GuardObject, &[left], 0);
        for (number, &shape) in shapes.iter().enumerate() {
            let other = self.way_of_shape(context, site, object, shape, number + 1 < shapes.len());
            let truth = self.function.constant(Operation::Truth, answer(false));
            self.write(context, site.word.a(), truth);
            done.push(Edge { from: self.block, slots: self.slots.clone() });
            self.take(other, state);
        }
        self.merge(context, site.next(), done);
        Some(true)
    }

    fn same_word(&mut self, comparison: Comparison, left: Value, right: Value) -> Value {
        let same = self.emit(Operation::SameWord, &[left, right], 0);
        if comparison == Comparison::Eq { same } else { self.emit(Operation::Not, &[same], 0) }
    }

    /// A word that is no object and no float.
    fn immediate(&mut self, context: &Context<'_>, site: Site, value: Value) -> Value {
        let instruction = self.function.instruction(value);
        if instruction.operation == Operation::Word && instruction.immediate >= TAG_SPECIAL {
            return value;
        }
        let known = self.type_of(value) != Type::Any;
        let word = self.as_any(context, site, value);
        if !known {
            self.guard(context, site, Operation::GuardImmediate, &[word], 0);
        }
        word
    }

    fn relation(
        &mut self,
        comparison: Comparison,
        [equal, less, less_or_equal]: [Operation; 3],
        left: Value,
        right: Value,
    ) -> Value {
        match comparison {
            Comparison::Eq => self.emit(equal, &[left, right], 0),
            Comparison::Ne => {
                let same = self.emit(equal, &[left, right], 0);
                self.emit(Operation::Not, &[same], 0)
            }
            Comparison::Lt => self.emit(less, &[left, right], 0),
            Comparison::Le => self.emit(less_or_equal, &[left, right], 0),
            Comparison::Gt => self.emit(less, &[right, left], 0),
            Comparison::Ge => self.emit(less_or_equal, &[right, left], 0),
        }
    }

    /// Minus a number.
    pub(super) fn negate(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let value = self.read(context, site.word.b());
        let kinds = self.kinds(value, found.b);
        let result = if found.failed || kinds == 0 {
            None
        } else if kinds & !(seen::INT | seen::WIDE) == 0 {
            let number = self.as_int(context, site, value, kinds);
            let zero = self.int(0);
            Some(self.guard(context, site, Operation::SubInt, &[zero, number], 0))
        } else if kinds == seen::FLOAT {
            let number = self.as_float(context, site, value, kinds);
            Some(self.emit(Operation::NegFloat, &[number], 0))
        } else {
            None
        };
        self.give_or_step(context, site, found, result)
    }
}

/// Whether kinds of two numbers say that one of them is always a float.
fn is_one_float(left: u8, right: u8) -> bool {
    left == seen::FLOAT || right == seen::FLOAT
}

fn float_operation(operation: Arithmetic) -> Option<Operation> {
    match operation {
        Arithmetic::Add => Some(Operation::AddFloat),
        Arithmetic::Sub => Some(Operation::SubFloat),
        Arithmetic::Mul => Some(Operation::MulFloat),
        Arithmetic::Div => Some(Operation::DivFloat),
        Arithmetic::FloorDiv
        | Arithmetic::Mod
        | Arithmetic::And
        | Arithmetic::Or
        | Arithmetic::Xor
        | Arithmetic::Shl
        | Arithmetic::Shr => None,
    }
}
