//! What a machine without a driver is told; on one with a GPU, every case of suite `verify` on every track.

use super::{
    super::{Backend, DeviceError, DeviceFacts},
    CublasLt, Cuda,
};
use crate::kernel::{Case, Inputs, Suite, Tuning, Verification, verify};

/// GPUs of this machine, or a note that there are none. Fails instead if `WATTMARK_REQUIRE` asks for one.
fn gpus(backend: &dyn Backend) -> Vec<DeviceFacts> {
    let found = backend.discover();
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    let asked = required.split(',').any(|r| r.trim() == "cuda");
    assert!(!asked || !found.devices.is_empty(), "no GPU for {}: {:?}", backend.name(), found.missing);
    if found.devices.is_empty() {
        println!("skipped: needs cuda ({})", found.missing.iter().map(|m| m.why.as_str()).collect::<String>());
    }
    found.devices
}

#[test]
fn a_machine_without_a_driver_is_told_so_with_a_fix() {
    let found = Cuda.discover();
    if super::driver::driver().is_ok() {
        println!("skipped: needs a machine without an NVIDIA driver");
        return;
    }
    assert!(found.devices.is_empty());
    let [missing] = &found.missing[..] else { panic!("{:?}", found.missing) };
    assert!(missing.what.contains("CUDA") && missing.why.contains("libcuda"), "{missing:?}");
    assert!(missing.fix.contains("driver"), "{missing:?}");
    // Said once, by the backend that every user knows.
    assert_eq!(CublasLt.discover().missing, []);
    for error in [Cuda.open("cuda:0").err(), CublasLt.open("cublaslt:0").err()] {
        let text = error.map(|e| e.to_string()).unwrap_or_default();
        assert!(text.contains("libcuda"), "{text}");
    }
}

fn run_once(backend: &dyn Backend, id: &str, case: &Case) -> Result<Verification, DeviceError> {
    let mut device = backend.open(id)?;
    let inputs = Inputs::seeded(case);
    let mut executable = device.prepare(case, &inputs, &Tuning::new())?;
    executable.poison()?;
    executable.run(1)?;
    Ok(verify(case, &inputs, &executable.output()?))
}

#[test]
fn every_case_verifies_on_every_gpu() {
    for backend in [&Cuda as &dyn Backend, &CublasLt] {
        for facts in gpus(backend) {
            let mut wrong = Vec::new();
            for entry in Suite::load("verify").unwrap().cases {
                match run_once(backend, &facts.id, &entry.case) {
                    Ok(found) if found.passed => {}
                    Ok(found) => wrong.push(format!("{}: {}", entry.case, found.failure.unwrap_or_default())),
                    Err(DeviceError::Unsupported(why)) => assert!(!why.is_empty()),
                    Err(error) => wrong.push(format!("{}: {error}", entry.case)),
                }
            }
            assert!(wrong.is_empty(), "{}:\n{}", facts.id, wrong.join("\n"));
        }
    }
}

#[test]
fn a_cold_case_rotates_and_every_set_verifies() {
    let case: Case = "matmul/gemv/f32/m=1,n=512,k=512/cold".parse().unwrap();
    let inputs = Inputs::seeded(&case);
    for facts in gpus(&Cuda) {
        let mut device = Cuda.open(&facts.id).unwrap();
        assert_eq!(device.facts().key(), facts.key());
        let mut executable = device.prepare(&case, &inputs, &Tuning::new()).unwrap();
        assert!(executable.build().buffer_sets >= 2);
        executable.poison().unwrap();
        let elapsed = executable.run(3000).unwrap();
        assert!(elapsed.device_s.is_some_and(|s| s > 0.0 && s < 2.0 * elapsed.host_s));
        for _ in 0..3 {
            assert!(verify(&case, &inputs, &executable.output().unwrap()).passed);
        }
    }
}
