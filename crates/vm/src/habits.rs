//! Names that people bring from other languages, for the hint of a call that finds no method.

/// What others call it, and what it may be called here; the first that the receiver has is offered.
const HABITS: &[(&str, &[&str])] = &[
    ("add", &["push"]),
    ("append", &["push", "extend"]),
    ("charAt", &["get"]),
    ("concat", &["extend"]),
    ("delete", &["remove"]),
    ("dict", &["collect"]),
    ("each_with_index", &["enumerate"]),
    ("endsWith", &["ends_with"]),
    ("exec", &["find"]),
    ("forEach", &["each"]),
    ("for_each", &["each"]),
    ("format", &["str"]),
    ("has", &["contains"]),
    ("has_key", &["contains"]),
    ("includes", &["contains"]),
    ("indexOf", &["index_of", "find"]),
    ("index", &["index_of", "find"]),
    ("inject", &["fold"]),
    ("items", &["entries"]),
    ("length", &["len"]),
    ("lowercase", &["lower"]),
    ("match", &["find"]),
    ("next_back", &["pop"]),
    ("push_back", &["push"]),
    ("put", &["insert"]),
    ("select", &["filter"]),
    ("set", &["insert", "update"]),
    ("size", &["len"]),
    ("skip", &["drop"]),
    ("startsWith", &["starts_with"]),
    ("strip", &["trim"]),
    ("substr", &["slice"]),
    ("substring", &["slice"]),
    ("toLowerCase", &["lower"]),
    ("toString", &["str"]),
    ("toUpperCase", &["upper"]),
    ("to_a", &["collect"]),
    ("to_array", &["collect"]),
    ("to_i", &["int"]),
    ("to_list", &["collect", "chars"]),
    ("to_s", &["str"]),
    ("to_string", &["str"]),
    ("to_vec", &["collect"]),
    ("unshift", &["insert"]),
    ("uppercase", &["upper"]),
    ("words", &["split"]),
    ("where", &["filter"]),
];

/// What a name from elsewhere is called here, where the receiver has it.
pub(crate) fn habit<'n>(wanted: &str, mut has: impl FnMut(&str) -> Option<&'n str>) -> Option<&'n str> {
    let (_, names) = HABITS.iter().find(|(name, _)| *name == wanted)?;
    names.iter().find_map(|name| has(name))
}
