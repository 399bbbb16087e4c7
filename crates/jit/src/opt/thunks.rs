//! The code between the template tier and optimised code.
//!
//! Optimised code is a function `(state, base, fuel) -> (value, fuel)` in the system's convention. A compiled loop
//! gives the record of its exit in place of a value. What it calls that is not optimised runs on the template tier's
//! code: a frame of the native stack then holds the saved registers and the address to come back to, below the
//! template tier's return addresses. None of that is ever unwound: whoever drops the native stack drops it all.
#![allow(unsafe_code)]

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use heap::value::{PAYLOAD, TAG_INT, TAG_POINTER};
use vm::native::layout;
use vm::optimised::{self, DONE, TURNED};

use super::kept::{self, Rare};
use crate::x64::thunks::{Ends, Thunks as TemplateThunks, go_on};

/// Addresses of the code that all optimised code shares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Thunks {
    /// Where a stub goes with the address of a loop's code in rax.
    pub enter_loop: u64,
    /// Where a stub goes with the address of a function's code in rax.
    pub enter_function: u64,
    /// `(state, record, base, fuel) -> (value, fuel)`: the rest of the function runs below.
    pub exit: u64,
    /// `(state, record, base, fuel) -> (fuel, whether it was a turn of a loop)`: one instruction.
    pub step: u64,
    /// The same as `step` with all registers kept: fuel and answer stand in the state afterwards.
    pub step_kept: u64,
    /// `(state, fuel)` with all registers kept: new fuel stands in the state afterwards.
    pub poll_kept: u64,
    /// `(state, number)` with all registers kept: the value stands in the state afterwards.
    pub box_int_kept: u64,
    /// `(state, base, fuel) -> (value, fuel)`: calls the function whose frame stands at `base`.
    pub call: u64,
    /// `(state, _, base, fuel) -> (value, fuel)`: the same where the fuel is used up.
    pub call_poll: u64,
}

pub(super) type Ops = VecAssembler<X64Relocation>;

/// Makes the shared code for `address`.
pub fn thunks(address: u64, below: TemplateThunks) -> (Vec<u8>, Thunks) {
    let mut ops: Ops = VecAssembler::new(address as usize);
    let mut made = Thunks::default();
    let ends = Ends { lowest: below.lowest, leave: below.leave };
    let tail = ops.new_dynamic_label();
    let at = |ops: &mut Ops| {
        dynasm!(ops ; .arch x64 ; .align 16);
        address + ops.offset().0 as u64
    };

    made.exit = at(&mut ops);
    save(&mut ops, tail);
    helper(&mut ops, optimised::left as *const ());
    go_on(&mut ops, ends);

    made.call_poll = at(&mut ops);
    save(&mut ops, tail);
    helper(&mut ops, optimised::call_poll as *const ());
    go_on(&mut ops, ends);

    made.call = at(&mut ops);
    dynasm!(ops ; .arch x64 ; mov rcx, rdx ; mov rdx, rsi);
    save(&mut ops, tail);
    dynasm!(ops
        ; .arch x64
        ; mov r14, rcx
        ; mov rax, [rbx - 16]
        ; mov rax, [rax - 8]
        ; jmp QWORD [rax + layout::ENTRY_CALL_ADDRESS as i32]
        // Here the callee returns: its result stands in the place of the callee.
        ; =>tail
        ; pop rcx
        ; mov rax, [rcx - 24]
        ; mov rdx, r14
        ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbx ; pop rbp
        ; ret
    );

    made.step = at(&mut ops);
    step(&mut ops, ends);

    let step = made.step;
    let mut rare = |what: Rare| {
        let place = at(&mut ops);
        kept::rare_call(&mut ops, what);
        place
    };
    (made.step_kept, made.poll_kept, made.box_int_kept) =
        (rare(Rare::Step(step)), rare(Rare::Poll), rare(Rare::BoxInt));

    made.enter_loop = at(&mut ops);
    enter(&mut ops);
    dynasm!(ops ; .arch x64 ; mov rdi, r12 ; mov rsi, rax ; mov rcx, rdx ; mov rdx, rbx);
    helper(&mut ops, optimised::left as *const ());
    go_on(&mut ops, ends);

    made.enter_function = at(&mut ops);
    enter_function(&mut ops, below);
    (ops.finalize().expect("invariant: every label is bound"), made)
}

/// Enters a function. A frame whose link has flags (one that was called in place of another, say) must be left by the
/// interpreter's own return: it stays below.
fn enter_function(ops: &mut Ops, below: TemplateThunks) {
    let (flagged, retired) = (ops.new_dynamic_label(), ops.new_dynamic_label());
    dynasm!(ops
        ; .arch x64
        ; mov rcx, [rbx - 8]
        ; shr rcx, vm::state::link::SHIFT as i8
        ; jnz =>flagged
        // Functions that call in place of themselves come here from inside optimised code.
        ; cmp rsp, [r12 + layout::STATE_NATIVE_LIMIT as i32]
        ; jb =>flagged
    );
    enter(ops);
    dynasm!(ops
        ; .arch x64
        ; mov r14, rdx
        ; mov rcx, [rbx - 8]
        ; mov [rbx - 24], rax
        ; movzx edx, BYTE [rcx - 7]
        ; shl edx, 3
        ; neg rdx
        ; lea rbx, [rbx + rdx - 24]
        ; ret
        ; =>flagged
        ; mov rcx, [rbx - 16]
        ; mov rcx, [rcx - 8]
        ; mov rcx, [rcx + layout::ENTRY_NATIVE_CODE as i32]
        ; test rcx, rcx
        ; jz =>retired
        ; jmp QWORD [rcx + layout::NATIVE_CODE_ADDRESS as i32]
        // All code was retired since the caller found this.
        ; =>retired
        ; mov rcx, QWORD below.call_interpreted as i64
        ; jmp rcx
    );
}

/// A stub that enters `code` through one of the shared entries.
pub fn stub(code: u64, shared: u64) -> Vec<u8> {
    let mut ops: Ops = VecAssembler::new(0);
    dynasm!(ops
        ; .arch x64
        ; mov rax, QWORD code as i64
        ; mov rcx, QWORD shared as i64
        ; jmp rcx
    );
    ops.finalize().expect("invariant: there are no labels")
}

/// Saves the caller's registers and loads those of the template tier, from the arguments `(state, _, base, _)`. The
/// frame's base and the place to come back to lie on top.
fn save(ops: &mut Ops, tail: DynamicLabel) {
    dynasm!(ops
        ; .arch x64
        ; push rbp ; push rbx ; push r12 ; push r13 ; push r14 ; push r15
        ; push rdx
        ; lea rax, [=>tail]
        ; push rax
        ; mov r12, rdi
        ; mov rbx, rdx
        ; mov r13, QWORD TAG_INT as i64
        ; mov rbp, QWORD TAG_POINTER as i64
        ; mov r15, QWORD PAYLOAD as i64
    );
}

/// Calls a helper with the arguments as they stand.
fn helper(ops: &mut Ops, address: *const ()) {
    dynasm!(ops
        ; .arch x64
        ; mov [r12 + layout::STATE_NATIVE_SAVED as i32], rsp
        ; and rsp, -16
        ; mov rax, QWORD address.expose_provenance() as i64
        ; call rax
        ; mov rsp, [r12 + layout::STATE_NATIVE_SAVED as i32]
    );
}

/// Calls the code in rax with an aligned stack.
fn enter(ops: &mut Ops) {
    dynasm!(ops
        ; .arch x64
        ; mov rcx, rsp
        ; and rsp, -16
        ; push rcx
        ; push rcx
        ; mov rdi, r12
        ; mov rsi, rbx
        ; mov rdx, r14
        ; call rax
        ; pop rsp
    );
}

fn step(ops: &mut Ops, ends: Ends) {
    let (tail, done, other) = (ops.new_dynamic_label(), ops.new_dynamic_label(), ops.new_dynamic_label());
    let (turned, give) = (ops.new_dynamic_label(), ops.new_dynamic_label());
    save(ops, tail);
    helper(ops, optimised::step as *const ());
    dynasm!(ops
        ; .arch x64
        ; mov r14, [r12 + layout::STATE_FUEL as i32]
        ; cmp rax, DONE as i32
        ; je =>done
        ; cmp rax, TURNED as i32
        ; je =>turned
        ; jmp =>other
        ; =>turned
        ; pop rax
        ; mov edx, 1
        ; jmp =>give
        ; =>done
        ; pop rax
        ; =>tail
        ; xor edx, edx
        ; =>give
        ; pop rcx
        ; mov rax, r14
        ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbx ; pop rbp
        ; ret
        ; =>other
    );
    go_on(ops, ends);
}
