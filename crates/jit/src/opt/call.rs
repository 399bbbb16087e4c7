//! Calls of functions.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use heap::Kind;
use heap::header::{HEADER_INFO_OFFSET, HEADER_KIND_OFFSET};
use heap::value::{PAYLOAD, TAG_POINTER};
use vm::native::layout;

use super::lower::{Lower, trusted};
use crate::ssa::form::{CallSite, Instruction, Operation, StateId};

impl Lower<'_, '_> {
    fn call_site(&self, instruction: &Instruction) -> CallSite {
        self.form.calls[instruction.immediate as usize]
    }

    /// Whether the frame that ends `bytes` above the base has no room, or the native stack has none.
    fn lacks_room(&mut self, bytes: ir::Value) -> ir::Value {
        let top = self.builder.ins().iadd(self.base, bytes);
        let limit = self.load_state(layout::STATE_STACK_LIMIT);
        let is_above = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, top, limit);
        let stack = self.builder.ins().get_stack_pointer(types::I64);
        let lowest = self.load_state(layout::STATE_NATIVE_LIMIT);
        let is_below = self.builder.ins().icmp(IntCC::UnsignedLessThan, stack, lowest);
        self.builder.ins().bor(is_above, is_below)
    }

    /// Leaves the code where the callee's frame does not fit in place of this one.
    pub(super) fn check_room(&mut self, instruction: &Instruction, state: StateId) {
        let site = self.call_site(instruction);
        let bytes = site.entry.map_or(0, |entry| entry.frame_bytes);
        let bytes = self.word(u64::from(bytes));
        let no_room = self.lacks_room(bytes);
        self.leave_if(no_room, state);
    }

    /// A block that begins with the result of a call.
    fn behind_call(&mut self) -> (ir::Block, ir::Value) {
        let on = self.builder.create_block();
        let result = self.builder.append_block_param(on, types::I64);
        (on, result)
    }

    /// The interpreter's step makes the call.
    fn slow_call(&mut self, slow: ir::Block, on: ir::Block, frame: i64, state: StateId) {
        self.builder.switch_to_block(slow);
        self.step(state);
        let word = self.builder.ins().load(types::I64, trusted(), self.base, (frame - 24) as i32);
        self.builder.ins().jump(on, &[BlockArg::Value(word)]);
    }

    /// Enters the code at the address that `callee` gives, for a tick of fuel, with the frame in place.
    fn enter(&mut self, frame: i64, on: ir::Block, callee: impl FnOnce(&mut Self) -> ir::Value) {
        let fuel = self.builder.use_var(self.fuel);
        let left = self.builder.ins().iadd_imm_s(fuel, -1);
        let base = match frame {
            0 => self.base,
            _ => self.builder.ins().iadd_imm_s(self.base, frame),
        };
        let is_used_up = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        let (poll, calls) = self.cold_if(is_used_up);
        self.builder.switch_to_block(poll);
        let results = self.call(self.target.thunks.call_poll, &[self.state, base, base, left], 2);
        self.builder.def_var(self.fuel, results[1]);
        self.builder.ins().jump(on, &[BlockArg::Value(results[0])]);

        self.builder.switch_to_block(calls);
        let callee = callee(self);
        let results = self.call_value(callee, &[self.state, base, left], 2);
        self.builder.def_var(self.fuel, results[1]);
        self.builder.ins().jump(on, &[BlockArg::Value(results[0])]);
    }

    fn load_code(&mut self, site: CallSite) -> ir::Value {
        let cell = site
            .entry
            .map_or(0, |entry| entry.optimised_cell(self.target.thunks.call, self.target.call_below));
        let cell = self.word(cell);
        self.builder.ins().load(types::I64, trusted(), cell, 0)
    }

    /// Calls a function whose frame is in place; the interpreter's step does it where there is no room.
    pub(super) fn call_function(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let site = self.call_site(instruction);
        let frame = site.frame as i64 * 8;
        let bytes = frame as u64 + site.entry.map_or(0, |entry| u64::from(entry.frame_bytes));
        let bytes = self.word(bytes);
        let no_room = self.lacks_room(bytes);
        let (on, result) = self.behind_call();
        let (slow, fits) = self.cold_if(no_room);
        self.slow_call(slow, on, frame, state);
        self.builder.switch_to_block(fits);
        self.enter(frame, on, |lower| lower.load_code(site));
        self.builder.switch_to_block(on);
        result
    }

    /// Calls a function in place of the running one; its result is this one's.
    pub(super) fn tail_call(&mut self, instruction: &Instruction) -> ir::Value {
        let site = self.call_site(instruction);
        let (on, result) = self.behind_call();
        self.enter(0, on, |lower| lower.load_code(site));
        self.builder.switch_to_block(on);
        result
    }

    /// Goes to `slow` where `fails` is not zero.
    fn slow_if(&mut self, fails: ir::Value, slow: ir::Block) {
        let on = self.builder.create_block();
        self.builder.ins().brif(fails, slow, &[], on, &[]);
        self.go_on_in(on);
    }

    /// The address of the object in a word, or `slow`.
    fn object_or(&mut self, word: ir::Value, slow: ir::Block) -> ir::Value {
        let top = self.builder.ins().ushr_imm_u(word, 48);
        let fails = self.builder.ins().icmp_imm_u(IntCC::NotEqual, top, (TAG_POINTER >> 48) as i64);
        self.slow_if(fails, slow);
        let mask = self.word(PAYLOAD);
        self.builder.ins().band(word, mask)
    }

    /// Goes to `slow` unless the object is of one of two kinds.
    fn kind_or(&mut self, object: ir::Value, kinds: [Kind; 2], slow: ir::Block) {
        let kind = self.builder.ins().uload8(types::I64, trusted(), object, HEADER_KIND_OFFSET as i32);
        let first = self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, kinds[0] as i64);
        let second = self.builder.ins().icmp_imm_u(IntCC::NotEqual, kind, kinds[1] as i64);
        let fails = self.builder.ins().band(first, second);
        self.slow_if(fails, slow);
    }

    /// Calls what is found at run time: a method by the receiver's class, or any function.
    pub(super) fn call_found(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let site = self.call_site(instruction);
        let frame = site.frame as i64 * 8;
        let slow = self.builder.create_block();
        self.builder.set_cold_block(slow);
        let (on, result) = self.behind_call();
        let object = self.argument(instruction, 0);
        let object = self.object_or(object, slow);
        let entry = match instruction.operation {
            Operation::CallMethod => self.find_method(object, site, slow),
            _ => self.callable(object, site, slow),
        };
        let code = self.code_with_room(entry, frame, slow);
        if instruction.operation == Operation::CallMethod {
            self.store_function(entry, frame);
        }
        self.store_profile(entry, frame);
        let back = self.word(site.back);
        self.builder.ins().store(trusted(), back, self.base, (frame - 8) as i32);
        self.enter(frame, on, |_| code);
        self.slow_call(slow, on, frame, state);
        self.builder.switch_to_block(on);
        result
    }

    /// The code of a function whose frame would stand at `frame`, or `slow` where there is no room or code.
    fn code_with_room(&mut self, entry: ir::Value, frame: i64, slow: ir::Block) -> ir::Value {
        let bytes = self.builder.ins().uload32(trusted(), entry, layout::ENTRY_FRAME_BYTES as i32);
        let bytes = self.builder.ins().iadd_imm_s(bytes, frame);
        let no_room = self.lacks_room(bytes);
        self.slow_if(no_room, slow);
        let code = self.builder.ins().load(types::I64, trusted(), entry, layout::ENTRY_OPTIMISED as i32);
        let below = self.builder.ins().load(types::I64, trusted(), entry, layout::ENTRY_CALL_ADDRESS as i32);
        let either = self.builder.ins().bor(code, below);
        let has_none = self.builder.ins().icmp_imm_s(IntCC::Equal, either, 0);
        self.slow_if(has_none, slow);
        // A function that was never optimised is called on the template tier.
        let is_below = self.builder.ins().icmp_imm_s(IntCC::Equal, code, 0);
        let call_below = self.word(self.target.thunks.call);
        self.builder.ins().select(is_below, call_below, code)
    }

    /// The function of an entry takes the callee's place.
    fn store_function(&mut self, entry: ir::Value, frame: i64) {
        let function = self.builder.ins().load(types::I64, trusted(), entry, layout::ENTRY_FUNCTION as i32);
        self.builder.ins().store(trusted(), function, self.base, (frame - 24) as i32);
    }

    fn store_profile(&mut self, entry: ir::Value, frame: i64) {
        let profile = self.builder.ins().load(types::I64, trusted(), entry, layout::ENTRY_PROFILE as i32);
        self.builder.ins().store(trusted(), profile, self.base, (frame - 16) as i32);
    }

    /// Calls what is found at run time in place of the running function; the template tier does where that is not
    /// found or does not fit. The arguments are those of the call, behind the callee if that is a value.
    pub(super) fn tail_call_found(&mut self, instruction: &Instruction, state: StateId) -> ir::Value {
        let site = self.call_site(instruction);
        let exit = self.exit_block(state);
        let words: Vec<ir::Value> =
            (0..instruction.arguments.len()).map(|index| self.argument(instruction, index)).collect();
        let object = self.object_or(words[0], exit);
        let is_method = instruction.operation == Operation::TailCallMethod;
        let entry = match is_method {
            true => self.find_method(object, site, exit),
            false => self.callable(object, site, exit),
        };
        let code = self.code_with_room(entry, 0, exit);
        // From here on nothing leaves to the place before the call.
        let first = match is_method {
            true => {
                self.store_function(entry, 0);
                0
            }
            false => -3,
        };
        for (index, &word) in words.iter().enumerate() {
            let slot = if index == 0 { first } else { index as i32 + if is_method { 0 } else { -1 } };
            self.builder.ins().store(trusted(), word, self.base, slot * 8);
        }
        self.store_profile(entry, 0);
        let (on, result) = self.behind_call();
        self.enter(0, on, |_| code);
        self.builder.switch_to_block(on);
        result
    }

    /// The entry of the method that the worker has found for the class lately.
    fn find_method(&mut self, object: ir::Value, site: CallSite, slow: ir::Block) -> ir::Value {
        self.kind_or(object, [Kind::Instance, Kind::Record], slow);
        let class = self.builder.ins().uload32(trusted(), object, HEADER_INFO_OFFSET as i32);
        let spread = self.builder.ins().imul_imm_s(class, layout::FOUND_FACTOR as i64);
        let line = self.builder.ins().bxor_imm_s(spread, i64::from(site.name));
        let line = self.builder.ins().band_imm_s(line, layout::FOUND_LINES as i64 - 1);
        let line = self.builder.ins().ishl_imm_u(line, i64::from(layout::FOUND_BYTES.trailing_zeros()));
        let line = self.builder.ins().iadd(self.state, line);
        let above = self.builder.ins().ishl_imm_u(class, 32);
        let key = self.builder.ins().bor_imm_s(above, i64::from(site.name));
        let at = layout::STATE_FOUND_METHODS as i32;
        let known = self.builder.ins().load(types::I64, trusted(), line, at + layout::FOUND_KEY as i32);
        let fails = self.builder.ins().icmp(IntCC::NotEqual, known, key);
        self.slow_if(fails, slow);
        let entry = self.builder.ins().load(types::I64, trusted(), line, at + layout::FOUND_WORD as i32);
        let arity = self.builder.ins().uload32(trusted(), entry, layout::ENTRY_ARITY as i32);
        let fails = self.builder.ins().icmp_imm_s(IntCC::NotEqual, arity, site.count as i64);
        self.slow_if(fails, slow);
        entry
    }

    /// The entry of a function or closure that takes so many arguments.
    fn callable(&mut self, object: ir::Value, site: CallSite, slow: ir::Block) -> ir::Value {
        self.kind_or(object, [Kind::Closure, Kind::Function], slow);
        let arity = self.builder.ins().uload32(trusted(), object, HEADER_INFO_OFFSET as i32);
        let fails = self.builder.ins().icmp_imm_s(IntCC::NotEqual, arity, site.count as i64);
        self.slow_if(fails, slow);
        self.builder.ins().load(types::I64, trusted(), object, layout::CALLABLE_CODE as i32)
    }
}
