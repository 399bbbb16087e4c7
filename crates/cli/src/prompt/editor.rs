//! The line editor of the prompt.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ide::Paint;
use reedline::{
    Color, ColumnarMenu, Completer, CompletionResult, EditCommand, Emacs, FileBackedHistory, Highlighter,
    KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent,
    ReedlineMenu, Signal, Span, StyledText, Suggestion, ValidationResult, Validator,
    default_emacs_keybindings,
};

use crate::terminal;

/// What was read.
pub enum Read {
    Entry(String),
    /// A line that was given up.
    Nothing,
    End,
}

pub struct Editor {
    line_editor: Reedline,
    names: SharedNames,
}

/// What the session has defined, for completion.
type SharedNames = Arc<Mutex<Vec<String>>>;

const ENTRIES_KEPT: usize = 2000;
const MENU: &str = "completion";

impl Editor {
    pub fn new(is_whole: Box<dyn Fn(&str) -> bool + Send>) -> Result<Editor, String> {
        let names = SharedNames::default();
        let mut bindings = default_emacs_keybindings();
        bindings.add_binding(
            KeyModifiers::NONE,
            KeyCode::Tab,
            ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_string()), ReedlineEvent::MenuNext]),
        );
        bindings.add_binding(
            KeyModifiers::ALT,
            KeyCode::Enter,
            ReedlineEvent::Edit(vec![EditCommand::InsertNewline]),
        );
        let menu = ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name(MENU)));
        let mut line_editor = Reedline::create()
            .with_validator(Box::new(Whole(is_whole)))
            .with_completer(Box::new(Names(names.clone())))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_menu(menu)
            .use_bracketed_paste(true)
            .with_edit_mode(Box::new(Emacs::new(bindings)));
        if terminal::output_colours() {
            line_editor = line_editor.with_highlighter(Box::new(Colours));
        }
        if let Some(history) =
            history_file().and_then(|file| FileBackedHistory::with_file(ENTRIES_KEPT, file).ok())
        {
            line_editor = line_editor.with_history(Box::new(history));
        }
        Ok(Editor { line_editor, names })
    }

    /// Reads one entry, which may have several lines.
    pub fn read(&mut self, names: Vec<String>) -> Result<Read, String> {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
        match self.line_editor.read_line(&Sign) {
            Ok(Signal::Success(text)) => Ok(Read::Entry(text)),
            Ok(Signal::CtrlD) => Ok(Read::End),
            Ok(_) => Ok(Read::Nothing),
            Err(error) => Err(format!("the terminal cannot be read: {error}")),
        }
    }
}

/// `$DUNLIN_HISTORY`, else a file in the folder where programs keep such things.
fn history_file() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("DUNLIN_HISTORY") {
        return (!path.is_empty()).then(|| PathBuf::from(path));
    }
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state =
        state.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))?;
    Some(state.join("dunlin").join("history"))
}

struct Sign;

impl Prompt for Sign {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }
    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("| ")
    }
    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(search: {}) ", search.term))
    }
}

/// Enter ends an entry when nothing is left open.
struct Whole(Box<dyn Fn(&str) -> bool + Send>);

impl Validator for Whole {
    fn validate(&self, text: &str) -> ValidationResult {
        let is_command = text.starts_with(['?', ':']);
        if is_command || (self.0)(text) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

struct Names(SharedNames);

impl Completer for Names {
    fn complete(&mut self, text: &str, position: usize) -> CompletionResult {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (range, found) = ide::completions(text, position, &names);
        let suggestions: Vec<Suggestion> = found
            .into_iter()
            .map(|completion| Suggestion {
                value: completion.name,
                span: Span::new(range.start, range.end),
                ..Suggestion::default()
            })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, text: &str, _: usize) -> StyledText {
        let mut styled = StyledText::new();
        let mut position = 0;
        for piece in ide::paint(text) {
            if piece.range.start < position {
                continue;
            }
            styled.push((Color::Default.normal(), text[position..piece.range.start].to_string()));
            styled.push((colour(piece.paint).normal(), text[piece.range.clone()].to_string()));
            position = piece.range.end;
        }
        styled.push((Color::Default.normal(), text[position..].to_string()));
        styled
    }
}

fn colour(paint: Paint) -> Color {
    match paint {
        Paint::Comment => Color::DarkGray,
        Paint::Keyword => Color::Magenta,
        Paint::String => Color::Green,
        Paint::Number | Paint::Constant => Color::Yellow,
        Paint::Type => Color::Cyan,
        Paint::Function => Color::Blue,
        Paint::Name | Paint::Property | Paint::Operator => Color::Default,
    }
}
