//! The walk over the atoms that decides where lines break.
//!
//! A line breaks where the source breaks it and a break may stand: between statements, arms and members, after an
//! opening bracket, between elements of such a bracket, at operators and links. A line that is too long breaks
//! further: outer brackets before inner ones, except that a last block takes the break for the call around it.

use syntax::token::{Kind, Role, TriviaKind};

use crate::atoms::{Atoms, Comment, Group, leads};
use crate::lines::Lines;
use crate::spacing::blank_between;
use crate::{INDENT, WIDTH_MAX};

pub fn emit(atoms: &Atoms) -> String {
    let file = Frame {
        open: None,
        close: atoms.atoms.len() - 1,
        vertical: true,
        statements: true,
        indent: 0,
        base: 0,
    };
    let mut emitter = Emitter {
        atoms,
        lines: Lines::new(),
        frames: vec![file],
        broken: atoms.atoms.iter().map(|atom| atom.broken).collect(),
        line_ended: false,
        after_comment: false,
        follows_vertical: vec![false; atoms.atoms.len()],
        previous: None,
    };
    for index in 0..atoms.atoms.len() {
        emitter.atom(index);
    }
    emitter.lines.finish()
}

/// A bracket that is open.
struct Frame {
    open: Option<usize>,
    close: usize,
    vertical: bool,
    statements: bool,
    /// Where lines inside start.
    indent: usize,
    /// Where the line of the closing bracket starts.
    base: usize,
}

struct Emitter<'a> {
    atoms: &'a Atoms<'a>,
    lines: Lines,
    frames: Vec<Frame>,
    /// Where operators and links break, also those broken because their line is too long.
    broken: Vec<bool>,
    /// A comment ended the line: what follows starts a new one.
    line_ended: bool,
    /// A comment within a line was written last.
    after_comment: bool,
    /// Blocks that belong to a vertical one before them.
    follows_vertical: Vec<bool>,
    /// The last atom that was written.
    previous: Option<usize>,
}

/// How an atom is joined to what stands before it.
#[derive(PartialEq)]
enum Join {
    None,
    Blank,
    Line(usize),
}

impl Emitter<'_> {
    fn frame(&self) -> &Frame {
        // The file's own frame is never popped.
        &self.frames[self.frames.len() - 1]
    }

    /// Whether an atom closes the innermost bracket.
    fn closes(&self, index: usize) -> bool {
        self.frame().open.is_some() && self.frame().close == index
    }

    fn atom(&mut self, index: usize) {
        let atom = &self.atoms.atoms[index];
        let closes = self.closes(index);
        if closes {
            self.last_comma(index);
        }
        let dropped = self.is_dropped(index);
        let join = if dropped { Join::None } else { self.join(index) };
        self.comments(index);
        if dropped {
            return;
        }
        let mut blank_lines = false;
        match join {
            Join::Line(indent) => {
                self.lines.newline(indent);
                blank_lines = !closes && (atom.boundary || atom.entry || atom.kind == Kind::Eof);
            }
            _ if self.line_ended => {
                let indent = match atom.kind {
                    _ if closes => self.frame().base,
                    // These belong to a block that ended before.
                    Kind::Else | Kind::Catch | Kind::Finally => self.frame().indent,
                    _ => self.frame().indent + INDENT,
                };
                self.lines.newline(indent);
            }
            Join::Blank => self.lines.blank(),
            Join::None if self.after_comment && self.wants_blank_after_comment(index) => {
                self.lines.blank();
            }
            Join::None => {}
        }
        self.line_ended = false;
        self.after_comment = false;
        let after_open = self.previous.is_some() && self.previous == self.frame().open;
        if blank_lines && !after_open && self.blank_line_before(index) {
            self.lines.blank_line();
        }
        if closes {
            self.frames.pop();
        }
        self.break_long(index);
        if atom.kind.is_open() {
            self.open(index);
        }
        self.lines.text(self.atoms.text(index));
        self.previous = Some(index);
    }

    fn wants_blank_after_comment(&self, index: usize) -> bool {
        let kind = self.atoms.atoms[index].kind;
        if self.closes(index) {
            self.frame().statements
        } else {
            !matches!(kind, Kind::Comma | Kind::Semicolon)
        }
    }

    /// Separators that line breaks replace, and the last comma of a list on one line.
    fn is_dropped(&self, index: usize) -> bool {
        let atom = &self.atoms.atoms[index];
        let next = self.atoms.atoms.get(index + 1);
        let Some(next) = next else { return false };
        if atom.separator {
            // A statement that starts with `||` would continue the line before.
            let needed = next.kind == Kind::BarBar && next.boundary;
            let last = !next.boundary;
            // `{;}` is an empty block where `{}` would be an empty map.
            if next.kind.is_close() && self.previous.is_some() && self.previous == self.frame().open {
                return false;
            }
            return last || (self.frame().vertical && !needed);
        }
        let frame = self.frame();
        let last_comma = atom.kind == Kind::Comma && frame.open.is_some() && frame.close == index + 1;
        last_comma && !frame.vertical && !frame.statements && !self.needs_comma(frame)
    }

    /// `(a,)` and `{r,}` are not what they are without their comma.
    fn needs_comma(&self, frame: &Frame) -> bool {
        let Some(open) = frame.open else { return true };
        let atom = &self.atoms.atoms[open];
        let matters = match atom.kind {
            Kind::OpenParen => atom.role != Role::Postfix,
            Kind::OpenBrace => atom.role == Role::Map,
            _ => false,
        };
        matters && self.entries(open) < 2
    }

    fn entries(&self, open: usize) -> usize {
        let close = self.atoms.atoms[open].partner.unwrap_or(open);
        let mut count = 0;
        let mut index = open + 1;
        while index < close {
            let atom = &self.atoms.atoms[index];
            count += usize::from(atom.entry);
            if atom.kind.is_open() {
                index = atom.partner.unwrap_or(index);
            }
            index += 1;
        }
        count
    }

    /// Before the closing bracket of a list over several lines: its last element gets a comma.
    fn last_comma(&mut self, close: usize) {
        let frame = self.frame();
        let (Some(open), true, false) = (frame.open, frame.vertical, frame.statements) else { return };
        if self.atoms.atoms[close - 1].kind != Kind::Comma && self.entries(open) >= 2 {
            self.lines.text(",");
        }
    }

    fn join(&self, index: usize) -> Join {
        let Some(previous) = self.previous else { return Join::Line(0) };
        let frame = self.frame();
        let atom = &self.atoms.atoms[index];
        if self.closes(index) {
            return match frame.vertical && frame.open != Some(index - 1) {
                true => Join::Line(frame.base),
                false => self.same_line(previous, index),
            };
        }
        let after_open = frame.open == Some(previous);
        if frame.vertical {
            let exploded = frame.open.is_some_and(|open| !self.atoms.atoms[open].vertical);
            let starts = if frame.statements {
                atom.boundary || atom.kind == Kind::Eof
            } else {
                atom.entry && (exploded || self.starts_line(index))
            };
            if after_open || starts {
                return Join::Line(frame.indent);
            }
        }
        if (leads(atom.kind) && self.broken[index])
            || (self.broken[previous] && !leads(self.atoms.atoms[previous].kind))
        {
            return Join::Line(self.continuation());
        }
        self.same_line(previous, index)
    }

    fn same_line(&self, previous: usize, index: usize) -> Join {
        if blank_between(self.atoms, previous, index) { Join::Blank } else { Join::None }
    }

    fn continuation(&self) -> usize {
        self.frame().indent + INDENT
    }

    /// Whether a line break stood before this atom or before its comments.
    fn starts_line(&self, index: usize) -> bool {
        self.atoms.atoms[index].newline_before
    }

    fn comments(&mut self, index: usize) {
        let atoms = self.atoms;
        let comments = &atoms.atoms[index].comments;
        let mut from = index.checked_sub(1).map_or(0, |before| atoms.atoms[before].end);
        for comment in comments {
            let gap = &atoms.source[from..comment.start];
            self.comment(index, comment, gap);
            from = comment.end;
        }
        let gap = &atoms.source[from..atoms.atoms[index].start];
        if !comments.is_empty() && gap.contains('\n') {
            self.line_ended = true;
        }
    }

    fn comment(&mut self, index: usize, comment: &Comment, gap: &str) {
        let text = &self.atoms.source[comment.start..comment.end];
        let own_line = gap.contains('\n') || self.lines.is_start();
        let atom = &self.atoms.atoms[index];
        let frame = self.frame();
        let at_start = self.closes(index)
            || atom.boundary
            || atom.entry
            || atom.separator
            || atom.kind == Kind::Eof
            || frame.open == self.previous;
        let indent = if at_start && frame.vertical { frame.indent } else { frame.indent + INDENT };
        if own_line || self.line_ended {
            self.lines.newline(indent);
            let after_open = self.previous == self.frame().open && self.previous.is_some();
            if own_line && !after_open && gap.matches('\n').count() > 1 {
                self.lines.blank_line();
            }
            self.lines.text(text);
        } else if comment.kind == TriviaKind::BlockComment {
            let opens = self.previous.is_some_and(|previous| self.atoms.atoms[previous].kind.is_open());
            if !opens || frame.statements {
                self.lines.blank();
            }
            self.lines.text(text);
            self.after_comment = true;
        } else {
            self.lines.comment(text);
        }
        self.line_ended = self.atoms.is_hard(comment);
    }

    /// Whether an empty line stood directly before this atom.
    fn blank_line_before(&self, index: usize) -> bool {
        let atom = &self.atoms.atoms[index];
        let from = match atom.comments.last() {
            Some(comment) => comment.end,
            None => index.checked_sub(1).map_or(0, |before| self.atoms.atoms[before].end),
        };
        self.atoms.source[from..atom.start].matches('\n').count() > 1
    }

    fn open(&mut self, index: usize) {
        let Some(close) = self.atoms.atoms[index].partner else { return };
        let statements = self.atoms.group(index) == Group::Statements;
        let empty = close == index + 1 && self.atoms.atoms[close].comments.is_empty();
        let vertical = !empty
            && (self.atoms.atoms[index].vertical || self.joins_vertical(index) || !self.fits(index, close));
        let base = self.lines.indent();
        let indent = if vertical { base + INDENT } else { self.frame().indent };
        let block = vertical && self.atoms.atoms[index].role == Role::Block;
        if let Some(next) = self.next_block(index).filter(|_| block) {
            self.follows_vertical[next] = true;
        }
        self.frames.push(Frame { open: Some(index), close, vertical, statements, indent, base });
    }

    /// The width of the atoms from one to another, when they stand on one line up to the first forced break.
    fn width(&self, from: usize, to: usize) -> usize {
        let to = to.min(self.atoms.atoms.len());
        let breaks = &self.atoms.breaks;
        let limit = breaks[from];
        let end = if breaks[to] > limit {
            from + breaks[from..=to].partition_point(|&count| count <= limit)
        } else {
            to
        };
        // What stands before the atom at the end, such as a comment behind this line, does not count.
        end.checked_sub(1).map_or(0, |last| self.atoms.ends[last].saturating_sub(self.atoms.widths[from]))
    }

    /// Whether a bracket can stand on this line with what must follow it there.
    fn fits(&self, open: usize, close: usize) -> bool {
        let column = self.lines.column();
        if column + self.width(open, self.tail(close)) <= WIDTH_MAX {
            return true;
        }
        // A block that ends the list breaks instead of it.
        if self.atoms.group(open) == Group::Statements {
            return false;
        }
        let last = close - 1;
        let inner = self.atoms.atoms[last].partner.filter(|&inner| inner > open && inner < last);
        inner.is_some_and(|inner| {
            let block = self.atoms.atoms[inner].role == Role::Block;
            let alone = inner == open + 1;
            (block || alone) && column + self.width(open, inner + 1) <= WIDTH_MAX
        })
    }

    /// Whether a block belongs together with another one that is vertical: `if` with its `else`, `try` with its
    /// `catch`. Looks at the blocks after it, and at the one before it, which is written already.
    fn joins_vertical(&self, open: usize) -> bool {
        if self.atoms.atoms[open].role != Role::Block {
            return false;
        }
        let mut next = self.next_block(open);
        while let Some(block) = next {
            if self.atoms.atoms[block].vertical {
                return true;
            }
            next = self.next_block(block);
        }
        self.follows_vertical[open]
    }

    /// The block after `else`, `catch` or `finally` that follows a block.
    fn next_block(&self, open: usize) -> Option<usize> {
        let atoms = &self.atoms.atoms;
        let mut index = atoms[open].partner? + 1;
        if !matches!(atoms.get(index)?.kind, Kind::Else | Kind::Catch | Kind::Finally) {
            return None;
        }
        while let Some(atom) = atoms.get(index) {
            if atom.role == Role::Block {
                return Some(index);
            }
            if atom.boundary || atom.entry || atom.kind.is_close() || atom.kind == Kind::Eof {
                return None;
            }
            index = if atom.kind.is_open() { atom.partner? } else { index } + 1;
        }
        None
    }

    /// The first atom after a bracket before which the line may break.
    fn tail(&self, close: usize) -> usize {
        let atoms = &self.atoms.atoms;
        // The blocks of one `if` or `try` stand on one line together or not at all.
        let mut close = close;
        while let Some(next) = atoms[close].partner.and_then(|open| self.next_block(open)) {
            close = atoms[next].partner.unwrap_or(close);
        }
        let mut index = close + 1;
        while let Some(atom) = atoms.get(index) {
            let before = &atoms[index - 1];
            if atom.boundary || atom.entry || atom.kind == Kind::Eof || self.broken[index] {
                break;
            }
            index += 1;
            if atom.kind.is_open() || before.separator {
                break;
            }
        }
        index.min(atoms.len())
    }

    /// Breaks an operation or chain that starts here and is too long for its line.
    fn break_long(&mut self, index: usize) {
        let column = self.lines.column();
        if let Some(operations) = self.atoms.operations.get(&index) {
            let too_long = operations
                .iter()
                .find(|operation| column + self.width(index, operation.end) > WIDTH_MAX)
                .copied();
            if let Some(outer) = too_long {
                for operation in operations.iter().filter(|operation| operation.level == outer.level) {
                    self.broken[operation.operator] = true;
                }
            }
        }
        if let Some(&end) = self.atoms.chains.get(&index) {
            let links = self.call_links(index, end);
            if links.len() > 2 && column + self.width(index, end) > WIDTH_MAX {
                links.into_iter().for_each(|link| self.broken[link] = true);
            }
        }
    }

    /// The dots of a chain that lead to calls.
    fn call_links(&self, first: usize, end: usize) -> Vec<usize> {
        let atoms = &self.atoms.atoms;
        let mut links = Vec::new();
        let mut index = first;
        while index < end {
            let atom = &atoms[index];
            let called = atoms.get(index + 2).is_some_and(|next| next.kind == Kind::OpenParen);
            if matches!(atom.kind, Kind::Dot | Kind::QuestionDot) && called {
                links.push(index);
            }
            index = if atom.kind.is_open() { atom.partner.unwrap_or(index) + 1 } else { index + 1 };
        }
        links
    }
}
