//! Code that every function shares: into machine code and out of it, and the VM's helpers.

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use heap::value::{PAYLOAD, TAG_INT, TAG_POINTER};
use vm::native::layout;

use super::generators;

/// How far the native stack may grow after entering machine code before it is dropped.
const NATIVE_STACK_BYTES: i32 = 256 * 1024;

/// Addresses of the code that every function shares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Thunks {
    /// `extern "sysv64" fn(state, target) -> u64`: runs machine code; 1 when the interpreter goes on, 0 when the
    /// run is over.
    pub enter: u64,
    /// What machine code calls for a function that has none.
    pub call_interpreted: u64,
    pub(super) step: u64,
    pub(super) leaving_step: u64,
    pub(super) resume: u64,
    pub(super) yields: u64,
    pub(super) run_poll: u64,
    pub(super) call_poll: u64,
    /// Where the last native return goes, and where machine code is left with the result of `enter` in eax.
    pub lowest: u64,
    pub leave: u64,
}

/// Where machine code goes when the native stack does not say it.
#[derive(Clone, Copy)]
pub struct Ends {
    /// As in `Thunks`.
    pub lowest: u64,
    pub leave: u64,
}

/// Labels that the shared code uses among itself, and where it ends.
#[derive(Clone, Copy)]
struct Shared {
    ends: Ends,
    step: dynasmrt::DynamicLabel,
    leaving_step: dynasmrt::DynamicLabel,
}

/// Makes the shared code for `address`.
pub fn make(address: u64) -> (Vec<u8>, Thunks) {
    let mut ops: VecAssembler<X64Relocation> = VecAssembler::new(address as usize);
    let leave = address;
    dynasm!(ops
        ; .arch x64
        ; mov rsp, [r12 + layout::STATE_NATIVE_SP as i32]
        ; add rsp, 8
        ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbx ; pop rbp
        ; ret
        ; .align 16
    );
    let enter = address + ops.offset().0 as u64;
    dynasm!(ops
        ; .arch x64
        ; push rbp ; push rbx ; push r12 ; push r13 ; push r14 ; push r15
        ; sub rsp, 8
        ; mov r12, rdi
        ; mov rbx, [r12 + layout::STATE_BASE as i32]
        ; mov r14, [r12 + layout::STATE_FUEL as i32]
        ; mov r13, QWORD TAG_INT as i64
        ; mov rbp, QWORD TAG_POINTER as i64
        ; mov r15, QWORD PAYLOAD as i64
        ; mov [r12 + layout::STATE_NATIVE_SP as i32], rsp
        ; lea rax, [rsp - NATIVE_STACK_BYTES]
        ; mov [r12 + layout::STATE_NATIVE_LIMIT as i32], rax
        ; call rsi
    );
    // The lowest native frame returns here: rcx is where its caller goes on.
    let lowest = address + ops.offset().0 as u64;
    let ends = Ends { lowest, leave };
    dynasm!(ops ; .arch x64 ; mov rdi, rcx);
    helper_thunk(&mut ops, vm::native::returned as *const (), ends);
    let shared = Shared { ends, step: ops.new_dynamic_label(), leaving_step: ops.new_dynamic_label() };
    let mut thunk = |helper: *const ()| {
        dynasm!(ops ; .arch x64 ; .align 16);
        let start = address + ops.offset().0 as u64;
        helper_thunk(&mut ops, helper, ends);
        start
    };
    let made = Thunks {
        enter,
        call_interpreted: thunk(vm::native::call_interpreted as *const ()),
        run_poll: thunk(vm::native::run_poll as *const ()),
        call_poll: thunk(vm::native::call_poll as *const ()),
        step: step_thunk(&mut ops, address, shared),
        leaving_step: leaving_step_thunk(&mut ops, address, shared),
        resume: generators::resume_thunk(&mut ops, address, shared.step),
        yields: generators::yield_thunk(&mut ops, address, shared.leaving_step),
        lowest,
        leave,
    };
    (ops.finalize().expect("invariant: every label is bound"), made)
}

/// Calls `helper(state, rdi, base, fuel)` and does what its `Continuation` says.
fn helper_thunk(ops: &mut VecAssembler<X64Relocation>, helper: *const (), ends: Ends) {
    dynasm!(ops
        ; .arch x64
        ; mov rsi, rdi
        ; mov rdi, r12
        ; mov rdx, rbx
        ; mov rcx, r14
        ; mov [r12 + layout::STATE_NATIVE_SAVED as i32], rsp
        ; and rsp, -16
        ; mov rax, QWORD helper.expose_provenance() as i64
        ; call rax
        ; mov rsp, [r12 + layout::STATE_NATIVE_SAVED as i32]
    );
    go_on(ops, ends);
}

/// Runs the interpreter's step of the instruction at rsi; its answer is in rax and rdx, and the native stack as before.
fn run_step(ops: &mut VecAssembler<X64Relocation>) {
    let steps = std::ptr::from_ref(&vm::native_step::NATIVE_STEPS).expose_provenance();
    dynasm!(ops
        ; .arch x64
        ; movzx eax, BYTE [rsi]
        ; mov rdi, r12
        ; mov rdx, rbx
        ; mov rcx, r14
        ; mov r8, QWORD steps as i64
        ; mov [r12 + layout::STATE_NATIVE_SAVED as i32], rsp
        ; and rsp, -16
        ; call QWORD [r8 + rax * 8]
        ; mov rsp, [r12 + layout::STATE_NATIVE_SAVED as i32]
    );
}

/// Called: runs a step and returns where it leads to the instruction behind, with `equal` in the flags, or to the jump
/// target of an iteration, with `not equal`.
fn step_thunk(ops: &mut VecAssembler<X64Relocation>, address: u64, shared: Shared) -> u64 {
    dynasm!(ops ; .arch x64 ; .align 16);
    let start = address + ops.offset().0 as u64;
    let (elsewhere, others) = (ops.new_dynamic_label(), ops.new_dynamic_label());
    dynasm!(ops ; .arch x64 ; =>shared.step);
    run_step(ops);
    dynasm!(ops
        ; .arch x64
        ; cmp rax, vm::native::BEHIND as i32
        ; jne =>elsewhere
        ; mov r14, rdx
        ; ret
        ; =>elsewhere
        ; cmp rax, vm::native::JUMPED as i32
        ; jne =>others
        ; mov r14, rdx
        // Not equal, as the stack is not at zero.
        ; test rsp, rsp
        ; ret
        ; =>others
    );
    let gone = ops.new_dynamic_label();
    dynasm!(ops
        ; .arch x64
        ; cmp rax, vm::native::RETURN_JUMPED as i32
        ; jbe =>gone
        ; cmp rdx, vm::native::KEEP as i32
        ; jne =>gone
        ; mov rbx, [r12 + layout::STATE_BASE as i32]
        ; mov r14, [r12 + layout::STATE_FUEL as i32]
        ; jmp rax
        // The native stack is as it was before the call of this.
        ; =>gone
        ; add rsp, 8
    );
    return_or_go_on(ops, shared);
    start
}

/// Jumped to: runs a step that does not lead to the instruction behind.
fn leaving_step_thunk(ops: &mut VecAssembler<X64Relocation>, address: u64, shared: Shared) -> u64 {
    dynasm!(ops ; .arch x64 ; .align 16);
    let start = address + ops.offset().0 as u64;
    dynasm!(ops ; .arch x64 ; =>shared.leaving_step);
    run_step(ops);
    return_or_go_on(ops, shared);
    start
}

/// Returns if the step has popped a frame that was pushed natively; the flags are as behind a step.
fn return_or_go_on(ops: &mut VecAssembler<X64Relocation>, shared: Shared) {
    let others = ops.new_dynamic_label();
    dynasm!(ops
        ; .arch x64
        ; lea rcx, [rax - vm::native::RETURN_BEHIND as i32]
        ; cmp rcx, (vm::native::RETURN_JUMPED - vm::native::RETURN_BEHIND) as i32
        ; ja =>others
        ; mov rbx, [r12 + layout::STATE_BASE as i32]
        ; mov r14, [r12 + layout::STATE_FUEL as i32]
        // The lowest native frame asks for it.
        ; mov rcx, [r12 + layout::STATE_PC as i32]
        ; cmp rax, vm::native::RETURN_BEHIND as i32
        ; ret
        ; =>others
    );
    go_on(ops, shared.ends);
}

/// Does what the `Continuation` in rax and rdx says. The native stack is as it was before the call of the helper.
pub fn go_on(ops: &mut VecAssembler<X64Relocation>, ends: Ends) {
    let (stays, leaves, pushes) = (ops.new_dynamic_label(), ops.new_dynamic_label(), ops.new_dynamic_label());
    dynasm!(ops
        ; .arch x64
        ; test rax, rax
        ; jz =>leaves
        ; mov rbx, [r12 + layout::STATE_BASE as i32]
        ; mov r14, [r12 + layout::STATE_FUEL as i32]
        ; cmp rdx, vm::native::DROP as i32
        ; jb =>stays
        ; jne =>pushes
        ; mov rsp, [r12 + layout::STATE_NATIVE_SP as i32]
        ; mov rdx, QWORD ends.lowest as i64
        ; =>pushes
        ; push rdx
        ; =>stays
        ; jmp rax
        ; =>leaves
        ; mov eax, edx
        ; mov rcx, QWORD ends.leave as i64
        ; jmp rcx
    );
}
