//! Tokens as the layout sees them.
//!
//! Invariant: an atom is one token, or a whole string with interpolations, whose text is never touched. `widths`
//! and `breaks` are sums over the atoms before an index, so a range is measured in one step.

use std::collections::HashMap;

use syntax::Tree;
use syntax::token::{Kind, Role, Token, Trivia, TriviaKind, flag};
use syntax::tree::NodeKind;

use crate::spacing;

/// What holds the atoms between two brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Statements, arms or members.
    Statements,
    /// Anything else.
    List,
}

#[derive(Clone, Debug)]
pub struct Atom {
    pub kind: Kind,
    pub role: Role,
    pub start: usize,
    pub end: usize,
    /// Of a bracket, the atom that closes or opens it.
    pub partner: Option<usize>,
    /// A statement, arm or member starts here.
    pub boundary: bool,
    /// An element of a list starts here.
    pub entry: bool,
    /// `;`, or a comma between arms or members: what a line break makes needless.
    pub separator: bool,
    /// Of an opening bracket: written over several lines, or unable to stand on one.
    pub vertical: bool,
    /// A line break stands before or after this operator, or before this `.`, and stays.
    pub broken: bool,
    /// A line break stands before this atom, and the one or more comments before it.
    pub newline_before: bool,
    pub comments: Vec<Comment>,
}

#[derive(Clone, Debug)]
pub struct Comment {
    pub kind: TriviaKind,
    pub start: usize,
    pub end: usize,
}

/// An operation whose operator may end or start a line.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub operator: usize,
    pub level: u8,
    pub end: usize,
}

pub struct Atoms<'a> {
    pub source: &'a str,
    pub atoms: Vec<Atom>,
    /// Operations by their first atom, outermost first.
    pub operations: HashMap<usize, Vec<Operation>>,
    /// Chains of links by their first atom: the end of the longest.
    pub chains: HashMap<usize, usize>,
    /// The width of everything before an atom when it stands on one line, its own blank included.
    pub widths: Vec<usize>,
    /// The same, with the atom and without what stands behind it.
    pub ends: Vec<usize>,
    /// How many places before an atom, or right before it, must break the line.
    pub breaks: Vec<usize>,
}

impl<'a> Atoms<'a> {
    pub fn new(tree: &Tree, source: &'a str) -> Atoms<'a> {
        let (mut atoms, index_of) = collect(tree, source);
        mark_nodes(tree, &index_of, &mut atoms);
        mark_groups(&mut atoms);
        let mut result = Atoms {
            source,
            atoms,
            operations: HashMap::new(),
            chains: HashMap::new(),
            widths: Vec::new(),
            ends: Vec::new(),
            breaks: Vec::new(),
        };
        result.mark_operations(tree, &index_of);
        result.measure();
        result
    }

    pub fn text(&self, index: usize) -> &'a str {
        &self.source[self.atoms[index].start..self.atoms[index].end]
    }

    /// What holds the atoms after an opening bracket.
    pub fn group(&self, open: usize) -> Group {
        group_of(&self.atoms[open])
    }

    fn mark_operations(&mut self, tree: &Tree, index_of: &[usize]) {
        for operator in &tree.operators {
            let index = index_of[operator.token as usize];
            if !self.is_atom(tree, operator.token, index) {
                continue;
            }
            let end = index_of[operator.end as usize];
            let operation = Operation { operator: index, level: operator.level, end };
            self.operations.entry(index_of[operator.first as usize]).or_default().push(operation);
            let breaks = self.atoms[index].newline_before || self.atoms[index + 1].newline_before;
            self.atoms[index].broken = breaks;
        }
        for operations in self.operations.values_mut() {
            operations.sort_by_key(|operation| usize::MAX - operation.end);
        }
        for node in tree.nodes.iter().filter(|node| node.kind == NodeKind::Postfix) {
            let (first, end) = (index_of[node.first as usize], index_of[node.end as usize]);
            if !self.is_atom(tree, node.first, first) {
                continue;
            }
            let longest = self.chains.entry(first).or_insert(end);
            *longest = end.max(*longest);
        }
        for atom in &mut self.atoms {
            if matches!(atom.kind, Kind::Dot | Kind::QuestionDot) {
                atom.broken = atom.newline_before;
            }
        }
    }

    /// Whether a token is this atom. One inside a string is only part of it, and no part of the layout.
    fn is_atom(&self, tree: &Tree, token: u32, index: usize) -> bool {
        self.atoms[index].start == tree.tokens[token as usize].start as usize
    }

    fn measure(&mut self) {
        let (mut width, mut breaks) = (0, 0);
        for index in 0..self.atoms.len() {
            let text = self.text(index);
            let atom = &self.atoms[index];
            let hard_comment = atom.comments.iter().any(|comment| self.is_hard(comment));
            let comment_width: usize = atom
                .comments
                .iter()
                .map(|comment| columns(&self.source[comment.start..comment.end]) + 1)
                .sum();
            if index > 0 {
                let before = &self.atoms[index - 1];
                let after_vertical = before.vertical && before.partner.is_some();
                let in_line = hard_comment || after_vertical || atom.broken || self.breaks_after(index - 1);
                breaks += usize::from(in_line);
                width += usize::from(spacing::blank_between(self, index - 1, index));
            }
            width += comment_width;
            self.widths.push(width);
            self.breaks.push(breaks);
            width += columns(text);
            self.ends.push(width);
            breaks += usize::from(text.contains('\n'));
        }
        self.breaks.push(breaks);
    }

    /// Whether a comment ends its line, so that what follows starts a new one.
    pub fn is_hard(&self, comment: &Comment) -> bool {
        comment.kind != TriviaKind::BlockComment || self.source[comment.start..comment.end].contains('\n')
    }

    /// Whether this is an infix operator after which the line breaks.
    pub fn breaks_after(&self, index: usize) -> bool {
        let atom = &self.atoms[index];
        atom.broken && !leads(atom.kind)
    }
}

/// Operators that start the next line when the line breaks at them; all others end the line before.
pub fn leads(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AmpAmp | Kind::BarBar | Kind::Coalesce | Kind::PipeInto | Kind::Dot | Kind::QuestionDot
    )
}

pub fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

fn group_of(atom: &Atom) -> Group {
    match atom.role {
        Role::Block | Role::Body => Group::Statements,
        _ => Group::List,
    }
}

/// The atoms, and for each token the atom it is in.
fn collect(tree: &Tree, source: &str) -> (Vec<Atom>, Vec<usize>) {
    let mut atoms: Vec<Atom> = Vec::with_capacity(tree.tokens.len());
    let mut index_of = vec![0; tree.tokens.len() + 1];
    let mut trivia = tree.trivia.iter().peekable();
    let mut token_index = 0;
    while let Some(token) = tree.tokens.get(token_index) {
        let last = if token.kind == Kind::TemplateStart { token.partner as usize } else { token_index };
        let mut comments = Vec::new();
        while let Some(piece) = trivia.next_if(|piece| piece.before as usize <= last) {
            // Comments inside an interpolation are part of the string's text.
            if piece.before as usize <= token_index {
                comments.push(comment(piece, source));
            }
        }
        index_of[token_index..=last].fill(atoms.len());
        atoms.push(atom(token, tree.tokens[last].end as usize, comments));
        token_index = last + 1;
    }
    index_of[tree.tokens.len()] = atoms.len();
    for (token_index, token) in tree.tokens.iter().enumerate() {
        let bracket = token.kind.is_open() || token.kind.is_close();
        let index = index_of[token_index];
        if bracket && token.partner != u32::MAX && atoms[index].start == token.start as usize {
            atoms[index].partner = Some(index_of[token.partner as usize]);
        }
    }
    (atoms, index_of)
}

fn comment(piece: &Trivia, source: &str) -> Comment {
    let text = &source[piece.start as usize..piece.end as usize];
    let end = piece.start as usize + text.trim_end().len();
    Comment { kind: piece.kind, start: piece.start as usize, end }
}

fn atom(token: &Token, end: usize, comments: Vec<Comment>) -> Atom {
    Atom {
        kind: token.kind,
        role: token.role,
        start: token.start as usize,
        end,
        partner: None,
        boundary: false,
        entry: false,
        separator: false,
        vertical: false,
        broken: false,
        newline_before: token.has(flag::NEWLINE_BEFORE),
        comments,
    }
}

fn mark_nodes(tree: &Tree, index_of: &[usize], atoms: &mut [Atom]) {
    for node in &tree.nodes {
        let first = index_of[node.first as usize];
        // A node inside a string is no part of the layout.
        if atoms[first].start != tree.tokens[node.first as usize].start as usize {
            continue;
        }
        match node.kind {
            NodeKind::Stmt | NodeKind::Arm | NodeKind::Member => atoms[first].boundary = true,
            NodeKind::Entry | NodeKind::Argument | NodeKind::Param => atoms[first].entry = true,
            NodeKind::Item
            | NodeKind::Signature
            | NodeKind::Block
            | NodeKind::Binary
            | NodeKind::Postfix
            | NodeKind::Expr
            | NodeKind::Closure
            | NodeKind::Arguments
            | NodeKind::Pattern
            | NodeKind::Type
            | NodeKind::Path => {}
        }
    }
}

/// Which brackets are vertical, and which separators a line break replaces.
fn mark_groups(atoms: &mut [Atom]) {
    let mut open: Vec<usize> = Vec::new();
    for index in 0..atoms.len() {
        let closes = atoms[index].kind.is_close();
        let hard_comment =
            atoms[index].comments.iter().any(|comment| comment.kind != TriviaKind::BlockComment);
        if let Some(&group) = open.last() {
            let first = index == group + 1 && !closes;
            let statements = group_of(&atoms[group]) == Group::Statements;
            let ends_line = first || (statements && (atoms[index].boundary || (closes && index > group + 1)));
            if hard_comment || (ends_line && atoms[index].newline_before) {
                atoms[group].vertical = true;
            }
        }
        let in_body = open.last().is_none_or(|&group| group_of(&atoms[group]) == Group::Statements);
        let members = open.last().is_some_and(|&group| atoms[group].role == Role::Body);
        if in_body && (atoms[index].kind == Kind::Semicolon || (members && atoms[index].kind == Kind::Comma))
        {
            atoms[index].separator = true;
        }
        if closes {
            open.pop();
        }
        if atoms[index].kind.is_open() {
            open.push(index);
        }
    }
    // A comma is a separator only before the next arm or member, or before the end.
    for index in (0..atoms.len().saturating_sub(1)).rev() {
        let next = &atoms[index + 1];
        let ends = next.boundary || next.kind.is_close() || next.separator || next.kind == Kind::Eof;
        if atoms[index].kind == Kind::Comma && !ends {
            atoms[index].separator = false;
        }
    }
}
