//! Objects: fields, elements, iteration, and making them in the nursery.

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use heap::header::{
    BARRIER, CARDED, FROZEN, HEADER_AUX_OFFSET, HEADER_FLAGS_OFFSET, HEADER_INFO_OFFSET, HEADER_KIND_OFFSET,
    YOUNG,
};
use heap::kind::array::{CARD_DONE, CARD_SLOTS};
use heap::{Kind, Value};
use vm::native::layout;

use super::{Assembler, Late, NIL, UNDEF, at, number_of};
use crate::masm::{CellPlace, FieldAccess, FieldPlace, Iteration, Label, New, Operand};

/// The first word of a young object.
fn header(kind: Kind, aux: usize, info: u32) -> u64 {
    u64::from(kind as u8) | u64::from(YOUNG) << 8 | (aux as u64) << 16 | u64::from(info) << 32
}

impl Assembler {
    /// Loads the pointer in rax untagged, or goes to `slow`. Clobbers rcx.
    pub(super) fn untag_pointer(&mut self, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, rax
            ; shr rcx, 48
            ; cmp ecx, super::POINTER_TOP
            ; jne =>slow.0
            ; and rax, r15
        );
    }

    /// Goes to `other` unless the object at rax is of one of these kinds. Clobbers rcx.
    pub(super) fn either_kind(&mut self, one: Kind, another: Kind, other: Label) {
        let fits = self.label();
        dynasm!(self.ops
            ; .arch x64
            ; movzx ecx, BYTE [rax + HEADER_KIND_OFFSET as i32]
            ; cmp ecx, one as i32
            ; je =>fits.0
            ; cmp ecx, another as i32
            ; jne =>other.0
            ; =>fits.0
        );
    }

    /// The address of an object of this kind in rax, or `slow`.
    fn object_of_kind(&mut self, register: usize, kind: Kind, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]);
        self.untag_pointer(slow);
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], kind as i8
            ; jne =>slow.0
        );
    }

    fn load_capture_word(&mut self, index: usize) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx - 24]
            ; and rax, r15
            ; mov rax, [rax + layout::closure_capture(index) as i32]
        );
    }

    pub(super) fn load_captured(&mut self, to: usize, index: usize) {
        self.load_capture_word(index);
        dynasm!(self.ops ; .arch x64 ; mov [rbx + at(to)], rax);
    }

    /// The address of a cell in rax, or `slow`.
    fn load_cell_address(&mut self, cell: CellPlace, slow: Label) {
        match cell {
            CellPlace::Register(register) => dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)]),
            CellPlace::Capture(index) => self.load_capture_word(index),
        }
        self.untag_pointer(slow);
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::Cell as i8
            ; jne =>slow.0
        );
    }

    pub(super) fn get_cell(&mut self, to: usize, cell: CellPlace, slow: Label) {
        self.load_cell_address(cell, slow);
        dynasm!(self.ops ; .arch x64 ; mov rax, [rax + layout::CELL_VALUE as i32]);
        self.store_set(to, slow);
    }

    /// Stores rax, or goes to `slow` if it is the unset mark.
    fn store_set(&mut self, to: usize, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rcx, QWORD UNDEF as i64
            ; cmp rax, rcx
            ; je =>slow.0
            ; mov [rbx + at(to)], rax
        );
    }

    pub(super) fn set_cell(&mut self, cell: CellPlace, value: usize, slow: Label) {
        self.load_cell_address(cell, slow);
        self.store_guarded(layout::CELL_VALUE as i32, value, slow);
    }

    /// Stores into the object at rax, if no barrier is in the way.
    fn store_guarded(&mut self, offset: i32, value: usize, slow: Label) {
        self.check_barrier(slow);
        dynasm!(self.ops ; .arch x64 ; mov rcx, [rbx + at(value)] ; mov [rax + offset], rcx);
    }

    fn check_barrier(&mut self, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; test BYTE [rax + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
            ; jnz =>slow.0
        );
    }

    pub(super) fn load_slot_of_module(&mut self, to: usize, slot: u64, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, QWORD slot as i64 ; mov rax, [rax]);
        self.store_set(to, slow);
    }

    pub(super) fn access_field(&mut self, access: FieldAccess, slow: Label) {
        let (late, done) = (self.label(), self.label());
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(access.object)]);
        self.untag_pointer(slow);
        match access.place {
            FieldPlace::Known(cache) => {
                self.check_class(cache, late);
                if access.is_store {
                    self.store_guarded(cache.found as i32, access.value, slow);
                } else {
                    dynasm!(self.ops ; .arch x64 ; mov rax, [rax + cache.found as i32]);
                    self.store_set(access.value, slow);
                }
            }
            FieldPlace::Cached(cell) => {
                self.load_cached(cell, late);
                self.access_offset(access, slow);
            }
        }
        self.bind_label(done);
        self.late.push(Late::Field { access, late, done, slow });
    }

    /// A field of the object at rax, whose offset is in rdx.
    fn access_offset(&mut self, access: FieldAccess, slow: Label) {
        if access.is_store {
            self.check_barrier(slow);
            dynasm!(self.ops ; .arch x64 ; mov rcx, [rbx + at(access.value)] ; mov [rax + rdx], rcx);
        } else {
            dynasm!(self.ops ; .arch x64 ; mov rax, [rax + rdx]);
            self.store_set(access.value, slow);
        }
    }

    /// An object, at rax, of another class than the site saw first.
    pub(super) fn field_late(&mut self, access: FieldAccess, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::Instance as i8
            ; jne =>slow.0
        );
        self.look_found(access.name, layout::STATE_FOUND_FIELDS as i32, slow);
        self.access_offset(access, slow);
    }

    /// The address of an instance or record that has this slot in rax, or `slow`.
    fn object_with_slot(&mut self, object: usize, slot: usize, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(object)]);
        self.untag_pointer(slow);
        self.either_kind(Kind::Instance, Kind::Record, slow);
        dynasm!(self.ops
            ; .arch x64
            ; cmp WORD [rax + HEADER_AUX_OFFSET as i32], slot as i16
            ; jbe =>slow.0
        );
    }

    pub(super) fn load_object_slot(&mut self, to: usize, object: usize, slot: usize, slow: Label) {
        self.object_with_slot(object, slot, slow);
        dynasm!(self.ops ; .arch x64 ; mov rax, [rax + layout::field(slot) as i32]);
        self.store_set(to, slow);
    }

    pub(super) fn store_object_slot(&mut self, object: usize, slot: usize, value: usize, slow: Label) {
        self.object_with_slot(object, slot, slow);
        self.store_guarded(layout::field(slot) as i32, value, slow);
    }

    /// Room for so many bytes in the nursery, with this first word, at rdx, or `slow`.
    fn allocate(&mut self, bytes: usize, first_word: u64, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rsi, [r12 + layout::STATE_HEAP as i32]
            ; mov rdx, [rsi + layout::HEAP_CURSOR as i32]
            ; lea rcx, [rdx + bytes as i32]
            ; cmp rcx, [rsi + layout::HEAP_LIMIT as i32]
            ; ja =>slow.0
            ; mov [rsi + layout::HEAP_CURSOR as i32], rcx
            ; mov rax, QWORD first_word as i64
            ; mov [rdx], rax
        );
    }

    /// Stores the object at rdx.
    fn store_object(&mut self, to: usize) {
        dynasm!(self.ops ; .arch x64 ; or rdx, rbp ; mov [rbx + at(to)], rdx);
    }

    pub(super) fn make(&mut self, to: usize, new: New<'_>, slow: Label) {
        match new {
            New::Cell(from) => {
                self.allocate(16, header(Kind::Cell, 0, 0), slow);
                self.move_into(layout::CELL_VALUE, from);
            }
            New::Tuple { first, count } => {
                self.allocate(8 + 8 * count, header(Kind::Tuple, 0, count as u32), slow);
                for index in 0..count {
                    self.move_into(layout::TUPLE_ELEMENTS + 8 * index, first + index);
                }
            }
            New::EmptyList => {
                self.allocate(24, header(Kind::List, 0, 0), slow);
                dynasm!(self.ops
                    ; .arch x64
                    ; mov rax, QWORD NIL as i64
                    ; mov [rdx + layout::LIST_STORAGE as i32], rax
                    ; mov QWORD [rdx + layout::LIST_LEN as i32], 0
                );
            }
            New::Closure { code, function, arity, captures } => {
                let slots = 1 + captures.len();
                self.allocate(16 + 8 * slots, header(Kind::Closure, slots, arity), slow);
                dynasm!(self.ops
                    ; .arch x64
                    ; mov rax, QWORD code as i64
                    ; mov [rdx + layout::CALLABLE_CODE as i32], rax
                    ; mov rax, QWORD function.bits() as i64
                    ; mov [rdx + layout::CALLABLE_SLOTS as i32], rax
                );
                for (index, &capture) in captures.iter().enumerate() {
                    match capture {
                        CellPlace::Register(register) => {
                            dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(register)])
                        }
                        CellPlace::Capture(outer) => self.load_capture_word(outer),
                    }
                    dynasm!(self.ops ; .arch x64 ; mov [rdx + layout::closure_capture(index) as i32], rax);
                }
            }
            New::Instance { class, fields } => self.allocate_instance(class, fields, slow),
        }
        self.store_object(to);
    }

    /// Moves a register into the object at rdx.
    fn move_into(&mut self, offset: usize, from: usize) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(from)] ; mov [rdx + offset as i32], rax);
    }

    /// An instance with unset fields at rdx, if the worker knows what those of this class look like.
    fn allocate_instance(&mut self, class: u32, fields: usize, slow: Label) {
        let bytes = (8 + 8 * fields) as i32;
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [r12 + layout::state_layout(class) as i32]
            ; mov rcx, rax
            ; shr rcx, 32
            ; cmp ecx, class as i32
            ; jne =>slow.0
            ; test eax, eax
            ; jz =>slow.0
            ; mov rsi, [r12 + layout::STATE_HEAP as i32]
            ; mov rdx, [rsi + layout::HEAP_CURSOR as i32]
            ; lea rcx, [rdx + bytes]
            ; cmp rcx, [rsi + layout::HEAP_LIMIT as i32]
            ; ja =>slow.0
            ; mov [rsi + layout::HEAP_CURSOR as i32], rcx
            ; mov [rdx], rax
            ; mov rax, QWORD UNDEF as i64
        );
        for field in 0..fields {
            dynasm!(self.ops ; .arch x64 ; mov [rdx + layout::field(field) as i32], rax);
        }
    }

    /// The index in rcx, from a register or a constant, as an unsigned number.
    fn load_index(&mut self, index: Operand, slow: Label) {
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
    }

    /// The storage of the list in `list` in rdx, or `other`; the index, in rcx, is checked against the length.
    fn element_address(&mut self, list: usize, index: Operand, other: Label, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(list)]);
        self.untag_pointer(slow);
        self.load_index(index, slow);
        // A negative index is a huge one here.
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::List as i8
            ; jne =>other.0
            ; cmp rcx, [rax + layout::LIST_LEN as i32]
            ; jae =>slow.0
            ; mov rdx, [rax + layout::LIST_STORAGE as i32]
            ; and rdx, r15
        );
    }

    pub(super) fn get_element(&mut self, to: usize, list: usize, index: Operand, slow: Label) {
        let (late, done) = (self.label(), self.label());
        self.element_address(list, index, late, slow);
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rdx + rcx * 8 + layout::ARRAY_SLOTS as i32]
            ; mov [rbx + at(to)], rax
            ; =>done.0
        );
        self.late.push(Late::Element { to, late, done, slow });
    }

    /// The element rcx of the tuple at rax, if it is one.
    pub(super) fn element_late(&mut self, to: usize, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::Tuple as i8
            ; jne =>slow.0
            ; cmp ecx, [rax + HEADER_INFO_OFFSET as i32]
            ; jae =>slow.0
            ; mov rax, [rax + rcx * 8 + layout::TUPLE_ELEMENTS as i32]
            ; mov [rbx + at(to)], rax
        );
    }

    pub(super) fn set_element(&mut self, list: usize, index: usize, value: usize, slow: Label) {
        let (guarded, free) = (self.label(), self.label());
        self.element_address(list, Operand::Register(index), slow, slow);
        dynasm!(self.ops
            ; .arch x64
            ; test BYTE [rdx + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
            ; jnz =>guarded.0
            ; =>free.0
            ; mov rax, [rbx + at(value)]
            ; mov [rdx + rcx * 8 + layout::ARRAY_SLOTS as i32], rax
        );
        self.late.push(Late::Card { guarded, free, slow });
    }

    /// A large array: the store is free where its card has been dealt with.
    pub(super) fn card_late(&mut self, free: Label, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; movzx eax, BYTE [rdx + HEADER_FLAGS_OFFSET as i32]
            ; and eax, (CARDED | FROZEN) as i32
            ; cmp eax, CARDED as i32
            ; jne =>slow.0
            ; mov rax, [rdx + layout::ARRAY_CAPACITY as i32]
            ; lea rax, [rdx + rax * 8 + layout::ARRAY_SLOTS as i32]
            ; mov rsi, rcx
            ; shr rsi, CARD_SLOTS.trailing_zeros() as i8
            ; cmp BYTE [rax + rsi], CARD_DONE as i8
            ; je =>free.0
            ; jmp =>slow.0
        );
    }

    /// Appends to a list with room, whose receiver and argument stand in a call's window.
    pub(super) fn push_element(&mut self, window: usize, slow: Label) {
        let (guarded, free) = (self.label(), self.label());
        self.object_of_kind(window + 3, Kind::List, slow);
        dynasm!(self.ops
            ; .arch x64
            ; test BYTE [rax + HEADER_FLAGS_OFFSET as i32], FROZEN as i8
            ; jnz =>slow.0
            ; mov rdx, [rax + layout::LIST_STORAGE as i32]
            ; mov rcx, rdx
            ; shr rcx, 48
            ; cmp ecx, super::POINTER_TOP
            ; jne =>slow.0
            ; and rdx, r15
            ; mov rcx, [rax + layout::LIST_LEN as i32]
            ; cmp rcx, [rdx + layout::ARRAY_CAPACITY as i32]
            ; jae =>slow.0
            ; test BYTE [rdx + HEADER_FLAGS_OFFSET as i32], (BARRIER | FROZEN) as i8
            ; jnz =>guarded.0
            ; =>free.0
            ; mov rsi, [rbx + at(window + 4)]
            ; mov [rdx + rcx * 8 + layout::ARRAY_SLOTS as i32], rsi
            ; inc rcx
            // The result is the list.
            ; mov rax, [rbx + at(window + 3)]
            ; mov [rbx + at(window)], rax
            ; and rax, r15
            ; mov [rax + layout::LIST_LEN as i32], rcx
        );
        self.late.push(Late::Card { guarded, free, slow });
    }

    pub(super) fn start_sequence(&mut self, to: usize, from: usize, slow: Label) {
        dynasm!(self.ops ; .arch x64 ; mov rdx, [rbx + at(from)] ; mov rax, rdx);
        self.untag_pointer(slow);
        self.either_kind(Kind::List, Kind::Tuple, slow);
        dynasm!(self.ops
            ; .arch x64
            ; mov [rbx + at(to)], rdx
            // The tag alone is the integer zero.
            ; mov [rbx + at(to + 1)], r13
        );
    }

    pub(super) fn start_numbers(&mut self, to: usize, bounds: (usize, usize), inclusive: bool, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx + at(bounds.0)]
            ; mov rcx, [rbx + at(bounds.1)]
            ; mov rdx, rax
            ; and rdx, rcx
            ; cmp rdx, r13
            ; jb =>slow.0
        );
        if inclusive {
            dynasm!(self.ops ; .arch x64 ; add ecx, 1 ; jo =>slow.0 ; or rcx, r13);
        }
        dynasm!(self.ops ; .arch x64 ; mov [rbx + at(to)], rcx ; mov [rbx + at(to + 1)], rax);
    }

    pub(super) fn next_element(&mut self, iteration: Iteration, slow: Label) {
        let Iteration { state, end, .. } = iteration;
        let (not_range, other, done) = (self.label(), self.label(), self.label());
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx + at(state)]
            ; mov rcx, [rbx + at(state + 1)]
            ; cmp rcx, r13
            ; jb =>other.0
            ; cmp rax, r13
            ; jb =>not_range.0
            ; cmp ecx, eax
            ; jge =>end.0
            ; mov [rbx + at(state + 2)], rcx
            ; =>done.0
            // One more, as a small integer; the end of a range keeps it from overflowing.
            ; inc ecx
            ; or rcx, r13
            ; mov [rbx + at(state + 1)], rcx
        );
        self.late.push(Late::NextElement { iteration, not_range, other, done, slow });
    }

    /// rax holds what is iterated, ecx the index: the element goes to the third register.
    pub(super) fn next_element_late(&mut self, iteration: Iteration, other: Label, slow: Label) {
        let Iteration { state, end, .. } = iteration;
        let (tuple, store) = (self.label(), self.label());
        dynasm!(self.ops
            ; .arch x64
            ; mov edx, ecx
            ; mov rcx, rax
            ; shr rcx, 48
            ; cmp ecx, super::POINTER_TOP
            ; jne =>slow.0
            ; and rax, r15
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::List as i8
            ; jne =>tuple.0
            ; cmp rdx, [rax + layout::LIST_LEN as i32]
            ; jae =>end.0
            ; mov rcx, [rax + layout::LIST_STORAGE as i32]
            ; and rcx, r15
            ; mov rcx, [rcx + rdx * 8 + layout::ARRAY_SLOTS as i32]
            ; jmp =>store.0
            ; =>tuple.0
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], Kind::Tuple as i8
            ; jne =>slow.0
            ; cmp edx, [rax + HEADER_INFO_OFFSET as i32]
            // The step at the end writes the state, too.
            ; jae =>slow.0
            ; mov rcx, [rax + rdx * 8 + layout::TUPLE_ELEMENTS as i32]
            ; =>store.0
            ; mov [rbx + at(state + 2)], rcx
            ; mov ecx, edx
        );
        let behind = self.label();
        dynasm!(self.ops ; .arch x64 ; jmp =>behind.0 ; =>other.0);
        if iteration.is_counted {
            self.object_of_kind(state, Kind::Generator, slow);
            dynasm!(self.ops ; .arch x64 ; or rax, rbp);
        }
        let (resume, distance) =
            (self.thunks.resume, iteration.frame_bytes as i32 + layout::OPERATOR_BYTES as i32);
        dynasm!(self.ops
            ; .arch x64
            ; mov rsi, QWORD iteration.at as i64
            ; mov edi, distance
            ; mov rcx, QWORD resume as i64
            ; call rcx
            ; jne =>iteration.element.0
            ; jmp =>end.0
            ; =>behind.0
        );
    }

    /// Whether a register holds a list or tuple of a length, for patterns.
    pub(super) fn match_length(&mut self, to: usize, from: usize, test: crate::masm::LengthTest) {
        let (no, done) = (self.label(), self.label());
        let kind = if test.is_tuple { Kind::Tuple } else { Kind::List };
        dynasm!(self.ops ; .arch x64 ; mov rax, [rbx + at(from)]);
        self.untag_pointer(no);
        dynasm!(self.ops
            ; .arch x64
            ; cmp BYTE [rax + HEADER_KIND_OFFSET as i32], kind as i8
            ; jne =>no.0
        );
        if test.is_tuple {
            dynasm!(self.ops ; .arch x64 ; cmp DWORD [rax + HEADER_INFO_OFFSET as i32], test.length as i32);
        } else {
            dynasm!(self.ops ; .arch x64 ; cmp QWORD [rax + layout::LIST_LEN as i32], test.length as i32);
        }
        if test.or_more {
            dynasm!(self.ops ; .arch x64 ; jb =>no.0);
        } else {
            dynasm!(self.ops ; .arch x64 ; jne =>no.0);
        }
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, QWORD Value::TRUE.bits() as i64
            ; jmp =>done.0
            ; =>no.0
            ; mov rax, QWORD Value::FALSE.bits() as i64
            ; =>done.0
            ; mov [rbx + at(to)], rax
        );
    }

    /// The square root of the one argument of a call.
    pub(super) fn root(&mut self, window: usize, slow: Label) {
        dynasm!(self.ops
            ; .arch x64
            ; mov rax, [rbx + at(window + 3)]
            ; cmp rax, rbp
            ; jae =>slow.0
            ; movq xmm0, rax
            ; sqrtsd xmm0, xmm0
            ; ucomisd xmm0, xmm0
            ; jp =>slow.0
            ; movsd [rbx + at(window)], xmm0
        );
    }
}
