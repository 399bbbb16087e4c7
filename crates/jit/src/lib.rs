//! Skeleton.
pub mod memory;
