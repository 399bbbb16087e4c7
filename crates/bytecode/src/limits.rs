//! Limits on everything in a unit whose size input controls.
//!
//! Most follow from the width of an operand; the others are far beyond what programs need and keep the work on
//! a hostile file small. The builder, the assembler, the reader and the validator all use these.

/// Registers of a frame: operands are 8 bits.
pub const REGISTERS_MAX: usize = 256;
/// Leaves room in the frame for at least one call window.
pub const PARAMETERS_MAX: usize = 250;
/// Words of one function: reachable by 24-bit jumps from end to end, and analysed in some tens of megabytes.
pub const CODE_WORDS_MAX: usize = 1 << 20;
/// Call shapes of one function: `C - 1` of a call.
pub const SHAPES_MAX: usize = 255;
/// Named variables of one function.
pub const VARIABLES_MAX: usize = 1 << 16;
/// How deep tuples and ranges may nest in a constant.
pub const CONSTANT_DEPTH_MAX: usize = 32;
/// Functions, classes, imports, exports, slots or tests of a unit: enough for slots, whose operand is 16 bits.
pub const ITEMS_MAX: usize = 1 << 16;
/// Own fields of a class, and fields of an object with the inherited ones of the same unit: `getslot` has 8 bits.
pub const FIELDS_MAX: usize = 256;
/// Levels of superclasses inside one unit.
pub const CLASS_DEPTH_MAX: usize = 64;
/// Digits of a big integer constant: more would take long to parse.
pub const BIG_INTEGER_DIGITS_MAX: usize = 100_000;
/// Entries of all method tables of a unit together, once inherited methods are copied into them.
pub const METHOD_ENTRIES_MAX: usize = 1 << 20;
