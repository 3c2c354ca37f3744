//! What NVRTC makes of the native kernels for every architecture they are for: registers, spills, and the instructions in
//! the machine code.

use std::{path::PathBuf, process::Command};

use super::{
    super::super::{
        nvrtc::{self, Compiled, Nvrtc},
        search::Surroundings,
    },
    *,
};

fn required(what: &str) -> bool {
    std::env::var("WATTMARK_REQUIRE").unwrap_or_default().split(',').any(|name| name.trim() == what)
}

/// The compiler, or a note that there is none. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn compiler() -> Option<Nvrtc> {
    let found = nvrtc::find();
    assert!(found.is_ok() || !required("nvrtc"), "no NVRTC: {:?}", found.err());
    found.inspect_err(|missing| println!("skipped: needs nvrtc ({})", missing.fix)).ok()
}

/// The disassembler, or a note that there is none. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn disassembler() -> Option<PathBuf> {
    let found = Surroundings::system().tool("nvdisasm");
    assert!(found.is_some() || !required("nvdisasm"), "no nvdisasm");
    if found.is_none() {
        println!("skipped: needs nvdisasm (pip install nvidia-cuda-nvdisasm)");
    }
    found
}

fn compile(nvrtc: &Nvrtc, id: &str, gpu: &Gpu, arch: &str) -> Compiled {
    let program = plan(&case(id), gpu).unwrap_or_else(|e| panic!("{id}: {e}"));
    let pass = &program.passes[0];
    let compiled = nvrtc.compile(&pass.source.cuda(), arch, &[]).unwrap_or_else(|e| panic!("{id}: {e}"));
    assert!(!compiled.log.contains("serializ"), "{id}, {arch}: {}", compiled.log);
    for usage in &compiled.usage {
        assert_eq!((usage.spill_stores, usage.stack), (0, 0), "{id}, {arch}: {usage:?}");
    }
    // All but the sm_90 kernels want two blocks on a multiprocessor of 65536 registers; of 168 a thread, one has 384.
    let usage = compiled.usage.iter().find(|usage| usage.kernel == pass.kernel);
    let usage = usage.unwrap_or_else(|| panic!("{id}, {arch}: no {} in {}", pass.kernel, compiled.log));
    let blocks = if pass.block >= 256 { 1 } else { 2 };
    let granted = usage.registers.next_multiple_of(8) * pass.block * blocks;
    assert!(granted <= 65536, "{id}, {arch}: {usage:?}");
    compiled
}

const LARGE: &str = "m=8192,n=8192,k=8192/hot";
const HEADS: &str = "batch=1,heads=32,kv_heads=8";

#[test]
fn one_text_serves_every_architecture() {
    let Some(nvrtc) = compiler() else { return };
    let cases = [
        format!("matmul/gemm/bf16/{LARGE}"),
        format!("attention/prefill/bf16/{HEADS},d=128,seq=4096/hot"),
        format!("attention/decode/bf16/{HEADS},d=128,kv=4096/hot"),
    ];
    for arch in [80, 86, 87, 89, 90, 100, 110, 120].into_iter().filter(|arch| nvrtc.archs().contains(arch)) {
        let gpu = if matches!(arch, 86 | 89 | 120) { RTX_4090 } else { A100 };
        let suffix = if arch >= 90 { "a" } else { "" };
        for id in &cases {
            compile(&nvrtc, id, &gpu, &format!("sm_{arch}{suffix}"));
        }
    }
}

/// Instructions that must be there, and how many at least.
type Wanted = [(&'static str, usize)];

#[test]
fn the_machine_code_is_what_was_meant() {
    let Some(nvrtc) = compiler() else { return };
    let Some(disassembler) = disassembler() else { return };
    let copies = ("LDGSTS.E.BYPASS", 16);
    let cases: &[(String, Gpu, &str, &Wanted)] = &[
        (format!("matmul/gemm/f16/{LARGE}"), A100, "sm_80", &[("HMMA.16816.F32", 64), ("LDSM.16.M88.4", 16), copies]),
        (format!("matmul/gemm/bf16/{LARGE}"), A100, "sm_80", &[("HMMA.16816.F32.BF16", 64), ("STG.E.128", 16)]),
        (format!("matmul/gemm/i8/{LARGE}"), A100, "sm_80", &[("IMMA.16832.S8.S8", 32), copies]),
        ("matmul/skinny/f16/m=16,n=4096,k=4096/hot".into(), A100, "sm_80", &[("HMMA.16816.F32", 16), copies]),
        (
            format!("matmul/gemm/bf16/{LARGE}"),
            H200,
            "sm_90a",
            &[("HGMMA.64x256x16.F32.BF16", 4), ("UTMALDG.3D", 2), ("STG.E.128", 16), ("USETMAXREG", 2)],
        ),
        ("matmul/gemm/f16/m=2048,n=2048,k=2048/hot".into(), H200, "sm_90a", &[("HGMMA.64x128x16.F32", 4)]),
        (
            format!("attention/prefill/f16/{HEADS},d=64,seq=4096/hot"),
            A100,
            "sm_80",
            &[("HMMA.16816.F32", 128), ("LDSM.16.MT88.4", 16), copies],
        ),
        (
            format!("attention/prefill/bf16/{HEADS},d=256,seq=4096/hot"),
            A100,
            "sm_80",
            &[("HMMA.16816.F32.BF16", 256), ("MUFU.EX2", 32), copies],
        ),
        (
            format!("attention/prefill/bf16/{HEADS},d=128,seq=4096/hot"),
            H200,
            "sm_90a",
            &[("HGMMA.64x128x16.F32.BF16", 32), ("UTMALDG.3D", 6), ("MUFU.EX2", 128)],
        ),
        (
            format!("attention/decode/f16/{HEADS},d=64,kv=4096/hot"),
            A100,
            "sm_80",
            &[("HMMA.16816.F32", 16), ("LDSM.16.MT88.4", 4), copies],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (id, gpu, arch, wanted) in cases {
        let file = folder.path().join("kernel.cubin");
        std::fs::write(&file, compile(&nvrtc, id, gpu, arch).cubin).unwrap();
        let run = Command::new(&disassembler).arg("-c").arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&run.stdout);
        for (instruction, least) in *wanted {
            let found = text.matches(instruction).count();
            assert!(found >= *least, "{id}: {found} {instruction}, not {least}");
        }
        for local in ["LDL", "STL"] {
            assert_eq!(text.split_whitespace().filter(|token| token.starts_with(local)).count(), 0, "{id}: {local}");
        }
    }
}
