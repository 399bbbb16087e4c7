//! Builds the form from bytecode and what was seen of it.
//!
//! Blocks are visited so that all that leads to one comes before it, but for jumps back. On the way the builder knows
//! for each register which value it holds, in which form, and whether memory holds it too. Where a loop begins, the
//! form of each register that the loop changes is a guess; a guess that does not hold is noted in the plan, and the
//! function is built again.

use bytecode::{Op, RegisterSet, access};
use rustc_hash::{FxHashMap, FxHashSet};
use vm::code::Entry;
use vm::native::Asked;
use vm::optimised::ExitKind;
use vm::record::Shape;

use super::flow::{Code, Order, Site};
use super::form::{Block, End, Function, Loop, Operation, State, StateId, Type, Value};

/// Where the code begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    Function,
    /// The loop whose jumps back go to this word.
    Loop(usize),
}

/// Why there is no optimised code.
pub type Refusal = &'static str;

/// What a register holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// Nothing where memory alone holds it.
    pub value: Option<Value>,
    /// Memory does not hold it.
    pub dirty: bool,
}

/// What is decided of a register where a loop begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Type(Type),
    /// It stays in memory.
    Memory,
}

/// A way into a block that is not built yet: from the open end of a block.
pub(super) struct Edge {
    pub from: Block,
    pub slots: Vec<Slot>,
}

/// One function in the one being built.
pub(super) struct Context<'a> {
    pub code: &'a Code,
    /// The slot of its first register.
    pub offset: usize,
    pub chain: usize,
    /// The slot of the result, where that is not the callee's.
    pub target: Option<usize>,
}

/// A loop that is being built.
struct OpenLoop {
    header: Block,
    /// Slots that are parameters of the header, with their types, and those that stay in memory.
    forms: Vec<(usize, Form)>,
}

#[derive(Default)]
struct Plan {
    /// By chain, word of the header and slot.
    forms: FxHashMap<(usize, usize, usize), Form>,
    /// Functions that turned out not to be what can be inlined, by id.
    called: FxHashSet<u32>,
    changed: bool,
}

pub(super) struct Builder<'a> {
    pub function: Function,
    plan: &'a mut Plan,
    pub block: Block,
    pub slots: Vec<Slot>,
    /// What a value is the unpacked form of.
    pub origins: FxHashMap<Value, Value>,
    /// The state before the instruction at hand, once someone needs it.
    here: Option<StateId>,
    pub start: Start,
    /// The function that is compiled.
    pub root: &'static Entry,
    pub asked: &'a Asked<'a>,
    /// What was seen rarely is not worth much code.
    pub is_choosy: bool,
    /// Where inlined functions return to, innermost last.
    pub returns: Vec<Vec<Edge>>,
    /// Words of bytecode that were inlined.
    pub inlined_words: usize,
    /// What is known of objects where the builder works, innermost last.
    pub shapes: Vec<(Value, Shape)>,
}

/// Times that a function is built before it is given up.
const ROUNDS: usize = 24;
/// The longest code that is optimised.
const WORDS_MAX: usize = 4000;

/// Builds a function, or one of its loops.
pub fn build(code: &Code, start: Start, asked: &Asked<'_>, is_choosy: bool) -> Result<Function, Refusal> {
    if code.sites.len() > WORDS_MAX {
        return Err("the function is too long");
    }
    let mut plan = Plan::default();
    for _ in 0..ROUNDS {
        plan.changed = false;
        let function = build_once(code, start, &mut plan, (asked, is_choosy))?;
        if !plan.changed {
            return Ok(function);
        }
    }
    Err("the types of its loops do not settle")
}

fn build_once(
    code: &Code,
    start: Start,
    plan: &mut Plan,
    (asked, is_choosy): (&Asked<'_>, bool),
) -> Result<Function, Refusal> {
    let registers = usize::from(code.definition.registers);
    let (first, allowed) = match start {
        Start::Function => (0, vec![true; code.blocks.len()]),
        Start::Loop(word) => {
            let block = code.block_at(word).ok_or("no block starts there")?;
            let around = code.loops_around(block);
            let body = around.first().ok_or("no loop is there")?;
            (block, (0..code.blocks.len()).map(|block| body.contains(&block)).collect())
        }
    };
    let mut function = Function::new();
    function.slots = registers;
    let block = function.new_block();
    function.block_mut(super::form::ENTRY).end = End::Jump(block, Vec::new());
    let mut builder = Builder {
        function,
        plan,
        block,
        slots: vec![Slot::default(); registers],
        origins: FxHashMap::default(),
        here: None,
        start,
        root: code.entry,
        asked,
        is_choosy,
        returns: Vec::new(),
        inlined_words: 0,
        shapes: Vec::new(),
    };
    let context = Context { code, offset: 0, chain: 0, target: None };
    builder.region(&context, first, &allowed)?;
    Ok(builder.function)
}

impl Builder<'_> {
    /// Builds the blocks that are reached from `first` through allowed ones; the current block leads there.
    pub(super) fn region(
        &mut self,
        context: &Context<'_>,
        first: usize,
        allowed: &[bool],
    ) -> Result<(), Refusal> {
        let order = Order::new(context.code, first, allowed);
        let mut pending: FxHashMap<usize, Vec<Edge>> = FxHashMap::default();
        let mut open: FxHashMap<usize, OpenLoop> = FxHashMap::default();
        let edge = Edge { from: self.block, slots: self.slots.clone() };
        pending.entry(first).or_default().push(edge);
        for &block in &order.blocks {
            let Some(edges) = pending.remove(&block) else { continue };
            let word = context.code.blocks[block].first;
            self.merge(context, word, edges);
            if order.back_edges.iter().any(|edge| edge.1 == block) {
                let body = order.natural_loop(context.code, block);
                let entered = self.open_loop(context, word, &body);
                open.insert(block, entered);
            }
            let leaving = self.block_body(context, block)?;
            for (target, edge) in leaving {
                let known = context.code.block_at(target).filter(|&to| allowed[to]);
                match known {
                    Some(to) if order.is_back(block, to) => {
                        let Some(header) = open.get(&to) else { return Err("its loops are not nested") };
                        let forms = header.forms.clone();
                        self.close_loop(context, target, header.header, &forms, edge);
                    }
                    Some(to) => pending.entry(to).or_default().push(edge),
                    None => {
                        self.resume(edge);
                        let state = self.state_at(context, target, ExitKind::End);
                        self.end(End::Exit(state));
                    }
                }
            }
        }
        Ok(())
    }

    fn resume(&mut self, edge: Edge) {
        self.block = edge.from;
        self.slots = edge.slots;
        self.here = None;
    }

    pub(super) fn end(&mut self, end: End) {
        self.function.block_mut(self.block).end = end;
    }

    /// Builds the instructions of one block of bytecode and gives where it leads.
    fn block_body(&mut self, context: &Context<'_>, block: usize) -> Result<Vec<(usize, Edge)>, Refusal> {
        let mut leaving = Vec::new();
        let mut index = context.code.blocks[block].first;
        let end = context.code.blocks[block].end;
        while index < end {
            let site = context.code.site(index).ok_or("an instruction starts elsewhere")?;
            self.here = None;
            if !self.instruction(context, site, &mut leaving)? {
                return Ok(leaving);
            }
            index = site.next();
        }
        let edge = Edge { from: self.block, slots: self.slots.clone() };
        leaving.push((end, edge));
        Ok(leaving)
    }

    /// The registers that are live at a word, as slots; those of outer functions are.
    pub(super) fn is_live(context: &Context<'_>, word: usize, slot: usize) -> bool {
        let registers = usize::from(context.code.definition.registers);
        if slot < context.offset || slot >= context.offset + registers {
            return slot < context.offset;
        }
        let live = RegisterSet::from_words(context.code.liveness.before(word as u32));
        live.contains((slot - context.offset) as u8)
    }

    /// The frames as the edge at hand has them, to go on at a word.
    pub(super) fn state_at(&mut self, context: &Context<'_>, word: usize, kind: ExitKind) -> StateId {
        let mut slots = Vec::new();
        for (slot, held) in self.slots.iter().enumerate() {
            if let Some(value) = held.value
                && held.dirty
                && Self::is_live(context, word, slot)
            {
                slots.push((slot, value));
            }
        }
        self.function.add_state(State { kind, index: word, chain: context.chain, slots, objects: Vec::new() })
    }

    /// The state before the instruction at hand.
    pub(super) fn here(&mut self, context: &Context<'_>, site: Site) -> StateId {
        if let Some(known) = self.here {
            return known;
        }
        let state = self.state_at(context, site.index, ExitKind::Guard);
        self.here = Some(state);
        state
    }

    /// The state before the instruction at hand is known, on a way where other work was built in between.
    pub(super) fn at_state(&mut self, state: StateId) {
        self.here = Some(state);
    }

    /// Goes on where several ways meet.
    pub(super) fn merge(&mut self, context: &Context<'_>, word: usize, mut edges: Vec<Edge>) {
        let count = edges.iter().map(|edge| edge.slots.len()).max().unwrap_or(0);
        for edge in &mut edges {
            edge.slots.resize(count, Slot::default());
            for (slot, held) in edge.slots.iter_mut().enumerate() {
                if !Self::is_live(context, word, slot) {
                    *held = Slot::default();
                }
            }
        }
        if edges.len() == 1
            && let Some(edge) = edges.pop()
        {
            return self.resume(edge);
        }
        let target = self.function.new_block();
        let mut merged = Vec::with_capacity(count);
        let mut arguments: Vec<Vec<Value>> = vec![Vec::new(); edges.len()];
        for slot in 0..count {
            let ways: Vec<Slot> = edges.iter().map(|edge| edge.slots[slot]).collect();
            merged.push(match self.same(&ways) {
                Some(held) => held,
                None => {
                    let result = self.common_type(&ways);
                    for (edge, arguments) in edges.iter_mut().zip(&mut arguments) {
                        arguments.push(self.value_on_edge(context, word, edge, slot, result));
                    }
                    Slot { value: Some(self.function.parameter(target, result)), dirty: true }
                }
            });
        }
        for (edge, arguments) in edges.into_iter().zip(arguments) {
            self.function.block_mut(edge.from).end = End::Jump(target, arguments);
        }
        self.resume(Edge { from: target, slots: merged });
    }

    /// The function is called from now on, not inlined; what was built so far is built again.
    pub(super) fn never_inline(&mut self, entry: &Entry) {
        self.plan.called.insert(entry.id);
        self.plan.changed = true;
    }

    pub(super) fn may_inline(&self, entry: &Entry) -> bool {
        !self.plan.called.contains(&entry.id)
    }

    /// What a register holds if all ways agree well enough.
    fn same(&self, ways: &[Slot]) -> Option<Slot> {
        let dirty = ways.iter().any(|held| held.dirty);
        let first = ways[0].value;
        if ways.iter().all(|held| held.value == first) {
            return (first.is_some() || !dirty).then_some(Slot { value: first, dirty });
        }
        let root = |held: &Slot| held.value.map(|value| self.root(value));
        let first = root(&ways[0]);
        if first.is_some() && ways.iter().all(|held| root(held) == first) {
            return Some(Slot { value: first, dirty });
        }
        (!dirty).then_some(Slot::default())
    }

    pub(super) fn root(&self, mut value: Value) -> Value {
        while let Some(&origin) = self.origins.get(&value) {
            value = origin;
        }
        value
    }

    fn common_type(&self, ways: &[Slot]) -> Type {
        let type_of = |held: &Slot| held.value.map_or(Type::Any, |value| self.function.type_of(value));
        let first = type_of(&ways[0]);
        if ways.iter().all(|held| type_of(held) == first) { first } else { Type::Any }
    }

    /// The value that a way brings for a register, in the form that is asked for.
    fn value_on_edge(
        &mut self,
        context: &Context<'_>,
        word: usize,
        edge: &mut Edge,
        slot: usize,
        wanted: Type,
    ) -> Value {
        let block = edge.from;
        let value = match edge.slots[slot].value {
            Some(value) => value,
            None => self.function.append(block, Operation::LoadSlot, &[], slot as u64, None),
        };
        let found = self.function.type_of(value);
        if found == wanted {
            return value;
        }
        if wanted != Type::Any && found != Type::Any {
            edge.slots[slot] = Slot { value: Some(value), dirty: true };
            let boxed = self.value_on_edge(context, word, edge, slot, Type::Any);
            edge.slots[slot].value = Some(boxed);
            return self.value_on_edge(context, word, edge, slot, wanted);
        }
        let (saved_block, saved_slots) = (self.block, std::mem::replace(&mut self.slots, edge.slots.clone()));
        self.block = block;
        let needs_state = matches!((wanted, found), (Type::Int | Type::Float, _) | (Type::Any, Type::Int));
        let state = needs_state.then(|| self.state_at(context, word, ExitKind::Guard));
        self.slots = saved_slots;
        self.block = saved_block;
        let operation = match (wanted, found) {
            (Type::Any, Type::Int) => Operation::BoxInt,
            (Type::Any, Type::Float) => Operation::BoxFloat,
            (Type::Any, _) => Operation::BoxBool,
            (Type::Int, _) if context.code.entry.feedback().seen(word).failed => Operation::GuardWideInt,
            (Type::Int, _) => Operation::GuardInt,
            _ => Operation::GuardFloat,
        };
        self.function.append(block, operation, &[value], 0, state)
    }

    /// Which slots the blocks of a loop may change.
    fn changed_slots(context: &Context<'_>, body: &[usize]) -> RegisterSet {
        let captured = bytecode::CapturedRegisters::new(&context.code.definition);
        let mut changed = RegisterSet::EMPTY;
        for &block in body {
            let mut index = context.code.blocks[block].first;
            while index < context.code.blocks[block].end {
                let Ok(instruction) = bytecode::decode_at(&context.code.definition.code, index) else {
                    break;
                };
                let touched = access(&instruction, &captured);
                changed = changed.union(touched.writes).union(touched.writes_on_jump);
                changed = changed.union(touched.clobbers);
                if instruction.op == Op::Next {
                    // The state of an iteration is brought up to date in place.
                    changed.insert((instruction.word.a() + 1) as u8);
                }
                index = instruction.next_pc() as usize;
            }
        }
        changed
    }

    fn open_loop(&mut self, context: &Context<'_>, word: usize, body: &[usize]) -> OpenLoop {
        let changed = Self::changed_slots(context, body);
        let before = self.function.new_block();
        self.end(End::Jump(before, Vec::new()));
        self.block = before;
        let failed = context.code.entry.feedback().seen(word).failed;
        let mut forms = Vec::new();
        for register in changed.iter() {
            let slot = context.offset + usize::from(register);
            if slot >= self.slots.len() || !Self::is_live(context, word, slot) {
                continue;
            }
            let planned = self.plan.forms.get(&(context.chain, word, slot)).copied();
            let form = planned.unwrap_or_else(|| {
                Form::Type(self.slots[slot].value.map_or(Type::Any, |value| self.function.type_of(value)))
            });
            // After a wrong guess nothing is assumed but that integers may be wide.
            let is_guess = planned.is_none() && form != Form::Type(Type::Int);
            forms.push((slot, if failed && is_guess { Form::Type(Type::Any) } else { form }));
        }
        for &(slot, form) in &forms {
            if form == Form::Memory {
                self.store(context, word, slot);
            }
        }
        // What the loop only reads is loaded once.
        for slot in 0..self.slots.len() {
            let is_changed = forms.iter().any(|form| form.0 == slot);
            if self.slots[slot].value.is_none() && !is_changed && Self::is_live(context, word, slot) {
                let value = self.function.append(before, Operation::LoadSlot, &[], slot as u64, None);
                self.slots[slot] = Slot { value: Some(value), dirty: false };
            }
        }
        let header = self.function.new_block();
        let mut edge = Edge { from: before, slots: self.slots.clone() };
        let mut arguments = Vec::new();
        for &(slot, form) in &forms {
            if let Form::Type(wanted) = form {
                arguments.push(self.value_on_edge(context, word, &mut edge, slot, wanted));
            }
        }
        let state = self.state_at(context, word, ExitKind::Guard);
        self.function.block_mut(before).end = End::Jump(header, arguments);
        self.function.loops.push(Loop { header, before, state });
        self.block = header;
        for &(slot, form) in &forms {
            self.slots[slot] = match form {
                Form::Memory => Slot::default(),
                Form::Type(wanted) => {
                    Slot { value: Some(self.function.parameter(header, wanted)), dirty: true }
                }
            };
        }
        OpenLoop { header, forms }
    }

    /// Brings a register to memory.
    pub(super) fn store(&mut self, context: &Context<'_>, word: usize, slot: usize) {
        let held = self.slots[slot];
        if let (Some(value), true) = (held.value, held.dirty) {
            let mut edge = Edge { from: self.block, slots: self.slots.clone() };
            let boxed = match self.function.type_of(value) {
                Type::Any => value,
                _ => self.value_on_edge(context, word, &mut edge, slot, Type::Any),
            };
            self.function.append(self.block, Operation::StoreSlot, &[boxed], slot as u64, None);
            self.slots[slot].dirty = false;
        }
    }

    /// A jump back to the header of a loop.
    fn close_loop(
        &mut self,
        context: &Context<'_>,
        word: usize,
        header: Block,
        forms: &[(usize, Form)],
        edge: Edge,
    ) {
        self.resume(edge);
        let failed = context.code.entry.feedback().seen(word).failed;
        let mut arguments = Vec::new();
        for &(slot, form) in forms {
            let Form::Type(wanted) = form else {
                self.store(context, word, slot);
                continue;
            };
            let held = self.slots[slot];
            let found = held.value.map_or(Type::Any, |value| self.function.type_of(value));
            let key = (context.chain, word, slot);
            let decision = match (wanted, found) {
                (Type::Any, _) if held.value.is_none() => Some(Form::Memory),
                (wanted, found) if wanted == found => None,
                (Type::Any, Type::Int | Type::Float)
                    if (!failed || found == Type::Int) && !self.plan.forms.contains_key(&key) =>
                {
                    Some(Form::Type(found))
                }
                (Type::Any, _) | (Type::Int, Type::Any) => None,
                (Type::Float, Type::Any) if !failed => None,
                _ => Some(Form::Type(Type::Any)),
            };
            if let Some(form) = decision {
                self.plan.forms.insert(key, form);
                self.plan.changed = true;
                continue;
            }
            let mut edge = Edge { from: self.block, slots: self.slots.clone() };
            arguments.push(self.value_on_edge(context, word, &mut edge, slot, wanted));
        }
        self.end(End::Jump(header, arguments));
    }

    /// A branch: the ways it may take.
    pub(super) fn branch(&mut self, condition: Value) -> (Edge, Edge) {
        let (then, other) = (self.function.new_block(), self.function.new_block());
        self.end(End::Branch(condition, then, other));
        (Edge { from: then, slots: self.slots.clone() }, Edge { from: other, slots: self.slots.clone() })
    }

    /// A tick of fuel on the way back to a word.
    pub(super) fn poll(&mut self, context: &Context<'_>, word: usize) {
        let state = self.state_at(context, word, ExitKind::Poll);
        self.function.append(self.block, Operation::Poll, &[], 0, Some(state));
    }

    /// Works on an edge as on the current block.
    pub(super) fn on_edge(&mut self, edge: Edge, work: impl FnOnce(&mut Self)) -> Edge {
        let saved = Edge { from: self.block, slots: self.slots.clone() };
        self.resume(edge);
        work(self);
        let done = Edge { from: self.block, slots: self.slots.clone() };
        self.resume(saved);
        done
    }

    pub(super) fn entry(&self, context: &Context<'_>) -> &'static Entry {
        context.code.entry
    }
}
