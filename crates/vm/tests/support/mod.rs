//! A VM for tests: a `print`, no library, output kept in memory.

use std::sync::Arc;

use bytecode::Unit;
use heap::Value;
use vm::{
    BuiltinRow, Cx, Exit, LoadError, Loader, MemoryOutput, Outcome, Process, ProcessConfig, Vm, VmConfig,
    builtin_fact,
};

const ROWS: &[&[BuiltinRow]] = &[&[
    BuiltinRow {
        name: "print",
        signature: "(...values)",
        doc: "Writes values.",
        facts: builtin_fact::ALLOCATES,
        slow: None,
        run: print,
    },
    BuiltinRow {
        name: "exit",
        signature: "(reason)",
        doc: "Ends the process.",
        facts: 0,
        slow: None,
        run: exit,
    },
    BuiltinRow {
        name: "garbage",
        signature: "(bytes)",
        doc: "Allocates that much and drops it.",
        facts: builtin_fact::ALLOCATES,
        slow: None,
        run: garbage,
    },
    BuiltinRow { name: "panic", signature: "()", doc: "Panics.", facts: 0, slow: None, run: panic },
]];

fn panic(_: &mut Cx<'_>, _: &[Value]) -> Result<Value, Exit> {
    panic!("as the test wants")
}

fn print(cx: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    let mut line = String::new();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            line.push(' ');
        }
        heap::write_str(cx.heap, *arg, &mut line)?;
    }
    line.push('\n');
    cx.write_out(&line);
    Ok(Value::NIL)
}

fn exit(_: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    Err(Exit::Terminate(args[0]))
}

fn garbage(cx: &mut Cx<'_>, args: &[Value]) -> Result<Value, Exit> {
    let bytes = cx.count_of(args[0], "the size")?;
    let elements = vec![Value::NIL; bytes / 8];
    cx.list(&elements)?;
    Ok(Value::NIL)
}

struct NoLibrary;

impl Loader for NoLibrary {
    fn library_method(&self, _: &str, _: &str) -> Option<Unit> {
        None
    }
    fn library_name(&self, _: &str) -> Option<Unit> {
        None
    }
    fn module(&self, path: &str, _: &str) -> Result<Unit, LoadError> {
        Err(LoadError::NotFound(path.to_string()))
    }
}

/// What a program did: its output and how it ended.
pub struct Run {
    pub output: String,
    pub outcome: Outcome,
    #[allow(dead_code)]
    pub process: Process,
}

/// What makes machine code, if anything does.
pub type TestTier = Option<Box<dyn vm::native::Tier>>;

/// A VM with the unit linked, the unit's top level, and where output goes.
#[allow(dead_code)]
pub fn machine(unit: Unit, tier: TestTier) -> (Vm, Value, Arc<MemoryOutput>) {
    let output = Arc::new(MemoryOutput::default());
    let config_of_vm =
        VmConfig { output: Box::new(output.clone()), seed: Some(1), tier, ..VmConfig::default() };
    let vm = Vm::new(config_of_vm, ROWS, Box::new(NoLibrary));
    let module = vm.link(unit).unwrap_or_else(|error| panic!("{error}"));
    let entry = vm.entry(module).expect("the unit has an entry");
    (vm, entry, output)
}

/// A process that is ready to run the unit's top level, and where its output goes.
#[allow(dead_code)]
fn prepare(unit: Unit, config: ProcessConfig, tier: TestTier) -> (Process, Arc<MemoryOutput>) {
    let (vm, entry, output) = machine(unit, tier);
    let mut process = Process::new(&vm, config);
    process.start(entry, &[]).expect("the entry takes no arguments");
    (process, output)
}

#[allow(dead_code)]
pub fn process(unit: Unit, config: ProcessConfig) -> Process {
    prepare(unit, config, None).0
}

#[allow(dead_code)]
pub fn run(text: &str, config: ProcessConfig) -> Run {
    run_with_tier(text, config, None)
}

#[allow(dead_code)]
pub fn run_with_tier(text: &str, config: ProcessConfig, tier: TestTier) -> Run {
    let unit = bytecode::text::assemble(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let (mut process, output) = prepare(unit, config, tier);
    let outcome = process.run();
    Run { output: output.take(), outcome, process }
}
