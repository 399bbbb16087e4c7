//! The table of diagnostic codes: one row is one code, its name in the compiler's source, and its title.
//!
//! Invariant: a code is never given a second meaning; a retired row stays as a comment. Each code has a page
//! `docs/errors/CODE.md`, and a row without its page does not compile: the page says what is wrong and holds an
//! example marked `bad`, which must raise the code, and one marked `good`, which must not. Families: E00xx lexical, E01xx syntax, E02xx names, E03xx patterns, E04xx types and
//! arity, E05xx modules and macros, E06xx bytecode files, E07xx other notations, E1xxx run time (one for each error class), W0xxx
//! warnings.

use crate::Severity;

/// Calls the given macro with every row `CODE Name "title"`.
#[macro_export]
macro_rules! for_each_code {
    ($apply:ident) => {
        $apply! {
            E0001 UnknownCharacter "a character that no token starts with"
            E0002 UnterminatedString "a string that is not closed"
            E0003 UnterminatedComment "a block comment that is not closed"
            E0004 BadEscape "an unknown or malformed escape sequence"
            E0005 BadNumber "a malformed number"
            E0006 UnknownSuffix "an unknown suffix on a number"
            E0007 BadChar "a malformed character literal"
            E0008 StringTooDeep "interpolations nested too deep"
            E0009 SourceTooLarge "a source file that is too large"
            E0010 BadStringPrefix "an unknown prefix on a string"

            E0101 UnexpectedToken "something else was expected here"
            E0102 UnclosedBracket "a bracket that is not closed"
            E0103 UnmatchedBracket "a closing bracket without its opening one"
            E0104 TooDeep "code nested too deep"
            E0105 LineStartOperator "a line that starts with a binary operator"
            E0106 ChainedComparison "comparisons do not chain"
            E0107 AssignmentAsValue "an assignment where a value is needed"
            E0108 InvalidTarget "something that cannot be assigned to"
            E0109 BodyNotBlock "a body that is not a block"
            E0110 NegatedOperand "a negation that binds tighter than it reads"
            E0111 TryWithoutElse "a `try` without `else` or `catch`"
            E0112 ThrowOutsideCatch "a bare `throw` outside a `catch` body"
            E0113 NamedTuple "a tuple of named entries alone"
            E0114 MisplacedRange "an open range that is not in brackets"
            E0115 NameCase "a type whose name does not start upper-case"
            E0116 KeywordAsName "a keyword used as a name"
            E0117 ForeignSyntax "syntax of another language"
            E0118 UnquoteOutsideQuote "a `$` outside `quote`"
            E0119 MisplacedMember "a member that does not belong in this body"
            E0120 MisplacedAfter "an `after` that is not the last and only one"
            E0121 InvalidPattern "something that is not a pattern"
            E0122 MisplacedDeclaration "a declaration inside a function"
            E0123 DoubleColon "a `::` between names"
            E0124 TrailingBlock "a block after a call"
            E0125 StatementSeparator "two statements on one line"
            E0126 InvalidFormatSpec "a malformed format specification"
            E0127 ArgumentOrder "a positional argument after a named one"
            E0128 RestParameter "a rest parameter that is not the last"
            E0129 InvalidPipe "a pipe into something that cannot be called"
            E0130 UnionInClosure "a union type between the bars of a closure"
            E0131 MalformedForm "an S-expression that is no program"

            E0201 UnknownName "a name that nothing has"
            E0202 AssignToLet "an assignment to something that cannot change"
            E0203 DuplicateDefinition "two definitions of one name"
            E0204 UnknownLabel "a label that no enclosing loop has"
            E0205 JumpOutsideLoop "a `break` or `continue` outside of a loop"
            E0206 LabelIsVariable "a label with the name of a variable"
            E0207 ReturnOutsideFunction "a `return` outside of a function"
            E0208 YieldOutsideGenerator "a `yield` outside of a generator"
            E0209 ReturnInGenerator "a value returned from a generator"
            E0210 SelfOutsideMethod "`self` or `super` outside of a method"
            E0211 JumpOutOfCleanup "a jump out of a `finally` or `defer`"
            E0213 UnknownType "a name that is not a type"
            E0214 UnknownField "a field that the class does not have"
            E0215 StaticAssignment "an assignment to a static"
            E0217 UnknownSuper "a method that nothing above has"
            E0218 LetElseFallsThrough "a `let ... else` whose `else` does not leave"
            E0219 StaticWithoutValue "a static without a value"
            E0220 RecordField "a record parameter that is no plain field"
            E0221 VariableCrossesProcesses "a `var` used in another process"

            E0301 DuplicateBinding "a name bound twice in one pattern"
            E0302 AlternativeBindings "alternatives that bind different names"

            E0304 WaitInGuard "a `receive`, `await` or `yield` in the guard of a `receive`"
            E0303 PatternFields "a pattern with more fields than the class has"

            E0401 TooFewArguments "a call with too few arguments"
            E0402 TooManyArguments "a call with too many arguments"
            E0403 UnknownArgument "a named argument that is no parameter"
            E0404 DuplicateArgument "an argument given twice"
            E0405 CannotBeCalled "a call of something that makes no value"
            E0406 CannotExtend "a class that cannot be extended"
            E0407 ExtensionCycle "a class that extends itself"
            E0408 TraitConflict "two traits with a default of one name"
            E0409 MissingMethod "a class without a method that its trait requires"
            E0410 FunctionTooLarge "code that does not fit into one function"

            E0501 ModuleNotFound "a module that does not exist"
            E0502 ImportCycle "modules that import each other in a circle"
            E0503 BrokenImport "an imported module that has errors"
            E0504 NotExported "a name that a module does not export"
            E0505 ModuleVar "a `var` in a module"
            E0506 ModuleStatement "a statement in a module"
            E0507 ModuleAsValue "a module used as a value"
            E0508 MacroAsValue "a macro used as a value"
            E0509 UnknownMacro "a macro that does not exist"
            E0510 QuoteOutsideMacro "a `quote` outside of a macro"
            E0512 EndlessExpansion "macros that expand without an end"
            E0513 MacroArguments "a macro call that does not fit its parameters"
            E0514 MacroFailed "a macro that failed while it ran"
            E0515 ExtensionRefused "a native extension that is not permitted or cannot be loaded"
            E0511 ProcessesMissing "a form of processes that this build does not have"

            E0601 MalformedUnit "a bytecode file that is cut, altered or of another version"
            E0602 InvalidUnit "bytecode that the validator rejects"
            E0603 MalformedAssembly "assembly text that cannot be read"
            E0604 UnlinkableUnit "a unit that needs what is not there"

            E0701 MalformedProgram "a program in another notation that cannot be read"

            E1000 UncaughtError "an uncaught Error"
            E1001 TypeError "a value of the wrong type"
            E1002 ValueError "a value of the right type that makes no sense here"
            E1003 IndexError "an index out of range"
            E1004 KeyError "a key that is absent"
            E1005 FieldError "a field or method that does not exist"
            E1006 ArgumentError "a call with the wrong arguments"
            E1007 ZeroDivisionError "a division by zero"
            E1008 StackOverflowError "too many calls inside each other"
            E1009 FrozenError "a change of a value that cannot change"
            E1010 MatchError "a value that no arm matches"
            E1011 InitError "a field that was never set"
            E1012 UnboundError "a name used before it has a value"
            E1013 IterationError "a collection changed while it is iterated"
            E1014 AssertionError "an assertion that does not hold"
            E1015 IOError "an operation of the system that failed"
            E1016 TimeoutError "something that took too long"
            E1017 SendError "a value that cannot be sent"
            E1018 ClosedError "a handle that is closed"
            E1019 DeadlockError "a wait that can never end"
            E1020 PermissionError "an operation this process may not do"
            E1021 OwnerError "a task awaited by a process that did not start it"
            E1022 NameTakenError "a name that another process has"
            E1023 DownError "a process that ended before it answered"

            E1101 HeapLimit "the heap limit was exceeded"
            E1102 TimeLimit "the time limit was exceeded"
            E1103 EngineDefect "a defect of the engine"

            W0101 UnusedValue "a value that is computed and not used"
            W0102 CommentAsDivision "a comment where a division may be meant"
            W0201 UnusedBinding "a name that is never used"
            W0202 UnreachableCode "code that never runs"
            W0301 UselessArm "an arm that never matches"
            W0302 MissingArm "cases that no arm takes"
            W0401 ThrowOfLiteral "a `throw` of something that is no error"
            W0402 ProvenTypeError "a value that is of the wrong type for certain"
        }
    };
}

macro_rules! define_codes {
    ($($code:ident $name:ident $title:literal)*) => {
        /// A diagnostic code.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as people see it: `E0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => stringify!($code),)* }
            }

            /// One line that names what the code stands for.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The page about the code: what is wrong, an example that has it and one that does not.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("../../../docs/errors/", stringify!($code), ".md")),)*
                }
            }

            /// The code written `E0101`, if there is one.
            pub fn from_code(text: &str) -> Option<Code> {
                match text { $(stringify!($code) => Some(Code::$name),)* _ => None }
            }
        }
    };
}

for_each_code!(define_codes);

impl Code {
    pub fn severity(self) -> Severity {
        if self.as_str().starts_with('W') { Severity::Warning } else { Severity::Error }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_found_by_their_text() {
        for &code in Code::ALL {
            assert_eq!(Code::from_code(code.as_str()), Some(code), "{code}");
        }
    }
}
