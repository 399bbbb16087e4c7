//! What one instruction does to what is known.

use diag::Diagnostic;

use crate::analysis::{Analysis, Key, Mode, Results, State, Variable, call_operand, capture_name};
use crate::opcode::{Opcode, Way};
use crate::program::{Instruction, Operand};
use crate::types::{Type, bit};

/// Where control goes after an instruction.
pub enum Outcome {
    Next,
    /// Here too, and on.
    Branch(u32),
    Goto(u32),
    End,
    /// The heights are not known: the function has to run on a list.
    NeedsList,
}

/// Applies the instruction at an address of a function.
pub fn step(
    analysis: &mut Analysis<'_>,
    index: usize,
    at: u32,
    state: &mut State,
) -> Result<Outcome, Diagnostic> {
    let Some(instruction) = analysis.instruction(at).cloned() else { return Ok(Outcome::End) };
    let mut step = Step { analysis, index, state, instruction: &instruction };
    let outcome = step.apply()?;
    let below = step.state.handlers.last().is_some_and(|handler| step.state.stack.len() < handler.1);
    Ok(if below && !step.is_list() { Outcome::NeedsList } else { outcome })
}

struct Step<'s, 'a> {
    analysis: &'s mut Analysis<'a>,
    index: usize,
    state: &'s mut State,
    instruction: &'s Instruction,
}

impl Step<'_, '_> {
    fn is_list(&self) -> bool {
        self.analysis.functions[self.index].mode == Mode::List
    }

    /// Takes values off; `None` when there are not enough, which is an error of the run.
    fn pop(&mut self, count: usize) -> Option<Vec<Type>> {
        if self.is_list() {
            return Some(vec![Type::any(); count]);
        }
        let available = self.state.stack.len();
        if available < count {
            self.analysis.takes_more(self.index, count - available);
            return None;
        }
        Some(self.state.stack.split_off(available - count))
    }

    fn push(&mut self, ty: Type) {
        if !self.is_list() {
            self.state.stack.push(ty);
        }
    }

    fn set(&mut self, name: &str, variable: Variable) {
        if let Some(index) = self.analysis.functions[self.index].variable(name) {
            self.state.variables[index] = variable;
        }
    }

    fn set_to(&mut self, name: &str, ty: Type) {
        self.set(name, Variable { can_be_set: true, can_be_unset: false, ty });
    }

    fn get(&self, name: &str) -> Variable {
        let index = self.analysis.functions[self.index].variable(name);
        index.map_or_else(Variable::default, |index| self.state.variables[index].clone())
    }

    /// Applies the instruction.
    fn apply(&mut self) -> Result<Outcome, Diagnostic> {
        let op = self.instruction.op;
        match op.way() {
            Way::Own => self.apply_own(),
            Way::Refused(_) => Ok(Outcome::End),
            Way::Effect(_, count) => {
                let popped = self.pop(count.into());
                Ok(if popped.is_some() && op != Opcode::Exit { Outcome::Next } else { Outcome::End })
            }
            Way::Value(_, count) => {
                let Some(operands) = self.pop(count.into()) else { return Ok(Outcome::End) };
                self.push(result(op, &operands));
                Ok(Outcome::Next)
            }
        }
    }

    /// The type of the constant that the instruction pushes, if it does.
    fn constant(&self) -> Option<Type> {
        Some(Type::of(match self.instruction.op {
            Opcode::PushInt => bit::INT,
            Opcode::PushFloat => bit::FLOAT,
            Opcode::PushStr => bit::STR,
            Opcode::PushBool | Opcode::True | Opcode::False => bit::BOOL,
            Opcode::Null => bit::NULL,
            Opcode::MakeObject => bit::OBJECT,
            _ => return None,
        }))
    }

    fn apply_own(&mut self) -> Result<Outcome, Diagnostic> {
        if let Some(constant) = self.constant() {
            self.push(constant);
            return Ok(Outcome::Next);
        }
        let name = self.instruction.text().to_string();
        match self.instruction.op {
            Opcode::Dup => {
                let Some(mut top) = self.pop(1) else { return Ok(Outcome::End) };
                let top = top.swap_remove(0);
                self.push(top.clone());
                self.push(top);
            }
            Opcode::MakeList => {
                let Operand::Count(count) = self.instruction.operand else { return Ok(Outcome::End) };
                if count > 80 && !self.is_list() {
                    return Ok(Outcome::NeedsList);
                }
                if self.pop(count as usize).is_none() {
                    return Ok(Outcome::End);
                }
                self.push(Type::of(bit::LIST));
            }
            Opcode::Store => {
                let Some(mut top) = self.pop(1) else { return Ok(Outcome::End) };
                self.set_to(&name, top.swap_remove(0));
            }
            Opcode::Load => {
                let variable = self.get(&name);
                if !variable.can_be_set {
                    return Ok(Outcome::End);
                }
                self.push(variable.ty);
            }
            Opcode::Delete => {
                self.set(&name, Variable { can_be_set: false, can_be_unset: true, ty: Type::default() });
            }
            Opcode::Capture => return Ok(self.capture(&name)),
            Opcode::Jmp => return Ok(Outcome::Goto(self.instruction.target().unwrap_or_default())),
            Opcode::Jz => {
                let taken = self.pop(1).is_some();
                let target = self.instruction.target().unwrap_or_default();
                return Ok(if taken { Outcome::Branch(target) } else { Outcome::End });
            }
            Opcode::Try => return Ok(self.begin_try()),
            Opcode::EndTry => _ = self.state.handlers.pop(),
            Opcode::Halt | Opcode::Throw => return Ok(Outcome::End),
            Opcode::Ret => {
                if !self.is_list() {
                    let stack = self.state.stack.clone();
                    self.analysis.returns(self.index, &stack);
                }
                return Ok(Outcome::End);
            }
            Opcode::Call => return self.call(),
            Opcode::MakeFunction | Opcode::MakeLambda => self.make_function()?,
            Opcode::CallFunction => return Ok(self.call_value()),
            Opcode::Import => {
                let exported: Vec<String> =
                    self.analysis.exports.get(&name).into_iter().flatten().cloned().collect();
                for name in exported {
                    self.set(&name, Variable { can_be_set: true, can_be_unset: true, ty: Type::any() });
                }
            }
            _ => return Ok(self.process()),
        }
        Ok(Outcome::Next)
    }

    fn begin_try(&mut self) -> Outcome {
        let height = self.state.stack.len();
        let target = self.instruction.target().unwrap_or_default();
        if self.is_list() {
            self.state.handlers.clear();
            return Outcome::Branch(target);
        }
        if self.state.handlers.len() > 100 {
            return Outcome::NeedsList;
        }
        self.state.handlers.push((target, height));
        Outcome::Next
    }

    fn capture(&mut self, name: &str) -> Outcome {
        let variable = self.get(name);
        if !variable.can_be_set {
            return Outcome::End;
        }
        self.set_to(&capture_name(name), variable.ty);
        if !self.state.pending.iter().any(|known| known == name) {
            self.state.pending.push(name.to_string());
        }
        Outcome::Next
    }

    fn call(&mut self) -> Result<Outcome, Diagnostic> {
        let (target, params) = call_operand(self.instruction);
        let key = Key { target, params: params.to_vec(), captured: Vec::new() };
        let Some(arguments) = self.pop(params.len()) else { return Ok(Outcome::End) };
        let id = self.analysis.function(key, self.instruction.span)?;
        self.analysis.call_with(id, &arguments);
        if !self.take_for(&[id]) {
            return Ok(Outcome::End);
        }
        Ok(self.results(&[id]))
    }

    /// Takes off what functions take beside their arguments; false when that is learnt in a later round.
    fn take_for(&mut self, ids: &[u32]) -> bool {
        let count = |id: &u32| self.analysis.functions[*id as usize].taken.len();
        let needed = ids.iter().map(count).max().unwrap_or(0);
        let agree = ids.iter().all(|id| count(id) == needed);
        let is_main = self.index == 0 && self.state.stack.len() < needed;
        if !agree || (is_main && !self.is_list()) {
            for &id in ids {
                self.analysis.takes_nothing(id);
            }
            return !agree || !is_main;
        }
        let Some(values) = self.pop(needed) else { return false };
        for &id in ids {
            self.analysis.taken_with(id, &values);
        }
        true
    }

    fn results(&mut self, ids: &[u32]) -> Outcome {
        let mut common: Option<Vec<Type>> = None;
        for &id in ids {
            match (self.analysis.results(id), &mut common) {
                (Results::Never, _) => {}
                (Results::Varying, _) if self.is_list() => common = Some(Vec::new()),
                (Results::Varying, _) => return Outcome::NeedsList,
                (Results::Fixed(types), None) => common = Some(types),
                (Results::Fixed(types), Some(known)) if known.len() == types.len() => {
                    for (known, ty) in known.iter_mut().zip(&types) {
                        known.join(ty);
                    }
                }
                (Results::Fixed(_), Some(_)) if self.is_list() => {}
                (Results::Fixed(_), Some(_)) => return Outcome::NeedsList,
            }
        }
        let Some(types) = common else {
            // Whether it ever returns is learnt in a later round.
            return if self.is_list() { Outcome::Next } else { Outcome::End };
        };
        for ty in types {
            self.push(ty);
        }
        Outcome::Next
    }

    fn make_function(&mut self) -> Result<(), Diagnostic> {
        let (target, params) = call_operand(self.instruction);
        let mut captured = Vec::new();
        if self.instruction.op == Opcode::MakeLambda {
            captured = std::mem::take(&mut self.state.pending);
            captured.retain(|name| !params.contains(name));
        }
        let key = Key { target, params: params.to_vec(), captured };
        let id = self.analysis.function(key, self.instruction.span)?;
        self.analysis.is_made_a_value(id);
        self.push(Type::function(id));
        Ok(())
    }

    fn call_value(&mut self) -> Outcome {
        if self.is_list() {
            return Outcome::Next;
        }
        let Some(function) = self.pop(1) else { return Outcome::End };
        let Some(ids) = function[0].candidates().map(<[u32]>::to_vec) else { return Outcome::NeedsList };
        let arity = |id: &u32| self.analysis.functions[*id as usize].key.params.len();
        let count = arity(&ids[0]);
        if !ids.iter().all(|id| arity(id) == count) {
            return Outcome::NeedsList;
        }
        match self.pop(count) {
            Some(_) if self.take_for(&ids) => self.results(&ids),
            _ => Outcome::End,
        }
    }

    /// Processes: what these take and leave depends on their operands.
    fn process(&mut self) -> Outcome {
        let (pops, pushes) = crate::processes::effect(self.instruction);
        if self.pop(pops).is_none() {
            return Outcome::End;
        }
        for _ in 0..pushes {
            self.push(Type::any());
        }
        Outcome::Next
    }
}

/// The type of what a simple instruction leaves.
pub fn result(op: Opcode, operands: &[Type]) -> Type {
    let all = operands.iter().fold(0, |bits, operand| bits | operand.bits);
    Type::of(match op {
        Opcode::Add | Opcode::Sub | Opcode::Mul | Opcode::Div | Opcode::Mod => match all & bit::NUMBER {
            bit::INT if all == bit::INT => bit::INT,
            _ if operands.iter().any(|operand| operand.is_only(bit::FLOAT)) => bit::FLOAT,
            _ => bit::NUMBER,
        },
        Opcode::AddF | Opcode::SubF | Opcode::MulF | Opcode::DivF => bit::FLOAT,
        Opcode::Eq | Opcode::Ne | Opcode::Lt | Opcode::Gt | Opcode::Le | Opcode::Ge => bit::INT,
        Opcode::EqF | Opcode::NeF | Opcode::LtF | Opcode::GtF | Opcode::LeF | Opcode::GeF => bit::INT,
        Opcode::Len | Opcode::HasField => bit::INT,
        Opcode::Not | Opcode::And | Opcode::Or => bit::BOOL,
        Opcode::Concat => bit::STR,
        Opcode::Keys => bit::LIST,
        Opcode::SetField | Opcode::DeleteField => bit::OBJECT,
        _ => bit::ANY,
    })
}
