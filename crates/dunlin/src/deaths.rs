//! Reports of processes that died of something that people should hear of: on standard error, one block each.

use heap::Value;
use runtime::{Cause, Report};
use vm::Process;

use crate::loader::SharedModules;
use crate::report::{reported, reported_limit};

pub fn show_death(report: Report, modules: &SharedModules) {
    let Report { pid, names, cause, process } = report;
    let names: String = names.iter().map(|name| format!(" (:{name})")).collect();
    let text = match cause {
        Cause::Raised(error) => {
            let error = reported(&process.report(error), modules).report;
            format!("process <pid {pid}>{names} ended by an error\n{error}")
        }
        Cause::TaskFailed { error, owner, owner_names } => {
            let error = reported(&process.report(error), modules).report;
            let owner_names: String = owner_names.iter().map(|name| format!(" (:{name})")).collect();
            format!(
                "task <pid {pid}> failed, and process <pid {owner}>{owner_names}, which started it, did not await it\n{error}"
            )
        }
        Cause::Child { child, reason, decision } => {
            let why = child_reason(process, reason, modules);
            format!("{child} ended; {decision}\n{why}")
        }
        Cause::Limit(limit) => {
            let report = reported_limit("its", limit, &process.limit_trace(), modules);
            format!("process <pid {pid}>{names} ended by a limit\n{report}")
        }
        Cause::Internal(problem) => {
            format!("error[E1103]: process <pid {pid}>{names} ended by a defect of the engine: {problem}\n")
        }
    };
    write_error(process, &text);
}

/// The report of the error that a child ended by, or its reason as a value.
fn child_reason(process: &mut Process, reason: Value, modules: &SharedModules) -> String {
    if vm::error::error_message(reason).is_some() {
        return reported(&process.report(reason), modules).report;
    }
    let mut text = String::new();
    let written = heap::write_structure(&mut process.heap, reason, &mut text);
    if written.is_err() {
        text.push_str("a value that cannot be shown");
    }
    format!("  reason: {text}\n")
}

/// What the program printed before stands before the report when both go to one place.
fn write_error(process: &Process, text: &str) {
    process.vm().output().flush();
    eprint!("{text}");
}
