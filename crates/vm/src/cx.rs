//! What a builtin may see and do. It can allocate, make errors, write output and charge its work; it cannot call
//! Dunlin code, and it cannot keep a value: a `Value` outlives no safepoint, and a builtin ends before the next.

use heap::{ClassId, Heap, List, Shared, Value};

use crate::exit::{Exit, Limit};
use crate::permissions::Permissions;
use crate::process::{Attachment, Kept, RandomState, Seldom};
use crate::vm::Vm;

/// The context of one builtin call.
pub struct Cx<'a> {
    pub heap: &'a mut Heap,
    vm: &'a Vm,
    process: u64,
    ticks: i64,
    kept: &'a mut Option<Box<Kept>>,
    /// The process's own variables; there are none where a constant is evaluated.
    pub(crate) script: Option<&'a mut Value>,
    /// What the host of processes keeps with this one.
    pub(crate) attachment: Option<&'a mut Attachment>,
    pub(crate) seldom: Option<&'a mut Option<Box<Seldom>>>,
    pub(crate) reductions: u64,
    /// None outside processes, where constants are evaluated.
    pub(crate) permissions: Option<&'a Permissions>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        heap: &'a mut Heap,
        vm: &'a Vm,
        process: u64,
        kept: &'a mut Option<Box<Kept>>,
    ) -> Cx<'a> {
        Cx {
            heap,
            vm,
            process,
            ticks: 0,
            kept,
            script: None,
            attachment: None,
            seldom: None,
            reductions: 0,
            permissions: None,
        }
    }

    pub fn vm(&self) -> &'a Vm {
        self.vm
    }

    /// What all processes of this VM share: symbols, classes, shapes, the frozen region.
    pub fn shared(&self) -> &'a Shared {
        self.vm.shared()
    }

    /// The number of the running process.
    pub fn process(&self) -> u64 {
        self.process
    }

    /// What the process may do outside the VM.
    pub fn permissions(&self) -> &'a Permissions {
        static NONE: std::sync::OnceLock<Permissions> = std::sync::OnceLock::new();
        self.permissions.unwrap_or_else(|| NONE.get_or_init(Permissions::none))
    }

    /// Ticks that the process had used when its slice began.
    pub fn reductions(&self) -> u64 {
        self.reductions
    }

    /// The heap, and what the host of processes keeps with this one, unless there is no such thing here.
    pub fn attachment(&mut self) -> Option<(&mut Heap, &mut Attachment)> {
        Some((&mut *self.heap, self.attachment.as_deref_mut()?))
    }

    /// The state of the process's own generator of random numbers. It is made of a number that is another in each
    /// process, and the same in each run of a VM with the same seed. None where a constant is evaluated.
    pub fn random_state(&mut self, make: impl FnOnce(u64) -> RandomState) -> Option<&mut RandomState> {
        let (vm, process) = (self.vm, self.process);
        // Without a seed this is no function of the seed of hashes, which what a program shows must not tell.
        let number = || match vm.inner.config.seed {
            Some(seed) => seed ^ process.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            None => Shared::random_seed(),
        };
        let seldom = self.seldom.as_deref_mut()?.get_or_insert_default();
        Some(seldom.random.get_or_insert_with(|| make(number())))
    }

    /// The values by which methods know the script's variables: a Map, or nil.
    pub fn script_values(&self) -> Value {
        self.script.as_deref().copied().unwrap_or(Value::NIL)
    }

    /// Writes to the program's output.
    pub fn write_out(&self, text: &str) {
        self.vm.output().write(text);
    }

    /// Charges work to the process: one tick is about a function call (10 ns to 100 ns).
    pub fn charge_ticks(&mut self, ticks: u64) {
        self.ticks = self.ticks.saturating_add(ticks.min(i64::MAX as u64) as i64);
    }

    pub(crate) fn ticks(&self) -> i64 {
        self.ticks
    }

    /// Keeps plain data for the next run of a builtin that left with `Exit::More`.
    pub fn keep<T: Send + 'static>(&mut self, state: T) {
        *self.kept = Some(Box::new(Kept(Box::new(state))));
    }

    /// Takes what the last run of this builtin kept.
    pub fn take_kept<T: Send + 'static>(&mut self) -> Option<T> {
        match self.kept.take()?.0.downcast::<T>() {
            Ok(state) => Some(*state),
            Err(other) => {
                *self.kept = Some(Box::new(Kept(other)));
                None
            }
        }
    }

    // Allocation: fallible, never collects.

    pub fn int(&mut self, number: i64) -> Result<Value, Exit> {
        Ok(self.heap.int(number)?)
    }

    pub fn string(&mut self, text: &str) -> Result<Value, Exit> {
        Ok(self.heap.string(text)?)
    }

    pub fn list(&mut self, elements: &[Value]) -> Result<Value, Exit> {
        Ok(self.heap.list_from(elements)?.value())
    }

    pub fn tuple(&mut self, elements: &[Value]) -> Result<Value, Exit> {
        Ok(self.heap.tuple(elements)?.value())
    }

    /// The symbol of a name that stands in code or in a table of names; never call it on input.
    pub fn symbol(&mut self, name: &str) -> Result<Value, Exit> {
        match self.vm.intern(name) {
            Some(id) => Ok(Value::symbol(id)),
            None => Err(self.value_error("the table of symbols is full")),
        }
    }

    // Arguments. `what` names the argument in messages: "index", "the separator".

    /// An Int that fits 64 bits.
    pub fn int_of(&mut self, value: Value, what: &str) -> Result<i64, Exit> {
        match value.as_int64() {
            Some(number) => Ok(number),
            None if value.is_int() => Err(self.value_error(&format!("{what} is too large"))),
            None => Err(self.expected(what, "an Int", value)),
        }
    }

    /// An Int that counts something: not negative, and small enough for memory.
    pub fn count_of(&mut self, value: Value, what: &str) -> Result<usize, Exit> {
        let number = self.int_of(value, what)?;
        match usize::try_from(number) {
            Ok(count) => Ok(count),
            Err(_) => Err(self.value_error(&format!("{what} must not be negative, got {number}"))),
        }
    }

    /// An Int or a Float, as a double.
    pub fn number_of(&mut self, value: Value, what: &str) -> Result<f64, Exit> {
        if let Some(number) = value.as_float() {
            return Ok(number);
        }
        if let Some(number) = value.as_int64() {
            return Ok(number as f64);
        }
        match value.to_ibig() {
            Some(big) => Ok(big.to_f64().value()),
            None => Err(self.expected(what, "a number", value)),
        }
    }

    pub fn bool_of(&mut self, value: Value, what: &str) -> Result<bool, Exit> {
        value.as_bool().ok_or_else(|| self.expected(what, "a Bool", value))
    }

    pub fn char_of(&mut self, value: Value, what: &str) -> Result<char, Exit> {
        value.as_char().ok_or_else(|| self.expected(what, "a Char", value))
    }

    /// The text of a String; a rope is flattened.
    pub fn str_of<'v>(&mut self, value: &'v Value, what: &str) -> Result<&'v str, Exit> {
        match self.heap.text(value)? {
            Some(text) => Ok(text),
            None => Err(self.expected(what, "a String", *value)),
        }
    }

    pub fn list_of(&mut self, value: Value, what: &str) -> Result<List, Exit> {
        value.as_list().ok_or_else(|| self.expected(what, "a List", value))
    }

    /// A value or, where the argument was left out, nothing.
    pub fn optional(value: Value) -> Option<Value> {
        (!value.is_undef()).then_some(value)
    }

    // Errors.

    /// An error of a builtin class, ready to be thrown.
    pub fn error(&mut self, class: ClassId, message: &str) -> Exit {
        match make_error(self.heap, class.id(), message) {
            Ok(error) => Exit::Raise(error),
            Err(exit) => exit,
        }
    }

    /// "`what` must be `wanted`, got a `Type`".
    pub fn expected(&mut self, what: &str, wanted: &str, got: Value) -> Exit {
        let name = self.vm.class_name_of(got);
        let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        let found = if got.is_nil() { "nil".to_string() } else { format!("{article} {name}") };
        self.type_error(&format!("{what} must be {wanted}, got {found}"))
    }

    /// The name of a value's class, for messages.
    pub fn class_name_of(&self, value: Value) -> String {
        self.vm.class_name_of(value)
    }

    /// The class of a value, as a value.
    pub fn class_of(&self, value: Value) -> Value {
        self.vm.inner.class_value(heap::class_id_of(value))
    }

    /// The class of this number, as a value.
    pub fn class_with_id(&self, id: u32) -> Value {
        self.vm.inner.class_value(id)
    }

    pub fn limit(&mut self, limit: Limit) -> Exit {
        Exit::Limit(limit)
    }
}

macro_rules! error_constructors {
    ($($method:ident $class:ident,)*) => {
        impl Cx<'_> {
            $(
                #[doc = concat!("A ", stringify!($class), " with this message.")]
                pub fn $method(&mut self, message: &str) -> Exit { self.error(ClassId::$class, message) }
            )*
        }
    };
}
error_constructors! {
    type_error TypeError,
    value_error ValueError,
    index_error IndexError,
    key_error KeyError,
    field_error FieldError,
    argument_error ArgumentError,
    zero_division_error ZeroDivisionError,
    frozen_error FrozenError,
    match_error MatchError,
    init_error InitError,
    unbound_error UnboundError,
    iteration_error IterationError,
    assertion_error AssertionError,
    io_error IOError,
    timeout_error TimeoutError,
    send_error SendError,
    closed_error ClosedError,
    deadlock_error DeadlockError,
    permission_error PermissionError,
    owner_error OwnerError,
    name_taken_error NameTakenError,
    down_error DownError,
}

/// An error object of the class with this id, without cause and trace.
pub(crate) fn make_error(heap: &mut Heap, class_id: u32, message: &str) -> Result<Value, Exit> {
    let message = heap.string(message)?;
    Ok(heap.instance(class_id, &[message, Value::NIL, Value::NIL])?.value())
}
