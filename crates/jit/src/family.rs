//! Which template an instruction gets.

use bytecode::Op;

use crate::masm::{Arithmetic, Comparison, Test};

/// Where the right operand of an instruction comes from.
#[derive(Clone, Copy, Debug)]
pub enum Right {
    Register,
    Immediate,
    Constant,
}

/// Instructions that share a template.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    Nothing,
    Move,
    LoadInt,
    LoadSpecial,
    LoadConst,
    LoadConstWide,
    LoadCallee,
    Capture,
    CaptureCell,
    Cell,
    SetCell,
    SetCaptureCell,
    /// The slot of a module.
    Module,
    Not,
    Negate,
    Arithmetic(Arithmetic, Right),
    Compare(Comparison, Right),
    Jump,
    JumpIf(Test),
    Loop,
    LoopIf,
    Return,
    ReturnNil,
    Call,
    CallConst,
    CallMethod,
    TailCallConst,
    Field {
        is_store: bool,
    },
    GetSlot,
    SetSlot,
    NewCell,
    NewTuple,
    NewList,
    NewInstance,
    Closure,
    Range {
        inclusive: bool,
    },
    /// Whether a value is a sequence of a length.
    Length {
        is_tuple: bool,
        or_more: bool,
    },
    Iter,
    Index(Right),
    SetIndex,
    Next,
    Yield,
    /// No template: the interpreter's step does it.
    Step,
}

/// The family of an instruction.
// A table: one arm for each family, every instruction named.
#[allow(clippy::too_many_lines)]
pub fn family(op: Op) -> Family {
    match op {
        Op::Nop => Family::Nothing,
        Op::Move => Family::Move,
        Op::LoadInt => Family::LoadInt,
        Op::LoadSpecial => Family::LoadSpecial,
        Op::LoadConst => Family::LoadConst,
        Op::LoadConstWide => Family::LoadConstWide,
        Op::LoadCallee => Family::LoadCallee,
        Op::GetCapture => Family::Capture,
        Op::GetCaptureCell => Family::CaptureCell,
        Op::GetCell => Family::Cell,
        Op::Add => Family::Arithmetic(Arithmetic::Add, Right::Register),
        Op::Sub => Family::Arithmetic(Arithmetic::Sub, Right::Register),
        Op::Mul => Family::Arithmetic(Arithmetic::Mul, Right::Register),
        Op::Div => Family::Arithmetic(Arithmetic::Div, Right::Register),
        Op::FloorDiv => Family::Arithmetic(Arithmetic::FloorDiv, Right::Register),
        Op::Mod => Family::Arithmetic(Arithmetic::Mod, Right::Register),
        Op::BitAnd => Family::Arithmetic(Arithmetic::And, Right::Register),
        Op::BitOr => Family::Arithmetic(Arithmetic::Or, Right::Register),
        Op::BitXor => Family::Arithmetic(Arithmetic::Xor, Right::Register),
        Op::Shl => Family::Arithmetic(Arithmetic::Shl, Right::Register),
        Op::Shr => Family::Arithmetic(Arithmetic::Shr, Right::Register),
        Op::Not => Family::Not,
        Op::AddImm => Family::Arithmetic(Arithmetic::Add, Right::Immediate),
        Op::SubImm => Family::Arithmetic(Arithmetic::Sub, Right::Immediate),
        Op::MulImm => Family::Arithmetic(Arithmetic::Mul, Right::Immediate),
        Op::FloorDivImm => Family::Arithmetic(Arithmetic::FloorDiv, Right::Immediate),
        Op::ModImm => Family::Arithmetic(Arithmetic::Mod, Right::Immediate),
        Op::BitAndImm => Family::Arithmetic(Arithmetic::And, Right::Immediate),
        Op::ShlImm => Family::Arithmetic(Arithmetic::Shl, Right::Immediate),
        Op::ShrImm => Family::Arithmetic(Arithmetic::Shr, Right::Immediate),
        Op::AddConst => Family::Arithmetic(Arithmetic::Add, Right::Constant),
        Op::SubConst => Family::Arithmetic(Arithmetic::Sub, Right::Constant),
        Op::MulConst => Family::Arithmetic(Arithmetic::Mul, Right::Constant),
        Op::DivConst => Family::Arithmetic(Arithmetic::Div, Right::Constant),
        Op::ModConst => Family::Arithmetic(Arithmetic::Mod, Right::Constant),
        Op::BitAndConst => Family::Arithmetic(Arithmetic::And, Right::Constant),
        Op::Eq => Family::Compare(Comparison::Eq, Right::Register),
        Op::Ne => Family::Compare(Comparison::Ne, Right::Register),
        Op::Lt => Family::Compare(Comparison::Lt, Right::Register),
        Op::Le => Family::Compare(Comparison::Le, Right::Register),
        Op::Gt => Family::Compare(Comparison::Gt, Right::Register),
        Op::Ge => Family::Compare(Comparison::Ge, Right::Register),
        Op::EqImm => Family::Compare(Comparison::Eq, Right::Immediate),
        Op::NeImm => Family::Compare(Comparison::Ne, Right::Immediate),
        Op::LtImm => Family::Compare(Comparison::Lt, Right::Immediate),
        Op::LeImm => Family::Compare(Comparison::Le, Right::Immediate),
        Op::GtImm => Family::Compare(Comparison::Gt, Right::Immediate),
        Op::GeImm => Family::Compare(Comparison::Ge, Right::Immediate),
        Op::EqConst => Family::Compare(Comparison::Eq, Right::Constant),
        Op::NeConst => Family::Compare(Comparison::Ne, Right::Constant),
        Op::Jump => Family::Jump,
        Op::JumpIfFalse | Op::JumpIfFalseWide => Family::JumpIf(Test::Falsy),
        Op::JumpIfTrue | Op::JumpIfTrueWide => Family::JumpIf(Test::Truthy),
        Op::JumpIfNil | Op::JumpIfNilWide => Family::JumpIf(Test::Nil),
        Op::JumpIfNotNil | Op::JumpIfNotNilWide => Family::JumpIf(Test::NotNil),
        Op::JumpIfSet | Op::JumpIfSetWide => Family::JumpIf(Test::Set),
        Op::Loop => Family::Loop,
        Op::LoopIfTrue | Op::LoopIfTrueWide => Family::LoopIf,
        Op::Next => Family::Next,
        Op::Yield => Family::Yield,
        Op::Call => Family::Call,
        Op::CallConst => Family::CallConst,
        Op::CallMethod => Family::CallMethod,
        Op::Return => Family::Return,
        Op::ReturnNil => Family::ReturnNil,
        Op::Index | Op::IndexOpt => Family::Index(Right::Register),
        Op::IndexImm => Family::Index(Right::Immediate),
        Op::SetIndex => Family::SetIndex,
        Op::GetField => Family::Field { is_store: false },
        Op::SetField => Family::Field { is_store: true },
        Op::TailCallConst => Family::TailCallConst,
        Op::GetSlot => Family::GetSlot,
        Op::SetSlot => Family::SetSlot,
        Op::NewCell => Family::NewCell,
        Op::SetCell => Family::SetCell,
        Op::SetCaptureCell => Family::SetCaptureCell,
        Op::GetModule => Family::Module,
        Op::Closure => Family::Closure,
        Op::Neg => Family::Negate,
        Op::NewTuple => Family::NewTuple,
        Op::NewList => Family::NewList,
        Op::NewObject => Family::NewInstance,
        Op::NewRange => Family::Range { inclusive: false },
        Op::NewRangeInclusive => Family::Range { inclusive: true },
        Op::Iter => Family::Iter,
        Op::MatchTuple => Family::Length { is_tuple: true, or_more: false },
        Op::MatchList => Family::Length { is_tuple: false, or_more: false },
        Op::MatchListMin => Family::Length { is_tuple: false, or_more: true },
        Op::GetElement => Family::Index(Right::Immediate),
        Op::SetModule
        | Op::Pow
        | Op::BitNot
        | Op::Is
        | Op::IsConst
        | Op::In
        | Op::CheckType
        | Op::IterClose
        | Op::CallSpread
        | Op::CallMethodSpread
        | Op::TailCall
        | Op::TailCallMethod
        | Op::Throw
        | Op::Rethrow
        | Op::GeneratorStart
        | Op::NewMap
        | Op::NewSet
        | Op::ListPush
        | Op::ListToTuple
        | Op::MapPut
        | Op::SetAdd
        | Op::ToStr
        | Op::Format
        | Op::Concat
        | Op::SlotIsSet
        | Op::CheckInit
        | Op::SetStatic
        | Op::Freeze
        | Op::MatchMap
        | Op::MatchRange
        | Op::ListRest
        | Op::MapGet
        | Op::MatchError => Family::Step,
    }
}
