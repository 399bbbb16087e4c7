//! Names that were probably meant, for what the command reads itself: codes, collectors, forms.

/// "there is no collector `mrk-sweep`; did you mean `mark-sweep`?"
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(nearest) => format!("there is no {what} `{name}`; did you mean `{nearest}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

/// The known name that needs the fewest edits, when they are few for its length.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let edits_max = (name.chars().count() / 3).max(1);
    let best = known.iter().map(|known| (edits(name, known), *known)).min_by_key(|(edits, _)| *edits)?;
    (best.0 <= edits_max).then_some(best.1)
}

/// Insertions, deletions, replacements and swaps of neighbours that make one text the other.
fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(64).collect();
    let right: Vec<char> = right.chars().take(64).collect();
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 1..=left.len() {
        let mut current = vec![row; right.len() + 1];
        for column in 1..=right.len() {
            let differs = usize::from(left[row - 1] != right[column - 1]);
            let mut best = (last[column] + 1).min(current[column - 1] + 1).min(last[column - 1] + differs);
            let swapped = row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1];
            if swapped {
                best = best.min(before_last[column - 2] + 1);
            }
            current[column] = best;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_few_edits_is_offered() {
        assert_eq!(nearest("rnu", &["run", "eval"]), Some("run"));
        assert_eq!(nearest("e0101", &["eval"]), None);
        assert!(unknown("form", "dnbb", &["dnb"]).contains("did you mean `dnb`"));
    }
}
