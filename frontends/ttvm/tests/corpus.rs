//! The programs under `tests/ttvm` do what their comments say, in every way of running them.

use std::path::PathBuf;
use std::sync::Arc;

use dunlin::FrontEnds;
use testkit::notation::Programs;

fn programs() -> Programs {
    let mut front_ends = FrontEnds::new();
    front_ends.add(Arc::new(ttvm::Assembly));
    front_ends.add(Arc::new(ttvm::Lisp));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/ttvm");
    Programs { folder, front_ends, count_min: 80, endings: &["ttvm", "lisp", "ttb"] }
}

testkit::test_every_way!(programs());
