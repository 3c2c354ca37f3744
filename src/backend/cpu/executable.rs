//! A case on the CPU: buffers on huge pages, launched set after set, timed by the host's clock.
//! Computes nothing; `native` does.

use std::{
    convert::Infallible,
    hint::black_box,
    time::{Duration, Instant},
};

use super::{
    super::{Build, DeviceError, Elapsed, Executable},
    native::{
        CpuError,
        attention::{AttentionShape, FETCHES, Fetch, Float, Tensors, attention},
        gemm::{Element, MatmulShape, matmul},
        huge::HugeBuf,
        isa::Isa,
        peak,
        pool::Pool,
        workspace::Workspace,
    },
};
use crate::kernel::{Case, Data, Elem, Inputs, attention::Extents, matmul::mnk, poison};

/// Rounds in which ways of doing the same are tried before a case is timed.
const TRIES: usize = 5;

/// What a launch calls.
pub(super) trait Kernel {
    /// Launches on buffer set `set`.
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, workspace: &mut Workspace) -> Result<(), CpuError>;
    /// Buffer sets there are.
    fn sets(&self) -> usize;
    /// The output of a set, as bytes.
    fn output(&mut self, set: usize) -> &mut [u8];
    /// Anything a reader of the number should know.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A case ready to run.
pub(super) struct CpuExecutable<'d> {
    pool: &'d Pool,
    isa: Isa,
    workspace: &'d mut Workspace,
    kernel: Box<dyn Kernel>,
    elem: Elem,
    build: Build,
    next: usize,
    last: usize,
}

impl<'d> CpuExecutable<'d> {
    pub(super) fn new(
        pool: &'d Pool,
        isa: Isa,
        workspace: &'d mut Workspace,
        kernel: Box<dyn Kernel>,
        elem: Elem,
        build: Build,
    ) -> Self {
        CpuExecutable { pool, isa, workspace, kernel, elem, build, next: 0, last: 0 }
    }
}

impl Executable for CpuExecutable<'_> {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        let start = Instant::now();
        for _ in 0..launches {
            let done = self.kernel.launch(self.next, self.pool, self.isa, self.workspace);
            done.map_err(|e| DeviceError::Failed(e.to_string()))?;
            self.last = self.next;
            self.next = (self.next + 1) % self.kernel.sets();
        }
        Ok(Elapsed { host_s: start.elapsed().as_secs_f64(), device_s: None })
    }

    fn poison(&mut self) -> Result<(), DeviceError> {
        for set in 0..self.kernel.sets() {
            self.kernel.output(set).fill(poison(self.elem));
        }
        Ok(())
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        Ok(Data::from_bytes(self.elem, self.kernel.output(self.last)))
    }

    fn build(&self) -> &Build {
        &self.build
    }
}

/// Copies of an input on huge pages, one a buffer set.
pub(super) fn copies<T: bytemuck::Pod>(inputs: &Inputs, name: &str, sets: usize) -> Vec<HugeBuf<T>> {
    let data: &[T] = bytemuck::cast_slice(inputs.get(name).as_bytes());
    (0..sets).map(|_| HugeBuf::from_slice(data)).collect()
}

pub(super) fn blank<T: bytemuck::Pod>(len: usize, sets: usize) -> Vec<HugeBuf<T>> {
    (0..sets).map(|_| HugeBuf::zeroed(len)).collect()
}

/// Matmul in one dtype.
pub(super) struct MatmulKernel<E: Element> {
    shape: MatmulShape,
    a: Vec<HugeBuf<E>>,
    b: Vec<HugeBuf<E>>,
    c: Vec<HugeBuf<E::Out>>,
}

impl<E: Element> MatmulKernel<E> {
    pub(super) fn upload(case: &Case, inputs: &Inputs, sets: usize) -> Self {
        let (m, n, k) = mnk(case);
        let shape = MatmulShape { m, n, k };
        MatmulKernel { shape, a: copies(inputs, "a", sets), b: copies(inputs, "b", sets), c: blank(m * n, sets) }
    }
}

impl<E: Element> Kernel for MatmulKernel<E> {
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, workspace: &mut Workspace) -> Result<(), CpuError> {
        matmul(pool, isa, workspace, self.shape, &self.a[set], &self.b[set], &mut self.c[set])
    }

    fn sets(&self) -> usize {
        self.a.len()
    }

    fn output(&mut self, set: usize) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.c[set])
    }
}

/// Attention in one dtype.
pub(super) struct AttentionKernel<E: Float> {
    shape: AttentionShape,
    fetch: Fetch,
    q: Vec<HugeBuf<E>>,
    k: Vec<HugeBuf<E>>,
    v: Vec<HugeBuf<E>>,
    out: Vec<HugeBuf<E>>,
}

impl<E: Float> AttentionKernel<E> {
    /// Uploads; for a decode also tries the ways to fetch keys and values and keeps the fastest.
    pub(super) fn upload(
        case: &Case,
        inputs: &Inputs,
        sets: usize,
        pool: &Pool,
        isa: Isa,
        workspace: &mut Workspace,
    ) -> Result<Self, CpuError> {
        let Extents { batch, heads, kv_heads, d, seq, kv, .. } = Extents::of(case);
        let mut kernel = AttentionKernel {
            shape: AttentionShape { batch, heads, kv_heads, seq, kv_len: kv, d },
            fetch: FETCHES[0],
            q: copies(inputs, "q", sets),
            k: copies(inputs, "k", sets),
            v: copies(inputs, "v", sets),
            out: blank(batch * heads * seq * d, sets),
        };
        if seq == 1 {
            kernel.fetch = fastest_fetch(sets, |fetch, set| {
                kernel.fetch = fetch;
                kernel.launch(set, pool, isa, workspace)
            })?;
        }
        Ok(kernel)
    }
}

impl<E: Float> Kernel for AttentionKernel<E> {
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, workspace: &mut Workspace) -> Result<(), CpuError> {
        let (q, k, v) = (&self.q[set], &self.k[set], &self.v[set]);
        attention(pool, isa, workspace, self.shape, self.fetch, Tensors { q, k, v, out: &mut self.out[set] })
    }

    fn sets(&self) -> usize {
        self.q.len()
    }

    fn output(&mut self, set: usize) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.out[set])
    }

    fn notes(&self) -> Vec<String> {
        if self.shape.seq == 1 { vec![self.fetch.to_string()] } else { Vec::new() }
    }
}

/// Tries the ways to fetch keys and values, set after set, so that a cold case is tried cold; answers the fastest.
pub(super) fn fastest_fetch<E>(sets: usize, mut launch: impl FnMut(Fetch, usize) -> Result<(), E>) -> Result<Fetch, E> {
    let mut set = 0;
    fastest(&FETCHES, |fetch| {
        set = (set + 1) % sets;
        launch(fetch, set)
    })
}

/// A ceiling.
pub(super) struct CeilingKernel {
    what: Ceiling,
    x: Vec<HugeBuf<u32>>,
    out: Vec<HugeBuf<u32>>,
}

enum Ceiling {
    Read(peak::Read),
    Copy,
    Fma { x: f32, y: f32, iters: u32 },
    Dot { iters: u32 },
    Launch,
}

impl CeilingKernel {
    /// Uploads; for `read` also tries the ways to read and keeps the fastest.
    pub(super) fn upload(case: &Case, inputs: &Inputs, sets: usize, pool: &Pool, isa: Isa) -> Self {
        let iters = || case.axis("iters") as u32;
        let x = copies(inputs, inputs.specs[0].name, sets);
        let out = blank(case.family.tensors(case).output.len() as usize, sets);
        let what = match case.variant.name {
            "read" => {
                // The ceiling is the best the CPU can do, not the best that one loop can.
                let Ok(how) = fastest(&peak::READS, |how| {
                    black_box(peak::read(pool, isa, how, bytemuck::cast_slice(&x[0])));
                    Ok::<_, Infallible>(())
                });
                Ceiling::Read(how)
            }
            "copy" => Ceiling::Copy,
            "fma" => {
                let xy = inputs.get("xy");
                Ceiling::Fma { x: xy.get(0) as f32, y: xy.get(1) as f32, iters: iters() }
            }
            "dot" => Ceiling::Dot { iters: iters() },
            _ => Ceiling::Launch,
        };
        CeilingKernel { what, x, out }
    }
}

/// Tries every way in turn, [`TRIES`] times, and answers the one with the shortest single run.
fn fastest<T: Copy, E>(ways: &[T], mut run: impl FnMut(T) -> Result<(), E>) -> Result<T, E> {
    let mut best = (Duration::MAX, ways[0]);
    for &way in std::iter::repeat_n(ways, TRIES).flatten() {
        let start = Instant::now();
        run(way)?;
        best = if start.elapsed() < best.0 { (start.elapsed(), way) } else { best };
    }
    Ok(best.1)
}

impl Kernel for CeilingKernel {
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, _: &mut Workspace) -> Result<(), CpuError> {
        let (x, out) = (&self.x[set], &mut self.out[set]);
        match self.what {
            Ceiling::Read(how) => out[0] = peak::read(pool, isa, how, bytemuck::cast_slice(x)).to_bits(),
            Ceiling::Copy => peak::copy(pool, isa, bytemuck::cast_slice(x), bytemuck::cast_slice_mut(out)),
            Ceiling::Fma { x: factor, y, iters } => {
                peak::fma(pool, isa, bytemuck::cast_slice(x), factor, y, iters, bytemuck::cast_slice_mut(out));
            }
            Ceiling::Dot { iters } => {
                peak::dot(pool, isa, bytemuck::cast_slice(x), iters, bytemuck::cast_slice_mut(out));
            }
            Ceiling::Launch => {
                pool.run(|_, _| {});
                out[0] = x[0];
            }
        }
        Ok(())
    }

    fn sets(&self) -> usize {
        self.x.len()
    }

    fn output(&mut self, set: usize) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.out[set])
    }

    fn notes(&self) -> Vec<String> {
        match self.what {
            Ceiling::Read(how) => vec![format!("{} streams a thread, asking {} bytes ahead", how.streams, how.ahead)],
            _ => Vec::new(),
        }
    }
}
