//! The lossless tree: the tokens and trivia of a text, and over them the nodes that the parser saw.
//!
//! Invariant: nodes are in the order in which they ended, so a node comes after the nodes within it; the range of
//! a node is a range of tokens, and two ranges either nest or are apart. With the trivia between tokens nothing
//! of the text is lost: `Tree::text` gives it back byte for byte.

use diag::{Diagnostic, FileId};

use crate::ast;
use crate::token::{Token, Trivia};

/// What a node of the tree is. Finer differences are the typed tree's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum NodeKind {
    Stmt,
    Item,
    Member,
    Signature,
    Param,
    Block,
    /// A binary operation, with all operands of one chain of the same level in one node or nested ones.
    Binary,
    /// A chain of `.name(...)` links and what it starts from.
    Postfix,
    Expr,
    Closure,
    Arguments,
    Argument,
    Entry,
    Arm,
    Pattern,
    Type,
    Path,
}

/// A node: tokens from `first` up to, not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub first: u32,
    pub end: u32,
}

/// An infix operator: its last token (`in` of `!in`), its level, and the operation's range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operator {
    pub token: u32,
    pub level: u8,
    pub first: u32,
    pub end: u32,
}

/// Everything that was read from one text.
#[derive(Debug)]
pub struct Tree {
    pub file: ast::File,
    pub tokens: Vec<Token>,
    pub trivia: Vec<Trivia>,
    pub nodes: Vec<Node>,
    /// In the order in which the operations ended; ranges are left out.
    pub operators: Vec<Operator>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Tree {
    /// Reads a text into its lossless tree, with the typed tree beside it.
    pub fn parse(source: &str, file: FileId) -> Tree {
        crate::parser::parse_tree(source, file)
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The text again, put together from tokens, trivia and the blanks between them.
    pub fn text(&self, source: &str) -> String {
        let mut out = String::with_capacity(source.len());
        let mut position = 0;
        for (start, end) in self.pieces() {
            // Blanks are all that may lie between two pieces; anything else would be lost here.
            out.extend(source[position..start].chars().filter(|&character| is_blank(character)));
            out.push_str(&source[start..end]);
            position = end;
        }
        out.extend(source[position..].chars().filter(|&character| is_blank(character)));
        out
    }

    /// The ranges of tokens and trivia in the order of the text.
    fn pieces(&self) -> Vec<(usize, usize)> {
        let mut pieces = Vec::with_capacity(self.tokens.len() + self.trivia.len());
        let mut trivia = self.trivia.iter().peekable();
        for (index, token) in self.tokens.iter().enumerate() {
            while let Some(piece) = trivia.next_if(|piece| piece.before as usize <= index) {
                pieces.push((piece.start as usize, piece.end as usize));
            }
            pieces.push((token.start as usize, token.end as usize));
        }
        pieces.extend(trivia.map(|piece| (piece.start as usize, piece.end as usize)));
        pieces
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{feff}'
}
