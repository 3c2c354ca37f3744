//! Runs the verification suite through candle.

use super::{
    super::{Backend as _, Device, DeviceError},
    Candle, VERSION,
    executable::product_may_round_partial_sums,
};
use crate::kernel::{Case, Dtype, Inputs, Suite, Tuning, Verification, verify};

fn open() -> Box<dyn Device> {
    Candle.open("candle:0").unwrap()
}

fn run_once(device: &mut dyn Device, case: &Case) -> Result<Verification, DeviceError> {
    let inputs = Inputs::seeded(case);
    let mut executable = device.prepare(case, &inputs, &Tuning::new())?;
    executable.poison()?;
    executable.run(1)?;
    Ok(verify(case, &inputs, &executable.output()?))
}

#[test]
fn version_is_the_one_in_the_lock_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    let lock: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let versions: Vec<_> =
        packages.iter().filter(|p| p["name"].as_str() == Some("candle-core")).map(|p| &p["version"]).collect();
    assert_eq!(versions, [&toml::Value::from(VERSION)], "set VERSION in src/backend/candle/mod.rs");
}

#[test]
fn the_verification_suite_passes_but_for_what_is_known() {
    let mut device = open();
    let (mut passed, mut wrong) = (0, Vec::new());
    for entry in Suite::load("verify").unwrap().cases {
        let case = entry.case;
        let expected_unsupported = match case.family.name() {
            "matmul" => !matches!(case.dtype, Dtype::F32 | Dtype::F16),
            "attention" => !matches!(case.dtype, Dtype::F32 | Dtype::F16 | Dtype::Bf16),
            _ => true,
        };
        match run_once(&mut *device, &case) {
            Ok(_) if expected_unsupported => wrong.push(format!("{case}: ran, but should be unsupported")),
            Ok(found) if found.passed => passed += 1,
            Ok(_) if product_may_round_partial_sums(&case) => {}
            Ok(found) => wrong.push(format!("{case}: {}", found.failure.unwrap_or_default())),
            Err(DeviceError::Unsupported(why)) if expected_unsupported => assert!(!why.is_empty()),
            Err(error) => wrong.push(format!("{case}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{passed} passed; {}", wrong.join("\n"));
    assert!(passed > 0);
}

#[test]
fn cold_cases_rotate_and_every_set_verifies() {
    let mut device = open();
    let case: Case = "matmul/gemv/f32/m=1,n=2048,k=2048/cold".parse().unwrap();
    let inputs = Inputs::seeded(&case);
    let mut executable = device.prepare(&case, &inputs, &Tuning::new()).unwrap();
    let sets = executable.build().buffer_sets;
    assert!(sets > 1, "{sets} set for a cold case");
    for _ in 0..sets {
        executable.poison().unwrap();
        let elapsed = executable.run(1).unwrap();
        assert!(elapsed.host_s > 0.0 && elapsed.device_s.is_none());
        assert!(verify(&case, &inputs, &executable.output().unwrap()).passed);
    }
}

#[test]
fn an_output_that_was_never_launched_is_an_error() {
    let mut device = open();
    let case: Case = "matmul/gemm/f32/m=4,n=4,k=4/hot".parse().unwrap();
    let inputs = Inputs::seeded(&case);
    let mut executable = device.prepare(&case, &inputs, &Tuning::new()).unwrap();
    assert!(matches!(executable.output(), Err(DeviceError::Failed(_))));
    executable.run(2).unwrap();
    executable.poison().unwrap();
    assert!(matches!(executable.output(), Err(DeviceError::Failed(_))));
}

#[test]
fn a_shape_beyond_memory_is_refused_before_allocating() {
    let mut device = open();
    let case: Case = "attention/decode/f16/batch=1,heads=8,kv_heads=8,d=128,kv=4294967295/hot".parse().unwrap();
    let nothing = Inputs { specs: Vec::new(), data: Vec::new() };
    let refused = device.prepare(&case, &nothing, &Tuning::new()).err();
    assert!(matches!(refused, Some(DeviceError::OutOfMemory(_))), "{refused:?}");
}

#[test]
fn an_unknown_id_names_the_known_one() {
    let error = Candle.open("candle:7").err().unwrap().to_string();
    assert!(error.contains("candle:7") && error.contains("candle:0"));
}
