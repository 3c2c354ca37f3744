//! Every case of suite `verify` on every adapter, under its own limits and the downlevel ones; kernels made wrong on
//! purpose; a weight beyond a binding.

use super::{
    super::{Backend as _, Device as _, DeviceClass, DeviceError, DeviceFacts, Executable as _},
    Limits, Wgpu, WgpuDevice,
};
use crate::kernel::{Case, Inputs, Program, Suite, Target, Tuning, Verification, verify};

/// Adapters of this machine, or a note that there are none. Fails instead if `WATTMARK_REQUIRE` asks for one.
fn adapters() -> Vec<DeviceFacts> {
    let found = Wgpu.discover();
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    for api in ["vulkan", "gl", "metal", "dx12"] {
        let asked = required.split(',').any(|r| r.trim() == api);
        assert!(!asked || found.devices.iter().any(|d| d.api == api), "no {api} adapter: {:?}", found.missing);
    }
    if found.devices.is_empty() {
        println!("skipped: needs vulkan ({})", found.missing.iter().map(|m| m.fix.as_str()).collect::<String>());
    }
    found.devices
}

/// Every adapter at once: a software one compiles on one core.
fn on_every_adapter(work: impl Fn(&DeviceFacts) + Sync) {
    let (found, work) = (adapters(), &work);
    std::thread::scope(|scope| {
        for facts in &found {
            scope.spawn(move || work(facts));
        }
    });
}

/// One test at a time compiles: they share the host's cores, and the driver's cache spares the second what the first
/// compiled.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn check(device: &mut WgpuDevice, case: &Case, inputs: &Inputs, program: &Program) -> Verification {
    let mut prepared = device.prepare_program(case, inputs, program).unwrap_or_else(|e| panic!("{case}: {e}"));
    prepared.poison().unwrap_or_else(|e| panic!("{case}: {e}"));
    let output = prepared.output().unwrap_or_else(|e| panic!("{case}: {e}"));
    verify(case, inputs, &output)
}

/// Runs the suite as `target` would plan it; returns the cases that the target cannot run.
fn run_suite(device: &mut WgpuDevice, target: &Target) -> Vec<String> {
    let mut unplannable = Vec::new();
    let mut failures = Vec::new();
    for listed in Suite::load("verify").expect("the suite is embedded").cases {
        let case = &listed.case;
        match case.family.program(case, target, &Tuning::new()) {
            Err(why) => unplannable.push(format!("{case}: {why}")),
            Ok(program) => {
                let found = check(device, case, &Inputs::seeded(case), &program);
                if !found.passed {
                    failures.push(format!("{case}: {}", found.failure.unwrap_or_default()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}:\n{}", device.facts().api, failures.join("\n"));
    unplannable
}

#[test]
fn every_case_verifies_on_every_adapter() {
    let _alone = alone();
    on_every_adapter(|facts| {
        let mut device = WgpuDevice::open(&facts.id, Limits::Adapter).unwrap_or_else(|e| panic!("{e}"));
        let target = device.target.clone();
        let left = run_suite(&mut device, &target);
        let known = |why: &String| why.contains("WGSL has no") || why.contains("f16 arithmetic") && !target.f16;
        assert!(left.iter().all(known), "{left:?}");
    });
}

#[test]
fn every_case_verifies_under_downlevel_limits() {
    let _alone = alone();
    on_every_adapter(|facts| {
        let mut device = WgpuDevice::open(&facts.id, Limits::Downlevel).unwrap_or_else(|e| panic!("{e}"));
        for software in [true, false] {
            let target = Target { software, ..device.target.clone() };
            let downlevel = Target { software, ..Target::downlevel() };
            assert_eq!(target, downlevel, "the device was not opened with the downlevel limits");
            let left = run_suite(&mut device, &target);
            let known = |why: &String| why.contains("WGSL has no") || why.contains("f16 arithmetic");
            assert!(left.iter().all(known), "{left:?}");
        }
    });
}

#[test]
fn a_weight_beyond_a_binding_is_split() {
    let _alone = alone();
    let case: Case = "matmul/gemv/f32/m=1,n=14336,k=4096/hot".parse().expect("a case id");
    let inputs = Inputs::seeded(&case);
    for facts in adapters() {
        let mut device = WgpuDevice::open(&facts.id, Limits::Downlevel).unwrap_or_else(|e| panic!("{e}"));
        let target = device.target.clone();
        let program = case.family.program(&case, &target, &Tuning::new()).unwrap_or_else(|e| panic!("{e}"));
        assert!(program.passes.len() > 1, "235 MB in one binding of {}", target.max_binding_bytes);
        assert!(program.buffers.iter().all(|b| b.bytes <= target.max_binding_bytes));
        let found = check(&mut device, &case, &inputs, &program);
        assert!(found.passed, "{}: {:?}", facts.api, found.failure);
    }
}

#[test]
fn a_batch_spans_submissions_and_buffer_sets() {
    let _alone = alone();
    let case: Case = "matmul/gemv/f32/m=1,n=512,k=512/cold".parse().expect("a case id");
    let inputs = Inputs::seeded(&case);
    for facts in adapters() {
        let mut device = WgpuDevice::open(&facts.id, Limits::Adapter).unwrap_or_else(|e| panic!("{e}"));
        let mut prepared = device.prepare(&case, &inputs, &Tuning::new()).unwrap_or_else(|e| panic!("{e}"));
        let sets = prepared.build().buffer_sets;
        assert!(sets >= 2, "cold, yet {sets} buffer set");
        prepared.poison().unwrap_or_else(|e| panic!("{e}"));
        let elapsed = prepared.run(3000).unwrap_or_else(|e| panic!("{e}"));
        assert!(elapsed.host_s > 0.0 && elapsed.device_s.is_none_or(|s| s > 0.0 && s < 2.0 * elapsed.host_s));
        for _ in 0..3 {
            let output = prepared.output().unwrap_or_else(|e| panic!("{e}"));
            assert!(verify(&case, &inputs, &output).passed);
        }
    }
}

#[test]
fn errors_are_values() {
    let _alone = alone();
    for facts in adapters() {
        let mut device = WgpuDevice::open(&facts.id, Limits::Adapter).unwrap_or_else(|e| panic!("{e}"));
        let case: Case = "matmul/gemv/f32/m=1,n=31,k=8192/hot".parse().expect("a case id");
        let inputs = Inputs::seeded(&case);
        let target = device.target.clone();
        let program = case.family.program(&case, &target, &Tuning::new()).unwrap_or_else(|e| panic!("{e}"));
        let mut garbled = program.clone();
        garbled.passes[0].source = "fn main( {".into();
        assert!(matches!(device.prepare_program(&case, &inputs, &garbled), Err(DeviceError::Failed(_))));
        let mut huge = program.clone();
        huge.buffers[0].bytes = target.max_buffer_bytes + 16;
        assert!(device.prepare_program(&case, &inputs, &huge).is_err());
        let unknown = Tuning::from([("NO_SUCH".to_owned(), 1)]);
        assert!(matches!(device.prepare(&case, &inputs, &unknown), Err(DeviceError::Unsupported(_))));
        assert!(check(&mut device, &case, &inputs, &program).passed, "the device did not survive");
    }
    assert!(matches!(WgpuDevice::open("wgpu:999", Limits::Adapter), Err(DeviceError::Failed(_))));
}

/// A kernel made wrong: the case it runs, as planned for hardware or software, and what is replaced by what.
struct Mutant {
    name: &'static str,
    case: &'static str,
    software: bool,
    from: &'static str,
    to: &'static str,
    /// Which occurrence of `from` to replace.
    occurrence: usize,
}

const fn mutant(
    name: &'static str,
    case: &'static str,
    software: bool,
    from: &'static str,
    to: &'static str,
) -> Mutant {
    Mutant { name, case, software, from, to, occurrence: 0 }
}

const BARRIER: &str = "workgroupBarrier();";
const GEMM: &str = "matmul/gemm/f32/m=65,n=70,k=257/hot";
const GEMV: &str = "matmul/gemv/f32/m=1,n=31,k=8192/hot";
const INT4: &str = "matmul/gemm/w4a16g128/m=65,n=70,k=257/hot";
const INT4_GEMV: &str = "matmul/gemv/w4a16g32/m=1,n=31,k=8192/hot";
const INT4_A8: &str = "matmul/skinny/w4a8g128/m=8,n=1023,k=515/hot";
const PREFILL: &str = "attention/prefill/f32/batch=1,heads=3,kv_heads=1,d=40,seq=70/hot";
const LONGER: &str = "attention/prefill/f32/batch=1,heads=8,kv_heads=2,d=128,seq=256/hot";
const KV8: &str = "attention/decode/kv8/batch=1,heads=4,kv_heads=2,d=80,kv=333/hot";
const DECODE: &str = "attention/decode/f32/batch=1,heads=8,kv_heads=2,d=128,kv=4097/hot";

/// A barrier matters on a software rasterizer because a workgroup of many SIMD groups runs one after the other up to
/// it: without it the first group computes from what the others have not written yet.
const MUTANTS: &[Mutant] = &[
    mutant("staged: no barrier after the copy", GEMM, false, BARRIER, ""),
    Mutant { occurrence: 1, ..mutant("staged: no barrier before the next copy", GEMM, false, BARRIER, "") },
    mutant("staged: tile off by one", GEMM, false, "/ params.tiles_n * BLOCK_M", "/ params.tiles_n * BLOCK_M + 1u"),
    mutant("staged: K tail dropped", GEMM, false, "u32(word < params.words)", "u32(word + 1u < params.words)"),
    mutant("staged: N tail dropped", GEMM, false, "col + 4u * j < params.n", "col + 4u * j + 4u <= params.n"),
    mutant("direct: no barrier in the sum over lanes", GEMV, false, BARRIER, ""),
    mutant("direct: tile off by one", GEMM, true, "% params.tiles_n * TILE_N;", "% params.tiles_n * (TILE_N - 1u);"),
    mutant("direct: K tail dropped", GEMM, true, "first < params.words;", "first + 1u < params.words;"),
    mutant("direct: N tail dropped", GEMM, true, "col < params.n", "col + 4u <= params.n"),
    mutant("direct: M tail dropped", GEMM, true, "row < params.m", "row + 1u < params.m"),
    mutant("int4: no barrier in the sum over lanes", INT4_GEMV, false, BARRIER, ""),
    mutant("int4 staged: no barrier after the copy", INT4, false, BARRIER, ""),
    Mutant { occurrence: 1, ..mutant("int4 staged: no barrier before the next copy", INT4, false, BARRIER, "") },
    mutant(
        "int4 staged: tile off by one",
        INT4,
        false,
        "/ params.tiles_n * BLOCK_M",
        "/ params.tiles_n * BLOCK_M + 1u",
    ),
    mutant("int4 staged: N tail dropped", INT4, false, "col + 4u * j < params.n", "col + 4u * j + 4u <= params.n"),
    mutant("int4: the last block dropped", INT4, true, "k < params.blocks;", "k + 1u < params.blocks;"),
    mutant("int4: N tail dropped", INT4, true, "col < params.n", "col + 4u <= params.n"),
    mutant("int4: M tail dropped", INT4, true, "row < params.m", "row + 1u < params.m"),
    mutant("int4: a neighbour's scale", INT4, true, "k / GROUP_BLOCKS", "(k + 1u) / GROUP_BLOCKS"),
    mutant("int4: the pair's other scale", INT4_GEMV, true, "(group & 1u) == 1u", "(group & 1u) == 0u"),
    mutant("int4: halves swapped", INT4, true, "part >> 1u", "1u - (part >> 1u)"),
    mutant("int4: offset of 7", INT4_GEMV, true, "-8.0 * scale", "-7.0 * scale"),
    mutant("int4: sign of the low halves lost", INT4_A8, true, "^ vec4(0x80808080u);", "^ vec4(0x80808000u);"),
    mutant("quantise: scale twice too large", INT4_A8, true, "LEAST) - 6u", "LEAST) - 5u"),
    mutant("quantise: a group's last block left out", INT4_A8, true, "4u * end; word++", "4u * (end - 1u); word++"),
    mutant("quantise: rounds toward zero", INT4_A8, true, "round(v * reciprocal)", "trunc(v * reciprocal)"),
    mutant("prefill: a key too few", PREFILL, true, "row + i + 1u", "row + i"),
    mutant("prefill: a key too many", PREFILL, true, "row + i + 1u", "row + i + 2u"),
    mutant("prefill: no barrier before the maxima", PREFILL, false, BARRIER, ""),
    Mutant { occurrence: 1, ..mutant("prefill: no barrier before the weights", PREFILL, false, BARRIER, "") },
    mutant("prefill: old sums not rescaled", LONGER, false, "exp2(top[i] - highest)", "1.0"),
    mutant("prefill: keys past the end weigh", PREFILL, true, "vec4<f32>(MASKED)", "score[i][j] * k_scales[j]"),
    mutant("kv8: values read where keys are", KV8, true, "2u * first + params.kv", "2u * first"),
    mutant("kv8: the values' scales are the keys'", KV8, true, "2u * head + 1u", "2u * head"),
    mutant("kv8: rows of scales not padded", KV8, true, "(params.kv + 7u) / 8u * 8u", "params.kv"),
    mutant("kv8: sign lost", KV8, true, "bitcast<vec4<i32>>(vec4(bits)", "(vec4(bits)"),
    mutant("decode: a split dropped", DECODE, true, "s < params.splits", "s + 1u < params.splits"),
    mutant(
        "decode: a split's last key dropped",
        DECODE,
        false,
        "min(first_key + params.split_keys,",
        "min(first_key + params.split_keys - 1u,",
    ),
];

impl Mutant {
    fn apply(&self, program: &mut Program) {
        let mut changed = 0;
        for pass in &mut program.passes {
            if let Some((at, _)) = pass.source.match_indices(self.from).nth(self.occurrence) {
                let (before, after) = pass.source.split_at(at);
                pass.source = [before, self.to, &after[self.from.len()..]].concat().into();
                changed += 1;
            }
        }
        assert!(changed > 0, "{}: the text has no `{}`", self.name, self.from);
    }
}

/// Only where a driver is known to run groups in order is a missing barrier sure to show, so this is for software.
#[test]
fn mutants_are_caught() {
    let _alone = alone();
    for facts in adapters().into_iter().filter(|f| f.class == DeviceClass::Software && f.api == "vulkan") {
        let mut device = WgpuDevice::open(&facts.id, Limits::Adapter).unwrap_or_else(|e| panic!("{e}"));
        for mutant in MUTANTS {
            let case: Case = mutant.case.parse().expect("a case id");
            let inputs = Inputs::seeded(&case);
            let target = Target { software: mutant.software, ..device.target.clone() };
            let planned = case.family.program(&case, &target, &Tuning::new()).unwrap_or_else(|e| panic!("{e}"));
            assert!(check(&mut device, &case, &inputs, &planned).passed, "{}: fails unchanged", mutant.name);
            let mut program = planned;
            mutant.apply(&mut program);
            let found = check(&mut device, &case, &inputs, &program);
            assert!(!found.passed, "{}: not caught", mutant.name);
        }
    }
}
