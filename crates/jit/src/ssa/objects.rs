//! Fields, cells, slots of modules, and tests of types.

use bytecode::Op;
use heap::{ClassId, Kind};
use vm::native::layout;
use vm::quick::Quick;
use vm::record::{Seen, Shape, seen};

use super::build::{Builder, Context, Edge};
use super::calls::bits_of;
use super::flow::Site;
use super::form::{Operation, StateId, Type, Value, What};
use super::shapes::class_of;
use super::values::IMMEDIATES;
use crate::family::{Family, family};

/// Where objects of each shape have a field.
type Places = Vec<(Shape, usize)>;

impl Builder<'_> {
    /// Where the shapes that were seen have the field; nothing where that is not known of all of them.
    fn places(&mut self, context: &Context<'_>, site: Site, is_store: bool) -> Option<Places> {
        let quick = if is_store { Quick::SetFieldInstance } else { Quick::GetFieldInstance };
        let cache = context.code.cache(site);
        let is_cached = site.quick == Some(quick) && cache.kind != 0;
        let name = context.code.constant(site.second.low());
        let object = self.read(context, if is_store { site.word.a() } else { site.word.b() });
        let shapes = self.shapes_of(context, site, object)?;
        let place = |shape: &Shape| {
            if is_cached && cache.kind == shape.kind && cache.class == shape.class {
                return Some((*shape, cache.found));
            }
            let fits = shape.kind == Kind::Instance as u8 || !is_store && shape.kind == Kind::Record as u8;
            let place = self.asked.field(shape.class, name, is_store).filter(|_| fits)?;
            Some((*shape, place))
        };
        let places: Option<Places> = shapes.iter().map(place).collect();
        places.filter(|places| !places.is_empty())
    }

    pub(super) fn get_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let places = if found.failed { None } else { self.places(context, site, false) };
        let Some(places) = places else { return self.step(context, site, found) };
        let object = self.read(context, site.word.b());
        self.by_shape(context, site, (object, &places), |builder, object, place| {
            builder.load_set(context, site, object, place);
        });
        true
    }

    pub(super) fn set_field(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let places = if found.failed { None } else { self.places(context, site, true) };
        let Some(places) = places else { return self.step(context, site, found) };
        let object = self.read(context, site.word.a());
        let value = self.read(context, site.word.b());
        let value = self.as_any(context, site, value);
        self.by_shape(context, site, (object, &places), |builder, object, place| {
            builder.guard(context, site, Operation::StoreField, &[object, value], place as u64);
        });
        true
    }

    /// Does work on the address of an object, in one way for each shape that it may have.
    fn by_shape<W: Copy>(
        &mut self,
        context: &Context<'_>,
        site: Site,
        (object, ways): (Value, &[(Shape, W)]),
        mut work: impl FnMut(&mut Self, Value, W),
    ) {
        if let [(shape, way)] = *ways {
            let object = self.shape(context, site, object, shape);
            return work(self, object, way);
        }
        let object = self.guard(context, site, Operation::GuardObject, &[object], 0);
        let state = self.here(context, site);
        let mut done = Vec::new();
        for (number, &(shape, way)) in ways.iter().enumerate() {
            let other = self.way_of_shape(context, site, object, shape, number + 1 < ways.len());
            work(self, object, way);
            done.push(Edge { from: self.block, slots: self.slots.clone() });
            self.take(other, state);
        }
        self.merge(context, site.next(), done);
    }

    /// Goes on where the object has the shape: the way where it has not, or a guard if it is the last that is known.
    pub(super) fn way_of_shape(
        &mut self,
        context: &Context<'_>,
        site: Site,
        object: Value,
        shape: Shape,
        has_more: bool,
    ) -> Option<Edge> {
        if !has_more {
            self.guard(context, site, Operation::GuardShape, &[object], bits_of(shape));
            return None;
        }
        let is_it = self.emit(Operation::IsShape, &[object], bits_of(shape));
        let (way, other) = self.branch(is_it);
        self.go_on(way);
        Some(other)
    }

    pub(super) fn take(&mut self, other: Option<Edge>, state: StateId) {
        if let Some(other) = other {
            self.go_on(other);
            self.at_state(state);
        }
    }

    /// Loads a field, which must be set.
    fn load_set(&mut self, context: &Context<'_>, site: Site, object: Value, place: usize) {
        let value = self.emit(Operation::LoadField, &[object], place as u64);
        self.guard(context, site, Operation::GuardSet, &[value], 0);
        self.write(context, site.word.a(), value);
    }

    /// The object that a slot instruction works on: one that was made here has it for sure.
    fn object_with_slot(&mut self, context: &Context<'_>, site: Site, register: usize) -> Value {
        let object = self.read(context, register);
        let slot = site.word.c();
        let instruction = self.function.instruction(object);
        let is_made = instruction.operation == Operation::Make
            && matches!(self.function.makes[instruction.immediate as usize].what,
                What::Object { fields, .. } if fields > slot);
        match is_made {
            true => self.emit(Operation::Untag, &[object], 0),
            false => self.guard(context, site, Operation::GuardSlot, &[object], slot as u64),
        }
    }

    pub(super) fn get_slot(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if found.failed || !found.ran {
            return self.step(context, site, found);
        }
        let object = self.object_with_slot(context, site, site.word.b());
        self.load_set(context, site, object, layout::field(site.word.c()));
        true
    }

    pub(super) fn set_slot(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if found.failed || !found.ran {
            return self.step(context, site, found);
        }
        let object = self.object_with_slot(context, site, site.word.a());
        let value = self.read(context, site.word.b());
        let value = self.as_any(context, site, value);
        let place = layout::field(site.word.c()) as u64;
        self.guard(context, site, Operation::StoreField, &[object, value], place);
        true
    }

    pub(super) fn set_cell(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if found.failed || !found.ran {
            return self.step(context, site, found);
        }
        let (cell, register) = match family(site.op) {
            Family::SetCell => (self.read(context, site.word.a()), site.word.b()),
            _ => (self.capture(context, site.word.bx()), site.word.a()),
        };
        let value = self.read(context, register);
        let value = self.as_any(context, site, value);
        let cell = self.guard(context, site, Operation::GuardKind, &[cell], Kind::Cell as u64);
        self.guard(context, site, Operation::StoreField, &[cell, value], layout::CELL_VALUE as u64);
        true
    }

    /// A variable of the module.
    pub(super) fn module(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        if found.failed || !found.ran {
            return self.step(context, site, found);
        }
        let place = self.entry(context).slots.wrapping_add(site.word.bx()).expose_provenance() as u64;
        let value = self.emit(Operation::LoadAt, &[], place);
        self.guard(context, site, Operation::GuardSet, &[value], 0);
        self.write(context, site.word.a(), value);
        true
    }

    /// Whether a value is of a type, where the shapes that were seen tell.
    pub(super) fn is_of_type(&mut self, context: &Context<'_>, site: Site, found: Seen) -> bool {
        let entry = self.entry(context);
        let value = self.read(context, site.word.b());
        let shapes = self.shapes_of(context, site, value).unwrap_or_default();
        let constant = context.code.constant(site.word.c());
        let answers: Option<Vec<(Shape, bool)>> = shapes
            .iter()
            .map(|shape| {
                let holds = self.asked.is_of_type(class_of(*shape)?, entry, constant);
                Some((*shape, holds?))
            })
            .collect();
        let only_objects = self.kinds(value, found.b) & (IMMEDIATES | seen::FLOAT) == 0;
        let Some(answers) = answers.filter(|answers| !answers.is_empty() && only_objects && !found.failed)
        else {
            return self.known_type(context, site, found, value);
        };
        self.by_shape(context, site, (value, &answers), |builder, _, holds| {
            let truth = builder.function.constant(Operation::Truth, u64::from(holds));
            builder.write(context, site.word.a(), truth);
        });
        true
    }

    /// A type test of what is a number for sure.
    fn known_type(&mut self, context: &Context<'_>, site: Site, found: Seen, value: Value) -> bool {
        let class = match self.type_of(value) {
            Type::Int => ClassId::Int,
            Type::Float => ClassId::Float,
            Type::Bool => ClassId::Bool,
            Type::Any | Type::Address | Type::None if site.op == Op::IsConst => {
                return self.is_directly(context, site, found, value);
            }
            Type::Any | Type::Address | Type::None => return self.step(context, site, found),
        };
        let constant = context.code.constant(site.word.c());
        match self.asked.is_of_type(class.id(), self.entry(context), constant) {
            Some(holds) if site.op == Op::IsConst => {
                let truth = self.function.constant(Operation::Truth, u64::from(holds));
                self.write(context, site.word.a(), truth);
                true
            }
            _ => self.step(context, site, found),
        }
    }
}
