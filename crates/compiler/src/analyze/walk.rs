//! Long because: one flat walk over every node of the tree.
//!
//! The walk over the tree that finds out who declares and who uses each name.
//!
//! Its scopes are those of lowering: a name is visible from behind its declaration to the end of the block,
//! functions in their whole block.

use std::collections::{HashMap, HashSet};

use syntax::ast::{self, ExprKind, ItemKind, PatternKind, StmtKind};

use super::bound::{bound_names, for_each_child, function_name, is_plain_call};
use super::stack::NameStack;
use super::{Analysis, BlockFacts, Global, Key, literal};

struct Walker {
    analysis: Analysis,
    script: bool,
    /// Names of open scopes, innermost last.
    names: NameStack,
    /// For each open function, the variables of outer ones that it uses.
    frames: Vec<HashSet<Key>>,
    /// How many of the open functions are linked before the script runs.
    linked: usize,
    /// How many scopes are open; none at the script's top level.
    depth: usize,
    /// The names of the script's top level.
    top_level: HashMap<base::Name, Key>,
    open_blocks: Vec<usize>,
}

pub fn walk(file: &ast::File, script: bool) -> Analysis {
    let mut walker = Walker {
        analysis: Analysis::default(),
        script,
        names: NameStack::default(),
        frames: vec![HashSet::new()],
        linked: 0,
        depth: 0,
        top_level: HashMap::new(),
        open_blocks: Vec::new(),
    };
    if script {
        walker.find_globals(&file.stmts);
        walker.statements(&file.stmts);
    } else {
        file.stmts.iter().for_each(|stmt| walker.module_statement(stmt));
    }
    walker.analysis
}

impl Walker {
    fn find_globals(&mut self, stmts: &[ast::Stmt]) {
        for stmt in stmts {
            let StmtKind::Let(binding) = &stmt.kind else { continue };
            let mut idents = Vec::new();
            bound_names(&binding.pattern, &mut idents);
            for ident in idents {
                let (name, mark, key) = (ident.name.clone(), ident.mark, Key::of(ident));
                let global = Global { name, mark, key, mutable: binding.mutable };
                self.analysis.globals.push(global);
            }
        }
    }

    fn scoped(&mut self, body: impl FnOnce(&mut Walker)) {
        let depth = self.names.len();
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.names.truncate(depth);
    }

    fn framed(&mut self, body: impl FnOnce(&mut Walker)) -> HashSet<Key> {
        self.frames.push(HashSet::new());
        self.scoped(body);
        self.frames.pop().unwrap_or_default()
    }

    /// What another process runs is a function of its own.
    fn in_process(&mut self, body: impl FnOnce(&mut Walker)) {
        self.framed(|walker| {
            let open = std::mem::take(&mut walker.open_blocks);
            body(walker);
            walker.open_blocks = open;
        });
    }

    fn declare(&mut self, ident: &ast::Ident) {
        let key = Key::of(ident);
        let frame = self.frames.len() - 1;
        let block = self.open_blocks.last().copied();
        let statement = block.map_or(0, |block| self.analysis.blocks[block].current);
        let variable = self.analysis.variables.entry(key).or_default();
        if variable.block.is_none() {
            variable.block = block;
            variable.statement = statement;
            variable.frame = frame;
        }
        if self.depth == 0 && ident.mark == ast::Mark::default() {
            self.top_level.insert(ident.name.clone(), key);
        }
        self.names.push(&ident.name, ident.mark, key);
    }

    fn lookup(&self, ident: &ast::Ident) -> Option<Key> {
        let unmarked = ast::Mark::default();
        self.names
            .find(&ident.name, ident.mark)
            .or_else(|| self.global(ident, ident.mark))
            .or_else(|| if ident.mark == unmarked { None } else { self.where_defined(ident) })
    }

    /// A name that a macro introduced and nobody declared with its mark: one of the script's top level.
    fn where_defined(&self, ident: &ast::Ident) -> Option<Key> {
        self.top_level.get(&ident.name).copied().or_else(|| self.global(ident, ast::Mark::default()))
    }

    /// A name that the script declares, perhaps later than this place.
    fn global(&self, ident: &ast::Ident, mark: ast::Mark) -> Option<Key> {
        let marked = ident.mark != ast::Mark::default();
        if !self.script || (self.frames.len() < 2 && !marked) {
            return None;
        }
        self.analysis.globals.find(&ident.name, mark).map(|global| global.key)
    }

    fn mention(&mut self, ident: &ast::Ident, assigned: bool) {
        let Some(key) = self.lookup(ident) else { return };
        let here = self.frames.len() - 1;
        let variable = self.analysis.variables.entry(key).or_default();
        variable.assigned |= assigned;
        let (owner, block, is_function) = (variable.frame, variable.block, variable.is_function);
        if owner == 0 && self.linked > 0 {
            variable.published = true;
        } else if owner < here {
            variable.captured = true;
            self.frames[owner + 1..=here].iter_mut().for_each(|frame| {
                frame.insert(key);
            });
        }
        if let (true, Some(block)) = (is_function, block) {
            let facts = &mut self.analysis.blocks[block];
            if !facts.in_function_item {
                facts.mentions.push((facts.current, key));
            }
        }
    }

    fn block(&mut self, block: &ast::Block) {
        self.scoped(|walker| walker.statements(&block.stmts));
    }

    fn statements(&mut self, stmts: &[ast::Stmt]) {
        let index = self.analysis.blocks.len();
        self.analysis.blocks.push(BlockFacts::default());
        self.open_blocks.push(index);
        for (statement, stmt) in stmts.iter().enumerate() {
            if let Some(name) = function_name(stmt) {
                self.analysis.blocks[index].current = statement;
                self.analysis.blocks[index].functions.push((Key::of(name), statement));
                self.declare(name);
                let variable = self.analysis.variables.entry(Key::of(name)).or_default();
                variable.is_function = true;
                variable.constant_function = true;
            }
        }
        for (statement, stmt) in stmts.iter().enumerate() {
            let facts = &mut self.analysis.blocks[index];
            facts.current = statement;
            facts.in_function_item = function_name(stmt).is_some();
            self.statement(stmt);
        }
        self.analysis.blocks[index].in_function_item = false;
        self.open_blocks.pop();
    }

    fn statement(&mut self, stmt: &ast::Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) | StmtKind::Defer(expr) => self.expr(expr),
            StmtKind::Let(binding) => self.binding(binding),
            StmtKind::Assert { condition, message } => {
                self.expr(condition);
                message.iter().for_each(|message| self.expr(message));
            }
            StmtKind::Item(item) => self.item(item),
        }
    }

    fn module_statement(&mut self, stmt: &ast::Stmt) {
        match &stmt.kind {
            StmtKind::Let(binding) => {
                self.expr(&binding.value);
                binding.otherwise.iter().for_each(|block| self.block(block));
            }
            StmtKind::Expr(_) | StmtKind::Defer(_) | StmtKind::Assert { .. } | StmtKind::Item(_) => {
                self.scoped(|walker| walker.statement(stmt));
            }
        }
    }

    fn binding(&mut self, binding: &ast::Binding) {
        self.expr(&binding.value);
        binding.otherwise.iter().for_each(|block| self.block(block));
        self.pattern(&binding.pattern);
        if let PatternKind::Name { name, annotation: None } = &binding.pattern.kind
            && !binding.mutable
            && binding.annotation.is_none()
        {
            let variable = self.analysis.variables.entry(Key::of(name)).or_default();
            variable.literal = literal(&binding.value);
        }
    }

    fn item(&mut self, item: &ast::Item) {
        match &item.kind {
            ItemKind::Function(function) => {
                let free =
                    self.framed(|walker| walker.signature_and_body(&function.signature, &function.body));
                if let Some(name) = &function.name
                    && self.analysis.variables.contains_key(&Key::of(name))
                {
                    self.analysis.free.entry(Key::of(name)).or_default().extend(free);
                }
            }
            _ => self.linked(|walker| walker.linked_item(item)),
        }
    }

    fn linked(&mut self, body: impl FnOnce(&mut Walker)) {
        self.linked += 1;
        body(self);
        self.linked -= 1;
    }

    /// An item whose functions capture nothing.
    fn linked_item(&mut self, item: &ast::Item) {
        match &item.kind {
            ItemKind::Function(_) => {}
            ItemKind::Class(class) => self.members(&class.members),
            ItemKind::Actor(actor) => self.members(&actor.members),
            ItemKind::Record(record) => {
                record.params.iter().flatten().for_each(|param| self.field_default(param));
                record.methods.iter().for_each(|method| self.method(method));
            }
            ItemKind::Trait(definition) => definition.methods.iter().for_each(|method| self.method(method)),
            ItemKind::Enum(definition) => {
                let params = definition.variants.iter().flat_map(|variant| variant.params.iter().flatten());
                params.for_each(|param| self.field_default(param));
            }
            ItemKind::Module(module) => {
                let script = std::mem::replace(&mut self.script, false);
                module.stmts.iter().for_each(|stmt| self.module_statement(stmt));
                self.script = script;
            }
            ItemKind::Test(test) => {
                self.framed(|walker| walker.block(&test.body));
            }
            ItemKind::Macro(_) | ItemKind::Import(_) => {}
        }
    }

    fn field_default(&mut self, param: &ast::Param) {
        if let ast::ParamKind::Pattern { default: Some(default), .. } = &param.kind {
            self.framed(|walker| walker.expr(default));
        }
    }

    fn members(&mut self, members: &[ast::Member]) {
        for member in members {
            match member {
                ast::Member::Field(field) => {
                    self.framed(|walker| field.default.iter().for_each(|default| walker.expr(default)));
                }
                ast::Member::Method(method) => self.method(method),
            }
        }
    }

    fn method(&mut self, method: &ast::Method) {
        if let Some(body) = &method.body {
            self.framed(|walker| {
                // A function inside the method that uses `self` captures it. The method's own name is no variable,
                // so its place can stand for `self`.
                let own = ast::Ident::new(base::Name::new("self"), method.name.span);
                walker.declare(&own);
                walker.signature_and_body(&method.signature, body);
            });
        }
    }

    fn template(&mut self, parts: &[ast::TemplatePart]) {
        for part in parts {
            if let ast::TemplatePart::Value { value, .. } = part {
                self.expr(value);
            }
        }
    }

    fn mention_self(&mut self, span: diag::Span) {
        self.mention(&ast::Ident::new(base::Name::new("self"), span), false);
    }

    fn signature_and_body(&mut self, signature: &ast::Signature, body: &ast::Body) {
        let open = std::mem::take(&mut self.open_blocks);
        self.params(signature);
        match body {
            ast::Body::Block(block) => self.block(block),
            ast::Body::Expr(expr) => self.expr(expr),
        }
        self.open_blocks = open;
    }

    fn params(&mut self, signature: &ast::Signature) {
        for param in &signature.params {
            match &param.kind {
                ast::ParamKind::Pattern { pattern, default, .. } => {
                    default.iter().for_each(|default| self.expr(default));
                    self.pattern(pattern);
                }
                ast::ParamKind::Rest(name) => self.declare(name),
            }
        }
    }

    /// Declares what a pattern binds and walks the values it compares with.
    fn pattern(&mut self, pattern: &ast::Pattern) {
        self.pattern_values(pattern);
        let mut idents = Vec::new();
        bound_names(pattern, &mut idents);
        idents.into_iter().for_each(|ident| self.declare(ident));
    }

    fn pattern_values(&mut self, pattern: &ast::Pattern) {
        match &pattern.kind {
            PatternKind::Pin(expr) | PatternKind::Unquote(expr) => self.expr(expr),
            PatternKind::Path { path, .. } => {
                if let [name] = path.segments.as_slice() {
                    self.mention(name, false);
                }
                for_each_child(pattern, &mut |child| self.pattern_values(child));
            }
            PatternKind::Error
            | PatternKind::Wildcard
            | PatternKind::Name { .. }
            | PatternKind::Literal(_)
            | PatternKind::Range { .. }
            | PatternKind::Tuple { .. }
            | PatternKind::List { .. }
            | PatternKind::Map { .. }
            | PatternKind::Or(_)
            | PatternKind::As { .. } => for_each_child(pattern, &mut |child| self.pattern_values(child)),
        }
    }

    fn arguments(&mut self, arguments: &[ast::Argument]) {
        for argument in arguments {
            match argument {
                ast::Argument::Positional(value)
                | ast::Argument::Named { value, .. }
                | ast::Argument::Spread(value) => self.expr(value),
            }
        }
    }

    fn arms(&mut self, arms: &[ast::Arm]) {
        for arm in arms {
            self.scoped(|walker| {
                walker.pattern(&arm.pattern);
                arm.guard.iter().for_each(|guard| walker.expr(guard));
                walker.expr(&arm.body);
            });
        }
    }

    fn after(&mut self, after: &Option<Box<ast::After>>) {
        if let Some(after) = after {
            self.expr(&after.time);
            self.expr(&after.body);
        }
    }

    fn condition(&mut self, condition: &ast::Condition) {
        match condition {
            ast::Condition::Expr(expr) => self.expr(expr),
            ast::Condition::Let { pattern, value, guard } => {
                self.expr(value);
                self.pattern(pattern);
                guard.iter().for_each(|guard| self.expr(guard));
            }
        }
    }

    fn target(&mut self, target: &ast::Expr) {
        match &target.kind {
            ExprKind::Name(ident) => self.mention(ident, true),
            ExprKind::Tuple { items, .. } => items.iter().for_each(|item| self.target(item)),
            ExprKind::List(elements) => {
                for element in elements {
                    let (ast::Element::Item(item) | ast::Element::Spread(item)) = element;
                    self.target(item);
                }
            }
            _ => self.expr(target),
        }
    }

    fn elements(&mut self, elements: &[ast::Element]) {
        for element in elements {
            let (ast::Element::Item(item) | ast::Element::Spread(item)) = element;
            self.expr(item);
        }
    }

    fn expr(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::Error
            | ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Char(_)
            | ExprKind::String(_)
            | ExprKind::Symbol(_)
            | ExprKind::Bytes(_)
            | ExprKind::Regex(_)
            | ExprKind::SelfPid
            | ExprKind::Quote(_)
            | ExprKind::Continue { .. } => {}
            ExprKind::Name(ident) => self.mention(ident, false),
            ExprKind::SelfValue => self.mention_self(expr.span),
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::List(elements) | ExprKind::Set(elements) => self.elements(elements),
            ExprKind::Tuple { items, named } => {
                items.iter().chain(named.iter().map(|(_, value)| value)).for_each(|item| self.expr(item));
            }
            ExprKind::Map(entries) => entries.iter().for_each(|entry| match entry {
                ast::MapEntry::Pair { key, value } => {
                    self.expr(key);
                    self.expr(value);
                }
                ast::MapEntry::Spread(value) => self.expr(value),
            }),
            ExprKind::Range { start, end, .. } => {
                start.iter().chain(end).for_each(|side| self.expr(side));
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Is { value, .. } => self.expr(value),
            ExprKind::Pipe { value, target } => {
                self.expr(value);
                let (ast::PipeTarget::Call(target) | ast::PipeTarget::Function(target)) = target;
                self.expr(target);
            }
            ExprKind::Assign { target, value, .. } => {
                self.target(target);
                self.expr(value);
            }
            ExprKind::Field { object, .. } | ExprKind::Position { object, .. } => self.expr(object),
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Call { callee, arguments } => {
                self.expr(callee);
                self.arguments(arguments);
            }
            ExprKind::MethodCall { object, arguments, .. } => {
                self.expr(object);
                self.arguments(arguments);
            }
            ExprKind::SuperCall { arguments, .. } => {
                self.mention_self(expr.span);
                self.arguments(arguments);
            }
            _ => self.control(expr),
        }
    }

    fn control(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::MacroCall { arguments, block, .. } => {
                self.arguments(arguments);
                block.iter().for_each(|block| self.block(block));
            }
            ExprKind::Spawn { arguments, block } => {
                self.arguments(arguments);
                block.iter().for_each(|block| self.in_process(|walker| walker.block(block)));
            }
            ExprKind::Async(inner) if is_plain_call(inner) => self.expr(inner),
            ExprKind::Async(inner) => self.in_process(|walker| walker.expr(inner)),
            ExprKind::Chain(inner) | ExprKind::Await(inner) => self.expr(inner),
            ExprKind::Unquote(inner) => self.expr(inner),
            ExprKind::Block(block) => self.block(block),
            ExprKind::Function(function) => {
                self.framed(|walker| walker.signature_and_body(&function.signature, &function.body));
            }
            ExprKind::Closure(closure) => {
                self.framed(|walker| {
                    let open = std::mem::take(&mut walker.open_blocks);
                    walker.params(&closure.signature);
                    walker.expr(&closure.body);
                    walker.open_blocks = open;
                });
            }
            ExprKind::If(parts) => {
                self.scoped(|walker| {
                    walker.condition(&parts.condition);
                    walker.block(&parts.then);
                });
                parts.otherwise.iter().for_each(|otherwise| self.expr(otherwise));
            }
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                self.arms(arms);
            }
            ExprKind::While { condition, body, .. } => self.scoped(|walker| {
                walker.condition(condition);
                walker.block(body);
            }),
            _ => self.rest_of_control(expr),
        }
    }

    fn rest_of_control(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::For { pattern, iterable, body, .. } => {
                self.expr(iterable);
                self.scoped(|walker| {
                    walker.pattern(pattern);
                    walker.block(body);
                });
            }
            ExprKind::Loop { body, .. } => self.block(body),
            ExprKind::Return(value)
            | ExprKind::Throw(value)
            | ExprKind::Yield(value)
            | ExprKind::Break { value, .. } => value.iter().for_each(|value| self.expr(value)),
            ExprKind::TryElse { body, fallback } => {
                self.expr(body);
                self.expr(fallback);
            }
            ExprKind::Try(parts) => {
                self.block(&parts.body);
                for catch in &parts.catches {
                    self.scoped(|walker| {
                        catch.name.iter().for_each(|name| walker.declare(name));
                        walker.block(&catch.body);
                    });
                }
                parts.finally.iter().for_each(|block| self.block(block));
            }
            ExprKind::Receive { arms, after } => {
                self.arms(arms);
                self.after(after);
            }
            ExprKind::Select { arms, after } => {
                for arm in arms {
                    self.expr(&arm.operation);
                    self.scoped(|walker| {
                        arm.pattern.iter().for_each(|pattern| walker.pattern(pattern));
                        walker.expr(&arm.body);
                    });
                }
                self.after(after);
            }
            ExprKind::Scope { arguments, body } => {
                self.arguments(arguments);
                self.block(body);
            }
            _ => {}
        }
    }
}
