//! Functions that the program around the VM lends to Dunlin programs.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

/// A function of the embedding program. It sees its arguments as values and has no way to call Dunlin code.
pub type HostFunction = Box<dyn Fn(&mut Cx, &[Value]) -> Result<Value, Exit> + Send + Sync>;

/// All functions that a VM was given, by number.
pub struct HostFunctions(pub Vec<HostFunction>);

rows! {
    #[doc = " Calls a function of the program around the VM by its number, with a tuple of arguments."]
    "__host" "(number, arguments)" call;
}

fn call(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.count_of(args[0], "the number")?;
    let arguments = args[1].as_tuple().ok_or_else(|| cx.expected("the arguments", "a Tuple", args[1]))?;
    let functions = cx.vm().embedder::<HostFunctions>();
    match functions.and_then(|functions| functions.0.get(number)) {
        Some(function) => function(cx, arguments.elements()),
        None => Err(cx.value_error(&format!("the host has no function {number}"))),
    }
}
