//! The lowering of function values and modules.

use bytecode::{Constant, Op};

use crate::analysis::{Key, Results, Variable, call_operand, capture_name};
use crate::frame::{Place, special};
use crate::lower::Lowering;
use crate::opcode::Opcode;
use crate::program::Instruction;
use crate::types::Type;

impl Lowering<'_> {
    /// `make_function(address, names, code, captured, results, taken, context)`.
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
        let [captured_argument, results_argument, taken_argument, context] =
            [3, 4, 5, 6].map(|place| self.frame.argument(place));
        self.frame.move_to(captured_argument, list);
        self.frame.builder.load_int(results_argument, results);
        let taken = self.analysis.functions[id].taken.len();
        self.frame.builder.load_int(taken_argument, taken as i64);
        self.place_context(context);
        let kind = if is_lambda { "make_closure" } else { "make_function" };
        self.frame.call_placed(crate::frame::support_constant(kind), 7);
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
        if !self.need(1, Opcode::CallFunction) {
            return;
        }
        let height = self.frame.stack.len() - 1;
        let ids = self.frame.stack[height].ty.candidates().map(<[u32]>::to_vec).unwrap_or_default();
        let count = ids.first().map_or(0, |&id| self.analysis.functions[id as usize].key.params.len());
        if self.frame.stack.len() < count + 1 {
            let available = self.frame.stack.len() - 1;
            return self.fail(&format!("Need {count} stack items but only {available} available"));
        }
        let taken = ids.first().map_or(0, |&id| self.analysis.functions[id as usize].taken.len());
        let base = self.frame.stack.len() - count - 1;
        if base < taken {
            return self.fail("a call with too few values on the stack");
        }
        self.frame.settle_all();
        let (list, function) = (self.frame.layout.scratch, self.frame.slot(base + count));
        self.frame.op(Op::NewList, &[list.into(), self.frame.slot(base).into(), count as i64]);
        let from = self.frame.slot(base - taken);
        self.frame.op(Op::NewList, &[(list + 1).into(), from.into(), taken as i64]);
        self.frame.support("invoke", &[function, list, list + 1]);
        self.frame.stack.truncate(base - taken);
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
            self.take_from_scratch(&name);
            if let Some(index) = self.function.variable(&name) {
                self.block.variables[index] =
                    Variable { can_be_set: true, can_be_unset: true, ty: Type::any() };
            }
        }
    }

    /// A variable takes its value from the map in the first scratch register, if it is there.
    fn take_from_scratch(&mut self, name: &str) {
        let layout = self.frame.layout;
        let register = self.variable(name);
        self.frame.load_constant(layout.scratch + 1, &Constant::Str(name.to_string()));
        self.frame.support("exported", &[layout.scratch, layout.scratch + 1]);
        let absent = self.frame.builder.new_label();
        self.frame.builder.emit_jump(Op::JumpIfNil, Some(layout.window), absent);
        // The value comes in a tuple, so that it can be null.
        self.frame.op(Op::GetElement, &[register.into(), layout.window.into(), 0]);
        self.frame.builder.bind(absent);
    }

    /// An entry of a prompt begins with the stack and the variables of the one before it.
    pub fn begin_entry(&mut self) {
        let layout = self.frame.layout;
        self.frame.support("kept_operands", &[0]);
        self.frame.move_to(layout.operands, layout.window);
        self.frame.support("kept_variables", &[0]);
        self.frame.move_to(layout.scratch, layout.window);
        for name in self.function.variables.iter().filter(|name| !name.starts_with("capture ")) {
            self.take_from_scratch(name);
        }
    }

    /// And it leaves them to the next.
    pub fn end_entry(&mut self) {
        self.gather_variables();
        let layout = self.frame.layout;
        let names = self.function.variables.iter().cloned().map(Constant::Str).collect();
        self.frame.load_constant(layout.scratch + 1, &Constant::Tuple(names));
        self.frame.support("keep_entry", &[0, layout.operands, layout.scratch, layout.scratch + 1]);
        self.frame.op(Op::ReturnNil, &[]);
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
}
