//! What each instruction of bytecode becomes. What has no better form becomes a step of the interpreter; what has
//! never run becomes an exit.

use bytecode::{Op, RegisterSet, access};
use heap::Value as Word;
use heap::value::TAG_SPECIAL;
use vm::native::layout;
use vm::optimised::ExitKind;
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Edge, Refusal, Slot, Start};
use super::flow::Site;
use super::form::{End, Operation, Type, Value};
use super::values::IMMEDIATES;
use crate::family::{Family, Right, family};
use crate::masm::{Arithmetic, Comparison, Test};

/// Ways out of a block: the word that each goes to.
pub(super) type Leaving = Vec<(usize, Edge)>;

impl Builder<'_> {
    /// Builds one instruction; false where nothing goes on behind it in this block.
    pub(super) fn instruction(
        &mut self,
        context: &Context<'_>,
        site: Site,
        leaving: &mut Leaving,
    ) -> Result<bool, Refusal> {
        let (a, b) = (site.word.a(), site.word.b());
        let found = self.entry(context).feedback().seen(site.index);
        match family(site.op) {
            Family::Nothing
            | Family::Move
            | Family::LoadInt
            | Family::LoadSpecial
            | Family::LoadConst
            | Family::LoadConstWide
            | Family::LoadCallee
            | Family::Capture
            | Family::CaptureCell
            | Family::Cell => self.load(context, site),
            Family::Not => {
                let value = self.read(context, b);
                let falsy = self.falsy(value);
                self.write(context, a, falsy);
            }
            Family::Arithmetic(operation, right) => {
                return Ok(self.arithmetic(context, site, found, operation, right));
            }
            Family::Compare(comparison, right) => {
                return Ok(self.comparison(context, site, found, comparison, right));
            }
            Family::Jump => {
                leaving.push((site.target().ok_or("a jump without a target")?, self.leave()));
                return Ok(false);
            }
            Family::JumpIf(test) => self.jump_if(context, site, test, leaving)?,
            Family::Loop => {
                let target = site.target().ok_or("a jump without a target")?;
                self.poll(context, target);
                leaving.push((target, self.leave()));
                return Ok(false);
            }
            Family::LoopIf => self.loop_if(context, site, leaving)?,
            Family::Return | Family::ReturnNil => {
                self.give(context, site);
                return Ok(false);
            }
            Family::Field { is_store: false } => return Ok(self.get_field(context, site, found)),
            Family::Field { is_store: true } => return Ok(self.set_field(context, site, found)),
            Family::Index(right) => return Ok(self.index(context, site, found, right)),
            Family::SetIndex => return Ok(self.set_index(context, site, found)),
            Family::Next => return self.next(context, site, found, leaving),
            Family::Call | Family::CallConst | Family::CallMethod => return self.call(context, site, found),
            Family::Module
            | Family::Negate
            | Family::SetCell
            | Family::SetCaptureCell
            | Family::TailCallConst
            | Family::GetSlot
            | Family::SetSlot
            | Family::NewCell
            | Family::NewTuple
            | Family::NewList
            | Family::NewInstance
            | Family::Closure
            | Family::Range { .. }
            | Family::Length { .. }
            | Family::Iter
            | Family::Step => return self.other(context, site, found),
        }
        Ok(true)
    }

    fn loop_if(&mut self, context: &Context<'_>, site: Site, leaving: &mut Leaving) -> Result<(), Refusal> {
        let target = site.target().ok_or("a jump without a target")?;
        let value = self.read(context, site.word.a());
        let falsy = self.falsy(value);
        let (on, back) = self.branch(falsy);
        let back = self.on_edge(back, |builder| builder.poll(context, target));
        leaving.push((target, back));
        self.go_on(on);
        Ok(())
    }

    /// Constants, moves, captured variables.
    fn load(&mut self, context: &Context<'_>, site: Site) {
        let (a, b) = (site.word.a(), site.word.b());
        match family(site.op) {
            Family::Move => {
                let value = self.read(context, b);
                let dirty = Slot { value: Some(value), dirty: true };
                self.slots[context.offset + a] = dirty;
            }
            Family::LoadInt => {
                let value = self.int(i64::from(site.word.sbx()));
                self.write(context, a, value);
            }
            Family::LoadSpecial => {
                let specials = [Word::NIL, Word::FALSE, Word::TRUE, Word::DONE, Word::UNDEF];
                let value = self.literal(specials.get(site.word.bx()).copied().unwrap_or(Word::NIL));
                self.write(context, a, value);
            }
            Family::LoadConst => self.load_constant(context, a, site.word.bx()),
            Family::LoadConstWide => self.load_constant(context, a, site.second.0 as usize),
            Family::LoadCallee => {
                let callee = self.callee(context);
                self.write(context, a, callee);
            }
            Family::Capture => {
                let value = self.capture(context, site.word.bx());
                self.write(context, a, value);
            }
            Family::CaptureCell => {
                let cell = self.capture(context, site.word.bx());
                self.load_cell(context, site, cell);
            }
            Family::Cell => {
                let cell = self.read(context, b);
                self.load_cell(context, site, cell);
            }
            _ => {}
        }
    }

    fn leave(&self) -> Edge {
        Edge { from: self.block, slots: self.slots.clone() }
    }

    pub(super) fn go_on(&mut self, edge: Edge) {
        self.block = edge.from;
        self.slots = edge.slots;
    }

    /// What no row above has: the interpreter's step, unless the instruction ends the block.
    fn other(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Result<bool, Refusal> {
        match site.op {
            Op::GeneratorStart | Op::Yield => return Err("it is a generator"),
            Op::TailCall
            | Op::TailCallConst
            | Op::TailCallMethod
            | Op::Throw
            | Op::Rethrow
            | Op::MatchError => {
                let state = self.state_at(context, site.index, ExitKind::End);
                self.end(End::Exit(state));
                return Ok(false);
            }
            Op::NewRange | Op::NewRangeInclusive if self.range_of_loop(context, site) => return Ok(true),
            // The range before it has put the state of the iteration in place.
            Op::Iter if self.is_iterated_range(context, site) => return Ok(true),
            _ => {}
        }
        Ok(self.step(context, site, found))
    }

    /// The end of the function.
    fn give(&mut self, context: &Context<'_>, site: Site) {
        if context.chain != 0 {
            let value = match site.op {
                Op::Return => self.read(context, site.word.a()),
                _ => self.function.constant(Operation::Word, Word::NIL.bits()),
            };
            return self.return_inlined(context, value);
        }
        if matches!(self.start, Start::Loop(_)) {
            let state = self.state_at(context, site.index, ExitKind::End);
            return self.end(End::Exit(state));
        }
        let value = match site.op {
            Op::Return => self.read(context, site.word.a()),
            _ => self.function.constant(Operation::Word, Word::NIL.bits()),
        };
        let value = self.as_any(context, site, value);
        self.end(End::Return(value));
    }

    /// The instruction has never run, or failed in its best form: the code is left.
    pub(super) fn cold(&mut self, context: &Context<'_>, site: Site) -> bool {
        let state = self.here(context, site);
        self.end(End::Exit(state));
        false
    }

    /// The interpreter's step, with complete frames.
    pub(super) fn step(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if !found.ran {
            return self.cold(context, site);
        }
        let state = self.here(context, site);
        self.function.append(self.block, Operation::Step, &[], 0, Some(state));
        self.after_step(context, site);
        true
    }

    /// Memory holds what registers hold, and what the instruction wrote.
    pub(super) fn after_step(&mut self, context: &Context<'_>, site: Site) {
        for slot in &mut self.slots {
            slot.dirty = false;
        }
        let captured = bytecode::CapturedRegisters::new(&context.code.definition);
        let live = RegisterSet::from_words(context.code.liveness.before(site.index as u32));
        let touched = bytecode::decode_at(&context.code.definition.code, site.index)
            .map(|instruction| access(&instruction, &captured))
            .unwrap_or_default();
        let gone = touched.writes.union(touched.clobbers).union(touched.writes_on_jump);
        let registers = usize::from(context.code.definition.registers);
        for register in 0..registers {
            // What was dead was not written back.
            if gone.contains(register as u8) || !live.contains(register as u8) {
                self.slots[context.offset + register] = Slot::default();
            }
        }
    }

    fn load_constant(&mut self, context: &Context<'_>, to: usize, index: usize) {
        let constant = context.code.constant(index);
        let value = self.literal(constant);
        self.write(context, to, value);
    }

    /// The running function as a value.
    fn callee(&mut self, context: &Context<'_>) -> Value {
        if context.offset == 0 {
            return self.emit(Operation::LoadSlot, &[], -3i64 as u64);
        }
        self.slots[context.offset - 3].value.unwrap_or_else(|| {
            self.function.append(self.block, Operation::LoadSlot, &[], (context.offset - 3) as u64, None)
        })
    }

    fn capture(&mut self, context: &Context<'_>, index: usize) -> Value {
        let callee = self.callee(context);
        let closure = self.emit(Operation::Untag, &[callee], 0);
        self.emit(Operation::LoadField, &[closure], layout::closure_capture(index) as u64)
    }

    fn load_cell(&mut self, context: &Context<'_>, site: Site, cell: Value) {
        let cell = self.emit(Operation::Untag, &[cell], 0);
        let value = self.emit(Operation::LoadField, &[cell], layout::CELL_VALUE as u64);
        self.guard(context, site, Operation::GuardSet, &[value], 0);
        self.write(context, site.word.a(), value);
    }

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

    fn arithmetic(
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
        } else {
            None
        };
        match result {
            Some(value) => {
                self.write(context, site.word.a(), value);
                true
            }
            None => self.step(context, site, Seen { ran: true, ..found }),
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

    fn comparison(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        comparison: Comparison,
        right: Right,
    ) -> bool {
        let left = self.read(context, site.word.b());
        let right = self.right(context, site, right);
        let (left_kinds, right_kinds) = (self.kinds(left, found.b), self.kinds(right, found.c));
        let both = left_kinds | right_kinds;
        let is_equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
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
        } else if is_equality && both & !IMMEDIATES == 0 {
            let left = self.immediate(context, site, left);
            let right = self.immediate(context, site, right);
            let same = self.emit(Operation::SameWord, &[left, right], 0);
            Some(if comparison == Comparison::Eq { same } else { self.emit(Operation::Not, &[same], 0) })
        } else {
            None
        };
        match result {
            Some(value) => {
                self.write(context, site.word.a(), value);
                true
            }
            None => self.step(context, site, found),
        }
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

    fn jump_if(
        &mut self,
        context: &Context<'_>,
        site: Site,
        test: Test,
        leaving: &mut Leaving,
    ) -> Result<(), Refusal> {
        let target = site.target().ok_or("a jump without a target")?;
        let value = self.read(context, site.word.a());
        let special = match test {
            Test::Falsy | Test::Truthy => None,
            Test::Nil | Test::NotNil => Some(Word::NIL),
            Test::Set => Some(Word::UNDEF),
        };
        let holds = match special {
            None => self.falsy(value),
            Some(_) if self.type_of(value) != Type::Any => self.function.constant(Operation::Truth, 0),
            Some(special) => {
                let special = self.function.constant(Operation::Word, special.bits());
                self.emit(Operation::SameWord, &[value, special], 0)
            }
        };
        let (then, other) = self.branch(holds);
        let (jump, on) = match test {
            Test::Falsy | Test::Nil => (then, other),
            Test::Truthy | Test::NotNil | Test::Set => (other, then),
        };
        leaving.push((target, jump));
        self.go_on(on);
        Ok(())
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
