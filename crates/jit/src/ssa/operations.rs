//! What each instruction of bytecode becomes. What has no better form becomes a step of the interpreter; what has
//! never run becomes an exit.

use bytecode::{Op, RegisterSet, access};
use heap::value::TAG_SPECIAL;
use heap::{Kind, Value as Word};
use vm::native::{ObjectCache, layout};
use vm::optimised::ExitKind;
use vm::quick::Quick;
use vm::record::{Seen, seen};

use super::build::{Builder, Context, Edge, Refusal, Slot, Start};
use super::flow::Site;
use super::form::{End, Operation, Type, Value};
use super::values::IMMEDIATES;
use crate::family::{Family, Right, family};
use crate::masm::{Arithmetic, Comparison, Test};

/// Ways out of a block: the word that each goes to.
type Leaving = Vec<(usize, Edge)>;

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
            Family::LoopIf => {
                let target = site.target().ok_or("a jump without a target")?;
                let value = self.read(context, a);
                let falsy = self.falsy(value);
                let (on, back) = self.branch(falsy);
                let back = self.on_edge(back, |builder| builder.poll(context, target));
                leaving.push((target, back));
                self.go_on(on);
            }
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
    fn cold(&mut self, context: &Context<'_>, site: Site) -> bool {
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
        let constant = self.constant_at(context, index);
        let value = self.literal(constant);
        self.write(context, to, value);
    }

    pub(super) fn constant_at(&self, context: &Context<'_>, index: usize) -> Word {
        // SAFETY: validated code names constants that there are.
        #[allow(unsafe_code)]
        unsafe {
            self.entry(context).profile.constant(index)
        }
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
    fn right(&mut self, context: &Context<'_>, site: Site, right: Right) -> Value {
        match right {
            Right::Register => self.read(context, site.word.c()),
            Right::Immediate => self.int(i64::from(site.word.c_signed())),
            Right::Constant => {
                let constant = self.constant_at(context, site.word.c());
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

    /// What the interpreter has found at this site.
    pub(super) fn cache(&self, context: &Context<'_>, site: Site) -> ObjectCache {
        // SAFETY: validated code names caches that there are.
        #[allow(unsafe_code)]
        let word = unsafe { self.entry(context).profile.cache(site.second.high()) };
        ObjectCache::from_word(word)
    }

    pub(super) fn object(
        &mut self,
        context: &Context<'_>,
        site: Site,
        register: usize,
        cache: ObjectCache,
    ) -> Value {
        let object = self.read(context, register);
        let what = u64::from(cache.class) << 8 | u64::from(cache.kind);
        self.guard(context, site, Operation::GuardClass, &[object], what)
    }

    fn get_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if site.quick != Some(Quick::GetFieldInstance) || found.failed || self.cache(context, site).kind == 0
        {
            return self.step(context, site, found);
        }
        let cache = self.cache(context, site);
        let object = self.object(context, site, site.word.b(), cache);
        let value = self.emit(Operation::LoadField, &[object], cache.found as u64);
        self.guard(context, site, Operation::GuardSet, &[value], 0);
        self.write(context, site.word.a(), value);
        true
    }

    fn set_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if site.quick != Some(Quick::SetFieldInstance) || found.failed || self.cache(context, site).kind == 0
        {
            return self.step(context, site, found);
        }
        let cache = self.cache(context, site);
        let object = self.object(context, site, site.word.a(), cache);
        let value = self.read(context, site.word.b());
        let value = self.as_any(context, site, value);
        self.guard(context, site, Operation::StoreField, &[object, value], cache.found as u64);
        true
    }

    /// An element's list, storage and index, checked.
    fn element(&mut self, context: &Context<'_>, site: Site, list: Value, index: Value) -> (Value, Value) {
        let list = self.guard(context, site, Operation::GuardKind, &[list], Kind::List as u64);
        let index = self.as_int(context, site, index, seen::INT);
        let length = self.emit(Operation::ListLength, &[list], 0);
        self.guard(context, site, Operation::GuardBounds, &[index, length], 0);
        (self.emit(Operation::ListStorage, &[list], 0), index)
    }

    fn index(&mut self, context: &Context<'_>, site: Site, found: Seen, right: Right) -> bool {
        let list = self.read(context, site.word.b());
        let index = self.right(context, site, right);
        let index_kinds = self.kinds(index, found.c);
        if found.b != seen::LIST || index_kinds != seen::INT || found.failed {
            return self.step(context, site, found);
        }
        let (storage, index) = self.element(context, site, list, index);
        let value = self.emit(Operation::LoadElement, &[storage, index], 0);
        self.write(context, site.word.a(), value);
        true
    }

    fn set_index(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let (list, index) = (self.read(context, site.word.a()), self.read(context, site.word.b()));
        let index_kinds = self.kinds(index, found.b);
        if found.a != seen::LIST || index_kinds != seen::INT || found.failed {
            return self.step(context, site, found);
        }
        let (storage, index) = self.element(context, site, list, index);
        let value = self.read(context, site.word.c());
        let value = self.as_any(context, site, value);
        self.guard(context, site, Operation::StoreElement, &[storage, index, value], 0);
        true
    }

    /// The registers that the `iter` behind a range uses, where nothing else needs the range.
    fn iterates(&self, context: &Context<'_>, site: Site) -> Option<Site> {
        let iter = context.code.site(site.next())?;
        let live = RegisterSet::from_words(context.code.liveness.before(iter.next() as u32));
        let is_loop = iter.op == Op::Iter && iter.word.b() == site.word.a();
        let is_state = (iter.word.a()..iter.word.a() + 2).contains(&site.word.a());
        let is_dead = is_state || !live.contains(site.word.a() as u8);
        let starts_block = context.code.block_at(iter.index).is_some();
        (is_loop && is_dead && !starts_block).then_some(iter)
    }

    /// A range that is made to be iterated over at once is not made.
    fn range_of_loop(&mut self, context: &Context<'_>, site: Site) -> bool {
        let Some(iter) = self.iterates(context, site) else { return false };
        let found = self.entry(context).feedback().seen(site.index);
        let (first, end) = (self.read(context, site.word.b()), self.read(context, site.word.c()));
        let (first_kinds, end_kinds) = (self.kinds(first, found.b), self.kinds(end, found.c));
        if first_kinds != seen::INT || end_kinds != seen::INT || found.failed {
            return false;
        }
        let first = self.small(context, site, first);
        let mut end = self.small(context, site, end);
        if site.op == Op::NewRangeInclusive {
            let one = self.int(1);
            end = self.guard(context, site, Operation::AddInt, &[end, one], 0);
            end = self.small(context, site, end);
        }
        self.write(context, iter.word.a(), end);
        self.write(context, iter.word.a() + 1, first);
        true
    }

    fn is_iterated_range(&self, context: &Context<'_>, site: Site) -> bool {
        let register = context.offset + site.word.a();
        let is_int =
            |slot: usize| self.slots[slot].value.is_some_and(|value| self.type_of(value) == Type::Int);
        let before = (1..=2).find_map(|words| {
            let site = context.code.site(site.index.checked_sub(words)?)?;
            (site.next() == site.index + words).then_some(site)
        });
        let is_range = before.is_some_and(|before| matches!(before.op, Op::NewRange | Op::NewRangeInclusive));
        is_range
            && before.and_then(|before| self.iterates(context, before)).is_some()
            && is_int(register)
            && is_int(register + 1)
            && self.slots[register].dirty
    }

    /// An integer of 32 bits, as the state of an iteration must be.
    fn small(&mut self, context: &Context<'_>, site: Site, value: Value) -> Value {
        let number = self.as_int(context, site, value, seen::INT);
        let is_small = match self.function.int_constant(number) {
            Some(constant) => i32::try_from(constant).is_ok(),
            None => self.function.instruction(number).operation == Operation::GuardInt,
        };
        if !is_small {
            let (low, high) = (self.int(i64::from(i32::MIN)), self.int(i64::from(i32::MAX)));
            let above = self.emit(Operation::LeInt, &[low, number], 0);
            self.guard(context, site, Operation::GuardTrue, &[above], 0);
            let below = self.emit(Operation::LeInt, &[number, high], 0);
            self.guard(context, site, Operation::GuardTrue, &[below], 0);
        }
        number
    }

    fn next(
        &mut self,
        context: &Context<'_>,
        site: Site,
        found: Seen,
        leaving: &mut Leaving,
    ) -> Result<bool, Refusal> {
        let a = site.word.a();
        let target = site.target().ok_or("a jump without a target")?;
        let (source, position) = (self.read(context, a), self.read(context, a + 1));
        let kinds = self.kinds(source, found.a);
        let one = self.int(1);
        let (on, turn) = if kinds == seen::INT && !found.failed {
            let end = self.as_int(context, site, source, seen::INT);
            let number = self.as_int(context, site, position, seen::INT);
            let more = self.emit(Operation::LtInt, &[number, end], 0);
            let (turn, on) = self.branch(more);
            let turn = self.on_edge(turn, |builder| {
                let state = builder.here(context, site);
                let next =
                    builder.function.append(builder.block, Operation::AddInt, &[number, one], 0, Some(state));
                builder.write(context, a + 2, number);
                builder.write(context, a + 1, next);
                builder.poll(context, target);
            });
            (on, turn)
        } else if kinds == seen::LIST && !found.failed {
            let list = self.guard(context, site, Operation::GuardKind, &[source], Kind::List as u64);
            let index = self.as_int(context, site, position, seen::INT);
            let length = self.emit(Operation::ListLength, &[list], 0);
            let more = self.emit(Operation::LtInt, &[index, length], 0);
            let (turn, on) = self.branch(more);
            let turn = self.on_edge(turn, |builder| {
                let storage = builder.emit(Operation::ListStorage, &[list], 0);
                let value = builder.emit(Operation::LoadElement, &[storage, index], 0);
                let state = builder.here(context, site);
                let next =
                    builder.function.append(builder.block, Operation::AddInt, &[index, one], 0, Some(state));
                builder.write(context, a + 2, value);
                builder.write(context, a + 1, next);
                builder.poll(context, target);
            });
            (on, turn)
        } else if kinds == 0 {
            return Ok(self.cold(context, site));
        } else {
            return Err("it iterates over something that is neither a range nor a list");
        };
        leaving.push((target, turn));
        self.go_on(on);
        self.slots[context.offset + a + 2] = Slot::default();
        Ok(true)
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
