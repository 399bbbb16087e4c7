//! What can be called: functions, closures, builtins, bound methods. One layout, so that a call reads the code
//! word at the same place whatever it calls.
//!
//! `code` belongs to the VM: an address or an index below 2^48. `info` too (arity, flags). `aux` is the number
//! of slots. By convention slot 0 of a function or builtin is its name, slot 0 of a closure its function, and
//! the slots of a bound method are receiver and function.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle, object_bytes, slot_at};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::{PAYLOAD, Value};

#[repr(C)]
pub struct CallableObject {
    header: Header,
    code: u64,
    slots: [Value; 0],
}
pub const CALLABLE_CODE_OFFSET: usize = std::mem::offset_of!(CallableObject, code);
pub const CALLABLE_SLOTS_OFFSET: usize = std::mem::offset_of!(CallableObject, slots);

handle!(/** Code without captures. */ Function, CallableObject, Function, as_function);
handle!(/** Code with captured values. */ Closure, CallableObject, Closure, as_closure);
handle!(/** A function written in Rust. */ Builtin, CallableObject, Builtin, as_builtin);
handle!(/** A method with its receiver. */ BoundMethod, CallableObject, BoundMethod, as_bound_method);

impl Layout for CallableObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(16 + 8 * unsafe { (*this).header.aux } as usize)
    }
    unsafe fn slots(this: *const Self) -> (usize, usize) {
        // SAFETY: a live object.
        (2, unsafe { (*this).header.aux } as usize)
    }
}

macro_rules! callable_access {
    ($($name:ident)*) => {$(
        impl $name {
            #[inline(always)]
            pub fn code(self) -> u64 {
                // SAFETY: a handle is alive.
                unsafe { (*self.raw()).code }
            }

            #[inline(always)]
            pub fn info(self) -> u32 {
                // SAFETY: a handle is alive.
                unsafe { (*self.raw()).header.info }
            }

            #[inline(always)]
            pub fn slots(&self) -> &[Value] {
                // SAFETY: `aux` slots follow the code word.
                unsafe {
                    let count = (*self.raw()).header.aux as usize;
                    std::slice::from_raw_parts(slot_at(self.raw().cast(), 2), count)
                }
            }
        }
    )*};
}
callable_access!(Function Closure Builtin BoundMethod);

impl Heap {
    /// Any callable kind. `kind` must be one of the four of this module.
    #[inline]
    pub fn callable(&mut self, kind: Kind, code: u64, info: u32, slots: &[Value]) -> Result<Value, NeedGc> {
        debug_assert!(matches!(kind, Kind::Function | Kind::Closure | Kind::Builtin | Kind::BoundMethod));
        assert!(
            code <= PAYLOAD && slots.len() <= u16::MAX as usize,
            "invariant: the compiler limits captures"
        );
        let object = self.allocate(kind, object_bytes(16 + 8 * slots.len()), slots.len() as u16, info)?;
        // SAFETY: just allocated with room for the slots.
        unsafe {
            (*object.cast::<CallableObject>()).code = code;
            std::ptr::copy_nonoverlapping(slots.as_ptr(), slot_at(object, 2), slots.len());
        }
        Ok(Value::object(object))
    }

    /// A closure: slot 0 is its function, captures follow.
    #[inline]
    pub fn closure(&mut self, code: u64, info: u32, slots: &[Value]) -> Result<Closure, NeedGc> {
        let value = self.callable(Kind::Closure, code, info, slots)?;
        // SAFETY: of this kind.
        Ok(unsafe { Closure::from_object(value.pointer()) })
    }

    /// Changes a capture (local functions that refer to each other are tied this way).
    pub fn closure_set(&mut self, closure: Closure, index: usize, value: Value) -> Result<(), Fault> {
        assert!(index < closure.slots().len(), "invariant: the compiler numbers captures");
        // SAFETY: the slot exists.
        unsafe { self.store(closure.raw().cast(), 2 + index, value) }
    }
}
