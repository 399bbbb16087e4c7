//! The end of building a function: constant order, narrow or wide forms, and jump offsets.

use super::{BuildError, FunctionBuilder, Label, Pending, push_line};
use crate::op::{Format, Op, fact};
use crate::operand::{EncodeError, Field, Role, encode};
use crate::unit::{FunctionDef, Handler};

/// A constant that no operand names: kept, behind the others.
const UNUSED_BOUND: u64 = u64::MAX;

pub(super) fn finish(mut builder: FunctionBuilder) -> Result<FunctionDef, BuildError> {
    let order = constant_order(&builder)?;
    for pending in &mut builder.pending {
        renumber(pending, &order);
    }
    let starts = choose_forms(&mut builder)?;
    write_code(&mut builder, &starts)?;
    resolve_handlers(&mut builder, &starts)?;
    let mut constants = std::mem::take(&mut builder.function.constants);
    let mut slots: Vec<_> = constants.drain(..).map(Some).collect();
    let mut sorted: Vec<(u32, usize)> = order.iter().copied().zip(0..).collect();
    sorted.sort_unstable();
    builder.function.constants = sorted
        .into_iter()
        .map(|(_, old)| slots[old].take().expect("invariant: the order is a permutation"))
        .collect();
    builder.function.caches = builder.caches as u16;
    Ok(builder.function)
}

/// The final index of each constant: those with the smallest operands first, otherwise in order of creation.
fn constant_order(builder: &FunctionBuilder) -> Result<Vec<u32>, BuildError> {
    let mut bounds = vec![UNUSED_BOUND; builder.function.constants.len()];
    for pending in &builder.pending {
        for (index, spec) in pending.op.row().format.layout().iter().enumerate() {
            if !matches!(spec.role, Role::Constant(_)) {
                continue;
            }
            // A constant load has a wide form, so its field does not bind.
            let has_wide_form = pending.op.row().format == Format::WriteConst;
            let field = if has_wide_form { Field::Second } else { spec.field };
            let (_, greatest) = field.bounds();
            let bound = &mut bounds[pending.values.slots[index] as usize];
            *bound = (*bound).min(greatest as u64);
        }
    }
    let mut sorted: Vec<u32> = (0..bounds.len() as u32).collect();
    sorted.sort_by_key(|&constant| bounds[constant as usize]);
    let mut order = vec![0; bounds.len()];
    for (index, &constant) in sorted.iter().enumerate() {
        let bound = bounds[constant as usize];
        if index as u64 > bound {
            return Err(BuildError::TooMany("constants"));
        }
        order[constant as usize] = index as u32;
    }
    Ok(order)
}

fn renumber(pending: &mut Pending, order: &[u32]) {
    for (index, spec) in pending.op.row().format.layout().iter().enumerate() {
        if matches!(spec.role, Role::Constant(_)) {
            let slot = &mut pending.values.slots[index];
            *slot = i64::from(order[*slot as usize]);
        }
    }
}

/// The wide form of an instruction: the row whose mnemonic has a `w` behind it.
pub(super) fn wide_form(op: Op) -> Option<Op> {
    let wide = Op::from_mnemonic(&format!("{}w", op.row().mnemonic))?;
    let widens = matches!(
        (op.row().format, wide.row().format),
        (Format::ReadJump, Format::ReadJumpWide) | (Format::WriteConst, Format::WriteConstWide)
    );
    widens.then_some(wide)
}

/// Where each pending instruction starts, and the end of the code.
fn starts_of(pending: &[Pending], words: impl Fn(usize) -> usize) -> Vec<u32> {
    let mut starts = Vec::with_capacity(pending.len() + 1);
    let mut pc = 0u32;
    for index in 0..pending.len() {
        starts.push(pc);
        pc = pc.saturating_add(words(index) as u32);
    }
    starts.push(pc);
    starts
}

/// Replaces instructions by their wide forms where needed and returns where each starts.
///
/// Distances are measured as if every jump were wide, so one pass decides: what fits then fits in the end.
fn choose_forms(builder: &mut FunctionBuilder) -> Result<Vec<u32>, BuildError> {
    let widest = |index: usize| {
        let op = builder.pending[index].op;
        let widens = matches!(op.row().format, Format::ReadJump | Format::WriteConst);
        if widens { 2 } else { op.words() }
    };
    let starts = starts_of(&builder.pending, widest);
    for index in 0..builder.pending.len() {
        let op = builder.pending[index].op;
        let values = builder.pending[index].values;
        let format = op.row().format;
        let mut needs_wide = format == Format::WriteConst && !fits(Field::Bx, values.slots[1]);
        if format == Format::ReadJump {
            let target = target_index(builder, Label(values.slots[1] as u32))?;
            let distance = i64::from(starts[target]) - i64::from(starts[index + 1]);
            needs_wide = !fits(Field::SignedBx, distance);
        }
        if needs_wide {
            let wide = wide_form(op).ok_or(BuildError::TooMany("words of code"))?;
            builder.pending[index].op = wide;
        }
    }
    let starts = starts_of(&builder.pending, |index| builder.pending[index].op.words());
    match starts.last() {
        Some(&end) if end as usize > crate::limits::CODE_WORDS_MAX => {
            Err(BuildError::TooMany("words of code"))
        }
        _ => Ok(starts),
    }
}

fn fits(field: Field, value: i64) -> bool {
    let (least, greatest) = field.bounds();
    (least..=greatest).contains(&value)
}

fn target_index(builder: &FunctionBuilder, label: Label) -> Result<usize, BuildError> {
    let bound = builder.labels.get(label.0 as usize).copied().flatten();
    bound.map(|index| index as usize).ok_or(BuildError::UnboundLabel)
}

fn write_code(builder: &mut FunctionBuilder, starts: &[u32]) -> Result<(), BuildError> {
    for index in 0..builder.pending.len() {
        let Pending { op, mut values, span } = builder.pending[index].clone();
        for (position, spec) in op.row().format.layout().iter().enumerate() {
            if spec.role == Role::Jump {
                let target = target_index(builder, Label(values.slots[position] as u32))?;
                if (target <= index) != op.has(fact::POLLS) {
                    return Err(BuildError::JumpDirection { op });
                }
                values.slots[position] = i64::from(starts[target]) - i64::from(starts[index + 1]);
            }
        }
        let given = &values.slots[..usize::from(values.count)];
        let (word, second) = encode(op, given).map_err(|error| match error {
            EncodeError::OperandCount { .. } => BuildError::OperandCount { op, given: given.len() },
            EncodeError::OutOfRange { index } => BuildError::OperandRange { op, value: given[index] },
        })?;
        push_line(&mut builder.function.lines, starts[index], span);
        builder.function.code.push(word.0);
        if op.words() == 2 {
            builder.function.code.push(second.0);
        }
    }
    Ok(())
}

fn resolve_handlers(builder: &mut FunctionBuilder, starts: &[u32]) -> Result<(), BuildError> {
    let mut handlers = Vec::with_capacity(builder.handlers.len());
    for pending in &builder.handlers {
        let handler = Handler {
            start: starts[target_index(builder, pending.start)?],
            end: starts[target_index(builder, pending.end)?],
            target: starts[target_index(builder, pending.target)?],
            register: pending.register,
            finally: pending.finally,
        };
        if handler.start < handler.end {
            handlers.push(handler);
        }
    }
    // Of two nested ranges the inner is shorter; equal ones keep the order in which they were given.
    handlers.sort_by_key(|handler| handler.end - handler.start);
    builder.function.handlers = handlers;
    Ok(())
}
