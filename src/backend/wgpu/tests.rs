//! Every case of suite `verify` on every adapter, under its own limits and the downlevel ones; kernels made wrong on
//! purpose; a weight beyond a binding.

use super::{
    super::{Backend as _, Device as _, DeviceFacts, Executable as _},
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
    for facts in adapters() {
        let mut device = WgpuDevice::open(&facts.id, Limits::Adapter).unwrap_or_else(|e| panic!("{e}"));
        let target = device.target().clone();
        let left = run_suite(&mut device, &target);
        assert!(left.iter().all(|why| why.contains("f16 arithmetic") && !target.f16), "{left:?}");
    }
}

#[test]
fn every_case_verifies_under_downlevel_limits() {
    for facts in adapters() {
        let mut device = WgpuDevice::open(&facts.id, Limits::Downlevel).unwrap_or_else(|e| panic!("{e}"));
        for software in [true, false] {
            let target = Target { software, ..device.target().clone() };
            let downlevel = Target { software, ..Target::downlevel() };
            assert_eq!(target, downlevel, "the device was not opened with the downlevel limits");
            let left = run_suite(&mut device, &target);
            assert!(left.iter().all(|why| why.contains("f16 arithmetic")), "{left:?}");
        }
    }
}
