//! The emitted text of every construct, held by snapshots: `cargo insta review` shows what a change does to it.

use super::{construct, folder, options};
use crate::wgsl2cuda::translate;

#[test]
fn every_construct_is_emitted_as_before() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".wgsl")?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() >= 18, "{names:?}");
    for name in names {
        let translation = translate(&construct(&name), &options(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(translation.source.ends_with(translation.body()));
        let abi =
            format!("{:?}", translation.abi).replace(" Param {", "\n  Param {").replace("[Param {", "[\n  Param {");
        insta::assert_snapshot!(name, format!("{abi}\n{}", translation.body()));
    }
}
