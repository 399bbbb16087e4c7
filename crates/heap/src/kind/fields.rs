//! Objects that are a class id and a row of fields: instances, records, classes, traits. And cells.
//!
//! `aux` is the number of fields, `info` the class id (for `Class` and `Trait`: the id that they name; their
//! fields are the static fields).
#![allow(unsafe_code)]

use super::{Kind, Layout, handle, object_bytes, slot_at};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct FieldsObject {
    header: Header,
    fields: [Value; 0],
}
pub const FIELDS_OFFSET: usize = std::mem::offset_of!(FieldsObject, fields);
/// More fields than any class may have.
pub const FIELDS_MAX: usize = 1000;

#[repr(C)]
pub struct CellObject {
    header: Header,
    value: Value,
}
pub const CELL_VALUE_OFFSET: usize = std::mem::offset_of!(CellObject, value);

handle!(/** An instance of a class. */ Instance, FieldsObject, Instance, as_instance);
handle!(/** An immutable record. */ Record, FieldsObject, Record, as_record);
handle!(/** A class. */ Class, FieldsObject, Class, as_class);
handle!(/** A trait. */ Trait, FieldsObject, Trait, as_trait);
handle!(/** A captured variable. */ Cell, CellObject, Cell, as_cell);

impl Layout for FieldsObject {
    unsafe fn size(this: *const Self) -> usize {
        // SAFETY: a live object.
        object_bytes(8 + 8 * unsafe { (*this).header.aux } as usize)
    }
    unsafe fn slots(this: *const Self) -> (usize, usize) {
        // SAFETY: a live object.
        (1, unsafe { (*this).header.aux } as usize)
    }
}

impl Layout for CellObject {
    unsafe fn size(_: *const Self) -> usize {
        16
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 1)
    }
}

macro_rules! fields_access {
    ($($name:ident)*) => {$(
        impl $name {
            #[inline(always)]
            pub fn class_id(self) -> u32 {
                // SAFETY: a handle is alive.
                unsafe { (*self.raw()).header.info }
            }

            #[inline(always)]
            pub fn field(self, index: usize) -> Option<Value> {
                self.fields().get(index).copied()
            }

            #[inline(always)]
            pub fn fields(&self) -> &[Value] {
                // SAFETY: `aux` fields follow the header.
                unsafe {
                    let count = (*self.raw()).header.aux as usize;
                    std::slice::from_raw_parts(slot_at(self.raw().cast(), 1), count)
                }
            }
        }
    )*};
}
fields_access!(Instance Record Class Trait);

impl Cell {
    #[inline(always)]
    pub fn get(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).value }
    }
}

impl Heap {
    /// An instance whose fields are all undefined.
    #[inline]
    pub fn instance_new(&mut self, class_id: u32, field_count: usize) -> Result<Instance, NeedGc> {
        let object = self.fields_new(Kind::Instance, class_id, field_count)?;
        // SAFETY: of this kind; the fields are set before anyone can look.
        unsafe {
            for index in 0..field_count {
                *slot_at(object, 1 + index) = Value::UNDEF;
            }
            Ok(Instance::from_object(object))
        }
    }

    /// An instance with these fields.
    #[inline]
    pub fn instance(&mut self, class_id: u32, fields: &[Value]) -> Result<Instance, NeedGc> {
        let object = self.fields_from(Kind::Instance, class_id, fields)?;
        // SAFETY: of this kind.
        Ok(unsafe { Instance::from_object(object) })
    }

    /// A record with these fields.
    #[inline]
    pub fn record(&mut self, class_id: u32, fields: &[Value]) -> Result<Record, NeedGc> {
        let object = self.fields_from(Kind::Record, class_id, fields)?;
        // SAFETY: of this kind.
        Ok(unsafe { Record::from_object(object) })
    }

    #[inline(always)]
    fn fields_new(&mut self, kind: Kind, class_id: u32, count: usize) -> Result<*mut Header, NeedGc> {
        assert!(count <= FIELDS_MAX, "invariant: class definition limits the number of fields");
        self.allocate(kind, object_bytes(8 + 8 * count), count as u16, class_id)
    }

    #[inline(always)]
    fn fields_from(&mut self, kind: Kind, class_id: u32, fields: &[Value]) -> Result<*mut Header, NeedGc> {
        let object = self.fields_new(kind, class_id, fields.len())?;
        // SAFETY: just allocated with room for the fields.
        unsafe { std::ptr::copy_nonoverlapping(fields.as_ptr(), slot_at(object, 1), fields.len()) };
        Ok(object)
    }

    /// Stores a field. The index must be below the field count; class descriptors give it.
    #[inline(always)]
    pub fn instance_set(&mut self, instance: Instance, index: usize, value: Value) -> Result<(), Fault> {
        assert!(index < instance.fields().len(), "invariant: descriptors give field indexes");
        // SAFETY: the field exists.
        unsafe { self.store(instance.raw().cast(), 1 + index, value) }
    }

    /// Fills a field of a record that is still being made. The index must be below the field count.
    pub fn record_init(&mut self, record: Record, index: usize, value: Value) -> Result<(), Fault> {
        assert!(index < record.fields().len(), "invariant: descriptors give field indexes");
        // SAFETY: the field exists.
        unsafe { self.store(record.raw().cast(), 1 + index, value) }
    }

    /// A cell for a captured variable.
    #[inline]
    pub fn cell(&mut self, value: Value) -> Result<Cell, NeedGc> {
        let object = self.allocate(Kind::Cell, 16, 0, 0)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            (*object.cast::<CellObject>()).value = value;
            Ok(Cell::from_object(object))
        }
    }

    #[inline(always)]
    pub fn cell_set(&mut self, cell: Cell, value: Value) -> Result<(), Fault> {
        // SAFETY: a cell has one slot.
        unsafe { self.store(cell.raw().cast(), 1, value) }
    }
}
