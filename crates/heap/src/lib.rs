//! Values and the memory they live in: the NaN-boxed `Value`, the table of object kinds, allocation, the
//! collectors, freezing and message copy, equality, hashing and order.
//!
//! This crate must never know bytecode, frames or processes: the VM shows it roots through the trait `Roots`, and
//! code is an opaque word in callable objects.
//!
//! Map: `value` and `header` are the words everything is made of; `kind` has the table of object kinds and one
//! file for each; `heap`, `nursery`, `old`, `barrier` are the memory; `shared`, `symbols`, `classes`, `frozen` are
//! what all processes of a VM share; `equal`, `hash`, `int` are the algorithms on values.

mod append_table;
pub mod arith;
mod barrier;
pub mod blob;
pub mod check;
pub mod class;
pub mod classes;
mod collect;
pub mod compare;
pub mod equal;
mod failure;
pub mod fault;
mod frozen;
pub mod fuzz;
mod graph;
pub mod hash;
pub mod header;
pub mod heap;
mod holders;
mod identity;
pub mod int;
pub mod kind;
mod memory;
pub mod message;
mod nursery;
mod old;
pub mod print;
pub mod roots;
pub mod shared;
pub mod stats;
pub mod symbols;
pub mod value;

pub use blob::{Blob, ExternalObject};
pub use check::HeapDefect;
pub use class::{ClassId, FIRST_USER_CLASS, class_id_of};
pub use classes::{ClassDefinition, ClassDescriptor, overrides};
pub use collect::Scanned;
pub use compare::{compare, compare_for_sort, sort};
pub use equal::{equal, keys_equal, same};
pub use failure::{AfterFailure, AllocationFailure};
pub use fault::{Fault, NeedGc};
pub use hash::hash;
pub use heap::{CollectorKind, Heap, HeapConfig};
pub use kind::bytes::Buffer;
pub use kind::callable::{BoundMethod, Builtin, Closure, Function};
pub use kind::external::External;
pub use kind::fields::{Cell, Class, Instance, Record, Trait};
pub use kind::generator::Generator;
pub use kind::integer::{BigInt, BoxedInt};
pub use kind::iterator::Iterator;
pub use kind::list::List;
pub use kind::module::Module;
pub use kind::numbers::{FloatArray, IntArray};
pub use kind::range::Range;
pub use kind::table::{Map, Set};
pub use kind::tuple::Tuple;
pub use kind::{KINDS, Kind};
pub use message::Fragment;
pub use print::{write_repr, write_str, write_structure};
pub use roots::{NoRoots, Request, RootScope, Roots};
pub use shared::Shared;
pub use value::Value;

#[cfg(test)]
mod values_tests;
