//! An open CPU: its threads, its instruction set, and the uploading of a case.
//! Times nothing; see [`super::executable`].

use half::{bf16, f16};

use super::{
    super::{Build, Device, DeviceError, DeviceFacts, Executable, buffer_sets, check_memory},
    executable::{AttentionKernel, CeilingKernel, CpuExecutable, Kernel, MatmulKernel},
    native::{
        attention::Float,
        huge::HugeBuf,
        isa::Isa,
        pool::{Pool, cluster},
        workspace::Workspace,
    },
    quantized::{Int4Kernel, Kv8Kernel},
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Dtype, Inputs, TensorSpec, Tuning},
};

/// The CPU, with its threads running.
pub(super) struct CpuDevice {
    facts: DeviceFacts,
    pool: Pool,
    isa: Isa,
    workspace: Workspace,
}

impl CpuDevice {
    /// Starts the threads.
    pub(super) fn open(facts: DeviceFacts) -> Result<CpuDevice, DeviceError> {
        let pool = Pool::new(None).map_err(|e| DeviceError::Failed(e.to_string()))?;
        Ok(CpuDevice { facts, pool, isa: Isa::detect(), workspace: Workspace::new() })
    }

    fn kernel(&mut self, case: &Case, inputs: &Inputs, sets: usize) -> Result<Box<dyn Kernel>, DeviceError> {
        if let Some(int4) = case.dtype.int4() {
            return Ok(Box::new(Int4Kernel::upload(case, int4, inputs, sets)));
        }
        Ok(match (case.family.name(), case.dtype) {
            ("matmul", Dtype::F32) => Box::new(MatmulKernel::<f32>::upload(case, inputs, sets)),
            ("matmul", Dtype::F16) => Box::new(MatmulKernel::<f16>::upload(case, inputs, sets)),
            ("matmul", Dtype::Bf16) => Box::new(MatmulKernel::<bf16>::upload(case, inputs, sets)),
            ("matmul", Dtype::I8) => Box::new(MatmulKernel::<i8>::upload(case, inputs, sets)),
            ("attention", Dtype::F32) => self.attention::<f32>(case, inputs, sets)?,
            ("attention", Dtype::F16) => self.attention::<f16>(case, inputs, sets)?,
            ("attention", Dtype::Bf16) => self.attention::<bf16>(case, inputs, sets)?,
            ("attention", Dtype::Kv8) => {
                let kernel = Kv8Kernel::upload(case, inputs, sets, &self.pool, self.isa, &mut self.workspace);
                Box::new(kernel.map_err(|e| DeviceError::Failed(e.to_string()))?)
            }
            ("ceiling", Dtype::F16) => {
                let why = "this CPU backend has no f16 arithmetic: f16 kernels convert and compute in f32, and are judged by that peak";
                return Err(DeviceError::Unsupported(why.to_owned()));
            }
            ("ceiling", _) => Box::new(CeilingKernel::upload(case, inputs, sets, &self.pool, self.isa)),
            (family, dtype) => {
                return Err(DeviceError::Unsupported(format!("the CPU backend has no {family} kernel for {dtype}")));
            }
        })
    }

    fn attention<E: Float>(
        &mut self,
        case: &Case,
        inputs: &Inputs,
        sets: usize,
    ) -> Result<Box<dyn Kernel>, DeviceError> {
        let kernel = AttentionKernel::<E>::upload(case, inputs, sets, &self.pool, self.isa, &mut self.workspace);
        Ok(Box::new(kernel.map_err(|e| DeviceError::Failed(e.to_string()))?))
    }
}

impl Device for CpuDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tunings(&self, _: &Case) -> Vec<Tuning> {
        vec![Tuning::new()]
    }

    fn source(&self, _: &Case, _: &Tuning) -> Result<Option<String>, DeviceError> {
        Ok(None)
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        _: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        let tensors = case.family.tensors(case);
        let set_bytes = tensors.inputs.iter().map(TensorSpec::bytes).sum::<u64>() + tensors.output.bytes();
        let sets = buffer_sets(case, &self.facts, set_bytes);
        check_memory(set_bytes.saturating_mul(u64::from(sets)))?;
        let kernel = self.kernel(case, inputs, sets as usize)?;
        let mut notes = kernel.notes();
        notes.push(format!("threads on CPUs {:?}", self.pool.cpus()));
        notes.extend(cluster().ok().and_then(|cluster| cluster.note.clone()));
        if !HugeBuf::<u8>::zeroed(2 << 20).advised() {
            notes.push(
                "the system gives no huge pages on request: reads may be slower than the memory allows".to_owned(),
            );
        }
        let name = format!("{}/{}/{}", case.family.name(), case.variant.name, case.dtype);
        let build = Build {
            source_sha256: sha256_hex(format!("cpu {} {name} {}", env!("CARGO_PKG_VERSION"), self.isa)),
            implementation: self.isa.to_string(),
            tuning: Tuning::new(),
            buffer_sets: sets,
            set_bytes,
            notes,
        };
        Ok(Box::new(CpuExecutable::new(&self.pool, self.isa, &mut self.workspace, kernel, tensors.output.elem, build)))
    }
}
