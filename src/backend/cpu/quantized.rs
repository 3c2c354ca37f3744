//! Cases whose weights or cache have fewer bits than their activations, on the CPU.
//! Computes nothing; `native` does.

use half::f16;

use super::{
    executable::{Kernel, blank, copies, fastest_fetch},
    native::{
        CpuError,
        attention::{AttentionShape, FETCHES, Fetch, QuantizedTensors, decode_quantized},
        gemm::{MatmulPath, MatmulShape},
        huge::HugeBuf,
        int4::{Int4Tensors, matmul_int4},
        isa::Isa,
        pool::Pool,
        workspace::Workspace,
    },
};
use crate::kernel::{Case, Inputs, Int4, attention::Extents, matmul::mnk};

/// Matmul with 4-bit weights.
pub(super) struct Int4Kernel {
    shape: MatmulShape,
    int4: Int4,
    a: Vec<HugeBuf<f16>>,
    b: Vec<HugeBuf<u8>>,
    s: Vec<HugeBuf<f16>>,
    c: Vec<HugeBuf<f16>>,
}

impl Int4Kernel {
    pub(super) fn upload(case: &Case, int4: Int4, inputs: &Inputs, sets: usize) -> Self {
        let (m, n, k) = mnk(case);
        Int4Kernel {
            shape: MatmulShape { m, n, k },
            int4,
            a: copies(inputs, "a", sets),
            b: copies(inputs, "b", sets),
            s: copies(inputs, "s", sets),
            c: blank(m * n, sets),
        }
    }
}

impl Kernel for Int4Kernel {
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, workspace: &mut Workspace) -> Result<(), CpuError> {
        let tensors = Int4Tensors { a: &self.a[set], b: &self.b[set], s: &self.s[set], c: &mut self.c[set] };
        matmul_int4(MatmulPath::Auto, pool, isa, workspace, self.shape, self.int4, tensors)
    }

    fn sets(&self) -> usize {
        self.a.len()
    }

    fn output(&mut self, set: usize) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.c[set])
    }
}

/// Decode over an 8-bit cache.
pub(super) struct Kv8Kernel {
    shape: AttentionShape,
    fetch: Fetch,
    q: Vec<HugeBuf<f16>>,
    kv: Vec<HugeBuf<i8>>,
    s: Vec<HugeBuf<f16>>,
    out: Vec<HugeBuf<f16>>,
}

impl Kv8Kernel {
    /// Uploads, tries the ways to fetch keys and values and keeps the fastest.
    pub(super) fn upload(
        case: &Case,
        inputs: &Inputs,
        sets: usize,
        pool: &Pool,
        isa: Isa,
        workspace: &mut Workspace,
    ) -> Result<Self, CpuError> {
        let Extents { batch, heads, kv_heads, d, kv, .. } = Extents::of(case);
        let mut kernel = Kv8Kernel {
            shape: AttentionShape { batch, heads, kv_heads, seq: 1, kv_len: kv, d },
            fetch: FETCHES[0],
            q: copies(inputs, "q", sets),
            kv: copies(inputs, "kv", sets),
            s: copies(inputs, "s", sets),
            out: blank(batch * heads * d, sets),
        };
        kernel.fetch = fastest_fetch(sets, |fetch, set| {
            kernel.fetch = fetch;
            kernel.launch(set, pool, isa, workspace)
        })?;
        Ok(kernel)
    }
}

impl Kernel for Kv8Kernel {
    fn launch(&mut self, set: usize, pool: &Pool, isa: Isa, workspace: &mut Workspace) -> Result<(), CpuError> {
        let (q, kv, s) = (&self.q[set], &self.kv[set], &self.s[set]);
        let tensors = QuantizedTensors { q, kv, s, out: &mut self.out[set] };
        decode_quantized(pool, isa, workspace, self.shape, self.fetch, tensors)
    }

    fn sets(&self) -> usize {
        self.q.len()
    }

    fn output(&mut self, set: usize) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.out[set])
    }

    fn notes(&self) -> Vec<String> {
        vec![self.fetch.to_string()]
    }
}
