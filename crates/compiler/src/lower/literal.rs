//! Strings with interpolations, lists, sets, tuples, maps, ranges.

use bytecode::{Constant, Op};
use syntax::ast::{self, Element, ExprKind, MapEntry, TemplatePart};

use super::Lowerer;
use super::builder::Special;
use super::expr::Dst;
use crate::form::{Inst, Reg};

/// How many elements are evaluated into registers at a time; longer lists are built in steps.
const BATCH: usize = 32;

impl<'a> Lowerer<'a, '_> {
    pub fn template(&mut self, parts: &'a [TemplatePart], to: Reg) {
        let top = self.build().top();
        let first = self.build().allocate();
        let mut count: Reg = 0;
        for part in parts {
            if usize::from(count) == BATCH {
                self.build().emit(Inst::new(Op::Concat).a(first).b(first).c(i32::from(count)));
                self.build().release(first + 1);
                count = 1;
            }
            let register = if count == 0 { first } else { self.build().allocate() };
            count += 1;
            match part {
                TemplatePart::Text(text) => self.load_text(register, text),
                TemplatePart::Value { value, format } => {
                    self.expr(value, Dst::fresh(register));
                    match format {
                        None => self.build().emit(Inst::new(Op::ToStr).a(register).b(register)),
                        Some(format) => {
                            let spec = format_text(format);
                            let spec = self.build().constant(Constant::Str(spec));
                            self.build().emit(Inst::new(Op::Format).a(register).b(register).d(spec));
                        }
                    }
                }
            }
        }
        match (count, parts) {
            (0, _) => self.load_text(to, ""),
            (1, [TemplatePart::Value { .. }]) => self.build().copy(to, first),
            _ => self.build().emit(Inst::new(Op::Concat).a(to).b(first).c(i32::from(count))),
        }
        self.build().release(top);
    }

    pub fn list(&mut self, elements: &'a [Element], dst: Dst) {
        let plain = elements.iter().take_while(|element| matches!(element, Element::Item(_)));
        let batch = plain.count().min(BATCH);
        if batch == elements.len() {
            return self.collect(Op::NewList, elements, dst.register);
        }
        let (target, top) = self.work_register(dst);
        let (now, later) = elements.split_at(batch);
        self.collect(Op::NewList, now, target);
        for element in later {
            self.add_element(element, target, Op::ListPush, "__list_extend");
        }
        self.finish_work(dst, target, top);
    }

    /// Evaluates items side by side and makes a list or tuple of them.
    fn collect(&mut self, op: Op, elements: &'a [Element], to: Reg) {
        let top = self.build().top();
        for element in elements {
            let (Element::Item(item) | Element::Spread(item)) = element;
            self.fresh(item);
        }
        self.build().emit(Inst::new(op).a(to).b(top).c(elements.len() as i32));
        self.build().release(top);
    }

    fn add_element(&mut self, element: &'a Element, target: Reg, op: Op, spread: &str) {
        let top = self.build().top();
        match element {
            Element::Item(item) => {
                let register = self.value(item);
                self.build().emit(Inst::new(op).a(target).b(register));
            }
            Element::Spread(item) => self.extend(spread, target, item),
        }
        self.build().release(top);
    }

    fn extend(&mut self, function: &str, target: Reg, item: &'a ast::Expr) {
        let value = self.value(item);
        let ignored = self.build().allocate();
        self.call_builtin(function, ignored, |lowerer, first| {
            lowerer.build().copy(first, target);
            lowerer.build().copy(first + 1, value);
            2
        });
    }

    /// A register to build a value in: the destination itself where nothing can read it meanwhile.
    pub fn work_register(&mut self, dst: Dst) -> (Reg, Reg) {
        let top = self.build().top();
        if dst.fresh { (dst.register, top) } else { (self.build().allocate(), top) }
    }

    pub fn finish_work(&mut self, dst: Dst, target: Reg, top: Reg) {
        self.build().copy(dst.register, target);
        self.build().release(top);
    }

    pub fn set(&mut self, elements: &'a [Element], dst: Dst) {
        let (target, top) = self.work_register(dst);
        let room = elements.len().min(1 << 12) as i32;
        self.build().emit(Inst::new(Op::NewSet).a(target).c(room));
        for element in elements {
            self.add_element(element, target, Op::SetAdd, "__set_extend");
        }
        self.finish_work(dst, target, top);
    }

    pub fn tuple(&mut self, items: &'a [ast::Expr], named: &'a [(ast::Ident, ast::Expr)], dst: Dst) {
        let count = items.len() + usize::from(!named.is_empty());
        let top = self.build().top();
        if count <= BATCH {
            for item in items {
                self.fresh(item);
            }
            if !named.is_empty() {
                self.named_map(named);
            }
            self.build().emit(Inst::new(Op::NewTuple).a(dst.register).b(top).c(count as i32));
        } else {
            let list = self.build().allocate();
            self.build().emit(Inst::new(Op::NewList).a(list).b(list).c(0));
            for item in items {
                let register = self.value(item);
                self.build().emit(Inst::new(Op::ListPush).a(list).b(register));
                self.build().release(list + 1);
            }
            if !named.is_empty() {
                let register = self.named_map(named);
                self.build().emit(Inst::new(Op::ListPush).a(list).b(register));
            }
            self.build().emit(Inst::new(Op::ListToTuple).a(dst.register).b(list));
        }
        self.build().release(top);
    }

    fn named_map(&mut self, named: &'a [(ast::Ident, ast::Expr)]) -> Reg {
        let map = self.build().allocate();
        self.build().emit(Inst::new(Op::NewMap).a(map).c(named.len() as i32));
        for (name, value) in named {
            let key = self.build().allocate();
            self.load_text(key, &name.name);
            let register = self.value(value);
            self.build().emit(Inst::new(Op::MapPut).a(map).b(key).cr(register));
            self.build().release(map + 1);
        }
        map
    }

    pub fn map(&mut self, entries: &'a [MapEntry], dst: Dst) {
        let (target, top) = self.work_register(dst);
        let room = entries.len().min(1 << 12) as i32;
        self.build().emit(Inst::new(Op::NewMap).a(target).c(room));
        for entry in entries {
            let top = self.build().top();
            match entry {
                MapEntry::Pair { key, value } => {
                    let key = self.value_before(key, &[value]);
                    let value = self.value(value);
                    self.build().emit(Inst::new(Op::MapPut).a(target).b(key).cr(value));
                }
                MapEntry::Spread(map) => self.extend("__map_extend", target, map),
            }
            self.build().release(top);
        }
        self.finish_work(dst, target, top);
    }

    pub fn range(
        &mut self,
        start: Option<&'a ast::Expr>,
        end: Option<&'a ast::Expr>,
        inclusive: bool,
        to: Reg,
    ) {
        if let Some(constant) = constant_range(start, end, inclusive) {
            return self.build().load_constant(to, constant);
        }
        let top = self.build().top();
        let low = match (start, end) {
            (Some(start), Some(end)) => self.value_before(start, &[end]),
            (Some(start), None) => self.value(start),
            (None, _) => self.unset(),
        };
        let high = match end {
            Some(end) => self.value(end),
            None => self.unset(),
        };
        let op = if inclusive { Op::NewRangeInclusive } else { Op::NewRange };
        self.build().emit(Inst::new(op).a(to).b(low).cr(high));
        self.build().release(top);
    }

    fn unset(&mut self) -> Reg {
        let register = self.build().allocate();
        self.build().load_special(register, Special::Unset);
        register
    }
}

/// A format specification in its canonical spelling.
fn format_text(spec: &ast::FormatSpec) -> String {
    let mut text = String::new();
    if let Some(align) = spec.align {
        text.extend([spec.fill, align]);
    }
    text.extend(spec.sign);
    text.extend(spec.alternate.then_some('#'));
    text.extend(spec.zero.then_some('0'));
    if let Some(width) = spec.width {
        text.push_str(&width.to_string());
    }
    text.extend(spec.grouping);
    if let Some(precision) = spec.precision {
        text.push_str(&format!(".{precision}"));
    }
    text.extend(spec.kind);
    text
}

/// A range between two small literals is a constant.
fn constant_range(start: Option<&ast::Expr>, end: Option<&ast::Expr>, inclusive: bool) -> Option<Constant> {
    let side = |side: Option<&ast::Expr>| match side {
        None => Some(None),
        Some(expr) => match &expr.kind {
            ExprKind::Int(value) => Some(Some(Constant::Int(*value))),
            ExprKind::Char(value) => Some(Some(Constant::Char(*value))),
            _ => None,
        },
    };
    let (start, end) = (side(start)?, side(end)?);
    let same = matches!(
        (&start, &end),
        (Some(Constant::Int(_)), Some(Constant::Int(_)) | None) | (None, Some(Constant::Int(_)))
    );
    same.then(|| Constant::Range { start: Box::new(start), end: Box::new(end), inclusive })
}
