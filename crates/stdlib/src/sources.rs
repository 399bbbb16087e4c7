//! The Dunlin sources of the library, and where each of them is looked for.
//!
//! A unit either adds one method to a builtin class or exports functions, never both: a method is asked for when it is
//! first called and no row has it, a function unit at the first use of one of its names. What all iterables share
//! belongs to the class `Iterable`, which method lookup asks after a class of its own. What only the lazy ones share
//! (`lazy.dn`) is written once and becomes part of the unit of each of them, without the methods that the class has
//! itself.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};

use heap::class::BUILTIN_CLASSES;

/// One unit of the library.
#[derive(Clone, Debug)]
pub struct Source {
    /// The unit's name, as traces print it.
    pub name: String,
    pub text: String,
    /// The functions that it exports.
    pub exports: Vec<String>,
}

const LAZY: &str = include_str!("../dn/lazy.dn");

/// A class that Dunlin adds methods to: its own methods, then what it shares with others.
struct ClassSource {
    class: &'static str,
    own: &'static str,
    shared: &'static [&'static str],
}

const CLASSES: &[ClassSource] = &[
    ClassSource { class: "List", own: include_str!("../dn/list.dn"), shared: &[] },
    ClassSource { class: "Map", own: include_str!("../dn/map.dn"), shared: &[] },
    ClassSource { class: "Set", own: include_str!("../dn/set.dn"), shared: &[] },
    ClassSource { class: "String", own: include_str!("../dn/string.dn"), shared: &[] },
    ClassSource { class: "Range", own: include_str!("../dn/range.dn"), shared: &[LAZY] },
    ClassSource { class: "Generator", own: "", shared: &[LAZY] },
    ClassSource { class: "Iterator", own: "", shared: &[LAZY] },
    ClassSource { class: "Iterable", own: include_str!("../dn/iterable.dn"), shared: &[] },
    ClassSource { class: "Channel", own: include_str!("../dn/channel.dn"), shared: &[] },
    ClassSource { class: "Task", own: include_str!("../dn/task.dn"), shared: &[] },
    ClassSource { class: "Actor", own: include_str!("../dn/handle.dn"), shared: &[] },
    ClassSource { class: "Int", own: include_str!("../dn/int.dn"), shared: &[] },
];

/// What every module sees of Dunlin functions.
const PRELUDE: &str = include_str!("../dn/prelude.dn");

/// Units of functions: the slow twins of rows, and what other units call. A unit is linked with all that it refers
/// to, so their references must not form a cycle: what belongs together stands in one unit.
const FUNCTIONS: &[(&str, &str)] = &[
    ("prelude", PRELUDE),
    ("list_slow", include_str!("../dn/list_slow.dn")),
    ("map_slow", include_str!("../dn/map_slow.dn")),
    ("set_slow", include_str!("../dn/set_slow.dn")),
    ("string_slow", include_str!("../dn/string_slow.dn")),
    ("values_slow", include_str!("../dn/values_slow.dn")),
    ("prelude_slow", include_str!("../dn/prelude_slow.dn")),
    ("support", include_str!("../dn/support.dn")),
    ("sorting", include_str!("../dn/sorting.dn")),
    ("iterating", include_str!("../dn/iterating.dn")),
    ("actor", include_str!("../dn/actor.dn")),
    ("supervisor", include_str!("../dn/supervisor.dn")),
    ("scope", include_str!("../dn/scope.dn")),
    ("csv", include_str!("../dn/csv.dn")),
    ("http", include_str!("../dn/http.dn")),
];

/// Every unit of the library.
pub fn sources() -> Vec<Source> {
    let methods = CLASSES
        .iter()
        .flat_map(|source| methods_of(source.class).iter().map(|member| method_unit(source.class, member)));
    methods.chain(function_units().iter().cloned()).collect()
}

/// The unit that adds a method to a builtin class.
pub fn method_source(class: &str, method: &str) -> Option<Source> {
    let member = methods_of(class).iter().find(|member| member.name == method)?;
    Some(method_unit(class, member))
}

/// The names of the methods that units add to a builtin class.
pub fn method_names(class: &str) -> Vec<String> {
    methods_of(class).iter().map(|member| member.name.to_string()).collect()
}

/// Every method that values of a builtin class have, with those of the classes above it and what all iterables share;
/// nothing for what is no builtin class.
pub fn method_names_of(class: &str) -> Option<Vec<String>> {
    let named = |name: &str| BUILTIN_CLASSES.iter().find(|row| row.0 == name);
    let mut row = named(class)?;
    let mut names = Vec::new();
    let iterable = vm::class::is_iterable(row.1.id()).then_some("Iterable");
    for _ in 0..=BUILTIN_CLASSES.len() {
        names.extend(own_method_names(row.0));
        let above = BUILTIN_CLASSES.iter().find(|other| other.1 == row.2)?;
        if above.1 == row.1 {
            break;
        }
        row = above;
    }
    names.extend(iterable.into_iter().flat_map(own_method_names));
    Some(names)
}

fn own_method_names(class: &str) -> Vec<String> {
    let rows = crate::ROWS.iter().copied().flatten().filter(|row| row.split_name().0 == Some(class));
    rows.map(|row| row.split_name().1.to_string()).chain(method_names(class)).collect()
}

fn method_unit(class: &str, member: &Member) -> Source {
    Source {
        name: format!("{class}.{}", member.name),
        text: format!("class {class} {{\n{}\n}}\n", member.text),
        exports: Vec::new(),
    }
}

fn function_units() -> &'static [Source] {
    static UNITS: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let units = FUNCTIONS.iter();
        let units = units.map(|&(name, text)| Source {
            name: name.to_string(),
            text: text.to_string(),
            exports: exports_of(text),
        });
        units.collect()
    });
    &UNITS
}

/// The unit that exports a function.
pub fn function_source(name: &str) -> Option<&'static Source> {
    function_units().iter().find(|source| source.exports.iter().any(|export| export == name))
}

/// The names of the functions that a unit exports.
fn exports_of(text: &'static str) -> Vec<String> {
    const STARTS: [&str; 3] = ["pub fn", "pub actor ", "pub class "];
    let rest_of = |line: &'static str| STARTS.iter().find_map(|start| line.strip_prefix(start));
    let names = text.lines().filter_map(rest_of).filter_map(|rest| {
        let rest = rest.trim_start_matches('*').trim_start();
        rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '?')).next()
    });
    names.map(str::to_string).collect()
}

/// The classes and actors of the library that are written in Dunlin: every module sees them.
pub fn class_exports() -> impl Iterator<Item = &'static str> {
    let exports = function_units().iter().flat_map(|source| &source.exports);
    exports.map(String::as_str).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// The Dunlin functions that every module sees, without importing them: name, parameters, documentation.
pub fn prelude_functions() -> Vec<(&'static str, &'static str, String)> {
    let mut functions = Vec::new();
    let mut doc = String::new();
    for line in PRELUDE.lines() {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
            doc.push('\n');
        } else if let Some(rest) = line.strip_prefix("pub fn") {
            let head = rest.trim_start_matches('*').trim_start();
            let (name, rest) = head.split_once('(').unwrap_or((head, ")"));
            let parameters = rest.split_once(')').map_or("", |(parameters, _)| parameters);
            functions.push((name, parameters, std::mem::take(&mut doc)));
        } else {
            doc.clear();
        }
    }
    functions
}

/// One method of a class source with its documentation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'t> {
    pub name: &'t str,
    pub text: &'t str,
}

/// The methods of a class source: they are parted by blank lines and have none inside.
pub(crate) fn members(text: &str) -> Vec<Member<'_>> {
    let Some(start) = text.find("\nclass ") else { return Vec::new() };
    let body = text[start..].split_once("{\n").map_or("", |(_, body)| body);
    let body = body.rsplit_once("\n}").map_or("", |(body, _)| body);
    body.split("\n\n").filter_map(|text| Some(Member { name: method_name(text)?, text })).collect()
}

/// How the line of a method begins.
const METHOD_STARTS: [&str; 3] = ["    fn ", "    fn* ", "    static fn "];

/// The name in the first line that begins a method.
fn method_name(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let rest = METHOD_STARTS.iter().find_map(|start| line.strip_prefix(start))?;
        rest.split('(').next()
    })
}

/// The methods that a class gets from Dunlin, its own first; a name is taken where it is met first.
pub(crate) fn methods_of(class: &str) -> &'static [Member<'static>] {
    static METHODS: [OnceLock<Vec<Member<'static>>>; CLASSES.len()] =
        [const { OnceLock::new() }; CLASSES.len()];
    match CLASSES.iter().position(|source| source.class == class) {
        Some(place) => METHODS[place].get_or_init(|| find_methods(&CLASSES[place])),
        None => &[],
    }
}

fn find_methods(source: &'static ClassSource) -> Vec<Member<'static>> {
    let rows = crate::ROWS.iter().copied().flatten();
    let mut taken: HashSet<&str> = rows
        .filter_map(|row| row.name.split_once('.'))
        .filter_map(|(owner, member)| (owner == source.class).then_some(member))
        .collect();
    let texts = std::iter::once(source.own).chain(source.shared.iter().copied());
    texts.flat_map(members).filter(|member| taken.insert(member.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_of_a_class_source_is_a_method() {
        for source in CLASSES {
            for text in std::iter::once(source.own).chain(source.shared.iter().copied()) {
                let is_start = |line: &&str| METHOD_STARTS.iter().any(|start| line.starts_with(start));
                let starts = text.lines().filter(is_start).count();
                assert_eq!(members(text).len(), starts, "{}: a method holds a blank line", source.class);
            }
        }
    }

    #[test]
    fn own_methods_and_rows_stand_over_shared_ones() {
        let names = |class: &str, method: &str| methods_of(class).iter().filter(|m| m.name == method).count();
        assert_eq!(names("List", "sort_by"), 1);
        let map = method_source("Range", "map").expect("a unit");
        assert!(map.text.contains("fn* map(") && !map.text.contains("fn map("));
        assert_eq!(names("Range", "step"), 1);
        assert!(method_source("Range", "sort_by").is_none());
    }

    #[test]
    fn every_slow_twin_exists_and_takes_the_same_arguments() {
        for row in crate::ROWS.iter().copied().flatten() {
            let Some(slow) = row.slow else { continue };
            let source = function_source(slow).unwrap_or_else(|| panic!("{}: no function {slow}", row.name));
            let start = source.text.find(&format!("pub fn {slow}(")).expect("the function is exported");
            let head = source.text[start..].lines().next().unwrap_or("");
            let list = &head[head.find('(').unwrap_or(0)..];
            let count = |text: &str| {
                let inner = text.split_once('(').map_or("", |(_, rest)| rest);
                let inner = inner.split_once(')').map_or("", |(inner, _)| inner);
                inner.split(',').filter(|part| !part.trim().is_empty()).count()
            };
            assert_eq!(count(row.signature), count(list), "{} and {slow}", row.name);
        }
    }

    #[test]
    fn units_do_not_need_each_other_in_a_circle() {
        let all = sources();
        let needs = |source: &Source| -> Vec<&'static str> {
            let words = source.text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '?'));
            let others = words.filter(|word| word.starts_with("__")).filter_map(function_source);
            others.filter(|other| other.name != source.name).map(|other| other.name.as_str()).collect()
        };
        let mut done: Vec<&str> = Vec::new();
        for _ in 0..all.len() {
            for source in &all {
                let name = source.name.as_str();
                if !done.contains(&name) && needs(source).iter().all(|need| done.contains(need)) {
                    done.push(name);
                }
            }
        }
        assert_eq!(done.len(), all.len(), "only these need no circle: {done:?}");
    }

    #[test]
    fn no_function_is_exported_twice() {
        let mut seen = HashSet::new();
        for source in sources() {
            for export in source.exports {
                assert!(seen.insert(export.clone()), "{export} is exported twice");
            }
        }
    }
}
