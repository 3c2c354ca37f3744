//! Everything that is emitted, compiled by NVRTC for every architecture that is promised: the corpus and the texts of
//! every kernel. Reads no machine code; `sass` does.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use wattmark::{
    backend::cuda::nvrtc::{self, Nvrtc},
    kernel::Tuning,
    wgsl2cuda::Policy,
};

use crate::{
    corpus::for_every,
    host::translated,
    job::Dispatch,
    programs::{Planned, cases},
    require,
    shader::Shader,
};

/// Turing, Ampere (A100, Orin), Ada, Hopper, Blackwell (data centre, Thor's, GeForce).
const ARCHITECTURES: [&str; 8] = ["sm_75", "sm_80", "sm_87", "sm_89", "sm_90a", "sm_100", "sm_110", "sm_120"];

/// A text to compile for an architecture.
struct Unit {
    name: String,
    source: String,
    arch: &'static str,
    policy: Policy,
}

/// NVRTC, or a note that there is none.
pub fn compiler() -> Option<Nvrtc> {
    match nvrtc::find() {
        Ok(found) => Some(found),
        Err(missing) => {
            require::missing("nvrtc", &format!("{}; {}", missing.why, missing.fix));
            None
        }
    }
}

fn compile_all(nvrtc: &Nvrtc, units: &[Unit]) {
    let compiled = AtomicUsize::new(0);
    let failures = for_every(units, |unit| {
        let result = nvrtc.compile(&unit.source, unit.arch, unit.policy.nvrtc_options());
        compiled.fetch_add(1, Ordering::Relaxed);
        let cubin = result.map_err(|e| format!("{}: {e}", unit.name))?.cubin;
        if cubin.is_empty() { Err(format!("{}: no machine code for {}", unit.name, unit.arch)) } else { Ok(()) }
    });
    println!("{} compilations by NVRTC {}", compiled.into_inner(), nvrtc.version());
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// Whether an architecture has what a translation needs, as its minimum says.
fn runs_on(min_sm: u32, arch: &str) -> bool {
    let digits: String = arch.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<u32>().is_ok_and(|sm| sm >= min_sm)
}

#[test]
fn the_corpus_compiles_for_every_architecture() {
    let Some(nvrtc) = compiler() else { return };
    let policy = Policy::default();
    let mut units = Vec::new();
    for shader in Shader::all() {
        for dispatch in &shader.job().dispatches {
            let translation = translated(dispatch, policy).unwrap_or_else(|e| panic!("{}: {e}", shader.name));
            for arch in ARCHITECTURES {
                if !runs_on(translation.abi.min_sm, arch) {
                    println!("{} needs sm_{}, not compiled for {arch}", shader.name, translation.abi.min_sm);
                    continue;
                }
                units.push(Unit { name: shader.name.clone(), source: translation.source.clone(), arch, policy });
            }
        }
    }
    compile_all(&nvrtc, &units);
}

/// Every distinct text that the default plans of all suites hold, and a case it belongs to.
fn kernel_texts() -> Vec<(String, Dispatch)> {
    let mut texts: BTreeMap<Arc<str>, (String, Dispatch)> = BTreeMap::new();
    for suite in ["verify", "quick", "inference", "full"] {
        for case in cases(suite) {
            let planned = Planned::of(case, &Tuning::new());
            for dispatch in planned.dispatches() {
                texts.entry(dispatch.text.clone()).or_insert_with(|| (planned.case.id(), dispatch));
            }
        }
    }
    texts.into_values().collect()
}

#[test]
fn every_kernel_compiles_for_every_architecture() {
    let Some(nvrtc) = compiler() else { return };
    let policy = Policy::timed();
    let texts = kernel_texts();
    assert!(texts.len() > 30, "only {} texts", texts.len());
    let mut units = Vec::new();
    for (name, dispatch) in &texts {
        let translation = translated(dispatch, policy).unwrap_or_else(|e| panic!("{name}: {e}"));
        for arch in ARCHITECTURES {
            units.push(Unit { name: name.clone(), source: translation.source.clone(), arch, policy });
        }
    }
    compile_all(&nvrtc, &units);
}
