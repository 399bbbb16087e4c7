//! Generates function bodies: instructions picked from the table and filled by the roles of their operands.
//!
//! Registers that certainly hold a value are tracked along the structured control flow that is generated, so most
//! bodies pass the validator and exercise what comes behind it.

use super::Choices;
use super::constant::{World, constant};
use crate::builder::FunctionBuilder;
use crate::op::{Op, fact};
use crate::operand::{ConstantUse, Role, SPECIALS, WindowKind};
use crate::register_set::RegisterSet;
use crate::unit::{Capture, FunctionDef, function_flag};

/// Registers that a body computes with. Behind them stand three for each level of iteration, then call windows.
const LOCALS: u8 = 8;
const WINDOW: u8 = LOCALS + 3 * DEPTH_MAX as u8;
const ARGUMENTS_MAX: usize = 4;
/// The frame ends behind the window's header and the most that any kind of call finds there.
const REGISTERS: u16 = WINDOW as u16 + 3 + ARGUMENTS_MAX as u16;
const DEPTH_MAX: usize = 4;
const STATEMENTS_MAX: usize = 12;

/// What kind of function to make, and what it may refer to.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub world: World,
    pub parameters: u8,
    pub flags: u16,
    pub captures: u16,
    pub slots: u32,
    /// A function to make closures of, and how many values it captures.
    pub closure: Option<(u32, u16)>,
}

pub(super) fn body(choices: &mut Choices<'_>, name: &str, plan: Plan) -> FunctionDef {
    let mut builder = FunctionBuilder::new(name);
    for index in 0..plan.parameters {
        let fixed = index == 0 && plan.flags & function_flag::METHOD != 0;
        builder.parameter(&format!("p{index}"), !fixed && choices.one_in(4));
    }
    builder.set_flags(plan.flags);
    builder.set_captures(plan.captures);
    builder.set_registers(REGISTERS);
    let written = RegisterSet::below(plan.parameters.into());
    let mut body = Body { choices, builder, plan, written };
    body.fill_locals();
    if plan.flags & function_flag::GENERATOR != 0 {
        body.builder.emit(Op::GeneratorStart, &[]);
    }
    body.block(0);
    let result = body.readable();
    body.builder.emit(Op::Return, &[result]);
    let error = |error| panic!("invariant: generated code can be built: {error}");
    body.builder.finish().unwrap_or_else(error)
}

struct Body<'a, 'b> {
    choices: &'a mut Choices<'b>,
    builder: FunctionBuilder,
    plan: Plan,
    /// Locals that hold a value wherever control comes from.
    written: RegisterSet,
}

impl Body<'_, '_> {
    /// Gives some locals values of many kinds to start with.
    fn fill_locals(&mut self) {
        for register in self.plan.parameters..LOCALS {
            let target = i64::from(register);
            match self.choices.below(6) {
                0 => continue,
                1 => self.builder.emit(Op::LoadSpecial, &[target, self.choices.below(SPECIALS.len()) as i64]),
                2 => self.builder.load_int(register, i64::from(self.choices.byte()) - 3),
                3 => self.builder.emit(Op::NewMap, &[target, 2]),
                4 => self.builder.emit(Op::NewList, &[target, 0, i64::from(self.plan.parameters)]),
                _ => {
                    let constant = self.new_constant(ConstantUse::Value);
                    self.builder.emit(Op::LoadConst, &[target, constant]);
                }
            }
            self.written.insert(register);
        }
    }

    fn new_constant(&mut self, constant_use: ConstantUse) -> i64 {
        let constant = constant(self.choices, self.plan.world, constant_use);
        self.builder.constant(constant).operand()
    }

    /// A local that holds a value, made to if none does.
    fn readable(&mut self) -> i64 {
        let count = self.written.len();
        let wanted = self.choices.below(count);
        match self.written.iter().nth(wanted) {
            Some(register) => i64::from(register),
            None => {
                self.builder.emit(Op::LoadSpecial, &[0, 0]);
                self.written.insert(0);
                0
            }
        }
    }

    fn local(&mut self) -> u8 {
        self.choices.below(LOCALS.into()) as u8
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..self.choices.below(STATEMENTS_MAX) {
            if self.choices.is_empty() {
                return;
            }
            self.builder.set_span(self.choices.byte().into(), 255);
            match self.choices.below(10) {
                0 if depth < DEPTH_MAX => self.branch(depth),
                1 if depth < DEPTH_MAX => self.repeat(depth),
                2 if depth < DEPTH_MAX => self.iterate(depth),
                3 if depth < DEPTH_MAX => self.protect(depth),
                _ => self.instruction(),
            }
        }
    }

    fn branch(&mut self, depth: usize) {
        let tests = [Op::JumpIfFalse, Op::JumpIfTrue, Op::JumpIfNil, Op::JumpIfNotNil, Op::JumpIfSet];
        let (otherwise, end) = (self.builder.new_label(), self.builder.new_label());
        let tested = self.readable() as u8;
        self.builder.emit_jump(*self.choices.pick(&tests), Some(tested), otherwise);
        let before = self.written;
        self.block(depth + 1);
        let first = std::mem::replace(&mut self.written, before);
        self.builder.emit_jump(Op::Jump, None, end);
        self.builder.bind(otherwise);
        self.block(depth + 1);
        self.builder.bind(end);
        self.written = self.written.intersection(first);
    }

    fn repeat(&mut self, depth: usize) {
        let top = self.builder.here();
        self.block(depth + 1);
        let tested = self.readable() as u8;
        self.builder.emit_jump(Op::LoopIfTrue, Some(tested), top);
    }

    fn iterate(&mut self, depth: usize) {
        let state = LOCALS + 3 * depth as u8;
        let over = self.readable();
        let (top, test) = (self.builder.new_label(), self.builder.new_label());
        self.builder.emit(Op::Iter, &[state.into(), over]);
        let before = self.written;
        self.builder.emit_jump(Op::Jump, None, test);
        self.builder.bind(top);
        let variable = self.local();
        self.builder.emit(Op::Move, &[variable.into(), i64::from(state) + 2]);
        self.written.insert(variable);
        self.block(depth + 1);
        self.builder.bind(test);
        self.builder.emit_jump(Op::Next, Some(state), top);
        self.written = before;
    }

    fn protect(&mut self, depth: usize) {
        let (start, caught) = (self.builder.here(), self.builder.new_label());
        let (end, behind) = (self.builder.new_label(), self.builder.new_label());
        let before = self.written;
        self.block(depth + 1);
        self.builder.bind(end);
        self.builder.emit_jump(Op::Jump, None, behind);
        self.builder.bind(caught);
        let register = self.local();
        let finally = self.choices.one_in(3);
        self.builder.handler(start, end, caught, register, finally);
        let protected = std::mem::replace(&mut self.written, before);
        self.written.insert(register);
        self.block(depth + 1);
        self.builder.bind(behind);
        self.written = self.written.intersection(protected);
    }

    /// Any instruction that neither branches nor ends.
    fn instruction(&mut self) {
        let op = Op::ALL[self.choices.below(Op::ALL.len())];
        let yields = op == Op::Yield && self.plan.flags & function_flag::GENERATOR != 0;
        if (op.has(fact::BRANCHES) || op.has(fact::ENDS)) && !yields {
            return;
        }
        let mut values = Vec::new();
        let mut written = RegisterSet::EMPTY;
        let mut arguments = 0;
        for spec in op.row().format.layout() {
            let value = match spec.role {
                Role::Read => self.readable(),
                Role::Write => {
                    let register = self.local();
                    written.insert(register);
                    register.into()
                }
                Role::WritePair => {
                    let register = self.choices.below(usize::from(LOCALS) - 1) as u8;
                    written.insert(register);
                    written.insert(register + 1);
                    register.into()
                }
                // Only `next` has one, and it branches.
                Role::Iteration | Role::Jump => return,
                Role::RangeStart => 0,
                Role::RangeCount => {
                    let run = (0..LOCALS).take_while(|&register| self.written.contains(register)).count();
                    self.choices.below(run + 1) as i64
                }
                Role::Window(kind) => {
                    arguments = self.window(kind);
                    WINDOW.into()
                }
                Role::ArgumentCount => arguments as i64,
                Role::Shape => match self.choices.one_in(4) && arguments > 1 {
                    true => self.builder.shape(arguments as u8 - 1, &["x"]),
                    false => 0,
                },
                Role::Constant(constant_use) => self.new_constant(constant_use),
                Role::Capture if self.plan.captures == 0 => return,
                Role::Capture => self.choices.below(self.plan.captures.into()) as i64,
                Role::Slot if self.plan.slots == 0 => return,
                Role::Slot => self.choices.below(self.plan.slots as usize) as i64,
                Role::Prototype => match self.prototype() {
                    Some(prototype) => prototype,
                    None => return,
                },
                Role::Special => self.choices.below(SPECIALS.len()) as i64,
                Role::Optional => self.choices.below(2) as i64,
                Role::Cache => self.builder.cache(),
                Role::Signed | Role::Unsigned | Role::Room => self.choices.below(8) as i64,
            };
            values.push(value);
        }
        self.builder.emit(op, &values);
        self.written = self.written.union(written);
        if arguments > 0 || values.first() == Some(&WINDOW.into()) {
            self.keep_result();
        }
    }

    /// Moves the result of a call out of its window.
    fn keep_result(&mut self) {
        let register = self.local();
        self.builder.emit(Op::Move, &[register.into(), WINDOW.into()]);
        self.written.insert(register);
    }

    /// Fills a call window and returns the number of arguments.
    fn window(&mut self, kind: WindowKind) -> usize {
        let has_callee = matches!(kind, WindowKind::Callee | WindowKind::Spread);
        if has_callee {
            let callee = self.readable();
            self.builder.emit(Op::Move, &[WINDOW.into(), callee]);
        }
        let count = match kind {
            WindowKind::Callee | WindowKind::Arguments => self.choices.below(ARGUMENTS_MAX + 1),
            WindowKind::Method => 1 + self.choices.below(ARGUMENTS_MAX),
            WindowKind::Spread => 2,
            WindowKind::MethodSpread => 3,
        };
        for index in 0..count {
            let argument = self.readable();
            self.builder.emit(Op::Move, &[i64::from(WINDOW) + 3 + index as i64, argument]);
        }
        count
    }

    fn prototype(&mut self) -> Option<i64> {
        let (function, captures) = self.plan.closure?;
        let captures = (0..captures).map(|_| match self.plan.captures {
            outer if outer > 0 && self.choices.one_in(2) => Capture::Outer(0),
            _ => Capture::Register(self.readable() as u8),
        });
        let captures = captures.collect();
        Some(self.builder.prototype(function, captures))
    }
}
