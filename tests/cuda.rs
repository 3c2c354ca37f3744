//! The CUDA backends end to end without a GPU: driver, compiler and cuBLASLt are a C library that the test builds.
//! Says nothing about any real device; see `tests/support/fake_cuda.c` for what the fake does and does not do.
#![cfg(all(feature = "cuda", target_os = "linux"))]

mod support;

use std::{path::PathBuf, process::Command, sync::OnceLock};

use predicates::{prelude::*, str::contains};
use support::{Bench, stdout};
use wattmark::{
    record::Status,
    wgsl2cuda::{Options, ParamKind, Policy, host_program, translate},
};

/// True if a compiler is there; a note if not. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn have(compiler: &str) -> bool {
    let found = Command::new(compiler).arg("--version").output().is_ok_and(|output| output.status.success());
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    assert!(found || !required.split(',').any(|r| r.trim() == compiler), "no {compiler}");
    if !found {
        println!("skipped: needs {compiler}");
    }
    found
}

/// The fake library, built once; None where there is no compiler for it.
fn fake() -> Option<&'static PathBuf> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let build = || {
        if !(have("gcc") && have("g++")) {
            return None;
        }
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fake-cuda");
        std::fs::create_dir_all(&folder).unwrap();
        let library = folder.join("libcuda.so.1");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/fake_cuda.c");
        let arguments = ["-O2", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o"];
        let status = Command::new("gcc").args(arguments).arg(&library).arg(source).status().unwrap();
        assert!(status.success(), "the fake driver does not compile");
        Some(folder)
    };
    BUILT.get_or_init(build).as_ref()
}

/// A folder and the binary in it, with the fake driver and compiler. Hardware of its own for every test.
struct Fake {
    bench: Bench,
    folder: &'static PathBuf,
    pci: String,
}

impl Fake {
    fn new(bus: u8) -> Option<Fake> {
        let pci = format!("0000:{bus:02X}:00.0");
        Some(Fake { bench: Bench::with("Unused", ""), folder: fake()?, pci })
    }

    fn wattmark(&self, args: &[&str]) -> assert_cmd::Command {
        let library = self.folder.join("libcuda.so.1");
        let mut command = self.bench.wattmark(args);
        command.env("LD_LIBRARY_PATH", self.folder).env("FAKE_CUDA_PCI", &self.pci);
        command.env("WATTMARK_NVRTC", &library).env("WATTMARK_CUBLASLT", &library);
        command.env("WATTMARK_CUDA_CACHE", self.bench.path("cuda-cache")).env_remove("CUDA_VISIBLE_DEVICES");
        command
    }

    /// `run` with quick settings and a record file.
    fn run(&self, more: &[&str]) -> assert_cmd::Command {
        let args = ["run", "--max-time", "0.05", "--energy", "off", "-o", "out.jsonl"];
        self.wattmark(&[&args[..], more].concat())
    }

    /// Notes on what the first case was built as.
    fn notes(&self) -> String {
        let first = self.bench.records().swap_remove(0);
        assert_eq!(first.status, Status::Ok, "{:?}", first.reason);
        first.build.unwrap().notes.join("; ")
    }

    fn reason(&self) -> String {
        self.bench.records().first().and_then(|r| r.reason.clone()).unwrap_or_default()
    }
}

const PRODUCT: &[&str] = &["--case", "matmul", "--dtype", "f32,f16,i8", "--shape", "m=1;2,n=64,k=64"];
const TINY: &[&str] = &["--case", "matmul/gemv/f32/m=1,n=4,k=4/hot"];
const ONE: &[&str] = &["--case", "matmul/gemv/f32/m=1,n=64,k=64/cold"];

#[test]
fn the_devices_are_shown_with_their_facts() {
    let Some(fake) = Fake::new(1) else { return };
    let shown = stdout(&mut fake.wattmark(&["devices", "--format", "json"]));
    for expected in ["cuda:0", "cublaslt:0", "Fake H200", "0000:01:00.0", "GPU-01020304-0506", "NVRTC 13.0", "13.0.1"] {
        assert!(shown.contains(expected), "no {expected} in {shown}");
    }
}

#[test]
fn without_a_compiler_the_command_that_installs_one_is_named() {
    let Some(fake) = Fake::new(2) else { return };
    let mut command = fake.wattmark(&["devices"]);
    command.env("WATTMARK_NVRTC", "/nowhere/libnvrtc.so").env("COLUMNS", "400");
    let shown = stdout(&mut command);
    assert!(shown.contains("Fake H200 is there, but NVRTC"), "{shown}");
    assert!(shown.contains("pip install 'nvidia-cuda-nvrtc==13.*'"), "{shown}");
}

#[test]
fn a_kernel_is_shown_as_the_compiler_makes_it() {
    let Some(fake) = Fake::new(13) else { return };
    let show = ["kernel", "show", ONE[1], "--as"];
    fake.wattmark(&[&show[..], &["ptx"]].concat()).assert().success().stdout(contains("fake"));
    let refused = fake.wattmark(&[&show[..], &["sass", "--arch", "compute_90"]].concat()).assert().failure();
    refused.stderr(contains("real architecture"));
}

#[test]
fn products_of_the_library_verify_in_every_dtype() {
    let Some(fake) = Fake::new(3) else { return };
    let args = ["verify", "--device", "cublaslt", "--case", "matmul"];
    let said = fake.wattmark(&args).assert().success().stdout(contains("multiples of 4"));
    let said = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    for dtype in ["f32", "tf32", "f16", "bf16", "fp8", "i8"] {
        assert!(said.contains(&format!("matmul/gemm/{dtype}/")), "{dtype}: {said}");
    }
    for case in ["matmul/gemm/tf32/m=33,n=48,k=208/hot", "matmul/gemm/fp8/m=33,n=48,k=208/hot"] {
        let args = ["verify", "--device", "cublaslt", "--case", case, "--format", "csv"];
        fake.wattmark(&args).assert().success().stdout(contains("passed"));
    }
}

#[test]
fn a_run_by_the_library_is_timed_cold_and_says_what_was_chosen() {
    let Some(fake) = Fake::new(4) else { return };
    fake.run(&[PRODUCT, &["--device", "cublaslt"]].concat()).assert().success();
    let records = fake.bench.records();
    assert!(records.len() >= 6, "{}", records.len());
    for record in &records {
        assert_eq!(record.status, Status::Ok, "{:?}", record.reason);
        let build = record.build.as_ref().unwrap();
        assert!(build.implementation.contains("cuBLASLt 13.0.1"), "{build:?}");
        assert!(build.notes.iter().any(|n| n.contains("by the heuristic: id 0")), "{build:?}");
    }
    assert!(records.iter().all(|r| r.build.as_ref().unwrap().buffer_sets > 1));
}

#[test]
fn launches_of_a_tiny_case_are_replayed_from_graphs() {
    let Some(fake) = Fake::new(12) else { return };
    fake.run(&[TINY, &["--device", "cublaslt"]].concat()).assert().success();
    assert!(fake.notes().contains("replayed from CUDA graphs"), "{}", fake.notes());
}

#[test]
fn a_case_too_small_to_be_cold_by_rotation_is_flushed() {
    let Some(fake) = Fake::new(11) else { return };
    fake.run(&["--case", "matmul/gemm/f32/m=1,n=1,k=1/cold", "--device", "cublaslt"]).assert().success();
    assert!(fake.notes().contains("overwritten before every launch"), "{}", fake.notes());
}

#[test]
fn where_no_graph_can_be_made_launches_go_one_by_one() {
    let Some(fake) = Fake::new(5) else { return };
    fake.run(&[TINY, &["--device", "cublaslt"]].concat()).env("FAKE_CUDA_CAPTURE", "900").assert().success();
    assert!(fake.notes().contains("launched one by one"), "{}", fake.notes());
}

#[test]
fn kernels_that_do_not_run_leave_the_poison_and_fail() {
    let Some(fake) = Fake::new(6) else { return };
    fake.run(&[ONE, &["--device", "cuda:0"]].concat()).assert().code(4);
    assert!(fake.reason().contains("wrong"), "{}", fake.reason());
    assert!(std::fs::read_dir(fake.bench.path("cuda-cache")).unwrap().count() > 0, "nothing was cached");
}

/// Host programs of a case's kernel, under the name that the fake driver looks for.
fn host_programs(fake: &Fake, case: &str, folder: &std::path::Path) {
    let show = ["kernel", "show", case, "--device", "cuda:0", "--as"];
    let wgsl = stdout(&mut fake.wattmark(&[&show[..], &["wgsl"]].concat()));
    let cuda = stdout(&mut fake.wattmark(&[&show[..], &["cuda"]].concat()));
    let options = Options { policy: Policy::timed(), ..Options::default() };
    let translation = translate(&wgsl, &options).unwrap_or_else(|e| panic!("{case}: {e}"));
    assert_eq!(cuda, translation.source, "{case}: what is shown is not what is translated");
    let hash = cuda.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let program = folder.join(format!("{hash:016x}"));
    let lines = translation.abi.params.iter().map(|param| match param.kind {
        ParamKind::Uniform { bytes, .. } => format!("U {bytes}\n"),
        ParamKind::Storage { .. } => "S\n".to_owned(),
        ParamKind::Length { .. } => "L\n".to_owned(),
    });
    std::fs::write(program.with_extension("abi"), lines.collect::<String>()).unwrap();
    let text = program.with_extension("cpp");
    std::fs::write(&text, host_program(&translation)).unwrap();
    let built = Command::new("g++").args(["-std=c++20", "-O1", "-w", "-o"]).arg(&program).arg(&text).output().unwrap();
    assert!(built.status.success(), "{case}: {}", String::from_utf8_lossy(&built.stderr));
}

/// The whole way of the data but for the card: plan, translation, parameters by the ABI, buffers, graph or not, reading
/// back, verification against f64.
#[test]
fn translated_kernels_verify_when_the_driver_runs_them_on_the_host() {
    let Some(fake) = Fake::new(10) else { return };
    let programs = fake.bench.path("programs");
    std::fs::create_dir(&programs).unwrap();
    for case in [
        "matmul/gemm/f32/m=37,n=129,k=61/hot",
        "matmul/gemv/bf16/m=1,n=31,k=96/cold",
        "matmul/gemm/i8/m=5,n=17,k=3/hot",
        "attention/prefill/f32/batch=1,heads=3,kv_heads=1,d=40,seq=70/hot",
    ] {
        host_programs(&fake, case, &programs);
        let mut command = fake.wattmark(&["verify", "--device", "cuda:0", "--case", case]);
        command.env("FAKE_CUDA_PROGRAMS", &programs).assert().success();
    }
}

#[test]
fn a_fault_on_the_device_costs_the_case_and_says_so() {
    let Some(fake) = Fake::new(7) else { return };
    fake.run(&[PRODUCT, &["--device", "cublaslt"]].concat()).env("FAKE_CUDA_LAUNCH", "700").assert().code(1);
    let records = fake.bench.records();
    // After a few deaths of its worker the device is given up, and the rest of the cases are skipped.
    assert!(records.len() >= 6 && records[..3].iter().all(|r| r.status == Status::Failed));
    assert!(records.iter().all(|r| matches!(r.status, Status::Failed | Status::Skipped)));
    assert!(fake.reason().contains("outside its buffers"), "{}", fake.reason());
}

#[test]
fn too_little_memory_is_said_with_numbers() {
    let Some(fake) = Fake::new(8) else { return };
    let large = ["--case", "matmul/gemv/f32/m=1,n=8192,k=2048/cold", "--device", "cublaslt"];
    fake.run(&large).env("FAKE_CUDA_MEMORY", "50000000").assert().code(1);
    assert!(fake.reason().contains("out of memory") && fake.reason().contains("64 MiB"), "{}", fake.reason());
}

#[test]
fn a_card_that_another_process_holds_is_a_clear_error() {
    let Some(fake) = Fake::new(9) else { return };
    let mut command = fake.run(&[ONE, &["--device", "cublaslt"]].concat());
    let said = command.env("FAKE_CUDA_OPEN", "46").output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    let records = fake.bench.report().records;
    let reasons: String = records.iter().filter_map(|r| r.reason.clone()).collect();
    assert!(contains("another process holds the GPU").eval(&format!("{text}{reasons}")), "{text}{reasons}");
}
