//! Running programs: files, sources, single expressions, tests.

use bytecode::Unit;
use vm::{ModuleId, Output};

use crate::MachineCodeOf;
use crate::engine::Engine;
use crate::execution::Execution;
use crate::failure::Failure;
use crate::output::StandardOutput;
use crate::profile::Profile;

/// What one `test "..." { }` block did.
#[derive(Clone, Debug)]
pub struct TestResult {
    pub name: String,
    pub failure: Option<Failure>,
}

/// What was observed of the last run.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub collector_report: String,
    pub machine_code_report: String,
    /// How often optimised code was left for each reason, where the settings have each guard fail once.
    pub exits: Vec<(&'static str, u64)>,
    /// Functions in machine code with the paths of their modules, where steps were counted.
    pub machine_code: Vec<(String, MachineCodeOf)>,
    pub instructions: u64,
    /// Where the time went, where that was asked for.
    pub profile: Profile,
}

impl Engine {
    /// Runs a program from a file: `.dn`, `.dnb`, or `-` for standard input.
    pub fn run_file(&self, path: &str) -> Result<(), Failure> {
        let program = self.compile_file(path)?;
        self.run_unit(program.into_unit())
    }

    /// Runs a program from a text; the path is what reports and relative imports call it.
    pub fn run_source(&self, path: &str, text: &str) -> Result<(), Failure> {
        let program = self.compile_source(path, text)?;
        self.run_unit(program.into_unit())
    }

    /// Runs a unit. It is validated first, wherever it comes from.
    pub fn run_unit(&self, unit: Unit) -> Result<(), Failure> {
        self.run_unit_into(unit, Box::new(StandardOutput::new()))
    }

    /// As `run_unit`, with what the program prints going elsewhere.
    pub fn run_unit_into(&self, unit: Unit, output: Box<dyn Output>) -> Result<(), Failure> {
        let mut execution = Execution::new(&self.settings, self.modules.clone(), output);
        let result = self.run_main(&mut execution, unit);
        self.finish(&mut execution);
        result
    }

    /// Runs a text and prints the value of its last expression, unless that is nil.
    pub fn eval(&self, text: &str) -> Result<(), Failure> {
        let program = self.compile_printing("<eval>", text)?;
        self.run_unit(program.into_unit())
    }

    /// Runs the tests of a file whose names are wanted, each after the file's top level in a process of its own.
    pub fn test_file(
        &self,
        path: &str,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<TestResult>, Failure> {
        if let Some(front_end) = self.settings.front_ends.of_path(path) {
            return self.test_notation(&front_end, path);
        }
        let unit = self.compile_file(path)?.into_unit();
        let mut results = Vec::new();
        for index in 0..unit.tests.len() {
            let name = unit.tests[index].0.clone();
            if is_wanted(&name) {
                let mut execution = self.execution();
                let failure = run_test(&mut execution, unit.clone(), index).err();
                self.finish(&mut execution);
                results.push(TestResult { name, failure });
            }
        }
        Ok(results)
    }

    /// What was compiled to machine code during the last run, for people.
    pub fn machine_code_report(&self) -> String {
        self.observed().machine_code_report.clone()
    }

    /// The functions of the last run that were compiled to machine code, with the paths of their modules, where the
    /// settings count steps.
    pub fn machine_code(&self) -> Vec<(String, MachineCodeOf)> {
        self.observed().machine_code.clone()
    }

    /// How often optimised code was left for each reason during the last run, where the settings have each guard fail.
    pub fn exits(&self) -> Vec<(&'static str, u64)> {
        self.observed().exits.clone()
    }

    /// What the collector did in the last run, as text.
    pub fn collector_report(&self) -> String {
        self.observed().collector_report.clone()
    }

    /// Where the time of the last run went; empty unless the settings ask for samples.
    pub fn profile(&self) -> Profile {
        self.observed().profile.clone()
    }

    /// How many instructions the last run took; 0 unless they were counted.
    pub fn instructions(&self) -> u64 {
        self.observed().instructions
    }

    pub(crate) fn execution(&self) -> Execution {
        Execution::new(&self.settings, self.modules.clone(), Box::new(StandardOutput::new()))
    }

    fn run_main(&self, execution: &mut Execution, unit: Unit) -> Result<(), Failure> {
        let module = execution.link(unit)?;
        execution.run(module)?;
        Ok(())
    }

    /// Makes output visible and keeps what was observed.
    pub(crate) fn finish(&self, execution: &mut Execution) {
        execution.report_tasks();
        execution.vm().output().flush();
        *self.observed() = execution.observed();
    }
}

fn run_test(execution: &mut Execution, unit: Unit, index: usize) -> Result<(), Failure> {
    let module: ModuleId = execution.link(unit)?;
    execution.run(module)?;
    let tests = execution.vm().tests(module);
    match tests.get(index) {
        Some((_, function)) => execution.call(*function, &[]).map(drop),
        None => Ok(()),
    }
}
