//! Making a VM.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use dunlin::{Data, HostError, Output, VmBuilder};

use crate::data::taken;
use crate::ended_text;
use crate::machine::Machine;

/// What C passes with a function of its own; C answers for using it from one thread at a time.
#[derive(Clone, Copy)]
struct User(*mut c_void);
// SAFETY: see above; the library only hands the pointer back.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl User {
    fn pointer(&self) -> *mut c_void {
        self.0
    }
}

pub type Function = unsafe extern "C" fn(*mut c_void, *const *const Data, usize, *mut Data) -> *mut Data;
pub type Writer = unsafe extern "C" fn(*mut c_void, *const c_char, usize);

/// The builder that C holds; empty once it was built.
pub struct Builder(VmBuilder);

struct CallbackOutput {
    writer: Writer,
    user: User,
}

impl Output for CallbackOutput {
    fn write(&self, text: &str) {
        // SAFETY: C gave the function for this.
        unsafe { (self.writer)(self.user.pointer(), text.as_ptr().cast(), text.len()) }
    }
    fn flush(&self) {}
}

#[unsafe(no_mangle)]
pub extern "C" fn dunlin_builder_new() -> *mut Builder {
    Box::into_raw(Box::new(Builder(VmBuilder::default())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_free(builder: *mut Builder) {
    if !builder.is_null() {
        drop(Box::from_raw(builder));
    }
}

unsafe fn change(builder: *mut Builder, how: impl FnOnce(VmBuilder) -> VmBuilder) {
    if let Some(builder) = builder.as_mut() {
        builder.0 = how(std::mem::take(&mut builder.0));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_heap_bytes_max(builder: *mut Builder, bytes: u64) {
    change(builder, |builder| builder.heap_bytes_max(bytes));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_time_max_ms(builder: *mut Builder, milliseconds: u64) {
    change(builder, |builder| builder.time_max(Duration::from_millis(milliseconds)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_stack_frames_max(builder: *mut Builder, frames: usize) {
    change(builder, |builder| builder.stack_frames_max(frames));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_output(
    builder: *mut Builder,
    writer: Option<Writer>,
    user: *mut c_void,
) {
    if let Some(writer) = writer {
        change(builder, |builder| builder.output(CallbackOutput { writer, user: User(user) }));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_function(
    builder: *mut Builder,
    head: *const c_char,
    function: Option<Function>,
    user: *mut c_void,
) {
    let (Some(head), Some(function)) = (ended_text(head), function) else { return };
    let call = lent(function, user);
    change(builder, |builder| builder.function_of_data(head, call));
}

/// A function that C lends, as the VM calls it.
pub(crate) fn lent(function: Function, user: *mut c_void) -> dunlin::Call {
    let user = User(user);
    Box::new(move |arguments| call(function, user, &arguments))
}

/// A call of a function that C lent.
fn call(function: Function, user: User, arguments: &[Data]) -> Result<Data, HostError> {
    let pointers: Vec<*const Data> = arguments.iter().map(std::ptr::from_ref).collect();
    let mut failure = Data::Nil;
    // SAFETY: C gave the function for this; what it returns belongs to us.
    let reply = unsafe { taken(function(user.pointer(), pointers.as_ptr(), pointers.len(), &mut failure)) };
    match failure {
        Data::String(message) => Err(HostError(message)),
        _ => Ok(reply),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_builder_build(builder: *mut Builder) -> *mut Machine {
    if builder.is_null() {
        return std::ptr::null_mut();
    }
    let built = Box::from_raw(builder).0.build();
    built.map_or(std::ptr::null_mut(), |vm| Box::into_raw(Box::new(Machine::new(vm))))
}
