//! The form as Cranelift's.
//!
//! The fuel is a variable of its own. Each state that guards use becomes one cold block, which stores what the frame
//! lacks and hands over; a guard is a branch to it.

use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, BlockArg, InstBuilder, MemFlagsData, SigRef, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, Variable};
use vm::code::Entry;
use vm::native::layout;
use vm::optimised::{ExitKind, ExitRecord, Raw};

use super::code::Named;
use super::exits::{GuardTest, Reason};
use super::thunks::Thunks;
use crate::ssa::build::{Refusal, Start};
use crate::ssa::dominance::Dominance;
use crate::ssa::form::{Block, ENTRY, End, Function, Operation, State, StateId, Type, Value};

/// What lowering needs to know besides the form.
#[derive(Clone, Copy)]
pub struct Target {
    pub entry: &'static Entry,
    pub start: Start,
    pub thunks: Thunks,
    /// What machine code calls for a function that has none.
    pub call_below: u64,
    pub artefact: u32,
    /// Guards that fail without need.
    pub guards: GuardTest,
}

pub(super) struct Lower<'a, 'b> {
    pub form: &'a Function,
    pub builder: FunctionBuilder<'b>,
    pub target: Target,
    blocks: FxHashMap<Block, ir::Block>,
    values: FxHashMap<Value, ir::Value>,
    exits: FxHashMap<StateId, ir::Block>,
    records: FxHashMap<StateId, u64>,
    named: Named,
    /// The operation that is being lowered.
    operation: Operation,
    pub fuel: Variable,
    pub state: ir::Value,
    pub base: ir::Value,
    signatures: FxHashMap<(usize, usize), SigRef>,
    /// A mistake of a pass: what was made is of no use.
    mistake: Option<Refusal>,
}

/// The signature of optimised code.
pub(super) fn signature() -> ir::Signature {
    signature_of(3, 2)
}

fn signature_of(arguments: usize, results: usize) -> ir::Signature {
    let mut signature = ir::Signature::new(CallConv::SystemV);
    signature.params = vec![AbiParam::new(types::I64); arguments];
    signature.returns = vec![AbiParam::new(types::I64); results];
    signature
}

pub(super) fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// Fills a function of Cranelift's; gives what its code names.
pub(super) fn lower(
    form: &Function,
    builder: FunctionBuilder<'_>,
    target: Target,
    isa: &dyn cranelift_codegen::isa::TargetIsa,
) -> Result<Named, Refusal> {
    let mut builder = builder;
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let [state, base, fuel_at_start] = [0, 1, 2].map(|index| builder.block_params(entry)[index]);
    let fuel = builder.declare_var(types::I64);
    builder.def_var(fuel, fuel_at_start);
    let mut lower = Lower {
        form,
        builder,
        target,
        blocks: FxHashMap::default(),
        values: FxHashMap::default(),
        exits: FxHashMap::default(),
        records: FxHashMap::default(),
        named: Named::default(),
        operation: Operation::Poll,
        fuel,
        state,
        base,
        signatures: FxHashMap::default(),
        mistake: None,
    };
    lower.function(entry);
    let mistake = lower.mistake;
    lower.builder.seal_all_blocks();
    lower.builder.finalize(isa.frontend_config());
    mistake.map_or(Ok(lower.named), Err)
}

impl Lower<'_, '_> {
    fn function(&mut self, entry: ir::Block) {
        let dominance = Dominance::new(self.form);
        for &block in &dominance.order {
            let made = if block == ENTRY { entry } else { self.builder.create_block() };
            self.blocks.insert(block, made);
            for &parameter in &self.form.block(block).parameters {
                let of = self.type_of(parameter);
                let value = self.builder.append_block_param(made, of);
                self.values.insert(parameter, value);
            }
        }
        let mut is_done = vec![false; self.form.blocks.len()];
        for &block in &dominance.order {
            self.builder.switch_to_block(self.blocks[&block]);
            // Where all that leads to a block is known, variables need nothing to stand for them in it.
            if dominance.before[block.0 as usize].iter().all(|before| is_done[before.0 as usize]) {
                self.builder.seal_block(self.blocks[&block]);
            }
            is_done[block.0 as usize] = true;
            if block == ENTRY {
                self.check_stack();
            }
            for &value in &self.form.block(block).instructions {
                self.instruction(value);
            }
            self.end(block);
        }
        let exits: Vec<(StateId, ir::Block)> = self.exits.drain().collect();
        for (state, block) in exits {
            self.builder.switch_to_block(block);
            self.exit(state);
        }
    }

    /// Leaves at once where the stack has no room for all that is inlined.
    fn check_stack(&mut self) {
        let needs = self.form.slots * 8;
        if needs <= self.target.entry.frame_bytes as usize {
            return;
        }
        let top = self.builder.ins().iadd_imm_s(self.base, needs as i64);
        let limit = self.load_state(layout::STATE_STACK_LIMIT);
        let is_above = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, top, limit);
        let (exit, on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(exit);
        self.builder.ins().brif(is_above, exit, &[], on, &[]);
        self.builder.switch_to_block(exit);
        let index = match self.target.start {
            Start::Function => 0,
            Start::Loop(word) => word,
        };
        let state = State { kind: ExitKind::End, index, chain: 0, slots: Vec::new(), objects: Vec::new() };
        self.note_reason(Reason::STACK);
        let record = self.make_record(&state);
        self.hand_over(record);
        self.builder.switch_to_block(on);
    }

    pub(super) fn load_state(&mut self, offset: usize) -> ir::Value {
        self.builder.ins().load(types::I64, trusted(), self.state, offset as i32)
    }

    fn type_of(&self, value: Value) -> ir::Type {
        match self.form.type_of(value) {
            Type::Float => types::F64,
            Type::Bool => types::I8,
            Type::Any | Type::Int | Type::Address | Type::None => types::I64,
        }
    }

    /// A value. Constants but floats are made where they are used, so that they keep no register.
    pub(super) fn value(&mut self, value: Value) -> ir::Value {
        let instruction = self.form.instruction(value);
        match instruction.operation {
            Operation::Word | Operation::Int => self.word(instruction.immediate),
            Operation::Truth => self.builder.ins().iconst(types::I8, instruction.immediate as i64),
            _ => self.values.get(&value).copied().unwrap_or_else(|| self.missing(value)),
        }
    }

    /// Something in place of a value that nothing defines; the code is then refused as a whole.
    fn missing(&mut self, value: Value) -> ir::Value {
        self.mistake = Some("a value in it is nowhere defined");
        match self.type_of(value) {
            types::F64 => self.builder.ins().f64const(0.0),
            whole => self.builder.ins().iconst(whole, 0),
        }
    }

    /// A value as an exit stores it.
    fn stored(&mut self, value: Value) -> ir::Value {
        let instruction = self.form.instruction(value);
        match instruction.operation {
            Operation::Truth | Operation::Float => self.word(instruction.immediate),
            _ if instruction.result == Type::Bool => {
                let truth = self.value(value);
                self.builder.ins().uextend(types::I64, truth)
            }
            _ => self.value(value),
        }
    }

    pub(super) fn word(&mut self, bits: u64) -> ir::Value {
        self.builder.ins().iconst(types::I64, bits as i64)
    }

    /// The cold block of a state.
    pub(super) fn exit_block(&mut self, state: StateId) -> ir::Block {
        if let Some(&known) = self.exits.get(&state) {
            return known;
        }
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        self.exits.insert(state, block);
        block
    }

    /// Leaves the code where `fails` is not zero.
    pub(super) fn leave_if(&mut self, fails: ir::Value, state: StateId) {
        let exit = self.exit_block(state);
        let on = self.builder.create_block();
        match self.target.guards {
            GuardTest::None => {
                self.builder.ins().brif(fails, exit, &[], on, &[]);
            }
            GuardTest::Coins => {
                let fails = self.flip_coin(fails);
                self.builder.ins().brif(fails, exit, &[], on, &[]);
            }
            GuardTest::EachOnce => self.leave_once(fails, exit, on),
        }
        self.go_on_in(on);
    }

    /// Goes on in a block that nothing leads to but what was built last.
    pub(super) fn go_on_in(&mut self, block: ir::Block) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
    }

    /// Leaves the code where `holds` is zero.
    pub(super) fn leave_unless(&mut self, holds: ir::Value, state: StateId) {
        if self.target.guards != GuardTest::None {
            let fails = self.builder.ins().bxor_imm_s(holds, 1);
            return self.leave_if(fails, state);
        }
        let exit = self.exit_block(state);
        let on = self.builder.create_block();
        self.builder.ins().brif(holds, on, &[], exit, &[]);
        self.go_on_in(on);
    }

    /// Goes to `exit` where `fails` is not zero, and the first time; says why.
    fn leave_once(&mut self, fails: ir::Value, exit: ir::Block, on: ir::Block) {
        let cell = Arc::new(AtomicU32::new(0));
        let address = self.word(Arc::as_ptr(&cell).expose_provenance() as u64);
        self.named.cells.push(cell);
        let taken = self.builder.ins().load(types::I32, trusted(), address, 0);
        let is_first = self.builder.ins().icmp_imm_u(IntCC::Equal, taken, 0);
        let fails = self.builder.ins().bor(fails, is_first);
        let note = self.builder.create_block();
        self.builder.set_cold_block(note);
        self.builder.ins().brif(fails, note, &[], on, &[]);
        self.builder.switch_to_block(note);
        let one = self.builder.ins().iconst(types::I32, 1);
        self.builder.ins().store(trusted(), one, address, 0);
        self.note_reason(Reason::of(self.operation));
        self.builder.ins().jump(exit, &[]);
    }

    /// Code that counts says why it is left.
    fn note_reason(&mut self, reason: Reason) {
        if self.target.guards == GuardTest::EachOnce {
            let reason = self.builder.ins().iconst(types::I32, i64::from(reason.0));
            self.builder.ins().store(trusted(), reason, self.state, layout::STATE_EXIT_REASON as i32);
        }
    }

    /// The same, and at random.
    fn flip_coin(&mut self, fails: ir::Value) -> ir::Value {
        let coin = self.load_state(layout::STATE_COIN);
        let left = self.builder.ins().iadd_imm_s(coin, -1);
        self.builder.ins().store(trusted(), left, self.state, layout::STATE_COIN as i32);
        let is_up = self.builder.ins().icmp_imm_s(IntCC::Equal, left, 0);
        self.builder.ins().bor(fails, is_up)
    }

    /// A cold block that is entered where `condition` is not zero; the current block becomes the way around it.
    pub(super) fn cold_if(&mut self, condition: ir::Value) -> (ir::Block, ir::Block) {
        let (cold, on) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(cold);
        self.builder.ins().brif(condition, cold, &[], on, &[]);
        self.builder.seal_block(cold);
        (cold, on)
    }

    /// The address of a record for a state.
    fn make_record(&mut self, state: &State) -> u64 {
        let raw = state.slots.iter().filter_map(|&(slot, value)| {
            let raw = match self.form.type_of(value) {
                Type::Int => Raw::Int,
                Type::Float => Raw::Float,
                Type::Bool => Raw::Bool,
                Type::Any | Type::Address | Type::None => return None,
            };
            Some((slot, raw))
        });
        let record = Arc::new(ExitRecord {
            kind: state.kind,
            entry: self.target.entry,
            inlined: self.form.chains[state.chain].clone().into_boxed_slice(),
            index: state.index,
            raw: raw.collect(),
            count: AtomicU32::new(0),
            artefact: self.target.artefact,
        });
        let address = Arc::as_ptr(&record).expose_provenance() as u64;
        self.named.records.push(record);
        address
    }

    fn record(&mut self, state: StateId) -> u64 {
        if let Some(&known) = self.records.get(&state) {
            return known;
        }
        let record = self.make_record(self.form.state(state));
        self.records.insert(state, record);
        record
    }

    /// Stores what the frame lacks, in the form in which it is.
    fn store_slots(&mut self, state: StateId) {
        let form = self.form;
        let objects = self.materialise(&form.state(state).objects);
        for &(slot, value) in &form.state(state).slots {
            let word = objects.get(&value).copied().unwrap_or_else(|| self.stored(value));
            self.builder.ins().store(trusted(), word, self.base, slot as i32 * 8);
        }
    }

    fn exit(&mut self, state: StateId) {
        self.store_slots(state);
        let record = self.record(state);
        self.hand_over(record);
    }

    /// Ends the code: the frames are as the record says.
    fn hand_over(&mut self, record: u64) {
        let address = self.word(record);
        let fuel = self.builder.use_var(self.fuel);
        match self.target.start {
            Start::Loop(_) => {
                self.builder.ins().return_(&[address, fuel]);
            }
            Start::Function => {
                let arguments = [self.state, address, self.base, fuel];
                let results = self.call(self.target.thunks.exit, &arguments, 2);
                self.builder.ins().return_(&results);
            }
        }
    }

    pub(super) fn call(&mut self, address: u64, arguments: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let callee = self.word(address);
        self.call_value(callee, arguments, results)
    }

    pub(super) fn call_value(
        &mut self,
        callee: ir::Value,
        arguments: &[ir::Value],
        results: usize,
    ) -> Vec<ir::Value> {
        let key = (arguments.len(), results);
        let signature = match self.signatures.get(&key) {
            Some(&known) => known,
            None => {
                let made = self.builder.import_signature(signature_of(key.0, key.1));
                self.signatures.insert(key, made);
                made
            }
        };
        let call = self.builder.ins().call_indirect(signature, callee, arguments);
        self.builder.inst_results(call).to_vec()
    }

    /// The interpreter's step for the instruction of a state; whether it was a turn of a loop.
    pub(super) fn step(&mut self, state: StateId) -> ir::Value {
        self.store_slots(state);
        let record = self.record(state);
        let address = self.word(record);
        let fuel = self.builder.use_var(self.fuel);
        let arguments = [self.state, address, self.base, fuel];
        self.call_kept(self.target.thunks.step_kept, &arguments);
        let fuel = self.load_state(layout::STATE_FUEL);
        self.builder.def_var(self.fuel, fuel);
        self.load_state(layout::STATE_GIVEN)
    }

    /// A rare call, for which no register is given up. What it gives stands in the state.
    pub(super) fn call_kept(&mut self, address: u64, arguments: &[ir::Value]) {
        let key = (arguments.len(), 0);
        let signature = match self.signatures.get(&key) {
            Some(&known) => known,
            None => {
                let signature = ir::Signature { call_conv: CallConv::PreserveAll, ..signature_of(key.0, 0) };
                let made = self.builder.import_signature(signature);
                self.signatures.insert(key, made);
                made
            }
        };
        let callee = self.word(address);
        self.builder.ins().call_indirect(signature, callee, arguments);
    }

    fn poll(&mut self, state: StateId) {
        let fuel = self.builder.use_var(self.fuel);
        let left = self.builder.ins().iadd_imm_s(fuel, -1);
        self.builder.def_var(self.fuel, left);
        let is_used_up = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (cold, on) = self.cold_if(is_used_up);
        self.builder.switch_to_block(cold);
        self.call_kept(self.target.thunks.poll_kept, &[self.state, left]);
        let new = self.load_state(layout::STATE_FUEL);
        let must_leave = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, new, 0);
        let (exit, refilled) = (self.exit_block(state), self.builder.create_block());
        let leaves = self.builder.create_block();
        self.builder.set_cold_block(refilled);
        self.builder.set_cold_block(leaves);
        self.builder.ins().brif(must_leave, leaves, &[], refilled, &[]);
        self.builder.switch_to_block(leaves);
        self.note_reason(Reason::of(Operation::Poll));
        self.builder.ins().jump(exit, &[]);
        self.builder.switch_to_block(refilled);
        self.builder.def_var(self.fuel, new);
        self.builder.ins().jump(on, &[]);
        self.builder.switch_to_block(on);
    }

    fn instruction(&mut self, value: Value) {
        let form = self.form;
        let instruction = form.instruction(value);
        let state = instruction.state.unwrap_or(StateId(0));
        self.operation = instruction.operation;
        let made = match instruction.operation {
            Operation::Word | Operation::Int | Operation::Truth => None,
            Operation::Poll => {
                self.poll(state);
                None
            }
            Operation::Step => {
                self.step(state);
                None
            }
            Operation::CallBuiltin => Some(self.call_builtin(instruction, state)),
            Operation::CallDirect => Some(self.call_direct(instruction, state)),
            Operation::Call => Some(self.call_function(instruction, state)),
            Operation::CallMethod | Operation::CallValue => Some(self.call_found(instruction, state)),
            Operation::Room => {
                self.check_room(instruction, state);
                None
            }
            Operation::TailCall => Some(self.tail_call(instruction)),
            Operation::TailCallMethod | Operation::TailCallValue => {
                Some(self.tail_call_found(instruction, state))
            }
            Operation::Make => Some(self.make(instruction, state)),
            _ => match self.guards(instruction, state).or_else(|| self.memory(instruction, state)) {
                Some(made) => made,
                None => Some(self.arithmetic(instruction, state)),
            },
        };
        if let Some(made) = made {
            self.values.insert(value, made);
        }
    }

    fn end(&mut self, block: Block) {
        let form = self.form;
        match &form.block(block).end {
            End::Open => {
                self.builder.ins().trap(ir::TrapCode::unwrap_user(1));
            }
            End::Jump(target, arguments) => {
                let arguments: Vec<BlockArg> =
                    arguments.iter().map(|&argument| BlockArg::Value(self.value(argument))).collect();
                let target = self.blocks[target];
                self.builder.ins().jump(target, &arguments);
            }
            End::Branch(condition, then, other) => {
                let condition = self.value(*condition);
                let (then, other) = (self.blocks[then], self.blocks[other]);
                self.builder.ins().brif(condition, then, &[], other, &[]);
            }
            End::Return(value) => {
                let (value, fuel) = (self.value(*value), self.builder.use_var(self.fuel));
                self.builder.ins().return_(&[value, fuel]);
            }
            End::Exit(state) => {
                self.note_reason(Reason::END);
                let exit = self.exit_block(*state);
                self.builder.ins().jump(exit, &[]);
            }
        }
    }
}
