//! Quickened instructions: forms that the linker or the interpreter writes over the opcode byte of a generic
//! instruction. They never change length or operands, each checks what it assumes and falls back to the generic
//! slow path, so any mix of writers leaves a legal program. None ever stands in a file.

use bytecode::Op;

/// Calls `$callback!` with every row: `(Name, "mnemonic", Generic, "sentence")`. The order is the encoding, which
/// follows that of the generic instructions.
#[macro_export]
macro_rules! for_each_quick {
    ($callback:ident) => {
        $callback! {
            (LtJf, "lt+jf", Lt, "Compares, then takes the branch behind."),
            (LeJf, "le+jf", Le, "Compares, then takes the branch behind."),
            (GtJf, "gt+jf", Gt, "Compares, then takes the branch behind."),
            (GeJf, "ge+jf", Ge, "Compares, then takes the branch behind."),
            (EqJf, "eq+jf", Eq, "Compares, then takes the branch behind."),
            (NeJf, "ne+jf", Ne, "Compares, then takes the branch behind."),
            (LtImmJf, "lti+jf", LtImm, "Compares, then takes the branch behind."),
            (LeImmJf, "lei+jf", LeImm, "Compares, then takes the branch behind."),
            (GtImmJf, "gti+jf", GtImm, "Compares, then takes the branch behind."),
            (GeImmJf, "gei+jf", GeImm, "Compares, then takes the branch behind."),
            (EqImmJf, "eqi+jf", EqImm, "Compares, then takes the branch behind."),
            (NeImmJf, "nei+jf", NeImm, "Compares, then takes the branch behind."),
            (LtJt, "lt+jt", Lt, "Compares, then takes the branch behind."),
            (LeJt, "le+jt", Le, "Compares, then takes the branch behind."),
            (GtJt, "gt+jt", Gt, "Compares, then takes the branch behind."),
            (GeJt, "ge+jt", Ge, "Compares, then takes the branch behind."),
            (EqJt, "eq+jt", Eq, "Compares, then takes the branch behind."),
            (NeJt, "ne+jt", Ne, "Compares, then takes the branch behind."),
            (LtImmJt, "lti+jt", LtImm, "Compares, then takes the branch behind."),
            (LeImmJt, "lei+jt", LeImm, "Compares, then takes the branch behind."),
            (GtImmJt, "gti+jt", GtImm, "Compares, then takes the branch behind."),
            (GeImmJt, "gei+jt", GeImm, "Compares, then takes the branch behind."),
            (EqImmJt, "eqi+jt", EqImm, "Compares, then takes the branch behind."),
            (NeImmJt, "nei+jt", NeImm, "Compares, then takes the branch behind."),
            (LtLoop, "lt+loopt", Lt, "Compares, then takes the branch behind."),
            (LeLoop, "le+loopt", Le, "Compares, then takes the branch behind."),
            (GtLoop, "gt+loopt", Gt, "Compares, then takes the branch behind."),
            (GeLoop, "ge+loopt", Ge, "Compares, then takes the branch behind."),
            (EqLoop, "eq+loopt", Eq, "Compares, then takes the branch behind."),
            (NeLoop, "ne+loopt", Ne, "Compares, then takes the branch behind."),
            (LtImmLoop, "lti+loopt", LtImm, "Compares, then takes the branch behind."),
            (LeImmLoop, "lei+loopt", LeImm, "Compares, then takes the branch behind."),
            (GtImmLoop, "gti+loopt", GtImm, "Compares, then takes the branch behind."),
            (GeImmLoop, "gei+loopt", GeImm, "Compares, then takes the branch behind."),
            (EqImmLoop, "eqi+loopt", EqImm, "Compares, then takes the branch behind."),
            (NeImmLoop, "nei+loopt", NeImm, "Compares, then takes the branch behind."),
            (MulMod, "mul+modk", Mul, "The product modulo the constant behind, without the product as a value."),
            (MulConstMod, "mulk+modk", MulConst, "The product modulo the constant behind, without the product as a value."),
            (MulAnd, "mul+bandk", Mul, "The product masked by the constant behind, without the product as a value."),
            (MulConstAnd, "mulk+bandk", MulConst, "The product masked by the constant behind, without the product as a value."),
            (CallFunction, "callk.fn", CallConst, "The constant is a function that takes these arguments as they are."),
            (CallConstBuiltin, "callk.rs", CallConst, "The constant is a builtin that takes these arguments as they are."),
            (TailCallFunction, "tcallk.fn", TailCallConst, "The constant is a function that takes these arguments as they are."),
            (CallMethodInstance, "callm.fn", CallMethod, "The receiver is an object of the cached class, whose method is a function."),
            (CallMethodBuiltin, "callm.rs", CallMethod, "The receiver is of the cached class, whose method is a builtin."),
            (CallListPush, "callm.push", CallMethod, "The receiver is a List, whose method `push` takes one value."),
            (GetFieldInstance, "getf.obj", GetField, "The object is of the cached class."),
            (EnterNative, "native", Nop, "The gate to machine code, before the function's first instruction; stands in no code."),
            (SetFieldInstance, "setf.obj", SetField, "The object is of the cached class."),
        }
    };
}

macro_rules! define_quick {
    ($(($name:ident, $mnemonic:literal, $generic:ident, $doc:literal),)*) => {
        /// A quickened instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Quick { $(#[doc = $doc] $name,)* }

        impl Quick {
            /// Every quickened instruction in the order of its encoding.
            pub const ALL: &'static [Quick] = &[$(Quick::$name,)*];

            /// The instruction that this is a form of.
            pub const fn generic(self) -> Op {
                match self { $(Quick::$name => Op::$generic,)* }
            }

            pub const fn mnemonic(self) -> &'static str {
                match self { $(Quick::$name => $mnemonic,)* }
            }
        }
    };
}
for_each_quick!(define_quick);

const FIRST: usize = Op::ALL.len();
const _: () = assert!(FIRST + Quick::ALL.len() <= 256);

impl Quick {
    /// The opcode byte.
    pub const fn byte(self) -> u8 {
        (FIRST + self as usize) as u8
    }

    pub fn from_byte(byte: u8) -> Option<Quick> {
        Quick::ALL.get(usize::from(byte).checked_sub(FIRST)?).copied()
    }

    pub const fn words(self) -> usize {
        self.generic().words()
    }
}

/// The generic instruction behind any opcode byte of linked code.
pub fn generic_of(byte: u8) -> Option<Op> {
    Op::from_byte(byte).or_else(|| Quick::from_byte(byte).map(Quick::generic))
}
