//! What a front end is asked for and what it hands over.

use bytecode::Unit;
use diag::{Code, Diagnostic, FileId, Span};
use syntax::sexpr::Sexpr;

/// A notation: its name, its files, and how its programs become ones that the engine runs.
pub trait FrontEnd: Send + Sync {
    /// What `--lang` calls it.
    fn name(&self) -> &'static str;

    /// The endings of its files, without the dot.
    fn endings(&self) -> &'static [&'static str];

    /// How a comment up to the end of the line begins. `dunlin test` looks for expectations in such comments.
    fn line_comment(&self) -> &'static str;

    /// Translates a text. It never fails: mistakes are diagnostics, and there is no product when one is an error.
    fn translate(&self, input: &Input<'_>, surroundings: &mut dyn Surroundings) -> Translation;

    /// Modules of Dunlin code that its programs import: what the notation needs at run time.
    fn support(&self) -> &'static [SupportModule] {
        &[]
    }

    /// A translator of entries at a prompt; without one the notation has no prompt.
    fn entries(&self) -> Option<Box<dyn Entries>> {
        None
    }

    /// Whether a text at a prompt is whole, or waits for more lines.
    fn is_whole(&self, _text: &str) -> bool {
        true
    }

    /// The text that `dunlin parse` prints. Without an answer it prints the forms of the product.
    fn parsed(&self, _input: &Input<'_>) -> Option<Result<String, Diagnostic>> {
        None
    }
}

/// Translates what is entered at a prompt, one text after the other; each sees what those before it made.
///
/// What an entry declares at the top of its forms lives on under the same names. The translator keeps in mind what that
/// was, and prints the value of the entry if the notation has values.
pub trait Entries: Send {
    fn translate(&mut self, input: &Input<'_>, surroundings: &mut dyn Surroundings) -> Translation;

    /// The text that was translated last was compiled and run, so what it declares is there from now on. Without this
    /// call it is forgotten.
    fn keep(&mut self);
}

/// A module of Dunlin code by the path that imports of it write, such as `<gene>/support`. Its items begin at the starts
/// of lines: a program that imports nothing else gets only those that it needs.
#[derive(Clone, Copy, Debug)]
pub struct SupportModule {
    pub path: &'static str,
    pub text: &'static str,
}

/// A program to translate.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Spans name this file.
    pub file: FileId,
    /// Where the program was read from, as messages print it.
    pub path: &'a str,
    /// What was read; a notation with a binary form looks at these.
    pub bytes: &'a [u8],
    /// The same as text; empty when it is not UTF-8.
    pub text: &'a str,
    pub role: Role,
}

impl Input<'_> {
    pub fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end as u32)
    }
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The program that is run.
    Program,
    /// A program that another one imports: it hands over what others may use, and holds no statements of its own.
    Module,
    /// A piece of code whose value is to be printed, unless it is nil; an entry at a prompt is one too.
    Expression,
}

/// What a front end hands over.
#[derive(Clone, Debug)]
pub enum Product {
    /// `(file stmt...)` in the core forms that `syntax::sexpr` lists.
    Forms(Sexpr),
    /// A unit made by the bytecode builder. It is validated like any other before it runs.
    Unit(Unit),
}

/// The outcome of a translation.
pub type Translation = (Option<Product>, Vec<Diagnostic>);

/// What a front end may ask while it translates.
pub trait Surroundings {
    /// The content of a file, for notations that look into other programs when they translate. The path is relative
    /// to the working directory; nothing when it cannot be read.
    fn read(&mut self, path: &str) -> Option<Vec<u8>>;
}

/// A translation that ends with one mistake.
pub fn rejected(span: Span, message: impl Into<String>) -> Translation {
    (None, vec![Diagnostic::new(Code::MalformedProgram, span, message)])
}
