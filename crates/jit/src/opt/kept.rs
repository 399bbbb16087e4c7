//! Rare calls, around which all registers are kept: loops then need not hold in memory what lives across such a call.
#![allow(unsafe_code)]

use dynasmrt::{DynasmApi, dynasm};
use vm::native::layout;
use vm::optimised;

use super::thunks::Ops;

/// What is called so.
#[derive(Clone, Copy)]
pub(super) enum Rare {
    /// `(state, record, base, fuel)`, by the code at an address: fuel and answer stand in the state afterwards.
    Step(u64),
    /// `(state, fuel)`: new fuel stands in the state afterwards.
    Poll,
    /// `(state, number)`: the value stands in the state afterwards.
    BoxInt,
}

/// Bytes that the registers of floats take.
const FLOATS: i32 = 16 * 16;
/// Where the state is found among what was kept.
const KEPT_STATE: i32 = FLOATS + 4 * 8;

/// Code that makes a rare call. With the address to come back to nine registers keep the stack aligned.
pub(super) fn rare_call(ops: &mut Ops, rare: Rare) {
    let address = match rare {
        Rare::Step(code) => code,
        Rare::Poll => (optimised::poll as *const ()).expose_provenance() as u64,
        Rare::BoxInt => (optimised::box_int as *const ()).expose_provenance() as u64,
    };
    dynasm!(ops
        ; .arch x64
        ; push rax ; push rcx ; push rdx ; push rsi ; push rdi ; push r8 ; push r9 ; push r10 ; push r11
        ; sub rsp, FLOATS
    );
    floats(ops, true);
    dynasm!(ops
        ; .arch x64
        ; mov rax, QWORD address as i64
        ; call rax
        ; mov rcx, [rsp + KEPT_STATE]
    );
    match rare {
        Rare::Step(_) => dynasm!(ops
            ; .arch x64
            ; mov [rcx + layout::STATE_FUEL as i32], rax
            ; mov [rcx + layout::STATE_GIVEN as i32], rdx
        ),
        Rare::Poll => dynasm!(ops ; .arch x64 ; mov [rcx + layout::STATE_FUEL as i32], rax),
        Rare::BoxInt => dynasm!(ops ; .arch x64 ; mov [rcx + layout::STATE_GIVEN as i32], rax),
    }
    floats(ops, false);
    dynasm!(ops
        ; .arch x64
        ; add rsp, FLOATS
        ; pop r11 ; pop r10 ; pop r9 ; pop r8 ; pop rdi ; pop rsi ; pop rdx ; pop rcx ; pop rax
        ; ret
    );
}

/// Stores the registers of floats, or loads them.
// The conversion is what dynamic registers of the assembler expand to.
#[allow(clippy::useless_conversion)]
fn floats(ops: &mut Ops, stores: bool) {
    for register in 0..16u8 {
        let place = 16 * i32::from(register);
        match stores {
            true => dynasm!(ops ; .arch x64 ; movups [rsp + place], Rx(register)),
            false => dynasm!(ops ; .arch x64 ; movups Rx(register), [rsp + place]),
        }
    }
}
