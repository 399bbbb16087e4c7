//! What each instruction of bytecode becomes. What has no better form becomes a step of the interpreter; what has
//! never run becomes an exit.

use bytecode::{Op, RegisterSet, access};
use heap::Value as Word;
use vm::native::layout;
use vm::optimised::ExitKind;
use vm::record::Seen;

use super::build::{Builder, Context, Edge, Refusal, Slot, Start};
use super::flow::Site;
use super::form::{End, Operation, Type, Value};
use crate::family::{Family, family};
use crate::masm::Test;

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
        let feedback = self.entry(context).feedback();
        let found = feedback.seen(site.index);
        self.function.runs += u64::from(feedback.runs(site.index));
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
            Family::Negate => return Ok(self.negate(context, site, found)),
            Family::SetCell | Family::SetCaptureCell => return Ok(self.set_cell(context, site, found)),
            Family::Module => return Ok(self.module(context, site, found)),
            Family::GetSlot => return Ok(self.get_slot(context, site, found)),
            Family::SetSlot => return Ok(self.set_slot(context, site, found)),
            Family::NewCell | Family::NewTuple | Family::NewList | Family::NewInstance | Family::Closure => {
                return Ok(self.make(context, site, found));
            }
            Family::Iter => return Ok(self.iter(context, site, found)),
            Family::Length { is_tuple, or_more } => {
                return Ok(self.length(context, site, found, (is_tuple, or_more)));
            }
            Family::TailCallConst => return self.tail_call(context, site, found),
            Family::Range { .. } | Family::Yield | Family::Step => return self.other(context, site, found),
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
            Op::TailCall | Op::TailCallMethod => return self.tail_call(context, site, found),
            Op::Throw | Op::Rethrow | Op::MatchError => {
                let is_function = context.chain != 0 || self.start == Start::Function;
                if is_function && found.ran && self.is_frequent(context, site) {
                    return Err("it throws often");
                }
                let state = self.state_at(context, site.index, ExitKind::End);
                self.end(End::Exit(state));
                return Ok(false);
            }
            Op::IsConst => return Ok(self.is_of_type(context, site, found)),
            Op::NewRange | Op::NewRangeInclusive if self.range_of_loop(context, site) => return Ok(true),
            _ => {}
        }
        Ok(self.directly(context, site, found))
    }

    /// The end of the function.
    fn give(&mut self, context: &Context<'_>, site: Site) {
        if context.chain == 0 && matches!(self.start, Start::Loop(_)) {
            let state = self.state_at(context, site.index, ExitKind::End);
            return self.end(End::Exit(state));
        }
        let value = match site.op {
            Op::Return => self.read(context, site.word.a()),
            _ => self.function.constant(Operation::Word, Word::NIL.bits()),
        };
        self.give_value(context, site, value);
    }

    /// The function ends and gives this value.
    pub(super) fn give_value(&mut self, context: &Context<'_>, site: Site, value: Value) {
        if context.offset != 0 {
            return self.return_inlined(context, value);
        }
        if matches!(self.start, Start::Loop(_)) {
            // The template tier does it again.
            let state = self.state_at(context, site.index, ExitKind::End);
            return self.end(End::Exit(state));
        }
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
        self.note_step(context, site);
        self.function.append(self.block, Operation::Step, &[], 0, Some(state));
        self.after_step(context, site);
        true
    }

    /// Counts an instruction that is left to the interpreter.
    pub(super) fn note_step(&mut self, context: &Context<'_>, site: Site) {
        self.function.steps += u64::from(self.entry(context).feedback().runs(site.index));
        *self.function.left.entry(site.op.row().mnemonic).or_default() += 1;
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
    pub(super) fn callee(&mut self, context: &Context<'_>) -> Value {
        if context.offset == 0 {
            return self.emit(Operation::LoadSlot, &[], -3i64 as u64);
        }
        self.slots[context.offset - 3].value.unwrap_or_else(|| {
            self.function.append(self.block, Operation::LoadSlot, &[], (context.offset - 3) as u64, None)
        })
    }

    pub(super) fn capture(&mut self, context: &Context<'_>, index: usize) -> Value {
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
