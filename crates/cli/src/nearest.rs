//! What to say of a name that the command does not know: a code, a collector, a form.

use base::nearest;

/// "there is no collector `mrk-sweep`; did you mean `mark-sweep`?"
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("there is no {what} `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_few_edits_is_offered() {
        assert!(unknown("form", "dnbb", &["dnb"]).contains("did you mean `dnb`"));
        assert_eq!(unknown("form", "e0101", &["eval"]), "there is no form `e0101`");
    }
}
