//! Which functions a program has, how high the stack is everywhere, what values can be, and which variables are set.
//!
//! A function is an address with names for its parameters. Functions are walked until nothing new is learnt: types of
//! arguments flow into functions, types of results back. A function whose stack has different heights at one place, or
//! calls a value that is not known, runs on a list of operands instead (`Mode::List`).

use std::collections::{BTreeMap, BTreeSet};

use diag::{Diagnostic, Span};

use crate::opcode::Opcode;
use crate::program::{Instruction, Operand, Program, mistake};
use crate::transfer::{Outcome, step};
use crate::types::{FunctionId, Type};

/// Variables of one function, hidden ones included: each has a register.
pub const VARIABLES_MAX: usize = 120;
/// Beyond this height a function runs on a list.
pub const HEIGHT_MAX: usize = 90;
const FUNCTIONS_MAX: usize = 4096;
/// Values that a function may take off the stack of its caller beside its parameters.
const TAKEN_MAX: usize = 8;
/// Instructions that the analysis may look at, again and again, before it gives up.
const STEPS_MAX: usize = 20_000_000;

/// What makes a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub target: u32,
    pub params: Vec<String>,
    /// Captured values come behind the parameters.
    pub captured: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Registers,
    List,
}

/// What a function leaves on the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Results {
    /// It was not seen to return.
    Never,
    Fixed(Vec<Type>),
    /// Different numbers: they are handed over as a list.
    Varying,
}

/// A variable at some place: whether it can be set, can be unset, and what it can be.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Variable {
    pub can_be_set: bool,
    pub can_be_unset: bool,
    pub ty: Type,
}

/// What is known before an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub stack: Vec<Type>,
    pub variables: Vec<Variable>,
    /// Handlers, newest last: target and height.
    pub handlers: Vec<(u32, usize)>,
    /// Variables captured for the next lambda.
    pub pending: Vec<String>,
}

/// A function and what was learnt of it.
#[derive(Clone, Debug)]
pub struct Function {
    pub key: Key,
    pub mode: Mode,
    pub params: Vec<Type>,
    /// What it takes off the stack of its caller beside its parameters, the deepest first.
    pub taken: Vec<Type>,
    /// It takes nothing more: a caller has nothing to give, or it runs on a list.
    takes_no_more: bool,
    /// It is a value, which anything may call.
    is_value: bool,
    pub results: Results,
    pub variables: Vec<String>,
    /// What is known at the start of each block that can be reached.
    pub blocks: BTreeMap<u32, State>,
    pub height_max: usize,
}

impl Function {
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|known| known == name)
    }
}

/// The functions of a program; the first is its top level.
pub struct Analysis<'a> {
    pub program: &'a Program,
    pub functions: Vec<Function>,
    /// Names that an import can bring.
    pub exports: &'a BTreeMap<String, BTreeSet<String>>,
    ids: BTreeMap<Key, FunctionId>,
    leaders: BTreeSet<u32>,
    /// The program has a `TRY`.
    pub has_handlers: bool,
    steps: usize,
    pub changed: bool,
}

/// The hidden variable that keeps what `CAPTURE x` noted.
pub fn capture_name(name: &str) -> String {
    format!("capture {name}")
}

/// Looks at a program until nothing new is learnt.
pub fn analyse<'a>(
    program: &'a Program,
    exports: &'a BTreeMap<String, BTreeSet<String>>,
) -> Result<Analysis<'a>, Diagnostic> {
    let leaders = leaders(program);
    let ids = BTreeMap::new();
    let has_handlers = program.code.iter().any(|instruction| instruction.op == Opcode::Try);
    let mut analysis = Analysis {
        program,
        functions: Vec::new(),
        exports,
        ids,
        leaders,
        has_handlers,
        steps: 0,
        changed: true,
    };
    let main = Key { target: program.entry.unwrap_or(0), params: Vec::new(), captured: Vec::new() };
    analysis.function(main, Span::new(first_span(program).file, 0, 0))?;
    if program.entry.is_some() {
        analysis.functions[0].mode = Mode::List;
        analysis.functions[0].results = Results::Varying;
    }
    while analysis.changed {
        analysis.changed = false;
        let mut index = 0;
        while index < analysis.functions.len() {
            analysis.walk(index)?;
            index += 1;
        }
    }
    Ok(analysis)
}

fn first_span(program: &Program) -> Span {
    program.code.first().map_or(Span::new(diag::FileId(0), 0, 0), |instruction| instruction.span)
}

/// Addresses at which blocks start: targets, and what stands behind a jump or a change of handlers.
fn leaders(program: &Program) -> BTreeSet<u32> {
    let mut leaders = BTreeSet::from([0]);
    for (at, instruction) in program.code.iter().enumerate() {
        leaders.extend(instruction.target());
        if matches!(instruction.op, Opcode::Jmp | Opcode::Jz | Opcode::Try | Opcode::EndTry) {
            leaders.insert(at as u32 + 1);
        }
    }
    leaders
}

impl Analysis<'_> {
    /// The function with this key; made when there is none yet.
    pub fn function(&mut self, key: Key, span: Span) -> Result<FunctionId, Diagnostic> {
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        if self.functions.len() >= FUNCTIONS_MAX {
            return Err(mistake(span, format!("the program has more than {FUNCTIONS_MAX} functions")));
        }
        let variables = self.variables_of(&key, span)?;
        let id = self.functions.len() as FunctionId;
        self.functions.push(Function {
            params: vec![Type::default(); key.params.len() + key.captured.len()],
            key: key.clone(),
            taken: Vec::new(),
            takes_no_more: self.functions.is_empty(),
            is_value: false,
            mode: Mode::Registers,
            results: Results::Never,
            variables,
            blocks: BTreeMap::new(),
            height_max: 0,
        });
        self.ids.insert(key, id);
        self.changed = true;
        Ok(id)
    }

    /// The names in the code that is reached from the function's address, parameters first.
    fn variables_of(&self, key: &Key, span: Span) -> Result<Vec<String>, Diagnostic> {
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: String| {
            if !names.contains(&name) {
                names.push(name);
            }
            names.len() <= VARIABLES_MAX
        };
        let mut fits = key.params.iter().chain(&key.captured).all(|name| add(name.clone()));
        for at in self.reached(key.target) {
            let instruction = &self.program.code[at as usize];
            fits &= match instruction.op {
                Opcode::Store | Opcode::Load | Opcode::Delete => add(instruction.text().to_string()),
                Opcode::Capture => {
                    add(instruction.text().to_string()) && add(capture_name(instruction.text()))
                }
                Opcode::Import => {
                    let exported = self.exports.get(instruction.text()).into_iter().flatten();
                    exported.cloned().all(&mut add)
                }
                _ => true,
            };
            if !fits {
                return Err(mistake(span, format!("a function has more than {VARIABLES_MAX} variables")));
            }
        }
        Ok(names)
    }

    /// Every address that control can reach inside a function.
    pub fn reached(&self, start: u32) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![start];
        while let Some(at) = waiting.pop() {
            let Some(instruction) = self.program.code.get(at as usize) else { continue };
            if !seen.insert(at) {
                continue;
            }
            match instruction.op {
                Opcode::Jmp | Opcode::Jz | Opcode::Try => waiting.extend(instruction.target()),
                _ => {}
            }
            if !matches!(
                instruction.op,
                Opcode::Jmp | Opcode::Ret | Opcode::Halt | Opcode::Exit | Opcode::Throw
            ) {
                waiting.push(at + 1);
            }
        }
        seen
    }

    /// Adds what a function is called with.
    pub fn call_with(&mut self, id: FunctionId, arguments: &[Type]) {
        let function = &mut self.functions[id as usize];
        for (param, argument) in function.params.iter_mut().zip(arguments) {
            self.changed |= param.join(argument);
        }
    }

    /// Adds what a function finds on the stack of a caller below its arguments.
    pub fn taken_with(&mut self, id: FunctionId, values: &[Type]) {
        let function = &mut self.functions[id as usize];
        for (taken, value) in function.taken.iter_mut().zip(values) {
            self.changed |= taken.join(value);
        }
    }

    /// A function needs more than there is on its own stack: it takes that from its caller.
    pub fn takes_more(&mut self, index: usize, count: usize) {
        let function = &mut self.functions[index];
        if function.takes_no_more || function.taken.len() + count > TAKEN_MAX {
            return;
        }
        let ty = if function.is_value { Type::any() } else { Type::default() };
        function.taken.splice(0..0, std::iter::repeat_n(ty, count));
        self.changed = true;
    }

    /// A caller has not what a function takes, so that the function fails where it misses it.
    pub fn takes_nothing(&mut self, id: FunctionId) {
        let function = &mut self.functions[id as usize];
        self.changed |= !function.takes_no_more || !function.taken.is_empty();
        function.takes_no_more = true;
        if !function.taken.is_empty() {
            function.taken.clear();
            function.results = Results::Never;
        }
    }

    /// A function becomes a value: it can be called from anywhere, with anything.
    pub fn is_made_a_value(&mut self, id: FunctionId) {
        let function = &mut self.functions[id as usize];
        function.is_value = true;
        let any = Type::any();
        for ty in function.params.iter_mut().chain(&mut function.taken) {
            self.changed |= ty.join(&any);
        }
    }

    pub fn results(&self, id: FunctionId) -> Results {
        self.functions[id as usize].results.clone()
    }

    /// Walks one function with what is known now.
    fn walk(&mut self, index: usize) -> Result<(), Diagnostic> {
        let mut blocks = BTreeMap::from([(self.functions[index].key.target, self.entry(index))]);
        let mut waiting: BTreeSet<u32> = blocks.keys().copied().collect();
        let mut height_max = self.functions[index].height_max;
        let taken = self.functions[index].taken.len();
        while let Some(start) = waiting.pop_first() {
            let Some(mut state) = blocks.get(&start).cloned() else { continue };
            let mut at = start;
            loop {
                self.steps += 1;
                if self.steps > STEPS_MAX {
                    return Err(mistake(
                        first_span(self.program),
                        "the program is too complex to be analysed",
                    ));
                }
                let outcome = step(self, index, at, &mut state)?;
                height_max = height_max.max(state.stack.len());
                let mut joined = !matches!(outcome, Outcome::NeedsList);
                let mut go = |target: u32, state: &State| match blocks.get_mut(&target) {
                    Some(known) => match join(known, state) {
                        Some(true) => _ = waiting.insert(target),
                        Some(false) => {}
                        None => joined = false,
                    },
                    None => {
                        blocks.insert(target, state.clone());
                        waiting.insert(target);
                    }
                };
                let next = match outcome {
                    Outcome::Next => Some(at + 1),
                    Outcome::Branch(target) => {
                        go(target, &state);
                        Some(at + 1)
                    }
                    Outcome::Goto(target) => {
                        go(target, &state);
                        None
                    }
                    Outcome::End | Outcome::NeedsList => None,
                };
                // What an error can find: the state here, with the stack cut back.
                if let Some(&(target, height)) = state.handlers.last() {
                    let mut cut = state.clone();
                    cut.handlers.pop();
                    cut.stack.truncate(height);
                    cut.stack.push(Type::any());
                    go(target, &cut);
                }
                let leader = next.filter(|next| self.leaders.contains(next));
                if let Some(next) = leader {
                    go(next, &state);
                }
                if !joined || height_max > HEIGHT_MAX {
                    return self.fall_back(index);
                }
                match next {
                    Some(next) if leader.is_none() => at = next,
                    _ => break,
                }
            }
        }
        let function = &mut self.functions[index];
        function.blocks = blocks;
        function.height_max = height_max;
        if function.taken.len() != taken {
            // What it returned was found on a stack without what it takes.
            function.results = Results::Never;
        }
        Ok(())
    }

    /// What is known where a function begins.
    fn entry(&self, index: usize) -> State {
        let function = &self.functions[index];
        // An entry of a prompt finds what those before it stored.
        let finds = index == 0 && self.program.entry.is_some();
        let ty = if finds { Type::any() } else { Type::default() };
        let mut variables =
            vec![Variable { can_be_set: finds, can_be_unset: true, ty }; function.variables.len()];
        let names = function.key.params.iter().chain(&function.key.captured);
        for (name, ty) in names.zip(&function.params) {
            if let Some(variable) = function.variable(name) {
                variables[variable] = Variable { can_be_set: true, can_be_unset: false, ty: ty.clone() };
            }
        }
        State { stack: function.taken.clone(), variables, handlers: Vec::new(), pending: Vec::new() }
    }

    /// The function runs on a list of operands, and returns one.
    fn fall_back(&mut self, index: usize) -> Result<(), Diagnostic> {
        if self.functions[index].mode == Mode::List {
            let span = first_span(self.program);
            return Err(mistake(span, "captures differ where two ways through the program meet"));
        }
        self.takes_nothing(index as FunctionId);
        self.functions[index].mode = Mode::List;
        self.functions[index].results = Results::Varying;
        self.changed = true;
        self.walk(index)
    }

    /// Adds what a function returns.
    pub fn returns(&mut self, index: usize, stack: &[Type]) {
        let function = &mut self.functions[index];
        let changed = match &mut function.results {
            Results::Varying => false,
            results @ Results::Never => {
                *results = Results::Fixed(stack.to_vec());
                true
            }
            Results::Fixed(known) if known.len() == stack.len() => {
                let mut changed = false;
                for (known, ty) in known.iter_mut().zip(stack) {
                    changed |= known.join(ty);
                }
                changed
            }
            results @ Results::Fixed(_) => {
                *results = Results::Varying;
                true
            }
        };
        self.changed |= changed;
    }

    pub fn instruction(&self, at: u32) -> Option<&Instruction> {
        self.program.code.get(at as usize)
    }
}

/// Joins what is known at a place with what comes there: whether that was new, or `None` where the two cannot meet.
fn join(known: &mut State, other: &State) -> Option<bool> {
    let meets = known.stack.len() == other.stack.len()
        && known.handlers == other.handlers
        && known.pending == other.pending;
    if !meets {
        return None;
    }
    let mut changed = false;
    for (known, ty) in known.stack.iter_mut().zip(&other.stack) {
        changed |= known.join(ty);
    }
    for (known, variable) in known.variables.iter_mut().zip(&other.variables) {
        changed |= known.ty.join(&variable.ty);
        changed |= !known.can_be_set && variable.can_be_set;
        changed |= !known.can_be_unset && variable.can_be_unset;
        known.can_be_set |= variable.can_be_set;
        known.can_be_unset |= variable.can_be_unset;
    }
    Some(changed)
}

/// The parameters of a call instruction.
pub fn call_operand(instruction: &Instruction) -> (u32, &[String]) {
    match &instruction.operand {
        Operand::Call { target, params } => (*target, params),
        _ => (0, &[]),
    }
}
