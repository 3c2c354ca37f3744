//! Calls candle and takes the time.
//! Composes no operation; see [`super::ops`].

use std::time::Instant;

use candle_core::Tensor;

use super::{
    super::{Build, DeviceError, Elapsed, Executable},
    F16_DEPTH, VERSION, failed, ops,
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Data, Dtype, Elem},
};

/// What a launch calls.
#[derive(Debug)]
pub(super) enum Operation {
    Product,
    Attention(ops::Attention),
}

/// A case uploaded to candle tensors.
pub(super) struct CandleExecutable {
    operation: Operation,
    /// Input tensors, one list per buffer set.
    sets: Vec<Vec<Tensor>>,
    next: usize,
    /// What the last launch returned.
    output: Option<Tensor>,
    elem: Elem,
    build: Build,
}

impl CandleExecutable {
    pub(super) fn new(case: &Case, operation: Operation, sets: Vec<Vec<Tensor>>, set_bytes: u64) -> Self {
        let on_cpu = sets.first().and_then(|set| set.first()).is_none_or(|input| input.device().is_cpu());
        let mut notes = vec!["candle allocates the output on every launch".to_owned()];
        let name = match &operation {
            Operation::Product => {
                if on_cpu && product_may_round_partial_sums(case) {
                    notes.push("candle's f16 product stores partial sums in f16 between blocks of depth".to_owned());
                }
                "matmul"
            }
            Operation::Attention(_) => {
                notes.push(
                    "attention composed of matmul, additive mask and softmax; query heads of one KV head are stacked \
                     as rows, K and V are not repeated"
                        .to_owned(),
                );
                if case.dtype.bytes() < 4 {
                    notes.push("q, k and v are widened to f32 in every launch, as candle's models do".to_owned());
                }
                "attention"
            }
        };
        let build = Build {
            source_sha256: sha256_hex(format!("candle-core {VERSION} {name}")),
            implementation: format!("library candle-core {VERSION}"),
            tuning: Default::default(),
            buffer_sets: sets.len() as u32,
            set_bytes,
            notes,
        };
        CandleExecutable { operation, sets, next: 0, output: None, elem: Elem::output(case.dtype), build }
    }

    fn launch(&self) -> candle_core::Result<Tensor> {
        match (&self.operation, &self.sets[self.next][..]) {
            (Operation::Product, [a, b]) => ops::product(a, b),
            (Operation::Attention(attention), [q, k, v]) => attention.forward(q, k, v),
            (operation, inputs) => candle_core::bail!("{} inputs for {operation:?}", inputs.len()),
        }
    }
}

impl Executable for CandleExecutable {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        let start = Instant::now();
        for _ in 0..launches {
            self.output = None;
            self.output = Some(self.launch().map_err(|e| failed("launching", &e))?);
            self.next = (self.next + 1) % self.sets.len();
        }
        if let Some(output) = &self.output {
            // A GPU's launches return before they have run.
            output.device().synchronize().map_err(|e| failed("waiting for the launches", &e))?;
        }
        Ok(Elapsed { host_s: start.elapsed().as_secs_f64(), device_s: None })
    }

    /// Drops the last output; see the module's page.
    fn poison(&mut self) -> Result<(), DeviceError> {
        self.output = None;
        Ok(())
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        let Some(output) = &self.output else {
            return Err(DeviceError::Failed("candle has no output to read: nothing was launched since".to_owned()));
        };
        let read = || -> candle_core::Result<Data> {
            let flat = output.flatten_all()?;
            Ok(match self.elem {
                Elem::F32 => Data::F32(flat.to_vec1()?),
                Elem::F16 => Data::F16(flat.to_vec1()?),
                Elem::Bf16 => Data::Bf16(flat.to_vec1()?),
                Elem::I32 => Data::I32(flat.to_vec1()?),
                Elem::I8 | Elem::Fp8 => candle_core::bail!("no case writes 8 bits"),
            })
        };
        read().map_err(|e| failed("reading the output back", &e))
    }

    fn build(&self) -> &Build {
        &self.build
    }
}

/// See the module's known finding.
pub(super) fn product_may_round_partial_sums(case: &Case) -> bool {
    case.family.name() == "matmul"
        && case.dtype == Dtype::F16
        && (cfg!(target_arch = "aarch64") || case.axis("m") > 1 && case.axis("k") > F16_DEPTH)
}
