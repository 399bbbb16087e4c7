//! The form as text.

use std::fmt::{self, Display, Formatter};

use super::form::{End, Function, Instruction, Operation, StateId, Type, Value, What};

impl Display for Value {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "v{}", self.0)
    }
}

impl Function {
    fn write_state(&self, to: &mut Formatter<'_>, state: StateId) -> fmt::Result {
        let state = self.state(state);
        write!(to, " [{} {}", format!("{:?}", state.kind).to_lowercase(), state.index)?;
        if state.chain > 0 {
            write!(to, " chain {}", state.chain)?;
        }
        for (slot, value) in &state.slots {
            write!(to, ", r{slot} = {value}")?;
        }
        for one in &state.objects {
            write!(to, ", {} = {:?} of", one.object, one.what.kind())?;
            one.words.iter().try_for_each(|word| write!(to, " {word}"))?;
        }
        write!(to, "]")
    }

    fn write_immediate(&self, to: &mut Formatter<'_>, instruction: &Instruction) -> fmt::Result {
        let number = instruction.immediate;
        match instruction.operation {
            Operation::Int => write!(to, " {}", number as i64),
            Operation::Float => write!(to, " {:?}", f64::from_bits(number)),
            Operation::Word => write!(to, " {number:#x}"),
            Operation::Truth => write!(to, " {number}"),
            Operation::LoadSlot | Operation::StoreSlot => write!(to, " r{}", number as i64),
            Operation::Make => {
                let made = self.makes[number as usize];
                match made.what {
                    What::Cell => write!(to, " cell")?,
                    What::Tuple => write!(to, " tuple")?,
                    What::EmptyList => write!(to, " list")?,
                    What::Object { kind, class, fields } => {
                        write!(to, " {} {class} {fields}", format!("{kind:?}").to_lowercase())?;
                    }
                    What::Closure { entry } => write!(to, " closure `{}`", entry.code.name)?,
                }
                write!(to, " r{}", made.slot)
            }
            Operation::Call
            | Operation::CallMethod
            | Operation::CallValue
            | Operation::TailCall
            | Operation::TailCallMethod
            | Operation::TailCallValue => {
                let call = self.calls[number as usize];
                let name = call.entry.map_or("", |entry| entry.code.name.as_str());
                write!(to, " `{name}` r{}", call.frame)
            }
            Operation::CallBuiltin => {
                let site = self.builtins[number as usize];
                write!(to, " `{}` r{}", site.builtin.row.name, site.window)
            }
            Operation::CallDirect => {
                let site = self.directs[number as usize];
                write!(to, " `{}`", site.direct.name())?;
                match site.registers {
                    Some((first, count)) => write!(to, " r{first} #{count}"),
                    None => Ok(()),
                }
            }
            _ if number != 0 => write!(to, " #{number}"),
            _ => Ok(()),
        }
    }

    fn write_instruction(&self, to: &mut Formatter<'_>, value: Value) -> fmt::Result {
        let instruction = self.instruction(value);
        write!(to, "  ")?;
        if instruction.result != Type::None {
            write!(to, "{value} = ")?;
        }
        write!(to, "{}", instruction.operation.row().name)?;
        self.write_immediate(to, instruction)?;
        for argument in &instruction.arguments {
            write!(to, " {argument}")?;
        }
        if let Some(state) = instruction.state {
            self.write_state(to, state)?;
        }
        writeln!(to)
    }
}

fn list(to: &mut Formatter<'_>, values: &[Value]) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        write!(to, "{}{value}", if index > 0 { ", " } else { "" })?;
    }
    Ok(())
}

impl Display for Function {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for (number, block) in self.blocks.iter().enumerate() {
            if matches!(block.end, End::Open) {
                continue;
            }
            write!(to, "b{number}(")?;
            for (index, &parameter) in block.parameters.iter().enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                write!(to, "{comma}{parameter}: {}", self.type_of(parameter).name())?;
            }
            writeln!(to, "):")?;
            for &value in &block.instructions {
                self.write_instruction(to, value)?;
            }
            match &block.end {
                End::Open => {}
                End::Jump(target, arguments) => {
                    write!(to, "  jump b{}(", target.0)?;
                    list(to, arguments)?;
                    writeln!(to, ")")?;
                }
                End::Branch(condition, then, other) => {
                    writeln!(to, "  branch {condition} b{} b{}", then.0, other.0)?;
                }
                End::Return(value) => writeln!(to, "  return {value}")?,
                End::Exit(state) => {
                    write!(to, "  exit")?;
                    self.write_state(to, *state)?;
                    writeln!(to)?;
                }
            }
        }
        for one in &self.loops {
            write!(to, "loop b{} before b{}", one.header.0, one.before.0)?;
            self.write_state(to, one.state)?;
            writeln!(to)?;
        }
        Ok(())
    }
}
