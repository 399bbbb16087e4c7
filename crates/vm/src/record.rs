//! What instructions see: for a short while before a function is optimised, the interpreter writes down the kinds of
//! the values that each instruction finds in its registers, and which function each call calls.
//!
//! Recording is another dispatch table, so it costs nothing while it is off. Exits of optimised code add what they
//! found to the same record, so that the next compilation knows it.
//!
//! SAFETY contract: that of `state`. Registers of a frame always hold values, stale ones included, since the
//! collector visits them all.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use bytecode::{Op, Word};
use heap::value::TAG_SPECIAL;
use heap::{Kind, Value};

use crate::class::entry_of;
use crate::code::{Code, Entry};
use crate::dispatch::{RECORD_TABLE, TABLE, TRACE_TABLE};
use crate::ops::calls::header_word;
use crate::quick::generic_of;
use crate::state::{Base, FRAME_HEADER, Pc, State, profile_of};

/// Kinds of values as bits of one byte.
pub mod seen {
    pub const INT: u8 = 1;
    pub const FLOAT: u8 = 2;
    /// A Bool, Char, Symbol or mark.
    pub const IMMEDIATE: u8 = 4;
    pub const NIL: u8 = 8;
    /// An integer beyond 32 bits.
    pub const WIDE: u8 = 16;
    pub const LIST: u8 = 32;
    pub const INSTANCE: u8 = 64;
    pub const OTHER: u8 = 128;
}

/// The instruction has run while it was recorded.
const RAN: u32 = 1 << 24;
/// What optimised code assumes of the instruction failed in ways that kinds do not tell.
const FAILED: u32 = 1 << 25;
/// A call that was seen to call more than one function.
const MANY: u32 = u32::MAX;

/// What was seen of one function.
pub struct Feedback {
    /// For each word of code: kinds of `R[A]`, `R[B]` and `R[C]`, one byte each, and marks. The second word of a call
    /// holds the id of the callee, plus one.
    sites: Box<[AtomicU32]>,
    /// Times that each instruction ran while it was recorded.
    runs: Box<[AtomicU32]>,
    /// The kinds and classes of the objects that an instruction works on, by word; more than `SHAPES_MAX` are too
    /// many. Recording is rare and short, so a lock costs little.
    shapes: Mutex<HashMap<usize, Vec<Shape>>>,
    calls: AtomicU32,
}

/// Shapes that are told apart at one instruction.
pub const SHAPES_MAX: usize = 4;

/// What tells objects apart: the kind, and of instances and records the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub kind: u8,
    pub class: u32,
}

impl Shape {
    /// Of an object.
    unsafe fn of(value: Value) -> Shape {
        let header = header_word(value);
        let kind = header as u8;
        let has_class = kind == Kind::Instance as u8 || kind == Kind::Record as u8;
        Shape { kind, class: if has_class { (header >> 32) as u32 } else { 0 } }
    }
}

/// What was seen of one instruction.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub a: u8,
    pub b: u8,
    pub c: u8,
    pub ran: bool,
    pub failed: bool,
}

impl Feedback {
    fn new(code: &Code) -> Feedback {
        let zeros = || code.words.iter().map(|_| AtomicU32::new(0)).collect();
        Feedback { sites: zeros(), runs: zeros(), shapes: Mutex::default(), calls: AtomicU32::new(0) }
    }

    pub fn seen(&self, index: usize) -> Seen {
        let word = self.sites.get(index).map_or(0, |site| site.load(Relaxed));
        let [a, b, c, _] = word.to_le_bytes();
        Seen { a, b, c, ran: word & RAN != 0, failed: word & FAILED != 0 }
    }

    /// The id of the one function that the call at `index` has called.
    pub fn callee(&self, index: usize) -> Option<usize> {
        match self.sites.get(index + 1)?.load(Relaxed) {
            0 | MANY => None,
            id => Some(id as usize - 1),
        }
    }

    /// The shapes of the objects that the instruction at `index` has worked on; `None` if there were too many.
    pub fn shapes(&self, index: usize) -> Option<Vec<Shape>> {
        let shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = shapes.get(&index).cloned().unwrap_or_default();
        (found.len() <= SHAPES_MAX).then_some(found)
    }

    fn add_shape(&self, index: usize, shape: Shape) -> bool {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shapes.entry(index).or_default();
        let is_news = known.len() <= SHAPES_MAX && !known.contains(&shape);
        if is_news {
            known.push(shape);
        }
        is_news
    }

    /// Times that the instruction ran while it was recorded.
    pub fn runs(&self, index: usize) -> u32 {
        self.runs.get(index).map_or(0, |runs| runs.load(Relaxed))
    }

    /// Times that the function was called while it was recorded.
    pub fn calls(&self) -> u32 {
        self.calls.load(Relaxed)
    }

    pub fn mark_failed(&self, index: usize) {
        self.set(index, FAILED);
    }

    /// Adds bits to a word; written only when one changes.
    fn set(&self, index: usize, bits: u32) {
        let Some(site) = self.sites.get(index) else { return };
        let old = site.load(Relaxed);
        if old | bits != old {
            site.store(old | bits, Relaxed);
        }
    }

    fn set_callee(&self, index: usize, id: u32) {
        let Some(site) = self.sites.get(index + 1) else { return };
        let old = site.load(Relaxed);
        if old != id + 1 {
            site.store(if old == 0 { id + 1 } else { MANY }, Relaxed);
        }
    }
}

/// Which operand an instruction's work depends on the kind and class of.
#[derive(Clone, Copy)]
enum ObjectOperand {
    A,
    B,
    Receiver,
}

impl ObjectOperand {
    fn of(self, word: Word) -> usize {
        match self {
            ObjectOperand::A => word.a(),
            ObjectOperand::B => word.b(),
            ObjectOperand::Receiver => word.a() + FRAME_HEADER,
        }
    }
}

fn object_operand(op: Op) -> Option<ObjectOperand> {
    if matches!(op, Op::CallMethod | Op::TailCallMethod) {
        return Some(ObjectOperand::Receiver);
    }
    if matches!(op, Op::SetField | Op::SetSlot | Op::SetIndex | Op::Next | Op::CheckType) {
        return Some(ObjectOperand::A);
    }
    let works_on_b = matches!(
        op,
        Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::FloorDiv
            | Op::Mod
            | Op::AddImm
            | Op::SubImm
            | Op::MulImm
            | Op::AddConst
            | Op::SubConst
            | Op::MulConst
            | Op::DivConst
            | Op::GetField
            | Op::GetSlot
            | Op::Index
            | Op::IndexOpt
            | Op::IndexImm
            | Op::GetElement
            | Op::Iter
            | Op::Is
            | Op::IsConst
            | Op::Eq
            | Op::Ne
            | Op::EqConst
            | Op::NeConst
            | Op::MatchTuple
            | Op::MatchList
            | Op::MatchListMin
    );
    works_on_b.then_some(ObjectOperand::B)
}

/// The kind of a value as a bit.
fn kind_of(value: Value) -> u8 {
    if value.is_int32() {
        seen::INT
    } else if value.is_float() {
        seen::FLOAT
    } else if value.is_nil() {
        seen::NIL
    } else if value.bits() >= TAG_SPECIAL {
        seen::IMMEDIATE
    } else {
        match value.kind() {
            Some(Kind::List) => seen::LIST,
            Some(Kind::Instance) => seen::INSTANCE,
            Some(_) if value.as_int64().is_some() => seen::WIDE,
            _ => seen::OTHER,
        }
    }
}

impl Entry {
    pub fn feedback(&self) -> &Feedback {
        self.native.feedback.get_or_init(|| Box::new(Feedback::new(self.code)))
    }

    /// Writes down what the instruction at `index` finds in the frame at `base`; whether that is news.
    pub(crate) unsafe fn record_at(&self, index: usize, base: Base) -> bool {
        let Some(word) = self.code.words.get(index) else { return false };
        let word = Word(word.load(Relaxed));
        let registers = self.frame_bytes as usize / 8;
        let kind = |register: usize| match register < registers {
            true => u32::from(kind_of(*base.add(register))),
            false => 0,
        };
        let op = generic_of(word.op_byte());
        // The window's receiver is what a call of a method depends on.
        let second = match op {
            Some(Op::CallMethod | Op::TailCallMethod) => word.a() + FRAME_HEADER,
            _ => word.b(),
        };
        let feedback = self.feedback();
        let before = feedback.sites[index].load(Relaxed);
        let runs = &feedback.runs[index];
        runs.store(runs.load(Relaxed).saturating_add(1), Relaxed);
        let mut is_news = false;
        if let Some(object) = op.and_then(object_operand)
            && let Some(register) = Some(object.of(word)).filter(|&register| register < registers)
        {
            let value = *base.add(register);
            if value.kind().is_some() {
                is_news = feedback.add_shape(index, Shape::of(value));
            }
        }
        feedback.set(index, kind(word.a()) | kind(second) << 8 | kind(word.c()) << 16 | RAN);
        if matches!(op, Some(Op::Call | Op::TailCall))
            && let Some(callee) = entry_of(*base.add(word.a()))
        {
            feedback.set_callee(index, callee.id);
        }
        is_news || before != feedback.sites[index].load(Relaxed)
    }
}

/// Writes down what the instruction before `pc` finds.
#[inline(never)]
pub(crate) unsafe fn record(pc: Pc, base: Base, state: *mut State) {
    let entry = profile_of(base).entry();
    let index = entry.code.index_of(pc).wrapping_sub(1);
    entry.record_at(index, base);
    if index == 0 {
        let feedback = entry.feedback();
        feedback.calls.store(feedback.calls().saturating_add(1), Relaxed);
    }
    let recorded = &mut (*state).recorded;
    if recorded.last().is_none_or(|last| !std::ptr::eq(*last, entry))
        && !recorded.iter().any(|known| std::ptr::eq(*known, entry))
    {
        recorded.push(entry);
    }
}

impl State {
    pub(crate) fn is_recording(&self) -> bool {
        self.recording
    }

    /// From now on the interpreter writes down what instructions see. Not while it is traced.
    pub(crate) fn start_recording(&mut self) {
        if !self.tracing {
            self.recording = true;
            self.recorded.clear();
            self.table = RECORD_TABLE;
        }
    }

    /// Gives the functions that ran meanwhile.
    pub(crate) fn end_recording(&mut self) -> Vec<&'static Entry> {
        self.recording = false;
        self.table = if self.tracing { TRACE_TABLE } else { TABLE };
        std::mem::take(&mut self.recorded)
    }
}
