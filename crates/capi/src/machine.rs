//! Running text in a VM and calling its functions.
//!
//! SAFETY: every function relies on what `lib.rs` says of pointers; null is looked for in each.

use std::ffi::{CString, c_char};

use dunlin::{Data, Failure, FailureKind, Vm};

use crate::{ended_text, text_of};

/// A VM with how its last call ended.
pub struct Machine {
    vm: Vm,
    status: u32,
    report: CString,
}

/// The number of a status in `dunlin_status`.
fn status_of(kind: FailureKind) -> u32 {
    match kind {
        FailureKind::Rejected | FailureKind::Unreadable => 1,
        FailureKind::Uncaught => 2,
        FailureKind::Exited | FailureKind::ExitCode(_) => 3,
        FailureKind::HeapLimit => 4,
        FailureKind::TimeLimit => 5,
        FailureKind::StackLimit => 6,
        FailureKind::Usage => 7,
        FailureKind::Internal => 8,
    }
}

impl Machine {
    pub fn new(vm: Vm) -> Machine {
        Machine { vm, status: 0, report: CString::default() }
    }

    fn noted<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        let (status, report, value) = match result {
            Ok(value) => (0, String::new(), Some(value)),
            Err(failure) => (status_of(failure.kind), failure.report, None),
        };
        self.status = status;
        self.report = CString::new(report.replace('\0', "\u{fffd}")).unwrap_or_default();
        value
    }
}

fn misuse(what: &str) -> Failure {
    Failure::new(FailureKind::Usage, format!("error: {what}"))
}

unsafe fn run(machine: &mut Machine, text: *const c_char, len: usize) -> Option<Data> {
    let result = match text_of(text, len) {
        Some(text) => machine.vm.eval(text),
        None => Err(misuse("the text is not UTF-8")),
    };
    machine.noted(result)
}

fn pointer(data: Option<Data>) -> *mut Data {
    data.map_or(std::ptr::null_mut(), |data| Box::into_raw(Box::new(data)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_free(machine: *mut Machine) {
    if !machine.is_null() {
        drop(Box::from_raw(machine));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_run(machine: *mut Machine, text: *const c_char, len: usize) -> u32 {
    let Some(machine) = machine.as_mut() else { return status_of(FailureKind::Usage) };
    let result = match text_of(text, len) {
        Some(text) => machine.vm.run(text),
        None => Err(misuse("the text is not UTF-8")),
    };
    machine.noted(result);
    machine.status
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_eval(machine: *mut Machine, text: *const c_char, len: usize) -> *mut Data {
    machine.as_mut().map_or(std::ptr::null_mut(), |machine| pointer(run(machine, text, len)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_call(
    machine: *mut Machine,
    name: *const c_char,
    arguments: *const *const Data,
    count: usize,
) -> *mut Data {
    let Some(machine) = machine.as_mut() else { return std::ptr::null_mut() };
    let result = match ended_text(name) {
        Some(name) if count == 0 || !arguments.is_null() => {
            let given = if count == 0 { &[][..] } else { std::slice::from_raw_parts(arguments, count) };
            let data: Vec<Data> =
                given.iter().map(|&data| data.as_ref().cloned().unwrap_or_default()).collect();
            machine.vm.call(name, data)
        }
        _ => Err(misuse("a call needs a name, and arguments where their number is not 0")),
    };
    pointer(machine.noted(result))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_status(machine: *const Machine) -> u32 {
    machine.as_ref().map_or(status_of(FailureKind::Usage), |machine| machine.status)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn dunlin_vm_report(machine: *const Machine) -> *const c_char {
    machine.as_ref().map_or(c"".as_ptr(), |machine| machine.report.as_ptr())
}
