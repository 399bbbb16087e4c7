//! Rust types that cross between a program and its VM: what becomes a value, and what values become.
//!
//! Each type says how it becomes `Data` and back. The hidden methods are the short way for calls that must cost little:
//! numbers and texts go from one side to the other without `Data` between.

use std::collections::BTreeMap;

use heap::{Heap, Value};
use vm::Vm;

use crate::data::{CrossingError, Data, write};

/// Where values cross between a program and its VM.
#[doc(hidden)]
pub struct Crossing<'a> {
    pub(crate) heap: &'a mut Heap,
    pub(crate) vm: &'a Vm,
}

/// What becomes data.
pub trait IntoData: Sized {
    fn into_data(self) -> Data;

    /// The same without the detour over `Data`, for what has a shorter way.
    #[doc(hidden)]
    fn cross(self, crossing: &mut Crossing<'_>) -> Result<Value, CrossingError> {
        write(crossing.heap, crossing.vm, &self.into_data(), 0)
    }
}

/// What data becomes, where it is of the right kind.
pub trait FromData: Sized {
    /// What is wanted, as messages name it.
    const WANTED: &'static str;
    fn from_data(data: Data) -> Option<Self>;

    /// The same without the detour over `Data`, for what has a shorter way; `None` is no answer.
    #[doc(hidden)]
    fn cross_back(_value: Value) -> Option<Self> {
        None
    }
}

impl IntoData for Data {
    fn into_data(self) -> Data {
        self
    }
}

impl FromData for Data {
    const WANTED: &'static str = "any value";
    fn from_data(data: Data) -> Option<Data> {
        Some(data)
    }
}

macro_rules! crossing {
    ($($type:ty, $wanted:literal, $variant:ident $(, $into:ident $from:ident)?;)*) => {$(
        impl IntoData for $type {
            fn into_data(self) -> Data {
                Data::$variant(self)
            }
            $(fn cross(self, _: &mut Crossing<'_>) -> Result<Value, CrossingError> {
                Ok(Value::$into(self))
            })?
        }
        impl FromData for $type {
            const WANTED: &'static str = $wanted;
            fn from_data(data: Data) -> Option<$type> {
                if let Data::$variant(inner) = data { Some(inner) } else { None }
            }
            $(fn cross_back(value: Value) -> Option<$type> {
                value.$from()
            })?
        }
    )*};
}
crossing! {
    bool, "a Bool", Bool, bool as_bool;
    char, "a Char", Char, char as_char;
    String, "a String", String;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl IntoData for $type {
            fn into_data(self) -> Data {
                i64::try_from(self).map_or_else(|_| Data::BigInt(self.to_string()), Data::Int)
            }
            fn cross(self, crossing: &mut Crossing<'_>) -> Result<Value, CrossingError> {
                match i64::try_from(self) {
                    Ok(number) => crossing.heap.int(number).map_err(CrossingError::NoRoom),
                    Err(_) => write(crossing.heap, crossing.vm, &self.into_data(), 0),
                }
            }
        }
        impl FromData for $type {
            const WANTED: &'static str = concat!("an Int that fits ", stringify!($type));
            fn from_data(data: Data) -> Option<$type> {
                if let Data::Int(number) = data { number.try_into().ok() } else { None }
            }
            fn cross_back(value: Value) -> Option<$type> {
                value.as_int64()?.try_into().ok()
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl IntoData for f64 {
    fn into_data(self) -> Data {
        Data::Float(self)
    }
    fn cross(self, _: &mut Crossing<'_>) -> Result<Value, CrossingError> {
        Ok(Value::float(self))
    }
}

impl FromData for f64 {
    const WANTED: &'static str = "a number";
    fn from_data(data: Data) -> Option<f64> {
        match data {
            Data::Float(number) => Some(number),
            Data::Int(number) => Some(number as f64),
            _ => None,
        }
    }
    fn cross_back(value: Value) -> Option<f64> {
        value.as_float()
    }
}

impl IntoData for &str {
    fn into_data(self) -> Data {
        Data::String(self.to_string())
    }
    fn cross(self, crossing: &mut Crossing<'_>) -> Result<Value, CrossingError> {
        crossing.heap.string(self).map_err(CrossingError::NoRoom)
    }
}

impl IntoData for () {
    fn into_data(self) -> Data {
        Data::Nil
    }
}

impl FromData for () {
    const WANTED: &'static str = "nil";
    fn from_data(data: Data) -> Option<()> {
        matches!(data, Data::Nil).then_some(())
    }
    fn cross_back(value: Value) -> Option<()> {
        value.is_nil().then_some(())
    }
}

impl<T: IntoData> IntoData for Option<T> {
    fn into_data(self) -> Data {
        self.map_or(Data::Nil, T::into_data)
    }
}

impl<T: FromData> FromData for Option<T> {
    const WANTED: &'static str = T::WANTED;
    fn from_data(data: Data) -> Option<Option<T>> {
        if data == Data::Nil { Some(None) } else { T::from_data(data).map(Some) }
    }
}

impl<T: IntoData> IntoData for Vec<T> {
    fn into_data(self) -> Data {
        Data::List(self.into_iter().map(T::into_data).collect())
    }
}

impl<T: FromData> FromData for Vec<T> {
    const WANTED: &'static str = "a List of fitting elements";
    fn from_data(data: Data) -> Option<Vec<T>> {
        match data {
            Data::List(elements) | Data::Tuple(elements) | Data::Set(elements) => {
                elements.into_iter().map(T::from_data).collect()
            }
            _ => None,
        }
    }
}

impl<K: IntoData, V: IntoData> IntoData for BTreeMap<K, V> {
    fn into_data(self) -> Data {
        Data::Map(self.into_iter().map(|(key, value)| (key.into_data(), value.into_data())).collect())
    }
}

impl<K: FromData + Ord, V: FromData> FromData for BTreeMap<K, V> {
    const WANTED: &'static str = "a Map of fitting entries";
    fn from_data(data: Data) -> Option<BTreeMap<K, V>> {
        let Data::Map(entries) = data else { return None };
        entries.into_iter().map(|(key, value)| Some((K::from_data(key)?, V::from_data(value)?))).collect()
    }
}

/// Several arguments at once: a tuple of what becomes data.
pub trait IntoArguments {
    fn into_arguments(self) -> Vec<Data>;

    /// The same as values, behind what `values` holds.
    #[doc(hidden)]
    fn cross(self, crossing: &mut Crossing<'_>, values: &mut Vec<Value>) -> Result<(), CrossingError>;
}

impl IntoArguments for Vec<Data> {
    fn into_arguments(self) -> Vec<Data> {
        self
    }
    fn cross(self, crossing: &mut Crossing<'_>, values: &mut Vec<Value>) -> Result<(), CrossingError> {
        for data in self {
            values.push(data.cross(crossing)?);
        }
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: IntoData),*> IntoArguments for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_arguments(self) -> Vec<Data> {
                let ($($name,)*) = self;
                vec![$($name.into_data()),*]
            }
            #[allow(non_snake_case, unused_variables)]
            fn cross(
                self,
                crossing: &mut Crossing<'_>,
                values: &mut Vec<Value>,
            ) -> Result<(), CrossingError> {
                let ($($name,)*) = self;
                $(values.push($name.cross(crossing)?);)*
                Ok(())
            }
        }
    )*};
}
tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }
