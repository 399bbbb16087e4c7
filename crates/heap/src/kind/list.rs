//! Lists: a header object whose address is the identity, and a separate storage that is replaced as it grows.
//!
//! Slots of the storage at and above `len` hold no pointers, so dropped elements do not stay alive.
#![allow(unsafe_code)]

use super::array::Array;
use super::{Kind, Layout, handle};
use crate::fault::{Fault, NeedGc};
use crate::header::{FROZEN, Header};
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct ListObject {
    pub(crate) header: Header,
    /// An array, or nil while nothing was stored.
    pub(crate) storage: Value,
    pub(crate) len: u64,
}
pub const LIST_STORAGE_OFFSET: usize = std::mem::offset_of!(ListObject, storage);
pub const LIST_LEN_OFFSET: usize = std::mem::offset_of!(ListObject, len);

handle!(/** A growable sequence. */ List, ListObject, List, as_list);

impl Layout for ListObject {
    unsafe fn size(_: *const Self) -> usize {
        24
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 1)
    }
}

impl List {
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).len as usize }
    }

    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    #[inline(always)]
    pub fn is_frozen(self) -> bool {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.has(FROZEN) }
    }

    /// The storage; only call it when something was stored.
    #[inline(always)]
    pub(crate) fn storage(self) -> Array {
        // SAFETY: a list with elements has an array as its storage.
        unsafe { Array::from_object((*self.raw()).storage.pointer()) }
    }

    pub(crate) fn capacity(self) -> usize {
        // SAFETY: a handle is alive.
        if unsafe { (*self.raw()).storage }.is_nil() { 0 } else { self.storage().capacity() }
    }

    #[inline(always)]
    pub fn get(self, index: usize) -> Option<Value> {
        if index < self.len() { Some(self.storage().get(index)) } else { None }
    }

    /// The elements, valid until the list is changed or a safepoint is passed.
    #[inline]
    pub fn elements(&self) -> &[Value] {
        if self.is_empty() {
            return &[];
        }
        // SAFETY: the first `len` slots of the storage are initialised.
        unsafe { std::slice::from_raw_parts(self.storage().slot(0), self.len()) }
    }

    fn check_mutable(self) -> Result<(), Fault> {
        if self.is_frozen() { Err(Fault::Frozen) } else { Ok(()) }
    }
}

impl Heap {
    /// An empty list with room for `capacity` elements.
    pub fn list_new(&mut self, capacity: usize) -> Result<List, NeedGc> {
        let storage = if capacity == 0 { Value::NIL } else { self.array_new(capacity)?.value() };
        let object = self.allocate(Kind::List, 24, 0, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let list = object.cast::<ListObject>();
            (*list).storage = storage;
            (*list).len = 0;
            Ok(List::from_object(object))
        }
    }

    /// A list of these elements.
    pub fn list_from(&mut self, elements: &[Value]) -> Result<List, NeedGc> {
        let list = self.list_new(elements.len())?;
        if !elements.is_empty() {
            self.array_fill_new(list.storage(), 0, elements);
            // SAFETY: the storage holds the elements already.
            unsafe { (*list.raw()).len = elements.len() as u64 };
        }
        Ok(list)
    }

    /// Replaces an element; `Ok(false)` when the index is out of range.
    #[inline(always)]
    pub fn list_set(&mut self, list: List, index: usize, value: Value) -> Result<bool, Fault> {
        if index >= list.len() {
            return Ok(false);
        }
        self.array_store(list.storage(), index, value)?;
        Ok(true)
    }

    #[inline]
    pub fn list_push(&mut self, list: List, value: Value) -> Result<(), Fault> {
        let len = list.len();
        if len == list.capacity() {
            self.list_reserve(list, 1)?;
        }
        self.array_store(list.storage(), len, value)?;
        // SAFETY: the slot at `len` is filled now.
        unsafe { (*list.raw()).len = len as u64 + 1 };
        Ok(())
    }

    /// Removes and gives the last element.
    pub fn list_pop(&mut self, list: List) -> Result<Option<Value>, Fault> {
        list.check_mutable()?;
        let Some(last) = list.len().checked_sub(1) else { return Ok(None) };
        let value = list.storage().get(last);
        self.array_store(list.storage(), last, Value::UNDEF)?;
        // SAFETY: shrinking.
        unsafe { (*list.raw()).len = last as u64 };
        Ok(Some(value))
    }

    /// Makes room for `extra` more elements.
    #[cold]
    pub fn list_reserve(&mut self, list: List, extra: usize) -> Result<(), Fault> {
        list.check_mutable()?;
        let len = list.len();
        let needed = len.checked_add(extra).filter(|&slots| slots < 1 << 40).ok_or(Fault::TooLarge)?;
        let capacity = list.capacity();
        if needed <= capacity {
            return Ok(());
        }
        // Twice as much while it is small, half as much again when it is large: unused room costs address space only.
        let grown = needed.max(capacity + capacity / 2 + (capacity / 2).min(1 << 22)).max(4);
        let storage = self.array_grow(if capacity == 0 { None } else { Some(list.storage()) }, len, grown)?;
        let replaced = if capacity == 0 { None } else { Some(list.storage()) };
        // SAFETY: the list is a live object and `storage` is its first slot.
        unsafe { self.store(list.raw().cast(), 1, storage.value())? };
        if let Some(replaced) = replaced {
            self.array_retire(replaced, storage);
        }
        Ok(())
    }

    /// Inserts before `index`, which may be the length; `Ok(false)` when it is out of range.
    pub fn list_insert(&mut self, list: List, index: usize, value: Value) -> Result<bool, Fault> {
        let len = list.len();
        if index > len {
            return Ok(false);
        }
        self.list_reserve(list, 1)?;
        self.array_move(list.storage(), index, index + 1, len - index)?;
        self.array_store(list.storage(), index, value)?;
        // SAFETY: one more slot is filled now.
        unsafe { (*list.raw()).len = len as u64 + 1 };
        Ok(true)
    }

    /// Removes and gives the element at `index`.
    pub fn list_remove(&mut self, list: List, index: usize) -> Result<Option<Value>, Fault> {
        list.check_mutable()?;
        let Some(value) = list.get(index) else { return Ok(None) };
        self.list_remove_range(list, index, index + 1)?;
        Ok(Some(value))
    }

    /// Removes the elements from `start` up to `end`, which must lie in the list.
    pub fn list_remove_range(&mut self, list: List, start: usize, end: usize) -> Result<(), Fault> {
        list.check_mutable()?;
        let len = list.len();
        assert!(start <= end && end <= len, "invariant: the range lies in the list");
        if start == end {
            return Ok(());
        }
        let storage = list.storage();
        self.array_move(storage, end, start, len - end)?;
        for index in len - (end - start)..len {
            self.array_store(storage, index, Value::UNDEF)?;
        }
        // SAFETY: shrinking.
        unsafe { (*list.raw()).len = (len - (end - start)) as u64 };
        Ok(())
    }

    /// Makes the list shorter.
    pub fn list_truncate(&mut self, list: List, len: usize) -> Result<(), Fault> {
        list.check_mutable()?;
        if len < list.len() { self.list_remove_range(list, len, list.len()) } else { Ok(()) }
    }

    /// Removes all elements and gives the storage up.
    pub fn list_clear(&mut self, list: List) -> Result<(), Fault> {
        list.check_mutable()?;
        // SAFETY: a live object, and its first slot.
        unsafe {
            self.store(list.raw().cast(), 1, Value::NIL)?;
            (*list.raw()).len = 0;
        }
        Ok(())
    }

    /// Appends all of `elements`, which must not be borrowed from this very list.
    pub fn list_extend(&mut self, list: List, elements: &[Value]) -> Result<(), Fault> {
        self.list_reserve(list, elements.len())?;
        let len = list.len();
        for (position, &element) in elements.iter().enumerate() {
            self.array_store(list.storage(), len + position, element)?;
        }
        // SAFETY: that many more slots are filled now.
        unsafe { (*list.raw()).len = (len + elements.len()) as u64 };
        Ok(())
    }

    /// A new list of the elements from `start` up to `end`, which must lie in the list.
    pub fn list_slice(&mut self, list: List, start: usize, end: usize) -> Result<List, NeedGc> {
        let source = list;
        self.list_from(&source.elements()[start..end])
    }

    /// A new list of both.
    pub fn list_concat(&mut self, left: List, right: List) -> Result<List, Fault> {
        let total = left.len().checked_add(right.len()).ok_or(Fault::TooLarge)?;
        let list = self.list_new(total)?;
        if total > 0 {
            self.array_fill_new(list.storage(), 0, left.elements());
            self.array_fill_new(list.storage(), left.len(), right.elements());
            // SAFETY: the storage holds all elements already.
            unsafe { (*list.raw()).len = total as u64 };
        }
        Ok(list)
    }

    /// Replaces all elements by a permutation or other list of the same length (sort, reverse, shuffle).
    pub fn list_overwrite(&mut self, list: List, elements: &[Value]) -> Result<(), Fault> {
        list.check_mutable()?;
        assert_eq!(list.len(), elements.len(), "invariant: an overwrite keeps the length");
        for (index, &element) in elements.iter().enumerate() {
            self.array_store(list.storage(), index, element)?;
        }
        Ok(())
    }
}
