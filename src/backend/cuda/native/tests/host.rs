//! Kernels' own text, compiled by g++ behind `kernels/native/host.h` and executed on the CPU: random schedules, copies as
//! late and as early as allowed. Faults and wrong numbers both count as caught.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::*;
use crate::kernel::{Data, Inputs, pack_rows, poison, unpack_rows, verify};

/// In order with late copies; random with early copies; random with late ones.
const SEEDS: [u64; 3] = [0, 1, 2];

/// False, with a note, where there is no g++. Fails instead if `WATTMARK_REQUIRE` asks for it.
fn has_compiler() -> bool {
    let found = Command::new("g++").arg("--version").output().is_ok_and(|run| run.status.success());
    let required = std::env::var("WATTMARK_REQUIRE").unwrap_or_default();
    assert!(found || !required.split(',').any(|name| name.trim() == "g++"), "no g++");
    if !found {
        println!("skipped: needs g++ with C++20");
    }
    found
}

/// g++ with the flags of every kernel: precompiled headers must share them.
fn compile(options: &[&str], from: &Path, to: &Path) {
    let mut compiler = Command::new("g++");
    compiler.args(["-std=c++20", "-O1", "-w"]).args(options).arg("-o").arg(to).arg(from);
    let run = compiler.output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// Kernels compiled so far, in a folder of their own.
struct Workshop {
    folder: tempfile::TempDir,
    made: Vec<(String, PathBuf)>,
}

impl Workshop {
    /// With the standard headers compiled once: they take longer than a kernel.
    fn new(text: &str) -> Workshop {
        let workshop = Workshop { folder: tempfile::tempdir().unwrap(), made: Vec::new() };
        let headers: Vec<&str> = text.lines().filter(|line| line.starts_with("#include <")).collect();
        std::fs::write(workshop.headers(), headers.join("\n")).unwrap();
        compile(&["-x", "c++-header"], &workshop.headers(), &workshop.headers().with_extension("h.gch"));
        workshop
    }

    fn headers(&self) -> PathBuf {
        self.folder.path().join("standard.h")
    }

    fn executable(&mut self, text: String) -> PathBuf {
        if let Some((_, path)) = self.made.iter().find(|(known, _)| *known == text) {
            return path.clone();
        }
        let path = self.folder.path().join(format!("kernel{}", self.made.len()));
        let source = path.with_extension("cpp");
        std::fs::write(&source, &text).unwrap();
        compile(&["-include", &self.headers().to_string_lossy()], &source, &path);
        self.made.push((text, path.clone()));
        path
    }

    /// Runs a case; `change` edits the text of every pass.
    fn run(&mut self, id: &str, gpu: &Gpu, seed: u64, change: &dyn Fn(String) -> String) -> Result<(), String> {
        let case = case(id);
        let program = plan(&case, gpu).unwrap_or_else(|e| panic!("{id}: {e}"));
        let inputs = Inputs::seeded(&case);
        let output = case.family.tensors(&case).output;
        let fill = |buffer: &Buffer| match &buffer.role {
            Role::Input(slab) => pack_rows(slab, inputs.data[slab.tensor].as_bytes()),
            Role::Output(_) | Role::Scratch => vec![poison(output.elem); buffer.bytes as usize],
        };
        let mut buffers: Vec<Vec<u8>> = program.buffers.iter().map(fill).collect();
        let kernels: Vec<&str> = program.passes.iter().map(|pass| pass.kernel).collect();
        for pass in &program.passes {
            let executable = self.executable(change(pass.source.host(&kernels)));
            launch(&executable, pass, seed, &mut buffers)?;
        }
        let mut whole = vec![0; output.bytes() as usize];
        for (buffer, bytes) in program.buffers.iter().zip(&buffers) {
            if let Role::Output(slab) = &buffer.role {
                unpack_rows(slab, bytes, &mut whole);
            }
        }
        let found = verify(&case, &inputs, &Data::from_bytes(output.elem, &whole));
        found.failure.map_or(Ok(()), Err)
    }
}

fn launch(executable: &Path, pass: &NativePass, seed: u64, buffers: &mut [Vec<u8>]) -> Result<(), String> {
    let mut child = Command::new(executable)
        .arg(pass.kernel)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&request(pass, seed, buffers)).unwrap();
    drop(stdin);
    let run = child.wait_with_output().unwrap();
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned());
    }
    let mut rest = &run.stdout[..];
    for arg in &pass.args {
        let (Arg::Buffer(at) | Arg::TensorMap(TensorMap { buffer: at, .. })) = *arg else { continue };
        let (length, bytes) = rest.split_at(8);
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        buffers[at] = bytes[..length].to_vec();
        rest = &bytes[length..];
    }
    Ok(())
}

/// A launch as `kernels/native/host_main.h` reads it.
fn request(pass: &NativePass, seed: u64, buffers: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seed.to_le_bytes().to_vec();
    for value in pass.grid.into_iter().chain([pass.block, pass.shared_bytes]) {
        bytes.extend(value.to_le_bytes());
    }
    for arg in &pass.args {
        let value = match *arg {
            Arg::Buffer(at) => buffers[at].clone(),
            Arg::U32(value) => value.to_le_bytes().to_vec(),
            Arg::F32(value) => value.to_le_bytes().to_vec(),
            Arg::TensorMap(map) => {
                let [columns, rows, planes] = map.extents.map(|extent| extent as u32);
                let shape = [columns, rows, planes, map.strides[0] as u32, map.boxed[0], map.boxed[1]];
                shape.iter().flat_map(|value| value.to_le_bytes()).chain(buffers[map.buffer].iter().copied()).collect()
            }
        };
        bytes.extend((value.len() as u64).to_le_bytes());
        bytes.extend(value);
    }
    bytes
}

/// A workshop with the headers that the kernels of this case, and all others, include.
fn workshop(id: &str, gpu: &Gpu) -> Workshop {
    let program = plan(&case(id), gpu).unwrap_or_else(|e| panic!("{id}: {e}"));
    Workshop::new(&program.passes[0].source.host(&[]))
}

fn verify_all(cases: &[(&str, Gpu)]) {
    if !has_compiler() {
        return;
    }
    let mut workshop = workshop(cases[0].0, &cases[0].1);
    for (id, gpu) in cases {
        for seed in SEEDS {
            workshop.run(id, gpu, seed, &|text| text).unwrap_or_else(|why| panic!("{id}, seed {seed}: {why}"));
        }
    }
}

/// A GPU of so few multiprocessors that small cases get large tiles.
const fn tiny(gpu: Gpu, multiprocessors: u32) -> Gpu {
    Gpu { multiprocessors, ..gpu }
}

#[test]
fn gemm_sm80_is_right() {
    verify_all(&[
        ("matmul/gemm/f16/m=130,n=136,k=61/hot", tiny(A100, 1)),
        ("matmul/gemm/bf16/m=128,n=257,k=520/hot", tiny(RTX_4090, 1)),
        ("matmul/gemm/i8/m=77,n=130,k=257/hot", tiny(A100, 1)),
        ("matmul/gemm/bf16/m=1,n=1,k=1/hot", A100),
        ("matmul/gemm/i8/m=65,n=70,k=257/hot", A100),
        ("matmul/skinny/f16/m=2,n=100,k=31/hot", A100),
        ("matmul/skinny/bf16/m=17,n=77,k=96/hot", A100),
        ("matmul/skinny/f16/m=64,n=64,k=640/hot", A100),
        ("matmul/gemv/bf16/m=1,n=130,k=1001/hot", A100),
        ("matmul/skinny/i8/m=7,n=66,k=2100/hot", A100),
    ]);
}

#[test]
fn gemm_sm90_is_right() {
    verify_all(&[
        ("matmul/gemm/bf16/m=130,n=300,k=520/hot", tiny(H200, 1)),
        ("matmul/gemm/bf16/m=65,n=257,k=61/hot", tiny(H200, 2)),
        ("matmul/gemm/f16/m=200,n=264,k=136/hot", tiny(H200, 5)),
    ]);
}

#[test]
fn prefill_is_right() {
    verify_all(&[
        ("attention/prefill/f16/batch=1,heads=1,kv_heads=1,d=64,seq=1/hot", A100),
        ("attention/prefill/f16/batch=1,heads=8,kv_heads=1,d=64,seq=65/hot", A100),
        ("attention/prefill/bf16/batch=2,heads=2,kv_heads=1,d=80,seq=33/hot", A100),
        ("attention/prefill/bf16/batch=1,heads=2,kv_heads=2,d=128,seq=129/hot", A100),
        ("attention/prefill/bf16/batch=1,heads=4,kv_heads=1,d=128,seq=64/hot", A100),
        ("attention/prefill/f16/batch=1,heads=1,kv_heads=1,d=256,seq=70/hot", A100),
        ("attention/prefill/f16/batch=1,heads=4,kv_heads=1,d=64,seq=129/hot", H200),
        ("attention/prefill/bf16/batch=2,heads=2,kv_heads=1,d=128,seq=65/hot", H200),
        ("attention/prefill/bf16/batch=1,heads=1,kv_heads=1,d=128,seq=400/hot", H200),
    ]);
}

#[test]
fn decode_is_right() {
    verify_all(&[
        ("attention/decode/f16/batch=1,heads=1,kv_heads=1,d=64,kv=1/hot", A100),
        ("attention/decode/f16/batch=1,heads=4,kv_heads=4,d=80,kv=63/hot", A100),
        ("attention/decode/bf16/batch=2,heads=8,kv_heads=2,d=128,kv=257/hot", tiny(A100, 4)),
        ("attention/decode/bf16/batch=1,heads=8,kv_heads=1,d=128,kv=640/hot", tiny(A100, 1)),
        ("attention/decode/bf16/batch=1,heads=20,kv_heads=1,d=256,kv=130/hot", tiny(RTX_4090, 1)),
    ]);
}

/// A kernel made wrong: what is replaced by what, and the case that must show it.
struct Mutant {
    id: &'static str,
    gpu: Gpu,
    from: &'static str,
    to: &'static str,
}

const MUTANTS: &[Mutant] = &[
    // The tile is read before it has come.
    Mutant {
        id: "matmul/gemm/f16/m=130,n=136,k=200/hot",
        gpu: tiny(A100, 1),
        from: "        cp_async_wait<STAGES - 2>();\n        sync_block();\n        stage",
        to: "        cp_async_wait<STAGES - 1>();\n        sync_block();\n        stage",
    },
    // Warps overwrite what others still read.
    Mutant {
        id: "matmul/gemm/f16/m=130,n=136,k=200/hot",
        gpu: tiny(A100, 1),
        from: "        cp_async_wait<STAGES - 2>();\n        sync_block();\n        stage",
        to: "        cp_async_wait<STAGES - 2>();\n        stage",
    },
    // The swizzle is left out.
    Mutant {
        id: "matmul/gemm/f16/m=130,n=136,k=200/hot",
        gpu: tiny(A100, 1),
        from: "word ^ (row >> 1 & 3)",
        to: "word",
    },
    // A slot is handed back while its product runs.
    Mutant {
        id: "matmul/gemm/bf16/m=130,n=300,k=520/hot",
        gpu: tiny(H200, 1),
        from: "if (step > 0) ring.release(before);",
        to: "if (step > 0) ring.release(ring.slot);",
    },
    // A step of K is one word short.
    Mutant { id: "matmul/gemm/bf16/m=130,n=300,k=520/hot", gpu: tiny(H200, 1), from: "right + 2 * i", to: "right + i" },
    // A position does not see itself.
    Mutant {
        id: "attention/prefill/bf16/batch=1,heads=2,kv_heads=2,d=128,seq=129/hot",
        gpu: A100,
        from: "if (key + 8 * j + c % 2 > row + c",
        to: "if (key + 8 * j + c % 2 >= row + c",
    },
    // Keys are overwritten while other warps read them.
    Mutant {
        id: "attention/prefill/bf16/batch=1,heads=2,kv_heads=2,d=128,seq=129/hot",
        gpu: A100,
        from: "        sync_block();\n        if (tile > 0)",
        to: "        if (tile > 0)",
    },
    // Sums under an older maximum are not rescaled.
    Mutant {
        id: "attention/decode/bf16/batch=1,heads=8,kv_heads=1,d=128,kv=640/hot",
        gpu: tiny(A100, 1),
        from: "out[j][c] *= fades[c / 2]",
        to: "out[j][c] *= fades[1]",
    },
    // The next 64 columns of the values are taken for the next keys.
    Mutant {
        id: "attention/prefill/bf16/batch=1,heads=1,kv_heads=1,d=128,seq=400/hot",
        gpu: H200,
        from: "tile_across_k(v_tile, BOX_BYTES)",
        to: "tile_across_k(v_tile, 1024)",
    },
    // Scores are read before they are there.
    Mutant {
        id: "attention/prefill/bf16/batch=1,heads=1,kv_heads=1,d=128,seq=400/hot",
        gpu: H200,
        from: "wgmma_wait<1>()",
        to: "wgmma_wait<2>()",
    },
];

#[test]
fn wrong_kernels_are_caught() {
    if !has_compiler() {
        return;
    }
    let mut workshop = workshop(MUTANTS[0].id, &MUTANTS[0].gpu);
    for Mutant { id, gpu, from, to } in MUTANTS {
        let change = |text: String| {
            assert!(text.contains(from), "{id}: the text no longer has `{from}`");
            text.replacen(from, to, 1)
        };
        let caught = SEEDS.into_iter().find_map(|seed| workshop.run(id, gpu, seed, &change).err());
        assert!(caught.is_some(), "not caught: {id} with `{to}` for `{from}`");
    }
}
