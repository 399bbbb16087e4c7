//! A function written in Rust, as one row of a table: everything that is known of it derives from the row.

use crate::cx::Cx;
use crate::exit::Exit;
use heap::Value;

/// The Rust side of a builtin. It sees its arguments as values, gives a value or says why not, and has no way
/// to call Dunlin code. Arguments that may be left out and were are `Value::UNDEF`; the arguments of `...rest`
/// are what follows the fixed ones.
pub type BuiltinFn = for<'a> fn(&mut Cx<'a>, &[Value]) -> Result<Value, Exit>;

/// Facts of a builtin as bits.
pub mod builtin_fact {
    /// The result depends on the arguments alone and nothing else changes.
    pub const PURE: u8 = 1;
    /// May allocate.
    pub const ALLOCATES: u8 = 2;
    /// Called on the class, without `self`.
    pub const STATIC: u8 = 4;
    /// Reading the field calls it: `xs.name` without parentheses.
    pub const GETTER: u8 = 8;
}

/// One builtin. The name says where it is found: `print` everywhere, `List.push` as a method of a class (the
/// prefix starts with a capital letter), `math.sqrt` as a member of a module.
#[derive(Clone, Copy, Debug)]
pub struct BuiltinRow {
    pub name: &'static str,
    /// As written in a definition: `(self, value)`, `(text, radix = 10)`, `(...values)`.
    pub signature: &'static str,
    /// One sentence, then an example with the output that it gives.
    pub doc: &'static str,
    pub facts: u8,
    /// The library function in Dunlin that takes over when this one declines.
    pub slow: Option<&'static str>,
    pub run: BuiltinFn,
}

/// Parameters of a builtin, read from its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub params: Vec<SignatureParam>,
    /// The last parameter takes all further arguments.
    pub rest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureParam {
    pub name: String,
    /// What the argument must be, where that is stated: `Int`, `String | Char`, any `Iterable`. An argument of another kind
    /// is a TypeError; that bodies check what signatures state is itself checked by calling every builtin.
    pub kind: Option<String>,
    /// The text of the default, for documentation.
    pub default: Option<String>,
}

impl BuiltinRow {
    pub fn is_static(&self) -> bool {
        self.facts & builtin_fact::STATIC != 0
    }

    /// `(Some("List"), "push")` for `List.push`, `(None, "print")` for `print`.
    pub fn split_name(&self) -> (Option<&'static str>, &'static str) {
        match self.name.split_once('.') {
            Some((owner, member)) if !member.is_empty() => (Some(owner), member),
            _ => (None, self.name),
        }
    }
}

impl Signature {
    /// Reads `(a, b = 1, ...rest)`; `None` when it is malformed.
    pub fn parse(text: &str) -> Option<Signature> {
        let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
        let mut signature = Signature { params: Vec::new(), rest: false };
        for part in split_arguments(inner) {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            if signature.rest {
                return None;
            }
            let (name, default) = match part.split_once('=') {
                Some((name, default)) => (name.trim(), Some(default.trim().to_string())),
                None => (part, None),
            };
            let name = match name.strip_prefix("...") {
                Some(rest) => {
                    signature.rest = true;
                    rest
                }
                None => name,
            };
            let (name, kind) = match name.split_once(':') {
                Some((name, kind)) => (name.trim(), Some(kind.trim().to_string())),
                None => (name, None),
            };
            signature.params.push(SignatureParam { name: name.to_string(), kind, default });
        }
        Some(signature)
    }

    /// Parameters that take exactly one argument each.
    pub fn fixed(&self) -> usize {
        self.params.len() - usize::from(self.rest)
    }

    /// Arguments that a call must give.
    pub fn required(&self) -> usize {
        self.params[..self.fixed()].iter().take_while(|param| param.default.is_none()).count()
    }
}

/// Splits at commas outside quotes and brackets.
fn split_arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            (None, _) => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read() {
        let signature = Signature::parse("(self, separator: String = \", \", ...rest)").expect("well formed");
        assert_eq!(signature.params.len(), 3);
        assert_eq!(signature.params[1].default.as_deref(), Some("\", \""));
        assert_eq!(signature.params[1].kind.as_deref(), Some("String"));
        assert!(signature.rest);
        assert_eq!((signature.required(), signature.fixed()), (1, 2));
        assert_eq!(Signature::parse("()").expect("well formed").params, vec![]);
        assert_eq!(Signature::parse("(...a, b)"), None);
        assert_eq!(Signature::parse("a"), None);
    }
}
