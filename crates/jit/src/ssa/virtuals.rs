//! Objects that nobody sees are not made: what they would hold is kept in registers, and where code is left an exit
//! makes them.
//!
//! An object is done without if it is used for nothing but its contents, or as part of another such object, and if
//! at each use it is known which stores came before. Mutable objects are made the moment they are shared: a step of
//! the interpreter or a call that could see one makes it real from the start.

use heap::Value as Word;
use rustc_hash::{FxHashMap, FxHashSet};
use vm::native::layout;

use super::dominance::Dominance;
use super::form::{Block, End, Function, Operation, StateId, Value, Virtual, What};
use super::repeat::rename;

/// Does without objects where that is possible.
pub fn replace_objects(function: &mut Function) {
    let dominance = Dominance::new(function);
    let mut objects = Objects::find(function, &dominance);
    while objects.remove_escaping(function, &dominance) {}
    if objects.made.is_empty() {
        return;
    }
    Replacement {
        contents: FxHashMap::default(),
        at_end: FxHashMap::default(),
        renamed: FxHashMap::default(),
        objects,
    }
    .run(function, &dominance);
}

/// The objects that may be done without.
struct Objects {
    /// With the block where they are made.
    made: FxHashMap<Value, Block>,
    /// Addresses of objects.
    addresses: FxHashMap<Value, Value>,
    /// The blocks that store into an object.
    stores: FxHashMap<Value, Vec<Block>>,
    /// The blocks that look at one.
    looks: FxHashMap<Value, Vec<Block>>,
    /// Objects that are parts of others, by the whole and the word of it.
    parts: FxHashMap<(Value, usize), Vec<Value>>,
    /// The words of objects that are loaded.
    loaded: FxHashSet<(Value, usize)>,
}

/// What a load finds for good: closures and tuples never change once they are made.
pub(super) fn constant_part(function: &Function, load: Value) -> Option<Value> {
    let instruction = function.instruction(load);
    let untag = function.instruction(*instruction.arguments.first()?);
    let object = *untag.arguments.first()?;
    if untag.operation != Operation::Untag || function.instruction(object).operation != Operation::Make {
        return None;
    }
    let what = what_of(function, object);
    let offset = offset_of(function, load)?;
    match (instruction.operation, what) {
        (Operation::LoadField, What::Closure { .. }) | (Operation::LoadTuple, What::Tuple) => {
            function.instruction(object).arguments.get(word_at(what, offset)?).copied()
        }
        _ => None,
    }
}

/// Where in an object a load or store goes, if that is known.
fn offset_of(function: &Function, value: Value) -> Option<u64> {
    let instruction = function.instruction(value);
    match instruction.operation {
        Operation::LoadField | Operation::StoreField => Some(instruction.immediate),
        Operation::LoadTuple => {
            let index = u64::try_from(function.int_constant(*instruction.arguments.get(1)?)?).ok()?;
            index.checked_mul(8)?.checked_add(layout::TUPLE_ELEMENTS as u64)
        }
        _ => None,
    }
}

fn what_of(function: &Function, object: Value) -> What {
    function.makes[function.instruction(object).immediate as usize].what
}

/// Which of the words of an object stands at an offset.
fn word_at(what: What, offset: u64) -> Option<usize> {
    let first = match what {
        What::Cell => layout::CELL_VALUE,
        What::Tuple => layout::TUPLE_ELEMENTS,
        What::Object { .. } => layout::field(0),
        What::Closure { .. } => layout::closure_capture(0),
        What::EmptyList => return None,
    };
    Some((offset as usize).checked_sub(first)? / 8)
}

/// How many words it is made of.
fn words_of(function: &Function, object: Value) -> usize {
    match what_of(function, object) {
        What::Object { fields, .. } => fields,
        What::Cell | What::Tuple | What::EmptyList | What::Closure { .. } => {
            function.instruction(object).arguments.len()
        }
    }
}

impl Objects {
    fn find(function: &Function, dominance: &Dominance) -> Objects {
        let mut made = FxHashMap::default();
        let mut addresses = FxHashMap::default();
        for &block in &dominance.order {
            for &value in &function.block(block).instructions {
                let instruction = function.instruction(value);
                match instruction.operation {
                    Operation::Make if !matches!(what_of(function, value), What::EmptyList) => {
                        made.insert(value, block);
                    }
                    Operation::Untag => {
                        addresses.insert(value, instruction.arguments[0]);
                    }
                    _ => {}
                }
            }
        }
        addresses.retain(|_, object| made.contains_key(object));
        Objects {
            made,
            addresses,
            stores: FxHashMap::default(),
            looks: FxHashMap::default(),
            parts: FxHashMap::default(),
            loaded: FxHashSet::default(),
        }
    }

    /// The object that a word or an address is of.
    fn object(&self, value: Value) -> Option<Value> {
        let object = self.addresses.get(&value).copied().unwrap_or(value);
        self.made.contains_key(&object).then_some(object)
    }

    /// Takes out objects that are needed; whether there were any.
    fn remove_escaping(&mut self, function: &Function, dominance: &Dominance) -> bool {
        let mut escaping: FxHashSet<Value> = FxHashSet::default();
        self.stores.clear();
        self.looks.clear();
        self.parts.clear();
        self.loaded.clear();
        for &block in &dominance.order {
            for &value in &function.block(block).instructions {
                self.look_at(function, block, value, &mut escaping);
            }
            let mut escapes = |value: &Value| {
                escaping.extend(self.object(*value));
            };
            match &function.block(block).end {
                End::Jump(_, arguments) => arguments.iter().for_each(&mut escapes),
                End::Branch(value, _, _) | End::Return(value) => escapes(value),
                End::Exit(state) => self.look_at_state(function, block, *state),
                End::Open => {}
            }
        }
        // What is loaded out of another object may be used in any way.
        escaping.extend(self.loaded.iter().filter_map(|word| self.parts.get(word)).flatten());
        for (&object, &home) in &self.made {
            if !self.is_orderly(function, dominance, object, home) {
                escaping.insert(object);
            }
        }
        let before = self.made.len();
        self.made.retain(|object, _| !escaping.contains(object));
        self.made.len() < before
    }

    fn look_at_state(&mut self, function: &Function, block: Block, state: StateId) {
        for value in function.state(state).values() {
            if let Some(object) = self.object(value) {
                self.looks.entry(object).or_default().push(block);
            }
        }
    }

    fn look_at(&mut self, function: &Function, block: Block, value: Value, escaping: &mut FxHashSet<Value>) {
        let instruction = function.instruction(value);
        let arguments = &instruction.arguments;
        let first = arguments.first().and_then(|&first| self.object(first));
        let what = first.map(|object| what_of(function, object));
        let word = match (first, what, offset_of(function, value)) {
            (Some(object), Some(what), Some(offset)) => {
                word_at(what, offset).filter(|&word| word < words_of(function, object))
            }
            _ => None,
        };
        let is_use = match instruction.operation {
            Operation::Untag => true,
            Operation::LoadField | Operation::StoreField => word.is_some(),
            Operation::TupleLength => matches!(what, Some(What::Tuple)),
            Operation::LoadTuple => matches!(what, Some(What::Tuple)) && word.is_some(),
            // Parts of an object that is done without.
            Operation::Make => true,
            _ => false,
        };
        let part_of = match instruction.operation {
            Operation::Make => self.made.contains_key(&value).then_some(value),
            Operation::StoreField => first,
            _ => None,
        };
        if let (Operation::LoadField | Operation::LoadTuple, Some(whole), Some(word)) =
            (instruction.operation, first, word)
        {
            self.loaded.insert((whole, word));
        }
        for (index, &argument) in arguments.iter().enumerate() {
            let Some(object) = self.object(argument) else { continue };
            let is_subject = index == 0 && instruction.operation != Operation::Make;
            // A part is older than the whole, so no object is part of itself.
            let is_fine = is_use && (is_subject || part_of.is_some_and(|whole| object < whole));
            if !is_fine {
                escaping.insert(object);
            }
            let place = if instruction.operation == Operation::Make { Some(index) } else { word };
            if let (false, Some(whole), Some(place)) = (is_subject, part_of, place) {
                self.parts.entry((whole, place)).or_default().push(object);
            }
            let blocks = match (is_subject, instruction.operation) {
                (true, Operation::StoreField) => &mut self.stores,
                _ => &mut self.looks,
            };
            blocks.entry(object).or_default().push(block);
        }
        let Some(state) = instruction.state else { return };
        // What the instruction itself may do with a register, only a real object stands.
        let runs_code = matches!(
            instruction.operation,
            Operation::Step | Operation::Call | Operation::CallMethod | Operation::CallValue
        );
        if runs_code {
            escaping.extend(function.state(state).values().filter_map(|value| self.object(value)));
        }
        self.look_at_state(function, block, state);
    }

    /// Whether it is clear at each look which stores came before.
    fn is_orderly(&self, function: &Function, dominance: &Dominance, object: Value, home: Block) -> bool {
        let nothing = Vec::new();
        let stores = self.stores.get(&object).unwrap_or(&nothing);
        let looks = self.looks.get(&object).unwrap_or(&nothing);
        stores.iter().all(|&store| {
            let agrees =
                |&other: &Block| dominance.dominates(store, other) || dominance.dominates(other, store);
            let is_once = store == home
                || function.loops.iter().all(|one| {
                    let body = dominance.loop_blocks(one.header);
                    !body.contains(&store) || body.contains(&home)
                });
            is_once && looks.iter().chain(stores).all(agrees)
        })
    }
}

type Contents = FxHashMap<Value, Vec<Value>>;

struct Replacement {
    /// What each object holds at the place at hand.
    contents: Contents,
    at_end: FxHashMap<Block, Contents>,
    renamed: FxHashMap<Value, Value>,
    objects: Objects,
}

impl Replacement {
    fn run(mut self, function: &mut Function, dominance: &Dominance) {
        let unset = function.constant_in_front(Operation::Word, Word::UNDEF.bits());
        for &block in &dominance.order {
            self.contents =
                dominance.above(block).and_then(|above| self.at_end.get(&above)).cloned().unwrap_or_default();
            let instructions = std::mem::take(&mut function.block_mut(block).instructions);
            let mut kept = Vec::with_capacity(instructions.len());
            for value in instructions {
                if self.replace(function, value, unset) {
                    continue;
                }
                let state = function.instruction(value).state;
                if let Some(state) = state {
                    let new = self.state(function, state);
                    function.instructions[value.0 as usize].state = Some(new);
                }
                kept.push(value);
            }
            if let End::Exit(state) = function.block(block).end {
                let new = self.state(function, state);
                function.block_mut(block).end = End::Exit(new);
            }
            function.block_mut(block).instructions.extend(kept);
            self.at_end.insert(block, std::mem::take(&mut self.contents));
        }
        for number in 0..function.loops.len() {
            let (before, state) = (function.loops[number].before, function.loops[number].state);
            self.contents = self.at_end.get(&before).cloned().unwrap_or_default();
            function.loops[number].state = self.state(function, state);
        }
        rename(function, &self.renamed);
    }

    fn current(&self, mut value: Value) -> Value {
        while let Some(&other) = self.renamed.get(&value) {
            value = other;
        }
        value
    }

    /// Whether the instruction is done without.
    fn replace(&mut self, function: &mut Function, value: Value, unset: Value) -> bool {
        let instruction = function.instruction(value).clone();
        if instruction.operation == Operation::Make && self.objects.made.contains_key(&value) {
            let mut words: Vec<Value> =
                instruction.arguments.iter().map(|&word| self.current(word)).collect();
            words.resize(words_of(function, value), unset);
            self.contents.insert(value, words);
            return true;
        }
        let subject = match instruction.operation {
            Operation::Make => None,
            _ => instruction.arguments.first().and_then(|&first| self.objects.object(first)),
        };
        let Some(object) = subject else { return false };
        let what = what_of(function, object);
        let Some(words) = self.contents.get_mut(&object) else { return false };
        match instruction.operation {
            Operation::Untag => {}
            Operation::StoreField => {
                let stored = instruction.arguments[1];
                if let Some(word) = word_at(what, instruction.immediate).and_then(|at| words.get_mut(at)) {
                    *word = self.renamed.get(&stored).copied().unwrap_or(stored);
                }
            }
            Operation::LoadField => {
                if let Some(&word) = word_at(what, instruction.immediate).and_then(|at| words.get(at)) {
                    self.renamed.insert(value, word);
                }
            }
            Operation::LoadTuple => {
                let index = function.int_constant(instruction.arguments[1]).unwrap_or_default();
                if let Some(&word) = words.get(index as usize) {
                    self.renamed.insert(value, word);
                }
            }
            Operation::TupleLength => {
                let length = words.len() as u64;
                let constant = function.constant_in_front(Operation::Int, length);
                self.renamed.insert(value, constant);
            }
            _ => return false,
        }
        true
    }

    /// The state, with the objects in it.
    fn state(&self, function: &mut Function, state: StateId) -> StateId {
        let mut work: Vec<Value> = function.state(state).slots.iter().map(|slot| slot.1).collect();
        let mut needed: Vec<Virtual> = Vec::new();
        while let Some(value) = work.pop() {
            let object = self.current(value);
            if needed.iter().any(|one| one.object == object) {
                continue;
            }
            let Some(words) = self.contents.get(&object) else { continue };
            let words: Vec<Value> = words.iter().map(|&word| self.current(word)).collect();
            work.extend(&words);
            needed.push(Virtual { object, what: what_of(function, object), words });
        }
        if needed.is_empty() {
            return state;
        }
        // Parts are older than what they are parts of.
        needed.sort_by_key(|one| one.object);
        let mut new = function.state(state).clone();
        new.objects = needed;
        function.add_state(new)
    }
}
