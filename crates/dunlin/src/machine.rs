//! A VM inside a Rust program: text is evaluated in it one after another, its functions are called, what it knows stays.
//!
//! ```
//! use dunlin::Vm;
//!
//! let mut vm = Vm::builder()
//!     .heap_bytes_max(64 << 20)
//!     .function("twice(n)", |n: i64| n * 2)
//!     .build()?;
//! vm.run("fn area(w, h = 1) = twice(w) * h")?;
//! let area: i64 = vm.call("area", (3, 5))?;
//! assert_eq!(area, 30);
//! # Ok::<(), dunlin::Failure>(())
//! ```

use std::sync::Arc;
use std::time::Duration;

use bytecode::wire;
use heap::Value;
use vm::{MemoryOutput, Output};

use crate::crossing::{Crossing, FromData, IntoArguments, IntoData};
use crate::data::{self, CrossingError, Data};
use crate::failure::{Failure, FailureKind};
use crate::host::{ClassBuilder, Host, HostError, Lent};
use crate::modules::HOST;
use crate::session::Session;
use crate::settings::{Limits, MachineCode, Settings};

/// What a VM is to be, before there is one.
pub struct VmBuilder {
    settings: Settings,
    output: Box<dyn Output>,
    host: Host,
}

impl Default for VmBuilder {
    fn default() -> VmBuilder {
        VmBuilder {
            settings: Settings::default(),
            output: Box::new(MemoryOutput::default()),
            host: Host::default(),
        }
    }
}

impl VmBuilder {
    /// The heap of the program may hold so many bytes; beyond them it ends with `FailureKind::HeapLimit`.
    pub fn heap_bytes_max(mut self, bytes: u64) -> VmBuilder {
        self.settings.limits.heap_bytes_max = Some(bytes);
        self
    }

    /// The program may run so long, all its calls together; then it ends with `FailureKind::TimeLimit`.
    pub fn time_max(mut self, time: Duration) -> VmBuilder {
        self.settings.limits.time_max = Some(time);
        self
    }

    /// So many calls may stand inside each other; beyond them a StackOverflowError is thrown.
    pub fn stack_frames_max(mut self, frames: usize) -> VmBuilder {
        self.settings.limits.stack_frames_max = Some(frames);
        self
    }

    /// All limits at once.
    pub fn limits(mut self, limits: Limits) -> VmBuilder {
        self.settings.limits = limits;
        self
    }

    /// Which machine code is made.
    pub fn machine_code(mut self, machine_code: MachineCode) -> VmBuilder {
        self.settings.machine_code = machine_code;
        self
    }

    /// Where `print` goes; nowhere, if this is not said.
    pub fn output(mut self, output: impl Output + 'static) -> VmBuilder {
        self.output = Box::new(output);
        self
    }

    /// Lends a function: its head as Dunlin writes it, `add(a, b = 1)`, and the function. Modules find it by
    /// `import host { add }`; what is evaluated in the VM sees it as it is.
    pub fn function<A>(mut self, head: &str, function: impl Lent<A>) -> VmBuilder {
        self.host.add_function(head, function.into_call());
        self
    }

    /// As `function`, for one that takes its arguments as they are; `...rest` arrives as a List.
    pub fn function_of_data(
        mut self,
        head: &str,
        function: impl Fn(Vec<Data>) -> Result<Data, HostError> + Send + Sync + 'static,
    ) -> VmBuilder {
        self.host.add_function(head, Box::new(function));
        self
    }

    /// Lends a class whose objects hold a Rust value of type `T`.
    pub fn class<T: Send + 'static>(
        mut self,
        name: &'static str,
        describe: impl FnOnce(&mut ClassBuilder<'_, T>),
    ) -> VmBuilder {
        let mut builder = ClassBuilder::new(&mut self.host, name);
        describe(&mut builder);
        builder.finish();
        self
    }

    pub fn build(self) -> Result<Vm, Failure> {
        let names = self.host.names.clone();
        let session = Session::with_host(&self.settings, self.output, self.host)?;
        let mut vm = Vm { session, arguments: Vec::new(), held: Vec::new() };
        if !names.is_empty() {
            vm.run(&format!("import {HOST} {{ {} }}", names.join(", ")))?;
        }
        Ok(vm)
    }
}

/// Dunlin inside a Rust program. It may move to another thread; any number may live beside each other.
pub struct Vm {
    session: Session,
    /// Room for the arguments of a call.
    arguments: Vec<Value>,
    /// One for each value that is pinned for a `Function`: who has it, and the number of this VM.
    held: Vec<Arc<u64>>,
}

/// A function of a VM, found once to be called often. It lives as long as this does, or a clone of it.
#[derive(Clone, Debug)]
pub struct Function {
    held: Arc<u64>,
    place: usize,
}

/// What `Vm::call` calls: a name, or a `Function`.
pub trait Callee {
    #[doc(hidden)]
    fn find(self, vm: &mut Vm) -> Result<Value, Failure>;
}

impl Callee for &str {
    fn find(self, vm: &mut Vm) -> Result<Value, Failure> {
        vm.named(self)
    }
}

impl Callee for &String {
    fn find(self, vm: &mut Vm) -> Result<Value, Failure> {
        vm.named(self)
    }
}

impl Callee for &Function {
    fn find(self, vm: &mut Vm) -> Result<Value, Failure> {
        let process = vm.session.execution().process();
        let is_own = *self.held == process.vm().number();
        let pinned = process.attachment.pinned.as_ref().filter(|_| is_own);
        pinned
            .and_then(|pinned| pinned.0.get(self.place).copied())
            .ok_or_else(|| Failure::new(FailureKind::Usage, "error: the function is one of another VM"))
    }
}

impl Vm {
    pub fn builder() -> VmBuilder {
        VmBuilder::default()
    }

    /// Runs a text for what it does and defines.
    pub fn run(&mut self, text: &str) -> Result<(), Failure> {
        self.session.value(text).map(drop)
    }

    /// The value of the last expression of a text.
    pub fn eval<T: FromData>(&mut self, text: &str) -> Result<T, Failure> {
        let value = self.session.value(text)?;
        self.taken(value, "the value")
    }

    /// Compiles a text without running it: a unit that `run_compiled` runs, here or in another VM, any number of times.
    pub fn compile(&mut self, text: &str) -> Result<Vec<u8>, Failure> {
        self.session.unit(text).map(|unit| wire::write(&unit))
    }

    /// Runs a unit for what it does and defines. It is validated first, wherever it comes from.
    pub fn run_compiled(&mut self, unit: &[u8]) -> Result<(), Failure> {
        let unit = wire::read(unit).map_err(|error| {
            Failure::new(FailureKind::Rejected, format!("error[E0601]: this is no unit: {error}"))
        })?;
        self.session.run_unit(unit).map(drop)
    }

    /// Calls a function, by the name that the texts so far gave it or as `function` found it, with Rust values.
    pub fn call<T: FromData>(
        &mut self,
        function: impl Callee,
        arguments: impl IntoArguments,
    ) -> Result<T, Failure> {
        let function = function.find(self)?;
        let mut values = std::mem::take(&mut self.arguments);
        values.clear();
        let (vm, process) = self.session.execution().parts();
        let crossed = arguments.cross(&mut Crossing { heap: &mut process.heap, vm }, &mut values);
        let result = match crossed {
            Ok(()) => self.session.execution().call(function, &values),
            Err(error) => Err(not_crossed(error)),
        };
        self.arguments = values;
        self.taken(result?, "the result")
    }

    /// The function that the texts so far call by this name, to be called often: it is found once. It is called as it
    /// is now, even when a later text gives its name to another.
    pub fn function(&mut self, name: &str) -> Result<Function, Failure> {
        let value = self.named(name)?;
        let process = self.session.execution().process();
        let pinned = &mut process.attachment.pinned.get_or_insert_default().0;
        // A place whose holders are gone serves again.
        let free = self.held.iter().position(|holders| Arc::strong_count(holders) == 1);
        let place = free.unwrap_or(self.held.len());
        match free {
            Some(place) => pinned[place] = value,
            None => {
                pinned.push(value);
                self.held.push(Arc::new(process.vm().number()));
            }
        }
        Ok(Function { held: self.held[place].clone(), place })
    }

    /// Sets a variable that the following texts see.
    pub fn set(&mut self, name: &str, value: impl IntoData) -> Result<(), Failure> {
        let (vm, process) = self.session.execution().parts();
        let value = value.cross(&mut Crossing { heap: &mut process.heap, vm }).map_err(not_crossed)?;
        let full = |need| not_crossed(CrossingError::NoRoom(need));
        let known = match process.script().as_map() {
            Some(map) => map,
            None => process.heap.map_new(1).map_err(full)?,
        };
        process.set_script(known.value());
        let key = process.heap.string(name).map_err(full)?;
        process.heap.map_insert(known, key, value).map_err(|fault| not_crossed(fault.into()))?;
        self.session.declare(name);
        Ok(())
    }

    /// What the texts so far call by this name.
    fn named(&mut self, name: &str) -> Result<Value, Failure> {
        let process = self.session.execution().process();
        let known = process.script().as_map();
        let found = match known {
            Some(map) => {
                let key =
                    process.heap.string(name).map_err(|need| not_crossed(CrossingError::NoRoom(need)))?;
                process.heap.map_get(map, key).ok().flatten()
            }
            None => None,
        };
        found.ok_or_else(|| Failure::new(FailureKind::Usage, format!("error: nothing is named `{name}`")))
    }

    fn taken<T: FromData>(&mut self, value: Value, what: &str) -> Result<T, Failure> {
        if let Some(taken) = T::cross_back(value) {
            return Ok(taken);
        }
        let (vm, process) = self.session.execution().parts();
        let data = data::read(&mut process.heap, vm, value, 0).map_err(not_crossed)?;
        let kind = data.kind();
        T::from_data(data).ok_or_else(|| {
            Failure::new(FailureKind::Usage, format!("error: {what} must be {}, got {kind}", T::WANTED))
        })
    }
}

fn not_crossed(error: CrossingError) -> Failure {
    let kind = match error {
        CrossingError::NoRoom(_) => FailureKind::HeapLimit,
        CrossingError::TooDeep | CrossingError::Refused(_) => FailureKind::Usage,
    };
    Failure::new(kind, format!("error: {error}"))
}

impl Data {
    /// This data as a Rust value, where it is of the right kind.
    pub fn take<T: FromData>(self) -> Option<T> {
        T::from_data(self)
    }
}
