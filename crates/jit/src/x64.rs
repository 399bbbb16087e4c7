//! The templates' fast paths for x86-64.
//!
//! | register | holds |
//! | --- | --- |
//! | rbx | register 0 of the frame |
//! | r12 | the interpreter's `State` |
//! | r13 | the tag of small integers; a word at or above it is one |
//! | r14 | fuel |
//! | r15 | the mask of the payload bits |
//! | rbp | the end of the doubles, which is the tag of pointers: a word below it is a double |
//!
//! The native stack holds return addresses and nothing else: one for each frame that was called natively since
//! machine code was entered, and below them the address of the code that leaves. Dropping it is setting rsp.
//!
//! What is expected at a site stands in line; other cases that are still worth machine code are *late*: they stand
//! behind the function's templates.
#![allow(unsafe_code)]

mod calls;
mod generators;
mod numbers;
mod objects;
pub mod thunks;

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use heap::Value;
use heap::value::{CANONICAL_NAN, TAG_POINTER};

use crate::masm::{
    Arithmetic, CellPlace, Comparison, FieldAccess, Handover, Iteration, KnownCall, Label, LengthTest,
    MacroAssembler, MethodCall, New, Operand, Outcome, Test,
};
use numbers::{Compared, Computed};
use thunks::Thunks;

const NIL: u64 = Value::NIL.bits();
const UNDEF: u64 = Value::UNDEF.bits();
/// The upper half of the tag of pointers.
const POINTER_TOP: i32 = (TAG_POINTER >> 48) as i32;

pub struct Assembler {
    ops: VecAssembler<X64Relocation>,
    thunks: Thunks,
    late: Vec<Late>,
    /// The address of the function's bytecode, and its bytes.
    words: (u64, u64),
    /// The function's own way to each shared thunk, where it has one already.
    stubs: [Option<Label>; STUBS],
}

/// Ways to shared thunks that a function has once, so that sites need not name addresses in full.
#[derive(Clone, Copy)]
enum Stub {
    Step,
    LeavingStep,
    RunPoll,
    CallPoll,
}

const STUBS: usize = 4;

/// Code to make behind the function's templates. Each goes on at `done` unless it jumps itself.
#[derive(Clone, Copy)]
enum Late {
    Compute { computed: Computed, late: Label, done: Label, slow: Label, ints: bool },
    Compare { compared: Compared, late: Label, done: Label, slow: Label, ints: bool },
    Method { call: MethodCall, late: Label, done: Label, slow: Label, poll: Label },
    Field { access: FieldAccess, late: Label, done: Label, slow: Label },
    Element { to: usize, late: Label, done: Label, slow: Label },
    Card { guarded: Label, free: Label, slow: Label },
    NextElement { iteration: Iteration, not_range: Label, other: Label, done: Label, slow: Label },
}

fn at(register: usize) -> i32 {
    register as i32 * 8
}

fn number_of(value: Value) -> i32 {
    value.int32_payload()
}

impl Assembler {
    /// Code for the function whose bytecode is so many words at `start`.
    ///
    /// Jumps are relative and all other addresses absolute, so code does not depend on where it goes.
    pub fn new(thunks: Thunks, start: u64, words: usize) -> Assembler {
        // What functions were found to take for each word; more only grows.
        let (bytes, labels, references) = (words * 96 + 256, words * 8 + 16, words * 12 + 16);
        let ops = VecAssembler::new_with_capacity(0, bytes, 0, 0, labels, 0, references);
        Assembler { ops, thunks, late: Vec::new(), words: (start, 4 * words as u64), stubs: [None; STUBS] }
    }

    /// How far into the function's bytecode an address lies, if it does.
    fn distance(&self, pc: u64) -> Option<i32> {
        let distance = pc.checked_sub(self.words.0).filter(|&distance| distance < self.words.1)?;
        i32::try_from(distance).ok()
    }

    fn stub(&mut self, stub: Stub) -> Label {
        if let Some(label) = self.stubs[stub as usize] {
            return label;
        }
        let label = self.label();
        self.stubs[stub as usize] = Some(label);
        label
    }

    /// Makes the stubs that were asked for: they complete the address in rsi or rdi and go to their thunk.
    fn finish_stubs(&mut self) {
        let start = self.words.0 as i64;
        for stub in [Stub::Step, Stub::LeavingStep, Stub::RunPoll, Stub::CallPoll] {
            let Some(label) = self.stubs[stub as usize] else { continue };
            dynasm!(self.ops ; .arch x64 ; =>label.0 ; mov rax, QWORD start);
            let thunk = match stub {
                Stub::Step => self.thunks.step,
                Stub::LeavingStep => self.thunks.leaving_step,
                Stub::RunPoll => self.thunks.run_poll,
                Stub::CallPoll => self.thunks.call_poll,
            };
            match stub {
                Stub::Step | Stub::LeavingStep => dynasm!(self.ops ; .arch x64 ; add rsi, rax),
                Stub::RunPoll | Stub::CallPoll => dynasm!(self.ops ; .arch x64 ; add rdi, rax),
            }
            dynasm!(self.ops ; .arch x64 ; mov rax, QWORD thunk as i64 ; jmp rax);
        }
    }

    fn label(&mut self) -> Label {
        Label(self.ops.new_dynamic_label())
    }

    fn bind_label(&mut self, label: Label) {
        dynasm!(self.ops ; .arch x64 ; =>label.0);
    }

    fn go_to_poll(&mut self, address: u64, stub: Stub, thunk: u64) {
        if let Some(distance) = self.distance(address) {
            let stub = self.stub(stub);
            dynasm!(self.ops ; .arch x64 ; mov edi, distance ; jmp =>stub.0);
        } else {
            dynasm!(self.ops
                ; .arch x64
                ; mov rdi, QWORD address as i64
                ; mov rax, QWORD thunk as i64
                ; jmp rax
            );
        }
    }

    /// Counts a step of the instruction at `at`, and how far that lies into the function in esi.
    fn load_step(&mut self, at: u64, counter: Option<u64>) {
        if let Some(counter) = counter {
            dynasm!(self.ops ; .arch x64 ; mov rax, QWORD counter as i64 ; inc QWORD [rax]);
        }
        let distance = self.distance(at).expect("invariant: steps are of the function's own instructions");
        dynasm!(self.ops ; .arch x64 ; mov esi, distance);
    }

    /// The place where late code starts, and where it goes on.
    fn late_code(&mut self, late: Late) -> (Label, Option<Label>) {
        match late {
            Late::Compute { late, done, .. }
            | Late::Compare { late, done, .. }
            | Late::Method { late, done, .. }
            | Late::Field { late, done, .. }
            | Late::Element { late, done, .. } => (late, Some(done)),
            Late::Card { guarded, .. } => (guarded, None),
            Late::NextElement { not_range, done, .. } => (not_range, Some(done)),
        }
    }

    fn make_late(&mut self, late: Late) {
        let (start, done) = self.late_code(late);
        self.bind_label(start);
        match late {
            Late::Compute { computed, ints, slow, .. } => self.compute_late(computed, ints, slow),
            Late::Compare { compared, ints, done, slow, .. } => self.compare_late(compared, ints, done, slow),
            Late::Method { call, slow, poll, .. } => self.method_late(call, slow, poll),
            Late::Field { access, slow, .. } => self.field_late(access, slow),
            Late::Element { to, slow, .. } => self.element_late(to, slow),
            Late::Card { free, slow, .. } => self.card_late(free, slow),
            Late::NextElement { iteration, other, slow, .. } => {
                self.next_element_late(iteration, other, slow);
            }
        }
        if let Some(done) = done {
            dynasm!(self.ops ; .arch x64 ; jmp =>done.0);
        }
    }
}

impl MacroAssembler for Assembler {
    fn new_label(&mut self) -> Label {
        self.label()
    }

    fn bind(&mut self, label: Label) {
        self.bind_label(label);
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
        if value == Value::int32(0) {
            dynasm!(self.ops ; .arch x64 ; mov [rbx + at(to)], r13);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov rax, QWORD value.bits() as i64 ; mov [rbx + at(to)], rax);
        }
    }

    fn load_callee(&mut self, to: usize) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx - 24] ; mov [rbx + at(to)], rax);
    }

    fn load_capture(&mut self, to: usize, index: usize) {
        self.load_captured(to, index);
    }

    fn load_cell(&mut self, to: usize, cell: CellPlace, slow: Label) {
        self.get_cell(to, cell, slow);
    }

    fn store_cell(&mut self, cell: CellPlace, value: usize, slow: Label) {
        self.set_cell(cell, value, slow);
    }

    fn load_module(&mut self, to: usize, slot: u64, slow: Label) {
        self.load_slot_of_module(to, slot, slow);
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

    fn negate(&mut self, to: usize, from: usize, slow: Label) {
        self.negate_number(to, from, slow);
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

    fn arithmetic(
        &mut self,
        operation: Arithmetic,
        (to, left, right): (usize, usize, Operand),
        expects_floats: bool,
        slow: Label,
    ) {
        self.compute(Computed { operation, to, left, right }, expects_floats, slow);
    }

    fn multiply_and_reduce(
        &mut self,
        (to, left, right): (usize, usize, Operand),
        reduction: (Arithmetic, i32),
        plain: Label,
        slow: Label,
    ) {
        let operation = Arithmetic::Mul;
        self.multiply_then(Computed { operation, to, left, right }, reduction, plain, slow);
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        (left, right): (usize, Operand),
        outcome: Outcome,
        expects_floats: bool,
        slow: Label,
    ) {
        self.compare_values(Compared { comparison, left, right, outcome }, expects_floats, slow);
    }

    fn tick(&mut self, poll: Label) {
        dynasm!(self.ops ; .arch x64 ; sub r14, 1 ; js =>poll.0);
    }

    fn jump_if_set(&mut self, cell: u64) {
        let on = self.ops.new_dynamic_label();
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, QWORD cell as i64
            ; mov rax, [rax]
            ; test rax, rax
            ; jz =>on
            ; jmp rax
            ; =>on
        );
    }

    fn call_known(&mut self, call: &KnownCall, slow: Label, poll: Label) {
        self.call_function(call, slow, poll);
    }

    fn tail_call(&mut self, call: &KnownCall, count: usize, slow: Label, poll: Label) {
        self.tail_call_function(call, count, slow, poll);
    }

    fn call_value(&mut self, window: usize, count: usize, return_pc: u64, slow: Label, poll: Label) {
        self.call_callable(window, count, return_pc, slow, poll);
    }

    fn call_method(&mut self, call: MethodCall, slow: Label, poll: Label) {
        self.call_method_of(call, slow, poll);
    }

    fn return_value(&mut self, register: usize, slow: Label) {
        self.return_register(register, slow);
    }

    fn return_nil(&mut self, slow: Label) {
        self.return_nothing(slow);
    }

    fn field(&mut self, access: FieldAccess, slow: Label) {
        self.access_field(access, slow);
    }

    fn load_slot(&mut self, to: usize, object: usize, slot: usize, slow: Label) {
        self.load_object_slot(to, object, slot, slow);
    }

    fn store_slot(&mut self, object: usize, slot: usize, value: usize, slow: Label) {
        self.store_object_slot(object, slot, value, slow);
    }

    fn new_object(&mut self, to: usize, new: New<'_>, slow: Label) {
        self.make(to, new, slow);
    }

    fn list_get(&mut self, to: usize, list: usize, index: Operand, slow: Label) {
        self.get_element(to, list, index, slow);
    }

    fn list_set(&mut self, list: usize, index: usize, value: usize, slow: Label) {
        self.set_element(list, index, value, slow);
    }

    fn list_push(&mut self, window: usize, slow: Label) {
        self.push_element(window, slow);
    }

    fn square_root(&mut self, window: usize, slow: Label) {
        self.root(window, slow);
    }

    fn iterate_sequence(&mut self, to: usize, from: usize, slow: Label) {
        self.start_sequence(to, from, slow);
    }

    fn iterate_range(&mut self, to: usize, bounds: (usize, usize), inclusive: bool, slow: Label) {
        self.start_numbers(to, bounds, inclusive, slow);
    }

    fn next(&mut self, iteration: Iteration, slow: Label) {
        self.next_element(iteration, slow);
    }

    fn yield_value(&mut self, handover: Handover) {
        let thunk = self.thunks.yields;
        dynasm!(self.ops
            ; .arch x64
            ; mov r8, [rbx + at(handover.value)]
            ; mov rsi, QWORD handover.at as i64
            ; mov edi, handover.behind as i32
            ; mov r9d, at(handover.to)
            ; mov rax, QWORD thunk as i64
            ; jmp rax
        );
    }

    fn test_length(&mut self, to: usize, from: usize, test: LengthTest) {
        self.match_length(to, from, test);
    }

    fn step(&mut self, at: u64, counter: Option<u64>) {
        self.load_step(at, counter);
        let stub = self.stub(Stub::Step);
        dynasm!(self.ops ; .arch x64 ; call =>stub.0);
    }

    fn leaving_step(&mut self, at: u64, counter: Option<u64>) {
        self.load_step(at, counter);
        let stub = self.stub(Stub::LeavingStep);
        dynasm!(self.ops ; .arch x64 ; jmp =>stub.0);
    }

    fn jump_if_jumped(&mut self, target: Label) {
        dynasm!(self.ops ; .arch x64 ; jne =>target.0);
    }

    fn trap(&mut self) {
        dynasm!(self.ops ; .arch x64 ; ud2);
    }

    fn run_poll(&mut self, pc: u64) {
        // Calls in place of the frame poll where another function starts.
        let thunk = self.thunks.run_poll;
        self.go_to_poll(pc, Stub::RunPoll, thunk);
    }

    fn call_poll(&mut self, at: u64) {
        let thunk = self.thunks.call_poll;
        self.go_to_poll(at, Stub::CallPoll, thunk);
    }

    fn finish_late(&mut self) {
        while let Some(late) = self.late.pop() {
            self.make_late(late);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.finish_stubs();
        self.ops.finalize().expect("invariant: every label is bound")
    }
}

const _: () = assert!(CANONICAL_NAN < TAG_POINTER);
