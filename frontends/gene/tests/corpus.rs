//! The programs under `tests/gene` do what their comments say, in every way of running them.

use std::path::PathBuf;
use std::sync::Arc;

use dunlin::FrontEnds;
use testkit::notation::Programs;

fn programs() -> Programs {
    let mut front_ends = FrontEnds::new();
    front_ends.add(Arc::new(gene::Gene::default()));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/gene");
    Programs { folder, front_ends, count_min: 150, endings: &["gene"] }
}

testkit::test_every_way!(programs());
