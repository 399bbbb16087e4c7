//! The class ids of builtin types, and the class of any value in a few instructions.
//!
//! Ids below `FIRST_USER_CLASS` are fixed for ever (they stand in caches, images and native code); user classes
//! get the following ids from `Shared`. Instances, records, class-like and external objects carry their class
//! id in the header, every other kind has one class.
#![allow(unsafe_code)]

use crate::kind::CLASS_OF_KIND;
use crate::value::Value;

/// The first id that `ClassTable::define` gives out. The ids between the last builtin class and this one are spare.
pub const FIRST_USER_CLASS: u32 = 128;
/// In `CLASS_OF_KIND`: the class id stands in the object's header.
pub const CLASS_IN_HEADER: u32 = u32::MAX;

/// One row a builtin class: name, superclass.
#[macro_export]
macro_rules! for_each_builtin_class {
    ($apply:ident) => {
        $apply! {
            Nil < Object, Bool < Object, Int < Number, Float < Number, Char < Object, String < Object,
            Symbol < Object, Pid < Object, Ref < Object, Done < Object, Undefined < Object,
            Bytes < Object, Buffer < Object, List < Object, Tuple < Object, Range < Object, Map < Object,
            Set < Object, Object < Object, Number < Object, Class < Object, Trait < Object, Function < Object,
            Generator < Object, Iterator < Object, Module < Object, Regex < Object, Time < Object,
            Task < Object, Channel < Object, Stream < Object, Socket < Object, FloatArray < Object,
            IntArray < Object, Syntax < Object, Macro < Object, Iterable < Object, Callable < Object,
            External < Object, Internal < Object,
            Error < Object, TypeError < Error, ValueError < Error, KeyError < Error, IndexError < Error,
            FieldError < Error, ArgumentError < Error, MatchError < Error, ZeroDivisionError < Error,
            FrozenError < Error, IterationError < Error, UnboundError < Error, InitError < Error,
            StackOverflowError < Error, SendError < Error, IOError < Error, TimeoutError < Error,
            ClosedError < Error, DeadlockError < Error, AssertionError < Error, PermissionError < Error,
            OwnerError < Error, NameTakenError < Error, DownError < Error,
            Actor < Pid,
        }
    };
}

macro_rules! define_builtin_classes {
    ($($name:ident < $super:ident,)*) => {
        /// The builtin classes; the discriminant is the class id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum ClassId { $($name,)* }

        /// Every builtin class, in the order of its id, with its superclass (`Object` is its own).
        pub const BUILTIN_CLASSES: &[(&str, ClassId, ClassId)] =
            &[$((stringify!($name), ClassId::$name, ClassId::$super),)*];
    };
}
for_each_builtin_class!(define_builtin_classes);

const _: () = assert!(BUILTIN_CLASSES.len() <= FIRST_USER_CLASS as usize);

impl ClassId {
    #[inline(always)]
    pub const fn id(self) -> u32 {
        self as u32
    }
}

/// By `tag - 0xFFF9`, for immediates; specials are told apart by payload.
const CLASS_OF_TAG: [u32; 7] = [
    ClassId::Internal as u32,
    ClassId::Internal as u32,
    ClassId::Char as u32,
    ClassId::Symbol as u32,
    ClassId::Pid as u32,
    ClassId::Ref as u32,
    ClassId::Int as u32,
];
const CLASS_OF_SPECIAL: [u32; 8] = [
    ClassId::Nil as u32,
    ClassId::Bool as u32,
    ClassId::Bool as u32,
    ClassId::Done as u32,
    ClassId::Undefined as u32,
    ClassId::Internal as u32,
    ClassId::Internal as u32,
    ClassId::Internal as u32,
];

/// The class id of any value.
#[inline(always)]
pub fn class_id_of(value: Value) -> u32 {
    if value.is_object() {
        // SAFETY: a pointer value is the address of a live object (contract of `value`).
        let header = unsafe { *value.pointer() };
        let class = CLASS_OF_KIND[header.kind_byte() as usize & 63];
        if class == CLASS_IN_HEADER { header.info } else { class }
    } else {
        class_of_immediate(value)
    }
}

#[inline]
fn class_of_immediate(value: Value) -> u32 {
    if value.is_float() {
        return ClassId::Float as u32;
    }
    let tag = (value.bits() >> 48) - 0xFFF9;
    if tag == 1 { CLASS_OF_SPECIAL[value.bits() as usize & 7] } else { CLASS_OF_TAG[tag as usize] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immediates_have_their_classes() {
        assert_eq!(class_id_of(Value::NIL), ClassId::Nil.id());
        assert_eq!(class_id_of(Value::TRUE), ClassId::Bool.id());
        assert_eq!(class_id_of(Value::DONE), ClassId::Done.id());
        assert_eq!(class_id_of(Value::int32(3)), ClassId::Int.id());
        assert_eq!(class_id_of(Value::float(3.0)), ClassId::Float.id());
        assert_eq!(class_id_of(Value::char('a')), ClassId::Char.id());
        assert_eq!(class_id_of(Value::symbol(1)), ClassId::Symbol.id());
        assert_eq!(class_id_of(Value::pid(1)), ClassId::Pid.id());
        assert_eq!(class_id_of(Value::reference(1)), ClassId::Ref.id());
    }

    #[test]
    fn ids_are_positions() {
        for (position, (_, id, _)) in BUILTIN_CLASSES.iter().enumerate() {
            assert_eq!(position as u32, id.id());
        }
    }
}
