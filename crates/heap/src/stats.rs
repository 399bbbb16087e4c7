//! What the collector did: counts, bytes, pauses.

use std::time::Duration;

/// Buckets of a histogram: four to each doubling of nanoseconds.
const BUCKETS: usize = 160;

/// Pauses by length.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: [u32; BUCKETS],
    count: u64,
    total_ns: u64,
    max_ns: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { buckets: [0; BUCKETS], count: 0, total_ns: 0, max_ns: 0 }
    }
}

impl Histogram {
    fn bucket(ns: u64) -> usize {
        let ns = ns.max(4);
        let doubling = ns.ilog2() as usize;
        let step = (ns >> (doubling - 2)) as usize & 3;
        (doubling * 4 + step).min(BUCKETS - 1)
    }

    /// The longest pause of a bucket.
    fn bucket_end(bucket: usize) -> u64 {
        let (doubling, step) = (bucket / 4, bucket % 4);
        (1u64 << doubling) + ((step as u64 + 1) << doubling.saturating_sub(2))
    }

    pub(crate) fn record(&mut self, pause: Duration) {
        let ns = pause.as_nanos().min(u64::MAX as u128) as u64;
        self.buckets[Self::bucket(ns)] += 1;
        self.count += 1;
        self.total_ns += ns;
        self.max_ns = self.max_ns.max(ns);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max_ns)
    }

    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.total_ns)
    }

    /// An upper bound of the shortest pause that is longer than this share of them (0.5, 0.99, ...).
    pub fn quantile(&self, share: f64) -> Duration {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, &count) in self.buckets.iter().enumerate() {
            seen += count as u64;
            if seen >= wanted && seen > 0 {
                return Duration::from_nanos(Self::bucket_end(bucket).min(self.max_ns));
            }
        }
        self.max()
    }

    /// The buckets that are not empty: longest pause and count.
    pub fn rows(&self) -> impl std::iter::Iterator<Item = (Duration, u32)> + '_ {
        let filled = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(bucket, &count)| (Duration::from_nanos(Self::bucket_end(bucket)), count))
    }
}

/// Everything since the heap was made.
#[derive(Clone, Debug, Default)]
pub struct GcStats {
    pub minor_count: u64,
    /// Marking cycles started by growth.
    pub major_count: u64,
    /// Full collections, on demand or because memory was short.
    pub full_count: u64,
    /// Bytes allocated in the nursery, up to the last collection.
    pub nursery_bytes: u64,
    /// Bytes copied once, and bytes moved to the old space.
    pub survived_bytes: u64,
    pub promoted_bytes: u64,
    /// Whole pauses: minor collection and step of the old space together.
    pub pauses: Histogram,
    /// Minor collections alone.
    pub minor_pauses: Histogram,
}

impl GcStats {
    pub(crate) fn record_minor(&mut self, pause: Duration) {
        self.minor_count += 1;
        self.minor_pauses.record(pause);
    }

    pub(crate) fn record_pause(&mut self, pause: Duration) {
        self.pauses.record(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_bound_what_was_recorded() {
        let mut histogram = Histogram::default();
        for us in 1..=1000 {
            histogram.record(Duration::from_micros(us));
        }
        let median = histogram.quantile(0.5).as_micros();
        assert!((500..=640).contains(&median), "{median}");
        assert_eq!(histogram.max(), Duration::from_micros(1000));
        assert_eq!(histogram.quantile(1.0), histogram.max());
        assert_eq!(histogram.rows().map(|(_, count)| count as u64).sum::<u64>(), histogram.count());
    }
}
