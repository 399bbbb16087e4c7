//! Which variables are captured, reassigned, and used before they are set; which functions capture nothing.
//!
//! Everything here is keyed by the place where a name is declared, so lowering can ask while it walks the tree
//! again. A macro may put the same place into the tree twice: facts of both are joined, which is always safe,
//! because every fact only makes code more careful.
//!
//! Functions declared in a block are made where they are first needed: before the first statement that mentions
//! them, directly or through another function of the block. A variable that such a function captures and that
//! is declared later lives in a cell that is unset until then.

mod bound;
mod globals;
mod stack;
mod walk;

pub use bound::{bound_names, function_name, is_plain_call};
pub use globals::{Global, Globals};

use std::collections::{HashMap, HashSet};

use bytecode::Constant;
use syntax::ast;

/// The place that declares a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Key(u32, u32, ast::Mark);

impl Key {
    pub fn of(ident: &ast::Ident) -> Key {
        Key(ident.span.start, ident.span.end, ident.mark)
    }

    /// Where the name begins in the source.
    pub fn start(self) -> u32 {
        self.0
    }
}

/// What is known of a variable.
#[derive(Clone, Debug, Default)]
pub struct Variable {
    /// Assigned to after its declaration.
    pub assigned: bool,
    /// Used by a function inside the one that declares it.
    pub captured: bool,
    /// Lives in a cell.
    pub cell: bool,
    /// The cell is made when its block is entered, since a function needs it before the declaration.
    pub early: bool,
    /// `let NAME = literal`: functions use the literal itself.
    pub literal: Option<Constant>,
    /// A function declared in a block that captures nothing.
    pub constant_function: bool,
    /// For a function: the statement of its block before which it is made.
    pub made_at: usize,
    pub is_function: bool,
    /// Used by code that is linked before the script runs, such as methods: they reach it through the process.
    pub published: bool,
    block: Option<usize>,
    statement: usize,
    frame: usize,
}

/// The facts about one file.
#[derive(Debug, Default)]
pub struct Analysis {
    pub variables: HashMap<Key, Variable>,
    /// The names that the script's top level declares, in order; functions see them before their declaration.
    pub globals: Globals,
    free: HashMap<Key, HashSet<Key>>,
    blocks: Vec<BlockFacts>,
}

#[derive(Debug, Default)]
struct BlockFacts {
    functions: Vec<(Key, usize)>,
    /// Which statement mentions which function of the block.
    mentions: Vec<(usize, Key)>,
    current: usize,
    in_function_item: bool,
}

impl Variable {
    /// Lives in the process, where methods and the script both find it.
    pub fn is_shared(&self) -> bool {
        self.published && self.assigned
    }
}

impl Analysis {
    /// Analyses a file; in a script the top level is the body of a function.
    /// What a prompt's line declares at its top level lives in the process, where later lines find it.
    pub fn of(file: &ast::File, script: bool, prompt: bool) -> Analysis {
        let mut analysis = walk::walk(file, script);
        if prompt {
            analysis.share_globals();
        }
        analysis.drop_shared_variables();
        analysis.drop_early_literals();
        analysis.find_constant_functions();
        analysis.find_where_functions_are_made();
        analysis.find_cells();
        analysis
    }

    pub fn variable(&self, ident: &ast::Ident) -> Variable {
        self.variables.get(&Key::of(ident)).cloned().unwrap_or_default()
    }

    /// A literal that a function may ask for before its `let` ran is none: that must be an UnboundError.
    fn drop_early_literals(&mut self) {
        let mut early = Vec::new();
        for index in 0..self.blocks.len() {
            let first = self.first_mentions(index);
            for (function, at) in first {
                for used in self.free.get(&function).into_iter().flatten() {
                    let variable = &self.variables[used];
                    if variable.block == Some(index) && variable.literal.is_some() && variable.statement >= at
                    {
                        early.push(*used);
                    }
                }
            }
        }
        for key in early {
            self.variables.entry(key).or_default().literal = None;
        }
    }

    /// The statement of a block that is the first to mention each of its functions, through others too.
    fn first_mentions(&self, index: usize) -> HashMap<Key, usize> {
        let block = &self.blocks[index];
        let mut first: HashMap<Key, usize> = HashMap::new();
        for &(statement, function) in &block.mentions {
            let at = first.entry(function).or_insert(statement);
            *at = (*at).min(statement);
        }
        self.spread(index, first)
    }

    /// Whatever a function of the block mentions is needed as early as the function itself. The earliest come
    /// first, so each function is looked at once.
    fn spread(&self, index: usize, at: HashMap<Key, usize>) -> HashMap<Key, usize> {
        let mut earliest: Vec<(usize, Key)> = at.iter().map(|(&key, &at)| (at, key)).collect();
        earliest.sort_unstable();
        let mut settled: HashMap<Key, usize> = HashMap::with_capacity(at.len());
        let mut work = Vec::new();
        for (at, start) in earliest {
            work.push(start);
            while let Some(function) = work.pop() {
                if settled.contains_key(&function) {
                    continue;
                }
                settled.insert(function, at);
                let used = self.free.get(&function).into_iter().flatten();
                work.extend(used.copied().filter(|used| {
                    let variable = &self.variables[used];
                    variable.block == Some(index) && variable.is_function && !settled.contains_key(used)
                }));
            }
        }
        settled
    }

    /// A function that uses one that captures captures that one.
    fn find_constant_functions(&mut self) {
        let mut users: HashMap<Key, Vec<Key>> = HashMap::new();
        let mut work = Vec::new();
        for (key, free) in &self.free {
            for used in free {
                let variable = &self.variables[used];
                if variable.constant_function {
                    users.entry(*used).or_default().push(*key);
                } else if variable.literal.is_none() {
                    work.push(*key);
                }
            }
        }
        while let Some(key) = work.pop() {
            let variable = self.variables.entry(key).or_default();
            if std::mem::replace(&mut variable.constant_function, false) {
                work.extend(users.remove(&key).unwrap_or_default());
            }
        }
    }

    fn find_where_functions_are_made(&mut self) {
        for index in 0..self.blocks.len() {
            let block = &self.blocks[index];
            let mut made: HashMap<Key, usize> = block.functions.iter().copied().collect();
            for &(statement, function) in &block.mentions {
                if let Some(at) = made.get_mut(&function) {
                    *at = (*at).min(statement);
                }
            }
            for (key, at) in self.spread(index, made) {
                if let Some(variable) = self.variables.get_mut(&key) {
                    variable.made_at = at;
                }
            }
        }
    }

    fn share_globals(&mut self) {
        for global in self.globals.iter() {
            let variable = self.variables.entry(global.key).or_default();
            variable.published = true;
            variable.assigned = true;
            variable.literal = None;
        }
    }

    /// A published variable that changes lives in the process alone, so nobody captures it.
    fn drop_shared_variables(&mut self) {
        let shared: HashSet<Key> =
            self.variables.iter().filter(|(_, variable)| variable.is_shared()).map(|(key, _)| *key).collect();
        self.free.values_mut().for_each(|free| free.retain(|key| !shared.contains(key)));
    }

    fn find_cells(&mut self) {
        for variable in self.variables.values_mut() {
            variable.cell = variable.captured && variable.assigned && !variable.is_shared();
        }
        let mut early = Vec::new();
        for (function, free) in &self.free {
            let maker = &self.variables[function];
            if maker.constant_function {
                continue;
            }
            for used in free.iter().filter(|used| *used != function) {
                let variable = &self.variables[used];
                if variable.block != maker.block || variable.constant_function {
                    continue;
                }
                let later = if variable.is_function {
                    (variable.made_at, variable.statement) > (maker.made_at, maker.statement)
                } else {
                    variable.statement >= maker.made_at
                };
                if later && (variable.is_function || variable.literal.is_none()) {
                    early.push(*used);
                }
            }
        }
        for key in early {
            let variable = self.variables.entry(key).or_default();
            variable.cell = true;
            variable.early = true;
        }
    }
}

/// The constant that a literal expression is.
pub fn literal(expr: &ast::Expr) -> Option<Constant> {
    use ast::ExprKind;
    Some(match &expr.kind {
        ExprKind::Int(value) => Constant::Int(*value),
        ExprKind::BigInt(digits) => Constant::BigInt(digits.to_string()),
        ExprKind::Float(value) => Constant::Float(*value),
        ExprKind::Char(value) => Constant::Char(*value),
        ExprKind::String(text) => Constant::Str(text.to_string()),
        ExprKind::Symbol(text) => Constant::Symbol(text.to_string()),
        ExprKind::Bytes(bytes) => Constant::Bytes(bytes.to_vec()),
        ExprKind::Regex(text) => Constant::Regex(text.to_string()),
        ExprKind::Unary { op: ast::UnaryOp::Negate, operand } => match literal(operand)? {
            Constant::Int(value) => Constant::Int(value.checked_neg()?),
            Constant::Float(value) => Constant::Float(-value),
            Constant::BigInt(digits) => match format!("-{digits}").parse::<i64>() {
                Ok(value) => Constant::Int(value),
                Err(_) if digits.starts_with('-') => return None,
                Err(_) => Constant::BigInt(format!("-{digits}")),
            },
            _ => return None,
        },
        _ => return None,
    })
}
