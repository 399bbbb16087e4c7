//! Functions of stack instructions become functions of registers.
//!
//! Blocks are made in the order of their addresses. In a function of `Mode::List` every instruction takes its operands
//! off the list first and puts what it leaves back on it, so both modes share one lowering of each instruction.

use std::collections::{BTreeMap, BTreeSet};

use bytecode::{Constant, FunctionBuilder, FunctionDef, Label, Op};
use diag::Diagnostic;

use crate::analysis::{Analysis, Function, Mode, Results, State, call_operand};
use crate::frame::{Frame, Layout, Place, special};
use crate::opcode::{Opcode, Way};
use crate::program::{Instruction, Operand, mistake};
use crate::types::Type;

/// Makes one function.
pub struct Lowering<'a> {
    pub analysis: &'a Analysis<'a>,
    pub function: &'a Function,
    pub frame: Frame,
    pub has_context: bool,
    /// Where the modules are that an import names, among the unit's imports.
    labels: BTreeMap<u32, Label>,
    bound: BTreeSet<u32>,
    landings: Vec<Landing>,
    pub block: State,
    /// Targets of `TRY` in a function that runs on a list.
    pub list_targets: Vec<u32>,
    pub is_over: bool,
    /// Instructions behind the current one that were lowered with it.
    pub skip: u32,
}

/// Where an error arrives: the block that handles it with its height, or nothing where it only learns its place.
struct Landing {
    handler: Option<(u32, usize)>,
    label: Label,
    /// The instruction that failed.
    place: u32,
}

/// Makes the function with this number.
pub fn lower(analysis: &Analysis<'_>, index: usize, has_context: bool) -> Result<FunctionDef, Diagnostic> {
    let function = &analysis.functions[index];
    let constants = loop_constants(analysis, function);
    let height = function.height_max.max(3) + 1;
    let layout = Layout::new(has_context, function.variables.len(), height, constants.len());
    let name = if index == 0 { "main".to_string() } else { format!("function@{}", function.key.target) };
    let frame = Frame {
        builder: FunctionBuilder::new(&name),
        layout,
        stack: Vec::new(),
        constants,
        arguments_max: 4,
    };
    let mut lowering = Lowering {
        analysis,
        function,
        frame,
        has_context,
        labels: BTreeMap::new(),
        bound: BTreeSet::new(),
        landings: Vec::new(),
        block: State { stack: Vec::new(), variables: Vec::new(), handlers: Vec::new(), pending: Vec::new() },
        list_targets: Vec::new(),
        is_over: false,
        skip: 0,
    };
    lowering.body();
    let registers = u16::from(lowering.frame.layout.window) + 3 + u16::from(lowering.frame.arguments_max);
    lowering.frame.builder.set_registers(registers);
    let span = analysis.instruction(function.key.target).map(|instruction| instruction.span);
    let finished = lowering.frame.builder.finish();
    finished.map_err(|error| {
        let span = span.unwrap_or_else(|| diag::Span::new(diag::FileId(0), 0, 0));
        mistake(span, format!("the function does not fit: {error}"))
    })
}

/// The numbers that stand in loops and are no operand of an instruction: they are loaded once, and not in each turn. What
/// stands between a jump back and its target is taken for a loop.
fn loop_constants(analysis: &Analysis<'_>, function: &Function) -> Vec<Constant> {
    const CONSTANTS_MAX: usize = 8;
    const REGISTERS_MAX: usize = 150;
    let mut constants: Vec<Constant> = Vec::new();
    let is_large = function.variables.len() + function.height_max > REGISTERS_MAX;
    if function.mode == Mode::List || is_large {
        return constants;
    }
    let reached = analysis.reached(function.key.target);
    let mut in_loops: BTreeSet<u32> = BTreeSet::new();
    for &at in &reached {
        let instruction = &analysis.program.code[at as usize];
        let jumps = matches!(instruction.op, Opcode::Jmp | Opcode::Jz);
        if let Some(target) = instruction.target().filter(|&target| jumps && target <= at) {
            in_loops.extend(reached.range(target..at));
        }
    }
    for at in in_loops {
        let constant = match analysis.program.code[at as usize].operand {
            Operand::Int(value) if analysis.program.code[at as usize].op == Opcode::PushInt => {
                Constant::Int(value)
            }
            // Zeros are equal and yet not the same.
            Operand::Float(value) if value != 0.0 => Constant::Float(value),
            _ => continue,
        };
        if immediate(&constant).is_none() && !constants.contains(&constant) && constants.len() < CONSTANTS_MAX
        {
            constants.push(constant);
        }
    }
    constants
}

impl<'a> Lowering<'a> {
    pub fn is_list(&self) -> bool {
        self.function.mode == Mode::List
    }

    pub fn is_main(&self) -> bool {
        std::ptr::eq(self.function, &self.analysis.functions[0])
    }

    /// Whether this is what a prompt runs.
    pub fn is_entry(&self) -> bool {
        self.is_main() && self.analysis.program.entry.is_some()
    }

    fn body(&mut self) {
        self.prologue();
        let blocks: Vec<u32> = self.function.blocks.keys().copied().collect();
        for &start in &blocks {
            let label = self.frame.builder.new_label();
            self.labels.insert(start, label);
        }
        let entry = self.function.key.target;
        if blocks.first() != Some(&entry) {
            self.goto(entry);
        }
        let first = self.frame.builder.here();
        for (place, &start) in blocks.iter().enumerate() {
            self.block(start, blocks.get(place + 1).copied());
        }
        if self.is_list() && !self.list_targets.is_empty() {
            let end = self.frame.builder.here();
            let error = self.frame.layout.error;
            self.frame.builder.handler(first, end, end, error, false);
            self.dispatch();
        }
        for landing in std::mem::take(&mut self.landings) {
            self.frame.builder.bind(landing.label);
            let layout = self.frame.layout;
            self.frame.builder.load_int(layout.scratch, landing.place.into());
            let Some((target, height)) = landing.handler else {
                self.frame.support("placed", &[layout.error, layout.scratch]);
                self.frame.op(Op::ReturnNil, &[]);
                continue;
            };
            self.frame.support("caught", &[layout.error, layout.scratch]);
            let slot = self.frame.slot(height);
            self.frame.move_to(slot, self.frame.layout.window);
            self.goto(target);
        }
    }

    /// Parameters get their registers; variables that may be read before they are set get the unset mark.
    fn prologue(&mut self) {
        if self.has_context {
            self.frame.builder.parameter("context", false);
        }
        let names: Vec<&String> =
            self.function.key.params.iter().chain(&self.function.key.captured).collect();
        let taken = self.function.taken.len();
        for place in 0..names.len() + taken {
            self.frame.builder.parameter(&format!("p{place}"), false);
        }
        let base = self.frame.layout.variables;
        // Slots begin behind the variables, of which there are at least as many as names unless a name stands twice.
        let from = base + names.len() as u8;
        let mut places: Vec<usize> = (0..taken).collect();
        if self.frame.slot(0) >= from {
            places.reverse();
        }
        for place in places {
            self.frame.move_to(self.frame.slot(place), from + place as u8);
        }
        // Of two parameters with one name the last wins; variables stand in the order of first names.
        let homes: Vec<usize> = names.iter().map(|name| self.function.variable(name).unwrap_or(0)).collect();
        for (place, &home) in homes.iter().enumerate() {
            if home != place {
                self.frame.move_to(base + home as u8, base + place as u8);
            }
        }
        let distinct: BTreeSet<usize> = homes.into_iter().collect();
        for variable in distinct.len()..self.function.variables.len() {
            self.frame.load_special(base + variable as u8, special::UNSET);
        }
        for (index, constant) in self.frame.constants.clone().iter().enumerate() {
            self.frame.load_constant(self.frame.layout.constants + index as u8, constant);
        }
        if self.is_list() {
            let layout = self.frame.layout;
            self.frame.op(Op::NewList, &[layout.handlers.into(), 0, 0]);
            if self.is_entry() {
                self.begin_entry();
            } else {
                self.frame.op(Op::NewList, &[layout.operands.into(), 0, 0]);
            }
            self.frame.builder.load_int(layout.place, 0);
        }
    }

    fn block(&mut self, start: u32, next_block: Option<u32>) {
        let Some(state) = self.function.blocks.get(&start) else { return };
        self.block = state.clone();
        self.bound.insert(start);
        let label = self.labels[&start];
        self.frame.builder.bind(label);
        self.frame.stack = state.stack.iter().map(|ty| entry_in_slot(ty.clone())).collect();
        let handler = state.handlers.last().copied().filter(|_| !self.is_list());
        self.is_over = false;
        let mut at = start;
        loop {
            self.protected_instruction(at, handler);
            at += 1 + std::mem::take(&mut self.skip);
            if self.is_over {
                break;
            }
            if self.function.blocks.contains_key(&at) {
                self.frame.settle_all();
                if next_block != Some(at) {
                    self.goto(at);
                }
                break;
            }
        }
    }

    /// An instruction with the range of its handler. Each has a range of its own, so that the exception can name it.
    fn protected_instruction(&mut self, at: u32, handler: Option<(u32, usize)>) {
        if handler.is_none() && !self.tells_places(at) {
            return self.instruction(at);
        }
        let from = self.frame.builder.here();
        self.instruction(at);
        let to = self.frame.builder.here();
        let label = self.frame.builder.new_label();
        let error = self.frame.layout.error;
        self.frame.builder.handler(from, to, label, error, false);
        self.landings.push(Landing { handler, label, place: at });
    }

    /// Whether a failure here has to say where it was: a handler of a caller may want to know.
    fn tells_places(&self, at: u32) -> bool {
        let can_fail = self.analysis.instruction(at).is_some_and(|instruction| match instruction.op.way() {
            Way::Own => matches!(instruction.op, Opcode::Load | Opcode::CallFunction | Opcode::Import),
            Way::Value(..) | Way::Effect(..) => instruction.op != Opcode::Exit,
            Way::Refused(_) => false,
        });
        can_fail && !self.is_main() && !self.is_list() && self.analysis.has_handlers
    }

    /// One instruction with what surrounds it.
    fn instruction(&mut self, at: u32) {
        let Some(instruction) = self.analysis.instruction(at).cloned() else {
            // The end of the program ends it, wherever control is.
            self.halt();
            return;
        };
        self.frame.builder.set_span(instruction.span.start, instruction.span.end);
        if self.is_list() {
            self.frame.builder.load_int(self.frame.layout.place, at.into());
        }
        self.lower_instruction(at, &instruction);
        if self.is_list() && !self.is_over {
            self.put_back();
        }
    }

    /// Puts what an instruction left onto the operand list.
    pub fn put_back(&mut self) {
        for height in 0..self.frame.stack.len() {
            let entry = self.frame.stack[height].clone();
            let register = self.frame.register_of(&entry, height, 0);
            self.frame.op(Op::ListPush, &[self.frame.layout.operands.into(), register.into()]);
        }
        self.frame.stack.clear();
    }

    /// Makes sure that so many operands are there; false when the code ends with an error instead.
    pub fn need(&mut self, count: usize, op: Opcode) -> bool {
        if !self.is_list() {
            let available = self.frame.stack.len();
            if available < count {
                self.fail(&underflow(count, available, op));
            }
            return available >= count;
        }
        if count == 0 {
            return true;
        }
        let scratch = self.frame.layout.scratch;
        self.frame.builder.load_int(scratch, count as i64);
        let word = Constant::Str(if counts_first(op) { String::new() } else { op.word().to_string() });
        self.frame.load_constant(scratch + 1, &word);
        self.frame.support("take", &[self.frame.layout.operands, scratch, scratch + 1]);
        // The result is a tuple of the values, the top last.
        let window = self.frame.layout.window;
        for height in 0..count {
            let slot = self.frame.slot(height);
            self.frame.op(Op::GetElement, &[slot.into(), window.into(), height as i64]);
            self.frame.stack.push(entry_in_slot(Type::any()));
        }
        true
    }

    /// Ends the block with an error.
    pub fn fail(&mut self, message: &str) {
        let argument = self.frame.argument(0);
        self.frame.load_constant(argument, &Constant::Str(message.to_string()));
        self.frame.call_placed(crate::frame::support_constant("fail"), 1);
        self.frame.op(Op::ReturnNil, &[]);
        self.is_over = true;
    }

    /// Ends the program: the main function returns, everything else leaves the process.
    pub fn halt(&mut self) {
        if self.is_entry() {
            self.end_entry();
        } else if self.is_main() {
            self.frame.op(Op::ReturnNil, &[]);
        } else {
            let at_prompt = self.analysis.program.entry.is_some();
            self.frame.support(if at_prompt { "halt_entry" } else { "halt" }, &[]);
            self.frame.op(Op::ReturnNil, &[]);
        }
        self.is_over = true;
    }

    /// Goes to a block; its values are in their slots already.
    pub fn goto(&mut self, target: u32) {
        // What no path reaches has no label, and then this jump is never reached either.
        let Some(&label) = self.labels.get(&target) else { return self.halt() };
        let op = if self.bound.contains(&target) { Op::Loop } else { Op::Jump };
        self.frame.builder.emit_jump(op, None, label);
    }

    /// Goes to a block where `register` is nil or false, or where it is neither.
    pub fn goto_if(&mut self, target: u32, register: u8, holds: bool) {
        let Some(&label) = self.labels.get(&target) else { return };
        if !self.bound.contains(&target) {
            let op = if holds { Op::JumpIfTrue } else { Op::JumpIfFalse };
            return self.frame.builder.emit_jump(op, Some(register), label);
        }
        if holds {
            return self.frame.builder.emit_jump(Op::LoopIfTrue, Some(register), label);
        }
        let skip = self.frame.builder.new_label();
        self.frame.builder.emit_jump(Op::JumpIfTrue, Some(register), skip);
        self.frame.builder.emit_jump(Op::Loop, None, label);
        self.frame.builder.bind(skip);
    }

    /// Whether a block was made already, so that going there goes back.
    pub fn is_back(&self, target: u32) -> bool {
        self.bound.contains(&target)
    }

    /// In a function on a list: the handler that an error finds is known only when it happens.
    fn dispatch(&mut self) {
        let layout = self.frame.layout;
        self.frame.support("unwind", &[layout.handlers, layout.operands, layout.error, layout.place]);
        for (number, target) in std::mem::take(&mut self.list_targets).into_iter().enumerate() {
            let scratch = layout.scratch;
            self.frame.builder.load_int(scratch + 1, number as i64);
            self.frame.op(Op::Eq, &[scratch.into(), layout.window.into(), (scratch + 1).into()]);
            self.goto_if(target, scratch, true);
        }
        self.frame.op(Op::ReturnNil, &[]);
    }

    /// Returns what is on the stack, as callers expect it.
    pub fn return_results(&mut self) {
        self.is_over = true;
        if self.is_main() {
            return self.fail("No variable scope available");
        }
        if self.is_list() {
            let operands = self.frame.layout.operands;
            return self.frame.op(Op::Return, &[operands.into()]);
        }
        let count = self.frame.stack.len();
        match &self.function.results {
            Results::Fixed(_) if count == 0 => self.frame.op(Op::ReturnNil, &[]),
            Results::Fixed(_) if count == 1 => {
                let (entry, height) = self.frame.pop();
                let register = self.frame.register_of(&entry, height, 0);
                self.frame.op(Op::Return, &[register.into()]);
            }
            _ => {
                self.frame.settle_all();
                let (window, first) = (self.frame.layout.window, self.frame.slot(0));
                self.frame.op(Op::NewList, &[window.into(), first.into(), count as i64]);
                self.frame.op(Op::Return, &[window.into()]);
            }
        }
    }

    /// Pushes what a call left in the window, for a callee with these results.
    pub fn push_results(&mut self, results: &Results) {
        let window = self.frame.layout.window;
        match results {
            Results::Never => {
                self.frame.op(Op::ReturnNil, &[]);
                self.is_over = true;
            }
            Results::Varying => {
                let operands = self.frame.layout.operands;
                self.frame.move_to(self.frame.layout.scratch, window);
                self.frame.support("append", &[operands, self.frame.layout.scratch]);
            }
            Results::Fixed(types) if types.is_empty() => {}
            Results::Fixed(types) if types.len() == 1 => self.frame.push(Place::Window, types[0].clone()),
            Results::Fixed(types) => {
                let base = self.frame.stack.len();
                for (place, ty) in types.iter().enumerate() {
                    let slot = self.frame.slot(base + place);
                    self.frame.op(Op::GetElement, &[slot.into(), window.into(), place as i64]);
                    self.frame.push(Place::Slot, ty.clone());
                }
            }
        }
    }

    /// The register of a variable.
    pub fn variable(&self, name: &str) -> u8 {
        self.frame.layout.variables + self.function.variable(name).unwrap_or(0) as u8
    }

    /// The instruction that follows in the same block.
    fn next(&self, at: u32) -> Option<&'a Instruction> {
        let next = at + 1;
        if self.is_list() || self.function.blocks.contains_key(&next) {
            return None;
        }
        self.analysis.instruction(next)
    }

    /// The variable in which the next instruction stores the top of the stack.
    pub fn next_store(&self, at: u32) -> Option<u8> {
        let instruction = self.next(at)?;
        (instruction.op == Opcode::Store).then(|| self.variable(instruction.text()))
    }

    /// The register in which the next instruction, a call, wants the top of the stack: that of its last argument.
    pub fn next_argument(&self, at: u32) -> Option<u8> {
        let instruction = self.next(at).filter(|instruction| instruction.op == Opcode::Call)?;
        let (_, params) = call_operand(instruction);
        let last = params.len().checked_sub(1)?;
        Some(self.frame.argument(u8::from(self.has_context) + last as u8))
    }
}

/// The instructions that count what is there before they take anything.
fn counts_first(op: Opcode) -> bool {
    matches!(op, Opcode::Call | Opcode::CallFunction | Opcode::MakeList)
}

fn underflow(count: usize, available: usize, op: Opcode) -> String {
    if counts_first(op) {
        return format!("Need {count} stack items but only {available} available");
    }
    format!("Stack underflow during {}", op.word())
}

fn entry_in_slot(ty: Type) -> crate::frame::Entry {
    crate::frame::Entry { place: Place::Slot, ty }
}

/// Whether both are small enough to be an immediate operand.
pub fn immediate(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Int(value) if i8::try_from(*value).is_ok() => Some(*value),
        _ => None,
    }
}
