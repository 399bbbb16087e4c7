//! The parser: tokens to the typed tree, by recursive descent without backtracking.
//!
//! Invariants: every loop consumes a token or ends; a closing bracket is consumed only together with its opening
//! one, so no mistake inside brackets can run past them; recursion is bounded by `NESTING_MAX` and the depth of
//! the tree by `ast::DEPTH_MAX`, and code beyond either is reported once and ends the parse.

mod args;
mod arms;
mod collection;
mod control;
mod cursor;
mod expr;
mod foreign;
mod infix;
mod item;
mod literal;
mod member;
mod pattern;
mod pattern_check;
mod postfix;
mod shape;
mod stmt;
mod types;

use base::{Interner, Name};
use diag::{Diagnostic, FileId, Span};

use crate::ast;
use crate::lexer;
use crate::token::{Kind, Token, Trivia};
use crate::tree::{Node, Operator, Tree};

/// How deep brackets, blocks and prefix operators may nest.
pub const NESTING_MAX: u32 = 256;

/// Reads a source text. Never fails and never panics: what did not parse is an `Error` node and a diagnostic.
pub fn parse(source: &str, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let tree = parse_tree(source, file);
    (tree.file, tree.diagnostics)
}

pub(crate) fn parse_tree(source: &str, file: FileId) -> Tree {
    let lexed = lexer::lex(source, file);
    let current = lexed.tokens.first().map_or(Kind::Eof, |token| token.kind);
    let mut parser = Parser {
        source,
        file,
        current,
        tokens: lexed.tokens,
        trivia: lexed.trivia,
        diagnostics: lexed.diagnostics,
        nodes: Vec::new(),
        operators: Vec::new(),
        position: 0,
        split: false,
        last_end: 0,
        context: Context::default(),
        labels: Vec::new(),
        panicking: false,
        gave_up: false,
        nesting: 0,
        height: 0,
        names: Interner::new(),
    };
    let end = parser.tokens.len() as u32 - 1;
    let stmts = parser.stmts_until(end);
    let span = Span::new(file, 0, source.len() as u32);
    parser.drop_noise();
    // Positions decide the order, so that lexical and syntactic mistakes read from top to bottom.
    parser.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    Tree {
        file: ast::File { stmts, span },
        tokens: parser.tokens,
        trivia: parser.trivia,
        nodes: parser.nodes,
        operators: parser.operators,
        diagnostics: parser.diagnostics,
    }
}

/// What surrounds the place that is being read and changes what tokens there mean.
#[derive(Clone, Copy)]
struct Context {
    /// A line break may end a statement here: the innermost open bracket is a block's, or none.
    lines: bool,
    /// In the header of `if while for match`: a `{` opens the body.
    header: bool,
    /// Between the bars of a closure: `|` ends the parameters.
    bars: bool,
    /// In the body of a `catch`, where a bare `throw` is legal.
    catch: bool,
    /// In `quote`, where `$` is legal and every declaration may stand.
    quote: bool,
    place: Place,
}

/// Which declarations may stand here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The top of a file or of a `module`.
    Module,
    Function,
}

impl Default for Context {
    fn default() -> Context {
        Context { lines: true, header: false, bars: false, catch: false, quote: false, place: Place::Module }
    }
}

/// Where a node starts: its first token, and the offset (the second half of a `||` starts inside its token).
#[derive(Clone, Copy)]
struct Start {
    token: u32,
    offset: u32,
}

struct Parser<'a> {
    source: &'a str,
    file: FileId,
    tokens: Vec<Token>,
    trivia: Vec<Trivia>,
    diagnostics: Vec<Diagnostic>,
    nodes: Vec<Node>,
    operators: Vec<Operator>,
    position: usize,
    /// The kind of the token at `position`, or `Bar` for the second half of a `||`.
    current: Kind,
    /// Whether the first half of a `||` is consumed.
    split: bool,
    /// Where the last consumed token ends.
    last_end: u32,
    context: Context,
    /// Labels of the enclosing loops, innermost last.
    labels: Vec<Name>,
    /// A mistake was reported and the parser has not yet found its footing: what follows is noise.
    panicking: bool,
    /// The parse was ended early: nothing more is reported.
    gave_up: bool,
    nesting: u32,
    /// The depth of the deepest tree built since the innermost `nested` began.
    height: u32,
    names: Interner,
}
