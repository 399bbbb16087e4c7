//! The lowering of processes, supervisors and sleep.

use bytecode::Constant;

use crate::frame::Place;
use crate::lower::Lowering;
use crate::opcode::Opcode;
use crate::program::{Instruction, Operand};
use crate::types::Type;

/// How an instruction is done: the function of the support module, how many values it takes off the stack beside a
/// process that stands there, and whether it leaves one.
struct Way {
    function: &'static str,
    values: usize,
    leaves: bool,
    /// The process stands on the stack when the instruction names none.
    names_process: bool,
    needs_context: bool,
    /// Its name is one of the registry, which keeps symbols.
    is_registry: bool,
}

impl Way {
    fn of(op: Opcode) -> Option<Way> {
        let plain = Way {
            function: "",
            values: 0,
            leaves: true,
            names_process: false,
            needs_context: false,
            is_registry: false,
        };
        let named = Way { is_registry: true, ..plain };
        let about = Way { names_process: true, ..plain };
        let starting = Way { needs_context: true, ..plain };
        Some(match op {
            Opcode::Spawn => Way { function: "spawn_value", values: 1, ..starting },
            Opcode::Send => Way { function: "send_to", values: 1, leaves: false, ..about },
            Opcode::SendNamed => Way { function: "send_named", values: 1, ..named },
            Opcode::Whereis => Way { function: "where_is", ..named },
            Opcode::Register => Way { function: "register_name", ..named },
            Opcode::Unregister => Way { function: "unregister_name", ..named },
            Opcode::Monitor => Way { function: "monitor_process", ..about },
            Opcode::Demonitor => Way { function: "demonitor_process", ..about },
            Opcode::Link => Way { function: "link_process", ..about },
            Opcode::Unlink => Way { function: "unlink_process", ..about },
            Opcode::Sleep => Way { function: "sleep_for", leaves: false, ..about },
            Opcode::StartSupervisor => Way { function: "start_supervisor", ..starting },
            Opcode::SuperviseChild => Way { function: "supervise_child", ..starting },
            Opcode::RestartChild => Way { function: "restart_child", ..starting },
            _ => return None,
        })
    }

    /// What an instruction takes off the stack and leaves there.
    fn effect(&self, operand: &Operand) -> (usize, usize) {
        let on_stack = self.names_process && *operand == Operand::None;
        (self.values + usize::from(on_stack), usize::from(self.leaves))
    }
}

/// What an instruction takes off the stack and leaves there.
pub fn effect(instruction: &Instruction) -> (usize, usize) {
    Way::of(instruction.op).map_or((0, 0), |way| way.effect(&instruction.operand))
}

impl Lowering<'_> {
    /// The number or name of the process stands in the instruction, or is on the stack.
    pub fn process(&mut self, instruction: &Instruction) {
        let Some(way) = Way::of(instruction.op) else { return };
        let (count, _) = way.effect(&instruction.operand);
        if !self.need(count, instruction.op) {
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
                let constant = if way.is_registry {
                    Constant::Symbol(format!("ttvm {name}"))
                } else {
                    Constant::Str(name.clone())
                };
                self.frame.load_constant(scratch, &constant);
                registers.push(scratch);
            }
            _ => {}
        }
        if way.needs_context && self.has_context {
            registers.insert(0, 0);
        }
        self.frame.support(way.function, &registers);
        self.frame.stack.truncate(base);
        if way.leaves {
            self.frame.push(Place::Window, Type::any());
        }
    }
}
