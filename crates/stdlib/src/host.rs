//! Functions that the program around the VM lends to Dunlin programs, and those of native extensions.

use std::sync::{Arc, PoisonError, RwLock};

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

/// A function of the embedding program. It sees its arguments as values and has no way to call Dunlin code.
pub type HostFunction = Box<dyn Fn(&mut Cx, &[Value]) -> Result<Value, Exit> + Send + Sync>;

/// All functions that a VM was given, by number.
pub struct HostFunctions {
    pub lent: Vec<HostFunction>,
    pub extensions: ExtensionFunctions,
}

/// Functions of shared libraries, by number. More come while a program runs that imports modules.
#[derive(Clone, Default)]
pub struct ExtensionFunctions(Arc<RwLock<Vec<Arc<HostFunction>>>>);

impl ExtensionFunctions {
    /// Keeps a function and gives its number.
    pub fn add(&self, function: HostFunction) -> usize {
        let mut functions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        functions.push(Arc::new(function));
        functions.len() - 1
    }

    fn get(&self, number: usize) -> Option<Arc<HostFunction>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(number).cloned()
    }
}

rows! {
    #[doc = " Calls a function of the program around the VM by its number, with a tuple of arguments."]
    "__host" "(number, arguments)" call;
    #[doc = " As `__host`, for functions of native extensions."]
    "__extension" "(number, arguments)" call_extension;
}

fn call(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.count_of(args[0], "the number")?;
    let arguments = args[1].as_tuple().ok_or_else(|| cx.expected("the arguments", "a Tuple", args[1]))?;
    let functions = cx.vm().embedder::<HostFunctions>();
    match functions.and_then(|functions| functions.lent.get(number)) {
        Some(function) => function(cx, arguments.elements()),
        None => Err(cx.value_error(&format!("the host has no function {number}"))),
    }
}

fn call_extension(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let number = cx.count_of(args[0], "the number")?;
    let arguments = args[1].as_tuple().ok_or_else(|| cx.expected("the arguments", "a Tuple", args[1]))?;
    let functions = cx.vm().embedder::<HostFunctions>();
    match functions.and_then(|functions| functions.extensions.get(number)) {
        Some(function) => function(cx, arguments.elements()),
        None => Err(cx.value_error(&format!("no extension has a function {number}"))),
    }
}
