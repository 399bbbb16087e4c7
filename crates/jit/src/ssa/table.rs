//! The operations: one row for each, from which types, effects and the text form derive.

/// How a value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// No value.
    None,
    /// A value of the language in its word.
    Any,
    /// An integer of 64 bits.
    Int,
    Float,
    /// A truth value.
    Bool,
    /// The address of an object of known kind.
    Address,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::None => "none",
            Type::Any => "any",
            Type::Int => "int",
            Type::Float => "float",
            Type::Bool => "bool",
            Type::Address => "address",
        }
    }
}

/// What an operation does beyond giving a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: doing it twice, earlier or not at all makes no difference.
    Pure,
    /// May leave the code, and otherwise nothing.
    Guard,
    /// Reads memory that objects are made of.
    Read,
    /// Makes an object, which nobody else can see yet.
    Make,
    /// Writes memory.
    Write,
    /// May do anything.
    All,
}

/// Calls `$callback!` with every row: `(Name, "name", Result, [Arguments], Effect)`. An operation that is a guard
/// or may go to the interpreter's step has a state.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:ident) => {
        $callback! {
            (Parameter, "param", None, [], Pure),
            (Word, "word", Any, [], Pure),
            (Int, "int", Int, [], Pure),
            (Float, "float", Float, [], Pure),
            (Truth, "truth", Bool, [], Pure),
            (LoadSlot, "slot", Any, [], All),
            (StoreSlot, "store", None, [Any], All),
            (GuardInt, "guard_int", Int, [Any], Guard),
            (GuardWideInt, "guard_wide", Int, [Any], Guard),
            (GuardFloat, "guard_float", Float, [Any], Guard),
            (GuardNumber, "guard_number", Float, [Any], Guard),
            (GuardImmediate, "guard_immediate", None, [Any], Guard),
            (GuardWord, "guard_word", None, [Any], Guard),
            (GuardCode, "guard_code", None, [Any], Guard),
            (GuardTrue, "guard_true", None, [Bool], Guard),
            (GuardKind, "guard_kind", Address, [Any], Guard),
            (GuardObject, "guard_object", Address, [Any], Guard),
            (GuardChar, "guard_char", Int, [Any], Guard),
            (GuardSlot, "guard_slot", Address, [Any], Guard),
            (GuardShape, "guard_shape", None, [Address], Guard),
            (IsObject, "is_object", Bool, [Any], Pure),
            (IsShape, "is_shape", Bool, [Address], Pure),
            (GuardSet, "guard_set", None, [Any], Guard),
            (GuardBounds, "guard_bounds", None, [Int, Int], Guard),
            (BoxInt, "box_int", Any, [Int], Guard),
            // The same of numbers known to fit in a word.
            (BoxSmallInt, "box_small_int", Any, [Int], Pure),
            (BoxFloat, "box_float", Any, [Float], Pure),
            (BoxBool, "box_bool", Any, [Bool], Pure),
            (IntToFloat, "int_to_float", Float, [Int], Pure),
            (ExactFloat, "exact_float", Float, [Int], Guard),
            (AddInt, "add_int", Int, [Int, Int], Guard),
            // One more than what is below something.
            (NextInt, "next_int", Int, [Int], Pure),
            (SubInt, "sub_int", Int, [Int, Int], Guard),
            (MulInt, "mul_int", Int, [Int, Int], Guard),
            // The same of numbers known to stay within 64 bits.
            (SumInt, "sum_int", Int, [Int, Int], Pure),
            (DifferenceInt, "difference_int", Int, [Int, Int], Pure),
            (ProductInt, "product_int", Int, [Int, Int], Pure),
            (FloorDivInt, "floor_div_int", Int, [Int, Int], Guard),
            (ModInt, "mod_int", Int, [Int, Int], Guard),
            // Of what is not negative by what is more than zero, below 2 to the 31st.
            (DivSmall, "div_small", Int, [Int, Int], Pure),
            (ModSmall, "mod_small", Int, [Int, Int], Pure),
            (AndInt, "and_int", Int, [Int, Int], Pure),
            (OrInt, "or_int", Int, [Int, Int], Pure),
            (XorInt, "xor_int", Int, [Int, Int], Pure),
            (ShlInt, "shl_int", Int, [Int, Int], Guard),
            (ShrInt, "shr_int", Int, [Int, Int], Guard),
            (AddFloat, "add_float", Float, [Float, Float], Pure),
            (SubFloat, "sub_float", Float, [Float, Float], Pure),
            (MulFloat, "mul_float", Float, [Float, Float], Pure),
            (DivFloat, "div_float", Float, [Float, Float], Pure),
            (NegFloat, "neg_float", Float, [Float], Pure),
            (SqrtFloat, "sqrt_float", Float, [Float], Pure),
            (EqInt, "eq_int", Bool, [Int, Int], Pure),
            (LtInt, "lt_int", Bool, [Int, Int], Pure),
            (LeInt, "le_int", Bool, [Int, Int], Pure),
            (EqFloat, "eq_float", Bool, [Float, Float], Pure),
            (LtFloat, "lt_float", Bool, [Float, Float], Pure),
            (LeFloat, "le_float", Bool, [Float, Float], Pure),
            (SameWord, "same_word", Bool, [Any, Any], Pure),
            (IsFalsy, "is_falsy", Bool, [Any], Pure),
            (Not, "not", Bool, [Bool], Pure),
            (Untag, "untag", Address, [Any], Pure),
            (ListLength, "list_length", Int, [Address], Read),
            (ListStorage, "list_storage", Address, [Address], Read),
            (LoadElement, "load_element", Any, [Address, Int], Read),
            (LoadField, "load_field", Any, [Address], Read),
            (LoadAt, "load_at", Any, [], Read),
            (TupleLength, "tuple_length", Int, [Address], Read),
            (LoadTuple, "load_tuple", Any, [Address, Int], Read),
            (Make, "make", Any, [], Make),
            (PushElement, "push_element", None, [Address, Any], Write),
            (StoreElement, "store_element", None, [Address, Int, Any], Write),
            (StoreField, "store_field", None, [Address, Any], Write),
            (Poll, "poll", None, [], All),
            (Step, "step", None, [], All),
            (GuardClass, "guard_class", None, [Any], Guard),
            // A helper of the VM; where that gives nothing, the interpreter's step.
            (CallBuiltin, "call_builtin", Any, [], All),
            (CallDirect, "call_direct", Any, [], All),
            (Call, "call", Any, [], All),
            (CallMethod, "call_method", Any, [Any], All),
            (CallValue, "call_value", Any, [Any], All),
            (Room, "room", None, [], Guard),
            (TailCall, "tail_call", Any, [], All),
            (TailCallMethod, "tail_call_method", Any, [], All),
            (TailCallValue, "tail_call_value", Any, [], All),
        }
    };
}

macro_rules! define_operations {
    ($(($name:ident, $text:literal, $result:ident, [$($argument:ident),*], $effect:ident),)*) => {
        /// An operation of the form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($name,)* }

        impl Operation {
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            pub fn row(self) -> &'static Row { &ROWS[self as usize] }
        }

        const ROWS: &[Row] = &[$(Row {
            name: $text,
            result: Type::$result,
            arguments: &[$(Type::$argument),*],
            effect: Effect::$effect,
        },)*];
    };
}
for_each_operation!(define_operations);

/// What the table says of an operation.
pub struct Row {
    pub name: &'static str,
    pub result: Type,
    pub arguments: &'static [Type],
    pub effect: Effect,
}

impl Operation {
    /// Whether it takes any number of words.
    pub fn is_variadic(self) -> bool {
        matches!(
            self,
            Operation::Make
                | Operation::CallBuiltin
                | Operation::CallDirect
                | Operation::TailCallMethod
                | Operation::TailCallValue
        )
    }

    /// Whether it names what is written back when it leaves the code.
    pub fn has_state(self) -> bool {
        match self.row().effect {
            Effect::Guard | Effect::Make | Effect::Write => true,
            Effect::All => !matches!(self, Operation::LoadSlot | Operation::StoreSlot | Operation::TailCall),
            Effect::Pure | Effect::Read => false,
        }
    }
}
