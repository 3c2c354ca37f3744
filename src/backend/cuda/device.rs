//! An open NVIDIA GPU: what a planner must know of it, its compiler, and the kernels loaded so far.
//! Runs nothing; see `executable`.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use super::{
    super::{Build, Device, DeviceError, DeviceFacts, Executable, Track, board::Board, buffer_sets},
    cache::Cache,
    compile::{Compiler, Kernel},
    discover::{self, Card},
    driver,
    executable::{Prepared, Work},
    launch::Launch,
    nvrtc,
    resources::{Context, Memory},
    sets::BufferSets,
};
use crate::{
    digest::sha256_hex,
    kernel::{Case, Inputs, Pass, Program, Target, Tuning},
};

/// A GPU's context, facts and board: what both of its tracks need.
pub(super) struct OpenCard {
    pub(super) context: Rc<Context>,
    pub(super) facts: DeviceFacts,
    pub(super) board: Board,
}

impl OpenCard {
    /// Opens the card under facts that discovery made.
    pub(super) fn open(card: &Card, facts: DeviceFacts) -> Result<OpenCard, DeviceError> {
        let context = Context::open(card.device, &facts.id)?;
        let board = Board::of(&facts);
        Ok(OpenCard { context, facts, board })
    }
}

/// The portable track on a GPU.
pub(crate) struct CudaDevice {
    open: OpenCard,
    card: Card,
    target: Target,
    compiler: Compiler,
    kernels: HashMap<(Arc<str>, &'static str), Rc<Kernel>>,
}

impl CudaDevice {
    /// Opens the GPU of this id.
    ///
    /// # Errors
    /// No such GPU, no driver, no compiler, or the driver refused.
    pub(crate) fn open(id: &str) -> Result<CudaDevice, DeviceError> {
        let driver = driver::driver().map_err(discover::as_error)?;
        let card = discover::find(driver, discover::NAME, id)?;
        let nvrtc = nvrtc::find_for(driver.cuda).map_err(discover::as_error)?;
        let compiler_name = format!("NVRTC {}", nvrtc.version());
        let facts = card.facts(discover::NAME, Track::Portable, driver, &compiler_name);
        let compiler = Compiler::new(nvrtc, card.sm, driver.cuda, Cache::of_user()).map_err(discover::as_error)?;
        let target = card.target();
        Ok(CudaDevice { open: OpenCard::open(&card, facts)?, card, target, compiler, kernels: HashMap::new() })
    }

    fn plan(&self, case: &Case, tuning: &Tuning) -> Result<Program, DeviceError> {
        let planned = case.family.program(case, &self.target, tuning);
        planned.map_err(|why| DeviceError::Unsupported(why.to_string()))
    }

    /// The kernel of a pass, compiled on first use.
    fn kernel(&mut self, pass: &Pass) -> Result<Rc<Kernel>, DeviceError> {
        let key = (pass.source.clone(), pass.entry);
        if let Some(known) = self.kernels.get(&key) {
            return Ok(Rc::clone(known));
        }
        let kernel = Kernel::build(&self.open.context, &self.compiler, &self.card, &pass.source, pass.entry)?;
        let kernel = Rc::new(kernel);
        self.kernels.insert(key, Rc::clone(&kernel));
        Ok(kernel)
    }

    /// Compiles and uploads a program for a case.
    ///
    /// # Errors
    /// The translator, the compiler or the driver refused.
    pub(super) fn prepare_program(
        &mut self,
        case: &Case,
        inputs: &Inputs,
        program: &Program,
    ) -> Result<Prepared<'_>, DeviceError> {
        self.open.context.bind()?;
        let kernels = program.passes.iter().map(|pass| self.kernel(pass)).collect::<Result<Vec<_>, _>>()?;
        let wanted = buffer_sets(case, &self.open.facts, program.bytes());
        let buffers = BufferSets::upload(&self.open.context, program.buffers.clone(), inputs, wanted)?;
        let of_set = |set: usize| {
            let launches = program.passes.iter().zip(&kernels);
            launches.map(|(pass, kernel)| Launch::new(kernel, pass, buffers.set(set))).collect::<Result<Vec<_>, _>>()
        };
        let steps = (0..buffers.count()).map(of_set).collect::<Result<Vec<_>, _>>()?;
        let mut notes = vec![self.compiler.describe()];
        for note in kernels.iter().flat_map(|kernel| &kernel.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        if program.passes.len() > 1 {
            notes.push(format!("{} dispatches a launch", program.passes.len()));
        }
        let build = Build {
            source_sha256: sha256_hex(program.source()),
            implementation: "portable".to_owned(),
            tuning: program.tuning.clone(),
            notes,
            ..Build::default()
        };
        Prepared::new(&self.open, case, Box::new(Passes { steps }), buffers, build)
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

impl Device for CudaDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.open.facts
    }

    fn tunings(&self, case: &Case) -> Vec<Tuning> {
        case.family.tunings(case, &self.target)
    }

    fn target(&self) -> Option<&Target> {
        Some(&self.target)
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
        Ok(Box::new(self.prepare_program(case, inputs, &program)?))
    }
}

/// Largest buffer that a 32-bit length can tell, in whole 16-byte words.
const LARGEST_BUFFER: u64 = (1 << 32) - 16;
/// Kernel parameters may take 4 KiB; far fewer buffers than that are ever bound.
const MOST_BUFFERS: u32 = 64;
/// Extent of a grid in y and z. In x it may be more, but the planner folds all three alike, as it does for wgpu.
const MOST_GROUPS: u32 = 65535;
/// Compute capability from which f16 arithmetic is whole.
const F16_FROM: u32 = 60;

impl Card {
    /// Shared memory that a block may ask for.
    pub(super) fn max_shared_bytes(&self) -> u64 {
        let asked = self.limits.get("shared_bytes_per_block_optin").copied().filter(|&bytes| bytes > 0);
        asked.or_else(|| self.limits.get("shared_bytes_per_block").copied()).unwrap_or(48 << 10)
    }

    /// What a planner must know.
    pub(super) fn target(&self) -> Target {
        let most_threads = self.limits.get("threads_per_block").copied().unwrap_or(1024) as u32;
        let largest = LARGEST_BUFFER.min(self.memory_bytes / 16 * 16);
        Target {
            max_binding_bytes: largest,
            max_buffer_bytes: largest,
            max_storage_buffers: MOST_BUFFERS,
            max_workgroup_bytes: self.max_shared_bytes() as u32,
            max_invocations: most_threads,
            max_workgroup_size: [most_threads, most_threads, 64],
            max_groups: MOST_GROUPS,
            f16: self.sm >= F16_FROM,
            software: false,
        }
    }
}
