//! The native kernels without a GPU: their plans, their text executed on the CPU against the f64 reference, wrong kernels
//! caught, and what NVRTC makes of them.

mod host;
mod sass;

use super::plan::{Arg, Gpu, NativePass, NativeProgram, TensorMap, plan};
use crate::kernel::{Buffer, Case, Role, Suite};

const A100: Gpu = Gpu { sm: (8, 0), sm90a: false, multiprocessors: 108, shared_bytes: 163 << 10 };
const RTX_4090: Gpu = Gpu { sm: (8, 9), sm90a: false, multiprocessors: 128, shared_bytes: 99 << 10 };
const H200: Gpu = Gpu { sm: (9, 0), sm90a: true, multiprocessors: 132, shared_bytes: 227 << 10 };

fn case(id: &str) -> Case {
    id.parse().unwrap_or_else(|e| panic!("{id}: {e}"))
}

#[test]
fn every_case_is_planned_or_refused_with_a_way_out() {
    for suite in ["verify", "inference", "full"] {
        for case in Suite::load(suite).unwrap().cases.into_iter().map(|listed| listed.case) {
            for gpu in [A100, RTX_4090, H200] {
                match plan(&case, &gpu) {
                    Ok(program) => check_plan(&case, &gpu, &program),
                    Err(why) => assert!(why.contains("portable"), "{case}: {why}"),
                }
            }
        }
    }
}

fn check_plan(case: &Case, gpu: &Gpu, program: &NativeProgram) {
    let tensors = case.family.tensors(case);
    let inputs = program.buffers.iter().filter(|buffer| matches!(buffer.role, Role::Input(_))).count();
    assert_eq!(inputs, tensors.inputs.len(), "{case}");
    for pass in &program.passes {
        assert!(pass.shared_bytes <= gpu.shared_bytes && pass.block <= 1024, "{case}: {pass:?}");
        assert!(pass.grid.iter().all(|&extent| extent > 0) && pass.grid[1] <= 65535, "{case}: {:?}", pass.grid);
        assert!(!pass.source.needs_sm90a() || gpu.sm90a, "{case}");
        for arg in &pass.args {
            match *arg {
                Arg::Buffer(at) => assert!(at < program.buffers.len()),
                Arg::TensorMap(map) => check_map(program, &map),
                Arg::U32(_) | Arg::F32(_) => {}
            }
        }
    }
}

/// The driver's rules for a tensor map.
fn check_map(program: &NativeProgram, map: &TensorMap) {
    assert!(map.strides.iter().all(|&bytes| bytes % 16 == 0 && bytes < 1 << 40), "{map:?}");
    assert!(map.boxed.iter().all(|&extent| (1..=256).contains(&extent)), "{map:?}");
    assert_eq!(u64::from(map.boxed[0]) * map.elem.bytes(), 128, "{map:?}");
    assert!(map.strides[1] * map.extents[2] <= program.buffers[map.buffer].bytes, "{map:?}");
}

#[test]
fn the_kernel_follows_the_gpu_and_the_shape() {
    let planned = |id: &str, gpu: &Gpu| plan(&case(id), gpu).map(|program| program.implementation);
    let large = "matmul/gemm/bf16/m=4096,n=4096,k=4096/hot";
    assert_eq!(planned(large, &H200), Ok("gemm_sm90"));
    assert_eq!(planned(large, &A100), Ok("gemm_sm80"));
    assert_eq!(planned("matmul/gemm/i8/m=4096,n=4096,k=4096/hot", &H200), Ok("gemm_sm80"));
    assert_eq!(planned("matmul/skinny/bf16/m=8,n=4096,k=4096/hot", &H200), Ok("gemm_sm80"));
    let gemv = plan(&case("matmul/gemv/bf16/m=1,n=4096,k=4096/hot"), &H200).unwrap();
    let [product, sum] = &gemv.passes[..] else { panic!("{} passes", gemv.passes.len()) };
    assert_eq!((product.grid, sum.kernel, gemv.buffers.len()), ([64, 9, 1], "add_parts", 4));
    assert!(planned("matmul/gemm/f32/m=64,n=64,k=64/hot", &H200).unwrap_err().contains("TF32"));
    let heads = "batch=1,heads=32,kv_heads=8";
    assert_eq!(planned(&format!("attention/prefill/bf16/{heads},d=128,seq=4096/hot"), &H200), Ok("flash_sm90"));
    assert_eq!(planned(&format!("attention/prefill/bf16/{heads},d=80,seq=4096/hot"), &H200), Ok("flash_sm80"));
    assert_eq!(planned(&format!("attention/decode/bf16/{heads},d=128,kv=4096/hot"), &H200), Ok("decode_sm80"));
    let turing = Gpu { sm: (7, 5), ..A100 };
    assert!(planned(large, &turing).unwrap_err().contains("8.0"));
    let small = Gpu { shared_bytes: 48 << 10, ..A100 };
    assert!(planned(large, &small).is_ok());
    let wide = "attention/decode/bf16/batch=1,heads=32,kv_heads=8,d=128,kv=4096/hot";
    assert!(planned(wide, &small).unwrap_err().contains("49152"));
}

#[test]
fn a_decode_fills_the_gpu() {
    let id = "attention/decode/bf16/batch=1,heads=32,kv_heads=8,d=128,kv=4096/hot";
    let program = plan(&case(id), &H200).unwrap();
    assert_eq!(program.passes[0].grid, [32, 8, 1]);
    assert_eq!(program.passes[0].shared_bytes, 96 << 10);
    assert!(program.source().contains("#define D_WORDS 16\n"));
}
