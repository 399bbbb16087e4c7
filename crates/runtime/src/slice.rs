//! One time slice of a process: its signals, its code, and what came of both. The same for every host.

use std::sync::Arc;

use heap::{Heap, Value};
use vm::{Outcome, Process, Wait, run_slice};

use crate::control::{Body, Control, Newborn};
use crate::host::{Cause, Ending, Report};
use crate::local::{ChildReport, Local, attach, of_process, parts_of_process};
use crate::reason::Reason;
use crate::runtime::Runtime;
use crate::task::Progress;
use crate::timers::Event;

/// How far a slice brought a process.
pub enum Step {
    /// It used its slice up: the caller queues it, behind others.
    Suspended,
    /// It waits, but news has come: the caller queues it.
    Notified,
    /// It waits, and whoever has news for it queues it.
    Waits,
    Ended,
    /// The main process is over, and with it the program.
    MainEnded(Ending, Box<Process>),
}

/// Gives a process one slice. Its state says queued, and it is in no queue.
pub fn advance(runtime: &Arc<Runtime>, control: &Arc<Control>, ticks: i64) -> Step {
    let mut body = control.body();
    control.set_running();
    if matches!(&*body, Body::Newborn(_))
        && let Body::Newborn(newborn) = std::mem::replace(&mut *body, Body::Gone)
    {
        *body = Body::Living(begin(runtime, *newborn));
    }
    let Body::Living(process) = &mut *body else { return Step::Ended };
    let Some(local) = of_process(process) else { return Step::Ended };
    local.come_inside();
    if let Some(key) = local.wait.take() {
        runtime.host.remove_timer(key);
    }
    local.receive_signals();
    let outcome = if local.exit.is_some() {
        Outcome::Suspended
    } else {
        if process.awaits_result()
            && let Some((_, mut kept, local)) = parts_of_process(process)
            && let Some(message) = local.handed_over(&mut kept)
        {
            process.give_result(message);
        }
        run_slice(process, ticks)
    };
    let Some(mut local) = of_process(process) else { return Step::Ended };
    if local.rare.as_ref().is_some_and(|rare| !rare.reports.is_empty()) {
        report_children(runtime, process);
        let Some(own) = of_process(process) else { return Step::Ended };
        local = own;
    }
    let wait = match outcome {
        Outcome::Suspended if local.exit.is_none() => {
            control.set_queued();
            return Step::Suspended;
        }
        Outcome::Parked(wait) if local.exit.is_none() => wait,
        outcome => {
            let Body::Living(process) = std::mem::replace(&mut *body, Body::Gone) else { return Step::Ended };
            drop(body);
            return end(runtime, control, process, outcome);
        }
    };
    let milliseconds = match wait {
        Wait::Sleep { milliseconds } => Some(milliseconds),
        Wait::Message { milliseconds } => milliseconds,
        Wait::Event(_) => None,
    };
    if let Some(milliseconds) = milliseconds {
        let time = runtime.host.now_us().saturating_add(milliseconds.saturating_mul(1000));
        local.wait = Some(runtime.host.add_timer(time, Event::Wake(control.clone())));
    }
    if std::mem::take(&mut local.hibernates) {
        give_back(process);
    }
    drop(body);
    control.count_slice();
    if control.park() { Step::Waits } else { Step::Notified }
}

/// Frees what a waiting process does not need.
fn give_back(process: &mut Process) {
    process.shrink();
    process.attachment.values.shrink_to_fit();
    if let Some(local) = of_process(process) {
        local.shrink();
    }
}

/// As `give_back`, for a process that waits since a slice of that number, which somebody may be about to run.
pub fn shrink_idle(control: &Control, slices: u32) -> bool {
    let Some(mut body) = control.try_body() else { return false };
    if !control.is_waiting() || control.slices() != slices {
        return false;
    }
    if let Body::Living(process) = &mut *body {
        give_back(process);
    }
    true
}

/// The first slice of a process: its code arrives in its heap.
fn begin(runtime: &Arc<Runtime>, newborn: Newborn) -> Box<Process> {
    let mut process = Box::new(Process::new(&runtime.vm, newborn.config));
    attach(&mut process, newborn.local);
    let code = process.heap.adopt(newborn.code);
    // Whoever spawned it made sure that the function takes the arguments; where a limit does not let the process
    // begin, its first run says so.
    if let Some(parts) = code.as_tuple()
        && let [function, script, arguments @ ..] = parts.elements()
    {
        process.set_script(*script);
        let _ = process.start(*function, arguments);
    }
    process
}

/// A process is over, by its own outcome or by a signal that came before it.
fn end(runtime: &Arc<Runtime>, control: &Arc<Control>, mut process: Box<Process>, outcome: Outcome) -> Step {
    if runtime.is_main(control) {
        return Step::MainEnded(ending_of(&mut process, outcome), process);
    }
    let (signal, outcome) = signal_or_outcome(&mut process, outcome);
    if signal.is_none() {
        report_end(runtime, control, &mut process, outcome);
    }
    let is_signalled = signal.is_some();
    let reason = signal.unwrap_or_else(|| reason_of(runtime, &mut process, outcome));
    report_tasks(runtime, &mut process);
    if control.task.is_some() {
        let progress = progress_of(&mut process, outcome, &reason, is_signalled);
        runtime.finish_task(control, progress);
    }
    // What the process alone has is released before others hear of its end: sockets above all.
    let local = process.attachment.data.take().and_then(|data| data.downcast::<Local>().ok());
    drop(process);
    if let Some(mut local) = local {
        runtime.end(&mut local, &reason);
    }
    Step::Ended
}

/// How the main process ended.
pub fn ending_of(process: &mut Process, outcome: Outcome) -> Ending {
    match signal_or_outcome(process, outcome) {
        (Some(reason), _) => Ending::Signal(text_of(&mut process.heap, reason.value())),
        (None, outcome) => Ending::Outcome(outcome),
    }
}

/// The signal that ended a process, or how it ended otherwise.
fn signal_or_outcome(process: &mut Process, outcome: Outcome) -> (Option<Reason>, Outcome) {
    // Its own end stands over a signal that it did not see any more.
    let own =
        matches!(outcome, Outcome::Done(_) | Outcome::Raised(_) | Outcome::Limit(_) | Outcome::Internal(_));
    let local = of_process(process).filter(|_| !own);
    let (signal, over) = local.map_or((None, None), |local| (local.exit.take(), local.over.take()));
    // A limit that others or a timer found passed is one like those that the process runs into itself.
    match over {
        Some(limit) => (None, Outcome::Limit(limit)),
        None => (signal, outcome),
    }
}

/// The exit reason of a process that ended by itself.
fn reason_of(runtime: &Runtime, process: &mut Process, outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Done(_) => Reason::Shared(runtime.symbols.normal),
        Outcome::Raised(value) | Outcome::Exited(value) => Reason::of(&mut process.heap, value)
            .unwrap_or_else(|_| {
                let text = text_of(&mut process.heap, value);
                crate::reason::message(&runtime.shared, |heap| Ok(heap.string(&text)?))
                    .map_or(Reason::Shared(runtime.symbols.internal), Reason::from)
            }),
        Outcome::Limit(limit) => runtime.limit_reason(limit),
        Outcome::Internal(_) => Reason::Shared(runtime.symbols.internal),
        Outcome::Suspended | Outcome::Parked(_) => Reason::Shared(runtime.symbols.killed),
    }
}

/// Errors, limits and defects are reported; a task's error is its owner's business.
fn report_end(runtime: &Runtime, control: &Control, process: &mut Process, outcome: Outcome) {
    let cause = match outcome {
        Outcome::Raised(_) | Outcome::Limit(_) if is_supervised(process) => return,
        Outcome::Raised(value) if control.task.is_none() => Cause::Raised(value),
        Outcome::Limit(limit) => Cause::Limit(limit),
        Outcome::Internal(problem) => Cause::Internal(problem),
        _ => return,
    };
    let names = runtime.names_of(control);
    (runtime.report)(Report { pid: control.pid, names, cause, process });
}

/// What became of the task that a process computed.
fn progress_of(process: &mut Process, outcome: Outcome, reason: &Reason, is_signalled: bool) -> Progress {
    let (value, is_done) = match outcome {
        _ if is_signalled => return Progress::Down(reason.clone()),
        Outcome::Done(value) => (value, true),
        Outcome::Raised(value) => (value, false),
        _ => return Progress::Down(reason.clone()),
    };
    match process.heap.copy_message(value) {
        Ok(fragment) if is_done => Progress::Done(fragment),
        Ok(fragment) => Progress::Failed(fragment),
        Err(_) => Progress::Down(reason.clone()),
    }
}

/// Failures of tasks that their owner never awaited, and now never will.
pub fn report_tasks(runtime: &Runtime, process: &mut Process) {
    let tasks = of_process(process).and_then(|local: &mut Local| local.relations()).map(|known| &known.tasks);
    let tasks: Vec<_> = tasks.into_iter().flat_map(|tasks| tasks.values().cloned()).collect();
    let Some(own) = of_process(process).map(|local| local.control.clone()) else { return };
    for task in tasks {
        let Some(failed) = task.take_failure() else { continue };
        let value = process.heap.adopt(failed);
        let owner_names = runtime.names_of(&own);
        let cause = Cause::TaskFailed { error: value, owner: own.pid, owner_names };
        (runtime.report)(Report { pid: task.pid(), names: Vec::new(), cause, process });
    }
}

/// Whether a supervisor reports the end of the process, together with what it does then.
fn is_supervised(process: &mut Process) -> bool {
    of_process(process).and_then(|local: &mut Local| local.rare.as_ref()).is_some_and(|rare| rare.supervised)
}

/// What a supervisor has to report of its children.
pub fn report_children(runtime: &Runtime, process: &mut Process) {
    let Some(local) = of_process(process) else { return };
    let pid = local.control.pid;
    let Some(rare) = local.rare.as_mut().filter(|rare| !rare.reports.is_empty()) else { return };
    for ChildReport { child, reason, decision } in std::mem::take(&mut rare.reports) {
        let Ok(reason) = reason.copy_into(&mut process.heap) else { continue };
        let cause = Cause::Child { child, reason, decision };
        (runtime.report)(Report { pid, names: Vec::new(), cause, process });
    }
}

/// A value as a report shows it.
fn text_of(heap: &mut Heap, value: Value) -> String {
    let mut text = String::new();
    if heap::write_structure(heap, value, &mut text).is_err() {
        text.push_str("a value that cannot be shown");
    }
    text
}
