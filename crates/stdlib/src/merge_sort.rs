//! A stable sort whose comparison may fail, for orders that only show themselves element by element.
//!
//! The standard library's sorts may panic on an order that is not total; this one never does, and stops at the
//! first failure with the input untouched.

/// This many elements are sorted without looking at the clock.
const PART: usize = 1 << 15;

/// Sorts `items` stably where the order cannot fail: by `sort` in parts, which are then merged. `work` is told of each
/// part and may end it.
pub fn sort_in_parts<T: Copy, E>(
    items: Vec<T>,
    sort: impl Fn(&mut [T]),
    less: impl Fn(&T, &T) -> bool,
    mut work: impl FnMut(usize) -> Result<(), E>,
) -> Result<Vec<T>, E> {
    let mut from = items;
    for part in from.chunks_mut(PART) {
        sort(part);
        work(part.len())?;
    }
    if from.len() <= PART {
        return Ok(from);
    }
    let mut to = from.clone();
    let mut width = PART;
    while width < from.len() {
        for (source, target) in from.chunks(width * 2).zip(to.chunks_mut(width * 2)) {
            let mut since = 0;
            merge(source, width.min(source.len()), target, &mut |a, b| {
                since += 1;
                if since % PART == 0 {
                    work(PART / 8)?;
                }
                Ok(less(&a, &b))
            })?;
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    Ok(from)
}

/// Below this many elements insertion is faster than merging.
const RUN: usize = 12;

/// A sorted copy of `items`: `a` stands before `b` where `less(a, b)`.
pub fn merge_sorted<T: Copy, E>(
    items: &[T],
    mut less: impl FnMut(T, T) -> Result<bool, E>,
) -> Result<Vec<T>, E> {
    let mut from = items.to_vec();
    for run in from.chunks_mut(RUN) {
        insert_sorted(run, &mut less)?;
    }
    let mut to = from.clone();
    let mut width = RUN;
    while width < from.len() {
        for (source, target) in from.chunks(width * 2).zip(to.chunks_mut(width * 2)) {
            merge(source, width.min(source.len()), target, &mut less)?;
        }
        std::mem::swap(&mut from, &mut to);
        width *= 2;
    }
    Ok(from)
}

fn insert_sorted<T: Copy, E>(run: &mut [T], less: &mut impl FnMut(T, T) -> Result<bool, E>) -> Result<(), E> {
    for at in 1..run.len() {
        let item = run[at];
        let mut hole = at;
        while hole > 0 && less(item, run[hole - 1])? {
            run[hole] = run[hole - 1];
            hole -= 1;
        }
        run[hole] = item;
    }
    Ok(())
}

/// Merges the sorted halves `source[..middle]` and `source[middle..]` into `target`.
fn merge<T: Copy, E>(
    source: &[T],
    middle: usize,
    target: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    let (mut left, mut right) = (0, middle);
    for slot in target {
        let take_right = right < source.len() && (left == middle || less(source[right], source[left])?);
        let taken = if take_right { &mut right } else { &mut left };
        *slot = source[*taken];
        *taken += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_stably_at_every_length() {
        for length in 0..200usize {
            let items: Vec<(usize, usize)> = (0..length).map(|i| (i * 7919 % 13, i)).collect();
            let mut expect = items.clone();
            expect.sort_by_key(|item| item.0);
            let sorted = merge_sorted(&items, |a, b| Ok::<bool, ()>(a.0 < b.0));
            assert_eq!(sorted, Ok(expect));
        }
    }

    #[test]
    fn sorts_parts_stably_and_stops_between_them() {
        let items: Vec<(usize, usize)> = (0..PART * 5 + 77).map(|i| (i * 7919 % 1009, i)).collect();
        let mut expect = items.clone();
        expect.sort_by_key(|item| item.0);
        let sort = |part: &mut [(usize, usize)]| part.sort_by_key(|item| item.0);
        let sorted = sort_in_parts(items.clone(), sort, |a, b| a.0 < b.0, |_| Ok::<(), ()>(()));
        assert_eq!(sorted, Ok(expect));
        let mut left = 3;
        let stopped = sort_in_parts(
            items,
            sort,
            |a, b| a.0 < b.0,
            |_| {
                left -= 1;
                if left == 0 { Err("over") } else { Ok(()) }
            },
        );
        assert_eq!(stopped, Err("over"));
    }

    #[test]
    fn stops_at_the_first_failure_and_survives_nonsense() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(merge_sorted(&items, |_, _| Err("no order")), Err("no order"));
        let mut flip = false;
        let sorted = merge_sorted(&items, |_, _| {
            flip = !flip;
            Ok::<bool, ()>(flip)
        });
        assert_eq!(sorted.map(|items| items.len()), Ok(100));
    }
}
