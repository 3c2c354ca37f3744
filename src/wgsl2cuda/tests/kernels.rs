//! Every final text that the verify suite can make, translated under both policies.

use std::collections::BTreeSet;

use crate::{
    kernel::{Suite, Target},
    wgsl2cuda::{Options, ParamKind, Policy, translate},
};

#[test]
fn every_text_of_the_verify_suite_translates() {
    let targets = Target::unlike();
    let mut seen = BTreeSet::new();
    for case in Suite::load("verify").unwrap().cases.into_iter().map(|c| c.case) {
        for target in &targets {
            for tuning in case.family.tunings(&case, target) {
                for pass in case.family.program(&case, target, &tuning).unwrap().passes {
                    if !seen.insert((pass.source.clone(), pass.entry)) {
                        continue;
                    }
                    for policy in [Policy::default(), Policy::timed()] {
                        let options = Options { entry: Some(pass.entry.to_owned()), policy, ..Options::default() };
                        let made = translate(&pass.source, &options).unwrap_or_else(|e| panic!("{case}: {e}"));
                        let bound = made.abi.params.iter().filter(|p| !matches!(p.kind, ParamKind::Length { .. }));
                        assert!(bound.count() <= pass.storage.len() + 1, "{case}: {:?}", made.abi.params);
                        assert!(made.abi.shared_bytes <= 32 << 10 && made.abi.dynamic_shared_bytes == 0, "{case}");
                    }
                }
            }
        }
    }
    assert!(seen.len() > 100, "only {} texts", seen.len());
}
