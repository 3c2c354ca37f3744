//! The machine code of the hot kernels: registers, spills, and the instructions that decide their speed, counted in
//! what nvdisasm shows. Runs nothing; a compiler may always do better than what is asked for here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use wattmark::{backend::cuda::nvrtc::Nvrtc, wgsl2cuda::Policy};

use crate::{compile::compiler, corpus::for_every, host::translated, programs::Planned, require};

/// What the machine code of a kernel must look like.
struct Claim {
    case: &'static str,
    /// Which of the launches that its plan holds.
    launch: usize,
    /// Most registers of a thread.
    registers: u32,
    /// Instructions by the start of their name, and how many at least.
    at_least: &'static [(&'static str, usize)],
    /// Of the first kind, at least this many for every one of the second.
    ratio: Option<(&'static str, &'static str, usize)>,
}

/// A block of 16-byte words of A and of B meets in four f32 multiply-adds, or four packed dot products, for each of
/// the 8 x 8 results; every word is read from shared memory once, in one instruction.
const CLAIMS: &[Claim] = &[
    Claim {
        case: "matmul/gemm/f32/m=4096,n=4096,k=4096/hot",
        launch: 0,
        registers: 128,
        at_least: &[("FFMA", 256), ("LDS.128", 16), ("LDG.E.128", 2), ("STS.128", 2), ("STG.E.128", 1)],
        ratio: Some(("FFMA", "LDS.128", 16)),
    },
    Claim {
        case: "matmul/gemm/i8/m=4096,n=4096,k=4096/hot",
        launch: 0,
        // For sm_120 ptxas takes two words at once.
        registers: 255,
        at_least: &[("IDP.4A", 256), ("LDS.128", 16), ("LDG.E.128", 2), ("STS.128", 2), ("STG.E.128", 1)],
        ratio: Some(("IDP.4A", "LDS.128", 16)),
    },
    Claim {
        case: "matmul/gemv/f32/m=1,n=4096,k=4096/hot",
        launch: 0,
        registers: 128,
        at_least: &[("FFMA", 16), ("LDG.E.128", 5)],
        ratio: None,
    },
    Claim {
        case: "matmul/gemv/bf16/m=1,n=4096,k=4096/hot",
        launch: 0,
        registers: 128,
        at_least: &[("FFMA", 32), ("LDG.E.128", 5)],
        ratio: None,
    },
    Claim {
        case: "matmul/gemv/w4a16g32/m=1,n=4096,k=4096/hot",
        launch: 0,
        registers: 128,
        at_least: &[("FFMA", 64), ("LDG.E.128", 5)],
        ratio: None,
    },
    Claim {
        case: "matmul/gemv/w4a8g32/m=1,n=4096,k=4096/hot",
        launch: 1,
        registers: 128,
        at_least: &[("IDP.4A", 32), ("LDG.E.128", 5)],
        ratio: None,
    },
    Claim {
        case: "attention/prefill/f32/batch=1,heads=32,kv_heads=8,d=128,seq=1024/hot",
        launch: 0,
        registers: 168,
        at_least: &[("FFMA", 64), ("MUFU.EX2", 5), ("LDG.E.128", 8)],
        ratio: None,
    },
    Claim {
        case: "attention/decode/f16/batch=1,heads=32,kv_heads=8,d=128,kv=4096/hot",
        launch: 0,
        registers: 168,
        at_least: &[("FFMA", 64), ("MUFU.EX2", 5), ("LDG.E.128", 8)],
        ratio: None,
    },
];

/// One of each generation whose code differs in kind.
const ARCHITECTURES: [&str; 4] = ["sm_75", "sm_80", "sm_90a", "sm_120"];

/// nvdisasm from the wheels, a toolkit or the path.
fn disassembler() -> Option<PathBuf> {
    let wheels = std::env::var_os("WATTMARK_CUDA_PYPI")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cuda-compilers"), PathBuf::from);
    let toolkits = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let folders = std::iter::once(wheels.join("nvidia/cu13"))
        .chain(toolkits)
        .chain([PathBuf::from("/usr/local/cuda")])
        .map(|folder| folder.join("bin/nvdisasm"));
    let mut candidates = folders.chain([PathBuf::from("nvdisasm")]);
    candidates.find(|path| Command::new(path).arg("--version").output().is_ok_and(|o| o.status.success()))
}

/// How often each instruction, with its modifiers, stands in a kernel's machine code.
fn instructions(disassembler: &Path, cubin: &[u8]) -> Result<BTreeMap<String, usize>, String> {
    let file = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    std::fs::write(file.path(), cubin).map_err(|e| e.to_string())?;
    let output = Command::new(disassembler).arg("-c").arg(file.path()).output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(format!("nvdisasm: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let mut counts = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        // `/*0a10*/  @!P0 LDG.E.128.CONSTANT R4, [R2.64] ;`
        let Some((_, code)) = line.trim_start().strip_prefix("/*").and_then(|l| l.split_once("*/")) else { continue };
        let words = code.split_whitespace().find(|word| !word.starts_with('@') && !word.starts_with('{'));
        if let Some(name) = words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase())) {
            *counts.entry(name.trim_end_matches(';').to_owned()).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// How many instructions are of a kind: of its name, with its modifiers among theirs (Turing says `LDS.U.128`). A packed
/// pair of multiply-adds counts twice.
fn count(counts: &BTreeMap<String, usize>, kind: &str) -> usize {
    let (base, wanted) = kind.split_once('.').unwrap_or((kind, ""));
    let same = |name: &str| {
        let mut parts = name.split('.');
        parts.next() == Some(base) && wanted.split('.').all(|w| w.is_empty() || name.split('.').any(|p| p == w))
    };
    let found: usize = counts.iter().filter(|(name, _)| same(name)).map(|(_, n)| n).sum();
    found + if kind == "FFMA" { 2 * count(counts, "FFMA2") } else { 0 }
}

/// What a claim's kernel does not keep on an architecture.
fn broken(nvrtc: &Nvrtc, disassembler: &Path, claim: &Claim, arch: &str) -> Result<(), String> {
    let planned = Planned::new(claim.case, &[]);
    let translation = translated(&planned.dispatches()[claim.launch], Policy::timed())?;
    let options = Policy::timed().nvrtc_options();
    let compiled = nvrtc.compile(&translation.source, arch, options).map_err(|e| e.to_string())?;
    let counts = instructions(disassembler, &compiled.cubin)?;
    let shown = [claim.at_least, &[("LDL", 0), ("STL", 0)]].concat();
    let shown: Vec<_> = shown.iter().map(|(kind, _)| format!("{} {kind}", count(&counts, kind))).collect();
    let mut wrong = Vec::new();
    let usage = compiled.usage.first().ok_or("the log tells no registers")?;
    println!("{} on {arch}: {} registers, {}", claim.case, usage.registers, shown.join(", "));
    if usage.registers > claim.registers || usage.spill_stores + usage.spill_loads > 0 {
        wrong.push(format!("{usage:?}, at most {} registers and no spills asked for", claim.registers));
    }
    for local in ["LDL", "STL"] {
        if count(&counts, local) > 0 {
            wrong.push(format!("{} {local}", count(&counts, local)));
        }
    }
    for (kind, least) in claim.at_least {
        if count(&counts, kind) < *least {
            wrong.push(format!("{} {kind}, {least} asked for", count(&counts, kind)));
        }
    }
    if let Some((many, few, least)) = claim.ratio
        && count(&counts, many) < least * count(&counts, few)
    {
        wrong.push(format!(
            "{} {many} on {} {few}, {least} on one asked for",
            count(&counts, many),
            count(&counts, few)
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{} on {arch}: {}", claim.case, wrong.join("; "))) }
}

#[test]
fn hot_kernels_are_the_instructions_they_should_be() {
    let Some(nvrtc) = compiler() else { return };
    let Some(disassembler) = disassembler() else {
        return require::missing("nvrtc", "no nvdisasm: ci/install-cuda-compilers.sh installs it");
    };
    let units: Vec<_> = CLAIMS.iter().flat_map(|claim| ARCHITECTURES.map(|arch| (claim, arch))).collect();
    let failures = for_every(&units, |(claim, arch)| broken(&nvrtc, &disassembler, claim, arch));
    assert!(failures.is_empty(), "{} claims fail\n{}", failures.len(), failures.join("\n"));
}
