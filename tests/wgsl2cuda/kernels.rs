//! Our own kernels, translated and executed on the host shim: every text of suite `verify` against the f64 reference
//! and software Vulkan, integer results bit for bit; and kernels without a barrier, which some schedule must expose.

use std::collections::BTreeMap;

use wattmark::{
    kernel::{Dtype, Tuning},
    wgsl2cuda::{Bounds, Policy},
};

use crate::{
    corpus::for_every,
    host::Built,
    programs::{Planned, cases},
    require,
    shim::Shim,
    vulkan::Vulkan,
};

/// Kernels run as they are timed, but for the schedule: workgroup memory starts poisoned, bounds are not checked.
const AS_TIMED: Policy = Policy { bounds: Bounds::Unchecked, zero_workgroup: false, fast_math: true };
/// Cases beyond this take the host program longer than they are worth.
const MOST_FLOP: f64 = 6e6;

/// The smallest case of suite `verify` for every text that its plans hold.
pub fn smallest_cases() -> Vec<Planned> {
    let mut cases = cases("verify");
    cases.sort_by(|a, b| a.work().flop.total_cmp(&b.work().flop));
    // Shapes of one element run a text without running its loops.
    cases.retain(|case| case.work().flop > 500.0 || case.variant.name == "launch");
    let mut chosen: BTreeMap<String, Planned> = BTreeMap::new();
    for case in cases {
        let planned = Planned::of(case, &Tuning::new());
        chosen.entry(planned.program.source()).or_insert(planned);
    }
    chosen.into_values().collect()
}

/// Odd shapes beyond those of the suite that are small enough for the host.
const ODD: [&str; 12] = [
    "matmul/gemm/f32/m=37,n=129,k=61/hot",
    "matmul/gemm/f16/m=37,n=129,k=61/hot",
    "matmul/gemm/bf16/m=37,n=129,k=61/hot",
    "matmul/gemm/i8/m=37,n=129,k=61/hot",
    "matmul/skinny/i8/m=7,n=37,k=1000/hot",
    "matmul/skinny/w4a16g128/m=7,n=37,k=1000/hot",
    "matmul/skinny/w4a8g32/m=7,n=37,k=1000/hot",
    "matmul/gemm/w4a16g32/m=37,n=129,k=161/hot",
    "matmul/gemm/w4a8g128/m=37,n=129,k=161/hot",
    "attention/decode/f32/batch=1,heads=6,kv_heads=2,d=40,kv=65/hot",
    "attention/decode/bf16/batch=2,heads=4,kv_heads=2,d=80,kv=257/hot",
    "attention/prefill/f16/batch=1,heads=2,kv_heads=1,d=40,seq=37/hot",
];

/// Runs a case on the shim under two schedules, and on Vulkan; all must verify, and integers must agree in every bit.
fn three_ways(shim: &Shim, vulkan: Option<&Vulkan>, planned: &Planned) -> Result<(), String> {
    let job = planned.job();
    let built = Built::new(shim, &job, AS_TIMED)?;
    let mut outputs = Vec::new();
    for seed in [0, 0xC0FFEE] {
        let contents = built.run(seed, 32)?;
        let found = planned.verify(&contents);
        if let Some(failure) = found.failure {
            return Err(format!("{} on the shim (seed {seed}): {failure}", planned.case));
        }
        outputs.push(planned.output(&contents));
    }
    if outputs[0] != outputs[1] {
        return Err(format!("{}: the schedule shows in the result", planned.case));
    }
    let Some(vulkan) = vulkan else { return Ok(()) };
    let contents = vulkan.run(&job)?;
    if let Some(failure) = planned.verify(&contents).failure {
        return Err(format!("{} on {}: {failure}", planned.case, vulkan.name));
    }
    if planned.case.dtype == Dtype::I8 && planned.output(&contents) != outputs[0] {
        return Err(format!("{}: shim and {} differ", planned.case, vulkan.name));
    }
    Ok(())
}

#[test]
fn kernels_verify_on_the_shim_and_on_vulkan() {
    let Some(shim) = Shim::find() else {
        return require::missing("g++", "no g++ on PATH");
    };
    let vulkan = Vulkan::open();
    if vulkan.is_none() {
        require::missing("vulkan", "no Vulkan adapter; compared with the f64 reference only");
    }
    let mut planned = smallest_cases();
    assert!(planned.len() > 30, "only {} texts", planned.len());
    planned.retain(|p| p.case.work().flop <= MOST_FLOP);
    planned.extend(ODD.map(|case| Planned::new(case, &[])));
    let failures = for_every(&planned, |planned| three_ways(&shim, vulkan.as_ref(), planned));
    assert!(failures.is_empty(), "{} of {} cases fail\n{}", failures.len(), planned.len(), failures.join("\n"));
}

const BARRIER: &str = "workgroupBarrier();";

/// Kernels with barriers, in shapes whose loops turn more than once.
const WITH_BARRIERS: [&str; 6] = [
    "matmul/gemm/f32/m=37,n=129,k=61/hot",
    "matmul/gemv/f32/m=1,n=31,k=1000/hot",
    "matmul/gemv/w4a16g32/m=1,n=31,k=1000/hot",
    "matmul/gemm/w4a8g32/m=37,n=129,k=161/hot",
    "attention/prefill/f32/batch=1,heads=2,kv_heads=1,d=40,seq=150/hot",
    "attention/decode/f32/batch=1,heads=2,kv_heads=1,d=40,kv=150/hot",
];

/// Random schedules, one of which must expose a missing barrier.
const SCHEDULES: std::ops::Range<u64> = 1..9;

/// Runs a kernel unchanged, then without each of its barriers in turn.
fn barriers_matter(shim: &Shim, case: &str) -> Result<usize, String> {
    let planned = Planned::new(case, &[]);
    let passes = planned.program.passes.iter();
    let mut texts: Vec<_> = passes.map(|pass| (*pass.source).to_owned()).filter(|t| t.contains(BARRIER)).collect();
    texts.dedup();
    let [text] = &texts[..] else {
        return Err(format!("{case}: {} texts with a barrier", texts.len()));
    };
    let job = planned.job();
    let built = Built::new(shim, &job, AS_TIMED)?;
    for seed in SCHEDULES {
        if let Some(failure) = planned.verify(&built.run(seed, 32)?).failure {
            return Err(format!("{case}: unchanged, it fails under schedule {seed}: {failure}"));
        }
    }
    let places: Vec<_> = text.match_indices(BARRIER).map(|(at, _)| at).collect();
    for (nth, &at) in places.iter().enumerate() {
        let mutant = [&text[..at], &text[at + BARRIER.len()..]].concat();
        let mut job = planned.job();
        for dispatch in job.dispatches.iter_mut().filter(|d| *d.text == **text) {
            dispatch.text = mutant.as_str().into();
        }
        let built = Built::new(shim, &job, AS_TIMED)?;
        // A fault that the shim reports is as good as a wrong result.
        let exposed = |seed: u64| built.run(seed, 32).map_or(true, |contents| !planned.verify(&contents).passed);
        if !SCHEDULES.into_iter().any(exposed) {
            return Err(format!("{case}: without barrier {nth} no schedule of {SCHEDULES:?} fails"));
        }
    }
    Ok(places.len())
}

#[test]
fn a_missing_barrier_is_exposed_by_some_schedule() {
    let Some(shim) = Shim::find() else {
        return require::missing("g++", "no g++ on PATH");
    };
    let mutants = std::sync::atomic::AtomicUsize::new(0);
    let failures = for_every(&WITH_BARRIERS, |case| {
        let count = barriers_matter(&shim, case)?;
        mutants.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(mutants.into_inner() >= 9, "the kernels have lost their barriers");
}

#[test]
fn a_kernel_is_clean_under_sanitizers() {
    let Some(shim) = Shim::find().map(Shim::sanitized) else {
        return require::missing("g++", "no g++ on PATH");
    };
    let small = Planned::new("matmul/gemm/f32/m=17,n=33,k=29/hot", &[]);
    three_ways(&shim, None, &small).unwrap_or_else(|e| panic!("{e}"));
}
