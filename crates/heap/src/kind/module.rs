//! Modules: a name, a table of members, one more value for the VM. `info` is the VM's module id.
#![allow(unsafe_code)]

use super::{Kind, Layout, handle};
use crate::fault::{Fault, NeedGc};
use crate::header::Header;
use crate::heap::Heap;
use crate::value::Value;

#[repr(C)]
pub struct ModuleObject {
    header: Header,
    name: Value,
    members: Value,
    extra: Value,
}

handle!(/** A loaded module. */ Module, ModuleObject, Module, as_module);

impl Layout for ModuleObject {
    unsafe fn size(_: *const Self) -> usize {
        32
    }
    unsafe fn slots(_: *const Self) -> (usize, usize) {
        (1, 3)
    }
}

impl Module {
    #[inline]
    pub fn id(self) -> u32 {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).header.info }
    }
    #[inline]
    pub fn name(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).name }
    }
    #[inline]
    pub fn members(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).members }
    }
    #[inline]
    pub fn extra(self) -> Value {
        // SAFETY: a handle is alive.
        unsafe { (*self.raw()).extra }
    }
}

impl Heap {
    pub fn module(&mut self, id: u32, name: Value, members: Value, extra: Value) -> Result<Module, NeedGc> {
        let object = self.allocate(Kind::Module, 32, 0, id)?;
        // SAFETY: just allocated with this layout.
        unsafe {
            let module = object.cast::<ModuleObject>();
            (*module).name = name;
            (*module).members = members;
            (*module).extra = extra;
            Ok(Module::from_object(object))
        }
    }

    pub fn module_set_members(&mut self, module: Module, members: Value) -> Result<(), Fault> {
        // SAFETY: slot 2 is the table of members.
        unsafe { self.store(module.raw().cast(), 2, members) }
    }

    pub fn module_set_extra(&mut self, module: Module, extra: Value) -> Result<(), Fault> {
        // SAFETY: slot 3 is the extra value.
        unsafe { self.store(module.raw().cast(), 3, extra) }
    }
}
