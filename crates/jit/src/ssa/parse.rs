//! The text form, read back: for tests of passes.
//!
//! Values and blocks keep their names. Calls and closures cannot be read, since they name functions of programs.

use heap::Kind;
use vm::optimised::ExitKind;

use super::form::{
    Block, BlockData, ENTRY, End, Function, Instruction, Loop, Made, Operation, State, StateId, Type, Value,
    What,
};

type Parsed<T> = Result<T, String>;

/// Reads a function.
pub fn parse(text: &str) -> Parsed<Function> {
    let mut reader = Reader { function: Function::new(), block: ENTRY };
    for (number, line) in text.lines().enumerate() {
        let line = line.split(';').next().unwrap_or("").trim();
        if !line.is_empty() {
            reader.line(line).map_err(|error| format!("line {}: {error}: {line}", number + 1))?;
        }
    }
    Ok(reader.function)
}

struct Reader {
    function: Function,
    block: Block,
}

fn number<T: std::str::FromStr>(text: &str, prefix: &str) -> Parsed<T> {
    let digits = text.strip_prefix(prefix).ok_or(format!("`{text}` does not begin with `{prefix}`"))?;
    digits.trim_end_matches(',').parse().map_err(|_| format!("`{text}` has no number"))
}

fn type_named(name: &str) -> Parsed<Type> {
    let all = [Type::None, Type::Any, Type::Int, Type::Float, Type::Bool, Type::Address];
    all.into_iter().find(|known| known.name() == name).ok_or(format!("no type `{name}`"))
}

fn operation_named(name: &str) -> Parsed<Operation> {
    let known = Operation::ALL.iter().find(|operation| operation.row().name == name);
    known.copied().ok_or(format!("no operation `{name}`"))
}

/// The block and what is passed to it, of `b1(v0, v1)`.
fn jump(text: &str) -> Parsed<(Block, Vec<Value>)> {
    let (block, rest) = text.split_once('(').ok_or("no arguments")?;
    let arguments = rest.trim_end_matches(')').split(',').map(str::trim).filter(|text| !text.is_empty());
    let values: Parsed<Vec<Value>> = arguments.map(|text| Ok(Value(number(text, "v")?))).collect();
    Ok((Block(number(block, "b")?), values?))
}

impl Reader {
    fn line(&mut self, line: &str) -> Parsed<()> {
        if let Some(rest) = line.strip_prefix("loop ") {
            return self.add_loop(rest);
        }
        if line.starts_with('b') && line.ends_with(':') {
            return self.start_block(&line[..line.len() - 1]);
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let block = self.block;
        let end = match words.as_slice() {
            ["jump", ..] => {
                let (target, arguments) = jump(line["jump ".len()..].trim())?;
                End::Jump(target, arguments)
            }
            ["branch", condition, then, other] => End::Branch(
                Value(number(condition, "v")?),
                Block(number(then, "b")?),
                Block(number(other, "b")?),
            ),
            ["return", value] => End::Return(Value(number(value, "v")?)),
            ["exit", ..] => {
                let (_, state) = self.state(line)?;
                End::Exit(state.ok_or("an exit without a state")?)
            }
            _ => return self.instruction(line),
        };
        self.function.block_mut(block).end = end;
        Ok(())
    }

    fn start_block(&mut self, text: &str) -> Parsed<()> {
        let (name, rest) = text.split_once('(').ok_or("a block without parameters")?;
        let block: u32 = number(name, "b")?;
        while self.function.blocks.len() <= block as usize {
            let data = BlockData { parameters: Vec::new(), instructions: Vec::new(), end: End::Open };
            self.function.blocks.push(data);
        }
        self.block = Block(block);
        for parameter in rest.trim_end_matches(')').split(',').filter(|text| !text.trim().is_empty()) {
            let (value, of) = parameter.split_once(':').ok_or("a parameter without a type")?;
            let value = Value(number(value.trim(), "v")?);
            let result = type_named(of.trim())?;
            self.define(value, Operation::Parameter, (Vec::new(), 0, None), result);
            self.function.block_mut(self.block).parameters.push(value);
        }
        Ok(())
    }

    fn define(
        &mut self,
        value: Value,
        operation: Operation,
        (arguments, immediate, state): (Vec<Value>, u64, Option<StateId>),
        result: Type,
    ) {
        let nothing = Instruction {
            operation: Operation::Truth,
            result: Type::None,
            arguments: Vec::new(),
            immediate: 0,
            state: None,
        };
        let instructions = &mut self.function.instructions;
        while instructions.len() <= value.0 as usize {
            instructions.push(nothing.clone());
        }
        instructions[value.0 as usize] = Instruction { operation, result, arguments, immediate, state };
    }

    /// Divides a line before its state.
    fn state<'l>(&mut self, line: &'l str) -> Parsed<(&'l str, Option<StateId>)> {
        let Some((before, state)) = line.split_once('[') else { return Ok((line, None)) };
        let mut parts = state.trim_end_matches(']').split(',').map(str::trim);
        let mut head = parts.next().unwrap_or("").split_whitespace();
        let kind = match head.next() {
            Some("guard") => ExitKind::Guard,
            Some("poll") => ExitKind::Poll,
            Some("end") => ExitKind::End,
            other => return Err(format!("no kind of state {other:?}")),
        };
        let index = number(head.next().unwrap_or(""), "")?;
        let slots: Parsed<Vec<(usize, Value)>> = parts
            .map(|part| {
                let (slot, value) = part.split_once(" = ").ok_or("a slot without a value")?;
                Ok((number(slot, "r")?, Value(number(value, "v")?)))
            })
            .collect();
        let state =
            self.function.add_state(State { kind, index, chain: 0, slots: slots?, objects: Vec::new() });
        Ok((before.trim(), Some(state)))
    }

    fn instruction(&mut self, line: &str) -> Parsed<()> {
        let (line, state) = self.state(line)?;
        let (value, rest) = match line.split_once(" = ") {
            Some((value, rest)) => (Value(number(value, "v")?), rest),
            None => (Value(self.function.instructions.len() as u32 + 1000), line),
        };
        let mut words = rest.split_whitespace();
        let operation = operation_named(words.next().unwrap_or(""))?;
        let mut immediate = 0;
        let mut arguments = Vec::new();
        let mut notes = Vec::new();
        for word in words {
            if word.starts_with('v') {
                arguments.push(Value(number(word, "v")?));
            } else {
                notes.push(word);
            }
        }
        match (operation, notes.as_slice()) {
            (Operation::Make, notes) => immediate = self.made(notes)?,
            (Operation::Int, [text]) => immediate = number::<i64>(text, "")? as u64,
            (Operation::Float, [text]) => immediate = number::<f64>(text, "")?.to_bits(),
            (Operation::Word, [text]) => {
                let digits = text.trim_start_matches("0x");
                immediate = u64::from_str_radix(digits, 16).map_err(|error| error.to_string())?;
            }
            (Operation::Truth, [text]) => immediate = number(text, "")?,
            (Operation::LoadSlot | Operation::StoreSlot, [text]) => {
                immediate = number::<i64>(text, "r")? as u64;
            }
            (_, [text]) => immediate = number(text, "#")?,
            (_, []) => {}
            (_, _) => return Err("too many notes".into()),
        }
        self.define(value, operation, (arguments, immediate, state), operation.row().result);
        self.function.block_mut(self.block).instructions.push(value);
        Ok(())
    }

    fn made(&mut self, notes: &[&str]) -> Parsed<u64> {
        let what = match notes {
            ["cell", _] => What::Cell,
            ["tuple", _] => What::Tuple,
            ["list", _] => What::EmptyList,
            [kind @ ("instance" | "record"), class, fields, _] => What::Object {
                kind: if *kind == "record" { Kind::Record } else { Kind::Instance },
                class: number(class, "")?,
                fields: number(fields, "")?,
            },
            _ => return Err("no such object".into()),
        };
        let slot = number(notes.last().unwrap_or(&""), "r")?;
        self.function.makes.push(Made { what, slot });
        Ok(self.function.makes.len() as u64 - 1)
    }

    fn add_loop(&mut self, text: &str) -> Parsed<()> {
        let (names, state) = self.state(text)?;
        let words: Vec<&str> = names.split_whitespace().collect();
        let [header, "before", before] = words.as_slice() else { return Err("no loop".into()) };
        self.function.loops.push(Loop {
            header: Block(number(header, "b")?),
            before: Block(number(before, "b")?),
            state: state.ok_or("a loop without a state")?,
        });
        Ok(())
    }
}
