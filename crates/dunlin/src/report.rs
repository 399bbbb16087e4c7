//! An error that nobody caught, as a person reads it: heading, source line, advice, trace, and what led to it.

use diag::{Code, Diagnostic, Span};
use vm::{ErrorReport, Limit, TraceFrame};

use crate::advice::advice;
use crate::failure::{Failure, FailureKind};
use crate::loader::SharedModules;

/// The failure that an error is, with the errors that led to it.
pub fn reported(report: &ErrorReport, modules: &SharedModules) -> Failure {
    let is_stack = report.class == "StackOverflowError";
    let kind = if is_stack { FailureKind::StackLimit } else { FailureKind::Uncaught };
    let mut text = render_error(report, modules, "uncaught ");
    let mut cause = report.cause.as_deref();
    while let Some(report) = cause {
        text.push_str(&render_error(report, modules, "caused by "));
        cause = report.cause.as_deref();
    }
    Failure::new(kind, text)
}

/// The report of a limit that a process reached, the process named as in `its heap limit`.
pub fn reported_limit(whose: &str, limit: Limit, trace: &[TraceFrame], modules: &SharedModules) -> String {
    let code = match limit {
        Limit::Heap | Limit::Mailbox => Code::HeapLimit,
        Limit::Time | Limit::Wall => Code::TimeLimit,
        Limit::Stack => Code::StackOverflowError,
    };
    let heading = format!("{whose} {} limit was exceeded", limit.name());
    render(code.as_str(), &heading, trace, modules, &|_| None)
}

/// One error, its heading with its class.
fn render_error(report: &ErrorReport, modules: &SharedModules, what: &str) -> String {
    let message = if report.message.is_empty() { String::new() } else { format!(": {}", report.message) };
    let heading = format!("{what}{}{message}", report.class);
    let advise = |source: &str| advice(&report.class, &report.message, source);
    render(report.code, &heading, &report.trace, modules, &advise)
}

/// A heading, the source line of the innermost frame with what `advise` says of it, then the frames.
fn render(
    code: &str,
    heading: &str,
    trace: &[TraceFrame],
    modules: &SharedModules,
    advise: &dyn Fn(&str) -> Option<String>,
) -> String {
    let mut modules = modules.lock();
    // The user's own line says more than one of the library, where there is one.
    let own = trace.iter().find(|frame| !is_of_library(frame) && span_of(frame).is_some());
    let place = own.or(trace.first()).and_then(span_of).and_then(|(path, span)| {
        let file = modules.file(path)?;
        Some(Span::new(file, span.0, span.1.max(span.0)))
    });
    let mut text = match (place, Code::from_code(code)) {
        (Some(place), Some(code)) => {
            let source = modules.sources.text(place.file).get(place.start as usize..place.end as usize);
            let mut diagnostic = Diagnostic::new(code, place, heading);
            diagnostic.hint = source.and_then(advise);
            diagnostic.render(&modules.sources, modules.color)
        }
        _ => format!("error[{code}]: {heading}\n"),
    };
    text.push_str(&trace_text(trace));
    text
}

fn span_of(frame: &TraceFrame) -> Option<(&str, (u32, u32))> {
    match frame {
        TraceFrame::Frame { path, span, .. } => Some((path, *span)),
        TraceFrame::LeftOut(_) => None,
    }
}

fn is_of_library(frame: &TraceFrame) -> bool {
    matches!(frame, TraceFrame::Frame { path, .. } if path.starts_with("<library>/"))
}

/// The frames, innermost first. Of the library's own frames in a row the outermost stays, without its place: it is what
/// the program called, and what lies below it is nobody's business.
fn trace_text(trace: &[TraceFrame]) -> String {
    let mut text = String::new();
    for (index, frame) in trace.iter().enumerate() {
        if is_of_library(frame) && trace.get(index + 1).is_some_and(is_of_library) {
            continue;
        }
        text.push_str(&frame_text(frame));
    }
    text
}

fn frame_text(frame: &TraceFrame) -> String {
    match frame {
        TraceFrame::Frame { function, .. } if is_of_library(frame) => format!("  at {function} (library)\n"),
        TraceFrame::Frame { function, path, position, .. } => {
            let function = if function.is_empty() { "a function without a name" } else { function };
            match position {
                Some((line, column)) => format!("  at {function} ({path}:{line}:{column})\n"),
                None => format!("  at {function} ({path})\n"),
            }
        }
        TraceFrame::LeftOut(Some(count)) => format!("  ... {count} more frames\n"),
        TraceFrame::LeftOut(None) => "  ... more frames\n".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_library_one_frame_stays() {
        let frame = |function: &str, path: &str| TraceFrame::Frame {
            function: function.to_string(),
            module: String::new(),
            path: path.to_string(),
            span: (0, 1),
            position: Some((1, 2)),
        };
        let trace = [
            frame("", "a.dn"),
            frame("__merge_sort", "<library>/sorting.dn"),
            frame("List.sort_by", "<library>/List.sort_by.dn"),
            frame("main", "a.dn"),
            TraceFrame::LeftOut(Some(3)),
        ];
        let expected = "  at a function without a name (a.dn:1:2)\n  at List.sort_by (library)\n  \
                        at main (a.dn:1:2)\n  ... 3 more frames\n";
        assert_eq!(trace_text(&trace), expected);
    }
}
