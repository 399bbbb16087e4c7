//! Offsets of what machine code reads and writes.

use std::mem::offset_of;

use crate::code::Entry;
use crate::native::{NativeCell, NativeCode, NativeRegisters};
use crate::operator::{Post, Resumption};
pub use crate::ops::calls::CLASS_AND_KIND;
pub use crate::state::FOUND_FACTOR;
use crate::state::{FOUND, Found, LAYOUTS, State};

pub const STATE_PC: usize = offset_of!(State, pc);
pub const STATE_BASE: usize = offset_of!(State, base);
pub const STATE_FUEL: usize = offset_of!(State, fuel);
pub const STATE_STACK_LIMIT: usize = offset_of!(State, stack_limit);
pub const STATE_NATIVE_SP: usize = offset_of!(State, native) + offset_of!(NativeRegisters, stack);
pub const STATE_NATIVE_SAVED: usize = offset_of!(State, native) + offset_of!(NativeRegisters, saved);
pub const STATE_NATIVE_LIMIT: usize = offset_of!(State, native) + offset_of!(NativeRegisters, limit);
pub const STATE_GIVEN: usize = offset_of!(State, native) + offset_of!(NativeRegisters, given);
pub const STATE_EXIT_REASON: usize = offset_of!(State, native) + offset_of!(NativeRegisters, reason);
pub const STATE_COIN: usize = offset_of!(State, native) + offset_of!(NativeRegisters, coin);
pub const STATE_HEAP: usize = offset_of!(State, heap);
pub const STATE_FOUND_METHODS: usize = offset_of!(State, found_methods);
pub const STATE_FOUND_FIELDS: usize = offset_of!(State, found_fields);
pub const FOUND_LINES: usize = FOUND;
pub const FOUND_BYTES: usize = size_of::<Found>();
pub const FOUND_KEY: usize = Found::KEY_OFFSET;
pub const FOUND_WORD: usize = Found::FOUND_OFFSET;
pub const ENTRY_BYTES: usize = size_of::<Entry>();
pub const ENTRY_ARITY: usize = offset_of!(Entry, arity);
pub const ENTRY_FUNCTION: usize = offset_of!(Entry, function);
pub const ENTRY_PROFILE: usize = offset_of!(Entry, profile);
pub const ENTRY_FRAME_BYTES: usize = offset_of!(Entry, frame_bytes);
pub const ENTRY_CALL_ADDRESS: usize = offset_of!(Entry, native) + offset_of!(NativeCell, call_address);
pub const ENTRY_OPTIMISED: usize = offset_of!(Entry, native) + offset_of!(NativeCell, optimised);
pub const ENTRY_NATIVE_CODE: usize = offset_of!(Entry, native) + offset_of!(NativeCell, code);
pub const NATIVE_CODE_ADDRESS: usize = offset_of!(NativeCode, address);
pub const NATIVE_CODE_OFFSETS: usize = offset_of!(NativeCode, offsets_start);
pub const GENERATOR_POSITION: usize = heap::kind::generator::GENERATOR_POSITION_OFFSET;
pub const GENERATOR_CALLEE: usize = heap::kind::generator::GENERATOR_CALLEE_OFFSET;
pub const GENERATOR_SLOTS: usize = heap::kind::generator::GENERATOR_SLOTS_OFFSET;
pub const CALLABLE_CODE: usize = heap::kind::callable::CALLABLE_CODE_OFFSET;
pub const ARRAY_CAPACITY: usize = heap::kind::array::ARRAY_CAPACITY_OFFSET;
pub const LIST_LEN: usize = heap::kind::list::LIST_LEN_OFFSET;
pub const LIST_STORAGE: usize = heap::kind::list::LIST_STORAGE_OFFSET;
pub const ARRAY_SLOTS: usize = heap::kind::array::ARRAY_SLOTS_OFFSET;
pub const CELL_VALUE: usize = heap::kind::fields::CELL_VALUE_OFFSET;
pub const CALLABLE_SLOTS: usize = heap::kind::callable::CALLABLE_SLOTS_OFFSET;
pub const TUPLE_ELEMENTS: usize = heap::kind::tuple::TUPLE_ELEMENTS_OFFSET;
pub const HEAP_CURSOR: usize = heap::heap::HEAP_CURSOR_OFFSET;
pub const HEAP_LIMIT: usize = heap::heap::HEAP_LIMIT_OFFSET;

const _: () = assert!(FOUND_BYTES.is_power_of_two() && FOUND_LINES.is_power_of_two());

/// The flags of the link of a generator's frame.
pub const GENERATOR_FLAGS: u64 = crate::state::link::OPERATOR | crate::state::link::GENERATOR;
pub const LINK_SHIFT: u32 = crate::state::link::SHIFT;
/// Bytes between a caller's registers and the base of a frame that stands above them.
pub const OPERATOR_BYTES: usize = 8 * crate::state::OPERATOR_HEADER;
/// What stands below the base of a frame that an iteration has pushed, but for the distance.
pub const NEXT_RESUMPTION: u64 =
    Resumption { distance: 0, words: bytecode::Op::Next.words(), post: Post::IterNext }.word();
pub const GENERATOR_WAITING: u32 = crate::generator::WAITING;
pub const GENERATOR_RUNNING: u32 = crate::generator::RUNNING;

/// Where an object keeps field `slot`.
pub const fn field(slot: usize) -> usize {
    heap::kind::fields::FIELDS_OFFSET + 8 * slot
}

/// Where the state keeps the first word of instances of a class.
pub const fn state_layout(class: u32) -> usize {
    offset_of!(State, layouts) + 8 * (class as usize % LAYOUTS)
}

/// Where a closure keeps capture `index`; its first slot is its function.
pub const fn closure_capture(index: usize) -> usize {
    heap::kind::callable::CALLABLE_SLOTS_OFFSET + 8 * (1 + index)
}
