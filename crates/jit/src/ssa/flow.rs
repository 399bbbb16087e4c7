//! Blocks and loops of linked bytecode.
//!
//! SAFETY contract: linked code is validated, so its operands are in range.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering::Relaxed;

use bytecode::{FunctionDef, Liveness, Op, Word, fact};
use heap::Value;
use vm::code::Entry;
use vm::native::ObjectCache;
use vm::quick::{Quick, generic_of};

/// One instruction of a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    pub op: Op,
    pub quick: Option<Quick>,
    pub word: Word,
    pub second: Word,
    /// Its first word.
    pub index: usize,
}

impl Site {
    pub fn next(&self) -> usize {
        self.index + self.op.words()
    }

    /// The word that a jump of this instruction goes to.
    pub fn target(&self) -> Option<usize> {
        let offset = match self.op {
            Op::Jump | Op::Loop => self.word.sj(),
            Op::JumpIfFalse
            | Op::JumpIfTrue
            | Op::JumpIfNil
            | Op::JumpIfNotNil
            | Op::JumpIfSet
            | Op::LoopIfTrue => self.word.sbx(),
            Op::JumpIfFalseWide
            | Op::JumpIfTrueWide
            | Op::JumpIfNilWide
            | Op::JumpIfNotNilWide
            | Op::JumpIfSetWide
            | Op::LoopIfTrueWide
            | Op::Next => self.second.0 as i32,
            _ => return None,
        };
        Some(self.next().wrapping_add_signed(offset as isize))
    }
}

/// A block of bytecode.
#[derive(Clone, Debug)]
pub struct CodeBlock {
    pub first: usize,
    /// The word behind the last instruction.
    pub end: usize,
    /// Blocks that follow, the next one first.
    pub successors: Vec<usize>,
}

/// A function as the compiler reads it: a snapshot, since other threads go on quickening it.
pub struct Code {
    pub entry: &'static Entry,
    /// By word; nothing inside instructions.
    pub sites: Vec<Option<Site>>,
    pub blocks: Vec<CodeBlock>,
    pub liveness: &'static Liveness,
    pub definition: FunctionDef,
}

impl Code {
    /// Nothing where the function is not one that the validator lets pass.
    pub fn new(entry: &'static Entry) -> Option<Code> {
        let raw: Vec<Word> = entry.code.words.iter().map(|word| Word(word.load(Relaxed))).collect();
        let mut sites = vec![None; raw.len()];
        let mut index = 0;
        while index < raw.len() {
            let op = generic_of(raw[index].op_byte())?;
            let second = raw.get(index + 1).copied().unwrap_or(Word(0));
            let quick = Quick::from_byte(raw[index].op_byte());
            sites[index] = Some(Site { op, quick, word: raw[index], second, index });
            index += op.words();
        }
        let definition = entry.code.definition();
        let liveness = entry.code.liveness()?;
        let blocks = blocks(&sites);
        Some(Code { entry, sites, blocks, liveness, definition })
    }

    pub fn constant(&self, index: usize) -> Value {
        // SAFETY: validated code names constants that there are.
        unsafe { self.entry.profile.constant(index) }
    }

    /// What the interpreter has found at this site.
    pub fn cache(&self, site: Site) -> ObjectCache {
        // SAFETY: validated code names caches that there are.
        ObjectCache::from_word(unsafe { self.entry.profile.cache(site.second.high()) })
    }

    /// Whether a loop, by the word that its jumps back go to, was seen to take so few turns each time that entering
    /// and leaving would cost more than it gives.
    pub fn takes_few_turns(&self, word: usize) -> bool {
        const TURNS_MIN: u32 = 6;
        let feedback = self.entry.feedback();
        let turns = feedback.runs(word);
        let latches = self.sites.iter().flatten().filter(|site| {
            site.target() == Some(word) && matches!(site.op, Op::Next | Op::LoopIfTrue | Op::LoopIfTrueWide)
        });
        let ends = latches.map(|site| feedback.runs(site.next())).min();
        ends.is_some_and(|ends| turns < ends.saturating_mul(TURNS_MIN))
    }

    pub fn site(&self, index: usize) -> Option<Site> {
        self.sites.get(index).copied().flatten()
    }

    /// The block that starts at a word.
    pub fn block_at(&self, index: usize) -> Option<usize> {
        self.blocks.binary_search_by_key(&index, |block| block.first).ok()
    }

    /// The innermost loop that `block` is in, as the blocks it is made of.
    pub fn loops_around(&self, block: usize) -> Vec<Vec<usize>> {
        let order = Order::new(self, 0, &vec![true; self.blocks.len()]);
        let mut around: Vec<Vec<usize>> = Vec::new();
        let mut headers: Vec<usize> = order.back_edges.iter().map(|&(_, header)| header).collect();
        headers.sort_unstable();
        headers.dedup();
        for header in headers {
            let body = order.natural_loop(self, header);
            if body.contains(&block) {
                around.push(body);
            }
        }
        around.sort_by_key(Vec::len);
        around
    }
}

/// Whether an instruction may go on at the next one.
fn falls_through(op: Op) -> bool {
    !op.has(fact::ENDS)
}

fn blocks(sites: &[Option<Site>]) -> Vec<CodeBlock> {
    let mut leads = vec![false; sites.len() + 1];
    if let Some(first) = leads.first_mut() {
        *first = true;
    }
    for site in sites.iter().flatten() {
        if let Some(target) = site.target() {
            leads[target.min(sites.len())] = true;
        }
        if site.target().is_some() || !falls_through(site.op) {
            leads[site.next().min(sites.len())] = true;
        }
    }
    let mut blocks: Vec<CodeBlock> = Vec::new();
    for site in sites.iter().flatten() {
        if leads[site.index] {
            blocks.push(CodeBlock { first: site.index, end: site.next(), successors: Vec::new() });
        } else if let Some(block) = blocks.last_mut() {
            block.end = site.next();
        }
    }
    let place =
        |index: usize, blocks: &[CodeBlock]| blocks.binary_search_by_key(&index, |block| block.first).ok();
    let mut last_of = vec![None; blocks.len()];
    for site in sites.iter().flatten() {
        let at = blocks.partition_point(|block| block.first <= site.index) - 1;
        last_of[at] = Some(*site);
    }
    for at in 0..blocks.len() {
        let Some(last) = last_of[at] else { continue };
        let mut successors = Vec::new();
        if falls_through(last.op) {
            successors.extend(place(last.next(), &blocks));
        }
        if let Some(target) = last.target() {
            successors.extend(place(target, &blocks));
        }
        blocks[at].successors = successors;
    }
    blocks
}

/// An order of blocks in which each comes behind all that lead to it, but for the jumps back of loops.
pub struct Order {
    pub blocks: Vec<usize>,
    /// Jumps back: from a block to the header of its loop.
    pub back_edges: Vec<(usize, usize)>,
    position: Vec<usize>,
}

impl Order {
    /// The blocks that are reached from `start` through allowed ones.
    pub fn new(code: &Code, start: usize, allowed: &[bool]) -> Order {
        let count = code.blocks.len();
        let (mut seen, mut active) = (vec![false; count], vec![false; count]);
        let (mut finished, mut back_edges) = (Vec::new(), Vec::new());
        let mut work = vec![(start, 0)];
        seen[start] = true;
        active[start] = true;
        while let Some((block, next)) = work.pop() {
            let Some(&successor) = code.blocks[block].successors.get(next) else {
                active[block] = false;
                finished.push(block);
                continue;
            };
            work.push((block, next + 1));
            if !allowed[successor] {
                continue;
            }
            if active[successor] {
                back_edges.push((block, successor));
            } else if !seen[successor] {
                seen[successor] = true;
                active[successor] = true;
                work.push((successor, 0));
            }
        }
        finished.reverse();
        let mut position = vec![usize::MAX; count];
        for (at, &block) in finished.iter().enumerate() {
            position[block] = at;
        }
        Order { blocks: finished, back_edges, position }
    }

    /// Whether a jump between blocks goes back.
    pub fn is_back(&self, from: usize, to: usize) -> bool {
        self.position[to] <= self.position[from]
    }

    /// The blocks of the loop with this header.
    pub fn natural_loop(&self, code: &Code, header: usize) -> Vec<usize> {
        let mut inside = vec![header];
        let mut work: Vec<usize> =
            self.back_edges.iter().filter(|edge| edge.1 == header).map(|edge| edge.0).collect();
        while let Some(block) = work.pop() {
            if inside.contains(&block) {
                continue;
            }
            inside.push(block);
            for &before in &self.blocks {
                if code.blocks[before].successors.contains(&block) {
                    work.push(before);
                }
            }
        }
        inside
    }
}
