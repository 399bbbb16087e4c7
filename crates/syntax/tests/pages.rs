//! The pages of the codes that reading a text can raise: the bad example raises the code, the good one nothing.

use diag::{Code, FileId};

/// Whether reading a text alone decides about a code.
fn is_raised_here(code: Code) -> bool {
    let text = code.as_str();
    text.starts_with("E00") || text.starts_with("E01") || ["E0301", "E0302", "W0101", "W0102"].contains(&text)
}

/// The codes that an example raises.
fn codes(language: &str, text: &str) -> Vec<Code> {
    let diagnostics = match language {
        "dunlin" => syntax::parse(text, FileId(0)).1,
        "sexpr" => {
            let result = syntax::sexpr::read(text, FileId(0))
                .and_then(|forms| forms.iter().try_for_each(|form| syntax::sexpr::to_file(form).map(|_| ())));
            result.err().into_iter().collect()
        }
        other => panic!("no such notation: {other}"),
    };
    diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn bad_examples_raise_their_code_and_good_ones_nothing() {
    let mut wrong = Vec::new();
    for &code in Code::ALL.iter().filter(|&&code| is_raised_here(code)) {
        let examples = diag::examples(code.page());
        for example in examples {
            let raised = codes(example.language, example.text);
            if example.is_bad {
                if raised != [code] {
                    wrong.push(format!("{code}: the bad example raises {raised:?}"));
                }
            } else if !raised.is_empty() {
                wrong.push(format!("{code}: the good example raises {raised:?}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Whatever else a page shows parses: the mistakes of other families are no mistakes of syntax.
#[test]
fn examples_of_other_codes_parse() {
    for &code in Code::ALL.iter().filter(|&&code| !is_raised_here(code)) {
        let programs = diag::examples(code.page());
        for example in programs.iter().filter(|example| ["dunlin", "sexpr"].contains(&example.language)) {
            assert_eq!(codes(example.language, example.text), [], "{code}: {}", example.text);
        }
    }
}

#[test]
fn a_text_that_is_too_large_is_refused_before_it_is_read() {
    let largest = syntax::lexer::SOURCE_BYTES_MAX;
    let diagnostics = syntax::parse(&" ".repeat(largest + 1), FileId(0)).1;
    assert_eq!(
        diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(),
        [Code::SourceTooLarge]
    );
}
