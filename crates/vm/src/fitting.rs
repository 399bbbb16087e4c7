//! Arguments that do not fit a function as they stand, but nearly: some left out at the end, some by name, some for a
//! rest parameter. They are brought into form in the window itself, with nothing allocated but the list of the rest.
//! Whatever is wrong, or rare, takes the long way of `arguments`, which also says what is wrong.
//!
//! SAFETY contract: that of `call`: windows lie in the running frame.
#![allow(unsafe_code, unsafe_op_in_unsafe_fn)]

use bytecode::CallShape;
use heap::Value;

use crate::arguments::Takes;
use crate::call::Window;
use crate::code::Entry;
use crate::exit::Exit;
use crate::state::{FRAME_HEADER, State};

/// Functions with more parameters take named arguments the long way.
const NAMED_MAX: usize = 16;

impl State {
    /// Brings the arguments of a window into the form that a function expects. `None` is for the long way.
    pub(crate) unsafe fn fit(
        &mut self,
        window: Window,
        shape: Option<&CallShape>,
        entry: &Entry,
    ) -> Result<Option<Window>, Exit> {
        match shape {
            None => self.fit_positional(window, entry),
            Some(shape) => self.fit_named(window, shape, entry),
        }
    }

    unsafe fn fit_positional(&mut self, window: Window, entry: &Entry) -> Result<Option<Window>, Exit> {
        let (code, count) = (entry.code, window.count);
        let (fixed, has_rest) = (code.fixed(), code.has_rest());
        let needs_more = || code.params[count..fixed].iter().any(|param| !param.optional);
        if count > fixed && !has_rest || count < fixed && needs_more() {
            return Ok(None);
        }
        let first = window.at + FRAME_HEADER;
        self.reserve(first + fixed + 1)?;
        if has_rest {
            let direct = count.min(fixed);
            let rest = std::slice::from_raw_parts(self.base.add(first + direct), count - direct);
            let list = self.heap().list_from(rest)?.value();
            self.set(first + fixed, list);
        }
        for index in count..fixed {
            self.set(first + index, Value::UNDEF);
        }
        Ok(Some(Window { count: fixed + usize::from(has_rest), ..window }))
    }

    unsafe fn fit_named(
        &mut self,
        window: Window,
        shape: &CallShape,
        entry: &Entry,
    ) -> Result<Option<Window>, Exit> {
        let code = entry.code;
        if code.has_rest() {
            return Ok(None);
        }
        let Some(values) = self.by_name(window, shape, code) else { return Ok(None) };
        let (first, count) = (window.at + FRAME_HEADER, code.fixed());
        self.reserve(first + count)?;
        for (index, value) in values[..count].iter().enumerate() {
            self.set(first + index, *value);
        }
        Ok(Some(Window { count, ..window }))
    }

    /// The arguments of a window in the order of the parameters; undefined where one is left out that may be.
    unsafe fn by_name(
        &self,
        window: Window,
        shape: &CallShape,
        callee: &impl Takes,
    ) -> Option<[Value; NAMED_MAX]> {
        let (fixed, direct) = (callee.fixed_count(), usize::from(shape.positional));
        if fixed > NAMED_MAX || direct > fixed || direct + shape.names.len() != window.count {
            return None;
        }
        let mut values = [Value::UNDEF; NAMED_MAX];
        let argument = |index: usize| self.reg(window.at + FRAME_HEADER + index);
        for (index, value) in values[..direct].iter_mut().enumerate() {
            *value = argument(index);
        }
        for (number, name) in shape.names.iter().enumerate() {
            let index = (direct..fixed).find(|&index| callee.param_name(index) == name)?;
            if !values[index].is_undef() {
                return None;
            }
            values[index] = argument(direct + number);
        }
        let is_given = |index: usize| !values[index].is_undef() || callee.is_optional(index);
        (direct..fixed).all(is_given).then_some(values)
    }
}
