//! The lowering of function values, modules and processes.

use bytecode::{Constant, Op};

use crate::analysis::{Key, Results, Variable, call_operand, capture_name};
use crate::frame::{Place, special};
use crate::lower::Lowering;
use crate::opcode::Opcode;
use crate::program::{Instruction, Operand};
use crate::types::Type;

impl Lowering<'_> {
    /// `make_function(address, names, code, captured, results, context)`.
    pub fn make_function(&mut self, instruction: &Instruction) {
        let (target, params) = call_operand(instruction);
        let is_lambda = instruction.op == Opcode::MakeLambda;
        let mut captured = Vec::new();
        if is_lambda {
            captured = std::mem::take(&mut self.block.pending);
            captured.retain(|name| !params.contains(name));
        }
        let key = Key { target, params: params.to_vec(), captured: captured.clone() };
        let Some(id) = self.analysis.functions.iter().position(|function| function.key == key) else {
            return self.fail("a function that is never reached");
        };
        self.frame.settle_window();
        let height = self.frame.stack.len();
        let list = self.frame.slot(height);
        self.frame.op(Op::NewList, &[list.into(), list.into(), 0]);
        for name in &captured {
            let register = self.variable(&capture_name(name));
            self.frame.op(Op::ListPush, &[list.into(), register.into()]);
        }
        let names: Vec<Constant> = params.iter().cloned().map(Constant::Str).collect();
        let results = match &self.analysis.functions[id].results {
            Results::Never => 0,
            Results::Fixed(types) => types.len() as i64,
            Results::Varying => -1,
        };
        let constants =
            [Constant::Int(target.into()), Constant::Tuple(names), Constant::Function(id as u32 + 1)];
        for (place, constant) in constants.iter().enumerate() {
            let register = self.frame.argument(place as u8);
            self.frame.load_constant(register, constant);
        }
        let (captured_argument, results_argument, context) =
            (self.frame.argument(3), self.frame.argument(4), self.frame.argument(5));
        self.frame.move_to(captured_argument, list);
        self.frame.builder.load_int(results_argument, results);
        self.place_context(context);
        let kind = if is_lambda { "make_closure" } else { "make_function" };
        self.frame.call_placed(crate::frame::support_constant(kind), 6);
        self.frame.push(Place::Window, Type::function(id as u32));
    }

    fn place_context(&mut self, register: u8) {
        if self.has_context {
            self.frame.move_to(register, 0);
        } else {
            self.frame.load_special(register, special::NIL);
        }
    }

    pub fn call_value(&mut self) {
        if self.is_list() {
            return self.frame.support("call_from_list", &[self.frame.layout.operands]);
        }
        if !self.need(1) {
            return;
        }
        let height = self.frame.stack.len() - 1;
        let ids = self.frame.stack[height].ty.candidates().map(<[u32]>::to_vec).unwrap_or_default();
        let count = ids.first().map_or(0, |&id| self.analysis.functions[id as usize].key.params.len());
        if !self.need(count + 1) {
            return;
        }
        let base = self.frame.stack.len() - count - 1;
        self.frame.settle_all();
        let (list, function) = (self.frame.layout.scratch, self.frame.slot(base + count));
        self.frame.op(Op::NewList, &[list.into(), self.frame.slot(base).into(), count as i64]);
        self.frame.support("invoke", &[function, list]);
        self.frame.stack.truncate(base);
        let all = ids.iter().map(|&id| self.analysis.results(id));
        let mut results = Results::Never;
        for next in all {
            results = match (results, next) {
                (Results::Never, next) => next,
                (known, Results::Never) => known,
                (Results::Fixed(known), _) => Results::Fixed(vec![Type::any(); known.len()]),
                (Results::Varying, _) => Results::Varying,
            };
        }
        self.push_results(&results);
    }

    /// Runs a module once, and takes over what it exports.
    pub fn import(&mut self, path: &str) {
        self.frame.settle_all();
        let layout = self.frame.layout;
        self.frame.load_constant(layout.scratch, &Constant::Str(path.to_string()));
        self.frame.support("import_module", &[0, layout.scratch]);
        self.frame.move_to(layout.scratch, layout.window);
        let exported: Vec<String> = self.analysis.exports.get(path).into_iter().flatten().cloned().collect();
        for name in exported {
            let register = self.variable(&name);
            self.frame.load_constant(layout.scratch + 1, &Constant::Str(name.clone()));
            self.frame.support("exported", &[layout.scratch, layout.scratch + 1]);
            let absent = self.frame.builder.new_label();
            self.frame.builder.emit_jump(Op::JumpIfNil, Some(layout.window), absent);
            // What is exported comes in a tuple, so that null can be exported too.
            self.frame.op(Op::GetElement, &[register.into(), layout.window.into(), 0]);
            self.frame.builder.bind(absent);
            if let Some(index) = self.function.variable(&name) {
                self.block.variables[index] =
                    Variable { can_be_set: true, can_be_unset: true, ty: Type::any() };
            }
        }
    }

    pub fn export(&mut self, name: &str) {
        self.frame.settle_all();
        let layout = self.frame.layout;
        if self.function.variable(name).is_none() {
            return self.fail(&format!("Undefined variable: {name}"));
        }
        let register = self.variable(name);
        let is_set = self.frame.builder.new_label();
        self.frame.builder.emit_jump(Op::JumpIfSet, Some(register), is_set);
        self.frame.load_constant(layout.scratch, &Constant::Str(format!("Undefined variable: {name}")));
        self.frame.support("fail", &[layout.scratch]);
        self.frame.builder.bind(is_set);
        self.frame.load_constant(layout.scratch, &Constant::Str(name.to_string()));
        if self.has_context {
            self.frame.support("export", &[0, layout.scratch, register]);
        }
    }

    /// Processes: the number or name stands in the instruction, or is on the stack.
    pub fn process(&mut self, instruction: &Instruction) {
        let (name, from_stack, leaves) = match instruction.op {
            Opcode::Spawn => ("spawn_value", 1, true),
            Opcode::Send => ("send_to", 1, false),
            Opcode::SendNamed => ("send_named", 1, true),
            Opcode::Whereis => ("where_is", 0, true),
            Opcode::Register => ("register_name", 0, false),
            Opcode::Unregister => ("unregister_name", 0, false),
            Opcode::Monitor => ("monitor_process", 0, true),
            Opcode::Demonitor => ("demonitor_process", 0, false),
            Opcode::Link => ("link_process", 0, false),
            Opcode::Unlink => ("unlink_process", 0, false),
            Opcode::Sleep => ("sleep_for", 0, false),
            Opcode::SuperviseChild => ("supervise_child", 0, true),
            Opcode::RestartChild => ("restart_child", 0, true),
            _ => return,
        };
        let takes_number =
            !matches!(&instruction.operand, Operand::Text(_)) && instruction.op != Opcode::Spawn;
        let on_stack = takes_number && instruction.operand == Operand::None;
        let count = from_stack + usize::from(on_stack);
        if !self.need(count) {
            return;
        }
        self.frame.settle_all();
        let base = self.frame.stack.len() - count;
        let scratch = self.frame.layout.scratch;
        let mut registers: Vec<u8> = (base..base + count).map(|height| self.frame.slot(height)).collect();
        match &instruction.operand {
            Operand::Int(number) => {
                self.frame.builder.load_int(scratch, *number);
                registers.push(scratch);
            }
            Operand::Text(name) => {
                self.frame.load_constant(scratch, &Constant::Symbol(format!("ttvm {name}")));
                registers.push(scratch);
            }
            _ => {}
        }
        if self.has_context
            && matches!(instruction.op, Opcode::Spawn | Opcode::SuperviseChild | Opcode::RestartChild)
        {
            registers.insert(0, 0);
        }
        self.frame.support(name, &registers);
        self.frame.stack.truncate(base);
        if leaves {
            self.frame.push(Place::Window, Type::any());
        }
    }
}
