//! The compiler on trivial kernels, where there is one; and what is said where there is none.

use super::*;

/// The compiler, or a note that there is none. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn compiler() -> Option<Nvrtc> {
    let found = find();
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == "nvrtc") || found.is_ok(), "no NVRTC: {found:?}");
    found.inspect_err(|missing| println!("skipped: needs nvrtc ({})", missing.fix)).ok()
}

const TIMED: &[&str] = crate::wgsl2cuda::Policy::timed().nvrtc_options();

const DOUBLE: &str = r#"
extern "C" __global__ void twice(float* __restrict__ data, unsigned count) {
    __shared__ float tile[64];
    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    tile[threadIdx.x] = i < count ? data[i] : 0.0f;
    __syncthreads();
    if (i < count) data[i] = tile[threadIdx.x ^ 1u] * 2.0f;
}"#;

#[test]
fn a_kernel_becomes_ptx_and_cubin() {
    let Some(nvrtc) = compiler() else { return };
    assert!(!nvrtc.archs().is_empty() && nvrtc.version().contains('.'));
    let compiled = nvrtc.compile(DOUBLE, "sm_90a", TIMED).unwrap();
    assert!(compiled.ptx.contains(".target sm_90a") && compiled.ptx.contains(".entry twice"), "{}", compiled.ptx);
    assert!(compiled.cubin.starts_with(b"\x7fELF"));
    let [usage] = &compiled.usage[..] else { panic!("no usage in the log: {}", compiled.log) };
    assert_eq!((usage.kernel.as_str(), usage.shared_bytes, usage.spill_stores), ("twice", 256, 0));
    assert!((1..=32).contains(&usage.registers), "{usage:?}");
}

#[test]
fn a_virtual_architecture_gives_ptx_alone() {
    let Some(nvrtc) = compiler() else { return };
    let compiled = nvrtc.compile(DOUBLE, "compute_80", TIMED).unwrap();
    assert!(compiled.ptx.contains(".target sm_80"));
    assert!(compiled.cubin.is_empty() && compiled.usage.is_empty());
}

#[test]
fn a_refusal_says_where_and_why() {
    let Some(nvrtc) = compiler() else { return };
    let error = nvrtc.compile("extern \"C\" __global__ void f() {\n  undeclared();\n}", "sm_80", &[]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("kernel.cu(2)") && text.contains("undeclared") && text.contains("sm_80"), "{text}");
    let text = nvrtc.compile(DOUBLE, "sm_13", &[]).unwrap_err().to_string();
    assert!(text.contains("sm_13"), "{text}");
    assert!(nvrtc.compile("zero\0byte", "sm_80", &[]).unwrap_err().to_string().contains("zero byte"));
}

#[test]
fn without_a_compiler_one_command_is_named() {
    let root = tempfile::tempdir().unwrap();
    let bogus = root.path().join("libnvrtc.so");
    std::fs::write(&bogus, "not a library").unwrap();
    let variable = |name: &str| (name == VARIABLE).then(|| bogus.clone().into_os_string());
    let around = Surroundings { variable: &variable, root: root.path(), python: &Vec::new };
    let missing = find_in(&around, Some((12, 4))).unwrap_err();
    assert!(missing.why.contains("libnvrtc.so"), "{missing:?}");
    assert!(missing.fix.starts_with("pip install nvidia-cuda-nvrtc-cu12 "), "{missing:?}");
    assert!(fix(Some((13, 1))).starts_with("pip install 'nvidia-cuda-nvrtc==13.*' "));
    assert!(fix(None).contains(VARIABLE));
}
