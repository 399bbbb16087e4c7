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
    ("list", &["collect", "chars"]),
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
    ("toArray", &["collect"]),
    ("toList", &["collect", "chars"]),
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

/// What others write as a method of a value, and is a function here.
const CONVERSIONS: &[(&str, &str)] = &[
    ("int", "int(x)"),
    ("to_int", "int(x)"),
    ("to_i", "int(x)"),
    ("toInt", "int(x)"),
    ("parse", "int(x)` or `float(x)"),
    ("float", "float(x)"),
    ("to_float", "float(x)"),
    ("to_f", "float(x)"),
    ("toFloat", "float(x)"),
    ("to_sym", "symbol(x)"),
    ("type", "type(x)"),
    ("class", "type(x)"),
    ("freeze", "freeze(x)"),
];

/// The call of a function that does what others have a method for.
pub(crate) fn conversion(wanted: &str) -> Option<&'static str> {
    CONVERSIONS.iter().find(|(name, _)| *name == wanted).map(|(_, call)| *call)
}
