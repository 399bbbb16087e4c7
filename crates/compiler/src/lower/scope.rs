//! Functions being lowered, their scopes, and what a name stands for.

use std::collections::HashMap;
use std::rc::Rc;

use base::Name;
use bytecode::{Capture, Constant, TypeSpec};
use diag::Span;
use syntax::ast::{Ident, Mark};

use super::builder::Builder;
use super::locals::Locals;
use super::spill::Spills;
use crate::analyze::Key;
use crate::form::{BlockId, Reg, RegionId};
use crate::interface::Signature;

/// Where the value of a local name is.
#[derive(Clone, Debug)]
pub enum Place {
    Register(Reg),
    /// The register holds a cell.
    Cell(Reg),
    /// A function that captures nothing.
    Function(u32),
    /// In this element of the function's list of variables that have no register.
    Spilled(u32),
    /// That element holds a cell.
    SpilledCell(u32),
    /// In the process under this name, since methods use it too.
    Shared(String),
}

#[derive(Clone, Debug)]
pub struct Local {
    pub name: Name,
    pub mark: Mark,
    pub place: Place,
    pub mutable: bool,
    /// Assigned to somewhere after its declaration.
    pub assigned: bool,
    pub literal: Option<Constant>,
    /// What its value is for certain, where it is never assigned to.
    pub classes: Option<Vec<bytecode::ClassRef>>,
    /// What every assignment is checked against.
    pub annotation: Option<TypeSpec>,
    pub signature: Option<Rc<Signature>>,
    /// What the function it names declares to return.
    pub result: Option<String>,
    pub kind: LocalKind,
    pub span: Span,
    /// Of the script's top level, where names that macros introduce are looked up.
    pub top_level: bool,
    pub used: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalKind {
    Binding,
    Parameter,
    Pattern,
    Function,
    /// Made by the compiler.
    Hidden,
}

/// What must happen when control leaves a construct, innermost last in the list. `outside` is the region around
/// it, `locals` how many names its code can see.
#[derive(Clone)]
pub enum Cleanup<'a> {
    Loop(LoopFrame),
    /// Close an iteration left early.
    Close {
        state: Reg,
        outside: Option<RegionId>,
    },
    /// Run the block of a `finally`.
    Finally {
        block: &'a syntax::ast::Block,
        outside: Option<RegionId>,
        locals: usize,
    },
    /// Run a deferred expression; an error that passes goes to `handler`.
    Defer {
        expr: &'a syntax::ast::Expr,
        outside: Option<RegionId>,
        handler: BlockId,
        register: Reg,
        locals: usize,
    },
    /// The protected part of a `try`: no tail calls, and no effect when left.
    Protected {
        outside: Option<RegionId>,
    },
    /// Wait for the tasks of a `scope`.
    Scope {
        outside: Option<RegionId>,
    },
    /// The body of a `finally` or `defer`: nothing may jump out of it.
    Sealed(&'static str),
}

#[derive(Clone)]
pub struct LoopFrame {
    pub label: Option<Ident>,
    pub on_break: BlockId,
    pub on_continue: BlockId,
    /// Where the value of `break` goes.
    pub result: Option<Reg>,
}

/// A function being lowered.
pub struct Context<'a> {
    pub builder: Builder,
    pub locals: Locals,
    pub cleanups: Vec<Cleanup<'a>>,
    pub captures: Vec<Captured>,
    /// Cells made before their variables are declared.
    pub early: HashMap<Key, Place>,
    pub spills: Spills,
    pub role: Role,
    pub generator: bool,
    /// What the result is checked against.
    pub result: Option<TypeSpec>,
    /// The class whose member this function is, or is inside of.
    pub class: Option<usize>,
    /// In the body of `init`, of a method, or of a static one.
    pub member: Option<syntax::ast::MethodKind>,
    /// The error that a bare `throw` throws again.
    pub caught: Option<Reg>,
    /// How often the code of a `finally` or `defer` was written out.
    pub finally_copies: u32,
    pub open_scopes: u32,
    /// In the guard of a `receive`.
    pub in_guard: bool,
    /// What is lowered is a copy that never runs of code whose other copies do.
    pub in_dead_copy: bool,
    /// Where the open `?.` chains go on nil, innermost last.
    pub chains: Vec<BlockId>,
    /// Registers that the arms of open matches look at one after another.
    pub shared_subjects: Vec<Reg>,
}

impl<'a> Context<'a> {
    pub fn new(builder: Builder, role: Role) -> Context<'a> {
        Context {
            builder,
            locals: Locals::default(),
            cleanups: Vec::new(),
            captures: Vec::new(),
            early: HashMap::new(),
            spills: Spills::default(),
            role,
            generator: false,
            result: None,
            class: None,
            member: None,
            caught: None,
            finally_copies: 0,
            open_scopes: 0,
            in_guard: false,
            in_dead_copy: false,
            chains: Vec::new(),
            shared_subjects: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The top level of the unit.
    Entry,
    /// A function that may capture.
    Function,
    /// What a process runs: it may capture what does not change.
    Process,
    /// A member of a class, a test, a function of a module: linked before anything runs, so it captures nothing.
    Linked(&'static str),
}

/// A variable of an outer function.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The function that owns it, by its depth, and what it is there.
    pub owner: usize,
    /// Its register, or the number that stands for its place among those without one.
    pub register: Reg,
    pub cell: bool,
    pub source: Capture,
    /// What the source calls it, where that is known.
    pub name: Option<Name>,
}
