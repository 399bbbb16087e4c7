//! The form as text.

use std::fmt::{self, Display, Formatter};

use super::form::{End, Function, Operation, StateId, Type, Value};

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
        write!(to, "]")
    }

    fn write_instruction(&self, to: &mut Formatter<'_>, value: Value) -> fmt::Result {
        let instruction = self.instruction(value);
        write!(to, "  ")?;
        if instruction.result != Type::None {
            write!(to, "{value} = ")?;
        }
        write!(to, "{}", instruction.operation.row().name)?;
        match instruction.operation {
            Operation::Int => write!(to, " {}", instruction.immediate as i64)?,
            Operation::Float => write!(to, " {:?}", f64::from_bits(instruction.immediate))?,
            Operation::Word => write!(to, " {:#x}", instruction.immediate)?,
            Operation::Truth => write!(to, " {}", instruction.immediate)?,
            Operation::LoadSlot | Operation::StoreSlot => write!(to, " r{}", instruction.immediate as i64)?,
            _ if instruction.immediate != 0 => write!(to, " #{}", instruction.immediate)?,
            _ => {}
        }
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
        Ok(())
    }
}
