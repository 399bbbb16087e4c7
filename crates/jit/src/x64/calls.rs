//! Calls and returns.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use heap::Kind;
use heap::header::{HEADER_INFO_OFFSET, HEADER_KIND_OFFSET};
use vm::native::{ObjectCache, layout};

use super::{Assembler, Late, NIL, at};
use crate::masm::{KnownCall, Label, MethodCall, MethodTarget};

impl Assembler {
    /// Goes to `slow` unless the frame fits on the stack of the process and on the native one.
    fn check_room(&mut self, frame_end: i32, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; lea rcx, [rbx + frame_end]
            ; cmp rcx, [r12 + layout::STATE_STACK_LIMIT as i32]
            ; ja =>slow.0
            ; cmp rsp, [r12 + layout::STATE_NATIVE_LIMIT as i32]
            ; jb =>slow.0
        );
    }

    /// Writes the header of a frame and enters it.
    fn enter_known(&mut self, call: &KnownCall, poll: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, QWORD call.callee.bits() as i64
            ; mov [rbx + at(call.window)], rax
            ; mov rax, QWORD call.profile as i64
            ; mov [rbx + at(call.window + 1)], rax
            ; mov rax, QWORD call.return_pc as i64
            ; mov [rbx + at(call.window + 2)], rax
            ; add rbx, at(call.window + 3)
            ; mov rax, QWORD call.entry_cell as i64
            ; sub r14, 1
            ; js =>poll.0
            ; call QWORD [rax]
        );
    }

    pub(super) fn call_function(&mut self, call: &KnownCall, slow: Label, poll: Label) {
        self.check_room(at(call.window + 3) + call.frame_bytes as i32, slow);
        self.enter_known(call, poll);
    }

    /// Calls the function whose entry is at rdx; the callee is in place already.
    fn enter_entry(&mut self, window: usize, return_pc: u64, slow: Label, poll: Label) {
        let base = at(window + 3);
        dynasm!(self.ops
            ; .arch x64
            ; mov ecx, [rdx + layout::ENTRY_FRAME_BYTES as i32]
            ; lea rcx, [rbx + rcx + base]
            ; cmp rcx, [r12 + layout::STATE_STACK_LIMIT as i32]
            ; ja =>slow.0
            ; cmp rsp, [r12 + layout::STATE_NATIVE_LIMIT as i32]
            ; jb =>slow.0
            ; mov rsi, [rdx + layout::ENTRY_CALL_ADDRESS as i32]
            ; test rsi, rsi
            ; jz =>slow.0
            ; mov rax, [rdx + layout::ENTRY_PROFILE as i32]
            ; mov [rbx + at(window + 1)], rax
            ; mov rax, QWORD return_pc as i64
            ; mov [rbx + at(window + 2)], rax
            ; add rbx, base
            ; sub r14, 1
            ; js =>poll.0
            ; call rsi
        );
    }

    pub(super) fn call_callable(
        &mut self,
        window: usize,
        count: usize,
        return_pc: u64,
        slow: Label,
        poll: Label,
    ) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(window)]);
        self.untag_pointer(slow);
        self.either_kind(Kind::Closure, Kind::Function, slow);
        dynasm!(self.ops
            ; .arch x64
            // The information of functions and closures is the number of arguments that fits as it is.
            ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], count as i32
            ; jne =>slow.0
            ; mov rdx, [rax + layout::CALLABLE_CODE as i32]
        );
        self.enter_entry(window, return_pc, slow, poll);
    }

    pub(super) fn call_method_of(&mut self, call: MethodCall, slow: Label, poll: Label) {
        let (late, done) = (self.label(), self.label());
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(call.window + 3)]);
        self.untag_pointer(slow);
        match call.target {
            MethodTarget::Known { cache, call: known } => {
                self.check_class(cache, late);
                self.check_room(at(known.window + 3) + known.frame_bytes as i32, slow);
                self.enter_known(&known, poll);
            }
            MethodTarget::Cached { cell, entries } => {
                self.load_cached(cell, late);
                dynasm!(self.ops
                    ; .arch x64
                    ; imul rdx, rdx, layout::ENTRY_BYTES as i32
                    ; mov rcx, QWORD entries as i64
                    ; add rdx, rcx
                );
                self.enter_method(call, slow, poll);
            }
        }
        self.bind_label(done);
        self.late.push(Late::Method { call, late, done, slow, poll });
    }

    /// A receiver, at rax, of another class than the site saw first.
    pub(super) fn method_late(&mut self, call: MethodCall, slow: Label, poll: Label) {
        self.either_kind(Kind::Instance, Kind::Record, slow);
        self.look_found(call.name, layout::STATE_FOUND_METHODS as i32, slow);
        self.enter_method(call, slow, poll);
    }

    /// Calls the method whose entry is at rdx, if it takes so many arguments as they are.
    fn enter_method(&mut self, call: MethodCall, slow: Label, poll: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; cmp DWORD [rdx + layout::ENTRY_ARITY as i32], call.count as i32
            ; jne =>slow.0
            ; mov rax, [rdx + layout::ENTRY_FUNCTION as i32]
            ; mov [rbx + at(call.window)], rax
        );
        self.enter_entry(call.window, call.return_pc, slow, poll);
    }

    /// What the table of the worker at `table` in the state knows of the class of the object at rax and a name, in
    /// rdx, or `slow`.
    pub(super) fn look_found(&mut self, name: u32, table: i32, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov ecx, [rax + HEADER_INFO_OFFSET as i32]
            ; mov esi, name as i32
            ; imul edx, ecx, layout::FOUND_FACTOR as i32
            ; xor edx, esi
            ; and edx, layout::FOUND_LINES as i32 - 1
            ; shl edx, layout::FOUND_BYTES.trailing_zeros() as i8
            ; shl rcx, 32
            ; or rcx, rsi
            ; cmp rcx, [r12 + rdx + table + layout::FOUND_KEY as i32]
            ; jne =>slow.0
            ; mov rdx, [r12 + rdx + table + layout::FOUND_WORD as i32]
        );
    }

    /// Goes to `other` unless the object at rax is one that the cache is for.
    pub(super) fn check_class(&mut self, cache: ObjectCache, other: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], cache.class as i32
            ; jne =>other.0
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], cache.kind as i8
            ; jne =>other.0
        );
    }

    /// What the cache at `cell` has found for objects like the one at rax, in rdx, or `other`.
    pub(super) fn load_cached(&mut self, cell: u64, other: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rdx, QWORD cell as i64
            ; mov rdx, [rdx]
            ; mov rcx, [rax]
            ; xor rcx, rdx
            ; mov rsi, QWORD layout::CLASS_AND_KIND as i64
            ; test rcx, rsi
            ; jnz =>other.0
            ; mov edx, edx
            ; shr edx, 8
        );
    }

    pub(super) fn tail_call_function(&mut self, call: &KnownCall, count: usize, slow: Label, poll: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; lea rcx, [rbx + call.frame_bytes as i32]
            ; cmp rcx, [r12 + layout::STATE_STACK_LIMIT as i32]
            ; ja =>slow.0
        );
        for index in 0..count {
            dynasm!(self.ops
                ; .arch x64
                ; mov rax, [rbx + at(call.window + 3 + index)]
                ; mov [rbx + at(index)], rax
            );
        }
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, QWORD call.callee.bits() as i64
            ; mov [rbx - 24], rax
            ; mov rax, QWORD call.profile as i64
            ; mov [rbx - 16], rax
            ; mov rax, QWORD call.entry_cell as i64
            ; sub r14, 1
            ; js =>poll.0
            ; jmp QWORD [rax]
        );
    }

    pub(super) fn return_register(&mut self, register: usize, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]);
        self.pop_frame(slow);
    }

    pub(super) fn return_nothing(&mut self, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD NIL as i64);
        self.pop_frame(slow);
    }

    /// Pops the frame; the result is in rax.
    fn pop_frame(&mut self, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, [rbx - 8]
            ; mov rdx, rcx
            ; shr rdx, 48
            ; jnz =>slow.0
            // The window is field A of the call instruction, two words behind.
            ; movzx edx, BYTE [rcx - 7]
            ; shl edx, 3
            ; mov [rbx - 24], rax
            ; neg rdx
            ; lea rbx, [rbx + rdx - 24]
            ; ret
        );
    }
}
