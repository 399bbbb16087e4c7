//! The template tier's compiler: one pass over the bytecode, one template for each instruction.
//!
//! Every instruction has an address of its own in the machine code, and between instructions the frame is exactly
//! what the interpreter would have made of it. So machine code can be entered and left at any instruction, and an
//! instruction without a template is handed to the interpreter's own step.
//!
//! SAFETY contract: linked code is validated, so its operands are in range.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

mod calls;
mod dead;
mod hints;
mod loops;

use bytecode::{Capture, Op, Word};
use heap::Value;
use vm::code::{Entry, Profile};
use vm::native::{Asked, NOWHERE, ObjectCache};
use vm::native_step::goes_on;
use vm::quick::{Quick, generic_of};

use crate::family::{Family, Right, family};
use crate::masm::{
    Arithmetic, CellPlace, Comparison, FieldAccess, FieldPlace, Handover, Label, LengthTest, MacroAssembler,
    New, Operand, Outcome, Test,
};
use hints::Hints;

/// Machine code for one function, not yet in place.
pub struct Compiled {
    pub code: Vec<u8>,
    /// For each word of the bytecode, where its instruction starts in the code; `NOWHERE` inside instructions.
    pub offsets: Box<[u32]>,
    /// A cell for optimised code of each loop, by the word of its header.
    pub loops: Box<[(u32, AtomicU64)]>,
}

/// The value that `loads` names by a number.
fn special(number: usize) -> Value {
    [Value::NIL, Value::FALSE, Value::TRUE, Value::DONE, Value::UNDEF]
        .get(number)
        .copied()
        .unwrap_or(Value::NIL)
}

/// One instruction as the compiler sees it.
#[derive(Clone, Copy)]
struct Site {
    op: Op,
    /// The form that the interpreter has found to fit.
    quick: Option<Quick>,
    word: Word,
    second: Word,
    /// Index of the first word.
    index: usize,
}

/// Code to make behind the fast paths.
enum Cold {
    /// Run the instruction at this word by the interpreter's step.
    Slow(Label, usize),
    /// The fuel is used up on the way to this address of bytecode.
    Poll(Label, u64),
    /// The fuel is used up at the start of what the call at this word has called.
    CallPoll(Label, usize),
    /// A conditional branch whose usual work is done by the comparison before it.
    Branch(Site),
}

struct Compiler<'a, M> {
    masm: M,
    entry: &'a Entry,
    /// One for each word, and one for the end.
    labels: Vec<Label>,
    cold: Vec<Cold>,
    offsets: Box<[u32]>,
    loops: Box<[(u32, AtomicU64)]>,
    fallback: u64,
    hints: Hints,
    asked: &'a Asked<'a>,
    /// Counters of steps, one for each word, where somebody wants to know.
    steps: Option<&'static [AtomicU64]>,
    /// Where the next instruction to compile starts.
    next_index: usize,
}

/// Compiles a function.
/// Calls of functions without machine code go to `fallback`.
pub fn compile<M: MacroAssembler>(
    entry: &Entry,
    asked: &Asked<'_>,
    mut masm: M,
    fallback: u64,
    steps: Option<&'static [AtomicU64]>,
    has_optimiser: bool,
) -> Compiled {
    let words = entry.code.words.len();
    let labels = (0..=words).map(|_| masm.new_label()).collect();
    let offsets = vec![NOWHERE; words].into_boxed_slice();
    let mut compiler = Compiler {
        masm,
        entry,
        labels,
        cold: Vec::new(),
        offsets,
        loops: if has_optimiser { loop_cells(entry) } else { Box::default() },
        next_index: 0,
        fallback,
        hints: Hints::new(asked.registers),
        asked,
        steps,
    };
    while let Some(site) = compiler.site(compiler.next_index) {
        compiler.next_index = site.index + site.op.words();
        compiler.open(site);
        compiler.instruction(site);
    }
    // Validated code ends in an instruction that leads elsewhere.
    compiler.masm.bind(compiler.labels[words]);
    compiler.masm.trap();
    compiler.masm.finish_late();
    compiler.finish_cold();
    // Branches among the cold code may have put off code, too; it needs no more cold code.
    compiler.masm.finish_late();
    Compiled { code: compiler.masm.finish(), offsets: compiler.offsets, loops: compiler.loops }
}

/// A cell for each loop of a function, none set.
fn loop_cells(entry: &Entry) -> Box<[(u32, AtomicU64)]> {
    let mut headers = Vec::new();
    let words = &entry.code.words;
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let word = Word(word.load(Relaxed));
        let Some(op) = generic_of(word.op_byte()) else { break };
        let second = words.get(index + 1).map_or(0, |word| word.load(Relaxed)) as i32;
        let offset = match op {
            Op::Loop => Some(word.sj()),
            Op::LoopIfTrue => Some(word.sbx()),
            Op::LoopIfTrueWide | Op::Next => Some(second),
            _ => None,
        };
        index += op.words();
        if let Some(offset) = offset {
            headers.push(index.wrapping_add_signed(offset as isize) as u32);
        }
    }
    headers.sort_unstable();
    headers.dedup();
    headers.into_iter().map(|header| (header, AtomicU64::new(0))).collect()
}

impl<M: MacroAssembler> Compiler<'_, M> {
    fn site(&self, index: usize) -> Option<Site> {
        let words = &self.entry.code.words;
        let word = Word(words.get(index)?.load(Relaxed));
        let second = Word(words.get(index + 1).map_or(0, |word| word.load(Relaxed)));
        let op = generic_of(word.op_byte())?;
        Some(Site { op, quick: Quick::from_byte(word.op_byte()), word, second, index })
    }

    /// The instruction's code starts here.
    fn open(&mut self, site: Site) {
        self.offsets[site.index] = self.masm.offset() as u32;
        self.masm.bind(self.labels[site.index]);
        // The word inside an instruction is no place to go to, but its label must stand somewhere.
        for inner in site.index + 1..(site.index + site.op.words()).min(self.offsets.len()) {
            self.masm.bind(self.labels[inner]);
        }
    }

    fn address(&self, index: usize) -> u64 {
        self.entry.code.words.as_ptr().wrapping_add(index).expose_provenance() as u64
    }

    fn profile(&self) -> Profile {
        self.entry.profile
    }

    fn constant(&self, index: usize) -> Value {
        // SAFETY: validated code names constants that there are.
        unsafe { self.profile().constant(index) }
    }

    /// A label behind which the instruction is run by the interpreter's step.
    fn slow(&mut self, site: Site) -> Label {
        let label = self.masm.new_label();
        self.cold.push(Cold::Slow(label, site.index));
        label
    }

    fn poll(&mut self, pc: u64) -> Label {
        let label = self.masm.new_label();
        self.cold.push(Cold::Poll(label, pc));
        label
    }

    fn finish_cold(&mut self) {
        while let Some(cold) = self.cold.pop() {
            match cold {
                Cold::Slow(label, index) => {
                    self.masm.bind(label);
                    self.slow_step(index);
                }
                Cold::Poll(label, pc) => {
                    self.masm.bind(label);
                    self.masm.run_poll(pc);
                }
                Cold::CallPoll(label, index) => {
                    self.masm.bind(label);
                    let at = self.address(index);
                    self.masm.call_poll(at);
                }
                Cold::Branch(site) => {
                    self.open(site);
                    self.instruction(site);
                    self.masm.jump(self.labels[site.index + site.op.words()]);
                }
            }
        }
    }

    /// The word index that a jump of this site goes to.
    fn target(&self, site: Site, offset: i32) -> usize {
        (site.index + site.op.words()).wrapping_add_signed(offset as isize)
    }

    // A table: one arm for each family.
    #[allow(clippy::too_many_lines)]
    fn instruction(&mut self, site: Site) {
        let word = site.word;
        let (a, b) = (word.a(), word.b());
        self.hint(site);
        match family(site.op) {
            Family::Nothing => {}
            Family::Move => self.masm.copy(a, b),
            Family::LoadInt => self.masm.load(a, Value::int32(word.sbx())),
            Family::LoadSpecial => self.masm.load(a, special(word.bx())),
            Family::LoadConst => {
                let constant = self.constant(word.bx());
                self.masm.load(a, constant);
            }
            Family::LoadConstWide => {
                let constant = self.constant(site.second.0 as usize);
                self.masm.load(a, constant);
            }
            Family::LoadCallee => self.masm.load_callee(a),
            Family::Capture => self.masm.load_capture(a, word.bx()),
            Family::CaptureCell => {
                let slow = self.slow(site);
                self.masm.load_cell(a, CellPlace::Capture(word.bx()), slow);
            }
            Family::Cell => {
                let slow = self.slow(site);
                self.masm.load_cell(a, CellPlace::Register(b), slow);
            }
            Family::SetCell => {
                let slow = self.slow(site);
                self.masm.store_cell(CellPlace::Register(a), b, slow);
            }
            Family::SetCaptureCell => {
                let slow = self.slow(site);
                self.masm.store_cell(CellPlace::Capture(word.bx()), a, slow);
            }
            Family::Module => self.module(site),
            Family::Not => self.masm.not(a, b),
            Family::Negate => {
                let slow = self.slow(site);
                self.masm.negate(a, b, slow);
            }
            Family::Arithmetic(operation, right) => self.arithmetic(site, operation, right),
            Family::Compare(comparison, right) => self.comparison(site, comparison, right),
            Family::Jump => self.masm.jump(self.labels[self.target(site, word.sj())]),
            Family::JumpIf(test) => self.jump_if(site, test),
            Family::Loop => self.back(self.target(site, word.sj())),
            Family::LoopIf => self.loop_if(site),
            Family::Return => {
                let slow = self.slow(site);
                self.masm.return_value(a, slow);
            }
            Family::ReturnNil => {
                let slow = self.slow(site);
                self.masm.return_nil(slow);
            }
            Family::Call | Family::CallConst | Family::CallMethod | Family::TailCallConst => self.call(site),
            Family::Field { is_store } => self.field(site, is_store),
            Family::GetSlot => {
                let slow = self.slow(site);
                self.masm.load_slot(a, b, word.c(), slow);
            }
            Family::SetSlot => {
                let slow = self.slow(site);
                self.masm.store_slot(a, word.c(), b, slow);
            }
            Family::NewCell => self.make(site, New::Cell(b)),
            Family::NewTuple if word.c() > 0 => {
                self.make(site, New::Tuple { first: b, count: word.c() });
            }
            Family::NewList if word.c() == 0 => self.make(site, New::EmptyList),
            Family::NewInstance => self.new_instance(site),
            Family::Closure => self.closure(site),
            Family::Range { inclusive } => self.range(site, inclusive),
            Family::Iter => {
                let slow = self.slow(site);
                self.masm.iterate_sequence(a, b, slow);
            }
            Family::Length { is_tuple, or_more } => self.test_length(site, is_tuple, or_more),
            Family::Index(right) => {
                let slow = self.slow(site);
                let index = self.operand(site, right);
                self.masm.list_get(a, b, index, slow);
            }
            Family::SetIndex => {
                let slow = self.slow(site);
                self.masm.list_set(a, b, word.c(), slow);
            }
            Family::Next => self.next(site),
            Family::Yield => {
                let (at, behind) = (self.address(site.index), site.index + 1);
                self.masm.yield_value(Handover { at, value: b, to: a, behind });
            }
            Family::NewTuple | Family::NewList | Family::Step => self.step(site),
        }
    }

    /// Notes what is known of the register that an instruction writes.
    fn hint(&mut self, site: Site) {
        let a = site.word.a();
        match family(site.op) {
            Family::Move => self.hints.copy(a, site.word.b()),
            Family::LoadInt => self.hints.note(a, Some(false)),
            Family::LoadConst => {
                let is_float = self.constant(site.word.bx()).is_float();
                self.hints.note(a, Some(is_float));
            }
            // They note it themselves, after they have asked about their operands.
            Family::Arithmetic(..) | Family::Compare(..) => {}
            _ => self.hints.note(a, None),
        }
    }

    fn module(&mut self, site: Site) {
        let slow = self.slow(site);
        let slot = self.entry.slots.wrapping_add(site.word.bx()).expose_provenance() as u64;
        self.masm.load_module(site.word.a(), slot, slow);
    }

    fn call(&mut self, site: Site) {
        match site.op {
            Op::CallConst => self.call_const(site),
            Op::CallMethod => self.call_method(site),
            Op::TailCallConst => self.tail_call_const(site),
            _ => self.call_value(site),
        }
    }

    fn operand(&self, site: Site, right: Right) -> Operand {
        match right {
            Right::Register => Operand::Register(site.word.c()),
            Right::Immediate => Operand::Value(Value::int32(site.word.c_signed())),
            Right::Constant => Operand::Value(self.constant(site.word.c())),
        }
    }

    /// The operand if the fast paths know its kind.
    fn number(&self, site: Site, right: Right) -> Option<Operand> {
        match self.operand(site, right) {
            Operand::Value(value) if !value.is_int32() && !value.is_float() => None,
            operand => Some(operand),
        }
    }

    /// Hands an instruction to the interpreter's step.
    fn step(&mut self, site: Site) {
        let counter =
            self.steps.map(|steps| std::ptr::from_ref(&steps[site.index]).expose_provenance() as u64);
        let at = self.address(site.index);
        if goes_on(site.op) {
            self.masm.step(at, counter);
        } else {
            self.masm.leaving_step(at, counter);
        }
    }

    /// The same behind the fast paths: goes back to the way from there.
    fn slow_step(&mut self, index: usize) {
        let Some(site) = self.site(index) else { return };
        self.step(site);
        if site.op == Op::Next {
            let target = self.target(site, site.second.0 as i32);
            let turned = self.masm.new_label();
            self.masm.jump_if_jumped(turned);
            self.masm.jump(self.labels[index + site.op.words()]);
            self.masm.bind(turned);
            return self.turn(target);
        }
        if goes_on(site.op) {
            self.masm.jump(self.labels[index + site.op.words()]);
        }
    }

    fn arithmetic(&mut self, site: Site, operation: Arithmetic, right: Right) {
        let Some(operand) = self.number(site, right) else { return self.step(site) };
        let (a, b) = (site.word.a(), site.word.b());
        let slow = self.slow(site);
        if operation == Arithmetic::Mul
            && let Some((to, reduction)) = self.reduction(site)
        {
            let (plain, done) = (self.masm.new_label(), self.labels[site.index + 2]);
            self.masm.multiply_and_reduce((to, b, operand), reduction, plain, slow);
            self.masm.jump(done);
            self.masm.bind(plain);
        }
        let constant = match operand {
            Operand::Value(value) => Some(value),
            Operand::Register(_) => None,
        };
        let expects_floats = self.hints.expects_floats(site, right, constant);
        self.masm.arithmetic(operation, (a, b, operand), expects_floats, slow);
        self.hints.note(a, Some(expects_floats));
    }

    /// How the instruction behind a multiplication reduces its product, which nobody else sees, and where to.
    fn reduction(&self, site: Site) -> Option<(usize, (Arithmetic, i32))> {
        let behind = self.site(site.index + 1)?;
        let operation = match behind.op {
            Op::ModConst => Arithmetic::Mod,
            Op::BitAndConst => Arithmetic::And,
            _ => return None,
        };
        let (product, to) = (site.word.a(), behind.word.a());
        let constant = self.constant(behind.word.c()).as_int32().filter(|&constant| constant > 0)?;
        let is_alone = product == to || self.is_dead(product, [site.index + 2; 2]);
        (behind.word.b() == product && is_alone).then_some((to, (operation, constant)))
    }

    /// A comparison, with the branch behind it where that tests its result.
    fn comparison(&mut self, site: Site, comparison: Comparison, right: Right) {
        let operand = self.operand(site, right);
        let constant = match operand {
            Operand::Value(value) if value.kind().is_some() => return self.step(site),
            Operand::Value(value) => Some(value),
            Operand::Register(_) => None,
        };
        let (a, b) = (site.word.a(), site.word.b());
        let slow = self.slow(site);
        let expects_floats = self.hints.expects_floats(site, right, constant);
        self.hints.note(a, None);
        let branch = self.site(site.index + site.op.words()).filter(|branch| {
            matches!(branch.op, Op::JumpIfFalse | Op::JumpIfTrue | Op::LoopIfTrue)
                && branch.word.a() == a
                && branch.index + 1 < self.offsets.len()
        });
        let Some(branch) = branch else {
            return self.masm.compare(comparison, (b, operand), Outcome::Store(a), expects_floats, slow);
        };
        // The branch alone is still made, among the cold code, for those who come to it another way.
        self.cold.push(Cold::Branch(branch));
        self.next_index = branch.index + 1;
        let (target, behind) = (self.target(branch, branch.word.sbx()), branch.index + 1);
        let to = (!self.is_dead(a, [target, behind])).then_some(a);
        if branch.op == Op::LoopIfTrue {
            let outcome = Outcome::Jump { to, wanted: false, target: self.labels[behind] };
            self.masm.compare(comparison, (b, operand), outcome, expects_floats, slow);
            self.back(target);
        } else {
            let wanted = branch.op == Op::JumpIfTrue;
            let outcome = Outcome::Jump { to, wanted, target: self.labels[target] };
            self.masm.compare(comparison, (b, operand), outcome, expects_floats, slow);
        }
    }

    /// Whether nobody reads the register on the ways from these words.
    fn is_dead(&self, register: usize, starts: [usize; 2]) -> bool {
        dead::is_dead(register, starts, |index| self.site(index), &self.entry.code.handlers)
    }

    fn jump_if(&mut self, site: Site, test: Test) {
        let offset = if site.op.words() == 2 { site.second.0 as i32 } else { site.word.sbx() };
        let target = self.labels[self.target(site, offset)];
        self.masm.jump_if(test, site.word.a(), target);
    }

    /// What the interpreter has found at this site.
    fn cache_word(&self, site: Site) -> u64 {
        // SAFETY: validated code names caches that there are.
        unsafe { self.profile().cache(site.second.high()) }
    }

    fn cache_address(&self, site: Site) -> u64 {
        self.profile().cache_address(site.second.high())
    }

    /// The symbol that the site names, as the tables of the worker know it.
    fn name(&self, site: Site) -> u32 {
        self.constant(site.second.low()).bits() as u32
    }

    fn field(&mut self, site: Site, is_store: bool) {
        let (a, b) = (site.word.a(), site.word.b());
        let (object, value) = if is_store { (a, b) } else { (b, a) };
        let fits = matches!(site.quick, Some(Quick::GetFieldInstance | Quick::SetFieldInstance));
        let word = self.cache_word(site);
        let place = if fits && word != 0 {
            FieldPlace::Known(ObjectCache::from_word(word))
        } else {
            FieldPlace::Cached(self.cache_address(site))
        };
        let slow = self.slow(site);
        let access = FieldAccess { object, value, is_store, name: self.name(site), place };
        self.masm.field(access, slow);
    }

    fn closure(&mut self, site: Site) {
        let Some(prototype) = self.entry.code.prototypes.get(site.word.bx()) else { return self.step(site) };
        let captures: Vec<CellPlace> = prototype
            .captures
            .iter()
            .map(|capture| match *capture {
                Capture::Register(register) => CellPlace::Register(usize::from(register)),
                Capture::Outer(index) => CellPlace::Capture(usize::from(index)),
            })
            .collect();
        let entry = prototype.entry;
        let new = New::Closure {
            code: entry.word(),
            function: entry.function,
            arity: entry.arity,
            captures: &captures,
        };
        let slow = self.slow(site);
        self.masm.new_object(site.word.a(), new, slow);
    }

    fn make(&mut self, site: Site, new: New<'_>) {
        let slow = self.slow(site);
        self.masm.new_object(site.word.a(), new, slow);
    }

    fn new_instance(&mut self, site: Site) {
        match self.asked.plain_fields(self.constant(site.word.bx())) {
            Some((class, fields)) if fields > 0 => self.make(site, New::Instance { class, fields }),
            _ => self.step(site),
        }
    }

    /// A range that is iterated at once and then forgotten is never made.
    fn range(&mut self, site: Site, inclusive: bool) {
        let (a, b, c) = (site.word.a(), site.word.b(), site.word.c());
        let iter = self.site(site.index + 1).filter(|iter| iter.op == Op::Iter && iter.word.b() == a);
        let Some(iter) = iter else { return self.step(site) };
        let state = iter.word.a();
        let behind = iter.index + 1;
        if a != state && a != state + 1 && !self.is_dead(a, [behind, behind]) {
            return self.step(site);
        }
        let slow = self.slow(site);
        self.masm.iterate_range(state, (b, c), inclusive, slow);
        self.masm.jump(self.labels[behind]);
    }

    fn test_length(&mut self, site: Site, is_tuple: bool, or_more: bool) {
        let test = LengthTest { is_tuple, length: site.word.c(), or_more };
        self.masm.test_length(site.word.a(), site.word.b(), test);
    }
}
