//! The symbols that signals are made of, interned once.

use heap::Value;
use vm::Vm;

macro_rules! symbols {
    ($($field:ident $name:literal,)*) => {
        /// Each as a value.
        pub struct Symbols { $(pub $field: Value,)* }

        impl Symbols {
            /// The table of symbols of a new VM has room for these; else signals say nil.
            pub fn new(vm: &Vm) -> Symbols {
                Symbols { $($field: vm.intern($name).map_or(Value::NIL, Value::symbol),)* }
            }
        }
    };
}
symbols! {
    normal "normal",
    kill "kill",
    killed "killed",
    noproc "noproc",
    exit "exit",
    down "down",
    process "process",
    limit "limit",
    heap "heap",
    time "time",
    stack "stack",
    mailbox "mailbox",
    wall "wall",
    internal "internal",
    infinity "infinity",
    call "call",
    cast "cast",
    stop "stop",
}
