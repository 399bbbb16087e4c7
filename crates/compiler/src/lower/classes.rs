//! Classes before their bodies are lowered: what they are made of, in an order in which those above come first.

use std::collections::{HashMap, HashSet};

use bytecode::limits::CLASS_DEPTH_MAX;
use bytecode::{ClassKind, ClassRef};
use diag::{Code as ErrorCode, Diagnostic, Span};
use syntax::ast::{self, FieldKind, Member, Method, MethodKind, ParamKind, PatternKind};

use super::Lowerer;
use super::function::signature_named;
use super::types::{ClassName, path_text};
use crate::interface::{
    ClassInterface, ClassKindInterface, FieldInterface, PreludeItem, Signature, error_interface,
};

/// A class, record, trait, actor, enum or variant of this unit.
pub struct ClassInfo<'a> {
    pub name: base::Name,
    pub span: Span,
    pub name_span: Span,
    pub doc: Option<&'a base::Name>,
    pub kind: ClassKind,
    pub superclass_path: Option<&'a ast::Path>,
    pub trait_paths: Vec<&'a ast::Path>,
    pub superclass: Option<ClassRef>,
    pub super_local: Option<usize>,
    pub traits: Vec<ClassRef>,
    pub local_traits: Vec<usize>,
    pub fields: Vec<OwnField<'a>>,
    pub statics: Vec<&'a ast::Field>,
    pub methods: Vec<&'a Method>,
    /// The enum this is a variant of.
    pub variant_of: Option<usize>,
    pub singleton: bool,
    pub actor: ActorPart,
    pub public: bool,
    pub module: usize,
    /// Place in the unit's table.
    pub index: u32,
    pub interface: ClassInterface,
}

#[derive(Clone)]
pub struct OwnField<'a> {
    pub name: base::Name,
    pub span: Span,
    pub annotation: Option<&'a ast::Type>,
    pub default: Option<&'a ast::Expr>,
    pub set_once: bool,
}

/// What an actor is made of: the handle that programs hold, and the hidden class of its state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActorPart {
    None,
    /// The class of the handles; the class of the state by its number.
    Handle(usize),
    /// The class of the state; the class of the handles by its number.
    State(usize),
}

impl ClassInfo<'_> {
    pub fn reference(&self) -> ClassRef {
        ClassRef::Local(self.index)
    }

    pub fn has_member(&self, name: &str) -> bool {
        self.interface.fields.iter().any(|field| field.name == name)
            || self.interface.methods.iter().any(|(known, _)| known == name)
    }
}

/// The name under which a method is found: a unary minus is not the binary one.
pub fn method_name(method: &Method) -> &str {
    if method.name.name == "-" && method.signature.params.is_empty() {
        "-@"
    } else {
        method.name.name.as_str()
    }
}

impl<'a> Lowerer<'a, '_> {
    /// Notes a class-like declaration and gives its number; an enum's variants get numbers of their own.
    pub fn collect_class(&mut self, item: &'a ast::Item) -> Vec<(base::Name, usize, Span)> {
        let mut info = blank(item, self.module);
        let mut declared = Vec::new();
        match &item.kind {
            ast::ItemKind::Class(class) => {
                info.name = class.name.name.clone();
                info.name_span = class.name.span;
                info.superclass_path = class.superclass.as_ref();
                info.trait_paths = class.traits.iter().collect();
                self.collect_members(&mut info, &class.members);
                let library = self.options.mode == crate::interface::Mode::Library;
                let known = self.environment.prelude(&info.name);
                if library && matches!(known, Some(PreludeItem::Class { .. })) {
                    info.kind = ClassKind::Extension;
                }
            }
            ast::ItemKind::Actor(actor) => return self.collect_actor(item, actor),
            ast::ItemKind::Record(record) => {
                info.name = record.name.name.clone();
                info.name_span = record.name.span;
                info.kind = ClassKind::Record;
                info.trait_paths = record.traits.iter().collect();
                info.singleton = record.params.is_none();
                info.methods = record.methods.iter().collect();
                info.fields = self.record_fields(record.params.as_deref().unwrap_or_default());
            }
            ast::ItemKind::Trait(definition) => {
                info.name = definition.name.name.clone();
                info.name_span = definition.name.span;
                info.kind = ClassKind::Trait;
                info.trait_paths = definition.traits.iter().collect();
                info.methods = definition.methods.iter().collect();
            }
            ast::ItemKind::Enum(definition) => {
                info.name = definition.name.name.clone();
                info.name_span = definition.name.span;
                info.kind = ClassKind::Trait;
                let parent = self.classes.len();
                declared.push((info.name.clone(), parent, info.name_span));
                self.classes.push(info);
                for variant in &definition.variants {
                    let number = self.collect_variant(item, variant, parent);
                    declared.push((variant.name.name.clone(), number, variant.name.span));
                }
                return declared;
            }
            _ => return declared,
        }
        declared.push((info.name.clone(), self.classes.len(), info.name_span));
        self.classes.push(info);
        declared
    }

    fn collect_variant(&mut self, item: &'a ast::Item, variant: &'a ast::Variant, parent: usize) -> usize {
        let mut info = blank(item, self.module);
        info.name = variant.name.name.clone();
        info.name_span = variant.name.span;
        info.span = variant.span;
        info.doc = variant.doc.as_ref();
        info.kind = ClassKind::Record;
        info.variant_of = Some(parent);
        info.singleton = variant.params.is_none();
        info.fields = self.record_fields(variant.params.as_deref().unwrap_or_default());
        self.classes.push(info);
        self.classes.len() - 1
    }

    fn record_fields(&mut self, params: &'a [ast::Param]) -> Vec<OwnField<'a>> {
        let mut fields = Vec::new();
        for param in params {
            match &param.kind {
                ParamKind::Pattern { pattern, annotation, default } => {
                    let PatternKind::Name { name, annotation: inner } = &pattern.kind else {
                        self.error(ErrorCode::RecordField, param.span, "a field of a record is a plain name");
                        continue;
                    };
                    fields.push(OwnField {
                        name: name.name.clone(),
                        span: name.span,
                        annotation: annotation.as_ref().or(inner.as_ref()),
                        default: default.as_ref(),
                        set_once: true,
                    });
                }
                ParamKind::Rest(name) => {
                    self.error(ErrorCode::RecordField, name.span, "a record has no rest parameter");
                }
            }
        }
        self.check_field_names(&fields);
        fields
    }

    pub fn collect_members(&mut self, info: &mut ClassInfo<'a>, members: &'a [Member]) {
        for member in members {
            match member {
                Member::Field(field) if field.kind == FieldKind::Static => info.statics.push(field),
                Member::Field(field) => info.fields.push(OwnField {
                    name: field.name.name.clone(),
                    span: field.name.span,
                    annotation: field.annotation.as_ref(),
                    default: field.default.as_ref(),
                    set_once: field.kind == FieldKind::Let,
                }),
                Member::Method(method) => info.methods.push(method),
            }
        }
        self.check_field_names(&info.fields);
        self.check_unique(info.statics.iter().map(|field| (field.name.name.as_str(), field.name.span)));
    }

    fn check_unique<'n>(&mut self, names: impl Iterator<Item = (&'n str, Span)>) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (name, span) in names {
            match seen.get(name) {
                Some(&first) => self.report_duplicate(name, span, first),
                None => {
                    seen.insert(name, span);
                }
            }
        }
    }

    fn check_field_names(&mut self, fields: &[OwnField<'a>]) {
        self.check_unique(fields.iter().map(|field| (field.name.as_str(), field.span)));
        if fields.len() > 255
            && let Some(field) = fields.last()
        {
            self.error(ErrorCode::FunctionTooLarge, field.span, "a class has more than 255 fields");
        }
    }

    /// Finds out what every class extends, puts those above first, and derives the interfaces.
    pub fn link_classes(&mut self) {
        let module = self.module;
        for class in 0..self.classes.len() {
            self.module = self.classes[class].module;
            self.link_class(class);
        }
        self.module = module;
        let order = self.order_classes();
        for (index, &class) in order.iter().enumerate() {
            self.classes[class].index = index as u32;
        }
        // References made above used numbers in source order; they are made again now that the order is known.
        let mut depths = vec![1; self.classes.len()];
        for &class in &order {
            self.limit_depth(class, &mut depths);
            self.relink(class);
            self.derive_interface(class);
            self.check_methods(class);
            self.check_traits(class);
        }
        self.unit.classes = vec![bytecode::ClassDef::default(); order.len()];
    }

    fn link_class(&mut self, class: usize) {
        if let Some(path) = self.classes[class].superclass_path {
            match self.class_global(path) {
                Some(ClassName::Local(above)) => {
                    self.check_extends(class, self.classes[above].kind, path);
                    self.classes[class].super_local = Some(above);
                }
                Some(ClassName::Imported { import, name, interface }) => {
                    let kind = match interface.kind {
                        ClassKindInterface::Class => ClassKind::Class,
                        ClassKindInterface::Record => ClassKind::Record,
                        ClassKindInterface::Trait => ClassKind::Trait,
                        ClassKindInterface::Actor => ClassKind::Actor,
                    };
                    self.check_extends(class, kind, path);
                    self.classes[class].superclass = Some(ClassRef::Import { import, name });
                    self.classes[class].interface = interface;
                }
                Some(ClassName::Builtin(name)) => self.link_builtin(class, name, path),
                None => self.report_unknown_type(path, "a type"),
            }
        }
        for path in self.classes[class].trait_paths.clone() {
            match self.class_global(path) {
                Some(ClassName::Local(above)) => {
                    if self.classes[above].kind != ClassKind::Trait {
                        self.report_not_a_trait(path);
                    }
                    self.classes[class].local_traits.push(above);
                }
                Some(ClassName::Imported { import, name, interface }) => {
                    if interface.kind != ClassKindInterface::Trait {
                        self.report_not_a_trait(path);
                    }
                    self.classes[class].traits.push(ClassRef::Import { import, name });
                    self.classes[class].interface.methods.extend(interface.methods);
                }
                Some(ClassName::Builtin(name)) => self.classes[class].traits.push(ClassRef::Builtin(name)),
                None => self.report_unknown_type(path, "a type"),
            }
        }
        if let Some(parent) = self.classes[class].variant_of {
            self.classes[class].local_traits.push(parent);
        }
    }

    fn link_builtin(&mut self, class: usize, name: String, path: &ast::Path) {
        let is_error =
            matches!(self.environment.prelude(&name), Some(PreludeItem::Class { is_error: true, .. }));
        if is_error {
            self.classes[class].superclass = Some(ClassRef::Builtin(name));
            self.classes[class].interface = error_interface();
        } else {
            let diagnostic = Diagnostic::new(
                ErrorCode::CannotExtend,
                path.span,
                format!("`{name}` is built in and cannot be extended"),
            );
            self.report(diagnostic.hint("of the library's classes only `Error` and its subclasses can be"));
        }
    }

    fn check_extends(&mut self, class: usize, above: ClassKind, path: &ast::Path) {
        if above != ClassKind::Class || self.classes[class].kind != ClassKind::Class {
            let message = format!("`{}` is not a class that can be extended", path_text(path));
            let mut diagnostic = Diagnostic::new(ErrorCode::CannotExtend, path.span, message);
            if above == ClassKind::Trait {
                let name = &self.classes[class].name;
                diagnostic = diagnostic
                    .hint(format!("a trait stands behind a colon: `class {name}: {}`", path_text(path)));
            }
            self.report(diagnostic);
        }
    }

    fn report_not_a_trait(&mut self, path: &ast::Path) {
        let message = format!("`{}` is not a trait", path_text(path));
        let diagnostic = Diagnostic::new(ErrorCode::CannotExtend, path.span, message);
        self.report(diagnostic.hint("a superclass stands behind `<`"));
    }

    /// Every class behind those it extends; a cycle is reported and cut.
    fn order_classes(&mut self) -> Vec<usize> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.classes.len()];
        let mut order = Vec::new();
        for start in 0..self.classes.len() {
            // Entries are visited twice: once to open what is above, once to be put in place.
            let mut work = vec![(start, false)];
            while let Some((class, above_done)) = work.pop() {
                if above_done {
                    states[class] = State::Done;
                    order.push(class);
                    continue;
                }
                if states[class] != State::New {
                    continue;
                }
                states[class] = State::Open;
                work.push((class, true));
                let info = &self.classes[class];
                let above: Vec<usize> = info.super_local.iter().chain(&info.local_traits).copied().collect();
                for other in above {
                    if states[other] == State::Open {
                        self.cut_cycle(class, other);
                    } else {
                        work.push((other, false));
                    }
                }
            }
        }
        order
    }

    fn cut_cycle(&mut self, class: usize, above: usize) {
        let message =
            format!("`{}` extends itself through `{}`", self.classes[class].name, self.classes[above].name);
        self.error(ErrorCode::ExtensionCycle, self.classes[class].name_span, message);
        let info = &mut self.classes[class];
        info.super_local = info.super_local.filter(|&other| other != above);
        info.local_traits.retain(|&other| other != above);
    }

    /// Each class has all methods of those above it, so how many stand above one another is limited.
    fn limit_depth(&mut self, class: usize, depths: &mut [usize]) {
        let Some(above) = self.classes[class].super_local else { return };
        depths[class] = depths[above] + 1;
        if depths[class] > CLASS_DEPTH_MAX {
            let message = format!(
                "`{}` stands below more than {CLASS_DEPTH_MAX} classes that extend one another",
                self.classes[class].name
            );
            self.error(ErrorCode::FunctionTooLarge, self.classes[class].name_span, message);
            self.classes[class].super_local = None;
            depths[class] = 1;
        }
    }

    fn relink(&mut self, class: usize) {
        if let Some(above) = self.classes[class].super_local {
            self.classes[class].superclass = Some(self.classes[above].reference());
        }
        let local: Vec<ClassRef> =
            self.classes[class].local_traits.iter().map(|&other| self.classes[other].reference()).collect();
        self.classes[class].traits.extend(local);
    }

    fn derive_interface(&mut self, class: usize) {
        let mut interface = match self.classes[class].super_local {
            Some(above) => self.classes[above].interface.clone(),
            None => std::mem::take(&mut self.classes[class].interface),
        };
        let info = &self.classes[class];
        interface.name = info.name.to_string();
        interface.singleton = info.singleton;
        interface.kind = match info.kind {
            ClassKind::Class | ClassKind::Extension => ClassKindInterface::Class,
            ClassKind::Record => ClassKindInterface::Record,
            ClassKind::Trait => ClassKindInterface::Trait,
            ClassKind::Actor => ClassKindInterface::Actor,
        };
        for field in &info.fields {
            interface.fields.push(FieldInterface {
                name: field.name.to_string(),
                optional: field.default.is_some(),
                set_once: field.set_once,
            });
        }
        let mut methods = Methods::new(std::mem::take(&mut interface.methods));
        for &other in &info.local_traits {
            for (name, is_abstract) in &self.classes[other].interface.methods {
                methods.add(name, *is_abstract, Origin::Trait);
            }
        }
        for method in &info.methods {
            methods.add(method_name(method), method.body.is_none(), Origin::Own);
        }
        interface.methods = methods.rows;
        interface.statics = info.statics.iter().map(|field| field.name.name.to_string()).collect();
        let init = info.methods.iter().find(|method| method.name.name == "init");
        interface.has_init |= init.is_some();
        interface.signature = match init {
            Some(init) => Some(signature_named(info.name.to_string(), &init.signature)),
            None if interface.has_init => {
                interface.signature.map(|signature| Signature { name: info.name.to_string(), ..signature })
            }
            None if info.kind == ClassKind::Trait => None,
            None => Some(Signature {
                name: info.name.to_string(),
                params: super::construct::field_params(&interface),
                rest: false,
                positional_only: false,
            }),
        };
        self.classes[class].interface = interface;
    }

    fn check_methods(&mut self, class: usize) {
        let mut seen: HashMap<(&str, bool), Span> = HashMap::new();
        for method in self.classes[class].methods.clone() {
            let key = (method_name(method), method.kind == MethodKind::Static);
            match seen.get(&key) {
                Some(&first) => self.report_duplicate(&method.name.name, method.name.span, first),
                None => {
                    seen.insert(key, method.name.span);
                }
            }
        }
    }

    /// A class must have every method its traits require, and settle defaults that two of them give.
    fn check_traits(&mut self, class: usize) {
        let info = &self.classes[class];
        if info.kind == ClassKind::Trait {
            return;
        }
        let own: HashSet<&str> = info.methods.iter().map(|method| method_name(method)).collect();
        let mut defaults: HashMap<&str, usize> = HashMap::new();
        let mut conflict = None;
        for &other in &info.local_traits {
            for (name, is_abstract) in &self.classes[other].interface.methods {
                match defaults.get(name.as_str()).copied() {
                    Some(first) if !*is_abstract && !own.contains(name.as_str()) && first != other => {
                        conflict = Some((name.clone(), first, other));
                    }
                    None if !*is_abstract => drop(defaults.insert(name, other)),
                    _ => {}
                }
            }
        }
        let span = info.name_span;
        if let Some((name, first, second)) = conflict {
            let message = format!(
                "`{}` and `{}` both give `{name}` a default",
                self.classes[first].name, self.classes[second].name
            );
            let diagnostic = Diagnostic::new(ErrorCode::TraitConflict, span, message);
            let hint = format!("define `{name}` in `{}`", self.classes[class].name);
            self.report(diagnostic.hint(hint));
        }
        let missing: Vec<String> = self.classes[class]
            .interface
            .methods
            .iter()
            .filter(|(_, is_abstract)| *is_abstract)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "`{}` lacks {}, which its traits require",
                self.classes[class].name,
                missing.join(", ")
            );
            self.error(ErrorCode::MissingMethod, span, message);
        }
    }
}

/// The methods that a class has, and where each of them is in the list.
struct Methods {
    rows: Vec<(String, bool)>,
    places: HashMap<String, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Own,
    Trait,
}

impl Methods {
    fn new(rows: Vec<(String, bool)>) -> Methods {
        let places = rows.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
        Methods { rows, places }
    }

    /// An own method replaces one that is known, a trait's default only what is abstract.
    fn add(&mut self, name: &str, is_abstract: bool, origin: Origin) {
        match self.places.get(name) {
            Some(&place) if origin == Origin::Own || !is_abstract => self.rows[place].1 = is_abstract,
            Some(_) => {}
            None => {
                self.places.insert(name.to_string(), self.rows.len());
                self.rows.push((name.to_string(), is_abstract));
            }
        }
    }
}

pub fn blank(item: &ast::Item, module: usize) -> ClassInfo<'_> {
    ClassInfo {
        name: base::Name::from(""),
        span: item.span,
        name_span: item.span,
        doc: item.doc.as_ref(),
        kind: ClassKind::Class,
        superclass_path: None,
        trait_paths: Vec::new(),
        superclass: None,
        super_local: None,
        traits: Vec::new(),
        local_traits: Vec::new(),
        fields: Vec::new(),
        statics: Vec::new(),
        methods: Vec::new(),
        variant_of: None,
        singleton: false,
        actor: ActorPart::None,
        public: item.public,
        module,
        index: 0,
        interface: ClassInterface::default(),
    }
}
