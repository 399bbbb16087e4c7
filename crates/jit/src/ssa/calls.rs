//! Calls: inlined where the callee is known and small, made directly where it is known, found at run time where it is
//! a method or function, and left to the interpreter's step otherwise.
//!
//! Around a call that is made, memory holds all that is needed after it: so whatever drops the native stack while the
//! callee runs loses nothing.

use bytecode::{Op, RegisterSet};
use heap::{ClassId, Kind};
use vm::builtins::BuiltinEntry;
use vm::code::Entry;
use vm::quick::Quick;
use vm::record::{Seen, Shape, seen};

use super::build::{Builder, Context, Edge, Refusal, Slot};
use super::flow::{Code, Site};
use super::form::{CallSite, Operation, StateId, Value, What};
use super::shapes::{class_of, one_class};
use super::values::IMMEDIATES;

/// What a call site is known to call.
pub(super) enum Callee {
    /// One function.
    One(&'static Entry),
    /// Methods by the shape of the receiver.
    ByShape(Vec<(Shape, &'static Entry)>),
    /// A method of objects of any class.
    Method,
    /// Any function or closure.
    Any,
    /// A builtin; as a method, that of values of a class.
    Builtin(&'static BuiltinEntry, Option<u32>),
    Unknown,
}

impl Builder<'_> {
    pub(super) fn call(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Result<bool, Refusal> {
        if let Some(done) = self.builtin(context, site, found) {
            return Ok(done);
        }
        if !found.ran {
            return Ok(self.cold(context, site));
        }
        match self.callee_of(context, site, found) {
            Callee::One(entry) => {
                self.put_callee(context, site, entry);
                self.call_known(context, site, entry)
            }
            Callee::ByShape(targets) => self.call_by_shape(context, site, &targets),
            Callee::Method => {
                self.call_found(context, site, Operation::CallMethod);
                Ok(true)
            }
            Callee::Any => {
                self.call_found(context, site, Operation::CallValue);
                Ok(true)
            }
            Callee::Builtin(builtin, class) => {
                let value = self.call_builtin(context, site, (builtin, class));
                self.give_to_window(context, site, value);
                Ok(true)
            }
            Callee::Unknown => Ok(self.step(context, site, found)),
        }
    }

    /// The result of a call stands where the callee was.
    pub(super) fn give_to_window(&mut self, context: &Context<'_>, site: Site, value: Value) {
        let window = context.offset + site.word.a();
        for slot in &mut self.slots[window..] {
            *slot = Slot::default();
        }
        self.slots[window] = Slot { value: Some(value), dirty: true };
    }

    /// Calls a function that is in its place.
    pub(super) fn call_known(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
    ) -> Result<bool, Refusal> {
        if self.is_inlined(context, site, entry)
            && let Some(code) = Code::new(entry)
        {
            return self.inline(context, site, entry, &code);
        }
        let state = self.here(context, site);
        self.call_entry(context, site, entry, state);
        Ok(true)
    }

    pub(super) fn callee_of(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Callee {
        if site.word.c() != 0 {
            return Callee::Unknown;
        }
        let here = self.entry(context);
        let fits = |entry: &&'static Entry| entry.arity as usize == site.word.b();
        match site.op {
            Op::Call | Op::TailCall => {
                let callee = self.read(context, site.word.a());
                if let Some(entry) = self.function_in(callee) {
                    return if fits(&entry) { Callee::One(entry) } else { Callee::Unknown };
                }
                let known = here.feedback().callee(site.index).and_then(|id| here.sibling(id)).filter(fits);
                match known {
                    Some(entry) if !found.failed => Callee::One(entry),
                    _ => Callee::Any,
                }
            }
            Op::CallConst | Op::TailCallConst => {
                let constant = context.code.constant(site.second.low());
                if let Some(builtin) = self.asked.builtin(constant) {
                    return builtin_callee(builtin, None, site, found);
                }
                self.asked.callee(constant).filter(fits).map_or(Callee::Unknown, Callee::One)
            }
            _ => self.method_of(context, site, found),
        }
    }

    /// The function that a value is for sure.
    fn function_in(&self, value: Value) -> Option<&'static Entry> {
        let instruction = self.function.instruction(value);
        match instruction.operation {
            Operation::Make => match self.function.makes[instruction.immediate as usize].what {
                What::Closure { entry } => Some(entry),
                _ => None,
            },
            Operation::Word => self.asked.function_of_word(instruction.immediate),
            _ => None,
        }
    }

    fn method_of(&mut self, context: &Context<'_>, site: Site, found: Seen) -> Callee {
        let fits = |entry: &&'static Entry| entry.arity as usize == site.word.b();
        let is_object =
            |shape: &Shape| shape.kind == Kind::Instance as u8 || shape.kind == Kind::Record as u8;
        let receiver = self.read(context, site.word.a() + 3);
        let Some(shapes) = self.shapes_of(context, site, receiver) else { return Callee::Method };
        let kinds = self.kinds(receiver, found.b);
        let name = context.code.constant(site.second.low());
        if found.failed {
            return if shapes.iter().any(is_object) { Callee::Method } else { Callee::Unknown };
        }
        let class = match kinds {
            seen::FLOAT => Some(ClassId::Float.id()),
            kinds if kinds != 0 && kinds & !(seen::INT | seen::WIDE) == 0 => Some(ClassId::Int.id()),
            kinds if kinds & IMMEDIATES == 0 && kinds & seen::FLOAT == 0 => one_class(&shapes),
            _ => None,
        };
        if let Some(class) = class
            && let Some(builtin) = self.asked.builtin_method(class, name)
        {
            return builtin_callee(builtin, Some(class), site, found);
        }
        let cache = context.code.cache(site);
        let is_cached = site.quick == Some(Quick::CallMethodInstance) && cache.kind != 0;
        let target = |shape: &Shape| {
            if is_cached && cache.kind == shape.kind && cache.class == shape.class {
                return self.entry(context).sibling(cache.found);
            }
            self.asked.method(class_of(*shape)?, name)
        };
        let known: Option<Vec<(Shape, &'static Entry)>> = shapes
            .iter()
            .map(|shape| {
                let entry = target(shape).filter(fits)?;
                Some((*shape, entry))
            })
            .collect();
        let known = known.filter(|_| kinds & (IMMEDIATES | seen::FLOAT) == 0);
        match known {
            Some(targets) if !targets.is_empty() => Callee::ByShape(targets),
            _ if shapes.iter().any(is_object) => Callee::Method,
            _ => Callee::Unknown,
        }
    }

    /// Makes sure of the callee, and puts it in its place.
    pub(super) fn put_callee(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        let a = site.word.a();
        if matches!(site.op, Op::Call | Op::TailCall) {
            let callee = self.read(context, a);
            if entry.code.captures == 0 {
                self.guard(context, site, Operation::GuardWord, &[callee], entry.function.bits());
            } else {
                self.guard(context, site, Operation::GuardCode, &[callee], entry.word());
            }
            return;
        }
        self.set_callee(context, site, entry);
    }

    pub(super) fn set_callee(&mut self, context: &Context<'_>, site: Site, entry: &'static Entry) {
        // The state before the instruction must not know of this.
        self.here(context, site);
        let callee = self.function.constant(Operation::Word, entry.function.bits());
        self.write(context, site.word.a(), callee);
    }

    /// One way for each shape of the receiver that was seen; others leave the code, which tells of them.
    fn call_by_shape(
        &mut self,
        context: &Context<'_>,
        site: Site,
        targets: &[(Shape, &'static Entry)],
    ) -> Result<bool, Refusal> {
        let receiver = self.read(context, site.word.a() + 3);
        if let [(shape, entry)] = *targets {
            self.shape(context, site, receiver, shape);
            self.set_callee(context, site, entry);
            return self.knowing(receiver, shape, |builder| builder.call_known(context, site, entry));
        }
        let object = self.guard(context, site, Operation::GuardObject, &[receiver], 0);
        let state = self.here(context, site);
        let mut done = Vec::new();
        for (number, &(shape, entry)) in targets.iter().enumerate() {
            let other = self.way_of_shape(context, site, object, shape, number + 1 < targets.len());
            self.set_callee(context, site, entry);
            if self.knowing(receiver, shape, |builder| builder.call_known(context, site, entry))? {
                done.push(Edge { from: self.block, slots: self.slots.clone() });
            }
            self.take(other, state);
        }
        if done.is_empty() {
            return Ok(false);
        }
        self.merge(context, site.next(), done);
        Ok(true)
    }

    /// The address of an object, which has this shape.
    pub(super) fn shape(&mut self, context: &Context<'_>, site: Site, object: Value, shape: Shape) -> Value {
        let object = self.guard(context, site, Operation::GuardObject, &[object], 0);
        self.guard(context, site, Operation::GuardShape, &[object], bits_of(shape));
        object
    }

    /// Calls what the window's receiver has under the name, or the value in it, whatever that is.
    fn call_found(&mut self, context: &Context<'_>, site: Site, operation: Operation) {
        let window = site.word.a();
        let subject = match operation {
            Operation::CallMethod => self.read(context, window + 3),
            _ => self.read(context, window),
        };
        let subject = self.as_any(context, site, subject);
        let state = self.here(context, site);
        let name = match operation {
            Operation::CallMethod => context.code.constant(site.second.low()).bits() as u32,
            _ => 0,
        };
        self.make_call(context, site, (operation, &[subject], None, name), state);
    }

    /// A call of a function that is not inlined.
    pub(super) fn call_entry(
        &mut self,
        context: &Context<'_>,
        site: Site,
        entry: &'static Entry,
        state: StateId,
    ) {
        let window = context.offset + site.word.a();
        self.function.slots = self.function.slots.max(window + 3);
        self.make_call(context, site, (Operation::Call, &[], Some(entry), 0), state);
    }

    fn make_call(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (operation, arguments, entry, name): (Operation, &[Value], Option<&'static Entry>, u32),
        state: StateId,
    ) {
        let window = context.offset + site.word.a();
        self.forget_dead(context, site);
        for slot in 0..(window + 3 + site.word.b()).min(self.slots.len()) {
            self.store(context, site.index, slot);
        }
        self.store_headers(context, usize::MAX);
        let back =
            self.entry(context).code.words.as_ptr().wrapping_add(site.next()).expose_provenance() as u64;
        if let Some(entry) = entry {
            self.store_raw(window + 1, entry.profile.word());
            self.store_raw(window + 2, back);
        }
        let call = CallSite { entry, frame: window + 3, count: site.word.b(), name, back };
        self.function.calls.push(call);
        let number = self.function.calls.len() as u64 - 1;
        let result = self.function.append(self.block, operation, arguments, number, Some(state));
        for slot in &mut self.slots[window..] {
            *slot = Slot::default();
        }
        self.slots[window] = Slot { value: Some(result), dirty: true };
    }

    /// Brings the headers of inlined frames below a slot to memory.
    pub(super) fn store_headers(&mut self, context: &Context<'_>, end: usize) {
        for frame in self.function.chains[context.chain].clone() {
            if frame.offset == 0 || frame.offset >= end {
                continue;
            }
            let caller = self.caller_of(context, frame.offset);
            self.store_raw(frame.offset - 2, frame.entry.profile.word());
            self.store_raw(frame.offset - 1, frame.link(caller));
            if frame.resumption != 0 {
                self.store_raw(frame.offset - 4, frame.resumption);
                self.store_raw(frame.offset - 5, heap::Value::NIL.bits());
            }
        }
    }

    /// Registers that nothing needs after the call do not stay alive through it.
    pub(super) fn forget_dead(&mut self, context: &Context<'_>, site: Site) {
        self.keep_across(context, site, site.word.a());
        for header in 1..3 {
            self.slots[context.offset + site.word.a() + header] = Slot::default();
        }
    }

    /// Of so many registers only those stay known that must survive what the instruction calls.
    pub(super) fn keep_across(&mut self, context: &Context<'_>, site: Site, count: usize) {
        let across = RegisterSet::from_words(context.code.liveness.across(site.index as u32));
        for register in 0..count {
            if !across.contains(register as u8) {
                self.slots[context.offset + register] = Slot::default();
            }
        }
    }

    /// The function whose frame lies below the one at an offset.
    pub(super) fn caller_of(&self, context: &Context<'_>, offset: usize) -> &'static Entry {
        let chain = &self.function.chains[context.chain];
        let below = chain.iter().rev().find(|frame| frame.offset < offset);
        below.map_or(self.root, |frame| frame.entry)
    }

    pub(super) fn store_raw(&mut self, slot: usize, word: u64) {
        let word = self.function.constant(Operation::Word, word);
        self.emit(Operation::StoreSlot, &[word], slot as u64);
    }
}

/// A builtin that takes so many arguments, unless it leaves its work to the interpreter.
fn builtin_callee(builtin: &'static BuiltinEntry, class: Option<u32>, site: Site, found: Seen) -> Callee {
    let asks_the_interpreter = matches!(builtin.row.name, "Iterator.next" | "Iterable.iter");
    let signature = &builtin.signature;
    let fits = !signature.rest && (signature.required()..=signature.fixed()).contains(&site.word.b());
    match fits && !found.failed && !asks_the_interpreter {
        true => Callee::Builtin(builtin, class),
        false => Callee::Unknown,
    }
}

/// A shape as the operations that test it have it.
pub(super) fn bits_of(shape: Shape) -> u64 {
    u64::from(shape.class) << 8 | u64::from(shape.kind)
}
