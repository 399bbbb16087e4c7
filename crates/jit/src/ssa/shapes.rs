//! What is known of the kind and class of objects, beyond what was seen at an instruction: objects that are made here,
//! and receivers of methods that were inlined for a shape.

use heap::kind::CLASS_OF_KIND;
use vm::record::Shape;

use super::build::{Builder, Context};
use super::flow::Site;
use super::form::{Operation, Value, What};

/// The class of objects of a shape, if the shape tells.
pub(super) fn class_of(shape: Shape) -> Option<u32> {
    match CLASS_OF_KIND[usize::from(shape.kind) & 63] {
        heap::class::CLASS_IN_HEADER => Some(shape.class).filter(|&class| class != 0),
        class => Some(class),
    }
}

/// The class of all shapes, where that does not stand in the header of objects.
pub(super) fn one_class(shapes: &[Shape]) -> Option<u32> {
    let first = class_of(*shapes.first()?)?;
    let is_it = |shape: &Shape| shape.class == 0 && class_of(*shape) == Some(first);
    shapes.iter().all(is_it).then_some(first)
}

impl Builder<'_> {
    /// Does work where a value is known to have a shape.
    pub(super) fn knowing<R>(&mut self, value: Value, shape: Shape, work: impl FnOnce(&mut Self) -> R) -> R {
        self.shapes.push((value, shape));
        let done = work(self);
        self.shapes.pop();
        done
    }

    /// The shape that a value has for sure.
    pub(super) fn known_shape(&self, value: Value) -> Option<Shape> {
        let instruction = self.function.instruction(value);
        if instruction.operation == Operation::Make {
            let what = self.function.makes[instruction.immediate as usize].what;
            let class = if let What::Object { class, .. } = what { class } else { 0 };
            return Some(Shape { kind: what.kind() as u8, class });
        }
        self.shapes.iter().rev().find(|known| known.0 == value).map(|known| known.1)
    }

    /// The shapes that a value may have, as far as that was seen; nothing if they are too many.
    pub(super) fn shapes_of(&self, context: &Context<'_>, site: Site, value: Value) -> Option<Vec<Shape>> {
        match self.known_shape(value) {
            Some(shape) => Some(vec![shape]),
            None => self.entry(context).feedback().shapes(site.index),
        }
    }
}
