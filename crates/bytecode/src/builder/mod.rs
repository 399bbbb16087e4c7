//! Makes the code and side tables of one function.
//!
//! Code is kept as instructions with symbolic labels and constants until `finish`, which then chooses between
//! narrow and wide forms, orders the constant table so that operands with few bits reach theirs, and resolves
//! jumps. A mistake (an operand that does not fit, an unbound label) is remembered and returned by `finish`, so
//! the caller emits without checking each step.

mod layout;

use std::collections::HashMap;

use crate::op::Op;
use crate::operand::{Field, Role};
use crate::unit::{CallShape, Capture, Constant, FunctionDef, LineEntry, Param, Prototype};

/// A place in the code, bound once by `bind` and jumped to any number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label(u32);

/// A constant of the function being built; its index in the finished table is chosen at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConstantId(u32);

impl ConstantId {
    /// The number to pass as a constant operand of `emit`.
    pub fn operand(self) -> i64 {
        i64::from(self.0)
    }
}

/// What went wrong while building a function; the first mistake wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// An instruction got the wrong number of operands.
    OperandCount {
        op: Op,
        given: usize,
    },
    /// A number does not fit into its operand: too many registers, arguments, elements, captures or slots.
    OperandRange {
        op: Op,
        value: i64,
    },
    UnboundLabel,
    BoundTwice,
    /// A forward jump that would go back, or a loop that would go forward.
    JumpDirection {
        op: Op,
    },
    /// The function has more than fits of what is named: constants, cache slots, call shapes, words of code.
    TooMany(&'static str),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BuildError::OperandCount { op, given } => {
                write!(out, "{} does not take {given} operands", op.row().mnemonic)
            }
            BuildError::OperandRange { op, value } => {
                write!(out, "{value} does not fit into an operand of {}", op.row().mnemonic)
            }
            BuildError::UnboundLabel => write!(out, "a label is used but stands nowhere"),
            BuildError::BoundTwice => write!(out, "a label stands at two places"),
            BuildError::JumpDirection { op } => {
                write!(out, "{} goes in the wrong direction", op.row().mnemonic)
            }
            BuildError::TooMany(what) => write!(out, "the function has too many {what}"),
        }
    }
}

impl std::error::Error for BuildError {}

/// One instruction before layout: a jump operand holds a label, a constant operand a `ConstantId`.
#[derive(Clone, Debug)]
struct Pending {
    op: Op,
    values: Values,
    span: (u32, u32),
}

/// Operand values without an allocation each.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    slots: [i64; crate::operand::OPERANDS_MAX],
    count: u8,
}

/// A handler before layout.
#[derive(Clone, Copy, Debug)]
struct PendingHandler {
    start: Label,
    end: Label,
    target: Label,
    register: u8,
    finally: bool,
}

/// Builds one function; see the module's text.
#[derive(Debug, Default)]
pub struct FunctionBuilder {
    function: FunctionDef,
    pending: Vec<Pending>,
    /// For each label the index into `pending` that it stands before.
    labels: Vec<Option<u32>>,
    /// Where the latest label stands.
    last_bound: Option<u32>,
    handlers: Vec<PendingHandler>,
    constant_ids: HashMap<ConstantKey, ConstantId>,
    /// Constants named by 8-bit operands so far.
    narrow: std::collections::HashSet<ConstantId>,
    shape_ids: HashMap<(u8, Vec<String>), u8>,
    span: (u32, u32),
    caches: u32,
    error: Option<BuildError>,
}

/// Equality of constants for sharing: floats by their bits, so that 0.0 and -0.0 stay apart.
type ConstantKey = Vec<u8>;

/// How many 8-bit constant operands may be given to instructions that could take a register instead; the rest of
/// the 256 is left to those that could not.
const NARROW_OFFERED_MAX: usize = 192;

impl FunctionBuilder {
    pub fn new(name: &str) -> FunctionBuilder {
        let function = FunctionDef { name: name.to_string(), ..FunctionDef::default() };
        FunctionBuilder { function, ..FunctionBuilder::default() }
    }

    /// Adds the next parameter and returns its register.
    pub fn parameter(&mut self, name: &str, optional: bool) -> u8 {
        let register = self.function.params.len();
        if register >= crate::limits::PARAMETERS_MAX {
            self.fail(BuildError::TooMany("parameters"));
        }
        self.function.params.push(Param { name: name.to_string(), optional });
        register as u8
    }

    /// Sets bits of `function_flag`.
    pub fn set_flags(&mut self, flags: u16) {
        self.function.flags |= flags;
    }

    /// How many registers the frame has, call windows included.
    pub fn set_registers(&mut self, count: u16) {
        self.function.registers = count;
    }

    pub fn set_captures(&mut self, count: u16) {
        self.function.captures = count;
    }

    /// The span and documentation of the whole definition.
    pub fn set_definition(&mut self, span: (u32, u32), doc: &str) {
        self.function.span = span;
        self.function.doc = doc.to_string();
    }

    /// The span in the source of what is emitted from here on.
    pub fn set_span(&mut self, start: u32, end: u32) {
        self.span = (start, end);
    }

    /// Adds a constant, or finds an equal one.
    pub fn constant(&mut self, constant: Constant) -> ConstantId {
        let key = crate::wire::constant_bytes(&constant);
        let next = ConstantId(self.function.constants.len() as u32);
        let id = *self.constant_ids.entry(key).or_insert(next);
        if id == next {
            self.function.constants.push(constant);
        }
        id
    }

    /// Whether `constant` may be an 8-bit operand of an instruction that has a form with a register instead.
    pub fn offers_narrow(&self, constant: ConstantId) -> bool {
        self.narrow.contains(&constant) || self.narrow.len() < NARROW_OFFERED_MAX
    }

    /// A new inline-cache slot.
    pub fn cache(&mut self) -> i64 {
        let slot = self.caches;
        if slot > u32::from(u16::MAX) {
            self.fail(BuildError::TooMany("call and field sites"));
        }
        self.caches += 1;
        i64::from(slot)
    }

    /// The `Shape` operand of a call with named arguments.
    pub fn shape(&mut self, positional: u8, names: &[&str]) -> i64 {
        let key: (u8, Vec<String>) = (positional, names.iter().map(|name| name.to_string()).collect());
        if let Some(&shape) = self.shape_ids.get(&key) {
            return i64::from(shape);
        }
        let count = self.function.shapes.len();
        if count >= crate::limits::SHAPES_MAX {
            self.fail(BuildError::TooMany("kinds of calls with named arguments"));
            return 0;
        }
        self.function.shapes.push(CallShape { positional, names: key.1.clone() });
        self.shape_ids.insert(key, count as u8 + 1);
        count as i64 + 1
    }

    /// Adds a closure prototype and returns the operand of `closure`.
    pub fn prototype(&mut self, function: u32, captures: Vec<Capture>) -> i64 {
        self.function.prototypes.push(Prototype { function, captures });
        self.function.prototypes.len() as i64 - 1
    }

    pub fn new_label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// Puts `label` before the next instruction.
    pub fn bind(&mut self, label: Label) {
        let here = self.pending.len() as u32;
        self.last_bound = Some(here);
        if self.labels[label.0 as usize].replace(here).is_some() {
            self.fail(BuildError::BoundTwice);
        }
    }

    /// A new label that stands here.
    pub fn here(&mut self) -> Label {
        let label = self.new_label();
        self.bind(label);
        label
    }

    /// Emits an instruction without a jump; constant operands are `ConstantId::operand`.
    pub fn emit(&mut self, op: Op, values: &[i64]) {
        let layout = op.row().format.layout();
        if values.len() != layout.len() {
            return self.fail(BuildError::OperandCount { op, given: values.len() });
        }
        let mut slots = Values { count: values.len() as u8, ..Values::default() };
        for (index, (spec, &value)) in layout.iter().zip(values).enumerate() {
            let (least, greatest) = spec.field.bounds();
            // Jumps and constants get their numbers at the end.
            let settled = !matches!(spec.role, Role::Jump | Role::Constant(_));
            if settled && (value < least || value > greatest) {
                return self.fail(BuildError::OperandRange { op, value });
            }
            if matches!(spec.role, Role::Constant(_)) {
                if value < 0 || value >= self.function.constants.len() as i64 {
                    return self.fail(BuildError::OperandRange { op, value });
                }
                if spec.field == Field::C {
                    self.narrow.insert(ConstantId(value as u32));
                }
            }
            slots.slots[index] = value;
        }
        self.pending.push(Pending { op, values: slots, span: self.span });
    }

    /// Emits a jump, loop or `next` with its register, where it has one.
    pub fn emit_jump(&mut self, op: Op, register: Option<u8>, target: Label) {
        let label = i64::from(target.0);
        match register {
            Some(register) => self.emit(op, &[i64::from(register), label]),
            None => self.emit(op, &[label]),
        }
    }

    /// Loads an integer in the shortest way.
    pub fn load_int(&mut self, register: u8, value: i64) {
        if i16::try_from(value).is_ok() {
            return self.emit(Op::LoadInt, &[i64::from(register), value]);
        }
        let constant = self.constant(Constant::Int(value));
        self.load_constant(register, constant);
    }

    /// Loads a constant; becomes the wide form where the index needs it.
    pub fn load_constant(&mut self, register: u8, constant: ConstantId) {
        self.emit(Op::LoadConst, &[i64::from(register), constant.operand()]);
    }

    /// Errors raised between the labels go on at `target` with the error in `register`. Inner ranges need not
    /// come first; an empty range is dropped.
    pub fn handler(&mut self, start: Label, end: Label, target: Label, register: u8, finally: bool) {
        self.handlers.push(PendingHandler { start, end, target, register, finally });
    }

    /// How many instructions there are so far.
    pub fn instruction_count(&self) -> usize {
        self.pending.len()
    }

    /// Whether what is emitted next cannot be reached: no label stands here and the last instruction never goes
    /// on at the next one.
    pub fn is_unreachable(&self) -> bool {
        let labelled = self.last_bound == Some(self.pending.len() as u32);
        !labelled && self.pending.last().is_some_and(|last| !crate::access::goes_on(last.op))
    }

    /// Lays the code out and returns the function.
    pub fn finish(mut self) -> Result<FunctionDef, BuildError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => layout::finish(self),
        }
    }

    fn fail(&mut self, error: BuildError) {
        self.error.get_or_insert(error);
    }
}

/// Adds line entries where the span changes.
fn push_line(lines: &mut Vec<LineEntry>, pc: u32, span: (u32, u32)) {
    let (start, end) = span;
    if lines.last().is_none_or(|last| (last.start, last.end) != span) {
        lines.push(LineEntry { pc, start, end });
    }
}

#[cfg(test)]
mod tests;
