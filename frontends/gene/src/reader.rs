//! Text to data, with the exact span of everything.
//!
//! Recursion over nested forms is bounded by `DEPTH_MAX`; beyond it the text is refused.

use diag::{Code, Diagnostic, FileId, Span};

use crate::node::{Gene, Kind, Node};

/// Forms nest at most this deep: each level may take several levels of the core forms.
pub const DEPTH_MAX: usize = 100;

/// Keys with their values, and what stands between them.
type Parts = (Vec<(String, Node)>, Vec<Node>);

pub type Reading<T> = Result<T, Diagnostic>;

pub fn mistake(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::MalformedProgram, span, message)
}

/// Reads every form of a text.
/// `old_interpolation` accepts `{form}` in interpolated strings beside `#{form}`.
pub fn read(text: &str, file: FileId, old_interpolation: bool) -> Reading<Vec<Node>> {
    let mut reader = Reader { text, file, at: 0, depth: 0, old_interpolation };
    let mut nodes = Vec::new();
    if text.starts_with("#!") {
        reader.skip_line();
    }
    while reader.skip_blanks()? {
        nodes.push(reader.node()?);
    }
    Ok(nodes)
}

struct Reader<'a> {
    text: &'a str,
    file: FileId,
    at: usize,
    depth: usize,
    old_interpolation: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start as u32, self.at as u32)
    }

    fn error<T>(&self, start: usize, message: &str) -> Reading<T> {
        let end = self.at.max(start + 1).min(self.text.len().max(start));
        Err(mistake(Span::new(self.file, start as u32, end as u32), message))
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// `#< ... >#`; longer marks hold shorter ones: `#<< #< a ># >>#`.
    fn skip_comment(&mut self) -> Reading<()> {
        let start = self.at;
        let marks = self.rest()[1..].bytes().take_while(|byte| *byte == b'<').count();
        let close = ">".repeat(marks) + "#";
        let mut from = marks + 1;
        loop {
            let rest = &self.rest()[from..];
            let Some(length) = rest.find(&close) else {
                return self.error(start, "this comment is not closed");
            };
            let is_longer = rest[..length].ends_with('>');
            from += length + close.len();
            if !is_longer {
                self.at += from;
                return Ok(());
            }
        }
    }

    /// Skips blanks, commas and comments; false at the end.
    fn skip_blanks(&mut self) -> Reading<bool> {
        while let Some(next) = self.peek() {
            if next.is_whitespace() || next == ',' {
                self.at += next.len_utf8();
            } else if self.rest().starts_with("#<") {
                self.skip_comment()?;
            } else if next == '#' && !self.rest()[1..].starts_with(['"', '/', '[', '{', '(', '@']) {
                self.skip_line();
            } else {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn node(&mut self) -> Reading<Node> {
        let start = self.at;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.error(start, "forms are nested too deep");
        }
        let kind = self.kind(start)?;
        self.depth -= 1;
        let node = Node::new(kind, self.span(start));
        self.with_path(node, start)
    }

    /// `(form)/path` and `[..]/0`: a path behind a closing bracket reads on from what it closes.
    fn with_path(&mut self, node: Node, start: usize) -> Reading<Node> {
        let closed = self.text[..self.at].ends_with([')', ']', '}', '"']);
        if !closed || !self.rest().starts_with('/') {
            return Ok(node);
        }
        let path_start = self.at;
        let path = self.word().to_string();
        let path = Node::new(Kind::Symbol(path), self.span(path_start));
        let head = Node::new(Kind::Symbol("$path".to_string()), node.span);
        let gene = Gene { head: Some(head), props: Vec::new(), children: vec![node, path] };
        Ok(Node::new(Kind::Gene(Box::new(gene)), self.span(start)))
    }

    fn kind(&mut self, start: usize) -> Reading<Kind> {
        let Some(next) = self.peek() else { return self.error(start, "a form is missing here") };
        match next {
            '(' => self.gene(start),
            '[' => {
                self.at += 1;
                self.items(start, ']').map(Kind::Array)
            }
            '{' if self.rest().starts_with("{{") => self.hash_map(start),
            '{' => {
                self.at += 1;
                let (props, children) = self.entries(start, '}')?;
                match children.first() {
                    Some(extra) => Err(mistake(extra.span, "a map has keys, written ^key value")),
                    None => Ok(Kind::Map(props)),
                }
            }
            '"' if self.rest().starts_with("\"\"\"") => self.long_string(start).map(Kind::Str),
            ')' | ']' | '}' => {
                self.at += 1;
                self.error(start, "this bracket closes nothing")
            }
            '"' => self.string().map(Kind::Str),
            '#' if self.rest().starts_with("#/") => self.regex(start),
            '#' if self.rest()[1..].starts_with(['[', '{', '(']) => self.frozen(start),
            '#' if self.rest().starts_with("#@") => self.decorated(),
            '#' => {
                self.at += 1;
                self.template(start)
            }
            '\'' => self.character(start),
            ':' if self.rest().len() > 1
                && !self.rest()[1..].starts_with(|next: char| next.is_whitespace()) =>
            {
                self.at += 1;
                Ok(Kind::Quote(Box::new(self.node()?)))
            }
            '`' => {
                self.at += 1;
                Ok(Kind::Quote(Box::new(self.node()?)))
            }
            '%' if self.rest().starts_with("%_")
                && self.rest()[2..].starts_with(|next: char| next.is_alphanumeric() || next == '(') =>
            {
                self.at += 2;
                let inner = self.node()?;
                let whole = self.made("$discard", vec![inner], start);
                Ok(Kind::Unquote(Box::new(Node::new(whole, self.span(start)))))
            }
            '%' if self.rest()[1..].starts_with(|next: char| {
                next.is_alphanumeric() || matches!(next, '(' | '_' | '$' | '/')
            }) =>
            {
                self.at += 1;
                Ok(Kind::Unquote(Box::new(self.node()?)))
            }
            ';' => {
                self.at += 1;
                Ok(Kind::Symbol(";".to_string()))
            }
            _ => Ok(atom(self.word())),
        }
    }

    /// A gene that stands for what has a notation of its own.
    fn made(&self, head: &str, children: Vec<Node>, start: usize) -> Kind {
        let head = Node::new(Kind::Symbol(head.to_string()), self.span(start));
        Kind::Gene(Box::new(Gene { head: Some(head), props: Vec::new(), children }))
    }

    /// `#[1 2]`, `#{^a 1}`, `#(f 1)`: values that never change; the gene is data.
    fn frozen(&mut self, start: usize) -> Reading<Kind> {
        self.at += 1;
        let is_gene = self.peek() == Some('(');
        let mut inner = self.node()?;
        if is_gene {
            inner = Node::new(Kind::Quote(Box::new(inner)), self.span(start));
        }
        Ok(self.made("$freeze", vec![inner], start))
    }

    /// `#@f a` is `(f a)`.
    fn decorated(&mut self) -> Reading<Kind> {
        self.at += 2;
        let head = self.node()?;
        if !self.skip_blanks()? {
            return self.error(self.at, "what is decorated is missing");
        }
        let child = self.node()?;
        Ok(Kind::Gene(Box::new(Gene { head: Some(head), props: Vec::new(), children: vec![child] })))
    }

    /// `{{key value ...}}`: a map whose keys are any values.
    fn hash_map(&mut self, start: usize) -> Reading<Kind> {
        self.at += 2;
        let items = self.items(start, '}')?;
        if self.peek() != Some('}') {
            return self.error(start, "a map of values ends with }}");
        }
        self.at += 1;
        if items.len() % 2 == 1 {
            return self.error(start, "a key of this map has no value");
        }
        Ok(self.made("$hash_map", items, start))
    }

    /// A string between three quotes, without the blanks behind the opening ones and before the closing ones where these
    /// end and begin a line.
    fn long_string(&mut self, start: usize) -> Reading<String> {
        self.at += 3;
        let rest = self.rest();
        let Some(length) = rest.find("\"\"\"") else { return self.error(start, "this string is not closed") };
        let blank = |text: &str| text.bytes().all(|byte| byte == b' ' || byte == b'\t');
        let mut text = &rest[..length];
        if let Some(end) = text.find('\n').filter(|end| blank(&text[..*end])) {
            text = &text[end..];
        }
        if let Some(start) = text.rfind('\n').filter(|start| blank(&text[start + 1..])) {
            text = &text[..=start];
        }
        let text = text.to_string();
        self.at += length + 3;
        Ok(text)
    }

    /// What stands up to the next blank or bracket; `<...>` in it is part of it.
    fn word(&mut self) -> &str {
        let start = self.at;
        let ends = |next: char| {
            next.is_whitespace() || matches!(next, '(' | ')' | '[' | ']' | '{' | '}' | '"' | ',' | ';')
        };
        let rest = &self.text[start..];
        let length = rest.find(ends).unwrap_or(rest.len()).max(rest.chars().next().map_or(0, char::len_utf8));
        self.at += length;
        &self.text[start..self.at]
    }

    fn items(&mut self, start: usize, close: char) -> Reading<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            if !self.skip_blanks()? {
                return self.error(start, "this bracket is not closed");
            }
            if self.peek() == Some(close) {
                self.at += close.len_utf8();
                return Ok(items);
            }
            items.push(self.node()?);
        }
    }

    /// Keys with their values, and what stands between them.
    fn entries(&mut self, start: usize, close: char) -> Reading<Parts> {
        let (mut props, mut children) = (Vec::new(), Vec::new());
        loop {
            if !self.skip_blanks()? {
                return self.error(start, "this bracket is not closed");
            }
            if self.peek() == Some(close) {
                self.at += close.len_utf8();
                return Ok((props, children));
            }
            if self.peek() != Some('^') {
                children.push(self.node()?);
                continue;
            }
            let key_start = self.at;
            let key = self.word()[1..].to_string();
            let span = self.span(key_start);
            let Some((path, shortcut)) = key_path(&key) else {
                return Err(mistake(span, "a key needs a name"));
            };
            let value = match shortcut {
                Some(kind) => Node::new(kind, span),
                None if !self.skip_blanks()? || self.peek() == Some(close) => {
                    return Err(mistake(span, format!("the key ^{key} has no value")));
                }
                None => self.node()?,
            };
            insert(&mut props, &path, value);
        }
    }

    /// A gene; `;` makes what stands before it the head of what follows.
    fn gene(&mut self, start: usize) -> Reading<Kind> {
        self.at += 1;
        let (props, children) = self.entries(start, ')')?;
        let span = self.span(start);
        let mut parts = children.split(|child| child.is_symbol(";"));
        let mut gene = gene_of(parts.next().unwrap_or_default(), props);
        for (place, part) in parts.enumerate() {
            if place > DEPTH_MAX {
                return self.error(start, "this chain is too long");
            }
            let inner = Node::new(Kind::Gene(Box::new(gene)), span);
            gene = Gene { head: Some(inner), props: Vec::new(), children: part.to_vec() };
        }
        Ok(Kind::Gene(Box::new(gene)))
    }

    /// The text of a string up to its closing quote, which is the next character.
    fn string(&mut self) -> Reading<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.text_char(start, &mut text)? {
                Some('"') => return Ok(text),
                Some(other) => text.push(other),
                None => {}
            }
        }
    }

    /// One character of a string; an escape is added to the text. The closing quote is given back.
    fn text_char(&mut self, start: usize, text: &mut String) -> Reading<Option<char>> {
        let Some(next) = self.peek() else { return self.error(start, "this string is not closed") };
        self.at += next.len_utf8();
        if next != '\\' {
            return Ok(Some(next));
        }
        let Some(escape) = self.peek() else { return self.error(start, "this string is not closed") };
        self.at += escape.len_utf8();
        text.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'u' => {
                let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let Some(letter) = code else {
                    return self.error(self.at, "\\u needs four hexadecimal digits");
                };
                self.at += 4;
                letter
            }
            other => other,
        });
        Ok(None)
    }

    fn template(&mut self, start: usize) -> Reading<Kind> {
        if self.peek() != Some('"') {
            return self.error(start, "`#` begins a comment or an interpolated string");
        }
        self.at += 1;
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut text_start = self.at;
        loop {
            let opening = match self.rest() {
                rest if rest.starts_with("#{") => 2,
                rest if self.old_interpolation && rest.starts_with('{') => 1,
                _ => 0,
            };
            if opening > 0 {
                parts.push(Node::new(Kind::Str(std::mem::take(&mut text)), self.span(text_start)));
                self.at += opening;
                let mut items = self.items(start, '}')?;
                match items.len() {
                    1 => parts.append(&mut items),
                    _ => return self.error(start, "#{} holds one form"),
                }
                text_start = self.at;
                continue;
            }
            match self.text_char(start, &mut text)? {
                Some('"') => break,
                Some(other) => text.push(other),
                None => {}
            }
        }
        parts.push(Node::new(Kind::Str(text), self.span(text_start)));
        Ok(Kind::Template(parts))
    }

    /// `#/pattern/flags`, `#/pattern/replacement/flags`.
    fn regex(&mut self, start: usize) -> Reading<Kind> {
        self.at += 2;
        let Some(pattern) = self.up_to_slash() else {
            return self.error(start, "this pattern is not closed");
        };
        let is_flag = |next: char| matches!(next, 'i' | 'm');
        let ends = |next: char| next.is_whitespace() || matches!(next, ')' | ']' | '}' | ',' | '/' | '"');
        let rest = self.rest().trim_start_matches(is_flag);
        let mut replacement = None;
        if !rest.is_empty() && !rest.starts_with(ends) {
            let before = self.at;
            replacement = self.up_to_slash();
            if replacement.is_none() {
                self.at = before;
                return self
                    .error(start, "behind a pattern stand flags, or a replacement with its own slash");
            }
        }
        let length = self.rest().find(|next| !is_flag(next)).unwrap_or(self.rest().len());
        let flags: String = self.rest()[..length].to_string();
        self.at += length;
        let pattern = if flags.is_empty() { pattern } else { format!("(?{flags}){pattern}") };
        Ok(Kind::Regex(pattern, replacement))
    }

    /// The text up to a slash that is not escaped, in the same line.
    fn up_to_slash(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut escaped = false;
        for (length, next) in rest.char_indices() {
            if next == '/' && !escaped {
                let text = rest[..length].replace("\\/", "/");
                self.at += length + 1;
                return Some(text);
            }
            if next == '\n' {
                return None;
            }
            escaped = next == '\\' && !escaped;
        }
        None
    }

    fn character(&mut self, start: usize) -> Reading<Kind> {
        self.at += 1;
        let mut text = String::new();
        let letter = match self.text_char(start, &mut text)? {
            Some(letter) => letter,
            None => text.chars().next().unwrap_or('\0'),
        };
        if self.peek() == Some('\'') {
            self.at += 1;
        }
        Ok(Kind::Char(letter))
    }
}

fn gene_of(parts: &[Node], props: Vec<(String, Node)>) -> Gene {
    match parts.split_first() {
        Some((head, children)) => Gene { head: Some(head.clone()), props, children: children.to_vec() },
        None => Gene { head: None, props, children: Vec::new() },
    }
}

/// Keys of keys nest at most this deep: `^a^b^c 1`.
const KEYS_MAX: usize = 8;

/// The names of a key, and the value that it says by itself: `^k` is true, `!k` nil, behind other names too.
fn key_path(key: &str) -> Option<(Vec<&str>, Option<Kind>)> {
    let mut path = Vec::new();
    let mut rest = key;
    loop {
        let shortcut = match rest.chars().next() {
            Some('^') => Some(Kind::Bool(true)),
            Some('!') => Some(Kind::Nil),
            _ => None,
        };
        rest = if shortcut.is_some() { &rest[1..] } else { rest };
        let (name, more) = rest.split_once('^').map_or((rest, None), |(name, more)| (name, Some(more)));
        if name.is_empty() || path.len() >= KEYS_MAX {
            return None;
        }
        path.push(name);
        match more {
            Some(more) if shortcut.is_none() => rest = more,
            Some(_) => return None,
            None => return Some((path, shortcut)),
        }
    }
}

/// Adds a value under the names of a key; maps of keys that came before are gone on with.
fn insert(props: &mut Vec<(String, Node)>, path: &[&str], value: Node) {
    let Some((name, rest)) = path.split_first() else { return };
    let known = props.iter_mut().find(|(key, _)| key == name).map(|(_, value)| &mut value.kind);
    match (rest.is_empty(), known) {
        (false, Some(Kind::Map(inner))) => insert(inner, rest, value),
        (true, _) => props.push((name.to_string(), value)),
        (false, _) => {
            let span = value.span;
            let mut inner = Vec::new();
            insert(&mut inner, rest, value);
            props.push((name.to_string(), Node::new(Kind::Map(inner), span)));
        }
    }
}

/// A word as a literal or a name.
fn atom(word: &str) -> Kind {
    match word {
        "nil" | "NIL" => return Kind::Nil,
        "void" => return Kind::Void,
        "true" => return Kind::Bool(true),
        "false" => return Kind::Bool(false),
        _ => {}
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return Kind::Symbol(word.to_string());
    }
    let digits = word.strip_prefix('+').unwrap_or(word).replace('_', "");
    if let Ok(value) = digits.parse() {
        return Kind::Int(value);
    }
    if let Some(hex) = unsigned.strip_prefix("0x")
        && let Ok(value) = i64::from_str_radix(hex, 16)
    {
        return Kind::Int(if word.starts_with('-') { -value } else { value });
    }
    if digits.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) && digits.len() < 10_000 {
        return Kind::BigInt(digits);
    }
    match digits.parse::<f64>() {
        Ok(value) => Kind::Float(value),
        Err(_) => Kind::Symbol(word.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Kind {
        read(text, FileId(0), false).expect("well formed").swap_remove(0).kind
    }

    #[test]
    fn atoms_are_told_apart() {
        assert_eq!(one("12"), Kind::Int(12));
        assert_eq!(one("-1.5"), Kind::Float(-1.5));
        assert_eq!(one("a/b/0"), Kind::Symbol("a/b/0".to_string()));
        assert_eq!(one("\"a\\n\\u0041\""), Kind::Str("a\nA".to_string()));
        assert_eq!(one("'c'"), Kind::Char('c'));
        assert_eq!(one("#< x ># nil # y"), Kind::Nil);
    }

    #[test]
    fn genes_have_a_head_properties_and_children() {
        let Kind::Gene(gene) = one("(f ^a 1 2 ^^b ^!c, 3)") else { panic!("a gene") };
        assert!(gene.head.as_ref().is_some_and(|head| head.is_symbol("f")));
        let keys: Vec<&str> = gene.props.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!((keys, gene.children.len()), (vec!["a", "b", "c"], 2));
    }

    #[test]
    fn spans_are_exact() {
        let text = "(a \"é\" [b])";
        let nodes = read(text, FileId(0), false).expect("well formed");
        let children = &nodes[0].gene().expect("a gene").children;
        let shown = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
        assert_eq!((shown(&children[0]), shown(&children[1])), ("\"é\"", "[b]"));
    }

    #[test]
    fn hostile_texts_are_refused() {
        for text in
            ["(", "]", "\"a", "{1}", "{^a}", "#<", &"(".repeat(10_000), "#\"#{", "'", "\"\\u12", "#/x"]
        {
            assert!(read(text, FileId(0), false).is_err(), "{text}");
        }
    }
}
