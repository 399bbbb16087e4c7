//! The table of builtin error classes, and how an error object is laid out.
//!
//! Every error is an instance whose first three fields are message, cause and trace; subclasses add theirs
//! behind. The diagnostic code of a class is what a report of an uncaught error shows and `explain` explains.

use heap::{ClassId, Value};

/// Calls `$apply!` with every builtin error class: `(Class, "code", "what it stands for")`.
#[macro_export]
macro_rules! for_each_error {
    ($apply:ident) => {
        $apply! {
            (Error, "E1000", "an error"),
            (TypeError, "E1001", "a value of the wrong type"),
            (ValueError, "E1002", "a value of the right type that makes no sense here"),
            (IndexError, "E1003", "an index out of range"),
            (KeyError, "E1004", "a key that is absent"),
            (FieldError, "E1005", "a field or method that does not exist"),
            (ArgumentError, "E1006", "a call with the wrong arguments"),
            (ZeroDivisionError, "E1007", "a division by zero"),
            (StackOverflowError, "E1008", "too many calls inside each other"),
            (FrozenError, "E1009", "a change of a value that cannot change"),
            (MatchError, "E1010", "a value that no arm matches"),
            (InitError, "E1011", "a field that was never set"),
            (UnboundError, "E1012", "a name used before it has a value"),
            (IterationError, "E1013", "a collection changed while it is iterated"),
            (AssertionError, "E1014", "an assertion that does not hold"),
            (IOError, "E1015", "an operation of the system that failed"),
            (TimeoutError, "E1016", "something that took too long"),
            (SendError, "E1017", "a value that cannot be sent"),
            (ClosedError, "E1018", "a handle that is closed"),
            (DeadlockError, "E1019", "a wait that can never end"),
            (PermissionError, "E1020", "an operation this process may not do"),
            (OwnerError, "E1021", "a task awaited by a process that did not start it"),
            (NameTakenError, "E1022", "a name that another process has"),
            (DownError, "E1023", "a process that ended before it answered"),
        }
    };
}

/// The field of an error that holds its message.
pub const ERROR_MESSAGE: usize = 0;
/// The field that holds the error this one came from, or nil.
pub const ERROR_CAUSE: usize = 1;
/// The field that holds the trace: nil until thrown, then a list.
pub const ERROR_TRACE: usize = 2;
/// As the last word of a trace: the error came from another process, and the frames that it passes here follow.
pub const TRACE_GOES_ON: i64 = i64::MIN;
/// Fields that every error has.
pub const ERROR_FIELDS: usize = 3;
/// The names of those fields, in order.
pub const ERROR_FIELD_NAMES: [&str; ERROR_FIELDS] = ["message", "cause", "trace"];

macro_rules! define_errors {
    ($(($name:ident, $code:literal, $doc:literal),)*) => {
        /// Every builtin error class with its diagnostic code and its meaning.
        pub const ERRORS: &[(ClassId, &str, &str)] = &[$((ClassId::$name, $code, $doc),)*];
    };
}
for_each_error!(define_errors);

/// The message field of an error object, if `error` looks like one.
pub fn error_message(error: Value) -> Option<Value> {
    error.as_instance().and_then(|instance| instance.field(ERROR_MESSAGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_class_of_the_heap_has_a_row_and_its_own_code() {
        let mut codes: Vec<_> = ERRORS.iter().map(|row| row.1).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ERRORS.len());
        for (name, id, superclass) in heap::class::BUILTIN_CLASSES {
            if *superclass == ClassId::Error {
                assert!(ERRORS.iter().any(|row| row.0 == *id), "{name} has no row");
            }
        }
    }
}
