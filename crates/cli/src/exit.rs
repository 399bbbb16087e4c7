//! How the command ends: the exit codes, one row each, as `dunlin help exit` prints them.

/// Why the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// The code that the program gave to `exit`.
    Program(u8),
    /// An uncaught error of the program, a failed test, or a file that cannot be read or written.
    Failure,
    Usage,
    Rejected,
    HeapLimit,
    TimeLimit,
    StackLimit,
}

/// Every exit, its code and what it means.
pub const EXITS: &[(Exit, u8, &str)] = &[
    (Exit::Success, 0, "the program ended, the tests passed"),
    (Exit::Failure, 1, "an uncaught error, a failed test, or a file that cannot be read or written"),
    (Exit::Usage, 2, "wrong use of the command line"),
    (Exit::Rejected, 65, "the program was rejected before it ran"),
    (Exit::HeapLimit, 101, "the heap limit was exceeded"),
    (Exit::TimeLimit, 102, "the time limit was exceeded"),
    (Exit::StackLimit, 103, "the stack limit was exceeded: an uncaught StackOverflowError"),
];

impl Exit {
    pub fn code(self) -> u8 {
        if let Exit::Program(code) = self {
            return code;
        }
        EXITS.iter().find(|row| row.0 == self).map_or(1, |row| row.1)
    }
}
