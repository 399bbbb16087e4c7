//! Generators: shared code that resumes one for an iteration, and that hands over what it yields.
//!
//! Both do what the interpreter's step does in the usual case, and leave every other case to that step with nothing
//! changed. A generator's frame stands above the frame of the loop with the native return address of the loop's
//! instruction, so handing a value over is a return.

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use heap::header::{
    BARRIER, FROZEN, HEADER_AUX_OFFSET, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET,
};
use heap::{Kind, Value};
use vm::native::layout;

type Ops = VecAssembler<X64Relocation>;

const FLAGS: i32 = (layout::GENERATOR_FLAGS >> layout::LINK_SHIFT) as i32;

/// Copies the slots of the generator at `rax` from or to the registers at `rbx`. Clobbers rcx and rdx; there is at
/// least one slot where anything is copied at all.
fn copy_slots(ops: &mut Ops, saves: bool) {
    let (again, done) = (ops.new_dynamic_label(), ops.new_dynamic_label());
    dynasm!(ops
        ; .arch x64
        ; movzx ecx, WORD [rax + HEADER_AUX_OFFSET as i32]
        ; =>again
        ; sub ecx, 1
        ; js =>done
    );
    if saves {
        dynasm!(ops
            ; .arch x64
            ; mov rdx, [rbx + rcx * 8]
            ; mov [rax + rcx * 8 + layout::GENERATOR_SLOTS as i32], rdx
        );
    } else {
        dynasm!(ops
            ; .arch x64
            ; mov rdx, [rax + rcx * 8 + layout::GENERATOR_SLOTS as i32]
            ; mov [rbx + rcx * 8], rdx
        );
    }
    dynasm!(ops ; .arch x64 ; jmp =>again ; =>done);
}

/// Called with the value to iterate in rax, the instruction in rsi and the distance to the new frame in edi: returns
/// as a step of the instruction does.
pub(super) fn resume_thunk(ops: &mut Ops, address: u64, step: DynamicLabel) -> u64 {
    dynasm!(ops ; .arch x64 ; .align 16);
    let start = address + ops.offset().0 as u64;
    dynasm!(ops
        ; .arch x64
        ; mov rcx, rax
        ; shr rcx, 48
        ; cmp ecx, super::POINTER_TOP
        ; jne =>step
        ; mov r8, rax
        ; and rax, r15
        ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::Generator as i8
        ; jne =>step
        ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], layout::GENERATOR_WAITING as i32
        ; jne =>step
        // An iteration without a body polls here alone.
        ; test r14, r14
        ; js =>step
        ; cmp rsp, [r12 + layout::STATE_NATIVE_LIMIT as i32]
        ; jb =>step
        ; mov r9, [rax + layout::GENERATOR_CALLEE as i32]
        ; mov rdx, r9
        ; and rdx, r15
        ; mov rdx, [rdx + layout::CALLABLE_CODE as i32]
        ; mov r10, [rdx + layout::ENTRY_NATIVE_CODE as i32]
        ; test r10, r10
        ; jz =>step
        ; mov r11, [rax + layout::GENERATOR_POSITION as i32]
        ; mov rcx, [r10 + layout::NATIVE_CODE_OFFSETS as i32]
        ; mov r11d, [rcx + r11 * 4]
        ; add r11, [r10 + layout::NATIVE_CODE_ADDRESS as i32]
        ; mov ecx, [rdx + layout::ENTRY_FRAME_BYTES as i32]
        ; add rcx, rdi
        ; add rcx, rbx
        ; cmp rcx, [r12 + layout::STATE_STACK_LIMIT as i32]
        ; ja =>step
        // Nothing is in the way any more.
        ; mov DWORD [rax + HEADER_INFO_OFFSET as i32], layout::GENERATOR_RUNNING as i32
        ; add rbx, rdi
        ; mov [rbx - 40], r8
        ; shr edi, 3
        ; mov rcx, QWORD layout::NEXT_RESUMPTION as i64
        ; or rcx, rdi
        ; mov [rbx - 32], rcx
        ; mov [rbx - 24], r9
        ; mov rcx, [rdx + layout::ENTRY_PROFILE as i32]
        ; mov [rbx - 16], rcx
        ; mov rcx, QWORD layout::GENERATOR_FLAGS as i64
        ; lea rdx, [rsi + 8]
        ; or rcx, rdx
        ; mov [rbx - 8], rcx
        ; dec r14
    );
    copy_slots(ops, false);
    dynasm!(ops ; .arch x64 ; jmp r11);
    start
}

/// Jumped to with the value in r8, the instruction in rsi, the place behind it in edi, and in r9d the offset of the
/// register that is nil when the generator goes on: returns to the iteration.
pub(super) fn yield_thunk(ops: &mut Ops, address: u64, step: DynamicLabel) -> u64 {
    dynasm!(ops ; .arch x64 ; .align 16);
    let start = address + ops.offset().0 as u64;
    dynasm!(ops
        ; .arch x64
        ; mov r10, [rbx - 8]
        ; mov rcx, r10
        ; shr rcx, layout::LINK_SHIFT as i8
        ; cmp ecx, FLAGS
        ; jne =>step
        ; mov r11, [rbx - 32]
        ; movzx edx, r11w
        ; mov rcx, QWORD layout::NEXT_RESUMPTION as i64
        ; xor r11, rdx
        ; cmp r11, rcx
        ; jne =>step
        ; mov rcx, QWORD Value::DONE.bits() as i64
        ; cmp r8, rcx
        ; je =>step
        ; mov rax, [rbx - 40]
        ; and rax, r15
        ; test BYTE [rax + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
        ; jnz =>step
        ; mov [rax + layout::GENERATOR_POSITION as i32], rdi
        ; mov DWORD [rax + HEADER_INFO_OFFSET as i32], layout::GENERATOR_WAITING as i32
        ; shl edx, 3
        ; mov r11, rdx
    );
    copy_slots(ops, true);
    dynasm!(ops
        ; .arch x64
        ; mov rcx, QWORD Value::NIL.bits() as i64
        ; mov [rax + r9 + layout::GENERATOR_SLOTS as i32], rcx
        ; sub rbx, r11
        // The iteration's state is named by field A of its instruction, two words back.
        ; shl r10, 16
        ; shr r10, 16
        ; movzx ecx, BYTE [r10 - 7]
        ; mov [rbx + rcx * 8 + 16], r8
        ; dec r14
        // Where the lowest native frame goes on.
        ; movsxd rcx, DWORD [r10 - 4]
        ; lea rcx, [r10 + rcx * 4]
        // There was an element.
        ; test rsp, rsp
        ; ret
    );
    start
}
