//! Functions and types of a Rust program that Dunlin programs use: the module `host`.
//!
//! The module is Dunlin source made from what was registered, each function a call of `__host` with its number. So
//! arguments by name, defaults, arity errors and traces are those of every other function, in every tier.

use std::any::Any;
use std::fmt::Write;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use heap::{ClassId, ExternalObject, Value};
use stdlib::HostFunction;
use vm::{Cx, Exit};

use crate::crossing::{FromData, IntoData};
use crate::data::{self, CrossingError, Data};

/// An error that a function of the host throws at its caller: an `Error` with this message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostError(pub String);

impl<E: std::error::Error> From<E> for HostError {
    fn from(error: E) -> HostError {
        HostError(error.to_string())
    }
}

/// What a function of the host gives: data, or a `Result` with an error that is thrown.
pub trait IntoReply {
    fn into_reply(self) -> Result<Data, HostError>;
}

impl<T: IntoData> IntoReply for T {
    fn into_reply(self) -> Result<Data, HostError> {
        Ok(self.into_data())
    }
}

impl<T: IntoData, E: Into<HostError>> IntoReply for Result<T, E> {
    fn into_reply(self) -> Result<Data, HostError> {
        self.map(T::into_data).map_err(E::into)
    }
}

/// A call that waits for its arguments.
pub type Call = Box<dyn Fn(Vec<Data>) -> Result<Data, HostError> + Send + Sync>;

/// A Rust function that Dunlin programs may call; `A` is the tuple of its arguments.
pub trait Lent<A>: Send + Sync + 'static {
    fn into_call(self) -> Call;
}

/// A Rust function on a `T` that is a method of its class; `A` is the tuple of its other arguments.
pub trait LentMethod<T, A>: Send + Sync + 'static {
    fn into_call(self, class: &'static str) -> Call;
}

fn argument<T: FromData>(given: Option<Data>, number: usize) -> Result<T, HostError> {
    let data = given.unwrap_or_default();
    let kind = data.kind();
    T::from_data(data)
        .ok_or_else(|| HostError(format!("argument {number} must be {}, got {kind}", T::WANTED)))
}

macro_rules! lent {
    ($(($($name:ident $number:literal)*))*) => {$(
        impl<F, R, $($name),*> Lent<($($name,)*)> for F
        where
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: IntoReply,
            $($name: FromData,)*
        {
            fn into_call(self) -> Call {
                Box::new(move |given| {
                    #[allow(unused_mut, unused_variables)]
                    let mut given = given.into_iter();
                    self($(argument::<$name>(given.next(), $number)?),*).into_reply()
                })
            }
        }

        impl<T, F, R, $($name),*> LentMethod<T, ($($name,)*)> for F
        where
            T: Send + 'static,
            F: Fn(&mut T, $($name),*) -> R + Send + Sync + 'static,
            R: IntoReply,
            $($name: FromData,)*
        {
            fn into_call(self, class: &'static str) -> Call {
                Box::new(move |given| {
                    let mut given = given.into_iter();
                    let object = given.next().unwrap_or_default();
                    with_object(&object, class, |object: &mut T| {
                        self(object, $(argument::<$name>(given.next(), $number)?),*).into_reply()
                    })
                })
            }
        }
    )*};
}
lent! { () (A 1) (A 1 B 2) (A 1 B 2 C 3) (A 1 B 2 C 3 D 4) (A 1 B 2 C 3 D 4 E 5) (A 1 B 2 C 3 D 4 E 5 G 6) }

/// A Rust value behind an object of Dunlin.
struct Lodged<T> {
    class: &'static str,
    value: Mutex<T>,
}

impl<T: Send + 'static> ExternalObject for Lodged<T> {
    fn charge(&self) -> usize {
        size_of::<T>() + 64
    }
    fn describe(&self) -> String {
        self.class.to_string()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn with_object<T: Send + 'static>(
    data: &Data,
    class: &'static str,
    work: impl FnOnce(&mut T) -> Result<Data, HostError>,
) -> Result<Data, HostError> {
    let lodged = match data {
        Data::Object(object) => object.as_any().downcast_ref::<Lodged<T>>(),
        _ => None,
    };
    match lodged {
        Some(lodged) => work(&mut lodged.value.lock().unwrap_or_else(PoisonError::into_inner)),
        None => Err(HostError(format!("this is no {class}"))),
    }
}

/// What a host lends: the source of its module, and the functions by number.
#[derive(Default)]
pub(crate) struct Host {
    pub source: String,
    pub functions: Vec<HostFunction>,
    /// Names that the module exports.
    pub names: Vec<String>,
}

impl Host {
    /// Adds `name(parameters)`.
    pub fn add_function(&mut self, head: &str, call: Call) {
        let (name, parameters) = split_head(head);
        let number = self.add_call(call);
        self.source.push_str(&declaration(&name, &parameters, &format!("__host({number}, ")));
        self.names.push(name);
    }

    fn add_call(&mut self, call: Call) -> usize {
        self.functions.push(lent(call));
        self.functions.len() - 1
    }
}

/// A call as the VM makes it.
pub(crate) fn lent(call: Call) -> HostFunction {
    Box::new(move |cx, args| run(cx, args, &call))
}

/// A function with this head as Dunlin writes it, that hands its arguments to what `call` begins; none where the head is
/// no name with parameters.
pub(crate) fn declared(head: &str, call: &str) -> Option<String> {
    let (name, parameters) = split_head(head);
    let is_name = !name.is_empty()
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !name.starts_with(|first: char| first.is_numeric());
    let is_whole = head.contains('(') && head.trim_end().ends_with(')') && !parameters.contains('\n');
    vm::Signature::parse(&format!("({parameters})")).filter(|_| is_name && is_whole)?;
    Some(declaration(&name, &parameters, call))
}

fn declaration(name: &str, parameters: &str, call: &str) -> String {
    format!("pub fn {name}({parameters}) = {call}({}))\n", passed(parameters))
}

/// `add(a, b = 2)` as its name and what stands between the parentheses.
fn split_head(head: &str) -> (String, String) {
    let (name, rest) = head.split_once('(').unwrap_or((head, ""));
    (name.trim().to_string(), rest.trim_end().trim_end_matches(')').to_string())
}

/// The names of parameters as the elements of a tuple.
fn passed(parameters: &str) -> String {
    let signature = vm::Signature::parse(&format!("({parameters})"));
    let names = signature.map(|signature| signature.params).unwrap_or_default();
    names.iter().map(|param| format!("{},", param.name)).collect::<Vec<_>>().join(" ")
}

/// Describes a class whose objects hold a `T`.
pub struct ClassBuilder<'h, T> {
    host: &'h mut Host,
    name: &'static str,
    body: String,
    kind: PhantomData<T>,
}

impl<'h, T: Send + 'static> ClassBuilder<'h, T> {
    pub(crate) fn new(host: &'h mut Host, name: &'static str) -> ClassBuilder<'h, T> {
        ClassBuilder { host, name, body: String::new(), kind: PhantomData }
    }

    /// How an object is made: `parameters` as `(start = 0)`, and a function that gives the `T`.
    pub fn constructor<A>(&mut self, parameters: &str, make: impl LentMaker<T, A>) -> &mut Self {
        let (_, parameters) = split_head(parameters);
        let number = self.host.add_call(make.into_call(self.name));
        let passed = passed(&parameters);
        _ = writeln!(self.body, "fn init({parameters}) {{ self._object = __host({number}, ({passed})) }}");
        self
    }

    /// A method: `add(n)`, and a function that takes the `T` and the arguments.
    pub fn method<A>(&mut self, head: &str, method: impl LentMethod<T, A>) -> &mut Self {
        let (name, parameters) = split_head(head);
        let number = self.host.add_call(method.into_call(self.name));
        let passed = passed(&parameters);
        _ = writeln!(self.body, "fn {name}({parameters}) = __host({number}, (self._object, {passed}))");
        self
    }

    pub(crate) fn finish(self) {
        _ = writeln!(self.host.source, "pub class {} {{\n_object\n{}}}", self.name, self.body);
        self.host.names.push(self.name.to_string());
    }
}

/// A Rust function that makes a `T`; `A` is the tuple of its arguments.
pub trait LentMaker<T, A>: Send + Sync + 'static {
    fn into_call(self, class: &'static str) -> Call;
}

macro_rules! makers {
    ($(($($name:ident $number:literal)*))*) => {$(
        impl<T, F, $($name),*> LentMaker<T, ($($name,)*)> for F
        where
            T: Send + 'static,
            F: Fn($($name),*) -> T + Send + Sync + 'static,
            $($name: FromData,)*
        {
            fn into_call(self, class: &'static str) -> Call {
                Box::new(move |given| {
                    #[allow(unused_mut, unused_variables)]
                    let mut given = given.into_iter();
                    let value = self($(argument::<$name>(given.next(), $number)?),*);
                    Ok(Data::Object(Arc::new(Lodged { class, value: Mutex::new(value) })))
                })
            }
        }
    )*};
}
makers! { () (A 1) (A 1 B 2) (A 1 B 2 C 3) (A 1 B 2 C 3 D 4) }

/// A call of the host. Its reply is kept while memory is made for it, since the call cannot be done again.
fn run(cx: &mut Cx, args: &[Value], call: &Call) -> Result<Value, Exit> {
    let reply = match cx.take_kept::<Data>() {
        Some(reply) => reply,
        None => {
            let vm = cx.vm();
            let arguments: Result<Vec<Data>, _> =
                args.iter().map(|&argument| data::read(cx.heap, vm, argument, 0)).collect();
            let reply = arguments.map_err(|error| HostError(error.to_string())).and_then(call);
            reply.map_err(|HostError(message)| cx.error(ClassId::Error, &message))?
        }
    };
    let vm = cx.vm();
    match data::write(cx.heap, vm, &reply, 0) {
        Ok(value) => Ok(value),
        Err(CrossingError::NoRoom(need)) => {
            cx.keep(reply);
            Err(need.into())
        }
        Err(error) => Err(cx.error(ClassId::Error, &error.to_string())),
    }
}
