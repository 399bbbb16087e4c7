//! Why something did not work, with the report a person reads.

/// What went wrong, in kinds that a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The settings make no sense.
    Usage,
    /// A file could not be read or written.
    Unreadable,
    /// The program was rejected before it ran.
    Rejected,
    /// An error that nobody caught.
    Uncaught,
    /// The program ended itself with a reason other than `:normal` and no exit code.
    Exited,
    /// The program ended itself by `exit(code)`: nothing is reported.
    ExitCode(u8),
    HeapLimit,
    TimeLimit,
    StackLimit,
    /// A defect of the engine.
    Internal,
}

/// A failure and its report; the report ends with a newline, or is empty.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub report: String,
}

impl Failure {
    pub fn new(kind: FailureKind, report: impl Into<String>) -> Failure {
        let mut report = report.into();
        if !report.is_empty() && !report.ends_with('\n') {
            report.push('\n');
        }
        Failure { kind, report }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.report.trim_end())
    }
}

impl std::error::Error for Failure {}
