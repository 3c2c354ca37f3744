//! What is emitted, construct by construct; what it computes when it runs on the host; what is refused, and where.

mod execute;
mod golden;
mod kernels;
mod refuse;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Options, Param, ParamKind, Translation, host_program};

/// The WGSL of a file under `golden/`.
fn construct(name: &str) -> String {
    let path = folder().join(format!("{name}.wgsl"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wgsl2cuda/golden")
}

/// Options that a construct needs to be whole.
fn options(name: &str) -> Options {
    let mut options = Options::default();
    if name == "overrides" {
        options.overrides.insert("3".to_owned(), 1.5);
    }
    options
}

/// A translated kernel as a program of the host.
struct Host {
    _folder: tempfile::TempDir,
    program: PathBuf,
    params: Vec<Param>,
}

/// How a run on the host ended: the storage buffers in the order of the parameters, or the fault.
type Ran = Result<Vec<Vec<u8>>, String>;

impl Host {
    /// Compiles, or says that there is no compiler; fails instead if `WATTMARK_REQUIRE` asks for one.
    fn new(translation: &Translation, flags: &[&str]) -> Option<Host> {
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "g++".to_owned());
        if Command::new(&compiler).arg("--version").stdout(Stdio::null()).status().is_err() {
            let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
            assert!(!required.split(',').any(|r| r.trim() == "g++"), "no {compiler}");
            println!("skipped: needs g++");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let (source, program) = (folder.path().join("kernel.cpp"), folder.path().join("kernel"));
        std::fs::write(&source, host_program(translation)).unwrap();
        let mut command = Command::new(compiler);
        command.args(["-std=c++20", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]);
        command.args(["-Wno-unknown-pragmas", "-Wno-unused"]).args(flags).arg("-o").arg(&program).arg(&source);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(Host { _folder: folder, program, params: translation.abi.params.clone() })
    }

    /// Runs a job: `buffers` are those of uniforms and storage, in the order of the parameters.
    fn run(&self, grid: [u32; 3], seed: u64, lanes: u32, buffers: &[&[u8]]) -> Ran {
        let mut job = Vec::new();
        grid.iter().for_each(|g| job.extend(g.to_le_bytes()));
        job.extend(seed.to_le_bytes());
        job.extend(lanes.to_le_bytes());
        job.extend((self.params.len() as u32).to_le_bytes());
        let mut buffers = buffers.iter();
        let mut last = 0u32;
        for param in &self.params {
            if let ParamKind::Length { .. } = param.kind {
                job.extend(4u64.to_le_bytes());
                job.extend(last.to_le_bytes());
            } else {
                let bytes = buffers.next().expect("a buffer for every binding");
                last = bytes.len() as u32;
                job.extend((bytes.len() as u64).to_le_bytes());
                job.extend_from_slice(bytes);
            }
        }
        assert!(buffers.next().is_none(), "more buffers than bindings: {:?}", self.params);
        self.execute(&job)
    }

    fn execute(&self, job: &[u8]) -> Ran {
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(job).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        if !output.status.success() {
            return Err(format!("{:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr)));
        }
        let mut rest = output.stdout.as_slice();
        let mut storage = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<8>() {
            let (bytes, after) = after.split_at(u64::from_le_bytes(*length) as usize);
            storage.push(bytes.to_vec());
            rest = after;
        }
        Ok(storage)
    }
}

/// Little-endian bytes of 32-bit words.
trait Words {
    fn bytes(&self) -> Vec<u8>;
}
impl Words for [u32] {
    fn bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|w| w.to_le_bytes()).collect()
    }
}
impl Words for [i32] {
    fn bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|w| w.to_le_bytes()).collect()
    }
}
impl Words for [f32] {
    fn bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|w| w.to_le_bytes()).collect()
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
}
fn ints(bytes: &[u8]) -> Vec<i32> {
    words(bytes).into_iter().map(|w| w as i32).collect()
}
fn floats(bytes: &[u8]) -> Vec<f32> {
    words(bytes).into_iter().map(f32::from_bits).collect()
}
