//! Long because: one flat method for each fast path, all of one target.
//!
//! The templates' fast paths for x86-64.
//!
//! | register | holds |
//! | --- | --- |
//! | rbx | register 0 of the frame |
//! | r12 | the interpreter's `State` |
//! | r13 | the tag of small integers; a word at or above it is one |
//! | r14 | fuel |
//! | r15 | the mask of the payload bits |
//! | rbp | the end of the doubles: a word below it is one |
//!
//! The native stack holds return addresses and nothing else: one for each frame that was called natively since
//! machine code was entered, and below them the address of the code that leaves. Dropping it is setting rsp.
#![allow(unsafe_code)]

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use heap::Value;
use heap::header::{BARRIER, CARDED, FROZEN, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET};
use heap::kind::array::{CARD_DONE, CARD_SLOTS};
use heap::value::{CANONICAL_NAN, PAYLOAD, TAG_INT, TAG_POINTER};
use vm::native::{ObjectCache, layout};

use crate::masm::{Arithmetic, CellPlace, Comparison, KnownCall, Label, MacroAssembler, Operand, Test};

/// How far the native stack may grow after entering machine code before it is dropped.
const NATIVE_STACK_BYTES: i32 = 256 * 1024;
const NIL: u64 = Value::NIL.bits();
const UNDEF: u64 = Value::UNDEF.bits();
/// The upper half of the tag of pointers.
const POINTER_TOP: i32 = (TAG_POINTER >> 48) as i32;

pub struct Assembler {
    ops: VecAssembler<X64Relocation>,
    thunks: Thunks,
}

/// Addresses of the code that every function shares.
#[derive(Clone, Copy, Debug, Default)]
pub struct Thunks {
    /// `extern "sysv64" fn(state, target) -> u64`: runs machine code; 1 when the interpreter goes on, 0 when the
    /// run is over.
    pub enter: u64,
    /// What machine code calls for a function that has none.
    pub call_interpreted: u64,
    step: u64,
    run_poll: u64,
    call_poll: u64,
}

fn at(register: usize) -> i32 {
    register as i32 * 8
}

fn number_of(value: Value) -> i32 {
    value.int32_payload()
}

/// Labels that the shared code uses among itself.
#[derive(Clone, Copy)]
struct Shared {
    leave: dynasmrt::DynamicLabel,
    lowest: dynasmrt::DynamicLabel,
}

/// Makes the shared code for `address`.
pub fn thunks(address: u64) -> (Vec<u8>, Thunks) {
    let mut ops: VecAssembler<X64Relocation> = VecAssembler::new(address as usize);
    let shared = Shared { leave: ops.new_dynamic_label(), lowest: ops.new_dynamic_label() };
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
        // The lowest native frame returns here: rcx is where its caller goes on.
        ; =>shared.lowest
        ; mov rdi, rcx
    );
    let returned = vm::native::returned as *const ();
    helper_thunk(&mut ops, returned, shared);
    dynasm!(ops
        ; .arch x64
        ; =>shared.leave
        ; mov rsp, [r12 + layout::STATE_NATIVE_SP as i32]
        ; add rsp, 8
        ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbx ; pop rbp
        ; ret
    );
    let mut thunk = |helper: *const ()| {
        dynasm!(ops ; .arch x64 ; .align 16);
        let start = address + ops.offset().0 as u64;
        helper_thunk(&mut ops, helper, shared);
        start
    };
    let made = Thunks {
        enter: address,
        call_interpreted: thunk(vm::native::call_interpreted as *const ()),
        run_poll: thunk(vm::native::run_poll as *const ()),
        call_poll: thunk(vm::native::call_poll as *const ()),
        step: step_thunk(&mut ops, address, shared),
    };
    (ops.finalize().expect("invariant: every label is bound"), made)
}

/// Calls `helper(state, rdi, base, fuel)` and does what its `Continuation` says.
fn helper_thunk(ops: &mut VecAssembler<X64Relocation>, helper: *const (), shared: Shared) {
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
    go_on(ops, shared);
}

/// Runs the interpreter's step of the instruction at rsi and returns where it leads to the one behind.
fn step_thunk(ops: &mut VecAssembler<X64Relocation>, address: u64, shared: Shared) -> u64 {
    dynasm!(ops ; .arch x64 ; .align 16);
    let start = address + ops.offset().0 as u64;
    let elsewhere = ops.new_dynamic_label();
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
        ; cmp rax, vm::native_step::BEHIND as i32
        ; jne =>elsewhere
        ; mov r14, rdx
        ; ret
        // The native stack is as it was before the call of this.
        ; =>elsewhere
        ; add rsp, 8
    );
    go_on(ops, shared);
    start
}

/// Does what the `Continuation` in rax and rdx says.
fn go_on(ops: &mut VecAssembler<X64Relocation>, shared: Shared) {
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
        ; lea rdx, [=>shared.lowest]
        ; =>pushes
        ; push rdx
        ; =>stays
        ; jmp rax
        ; =>leaves
        ; mov eax, edx
        ; jmp =>shared.leave
    );
}

impl Assembler {
    /// Code that will run at `address`.
    pub fn new(address: u64, thunks: Thunks) -> Assembler {
        Assembler { ops: VecAssembler::new(address as usize), thunks }
    }

    /// Loads the pointer in rax untagged, or goes to `slow`. Clobbers rcx.
    fn untag_pointer(&mut self, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, rax
            ; shr rcx, 48
            ; cmp ecx, POINTER_TOP
            ; jne =>slow.0
            ; and rax, r15
        );
    }

    /// An object that the cache is for in `register`, its address in rax, or `slow`.
    fn object_of_cache(&mut self, register: usize, cache: ObjectCache, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]);
        self.untag_pointer(slow);
        dynasm!(self.ops
            ; .arch x64
            ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], cache.class as i32
            ; jne =>slow.0
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], cache.kind as i8
            ; jne =>slow.0
        );
    }

    /// The left operand in rax and the right one in rcx.
    fn load_operands(&mut self, left: usize, right: Operand) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(left)]);
        match right {
            Operand::Register(register) => dynasm!(self.ops ; .arch x64 ; mov rcx, [rbx + at(register)]),
            Operand::Value(value) => dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD value.bits() as i64),
        }
    }

    /// Goes to `other` unless both operands are small integers; a constant side is not tested.
    fn both_ints(&mut self, right: Operand, other: dynasmrt::DynamicLabel) {
        match right {
            Operand::Value(_) => dynasm!(self.ops ; .arch x64 ; cmp rax, r13 ; jb =>other),
            Operand::Register(_) => dynasm!(self.ops
                ; .arch x64
                ; mov rdx, rax
                ; and rdx, rcx
                ; cmp rdx, r13
                ; jb =>other
            ),
        }
    }

    /// Both operands as doubles in xmm0 and xmm1, small integers converted, or `slow`.
    fn both_floats(&mut self, right: Operand, slow: Label) {
        let (left_ready, left_int) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch x64
            ; cmp rax, rbp
            ; jae =>left_int
            ; movq xmm0, rax
            ; =>left_ready
        );
        match right {
            Operand::Value(value) if value.is_int32() => {
                dynasm!(self.ops ; .arch x64 ; mov ecx, number_of(value) ; cvtsi2sd xmm1, ecx);
            }
            Operand::Value(_) => dynasm!(self.ops ; .arch x64 ; movq xmm1, rcx),
            Operand::Register(_) => {
                let (right_ready, right_int) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
                dynasm!(self.ops
                    ; .arch x64
                    ; cmp rcx, rbp
                    ; jae =>right_int
                    ; movq xmm1, rcx
                    ; jmp =>right_ready
                    ; =>right_int
                    ; cmp rcx, r13
                    ; jb =>slow.0
                    ; cvtsi2sd xmm1, ecx
                    ; =>right_ready
                );
            }
        }
        let done = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; jmp =>done
            ; =>left_int
            ; cmp rax, r13
            ; jb =>slow.0
            ; cvtsi2sd xmm0, eax
            ; jmp =>left_ready
            ; =>done
        );
    }

    fn go_to_thunk(&mut self, address: u64, thunk: u64) {
        dynasm!(self.ops ; .arch x64 ; mov rdi, QWORD address as i64 ; mov rax, QWORD thunk as i64 ; jmp rax);
    }

    fn store_float(&mut self, to: usize, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; ucomisd xmm0, xmm0
            ; jp =>slow.0
            ; movsd [rbx + at(to)], xmm0
        );
    }

    fn store_int(&mut self, to: usize) {
        dynasm!(self.ops ; .arch x64 ; or rax, r13 ; mov [rbx + at(to)], rax);
    }

    /// eax and ecx hold the operands; the result goes to eax.
    fn int_operation(&mut self, operation: Arithmetic, right: Operand, slow: Label) {
        match operation {
            Arithmetic::Add => dynasm!(self.ops ; .arch x64 ; add eax, ecx ; jo =>slow.0),
            Arithmetic::Sub => dynasm!(self.ops ; .arch x64 ; sub eax, ecx ; jo =>slow.0),
            Arithmetic::Mul => dynasm!(self.ops ; .arch x64 ; imul eax, ecx ; jo =>slow.0),
            Arithmetic::And => dynasm!(self.ops ; .arch x64 ; and eax, ecx),
            Arithmetic::Or => dynasm!(self.ops ; .arch x64 ; or eax, ecx),
            Arithmetic::Xor => dynasm!(self.ops ; .arch x64 ; xor eax, ecx),
            Arithmetic::Mod | Arithmetic::FloorDiv => self.int_division(operation, right, slow),
            Arithmetic::Shl => dynasm!(self.ops
                ; .arch x64
                ; cmp ecx, 31
                ; ja =>slow.0
                ; movsxd rax, eax
                ; shl rax, cl
                ; movsxd rdx, eax
                ; cmp rdx, rax
                ; jne =>slow.0
                ; mov eax, eax
            ),
            Arithmetic::Shr => dynasm!(self.ops
                ; .arch x64
                ; cmp ecx, 31
                ; ja =>slow.0
                ; sar eax, cl
            ),
            Arithmetic::Div => dynasm!(self.ops ; .arch x64 ; jmp =>slow.0),
        }
    }

    /// Floored division of eax by ecx where neither is negative; the rest is slow.
    fn int_division(&mut self, operation: Arithmetic, right: Operand, slow: Label) {
        if !matches!(right, Operand::Value(value) if number_of(value) > 0) {
            dynasm!(self.ops ; .arch x64 ; test ecx, ecx ; jle =>slow.0);
        }
        dynasm!(self.ops
            ; .arch x64
            ; test eax, eax
            ; js =>slow.0
            ; xor edx, edx
            ; div ecx
        );
        if operation == Arithmetic::Mod {
            dynasm!(self.ops ; .arch x64 ; mov eax, edx);
        }
    }

    /// Sets the flags for a comparison of the operands, integers first, and calls `answer` for each flavour.
    fn comparison(
        &mut self,
        left: usize,
        right: Operand,
        slow: Label,
        answer: &mut dyn FnMut(&mut Assembler, bool),
    ) {
        let (floats, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        self.load_operands(left, right);
        let may_be_ints = !matches!(right, Operand::Value(value) if !value.is_int32());
        if may_be_ints {
            self.both_ints(right, floats);
            dynasm!(self.ops ; .arch x64 ; cmp eax, ecx);
            answer(self, false);
            dynasm!(self.ops ; .arch x64 ; jmp =>done ; =>floats);
        }
        self.both_floats(right, slow);
        answer(self, true);
        dynasm!(self.ops ; .arch x64 ; =>done);
    }

    /// 1 in eax where the comparison holds; the flags are of `cmp` or, with xmm0 and xmm1, still to be made.
    fn truth(&mut self, comparison: Comparison, floats: bool) {
        if !floats {
            match comparison {
                Comparison::Eq => dynasm!(self.ops ; .arch x64 ; sete al),
                Comparison::Ne => dynasm!(self.ops ; .arch x64 ; setne al),
                Comparison::Lt => dynasm!(self.ops ; .arch x64 ; setl al),
                Comparison::Le => dynasm!(self.ops ; .arch x64 ; setle al),
                Comparison::Gt => dynasm!(self.ops ; .arch x64 ; setg al),
                Comparison::Ge => dynasm!(self.ops ; .arch x64 ; setge al),
            }
        } else {
            // Above and not below are false on NaN, so less is asked the other way round.
            match comparison {
                Comparison::Eq => dynasm!(self.ops
                    ; .arch x64 ; ucomisd xmm0, xmm1 ; sete al ; setnp cl ; and al, cl),
                Comparison::Ne => dynasm!(self.ops
                    ; .arch x64 ; ucomisd xmm0, xmm1 ; setne al ; setp cl ; or al, cl),
                Comparison::Lt => dynasm!(self.ops ; .arch x64 ; ucomisd xmm1, xmm0 ; seta al),
                Comparison::Le => dynasm!(self.ops ; .arch x64 ; ucomisd xmm1, xmm0 ; setae al),
                Comparison::Gt => dynasm!(self.ops ; .arch x64 ; ucomisd xmm0, xmm1 ; seta al),
                Comparison::Ge => dynasm!(self.ops ; .arch x64 ; ucomisd xmm0, xmm1 ; setae al),
            }
        }
        dynasm!(self.ops ; .arch x64 ; movzx eax, al);
    }

    /// Stores the truth in eax as a Bool.
    fn store_truth(&mut self, to: usize) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rdx, QWORD Value::FALSE.bits() as i64
            ; add rdx, rax
            ; mov [rbx + at(to)], rdx
        );
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

    /// rax holds what is iterated, ecx the index: the element goes to the third register.
    fn list_element_for_next(&mut self, state: usize, end: Label, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov edx, ecx
            ; mov rcx, rax
            ; shr rcx, 48
            ; cmp ecx, POINTER_TOP
            ; jne =>slow.0
            ; and rax, r15
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], heap::kind::Kind::List as i8
            ; jne =>slow.0
            ; cmp rdx, [rax + layout::LIST_LEN as i32]
            ; jae =>end.0
            ; mov rcx, [rax + layout::LIST_STORAGE as i32]
            ; and rcx, r15
            ; mov rcx, [rcx + rdx * 8 + layout::ARRAY_SLOTS as i32]
            ; mov [rbx + at(state + 2)], rcx
        );
    }

    /// The address of an element of the list in `list` in rdx, or `slow`. The index is checked against the length.
    fn element_address(&mut self, list: usize, index: Operand, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(list)]);
        self.untag_pointer(slow);
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], heap::kind::Kind::List as i8
            ; jne =>slow.0
        );
        match index {
            Operand::Register(register) => dynasm!(self.ops
                ; .arch x64
                ; mov rcx, [rbx + at(register)]
                ; cmp rcx, r13
                ; jb =>slow.0
                ; mov ecx, ecx
            ),
            Operand::Value(value) => dynasm!(self.ops ; .arch x64 ; mov ecx, number_of(value)),
        }
        // A negative index is a huge one here.
        dynasm!(self.ops
            ; .arch x64
            ; cmp rcx, [rax + layout::LIST_LEN as i32]
            ; jae =>slow.0
            ; mov rdx, [rax + layout::LIST_STORAGE as i32]
            ; and rdx, r15
        );
    }
}

impl MacroAssembler for Assembler {
    fn new_label(&mut self) -> Label {
        Label(self.ops.new_dynamic_label())
    }

    fn bind(&mut self, label: Label) {
        dynasm!(self.ops ; .arch x64 ; =>label.0);
    }

    fn offset(&self) -> usize {
        self.ops.offset().0
    }

    fn jump(&mut self, target: Label) {
        dynasm!(self.ops ; .arch x64 ; jmp =>target.0);
    }

    fn copy(&mut self, to: usize, from: usize) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(from)] ; mov [rbx + at(to)], rax);
    }

    fn load(&mut self, to: usize, value: Value) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD value.bits() as i64 ; mov [rbx + at(to)], rax);
    }

    fn load_callee(&mut self, to: usize) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx - 24] ; mov [rbx + at(to)], rax);
    }

    fn load_capture(&mut self, to: usize, index: usize) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx - 24]
            ; and rax, r15
            ; mov rax, [rax + layout::closure_capture(index) as i32]
            ; mov [rbx + at(to)], rax
        );
    }

    fn load_cell(&mut self, to: usize, cell: CellPlace, slow: Label) {
        match cell {
            CellPlace::Register(register) => dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]),
            CellPlace::Capture(index) => dynasm!(self.ops
                ; .arch x64
                ; mov rax, [rbx - 24]
                ; and rax, r15
                ; mov rax, [rax + layout::closure_capture(index) as i32]
            ),
        }
        dynasm!(self.ops
            ; .arch x64
            ; and rax, r15
            ; mov rax, [rax + layout::CELL_VALUE as i32]
            ; mov rcx, QWORD UNDEF as i64
            ; cmp rax, rcx
            ; je =>slow.0
            ; mov [rbx + at(to)], rax
        );
    }

    fn not(&mut self, to: usize, from: usize) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, [rbx + at(from)]
            ; and rcx, -2
            ; mov rdx, QWORD NIL as i64
            ; xor eax, eax
            ; cmp rcx, rdx
            ; sete al
        );
        self.store_truth(to);
    }

    fn jump_if(&mut self, test: Test, register: usize, target: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]);
        match test {
            Test::Falsy | Test::Truthy => {
                dynasm!(self.ops ; .arch x64 ; and rax, -2 ; mov rcx, QWORD NIL as i64 ; cmp rax, rcx);
            }
            Test::Nil | Test::NotNil => {
                dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD NIL as i64 ; cmp rax, rcx)
            }
            Test::Set => dynasm!(self.ops ; .arch x64 ; mov rcx, QWORD UNDEF as i64 ; cmp rax, rcx),
        }
        match test {
            Test::Falsy | Test::Nil => dynasm!(self.ops ; .arch x64 ; je =>target.0),
            Test::Truthy | Test::NotNil | Test::Set => dynasm!(self.ops ; .arch x64 ; jne =>target.0),
        }
    }

    fn arithmetic(&mut self, operation: Arithmetic, to: usize, left: usize, right: Operand, slow: Label) {
        let (floats, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let has_floats =
            matches!(operation, Arithmetic::Add | Arithmetic::Sub | Arithmetic::Mul | Arithmetic::Div);
        self.load_operands(left, right);
        if operation != Arithmetic::Div && !matches!(right, Operand::Value(value) if !value.is_int32()) {
            self.both_ints(right, if has_floats { floats } else { slow.0 });
            self.int_operation(operation, right, slow);
            self.store_int(to);
            if has_floats {
                dynasm!(self.ops ; .arch x64 ; jmp =>done);
            }
        }
        dynasm!(self.ops ; .arch x64 ; =>floats);
        if has_floats {
            self.both_floats(right, slow);
            match operation {
                Arithmetic::Add => dynasm!(self.ops ; .arch x64 ; addsd xmm0, xmm1),
                Arithmetic::Sub => dynasm!(self.ops ; .arch x64 ; subsd xmm0, xmm1),
                Arithmetic::Mul => dynasm!(self.ops ; .arch x64 ; mulsd xmm0, xmm1),
                _ => dynasm!(self.ops ; .arch x64 ; divsd xmm0, xmm1),
            }
            self.store_float(to, slow);
        }
        dynasm!(self.ops ; .arch x64 ; =>done);
    }

    fn compare(&mut self, comparison: Comparison, to: usize, left: usize, right: Operand, slow: Label) {
        self.comparison(left, right, slow, &mut |masm, floats| {
            masm.truth(comparison, floats);
            masm.store_truth(to);
        });
    }

    fn compare_and_jump(
        &mut self,
        comparison: Comparison,
        (to, left, right): (usize, usize, Operand),
        wanted: bool,
        target: Label,
        slow: Label,
    ) {
        self.comparison(left, right, slow, &mut |masm, floats| {
            masm.truth(comparison, floats);
            masm.store_truth(to);
            dynasm!(masm.ops ; .arch x64 ; test eax, eax);
            if wanted {
                dynasm!(masm.ops ; .arch x64 ; jnz =>target.0);
            } else {
                dynasm!(masm.ops ; .arch x64 ; jz =>target.0);
            }
        });
    }

    fn tick(&mut self, poll: Label) {
        dynasm!(self.ops ; .arch x64 ; sub r14, 1 ; js =>poll.0);
    }

    fn call_known(&mut self, call: &KnownCall, slow: Label, poll: Label) {
        let base = at(call.window + 3);
        dynasm!(self.ops
            ; .arch x64
            ; lea rcx, [rbx + base + call.frame_bytes as i32]
            ; cmp rcx, [r12 + layout::STATE_STACK_LIMIT as i32]
            ; ja =>slow.0
            ; cmp rsp, [r12 + layout::STATE_NATIVE_LIMIT as i32]
            ; jb =>slow.0
            ; mov rax, QWORD call.callee.bits() as i64
            ; mov [rbx + at(call.window)], rax
            ; mov rax, QWORD call.profile as i64
            ; mov [rbx + at(call.window + 1)], rax
            ; mov rax, QWORD call.return_pc as i64
            ; mov [rbx + at(call.window + 2)], rax
            ; add rbx, base
            ; mov rax, QWORD call.entry_cell as i64
            ; sub r14, 1
            ; js =>poll.0
            ; call QWORD [rax]
        );
    }

    fn call_value(&mut self, window: usize, count: usize, return_pc: u64, slow: Label, poll: Label) {
        let (base, fits) = (at(window + 3), self.ops.new_dynamic_label());
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(window)]);
        self.untag_pointer(slow);
        dynasm!(self.ops
            ; .arch x64
            // The information of functions and closures is the number of arguments that fits as it is.
            ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], count as i32
            ; jne =>slow.0
            ; movzx ecx, BYTE [rax + HEADER_KIND_OFFSET as i32]
            ; cmp ecx, heap::kind::Kind::Closure as i32
            ; je =>fits
            ; cmp ecx, heap::kind::Kind::Function as i32
            ; jne =>slow.0
            ; =>fits
            ; mov rdx, [rax + layout::CALLABLE_CODE as i32]
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

    fn return_value(&mut self, register: usize, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]);
        self.pop_frame(slow);
    }

    fn return_nil(&mut self, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD NIL as i64);
        self.pop_frame(slow);
    }

    fn check_object(&mut self, register: usize, cache: ObjectCache, slow: Label) {
        self.object_of_cache(register, cache, slow);
    }

    fn get_field(&mut self, to: usize, object: usize, cache: ObjectCache, slow: Label) {
        self.object_of_cache(object, cache, slow);
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rax + cache.found as i32]
            ; mov rcx, QWORD UNDEF as i64
            ; cmp rax, rcx
            ; je =>slow.0
            ; mov [rbx + at(to)], rax
        );
    }

    fn set_field(&mut self, object: usize, value: usize, cache: ObjectCache, slow: Label) {
        self.object_of_cache(object, cache, slow);
        dynasm!(self.ops
            ; .arch x64
            ; test BYTE [rax + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
            ; jnz =>slow.0
            ; mov rcx, [rbx + at(value)]
            ; mov [rax + cache.found as i32], rcx
        );
    }

    fn list_get(&mut self, to: usize, list: usize, index: Operand, slow: Label) {
        self.element_address(list, index, slow);
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rdx + rcx * 8 + layout::ARRAY_SLOTS as i32]
            ; mov [rbx + at(to)], rax
        );
    }

    fn next(&mut self, state: usize, end: Label, slow: Label) {
        let (not_range, done) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx + at(state)]
            ; mov rcx, [rbx + at(state + 1)]
            ; cmp rcx, r13
            ; jb =>slow.0
            ; cmp rax, r13
            ; jb =>not_range
            ; cmp ecx, eax
            ; jge =>end.0
            ; mov [rbx + at(state + 2)], rcx
            ; jmp =>done
            ; =>not_range
        );
        self.list_element_for_next(state, end, slow);
        dynasm!(self.ops
            ; .arch x64
            ; =>done
            // One more, as a small integer; the end of a range keeps it from overflowing.
            ; mov rcx, [rbx + at(state + 1)]
            ; inc ecx
            ; or rcx, r13
            ; mov [rbx + at(state + 1)], rcx
        );
    }

    fn list_set(&mut self, list: usize, index: usize, value: usize, slow: Label) {
        let (guarded, free) = (self.ops.new_dynamic_label(), self.ops.new_dynamic_label());
        let done = self.ops.new_dynamic_label();
        self.element_address(list, Operand::Register(index), slow);
        dynasm!(self.ops
            ; .arch x64
            ; test BYTE [rdx + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
            ; jnz =>guarded
            ; =>free
            ; mov rax, [rbx + at(value)]
            ; mov [rdx + rcx * 8 + layout::ARRAY_SLOTS as i32], rax
            ; jmp =>done
            // A large array: the store is free where its card has been dealt with.
            ; =>guarded
            ; movzx eax, BYTE [rdx + HEADER_FLAGS_OFFSET as i32]
            ; and eax, (CARDED | FROZEN) as i32
            ; cmp eax, CARDED as i32
            ; jne =>slow.0
            ; mov rax, [rdx + layout::ARRAY_CAPACITY as i32]
            ; lea rax, [rdx + rax * 8 + layout::ARRAY_SLOTS as i32]
            ; mov rsi, rcx
            ; shr rsi, CARD_SLOTS.trailing_zeros() as i8
            ; cmp BYTE [rax + rsi], CARD_DONE as i8
            ; je =>free
            ; jmp =>slow.0
            ; =>done
        );
    }

    fn step(&mut self, at: u64, counter: Option<u64>) {
        if let Some(counter) = counter {
            dynasm!(self.ops ; .arch x64 ; mov rax, QWORD counter as i64 ; inc QWORD [rax]);
        }
        let step = self.thunks.step;
        dynasm!(self.ops ; .arch x64 ; mov rsi, QWORD at as i64 ; mov rax, QWORD step as i64 ; call rax);
    }

    fn trap(&mut self) {
        dynasm!(self.ops ; .arch x64 ; ud2);
    }

    fn run_poll(&mut self, pc: u64) {
        self.go_to_thunk(pc, self.thunks.run_poll);
    }

    fn call_poll(&mut self, at: u64) {
        self.go_to_thunk(at, self.thunks.call_poll);
    }

    fn finish(self) -> Vec<u8> {
        self.ops.finalize().expect("invariant: every label is bound")
    }
}

const _: () = assert!(CANONICAL_NAN < TAG_POINTER);
