//! Arithmetic and comparison: instructions of the engine where the types are known to agree with them.

use bytecode::{Constant, Op};

use crate::frame::{Entry, Place};
use crate::lower::{Lowering, immediate};
use crate::opcode::Opcode;
use crate::types::{Type, bit};

/// A comparison, by the instructions of the engine: of two registers, and with a small number.
#[derive(Clone, Copy)]
pub struct Compare {
    registers: Op,
    immediate: Op,
    /// Both sides have to be one of these types alone.
    accepts: &'static [u8],
}

impl Compare {
    pub fn of(op: Opcode) -> Option<Compare> {
        const EQUAL: &[u8] = &[bit::INT, bit::STR, bit::BOOL];
        const ORDER: &[u8] = &[bit::INT];
        const FLOATS: &[u8] = &[bit::FLOAT];
        let (registers, immediate, accepts) = match op {
            Opcode::Eq => (Op::Eq, Op::EqImm, EQUAL),
            Opcode::Ne => (Op::Ne, Op::NeImm, EQUAL),
            Opcode::Lt => (Op::Lt, Op::LtImm, ORDER),
            Opcode::Le => (Op::Le, Op::LeImm, ORDER),
            Opcode::Gt => (Op::Gt, Op::GtImm, ORDER),
            Opcode::Ge => (Op::Ge, Op::GeImm, ORDER),
            Opcode::LtF => (Op::Lt, Op::LtImm, FLOATS),
            Opcode::LeF => (Op::Le, Op::LeImm, FLOATS),
            Opcode::GtF => (Op::Gt, Op::GtImm, FLOATS),
            Opcode::GeF => (Op::Ge, Op::GeImm, FLOATS),
            _ => return None,
        };
        Some(Compare { registers, immediate, accepts })
    }
}

impl Lowering<'_> {
    /// Lowers the instruction to one of the engine's where that does the same; false when it does not.
    pub fn arithmetic(&mut self, at: u32, op: Opcode) -> bool {
        let height = self.frame.stack.len();
        if height < 2 {
            return false;
        }
        let types = [self.frame.stack[height - 2].ty.clone(), self.frame.stack[height - 1].ty.clone()];
        let both = |bits: u8| types.iter().all(|ty| ty.is_only(bits));
        if let Some(compare) = Compare::of(op) {
            let fits = compare.accepts.iter().any(|&bits| both(bits));
            if fits {
                self.compare(at, op);
            }
            return fits;
        }
        let (registers, immediates, accepts) = match op {
            Opcode::Add => (Op::Add, Some(Op::AddImm), bit::NUMBER),
            Opcode::Sub => (Op::Sub, Some(Op::SubImm), bit::NUMBER),
            Opcode::Mul => (Op::Mul, Some(Op::MulImm), bit::NUMBER),
            Opcode::AddF => (Op::Add, None, bit::FLOAT),
            Opcode::SubF => (Op::Sub, None, bit::FLOAT),
            Opcode::MulF => (Op::Mul, None, bit::FLOAT),
            Opcode::Div | Opcode::Mod if both(bit::INT) => return self.divide(at, op),
            _ => return false,
        };
        if !both(accepts) {
            return false;
        }
        let (right, left, base) = self.pop_pair();
        let target = self.target(at, base);
        let left_register = self.frame.register_of(&left, base, 0);
        match (immediates, &right.place) {
            (Some(immediate_op), Place::Constant(constant)) if immediate(constant).is_some() => {
                let value = immediate(constant).unwrap_or_default();
                self.frame.op(immediate_op, &[target.into(), left_register.into(), value]);
            }
            _ => {
                let right_register = self.frame.register_of(&right, base + 1, 1);
                self.frame.op(registers, &[target.into(), left_register.into(), right_register.into()]);
            }
        }
        self.push_target(target, base, crate::transfer::result(op, &types));
        true
    }

    fn pop_pair(&mut self) -> (Entry, Entry, usize) {
        let (right, _) = self.frame.pop();
        let (left, base) = self.frame.pop();
        (right, left, base)
    }

    /// Where a result goes: into the variable that the next instruction stores it in, into the argument of the call that
    /// comes next, else into its slot.
    fn target(&mut self, at: u32, base: usize) -> u8 {
        if let Some(register) = self.next_store(at) {
            self.frame.settle_variable(register);
            return register;
        }
        self.next_argument(at).unwrap_or_else(|| self.frame.slot(base))
    }

    fn push_target(&mut self, target: u8, base: usize, ty: Type) {
        let place = if target == self.frame.slot(base) { Place::Slot } else { Place::Variable(target) };
        self.frame.push(place, ty);
    }

    /// Division by a positive number that is known: what floors is what cuts off, unless the left side is negative.
    fn divide(&mut self, _at: u32, op: Opcode) -> bool {
        let Some(Place::Constant(constant)) = self.frame.stack.last().map(|entry| entry.place.clone()) else {
            return false;
        };
        let Some(divisor) = immediate(&constant).filter(|&divisor| divisor > 0) else { return false };
        let (right, left, base) = self.pop_pair();
        self.frame.settle_window();
        let slot = self.frame.slot(base);
        self.frame.load_entry(slot, &left, base);
        let negative = self.frame.layout.scratch;
        let (slow, done) = (self.frame.builder.new_label(), self.frame.builder.new_label());
        self.frame.op(Op::LtImm, &[negative.into(), slot.into(), 0]);
        self.frame.builder.emit_jump(Op::JumpIfTrue, Some(negative), slow);
        let quick = if op == Opcode::Div { Op::FloorDivImm } else { Op::ModImm };
        self.frame.op(quick, &[slot.into(), slot.into(), divisor]);
        self.frame.builder.emit_jump(Op::Jump, None, done);
        self.frame.builder.bind(slow);
        let divisor_register = self.frame.register_of(&right, base + 1, 0);
        self.frame.support(if op == Opcode::Div { "div" } else { "mod" }, &[slot, divisor_register]);
        self.frame.move_to(slot, self.frame.layout.window);
        self.frame.builder.bind(done);
        self.frame.push(Place::Slot, Type::of(bit::INT));
        true
    }

    /// A comparison; where a `JZ` follows, it branches at once, otherwise it leaves 1 or 0.
    fn compare(&mut self, at: u32, op: Opcode) {
        let base = self.frame.stack.len() - 2;
        let register = self.compare_into_scratch(op);
        let mut next = at + 1;
        let mut holds = false;
        while self.follows(next, Opcode::Not) {
            holds = !holds;
            next += 1;
        }
        if self.follows(next, Opcode::Jz) {
            let target = self.analysis.instruction(next).and_then(|jump| jump.target()).unwrap_or_default();
            self.skip = next - at;
            self.frame.settle_all();
            if self.is_list() {
                self.put_back();
            }
            return self.goto_if(target, register, holds);
        }
        let slot = self.frame.slot(base);
        let done = self.frame.builder.new_label();
        self.frame.builder.load_int(slot, 1);
        self.frame.builder.emit_jump(Op::JumpIfTrue, Some(register), done);
        self.frame.builder.load_int(slot, 0);
        self.frame.builder.bind(done);
        self.frame.push(Place::Slot, Type::of(bit::INT));
    }

    fn follows(&self, at: u32, op: Opcode) -> bool {
        !self.function.blocks.contains_key(&at)
            && self.analysis.instruction(at).is_some_and(|instruction| instruction.op == op)
    }

    /// Compares the top two values; the Bool is in the third scratch register.
    pub fn compare_into_scratch(&mut self, op: Opcode) -> u8 {
        let result = self.frame.layout.scratch + 2;
        let Some(compare) = Compare::of(op) else { return result };
        let (right, left, base) = self.pop_pair();
        let left_register = self.frame.register_of(&left, base, 0);
        match &right.place {
            Place::Constant(constant @ Constant::Int(_)) if immediate(constant).is_some() => {
                let value = immediate(constant).unwrap_or_default();
                self.frame.op(compare.immediate, &[result.into(), left_register.into(), value]);
            }
            _ => {
                let right_register = self.frame.register_of(&right, base + 1, 1);
                self.frame
                    .op(compare.registers, &[result.into(), left_register.into(), right_register.into()]);
            }
        }
        result
    }
}
