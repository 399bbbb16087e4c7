//! The lowering of each instruction that has code of its own.

use bytecode::{Constant, Op};

use crate::analysis::{Key, Variable, call_operand, capture_name};
use crate::arith::Compare;
use crate::frame::{Place, special, support_constant};
use crate::lower::Lowering;
use crate::opcode::{Opcode, Way};
use crate::program::{Instruction, Operand};
use crate::types::{Type, bit};

impl Lowering<'_> {
    /// Makes code for the instruction at an address.
    pub fn lower_instruction(&mut self, at: u32, instruction: &Instruction) {
        match instruction.op.way() {
            Way::Own => self.lower_own(at, instruction),
            Way::Refused(reason) => self.fail(reason),
            Way::Effect(name, count) => {
                if self.need(count.into(), instruction.op) {
                    self.call_support(name, count, instruction);
                    if instruction.op == Opcode::Exit {
                        self.frame.op(Op::ReturnNil, &[]);
                        self.is_over = true;
                    }
                }
            }
            Way::Value(name, count) => {
                if self.need(count.into(), instruction.op) && !self.arithmetic(at, instruction.op) {
                    let types: Vec<Type> = self.top_types(count.into());
                    self.call_support(name, count, instruction);
                    self.frame.push(Place::Window, crate::transfer::result(instruction.op, &types));
                }
            }
        }
    }

    fn top_types(&self, count: usize) -> Vec<Type> {
        let from = self.frame.stack.len() - count;
        self.frame.stack[from..].iter().map(|entry| entry.ty.clone()).collect()
    }

    /// Calls a support function with the top of the stack and the instruction's own text.
    pub fn call_support(&mut self, name: &str, count: u8, instruction: &Instruction) {
        self.place_arguments(0, count.into());
        let mut arguments = count;
        if let Operand::Text(text) = &instruction.operand {
            let register = self.frame.argument(count);
            self.frame.load_constant(register, &Constant::Str(text.clone()));
            arguments += 1;
        }
        self.frame.call_placed(support_constant(name), arguments);
    }

    /// Moves the top values into the arguments of the next call, and takes them off.
    fn place_arguments(&mut self, first: u8, count: usize) {
        let base = self.frame.stack.len() - count;
        // One value may stand in the window; what is below the arguments is saved, and so is all but the last.
        for height in 0..self.frame.stack.len().saturating_sub(1) {
            if self.frame.stack[height].place == Place::Window {
                self.frame.settle(height);
            }
        }
        if count == 0 {
            self.frame.settle_window();
        }
        for place in 0..count {
            let height = base + place;
            let entry = self.frame.stack[height].clone();
            let register = self.frame.argument(first + place as u8);
            self.frame.load_entry(register, &entry, height);
        }
        self.frame.stack.truncate(base);
    }

    fn lower_own(&mut self, at: u32, instruction: &Instruction) {
        let name = instruction.text();
        match instruction.op {
            Opcode::PushInt | Opcode::PushFloat | Opcode::PushStr | Opcode::PushBool => {
                self.push_literal(instruction)
            }
            Opcode::True => self.frame.push(Place::Special(special::TRUE), Type::of(bit::BOOL)),
            Opcode::False => self.frame.push(Place::Special(special::FALSE), Type::of(bit::BOOL)),
            Opcode::Null => self.frame.push(Place::Special(special::NIL), Type::of(bit::NULL)),
            Opcode::Dup => self.duplicate(),
            Opcode::DumpScope => self.dump_scope(),
            Opcode::MakeList => self.make_list(instruction),
            Opcode::MakeObject => {
                let slot = self.frame.slot(self.frame.stack.len());
                self.frame.op(Op::NewMap, &[slot.into(), 0]);
                self.frame.push(Place::Slot, Type::of(bit::OBJECT));
            }
            Opcode::Store => self.store(name),
            Opcode::Load => self.load(name),
            Opcode::Delete => self.delete(name),
            Opcode::Capture => {
                self.load(name);
                if !self.is_over {
                    self.store_top(&capture_name(name));
                    if !self.block.pending.iter().any(|known| known == name) {
                        self.block.pending.push(name.to_string());
                    }
                }
            }
            Opcode::Jmp => self.jump(instruction.target().unwrap_or_default()),
            Opcode::Jz => self.jump_if_zero(at, instruction.target().unwrap_or_default()),
            Opcode::Halt => self.halt(),
            Opcode::Call => self.call(instruction),
            Opcode::Ret => self.return_results(),
            Opcode::MakeFunction | Opcode::MakeLambda => self.make_function(instruction),
            Opcode::CallFunction => self.call_value(),
            Opcode::Try => self.begin_try(instruction.target().unwrap_or_default()),
            Opcode::EndTry if self.is_list() => {
                let handlers = self.frame.layout.handlers;
                self.frame.support("drop_handler", &[handlers]);
            }
            Opcode::Throw => {
                if self.need(1, Opcode::Throw) {
                    self.place_arguments(0, 1);
                    let place = self.frame.argument(1);
                    self.frame.builder.load_int(place, at.into());
                    self.frame.call_placed(support_constant("throw_value"), 2);
                    self.frame.op(Op::ReturnNil, &[]);
                    self.is_over = true;
                }
            }
            Opcode::Import => self.import(name),
            Opcode::Export => self.export(name),
            _ => self.process(instruction),
        }
    }

    fn push_literal(&mut self, instruction: &Instruction) {
        match &instruction.operand {
            Operand::Int(value) => self.frame.push_constant(Constant::Int(*value), bit::INT),
            Operand::Float(value) => self.frame.push_constant(Constant::Float(*value), bit::FLOAT),
            Operand::Text(text) => self.frame.push_constant(Constant::Str(text.clone()), bit::STR),
            Operand::Bool(value) => {
                let value = if *value { special::TRUE } else { special::FALSE };
                self.frame.push(Place::Special(value), Type::of(bit::BOOL));
            }
            _ => {}
        }
    }

    fn duplicate(&mut self) {
        if !self.need(1, Opcode::Dup) {
            return;
        }
        let height = self.frame.stack.len() - 1;
        if self.frame.stack[height].place == Place::Window {
            self.frame.settle(height);
        }
        let entry = self.frame.stack[height].clone();
        if entry.place == Place::Slot {
            let slot = self.frame.slot(height + 1);
            self.frame.move_to(slot, self.frame.slot(height));
        }
        self.frame.stack.push(entry);
    }

    fn make_list(&mut self, instruction: &Instruction) {
        let Operand::Count(count) = instruction.operand else { return };
        if self.is_list() {
            let scratch = self.frame.layout.scratch;
            self.frame.builder.load_int(scratch, count.into());
            self.frame.support("take_list", &[self.frame.layout.operands, scratch]);
            return self.frame.push(Place::Window, Type::of(bit::LIST));
        }
        if !self.need(count as usize, Opcode::MakeList) {
            return;
        }
        let base = self.frame.stack.len() - count as usize;
        for height in base..self.frame.stack.len() {
            self.frame.settle(height);
        }
        let slot = self.frame.slot(base);
        self.frame.op(Op::NewList, &[slot.into(), slot.into(), count.into()]);
        self.frame.stack.truncate(base);
        self.frame.push(Place::Slot, Type::of(bit::LIST));
    }

    fn set_variable(&mut self, name: &str, variable: Variable) {
        if let Some(index) = self.function.variable(name) {
            self.block.variables[index] = variable;
        }
    }

    fn store(&mut self, name: &str) {
        if self.need(1, Opcode::Store) {
            self.store_top(name);
        }
    }

    pub fn store_top(&mut self, name: &str) {
        let register = self.variable(name);
        let (entry, height) = self.frame.pop();
        if entry.place != Place::Variable(register) {
            self.frame.settle_variable(register);
            self.frame.load_entry(register, &entry, height);
        }
        self.set_variable(name, Variable { can_be_set: true, can_be_unset: false, ty: entry.ty });
    }

    fn known(&self, name: &str) -> Variable {
        self.function
            .variable(name)
            .map_or_else(Variable::default, |index| self.block.variables[index].clone())
    }

    /// Makes sure that a variable is set; false when the code ends with an error instead.
    fn check_set(&mut self, name: &str) -> bool {
        let variable = self.known(name);
        let message = format!("Undefined variable: {name}");
        if !variable.can_be_set && !self.is_list() {
            self.fail(&message);
            return false;
        }
        if variable.can_be_unset || self.is_list() {
            let is_set = self.frame.builder.new_label();
            self.frame.settle_window();
            self.frame.builder.emit_jump(Op::JumpIfSet, Some(self.variable(name)), is_set);
            let argument = self.frame.argument(0);
            self.frame.load_constant(argument, &Constant::Str(message));
            self.frame.call_placed(support_constant("fail"), 1);
            self.frame.op(Op::ReturnNil, &[]);
            self.frame.builder.bind(is_set);
        }
        true
    }

    fn load(&mut self, name: &str) {
        if self.check_set(name) {
            let ty = if self.is_list() { Type::any() } else { self.known(name).ty };
            self.frame.push(Place::Variable(self.variable(name)), ty);
        }
    }

    fn delete(&mut self, name: &str) {
        let variable = self.known(name);
        let register = self.variable(name);
        self.frame.settle_variable(register);
        if variable.can_be_unset || self.is_list() {
            let is_set = self.frame.builder.new_label();
            self.frame.settle_window();
            self.frame.builder.emit_jump(Op::JumpIfSet, Some(register), is_set);
            let argument = self.frame.argument(0);
            self.frame.load_constant(argument, &Constant::Str(name.to_string()));
            self.frame.call_placed(support_constant("warn_unknown"), 1);
            self.frame.builder.bind(is_set);
        }
        {
            self.frame.load_special(register, special::UNSET);
            let unset = Variable { can_be_set: false, can_be_unset: true, ty: Type::default() };
            self.set_variable(name, unset);
        }
    }

    fn dump_scope(&mut self) {
        self.frame.settle_window();
        self.gather_variables();
        self.frame.support("dump_scope", &[self.frame.layout.scratch]);
    }

    /// The variables that are set, as a map in the first scratch register.
    pub fn gather_variables(&mut self) {
        let layout = self.frame.layout;
        self.frame.op(Op::NewMap, &[layout.scratch.into(), 0]);
        for name in &self.function.variables {
            if name.starts_with("capture ") {
                continue;
            }
            let key = layout.scratch + 1;
            self.frame.load_constant(key, &Constant::Str(name.clone()));
            let variable = self.variable(name);
            let is_set = self.frame.builder.new_label();
            let next = self.frame.builder.new_label();
            self.frame.builder.emit_jump(Op::JumpIfSet, Some(variable), is_set);
            self.frame.builder.emit_jump(Op::Jump, None, next);
            self.frame.builder.bind(is_set);
            self.frame.op(Op::MapPut, &[layout.scratch.into(), key.into(), variable.into()]);
            self.frame.builder.bind(next);
        }
    }

    fn jump(&mut self, target: u32) {
        self.frame.settle_all();
        self.is_over = true;
        if self.is_back(target) && self.repeat_header(target) {
            return;
        }
        self.goto(target);
    }

    /// A loop that tests at its top is turned around: its test is made again at the bottom, so that a turn has one jump.
    fn repeat_header(&mut self, target: u32) -> bool {
        const LENGTH_MAX: u32 = 6;
        let Some(state) = self.function.blocks.get(&target) else { return false };
        if self.is_list() || state.handlers != self.block.handlers {
            return false;
        }
        let mut at = target;
        loop {
            let Some(instruction) = self.analysis.instruction(at) else { return false };
            let starts_block = at != target && self.function.blocks.contains_key(&at);
            match instruction.op {
                _ if starts_block || at > target + LENGTH_MAX => return false,
                Opcode::Load | Opcode::PushInt | Opcode::PushFloat => at += 1,
                op if Compare::of(op).is_some() => break,
                _ => return false,
            }
        }
        let exit = self
            .analysis
            .instruction(at + 1)
            .filter(|next| next.op == Opcode::Jz)
            .and_then(Instruction::target);
        let (Some(exit), false) = (exit, self.function.blocks.contains_key(&(at + 1))) else { return false };
        if !self.is_back(at + 2) || self.is_back(exit) {
            return false;
        }
        self.block = state.clone();
        self.is_over = false;
        for place in target..at {
            let Some(instruction) = self.analysis.instruction(place).cloned() else { break };
            self.lower_instruction(place, &instruction);
        }
        let Some(op) = self.analysis.instruction(at).map(|instruction| instruction.op) else { return false };
        let register = self.compare_into_scratch(op);
        self.is_over = true;
        self.frame.settle_all();
        self.goto_if(at + 2, register, true);
        self.goto(exit);
        true
    }

    fn jump_if_zero(&mut self, at: u32, target: u32) {
        if !self.need(1, Opcode::Jz) {
            return;
        }
        let (entry, height) = self.frame.pop();
        let register = self.frame.register_of(&entry, height, 0);
        let scratch = self.frame.layout.scratch + 1;
        let (register, holds) = if entry.ty.is_only(bit::BOOL | bit::NULL) {
            (register, false)
        } else if entry.ty.is_only(bit::INT) {
            self.frame.op(Op::EqImm, &[scratch.into(), register.into(), 0]);
            (scratch, true)
        } else {
            self.frame.move_to(scratch, register);
            self.frame.settle_window();
            self.frame.support("is_zero", &[scratch]);
            (self.frame.layout.window, true)
        };
        self.frame.settle_all();
        if self.is_list() {
            self.put_back();
        }
        self.goto_if(target, register, holds);
        if self.function.blocks.contains_key(&(at + 1)) {
            self.leave_for(at + 1);
        }
    }

    /// Falls into the next block, or goes there when it stands elsewhere.
    fn leave_for(&mut self, next: u32) {
        let follows =
            !self.is_back(next) && self.function.blocks.range(next..).next().map(|row| *row.0) == Some(next);
        if !follows {
            self.goto(next);
            self.is_over = true;
        }
    }

    fn call(&mut self, instruction: &Instruction) {
        let (target, params) = call_operand(instruction);
        if !self.is_list() && !self.need(params.len(), Opcode::Call) {
            return;
        }
        let key = Key { target, params: params.to_vec(), captured: Vec::new() };
        let Some(id) = self.analysis.functions.iter().position(|function| function.key == key) else {
            return self.fail("a call of a function that is never reached");
        };
        let first = u8::from(self.has_context);
        let taken = self.analysis.functions[id].taken.len();
        if self.is_list() {
            self.arguments_from_list(first, params.len(), taken);
        } else {
            if self.frame.stack.len() < params.len() + taken {
                return self.fail("a call with too few values on the stack");
            }
            self.place_arguments(first, params.len());
            self.place_arguments(first + params.len() as u8, taken);
        }
        if self.has_context {
            self.frame.move_to(self.frame.argument(0), 0);
        }
        let count = first + (params.len() + taken) as u8;
        self.frame.call_placed(Constant::Function(id as u32 + 1), count);
        let results = self.analysis.results(id as u32);
        self.push_results(&results);
    }

    /// Arguments of a call off the operand list; below them stands what the function takes beside them.
    fn arguments_from_list(&mut self, first: u8, params: usize, taken: usize) {
        let scratch = self.frame.layout.scratch;
        self.frame.builder.load_int(scratch, (params + taken) as i64);
        self.frame.load_constant(scratch + 1, &Constant::Str(String::new()));
        self.frame.support("take", &[self.frame.layout.operands, scratch, scratch + 1]);
        self.frame.move_to(scratch, self.frame.layout.window);
        for place in 0..params + taken {
            let at = if place < params { taken + place } else { place - params };
            let register = self.frame.argument(first + place as u8);
            self.frame.op(Op::GetElement, &[register.into(), scratch.into(), at as i64]);
        }
    }

    fn begin_try(&mut self, target: u32) {
        if !self.is_list() {
            return self.frame.settle_all();
        }
        let number = self.list_targets.len();
        self.list_targets.push(target);
        let layout = self.frame.layout;
        self.frame.builder.load_int(layout.scratch, number as i64);
        self.frame.support("push_handler", &[layout.handlers, layout.operands, layout.scratch]);
    }
}
