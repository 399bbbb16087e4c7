//! Where a series of times changes, and what kind of series it is: the method of Barrett, Bolz-Tereick, Killick,
//! Mount and Tratt, "Virtual Machine Warmup Blows Hot and Cold" (2017).
//!
//! PELT finds the segments whose means and variances differ, with a penalty of 15 log n. Segments count as equal where
//! their means differ by less than the variance or than a thousandth of a second, as in the paper.

/// Shorter segments have no variance worth the name.
const SEGMENT_MIN: usize = 2;
/// Of so many iterations one part must be equal segments at the end for a series to be steady: the paper asks for the
/// last 500 of 2,000.
const STEADY_SHARE: usize = 4;
/// Outliers are looked for within so many iterations on each side.
const WINDOW: usize = 100;
/// Milliseconds.
const DIFFERENCE_MIN: f64 = 1.0;

/// Iterations of one mean and variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub start: usize,
    pub end: usize,
    pub mean: f64,
    pub variance: f64,
}

/// What a series is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Flat,
    WarmUp,
    SlowDown,
    None,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Flat => "flat",
            Class::WarmUp => "warmup",
            Class::SlowDown => "slowdown",
            Class::None => "none",
        }
    }
}

/// What is known of one series.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub class: Class,
    /// Milliseconds of an iteration in the last segment.
    pub steady_ms: f64,
    /// Milliseconds from the start to the first segment that has 90 % of the last one's speed.
    pub warm_ms: f64,
}

/// Sums from which the mean and variance of any part follow.
struct Sums {
    of: Vec<f64>,
    of_squares: Vec<f64>,
}

impl Sums {
    fn new(times: &[f64]) -> Sums {
        let running = |value: &dyn Fn(f64) -> f64| {
            let mut sum = 0.0;
            let sums = times.iter().map(|&time| {
                sum += value(time);
                sum
            });
            std::iter::once(0.0).chain(sums).collect()
        };
        Sums { of: running(&|time| time), of_squares: running(&|time| time * time) }
    }

    fn mean_and_variance(&self, start: usize, end: usize) -> (f64, f64) {
        let count = (end - start) as f64;
        let mean = (self.of[end] - self.of[start]) / count;
        let variance = (self.of_squares[end] - self.of_squares[start]) / count - mean * mean;
        (mean, variance.max(1e-12))
    }

    /// Twice the negative logarithm of the likelihood of one segment.
    fn cost(&self, start: usize, end: usize) -> f64 {
        let (_, variance) = self.mean_and_variance(start, end);
        (end - start) as f64 * ((2.0 * std::f64::consts::PI).ln() + variance.ln() + 1.0)
    }
}

/// The segments of a series, without what its outliers say.
pub fn segments(times: &[f64]) -> Vec<Segment> {
    let times = without_outliers(times);
    let sums = Sums::new(&times);
    let starts = pelt(&sums, times.len());
    let ends = starts.iter().skip(1).copied().chain([times.len()]);
    let segment = |(&start, end): (&usize, usize)| {
        let (mean, variance) = sums.mean_and_variance(start, end);
        Segment { start, end, mean, variance }
    };
    starts.iter().zip(ends).filter(|(start, end)| *start < end).map(segment).collect()
}

/// Where segments start: the cheapest way to cut, where each cut costs the penalty. Beginnings that can never be best
/// again are dropped on the way, which changes nothing in the result.
fn pelt(sums: &Sums, count: usize) -> Vec<usize> {
    let penalty = 15.0 * (count.max(2) as f64).ln();
    let mut best = vec![f64::INFINITY; count + 1];
    let mut last_start = vec![0; count + 1];
    best[0] = -penalty;
    let mut candidates = vec![0];
    for end in SEGMENT_MIN..=count {
        let costs: Vec<(usize, f64)> = candidates
            .iter()
            .filter(|&&start| end - start >= SEGMENT_MIN)
            .map(|&start| (start, best[start] + sums.cost(start, end)))
            .collect();
        let Some(&(start, cost)) = costs.iter().min_by(|left, right| left.1.total_cmp(&right.1)) else {
            continue;
        };
        (best[end], last_start[end]) = (cost + penalty, start);
        let keeps = |start: usize| {
            costs.iter().find(|known| known.0 == start).is_none_or(|known| known.1 <= best[end])
        };
        candidates.retain(|&start| keeps(start));
        candidates.push(end);
    }
    let mut starts = Vec::new();
    let mut end = count;
    while end > 0 {
        end = last_start[end];
        starts.push(end);
    }
    starts.reverse();
    starts
}

/// Times far outside of what their neighbours take become the middle of those: the paper leaves them out.
fn without_outliers(times: &[f64]) -> Vec<f64> {
    let replaced = |(index, &time): (usize, &f64)| {
        let around = &times[index.saturating_sub(WINDOW)..(index + WINDOW + 1).min(times.len())];
        let mut sorted = around.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quantile = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        let middle = quantile(0.5);
        let limit = middle + 5.0 * (quantile(0.9) - quantile(0.1)).max(DIFFERENCE_MIN / 10.0);
        // Several in a row are a change.
        let beside = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
        let is_alone = beside.filter_map(|index| times.get(index)).all(|&time| time <= limit);
        if index > 0 && time > limit && is_alone { middle } else { time }
    };
    times.iter().enumerate().map(replaced).collect()
}

/// What a series of times in milliseconds is like.
pub fn verdict(times: &[f64]) -> Option<Verdict> {
    let segments = segments(times);
    let last = *segments.last()?;
    let tolerance = last.variance.max(DIFFERENCE_MIN.min(last.mean / 20.0));
    let is_equal = |segment: &Segment| (segment.mean - last.mean).abs() <= tolerance;
    let steady_from =
        segments.iter().rev().take_while(|segment| is_equal(segment)).last().map_or(0, |first| first.start);
    let is_steady = steady_from <= times.len() - times.len() / STEADY_SHARE;
    let is_fastest = segments.iter().all(|segment| is_equal(segment) || segment.mean > last.mean);
    let class = match (is_steady, segments.iter().all(is_equal), is_fastest) {
        (false, _, _) => Class::None,
        (true, true, _) => Class::Flat,
        (true, false, true) => Class::WarmUp,
        (true, false, false) => Class::SlowDown,
    };
    let warm =
        segments.iter().find(|segment| segment.mean * 0.9 <= last.mean).map_or(0, |segment| segment.start);
    Some(Verdict {
        class,
        steady_ms: last.mean,
        warm_ms: times[..warm].iter().fold(0.0, |sum, time| sum + time),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times around a mean, with a little that looks like chance.
    fn around(mean: f64, count: usize) -> Vec<f64> {
        (0..count).map(|index| mean + ((index * 7919) % 13) as f64 * 0.001 * mean).collect()
    }

    #[test]
    fn a_change_is_found_where_it_is() {
        let times = [around(10.0, 20), around(4.0, 80)].concat();
        let found = segments(&times);
        assert_eq!(found.iter().map(|segment| segment.start).collect::<Vec<_>>(), [0, 20], "{found:?}");
        let verdict = verdict(&times).expect("there are times");
        assert_eq!(verdict.class, Class::WarmUp);
        assert!((verdict.warm_ms - times[..20].iter().sum::<f64>()).abs() < 1e-9, "{verdict:?}");
    }

    #[test]
    fn classes_are_told_apart() {
        let class = |parts: &[(f64, usize)]| {
            let times: Vec<f64> = parts.iter().flat_map(|&(mean, count)| around(mean, count)).collect();
            verdict(&times).expect("there are times").class
        };
        assert_eq!(class(&[(5.0, 100)]), Class::Flat);
        assert_eq!(class(&[(50.0, 10), (20.0, 20), (5.0, 100)]), Class::WarmUp);
        assert_eq!(class(&[(5.0, 40), (9.0, 100)]), Class::SlowDown);
        assert_eq!(class(&[(5.0, 90), (9.0, 10)]), Class::None);
    }

    #[test]
    fn one_outlier_is_no_segment() {
        let mut times = around(5.0, 100);
        times[50] = 80.0;
        assert_eq!(segments(&times).len(), 1);
    }
}
