//! Which words of a stack are alive: frame by frame, by the liveness of each function's code.
//!
//! The collector sees the callee of each frame, the generator of a generator's frame, and the registers that are live
//! where the frame goes on. All other registers are overwritten by a number, so that no word of a stack ever refers to
//! something that was moved or freed: whoever copies whole frames, as generators do, copies no such word.
//!
//! Frames below the watermark have not run since they were looked at last.
//!
//! SAFETY contract: that of `state`; the frames are those of a process that stands at a safepoint, where no machine
//! code holds registers of its own.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::{FunctionDef, Liveness, Prototype, Word};
use heap::Value;

use crate::code::Code;
use crate::operator::Resumption;
use crate::quick::generic_of;
use crate::state::{Base, FRAME_HEADER, OPERATOR_HEADER, Pc, link, link_of, pc_of_link, profile_of};

impl Code {
    /// What was linked, as generic instructions: enough of it to ask where control and values go.
    pub fn definition(&self) -> FunctionDef {
        let mut words: Vec<u32> = self.words.iter().map(|word| word.load(Relaxed)).collect();
        let mut index = 0;
        while let Some(word) = words.get_mut(index) {
            let Some(op) = generic_of(Word(*word).op_byte()) else { break };
            *word = *word & !0xFF | op as u32;
            index += op.words();
        }
        let prototypes = self.prototypes.iter();
        FunctionDef {
            name: self.name.clone(),
            params: self.params.to_vec(),
            flags: self.flags,
            registers: self.registers.max(self.params.len() as u16),
            code: words,
            prototypes: prototypes
                .map(|prototype| Prototype { function: 0, captures: prototype.captures.to_vec() })
                .collect(),
            captures: self.captures,
            handlers: self.handlers.to_vec(),
            ..FunctionDef::default()
        }
    }

    /// The live registers by place, worked out when somebody first asks; nothing where the code is too tangled, which no
    /// validated code is.
    pub fn liveness(&self) -> Option<&Liveness> {
        self.liveness.get_or_init(|| Liveness::new(&self.definition()).ok().map(Box::new)).as_deref()
    }
}

/// Where a frame goes on.
#[derive(Clone, Copy)]
enum Place {
    /// At this instruction.
    At(Pc),
    /// When the call of this instruction returns.
    Across(Pc),
}

/// Shows the live words of the frames from `base` down to the watermark, which counts words of the stack.
pub(crate) unsafe fn visit_frames(
    stack: *mut Value,
    mut base: Base,
    pc: Pc,
    watermark: usize,
    visitor: &mut impl FnMut(&mut Value),
) {
    let mut place = Place::At(pc);
    let mut registers = profile_of(base).entry().frame_bytes as usize / 8;
    loop {
        visit_registers(base, place, registers, visitor);
        visitor(&mut *base.sub(FRAME_HEADER));
        let word = link_of(base);
        let is_operator = word & link::OPERATOR != 0;
        if is_operator {
            visitor(&mut *base.sub(OPERATOR_HEADER));
        }
        if word & link::BOTTOM != 0 {
            return;
        }
        let back = pc_of_link(word);
        if is_operator {
            let resumption = Resumption::from_word((*base.sub(4)).bits());
            base = base.sub(resumption.distance);
            place = Place::Across(back.sub(resumption.words));
            registers = profile_of(base).entry().frame_bytes as usize / 8;
        } else {
            // What stands from the window on belongs to the callee.
            registers = Word((*back.sub(2)).load(Relaxed)).a();
            base = base.sub(registers + FRAME_HEADER);
            place = Place::Across(back.sub(2));
        }
        if (base.offset_from(stack) as usize) < watermark + OPERATOR_HEADER {
            return;
        }
    }
}

/// The registers of one frame below `count`.
unsafe fn visit_registers(base: Base, place: Place, count: usize, visitor: &mut impl FnMut(&mut Value)) {
    let code = profile_of(base).entry().code;
    let live = code.liveness().map(|liveness| {
        let (pc, is_across) = match place {
            Place::At(pc) => (pc, false),
            Place::Across(pc) => (pc, true),
        };
        let index = code.index_of(pc);
        if index >= code.words.len() {
            // The gate to machine code stands before the first instruction.
            return liveness.before(0);
        }
        let index = index as u32;
        if is_across { liveness.across(index) } else { liveness.before(index) }
    });
    for register in 0..count {
        let slot = &mut *base.add(register);
        let is_live = match live {
            Some(live) => live.get(register / 64).is_some_and(|word| word >> (register % 64) & 1 != 0),
            // Unknown: whatever is there was alive at the last collection.
            None => true,
        };
        if is_live {
            visitor(slot);
        } else {
            *slot = Value::float(0.0);
        }
    }
}
