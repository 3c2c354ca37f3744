//! An NVIDIA GPU on the native track: plans compiled, their buffers filled, their launches run.
//! Plans nothing itself; see `plan`.

use std::rc::Rc;

use super::{
    super::{
        super::{Build, Device, DeviceError, DeviceFacts, Executable, Missing, Track, buffer_sets},
        arch,
        cache::Cache,
        compile::Compiler,
        device::OpenCard,
        discover::{self, Card},
        driver,
        executable::{Prepared, Work},
        nvrtc::{self, Nvrtc},
        resources::{Function, Memory},
        sets::BufferSets,
    },
    NAME,
    launch::Launch,
    plan::{Gpu, NativePass, NativeProgram, plan},
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Inputs, Tuning},
};

/// Shared memory that a block has without asking.
const PLAIN_SHARED: u32 = 48 << 10;

/// The first driver that makes tensor maps.
const TENSOR_MAPS: (u32, u32) = (12, 0);

/// What a planner must know of a card: what is compiled for decides, not what the card could do.
///
/// # Errors
/// The compiler has nothing that the card and its driver run.
pub(super) fn gpu(card: &Card, nvrtc: &Nvrtc, driver: (u32, u32)) -> Result<Gpu, Missing> {
    let choice = arch::choose(card.sm, nvrtc.archs(), nvrtc.version_pair(), driver)?;
    let digits: String = choice.arch.chars().filter(char::is_ascii_digit).collect();
    let sm: u32 = digits.parse().unwrap_or(0);
    Ok(Gpu {
        sm: (sm / 10, sm % 10),
        sm90a: choice.arch == "sm_90a" && driver >= TENSOR_MAPS,
        multiprocessors: card.multiprocessors.max(1),
        shared_bytes: card.max_shared_bytes() as u32,
    })
}

/// A GPU's native track.
pub(super) struct NativeDevice {
    open: OpenCard,
    gpu: Gpu,
    compiler: Compiler,
}

impl NativeDevice {
    /// Opens the GPU of this id.
    ///
    /// # Errors
    /// No such GPU, no driver, no compiler, or the driver refused.
    pub(super) fn open(id: &str) -> Result<NativeDevice, DeviceError> {
        let driver = driver::driver().map_err(discover::as_error)?;
        let card = discover::find(driver, NAME, id)?;
        let nvrtc = nvrtc::find_for(driver.cuda).map_err(discover::as_error)?;
        let facts = card.facts(NAME, Track::Native, driver, &format!("NVRTC {}", nvrtc.version()));
        let gpu = gpu(&card, &nvrtc, driver.cuda).map_err(discover::as_error)?;
        let compiler = Compiler::new(nvrtc, card.sm, driver.cuda, Cache::of_user()).map_err(discover::as_error)?;
        Ok(NativeDevice { open: OpenCard::open(&card, facts)?, gpu, compiler })
    }

    fn plan(&self, case: &Case, tuning: &Tuning) -> Result<NativeProgram, DeviceError> {
        if let Some(name) = tuning.keys().next() {
            return Err(DeviceError::Unsupported(format!(
                "the native kernels have no tunable `{name}`, nor any other"
            )));
        }
        plan(case, &self.gpu).map_err(DeviceError::Unsupported)
    }

    fn function(&self, pass: &NativePass) -> Result<Rc<Function>, DeviceError> {
        let image = self.compiler.image(&pass.source.cuda(), &[])?;
        let function = Function::load(&self.open.context, &image, pass.kernel)?;
        if pass.shared_bytes > PLAIN_SHARED {
            function.allow_dynamic_shared(pass.shared_bytes)?;
        }
        Ok(Rc::new(function))
    }
}

/// The launches of every buffer set.
struct Passes {
    steps: Vec<Vec<Launch>>,
}

impl Work for Passes {
    fn enqueue(&self, set: usize, _buffers: &[Memory]) -> Result<(), DeviceError> {
        self.steps[set].iter().try_for_each(Launch::enqueue)
    }
}

impl Device for NativeDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.open.facts
    }

    fn tunings(&self, case: &Case) -> Vec<Tuning> {
        self.plan(case, &Tuning::new()).map(|_| Tuning::new()).into_iter().collect()
    }

    fn source(&self, case: &Case, tuning: &Tuning) -> Result<Option<String>, DeviceError> {
        Ok(Some(self.plan(case, tuning)?.source()))
    }

    fn prepare<'d>(
        &'d mut self,
        case: &Case,
        inputs: &Inputs,
        tuning: &Tuning,
    ) -> Result<Box<dyn Executable + 'd>, DeviceError> {
        let program = self.plan(case, tuning)?;
        self.open.context.bind()?;
        let functions = program.passes.iter().map(|pass| self.function(pass)).collect::<Result<Vec<_>, _>>()?;
        let set_bytes = program.buffers.iter().map(|buffer| buffer.bytes).sum();
        let wanted = buffer_sets(case, &self.open.facts, set_bytes);
        let buffers = BufferSets::upload(&self.open.context, program.buffers.clone(), inputs, wanted)?;
        let of_set = |set: usize| {
            let launches = program.passes.iter().zip(&functions);
            launches
                .map(|(pass, function)| Launch::new(function, pass, buffers.set(set)))
                .collect::<Result<Vec<_>, _>>()
        };
        let steps = (0..buffers.count()).map(of_set).collect::<Result<Vec<_>, _>>()?;
        let build = Build {
            source_sha256: sha256_hex(program.source()),
            implementation: format!("native {}", program.implementation),
            notes: vec![self.compiler.describe()],
            ..Build::default()
        };
        Ok(Box::new(Prepared::new(&self.open, case, Box::new(Passes { steps }), buffers, build)?))
    }
}
