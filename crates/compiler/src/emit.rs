//! Emission: the form becomes a `FunctionDef`.
//!
//! What the form leaves open is settled here: which constants get the small indexes, which way a branch falls
//! through, how wide jumps are, cache slots, handler ranges and the line table. A function that does not fit the
//! instruction format is an error, never a panic.

use std::collections::{HashMap, HashSet};

use bytecode::{
    ClassRef, Constant, Format, FunctionDef, Handler, LineEntry, Op, Variable, VariablePlace, Word,
};

use crate::form::{BlockId, Code, Inst, Reg, RegionId, Spot};

/// Why a function does not fit the instruction format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Registers,
    Constants,
    Arguments,
    Captures,
    CallSites,
    Jump,
}

impl Limit {
    pub fn text(self) -> &'static str {
        match self {
            Limit::Registers => "it needs more than 250 registers: split it, or keep values in a list",
            Limit::Constants => "it has too many different constants",
            Limit::Arguments => "a call has too many arguments",
            Limit::Captures => "it captures too many variables or makes too many closures",
            Limit::CallSites => "it has too many call sites",
            Limit::Jump => "a jump in it is too far",
        }
    }
}

const REGISTERS_MAX: u16 = 250;
/// So many constants have an index of 16 bits.
const CONSTANTS_NEAR: usize = 1 << 16;

/// Emits one function.
pub fn emit(mut code: Code) -> Result<FunctionDef, Limit> {
    order_constants(&mut code)?;
    code.registers = register_count(&code);
    if code.registers > REGISTERS_MAX {
        return Err(Limit::Registers);
    }
    let items = linear(&code);
    let mut emitter = Emitter { code: &code, items, starts: Vec::new(), wide: Vec::new(), caches: 0 };
    emitter.place()?;
    emitter.write()
}

fn register_count(code: &Code) -> Reg {
    let instructions =
        code.order.iter().flat_map(|&id| &code.block(id).insts).map(Inst::highest).max().unwrap_or(0);
    let regions = code.regions.iter().map(|region| region.register).max().unwrap_or(0);
    let parameters = code.params.len() as Reg;
    (instructions.max(regions).saturating_add(1)).max(parameters)
}

/// Operations that have a form with a register in place of the constant.
fn register_form(op: Op) -> Option<Op> {
    Some(match op {
        Op::AddConst => Op::Add,
        Op::SubConst => Op::Sub,
        Op::MulConst => Op::Mul,
        Op::DivConst => Op::Div,
        Op::ModConst => Op::Mod,
        Op::BitAndConst => Op::BitAnd,
        Op::EqConst => Op::Eq,
        Op::NeConst => Op::Ne,
        _ => return None,
    })
}

/// Gives the constants that 8-bit operands name the first indexes, and takes constant forms apart where there
/// are more of them than fit.
fn order_constants(code: &mut Code) -> Result<(), Limit> {
    load_far_types(code);
    let mut order: Vec<u32> = Vec::new();
    let mut index_of: HashMap<u32, u32> = HashMap::new();
    for forced in [true, false] {
        for &id in &code.order {
            for inst in &code.blocks[id.0 as usize].insts {
                if is_narrow(inst.format()) && register_form(inst.op).is_none() == forced {
                    assign(&mut order, &mut index_of, inst.d);
                }
            }
        }
        if forced && order.len() > CONSTANTS_NARROW {
            return Err(Limit::Constants);
        }
    }
    take_apart(code, &index_of);
    for loaded in [false, true] {
        for &id in &code.order {
            for inst in &code.blocks[id.0 as usize].insts {
                if has_constant(inst.format()) && (inst.op == Op::LoadConst) == loaded {
                    assign(&mut order, &mut index_of, inst.d);
                }
            }
        }
        // A load has a form that reaches any constant.
        if !loaded && order.len() > CONSTANTS_NEAR {
            return Err(Limit::Constants);
        }
    }
    for block in &mut code.blocks {
        for inst in block.insts.iter_mut().filter(|inst| has_constant(inst.format())) {
            if let Some(&index) = index_of.get(&inst.d) {
                inst.d = index;
                if inst.op == Op::LoadConst && index as usize >= CONSTANTS_NEAR {
                    inst.op = Op::LoadConstWide;
                }
            }
        }
    }
    let old = std::mem::take(&mut code.constants);
    let mut old: Vec<Option<Constant>> = old.into_iter().map(Some).collect();
    code.constants = order.iter().filter_map(|&index| old[index as usize].take()).collect();
    Ok(())
}

/// So many constants have an index of 8 bits.
const CONSTANTS_NARROW: usize = 256;

/// Where a function tests for more types than an instruction can name, the others are loaded before the test.
fn load_far_types(code: &mut Code) {
    let scratch = register_count(code);
    let mut named: HashSet<u32> = HashSet::new();
    for id in code.order.clone() {
        let far = |inst: &Inst, named: &HashSet<u32>| {
            inst.op == Op::IsConst && named.len() >= CONSTANTS_NARROW / 2 && !named.contains(&inst.d)
        };
        if !code.block(id).insts.iter().any(|inst| inst.op == Op::IsConst) {
            continue;
        }
        for mut inst in std::mem::take(&mut code.block_mut(id).insts) {
            match only_class(code, &inst).filter(|_| far(&inst, &named)) {
                Some(class) => {
                    let class = code.constant(Constant::Class(class));
                    let insts = &mut code.block_mut(id).insts;
                    insts.push(Inst::new(Op::LoadConst).a(scratch).d(class).at(inst.span));
                    inst = Inst::new(Op::Is).a(inst.a).b(inst.b).cr(scratch).at(inst.span);
                }
                None if inst.op == Op::IsConst => drop(named.insert(inst.d)),
                None => {}
            }
            code.block_mut(id).insts.push(inst);
        }
    }
}

/// The class that an instruction tests for, when it is one alone.
fn only_class(code: &Code, inst: &Inst) -> Option<ClassRef> {
    match code.constants.get(inst.d as usize).filter(|_| inst.op == Op::IsConst)? {
        Constant::Type(spec) => match spec.any_of.as_slice() {
            [class] => Some(class.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn assign(order: &mut Vec<u32>, index_of: &mut HashMap<u32, u32>, constant: u32) {
    index_of.entry(constant).or_insert_with(|| {
        order.push(constant);
        order.len() as u32 - 1
    });
}

fn take_apart(code: &mut Code, index_of: &HashMap<u32, u32>) {
    let scratch = register_count(code);
    for block in &mut code.blocks {
        let far =
            |inst: &Inst| is_narrow(inst.format()) && index_of.get(&inst.d).is_some_and(|&index| index > 255);
        if !block.insts.iter().any(far) {
            continue;
        }
        for inst in std::mem::take(&mut block.insts) {
            match register_form(inst.op).filter(|_| far(&inst)) {
                Some(op) => {
                    block.insts.push(Inst::new(Op::LoadConst).a(scratch).d(inst.d).at(inst.span));
                    let apart = Inst::new(op).a(inst.a).b(inst.b).cr(scratch).at(inst.span);
                    block.insts.push(apart);
                }
                None => block.insts.push(inst),
            }
        }
    }
}

/// Whether the constant's index has 8 bits.
fn is_narrow(format: Format) -> bool {
    matches!(
        format,
        Format::WriteReadConst | Format::WriteReadType | Format::WriteReadText | Format::WriteReadBounds
    )
}

pub fn has_constant(format: Format) -> bool {
    is_narrow(format)
        || matches!(
            format,
            Format::WriteClass
                | Format::WriteConst
                | Format::WriteConstWide
                | Format::ReadType
                | Format::CallConst
                | Format::CallMethod
                | Format::CallMethodSpread
                | Format::GetField
                | Format::SetField
                | Format::ReadReadName
        )
}

/// What stands in the code, in order: a block's begin, an instruction, or a jump made here.
enum Item {
    Begin(BlockId),
    Plain(Inst),
    /// A conditional jump or a `Next`, with its target.
    Branch(Inst, BlockId),
    /// An unconditional jump.
    Goto(BlockId, (u32, u32)),
    /// A conditional jump over the following `Goto`.
    Skip(Inst),
}

/// Lays the blocks out and decides which way each branch falls through.
fn linear(code: &Code) -> Vec<Item> {
    let position: HashMap<BlockId, usize> =
        code.order.iter().enumerate().map(|(index, &id)| (id, index)).collect();
    let mut items = Vec::new();
    for (index, &id) in code.order.iter().enumerate() {
        let block = code.block(id);
        items.push(Item::Begin(id));
        let following = code.order.get(index + 1).copied();
        let Some((last, plain)) = block.insts.split_last() else {
            if block.next != following {
                items.extend(block.next.map(|next| Item::Goto(next, (0, 0))));
            }
            continue;
        };
        items.extend(plain.iter().cloned().map(Item::Plain));
        let span = last.span;
        let mut next = block.next;
        match last.target {
            None => items.push(Item::Plain(last.clone())),
            Some(target) if last.op == Op::Next => items.push(Item::Branch(last.clone(), target)),
            Some(target) => {
                let (inst, target, goes_on) = choose(last, target, next, following);
                next = goes_on;
                if position[&target] > index {
                    items.push(Item::Branch(inst, target));
                } else {
                    push_backward(&mut items, inst, target);
                }
            }
        }
        if next != following {
            items.extend(next.map(|next| Item::Goto(next, span)));
        }
    }
    items
}

/// Turns a branch round where that makes the following block the one it falls into.
fn choose(
    last: &Inst,
    target: BlockId,
    next: Option<BlockId>,
    following: Option<BlockId>,
) -> (Inst, BlockId, Option<BlockId>) {
    if let (true, Some(next), Some(op)) = (Some(target) == following, next, inverse(last.op)) {
        let mut inst = last.clone();
        inst.op = op;
        return (inst, next, Some(target));
    }
    (last.clone(), target, next)
}

pub fn inverse(op: Op) -> Option<Op> {
    Some(match op {
        Op::JumpIfFalse => Op::JumpIfTrue,
        Op::JumpIfTrue => Op::JumpIfFalse,
        Op::JumpIfNil => Op::JumpIfNotNil,
        Op::JumpIfNotNil => Op::JumpIfNil,
        _ => return None,
    })
}

fn push_backward(items: &mut Vec<Item>, mut inst: Inst, target: BlockId) {
    let span = inst.span;
    if inst.op == Op::JumpIfTrue {
        inst.op = Op::LoopIfTrue;
        items.push(Item::Branch(inst, target));
    } else if let Some(op) = inverse(inst.op) {
        inst.op = op;
        items.push(Item::Skip(inst));
        items.push(Item::Goto(target, span));
    } else {
        // No inverse: the branch jumps over a jump, onto the backward one.
        let mut over = Inst::new(Op::LoadSpecial).at(span);
        over.op = Op::Jump;
        items.push(Item::Skip(inst));
        items.push(Item::Plain(over.c(1)));
        items.push(Item::Goto(target, span));
    }
}

struct Emitter<'a> {
    code: &'a Code,
    items: Vec<Item>,
    /// The pc of each item.
    starts: Vec<u32>,
    /// Items that need their wide form.
    wide: Vec<bool>,
    caches: u32,
}

impl Emitter<'_> {
    fn words(&self, index: usize) -> u32 {
        match &self.items[index] {
            Item::Begin(_) => 0,
            Item::Plain(inst) => inst.op.words() as u32,
            Item::Branch(inst, _) if self.wide[index] || inst.op == Op::Next => 2,
            Item::Branch(..) | Item::Goto(..) | Item::Skip(_) => 1,
        }
    }

    fn block_starts(&self) -> HashMap<BlockId, u32> {
        let mut starts = HashMap::new();
        for (item, &start) in self.items.iter().zip(&self.starts) {
            if let Item::Begin(id) = item {
                starts.insert(*id, start);
            }
        }
        starts
    }

    /// Finds the pc of every item, widening branches until all of them reach.
    fn place(&mut self) -> Result<(), Limit> {
        self.wide = vec![false; self.items.len()];
        loop {
            let mut pc = 0;
            self.starts.clear();
            for index in 0..self.items.len() {
                self.starts.push(pc);
                pc += self.words(index);
            }
            if pc as usize > bytecode::limits::CODE_WORDS_MAX {
                return Err(Limit::Jump);
            }
            let starts = self.block_starts();
            let mut changed = false;
            for index in 0..self.items.len() {
                if let Item::Branch(inst, target) = &self.items[index] {
                    let offset = self.offset(index, starts[target]);
                    let reaches = i16::try_from(offset).is_ok() || inst.op == Op::Next;
                    if !reaches && !self.wide[index] {
                        self.wide[index] = true;
                        changed = true;
                    }
                }
            }
            if !changed {
                return Ok(());
            }
        }
    }

    fn offset(&self, index: usize, target: u32) -> i32 {
        target as i32 - (self.starts[index] + self.words(index)) as i32
    }

    fn write(mut self) -> Result<FunctionDef, Limit> {
        let starts = self.block_starts();
        let mut words: Vec<u32> = Vec::new();
        let mut lines: Vec<LineEntry> = Vec::new();
        for index in 0..self.items.len() {
            let span = match &self.items[index] {
                Item::Begin(_) => continue,
                Item::Plain(inst) | Item::Branch(inst, _) | Item::Skip(inst) => inst.span,
                Item::Goto(_, span) => *span,
            };
            let pc = words.len() as u32;
            if lines.last().is_none_or(|line| (line.start, line.end) != span) {
                lines.push(LineEntry { pc, start: span.0, end: span.1 });
            }
            self.write_item(index, &starts, &mut words)?;
        }
        let end = words.len() as u32;
        let handlers = self.handlers(&starts, end);
        let caches = u16::try_from(self.caches).map_err(|_| Limit::CallSites)?;
        let code = self.code;
        Ok(FunctionDef {
            name: code.name.clone(),
            params: code.params.clone(),
            flags: code.flags,
            registers: code.registers,
            code: words,
            constants: code.constants.clone(),
            prototypes: code.prototypes.clone(),
            captures: code.captures,
            handlers,
            shapes: code.shapes.clone(),
            caches,
            lines,
            span: code.span,
            doc: code.doc.clone(),
            variables: self.variables(end),
        })
    }

    /// Where the variables are, in words of code. What a pass has taken away leaves nothing behind.
    fn variables(&self, end: u32) -> Vec<Variable> {
        if self.code.variables.is_empty() {
            return Vec::new();
        }
        let positions = self.items.iter().enumerate().filter_map(|(index, item)| match item {
            Item::Begin(id) => Some((*id, index)),
            _ => None,
        });
        let positions: HashMap<BlockId, usize> = positions.collect();
        // A pass or a tail call may have taken instructions away.
        let word = |(block, before): Spot| {
            let first = positions.get(&block)? + 1;
            let rest = &self.items[first..];
            let length = rest.iter().take(before).take_while(|item| !matches!(item, Item::Begin(_))).count();
            Some(self.starts.get(first + length).copied().unwrap_or(end))
        };
        let find = |variable: &crate::form::Variable| {
            let start = word(variable.start)?;
            let end = variable.end.map_or(Some(end), word)?;
            let fits = match variable.place {
                VariablePlace::Register(register) | VariablePlace::Cell(register) => {
                    u16::from(register) < self.code.registers
                }
                VariablePlace::Capture(index) | VariablePlace::CaptureCell(index) => {
                    index < self.code.captures
                }
            };
            let name = variable.name.clone();
            (fits && start <= end).then_some(Variable { name, place: variable.place, start, end })
        };
        self.code.variables.iter().filter_map(find).take(bytecode::limits::VARIABLES_MAX).collect()
    }

    fn write_item(
        &mut self,
        index: usize,
        starts: &HashMap<BlockId, u32>,
        words: &mut Vec<u32>,
    ) -> Result<(), Limit> {
        match &self.items[index] {
            Item::Begin(_) => Ok(()),
            Item::Plain(inst) => {
                let inst = inst.clone();
                self.write_plain(&inst, words)
            }
            Item::Goto(target, _) => {
                let offset = self.offset(index, starts[target]);
                let op = if offset < 0 { Op::Loop } else { Op::Jump };
                words.push(Word::jump(op as u8, offset).0);
                Ok(())
            }
            Item::Skip(inst) => {
                words.push(Word::abx(inst.op as u8, inst.a as u8, 1).0);
                Ok(())
            }
            Item::Branch(inst, target) => {
                let offset = self.offset(index, starts[target]);
                if inst.op == Op::Next {
                    words.push(Word::abc(inst.op as u8, inst.a as u8, 0, 0).0);
                    words.push(offset as u32);
                } else if self.wide[index] {
                    words.push(Word::abc(wide_form(inst.op) as u8, inst.a as u8, 0, 0).0);
                    words.push(offset as u32);
                } else {
                    words.push(Word::abx(inst.op as u8, inst.a as u8, offset as i16 as u16).0);
                }
                Ok(())
            }
        }
    }

    fn cache(&mut self) -> Result<u16, Limit> {
        let cache = u16::try_from(self.caches).map_err(|_| Limit::CallSites)?;
        self.caches += 1;
        Ok(cache)
    }

    fn write_plain(&mut self, inst: &Inst, words: &mut Vec<u32>) -> Result<(), Limit> {
        let op = inst.op as u8;
        let (a, b, c) = (inst.a as u8, inst.b as u8, inst.c as u8);
        let index = u16::try_from(inst.d).map_err(|_| Limit::Constants);
        match inst.format() {
            Format::None => words.push(Word::abc(op, 0, 0, 0).0),
            Format::Read | Format::Write => words.push(Word::abc(op, a, 0, 0).0),
            Format::WriteRead | Format::ReadRead | Format::Iter => words.push(Word::abc(op, a, b, 0).0),
            Format::WriteReadRead
            | Format::WriteReadImm
            | Format::WriteReadNumber
            | Format::ReadReadNumber
            | Format::ReadReadRead
            | Format::WriteRange => words.push(Word::abc(op, a, b, c).0),
            Format::WriteReadConst
            | Format::WriteReadType
            | Format::WriteReadText
            | Format::WriteReadBounds => words.push(Word::abc(op, a, b, inst.d as u8).0),
            Format::WriteImm | Format::WriteSpecial | Format::WriteRoom => {
                words.push(Word::abx(op, a, inst.c as u16).0)
            }
            Format::WriteConst
            | Format::WriteClass
            | Format::ReadType
            | Format::WriteCapture
            | Format::ReadCapture
            | Format::WriteSlot
            | Format::ReadSlot
            | Format::WriteProto => words.push(Word::abx(op, a, index.map_err(|_| Limit::Captures)?).0),
            Format::WriteConstWide => words.extend([Word::abc(op, a, 0, 0).0, inst.d]),
            Format::Jump => words.push(Word::jump(op, inst.c).0),
            Format::ReadJump | Format::ReadJumpWide | Format::Next => {
                debug_assert!(false, "a branch is an item of its own");
            }
            Format::Call | Format::CallSpread => {
                let shape = u8::try_from(inst.c).map_err(|_| Limit::Arguments)?;
                words.extend([Word::abc(op, a, b, shape).0, Word::site(0, self.cache()?).0]);
            }
            Format::CallConst | Format::CallMethod | Format::CallMethodSpread => {
                let shape = u8::try_from(inst.c).map_err(|_| Limit::Arguments)?;
                words.extend([Word::abc(op, a, b, shape).0, Word::site(index?, self.cache()?).0]);
            }
            Format::GetField | Format::SetField => {
                words.extend([Word::abc(op, a, b, c).0, Word::site(index?, self.cache()?).0]);
            }
            Format::WriteReadSpan => {
                let from_start = u16::try_from(inst.c).map_err(|_| Limit::Constants)?;
                words.extend([Word::abc(op, a, b, 0).0, Word::site(from_start, index?).0]);
            }
            Format::ReadReadName => words.extend([Word::abc(op, a, b, 0).0, Word::site(index?, 0).0]),
        }
        Ok(())
    }

    /// The handler table: for each region its maximal runs of blocks, inner regions first.
    fn handlers(&self, starts: &HashMap<BlockId, u32>, end: u32) -> Vec<Handler> {
        let code = self.code;
        let mut ranges: Vec<(usize, RegionId, u32, u32)> = Vec::new();
        let mut last: HashMap<RegionId, usize> = HashMap::new();
        for (index, &id) in code.order.iter().enumerate() {
            let start = starts[&id];
            let stop = code.order.get(index + 1).map_or(end, |next| starts[next]);
            let mut region = code.block(id).region;
            while let Some(current) = region {
                let parent = code.region(current).parent;
                if start < stop {
                    let depth = depth(code, current);
                    match last.get(&current).filter(|&&place| ranges[place].3 == start) {
                        Some(&place) => ranges[place].3 = stop,
                        None => {
                            last.insert(current, ranges.len());
                            ranges.push((depth, current, start, stop));
                        }
                    }
                }
                region = parent;
            }
        }
        ranges.sort_by_key(|&(depth, _, start, _)| (std::cmp::Reverse(depth), start));
        let handler = |(_, id, start, end)| {
            let region = code.region(id);
            // A region in which nothing can throw has no handler code.
            let target = *starts.get(&region.target)?;
            Some(Handler { start, end, target, register: region.register as u8, finally: region.finally })
        };
        ranges.into_iter().filter_map(handler).collect()
    }
}

fn depth(code: &Code, region: RegionId) -> usize {
    std::iter::successors(Some(region), |&id| code.region(id).parent).count()
}

fn wide_form(op: Op) -> Op {
    match op {
        Op::JumpIfFalse => Op::JumpIfFalseWide,
        Op::JumpIfTrue => Op::JumpIfTrueWide,
        Op::JumpIfNil => Op::JumpIfNilWide,
        Op::JumpIfNotNil => Op::JumpIfNotNilWide,
        Op::JumpIfSet => Op::JumpIfSetWide,
        Op::LoopIfTrue => Op::LoopIfTrueWide,
        _ => op,
    }
}
