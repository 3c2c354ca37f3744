//! The portable track's plan of the ceilings. Arrays beyond a binding's size go to further buffers and passes.

use super::{
    super::{
        Binding, Buffer, Case, Dtype, Elem, Pass, Program, Role, Slab, Target, Tensors, Tuning, Unplannable,
        source::{self, Kernel, check_workgroup, fold, kernel, padded, rows_per_slab},
    },
    DOT_MASK, DOT_START, DOT_STEP,
};

const READ: Kernel = kernel!("ceiling/read.wgsl");
const COPY: Kernel = kernel!("ceiling/copy.wgsl");
const FMA: Kernel = kernel!("ceiling/fma.wgsl");
const DOT: Kernel = kernel!("ceiling/dot.wgsl");
const LAUNCH: Kernel = kernel!("ceiling/launch.wgsl");

/// Shares that the second fold of `read` leaves for the last invocation to add.
const LAST_SHARES: u64 = 64;

pub(super) fn program(case: &Case, target: &Target, asked: &Tuning) -> Result<Program, Unplannable> {
    let kernel = kernel_of(case);
    let tuning = kernel.resolve(asked, &Tuning::new(), target)?;
    if let Some(&threads) = tuning.get("THREADS") {
        check_workgroup([threads, 1, 1], 0, target)?;
    }
    let preludes: &[&str] = match (case.variant.name, case.dtype) {
        ("fma", Dtype::F16) if !target.f16 => {
            return Err(Unplannable("f16 arithmetic: the device has no `enable f16` (SHADER_F16)".to_owned()));
        }
        ("fma", Dtype::F16) => &["enable f16;\n", "alias Real = f16;\n"],
        ("fma", _) => &["alias Real = f32;\n"],
        _ => &[],
    };
    let mut plan = Plan {
        target,
        source: kernel.assemble(&tuning, preludes),
        tensors: case.family.tensors(case),
        buffers: Vec::new(),
        passes: Vec::new(),
    };
    match case.variant.name {
        "read" => plan.read(&tuning)?,
        "copy" => plan.map(&tuning, &[])?,
        "fma" => plan.map(&tuning, &[case.axis("iters") as u32])?,
        "dot" => plan.map(&tuning, &[case.axis("iters") as u32, DOT_START, DOT_STEP, DOT_MASK])?,
        _ => plan.launch(),
    }
    Ok(Program { buffers: plan.buffers, passes: plan.passes, tuning })
}

fn kernel_of(case: &Case) -> &'static Kernel {
    match case.variant.name {
        "read" => &READ,
        "copy" => &COPY,
        "fma" => &FMA,
        "dot" => &DOT,
        _ => &LAUNCH,
    }
}

/// A program under construction.
struct Plan<'t> {
    target: &'t Target,
    source: std::sync::Arc<str>,
    tensors: Tensors,
    buffers: Vec<Buffer>,
    passes: Vec<Pass>,
}

impl Plan<'_> {
    /// Every slab of the input is folded to shares; the shares of all slabs to fewer; those to the result.
    fn read(&mut self, tuning: &Tuning) -> Result<(), Unplannable> {
        let threads = u64::from(tuning["THREADS"]);
        let shares = threads * u64::from(tuning["GROUPS"]);
        let slabs = self.slabs(0)?;
        let parts = self.scratch("parts", shares * slabs.len() as u64 * 16);
        let last = self.scratch("last", LAST_SHARES * 16);
        let out = self.output(0, 1);
        let folds = slabs.iter().enumerate().map(|(i, &(first, rows))| (i as u64 * shares, first, rows));
        for (at, first, rows) in folds.collect::<Vec<_>>() {
            let x = self.input(0, first, rows);
            let words = self.buffers[x].bytes / 16;
            self.fold_pass(x, parts, words, shares, at, threads)?;
        }
        self.fold_pass(parts, last, shares * slabs.len() as u64, LAST_SHARES, 0, threads)?;
        let params = vec![LAST_SHARES as u32, 1, 0, 1, 1];
        self.pass("finish", params, &[(last, false), (out, true)], [1; 3]);
        Ok(())
    }

    fn fold_pass(
        &mut self,
        from: usize,
        to: usize,
        words: u64,
        shares: u64,
        at: u64,
        threads: u64,
    ) -> Result<(), Unplannable> {
        let grid = fold(shares.div_ceil(threads), self.target)?;
        let params = [words, shares, at].iter().map(|&p| p as u32).chain([grid[0], grid[1]]).collect();
        self.pass("main", params, &[(from, false), (to, true)], grid);
        Ok(())
    }

    /// One invocation for every `WORDS` words of the output, with further inputs whole; `extra` params follow the
    /// number of words.
    fn map(&mut self, tuning: &Tuning, extra: &[u32]) -> Result<(), Unplannable> {
        let others: Vec<_> =
            (1..self.tensors.inputs.len()).map(|i| self.input(i, 0, self.tensors.inputs[i].rows)).collect();
        for (first, rows) in self.slabs(0)? {
            let x = self.input(0, first, rows);
            let out = self.output(first, rows);
            // f16 vec4s are half as wide as the 16 bytes that rows are padded to.
            let words = self.buffers[x].bytes / (4 * self.tensors.inputs[0].elem.bytes());
            let in_a_group = u64::from(tuning["THREADS"] * tuning["WORDS"]);
            let grid = fold(words.div_ceil(in_a_group), self.target)?;
            let params = [&[words as u32], extra, &grid[..2]].concat();
            let inputs = std::iter::once(x).chain(others.iter().copied()).map(|buffer| (buffer, false));
            let storage: Vec<_> = inputs.chain([(out, true)]).collect();
            self.pass("main", params, &storage, grid);
        }
        Ok(())
    }

    fn launch(&mut self) {
        let (x, out) = (self.input(0, 0, 1), self.output(0, 1));
        self.pass("main", vec![0], &[(x, false), (out, true)], [1; 3]);
    }

    /// Parts of the first input that a binding holds: first row and number of rows. The output has the same rows, or
    /// one.
    fn slabs(&self, tensor: usize) -> Result<Vec<(u64, u64)>, Unplannable> {
        let spec = &self.tensors.inputs[tensor];
        let size = rows_per_slab(spec.name, spec.rows, 1, padded(spec.cols, spec.elem), self.target)?;
        Ok((0..spec.rows).step_by(size as usize).map(|at| (at, size.min(spec.rows - at))).collect())
    }

    fn input(&mut self, tensor: usize, first: u64, rows: u64) -> usize {
        let spec = &self.tensors.inputs[tensor];
        let slab = Slab { tensor, first, rows, cols: spec.cols, elem: spec.elem, pitch: padded(spec.cols, spec.elem) };
        self.buffers.push(Buffer { name: spec.name.to_owned(), bytes: rows * slab.pitch, role: Role::Input(slab) });
        self.buffers.len() - 1
    }

    fn output(&mut self, first: u64, rows: u64) -> usize {
        let spec = &self.tensors.output;
        let (cols, elem): (u64, Elem) = (spec.cols, spec.elem);
        let slab = Slab { tensor: 0, first, rows, cols, elem, pitch: padded(cols, elem) };
        self.buffers.push(Buffer { name: spec.name.to_owned(), bytes: rows * slab.pitch, role: Role::Output(slab) });
        self.buffers.len() - 1
    }

    fn scratch(&mut self, name: &str, bytes: u64) -> usize {
        self.buffers.push(Buffer { name: name.to_owned(), bytes, role: Role::Scratch });
        self.buffers.len() - 1
    }

    fn pass(&mut self, entry: &'static str, params: Vec<u32>, storage: &[(usize, bool)], grid: [u32; 3]) {
        let storage = storage.iter().map(|&(buffer, writable)| Binding { buffer, writable }).collect();
        self.passes.push(Pass { source: self.source.clone(), entry, params, storage, grid });
    }
}

pub(super) fn tunings(case: &Case, target: &Target) -> Vec<Tuning> {
    let shapes: &[&[(&str, u32)]] = match (case.variant.name, target.software) {
        ("read", true) => {
            &[&[("WORDS", 8)], &[("WORDS", 16)], &[("GROUPS", 16)], &[("THREADS", 64)], &[("GROUPS", 8), ("WORDS", 16)]]
        }
        ("read", false) => &[
            &[("WORDS", 4)],
            &[("WORDS", 16)],
            &[("GROUPS", 256)],
            &[("GROUPS", 4096)],
            &[("GROUPS", 2048), ("WORDS", 4)],
        ],
        ("copy", _) => {
            &[&[("WORDS", 1)], &[("WORDS", 2)], &[("WORDS", 8)], &[("WORDS", 16)], &[("WORDS", 4), ("THREADS", 128)]]
        }
        ("fma" | "dot", _) => {
            &[&[("WORDS", 2)], &[("WORDS", 3)], &[("WORDS", 4)], &[("WORDS", 6)], &[("WORDS", 8)], &[("UNROLL", 32)]]
        }
        _ => &[],
    };
    let candidates = std::iter::once(Tuning::new()).chain(shapes.iter().map(|shape| source::tuning(shape)));
    source::runnable(candidates, |tuning| program(case, target, tuning))
}
