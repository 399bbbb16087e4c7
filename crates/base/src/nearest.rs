//! The name that was probably meant.

/// Longer texts are compared by their beginning.
const LENGTH_MAX: usize = 64;

/// The known name that needs the fewest edits, when they are few for the length of what was written; the first of
/// several.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits_max = (wanted.chars().count() / 3).max(1);
    let counted = known.into_iter().map(|name| (edits(wanted, name), name));
    counted.filter(|(edits, _)| *edits <= edits_max).min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

/// How many letters must be added, removed, replaced or swapped with their neighbour to make one text the other.
pub fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(LENGTH_MAX).collect();
    let right: Vec<char> = right.chars().take(LENGTH_MAX).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, r) in right.iter().enumerate() {
            let mut best = (row[j] + usize::from(l != r)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let names = ["length", "push", "insert"];
        assert_eq!(nearest("lenght", names), Some("length"));
        assert_eq!(nearest("psh", names), Some("push"));
        assert_eq!(nearest("psuh", names), Some("push"));
        assert_eq!(nearest("frobnicate", names), None);
        assert_eq!(nearest("e0101", ["eval"]), None);
    }

    #[test]
    fn edits_are_counted_both_ways() {
        for (left, right, count) in [("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("a", "a", 0)]
        {
            assert_eq!((edits(left, right), edits(right, left)), (count, count), "{left} {right}");
        }
    }
}
