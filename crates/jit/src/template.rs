//! The template tier's compiler: one pass over the bytecode, one template for each instruction.
//!
//! Every instruction has an address of its own in the machine code, and between instructions the frame is exactly
//! what the interpreter would have made of it. So machine code can be entered and left at any instruction, and an
//! instruction without a template is handed to the interpreter's own step.
//!
//! SAFETY contract: linked code is validated, so its operands are in range.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytecode::{Op, Word};
use heap::Value;
use vm::code::{Entry, Profile};
use vm::native::{NOWHERE, ObjectCache};
use vm::quick::{Quick, generic_of};

use crate::family::{Family, Right, family};
use crate::masm::{Arithmetic, CellPlace, Comparison, KnownCall, Label, MacroAssembler, Operand, Test};

/// Machine code for one function, not yet in place.
pub struct Compiled {
    pub code: Vec<u8>,
    /// For each word of the bytecode, where its instruction starts in the code; `NOWHERE` inside instructions.
    pub offsets: Box<[u32]>,
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
    fallback: u64,
    /// Counters of steps, one for each word, where somebody wants to know.
    steps: Option<&'static [AtomicU64]>,
    /// Where the next instruction to compile starts.
    next_index: usize,
}

/// Compiles a function.
/// Calls of functions without machine code go to `fallback`.
pub fn compile<M: MacroAssembler>(
    entry: &Entry,
    mut masm: M,
    fallback: u64,
    steps: Option<&'static [AtomicU64]>,
) -> Compiled {
    let words = entry.code.words.len();
    let labels = (0..=words).map(|_| masm.new_label()).collect();
    let offsets = vec![NOWHERE; words].into_boxed_slice();
    let mut compiler =
        Compiler { masm, entry, labels, cold: Vec::new(), offsets, next_index: 0, fallback, steps };
    while let Some(site) = compiler.site(compiler.next_index) {
        compiler.next_index = site.index + site.op.words();
        compiler.open(site);
        compiler.instruction(site);
    }
    // Validated code ends in an instruction that leads elsewhere.
    compiler.masm.bind(compiler.labels[words]);
    compiler.masm.trap();
    compiler.finish_cold();
    Compiled { code: compiler.masm.finish(), offsets: compiler.offsets }
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
                    self.step_at(index);
                    let behind = index + self.words_at(index);
                    self.masm.jump(self.labels[behind]);
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

    fn instruction(&mut self, site: Site) {
        let word = site.word;
        let (a, b) = (word.a(), word.b());
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
            Family::Not => self.masm.not(a, b),
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
            Family::Call => self.call_value(site),
            Family::CallConst => self.call_const(site),
            Family::CallMethod => self.call_method(site),
            Family::GetField => self.get_field(site),
            Family::SetField => self.set_field(site),
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
            Family::Step => self.step(site),
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

    fn step(&mut self, site: Site) {
        self.step_at(site.index);
    }

    fn step_at(&mut self, index: usize) {
        let counter = self.steps.map(|steps| std::ptr::from_ref(&steps[index]).expose_provenance() as u64);
        let at = self.address(index);
        self.masm.step(at, counter);
    }

    /// Words of the instruction that starts at this one.
    fn words_at(&self, index: usize) -> usize {
        self.site(index).map_or(1, |site| site.op.words())
    }

    fn arithmetic(&mut self, site: Site, operation: Arithmetic, right: Right) {
        let Some(right) = self.number(site, right) else { return self.step(site) };
        let slow = self.slow(site);
        self.masm.arithmetic(operation, site.word.a(), site.word.b(), right, slow);
    }

    /// A comparison, with the branch behind it where that tests its result.
    fn comparison(&mut self, site: Site, comparison: Comparison, right: Right) {
        let Some(right) = self.number(site, right) else { return self.step(site) };
        let slow = self.slow(site);
        let operands = (site.word.a(), site.word.b(), right);
        let branch = self.site(site.index + site.op.words()).filter(|branch| {
            matches!(branch.op, Op::JumpIfFalse | Op::JumpIfTrue | Op::LoopIfTrue)
                && branch.word.a() == site.word.a()
                && branch.index + 1 < self.offsets.len()
        });
        let Some(branch) = branch else {
            return self.masm.compare(comparison, operands.0, operands.1, right, slow);
        };
        // The branch alone is still made, among the cold code, for those who come to it another way.
        self.cold.push(Cold::Branch(branch));
        self.next_index = branch.index + 1;
        let target = self.target(branch, branch.word.sbx());
        if branch.op == Op::LoopIfTrue {
            let behind = self.labels[branch.index + 1];
            self.masm.compare_and_jump(comparison, operands, false, behind, slow);
            self.back(target);
        } else {
            let wanted = branch.op == Op::JumpIfTrue;
            self.masm.compare_and_jump(comparison, operands, wanted, self.labels[target], slow);
        }
    }

    fn jump_if(&mut self, site: Site, test: Test) {
        let offset = if site.op.words() == 2 { site.second.0 as i32 } else { site.word.sbx() };
        let target = self.labels[self.target(site, offset)];
        self.masm.jump_if(test, site.word.a(), target);
    }

    /// Goes back to the instruction at `target` for a tick of fuel.
    fn back(&mut self, target: usize) {
        let pc = self.address(target);
        let poll = self.poll(pc);
        self.masm.tick(poll);
        self.masm.jump(self.labels[target]);
    }

    fn loop_if(&mut self, site: Site) {
        let offset = if site.op.words() == 2 { site.second.0 as i32 } else { site.word.sbx() };
        let target = self.target(site, offset);
        let on = self.masm.new_label();
        self.masm.jump_if(Test::Falsy, site.word.a(), on);
        self.back(target);
        self.masm.bind(on);
    }

    fn next(&mut self, site: Site) {
        let target = self.target(site, site.second.0 as i32);
        let (slow, on) = (self.slow(site), self.masm.new_label());
        self.masm.next(site.word.a(), on, slow);
        self.back(target);
        self.masm.bind(on);
    }

    fn call_const(&mut self, site: Site) {
        let callee = self.constant(site.second.low());
        let plain = vm::class::entry_of(callee)
            .filter(|entry| entry.arity as usize == site.word.b() && site.word.c() == 0);
        let Some(entry) = plain else { return self.step(site) };
        let slow = self.slow(site);
        self.call_entry(site, callee, entry, slow);
    }

    /// A method of objects of one class, where the interpreter has found it to be a function.
    fn call_method(&mut self, site: Site) {
        let cache = self.cache(site);
        let method = match site.quick {
            Some(Quick::CallMethodInstance) => self.entry.sibling(cache.found),
            _ => None,
        };
        let Some(method) = method else { return self.step(site) };
        let slow = self.slow(site);
        self.masm.check_object(site.word.a() + 3, cache, slow);
        self.call_entry(site, method.function, method, slow);
    }

    fn call_entry(&mut self, site: Site, callee: Value, entry: &'static Entry, slow: Label) {
        let call = KnownCall {
            window: site.word.a(),
            callee,
            profile: entry.profile.word(),
            frame_bytes: entry.frame_bytes,
            return_pc: self.address(site.index + 2),
            entry_cell: entry.call_cell(self.fallback),
        };
        let poll = self.call_poll(site);
        self.masm.call_known(&call, slow, poll);
    }

    fn call_value(&mut self, site: Site) {
        if site.word.c() != 0 {
            return self.step(site);
        }
        let (slow, poll) = (self.slow(site), self.call_poll(site));
        let return_pc = self.address(site.index + 2);
        self.masm.call_value(site.word.a(), site.word.b(), return_pc, slow, poll);
    }

    fn call_poll(&mut self, site: Site) -> Label {
        let label = self.masm.new_label();
        self.cold.push(Cold::CallPoll(label, site.index));
        label
    }

    /// What the interpreter has found at this site.
    fn cache(&self, site: Site) -> ObjectCache {
        // SAFETY: validated code names caches that there are.
        ObjectCache::from_word(unsafe { self.profile().cache(site.second.high()) })
    }

    fn get_field(&mut self, site: Site) {
        if site.quick != Some(Quick::GetFieldInstance) {
            return self.step(site);
        }
        let (cache, slow) = (self.cache(site), self.slow(site));
        self.masm.get_field(site.word.a(), site.word.b(), cache, slow);
    }

    fn set_field(&mut self, site: Site) {
        if site.quick != Some(Quick::SetFieldInstance) {
            return self.step(site);
        }
        let (cache, slow) = (self.cache(site), self.slow(site));
        self.masm.set_field(site.word.a(), site.word.b(), cache, slow);
    }
}
