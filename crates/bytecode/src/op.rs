//! The instruction table: one row per instruction, from which everything else derives.
//!
//! An instruction is one 32-bit word, `[op:8 | A:8 | B:8 | C:8]` with `op` in the lowest byte, or two words
//! where its format says so. `Bx`/`sBx` are B and C together (16 bits), `sJ` is A, B and C together (24 bits,
//! signed). Jump offsets count words from the *end* of the instruction. The second word of a call or cache site
//! is `[low:16 | high:16]`: a constant index and an inline-cache slot, or one 32-bit number. Names of fields and
//! methods are symbol constants.
//!
//! Two invariants make every tier simple:
//! * An instruction has at most one observable effect and can be started again until that effect happens.
//! * Every instruction that may run user code has a result register and goes on at the next instruction, so a
//!   frame can always be pushed for it. Only forward jumps are free; every backward jump is a `Loop*` or `Next`
//!   row and is a safepoint that costs one tick of fuel.
//!
//! Frames: `base[-3]` holds the callee, `base[-2]` its profile, `base[-1]` the link word, `base[0..]` the
//! registers, parameters first. A call with window `A` has its callee in `R[A]`, leaves `R[A+1]` and `R[A+2]`
//! for the frame's header, has its arguments in `R[A+3..]` and gets its result in `R[A]`.
//!
//! Quickened forms live in the second half of the table: the interpreter writes them over the opcode byte of a
//! generic instruction; they never change length or operands and never appear in a file.

/// What the operands of an instruction mean; `operand::layout` says where each of them stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// No operands.
    None,
    /// `A` is a register that is read.
    Read,
    /// `A` is a register that is written.
    Write,
    /// `A` written, `B` read.
    WriteRead,
    /// `A` written, `B` and `C` read.
    WriteReadRead,
    /// `A` written, `B` read, `C` a signed 8-bit number.
    WriteReadImm,
    /// `A` written, `B` read, `C` an unsigned 8-bit number.
    WriteReadNumber,
    /// `A` written, `B` read, `C` the index of a value constant.
    WriteReadConst,
    /// `A` written, `B` read, `C` the index of a type constant.
    WriteReadType,
    /// `A` written, `B` read, `C` the index of a text constant.
    WriteReadText,
    /// `A` written, `B` read, `C` the index of a range constant.
    WriteReadBounds,
    /// `A` written, `Bx` the index of a value constant.
    WriteConst,
    /// `A` written, `Bx` the index of a class constant.
    WriteClass,
    /// `A` read, `Bx` the index of a type constant.
    ReadType,
    /// `A` written, `sBx` a number of entries, not negative.
    WriteRoom,
    /// `A` written, `sBx` a signed number.
    WriteImm,
    /// `A` written, `Bx` one of the specials: 0 nil, 1 false, 2 true, 3 Done, 4 unset.
    WriteSpecial,
    /// `A` written, `Bx` an index of this function's captures.
    WriteCapture,
    /// `A` read, `Bx` an index of this function's captures.
    ReadCapture,
    /// `A` written, `Bx` a slot of the module.
    WriteSlot,
    /// `A` read, `Bx` a slot of the module.
    ReadSlot,
    /// `A` written, `Bx` an index of this function's closure prototypes.
    WriteProto,
    /// `A` and `B` read.
    ReadRead,
    /// `A` and `B` read, `C` an unsigned 8-bit number.
    ReadReadNumber,
    /// `A`, `B` and `C` read.
    ReadReadRead,
    /// `A` written from the `C` registers starting at `B`.
    WriteRange,
    /// `sJ` is a jump offset.
    Jump,
    /// `A` read, `sBx` a jump offset.
    ReadJump,
    /// `A` read, second word a jump offset (the extended form).
    ReadJumpWide,
    /// `A` written, second word the index of a value constant (the extended form).
    WriteConstWide,
    /// `A` is a call window, `B` the argument count, `C` 0 or a call shape + 1; second word `[0 | cache]`.
    Call,
    /// As `Call`; second word `[constant | cache]`, the constant is the callee.
    CallConst,
    /// As `Call`, `R[A+3]` is the receiver and counts as an argument; second word `[name constant | cache]`.
    CallMethod,
    /// `A` is a call window, `R[A+3]` a List of arguments, `R[A+4]` a Map of named ones or nil.
    CallSpread,
    /// `A` is a call window, `R[A+3]` the receiver, `R[A+4]` a List, `R[A+5]` a Map or nil; second word as `CallMethod`.
    CallMethodSpread,
    /// `A` written, `B` read, `C` flags (1: nil where absent); second word `[name constant | cache]`.
    GetField,
    /// `A` object read, `B` value read; second word `[name constant | cache]`.
    SetField,
    /// `A` is the first of three iteration registers (state, state, value); second word a jump offset. The value
    /// register is written where the jump is taken and holds nothing afterwards where it is not.
    Next,
    /// `A`, `A+1` written (iteration state), `B` read.
    Iter,
    /// `A` written, `B` read; second word `[from start:16 | from end:16]`.
    WriteReadSpan,
    /// `A` class or object read, `B` value read; second word `[name constant | 0]`.
    ReadReadName,
}

/// What an instruction may do that others can see; exits of the optimising tier depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Depends on its operands alone.
    None,
    /// Reads memory that others may write.
    Read,
    /// Writes memory.
    Write,
    /// May run any code.
    Call,
}

/// Facts of an instruction as bits.
pub mod fact {
    /// May raise an error.
    pub const THROWS: u8 = 1;
    /// May allocate.
    pub const ALLOCATES: u8 = 2;
    /// May go somewhere else than to the next instruction of this function.
    pub const BRANCHES: u8 = 4;
    /// Never goes on at the next instruction.
    pub const ENDS: u8 = 8;
    /// Is a safepoint that costs a tick of fuel.
    pub const POLLS: u8 = 16;
}

/// Calls `$callback!` with every row: `(Name, "mnemonic", Format, Effect, facts, "sentence")`.
/// The order is the encoding: generic rows are part of the file format, so new ones go to the end of their half.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            // Loads, moves, variables.
            (Nop, "nop", None, None, 0, "Does nothing."),
            (Move, "move", WriteRead, None, 0, "Copies R[B] to R[A]."),
            (LoadInt, "loadi", WriteImm, None, 0, "Loads the small integer sBx."),
            (LoadSpecial, "loads", WriteSpecial, None, 0, "Loads nil, false, true, Done or the unset mark."),
            (LoadConst, "loadk", WriteConst, None, 0, "Loads constant Bx."),
            (LoadConstWide, "loadkw", WriteConstWide, None, 0, "Loads the constant in the second word."),
            (LoadCallee, "callee", Write, None, 0, "Loads the running function or closure itself."),
            (GetCapture, "getup", WriteCapture, None, 0, "Loads captured value Bx."),
            (GetCaptureCell, "getupc", WriteCapture, Read, THROWS, "Loads the content of captured cell Bx; unset is an UnboundError."),
            (SetCaptureCell, "setupc", ReadCapture, Write, 0, "Stores R[A] into captured cell Bx."),
            (NewCell, "newcell", WriteRead, Write, ALLOCATES, "Makes a cell holding R[B]."),
            (GetCell, "getcell", WriteRead, Read, THROWS, "Loads the content of cell R[B]; unset is an UnboundError."),
            (SetCell, "setcell", ReadRead, Write, 0, "Stores R[B] into cell R[A]."),
            (GetModule, "getmod", WriteSlot, Read, THROWS, "Loads slot Bx of the module; unset is an UnboundError."),
            (SetModule, "setmod", ReadSlot, Write, THROWS | ALLOCATES, "Freezes R[A] and stores it in slot Bx of the module."),
            (Closure, "closure", WriteProto, Write, ALLOCATES, "Makes a closure of prototype Bx, capturing what the prototype lists."),
            // Arithmetic: user operators are called where the left operand is an instance.
            (Add, "add", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] + R[C]."),
            (Sub, "sub", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] - R[C]."),
            (Mul, "mul", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] * R[C]."),
            (Div, "div", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] / R[C], always a Float on numbers."),
            (FloorDiv, "idiv", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] ~/ R[C], floored."),
            (Mod, "mod", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] % R[C], floored."),
            (Pow, "pow", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] ** R[C]."),
            (BitAnd, "band", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] & R[C]."),
            (BitOr, "bor", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] | R[C]."),
            (BitXor, "bxor", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] ^ R[C]."),
            (Shl, "shl", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] << R[C]."),
            (Shr, "shr", WriteReadRead, Call, THROWS | ALLOCATES, "R[B] >> R[C], arithmetic."),
            (Neg, "neg", WriteRead, Call, THROWS | ALLOCATES, "Minus R[B]."),
            (BitNot, "bnot", WriteRead, Call, THROWS | ALLOCATES, "~R[B]."),
            (Not, "not", WriteRead, None, 0, "Whether R[B] is nil or false."),
            (AddImm, "addi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] + C."),
            (SubImm, "subi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] - C."),
            (MulImm, "muli", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] * C."),
            (FloorDivImm, "idivi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] ~/ C."),
            (ModImm, "modi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] % C."),
            (BitAndImm, "bandi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] & C."),
            (ShlImm, "shli", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] << C."),
            (ShrImm, "shri", WriteReadImm, Call, THROWS | ALLOCATES, "R[B] >> C."),
            (AddConst, "addk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] + constant C."),
            (SubConst, "subk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] - constant C."),
            (MulConst, "mulk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] * constant C."),
            (DivConst, "divk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] / constant C."),
            (ModConst, "modk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] % constant C."),
            (BitAndConst, "bandk", WriteReadConst, Call, THROWS | ALLOCATES, "R[B] & constant C."),
            // Comparison and tests.
            (Eq, "eq", WriteReadRead, Call, THROWS, "R[B] == R[C]."),
            (Ne, "ne", WriteReadRead, Call, THROWS, "R[B] != R[C]."),
            (Lt, "lt", WriteReadRead, Call, THROWS, "R[B] < R[C]."),
            (Le, "le", WriteReadRead, Call, THROWS, "R[B] <= R[C]."),
            (Gt, "gt", WriteReadRead, Call, THROWS, "R[B] > R[C]."),
            (Ge, "ge", WriteReadRead, Call, THROWS, "R[B] >= R[C]."),
            (EqImm, "eqi", WriteReadImm, Call, THROWS, "R[B] == C."),
            (NeImm, "nei", WriteReadImm, Call, THROWS, "R[B] != C."),
            (LtImm, "lti", WriteReadImm, Call, THROWS, "R[B] < C."),
            (LeImm, "lei", WriteReadImm, Call, THROWS, "R[B] <= C."),
            (GtImm, "gti", WriteReadImm, Call, THROWS, "R[B] > C."),
            (GeImm, "gei", WriteReadImm, Call, THROWS, "R[B] >= C."),
            (EqConst, "eqk", WriteReadConst, Call, THROWS, "R[B] == constant C."),
            (NeConst, "nek", WriteReadConst, Call, THROWS, "R[B] != constant C."),
            (Is, "is", WriteReadRead, None, THROWS, "Whether R[B] is of the class or trait R[C]."),
            (IsConst, "isk", WriteReadType, None, 0, "Whether R[B] is of the type that constant C describes."),
            (In, "in", WriteReadRead, Call, THROWS, "Whether R[B] is in R[C]."),
            (CheckType, "check", ReadType, None, THROWS, "A TypeError unless R[A] is of the type that constant Bx describes."),
            // Control.
            (Jump, "jmp", Jump, None, BRANCHES | ENDS, "Goes forward by sJ."),
            (JumpIfFalse, "jf", ReadJump, None, BRANCHES, "Goes forward where R[A] is nil or false."),
            (JumpIfTrue, "jt", ReadJump, None, BRANCHES, "Goes forward unless R[A] is nil or false."),
            (JumpIfNil, "jnil", ReadJump, None, BRANCHES, "Goes forward where R[A] is nil."),
            (JumpIfNotNil, "jnnil", ReadJump, None, BRANCHES, "Goes forward unless R[A] is nil."),
            (JumpIfSet, "jset", ReadJump, None, BRANCHES, "Goes forward unless R[A] is unset (a missing argument, an absent key)."),
            (JumpIfFalseWide, "jfw", ReadJumpWide, None, BRANCHES, "As jf, with the offset in the second word."),
            (JumpIfTrueWide, "jtw", ReadJumpWide, None, BRANCHES, "As jt, with the offset in the second word."),
            (JumpIfNilWide, "jnilw", ReadJumpWide, None, BRANCHES, "As jnil, with the offset in the second word."),
            (JumpIfNotNilWide, "jnnilw", ReadJumpWide, None, BRANCHES, "As jnnil, with the offset in the second word."),
            (JumpIfSetWide, "jsetw", ReadJumpWide, None, BRANCHES, "As jset, with the offset in the second word."),
            (Loop, "loop", Jump, None, BRANCHES | ENDS | POLLS, "Goes back by sJ."),
            (LoopIfTrue, "loopt", ReadJump, None, BRANCHES | POLLS, "Goes back unless R[A] is nil or false."),
            (LoopIfTrueWide, "looptw", ReadJumpWide, None, BRANCHES | POLLS, "As loopt, with the offset in the second word."),
            (Iter, "iter", Iter, Call, THROWS | ALLOCATES, "Starts iterating over R[B]; the state goes to R[A] and R[A+1]."),
            (Next, "next", Next, Call, THROWS | ALLOCATES | BRANCHES | POLLS, "Puts the next value in R[A+2] and goes back, or goes on at the end."),
            (IterClose, "iclose", Read, Call, THROWS, "Closes the iteration whose state is in R[A], left before its end."),
            // Calls.
            (Call, "call", Call, Call, THROWS | ALLOCATES | POLLS, "Calls R[A]."),
            (CallConst, "callk", CallConst, Call, THROWS | ALLOCATES | POLLS, "Calls the constant."),
            (CallMethod, "callm", CallMethod, Call, THROWS | ALLOCATES | POLLS, "Calls the named method of R[A+3]."),
            (CallSpread, "callv", CallSpread, Call, THROWS | ALLOCATES | POLLS, "Calls R[A] with a list of arguments."),
            (CallMethodSpread, "callmv", CallMethodSpread, Call, THROWS | ALLOCATES | POLLS, "Calls the named method of R[A+3] with a list of arguments."),
            (TailCall, "tcall", Call, Call, THROWS | ALLOCATES | POLLS | BRANCHES | ENDS, "Calls R[A] in place of this frame."),
            (TailCallConst, "tcallk", CallConst, Call, THROWS | ALLOCATES | POLLS | BRANCHES | ENDS, "Calls the constant in place of this frame."),
            (TailCallMethod, "tcallm", CallMethod, Call, THROWS | ALLOCATES | POLLS | BRANCHES | ENDS, "Calls the named method of R[A+3] in place of this frame."),
            (Return, "ret", Read, None, BRANCHES | ENDS, "Ends the function with R[A]."),
            (ReturnNil, "retnil", None, None, BRANCHES | ENDS, "Ends the function with nil."),
            (Throw, "throw", Read, Call, THROWS | ALLOCATES | BRANCHES | ENDS, "Throws R[A], which must be an Error."),
            (Rethrow, "rethrow", Read, Call, THROWS | BRANCHES | ENDS, "Throws R[A] on, keeping its trace."),
            (GeneratorStart, "gen", None, Call, ALLOCATES | BRANCHES | ENDS, "Packs the frame into a generator, which the caller gets; runs go on after this instruction."),
            (Yield, "yield", WriteRead, Call, THROWS | BRANCHES, "Hands R[B] to whoever resumed the generator; R[A] becomes nil on return."),
            // Data.
            (NewList, "newlist", WriteRange, Write, ALLOCATES, "Makes a List of C registers from R[B]."),
            (NewTuple, "newtuple", WriteRange, Write, ALLOCATES, "Makes a Tuple of C registers from R[B]."),
            (NewMap, "newmap", WriteRoom, Write, ALLOCATES, "Makes an empty Map with room for sBx entries."),
            (NewSet, "newset", WriteRoom, Write, ALLOCATES, "Makes an empty Set with room for sBx elements."),
            (NewRange, "newrange", WriteReadRead, None, THROWS | ALLOCATES, "R[B]..R[C]; the unset mark leaves a side open."),
            (NewRangeInclusive, "newrangei", WriteReadRead, None, THROWS | ALLOCATES, "R[B]..=R[C]."),
            (ListPush, "lpush", ReadRead, Write, THROWS | ALLOCATES, "Appends R[B] to the list R[A]."),
            (ListToTuple, "ltuple", WriteRead, Read, THROWS | ALLOCATES, "Makes a Tuple of the list R[B]."),
            (MapPut, "mput", ReadReadRead, Call, THROWS | ALLOCATES, "R[A][R[B]] = R[C] for a map literal."),
            (SetAdd, "sadd", ReadRead, Call, THROWS | ALLOCATES, "Adds R[B] to the set R[A]."),
            (ToStr, "str", WriteRead, Call, THROWS | ALLOCATES, "The text of R[B] for people."),
            (Format, "format", WriteReadText, Call, THROWS | ALLOCATES, "R[B] formatted by the spec in constant C."),
            (Concat, "concat", WriteRange, None, THROWS | ALLOCATES, "Joins C strings from R[B]."),
            (Index, "index", WriteReadRead, Call, THROWS | ALLOCATES, "R[B][R[C]]."),
            (IndexOpt, "indexq", WriteReadRead, Call, THROWS | ALLOCATES, "R[B]?[R[C]]: nil where absent."),
            (IndexImm, "indexi", WriteReadImm, Call, THROWS | ALLOCATES, "R[B][C]."),
            (SetIndex, "setindex", ReadReadRead, Call, THROWS | ALLOCATES, "R[A][R[B]] = R[C]."),
            (GetField, "getf", GetField, Call, THROWS, "R[B].name."),
            (SetField, "setf", SetField, Call, THROWS | ALLOCATES, "R[A].name = R[B]."),
            (GetSlot, "getslot", WriteReadNumber, Read, THROWS, "Field number C (unsigned) of the instance or record R[B]; unset is an InitError."),
            (SetSlot, "setslot", ReadReadNumber, Write, THROWS, "Stores R[B] into field number C of the instance or record R[A] under construction."),
            (SlotIsSet, "slotset", WriteReadNumber, Read, 0, "Whether field number C (unsigned) of R[B] has been set."),
            (NewObject, "newobj", WriteClass, Write, ALLOCATES, "Makes an instance or record of class constant Bx with every field unset."),
            (CheckInit, "checkinit", Read, Read, THROWS, "An InitError naming the first unset field of R[A], if any."),
            (SetStatic, "setstatic", ReadReadName, Write, THROWS | ALLOCATES, "Freezes R[B] and stores it as a static of the class R[A]."),
            (Freeze, "freeze", WriteRead, Write, THROWS | ALLOCATES, "A frozen deep copy of R[B]."),
            // Patterns: these never throw on any value.
            (MatchTuple, "mtuple", WriteReadNumber, None, 0, "Whether R[B] is a Tuple of C (unsigned) elements."),
            (MatchList, "mlist", WriteReadNumber, Read, 0, "Whether R[B] is a List of exactly C (unsigned) elements."),
            (MatchListMin, "mlistmin", WriteReadNumber, Read, 0, "Whether R[B] is a List of at least C (unsigned) elements."),
            (MatchMap, "mmap", WriteRead, None, 0, "Whether R[B] is a Map."),
            (MatchRange, "mrange", WriteReadBounds, None, 0, "Whether R[B] is a number or char in the range constant C."),
            (GetElement, "elem", WriteReadImm, Read, THROWS, "Element C (negative from the end) of the tuple or list R[B]."),
            (ListRest, "lrest", WriteReadSpan, Read, THROWS | ALLOCATES, "A list of what is left of list R[B] without so many at the start and at the end."),
            (MapGet, "mget", WriteReadConst, Read, 0, "The value at constant key C of map R[B], or the unset mark."),
            (MatchError, "matcherr", Read, Call, THROWS | ALLOCATES | BRANCHES | ENDS, "Throws the MatchError that names R[A]."),
        }
    };
}

macro_rules! define_op {
    ($(($name:ident, $mnemonic:literal, $format:ident, $effect:ident, $facts:expr, $doc:literal),)*) => {
        /// An instruction of the file format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $doc] $name,)* }

        impl Op {
            /// Every instruction in encoding order.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];

            /// The row of this instruction.
            pub const fn row(self) -> &'static Row { &ROWS[self as usize] }
        }

        #[allow(unused_imports)]
        const ROWS: &[Row] = {
            use fact::*;
            &[$(Row { mnemonic: $mnemonic, format: Format::$format, effect: Effect::$effect, facts: $facts, doc: $doc },)*]
        };
    };
}
for_each_op!(define_op);

/// What the table says of one instruction.
#[derive(Debug)]
pub struct Row {
    pub mnemonic: &'static str,
    pub format: Format,
    pub effect: Effect,
    pub facts: u8,
    pub doc: &'static str,
}

impl Op {
    /// The instruction with this encoding, if there is one.
    pub fn from_byte(byte: u8) -> Option<Op> {
        Op::ALL.get(usize::from(byte)).copied()
    }

    pub fn from_mnemonic(mnemonic: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.row().mnemonic == mnemonic)
    }

    pub const fn words(self) -> usize {
        self.row().format.words()
    }

    pub const fn has(self, fact: u8) -> bool {
        self.row().facts & fact != 0
    }
}

/// One instruction word; accessors for its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Word(pub u32);

impl Word {
    #[inline(always)]
    pub const fn abc(op: u8, a: u8, b: u8, c: u8) -> Word {
        Word(op as u32 | (a as u32) << 8 | (b as u32) << 16 | (c as u32) << 24)
    }
    #[inline(always)]
    pub const fn abx(op: u8, a: u8, bx: u16) -> Word {
        Word(op as u32 | (a as u32) << 8 | (bx as u32) << 16)
    }
    #[inline(always)]
    pub const fn jump(op: u8, offset: i32) -> Word {
        Word(op as u32 | (offset as u32) << 8)
    }
    /// The second word of a site: a constant index and a cache slot.
    #[inline(always)]
    pub const fn site(low: u16, high: u16) -> Word {
        Word(low as u32 | (high as u32) << 16)
    }
    #[inline(always)]
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }
    #[inline(always)]
    pub const fn a(self) -> usize {
        (self.0 >> 8 & 0xFF) as usize
    }
    #[inline(always)]
    pub const fn b(self) -> usize {
        (self.0 >> 16 & 0xFF) as usize
    }
    #[inline(always)]
    pub const fn c(self) -> usize {
        (self.0 >> 24) as usize
    }
    #[inline(always)]
    pub const fn c_signed(self) -> i32 {
        (self.0 as i32) >> 24
    }
    #[inline(always)]
    pub const fn bx(self) -> usize {
        (self.0 >> 16) as usize
    }
    #[inline(always)]
    pub const fn sbx(self) -> i32 {
        (self.0 as i32) >> 16
    }
    /// The 24-bit jump offset.
    #[inline(always)]
    pub const fn sj(self) -> i32 {
        (self.0 as i32) >> 8
    }
    #[inline(always)]
    pub const fn low(self) -> usize {
        (self.0 & 0xFFFF) as usize
    }
    #[inline(always)]
    pub const fn high(self) -> usize {
        (self.0 >> 16) as usize
    }
}
