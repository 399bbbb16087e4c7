//! What the collector did.

#[derive(Clone, Debug, Default)]
pub struct GcStats {
    pub minor_count: u64,
    pub major_count: u64,
}
