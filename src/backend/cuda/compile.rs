//! From a pass's WGSL to a kernel loaded on the card: translate, compile or take from the cache, load, check limits.
//! Launches nothing.

use std::rc::Rc;

use cudarc::driver::sys::CUfunction_attribute as Attribute;

use super::{
    super::{DeviceError, Missing},
    arch::{self, Choice},
    cache::Cache,
    discover::Card,
    nvrtc::Nvrtc,
    resources::{Context, Function},
};
use crate::wgsl2cuda::{self, Abi, Options, Policy};

/// Shared memory that a block has without asking.
const PLAIN_SHARED: u32 = 48 << 10;

/// A compiler set up for one card.
pub(super) struct Compiler {
    nvrtc: Nvrtc,
    choice: Choice,
    cache: Cache,
}

/// A kernel on the card.
#[derive(Debug)]
pub(super) struct Kernel {
    pub(super) function: Function,
    pub(super) abi: Abi,
    /// What a reader of its times should know.
    pub(super) notes: Vec<String>,
}

impl Compiler {
    /// Chooses what to compile for.
    pub(super) fn new(nvrtc: Nvrtc, sm: u32, driver: (u32, u32), cache: Cache) -> Result<Compiler, Missing> {
        let choice = arch::choose(sm, nvrtc.archs(), nvrtc.version_pair(), driver)?;
        Ok(Compiler { nvrtc, choice, cache })
    }

    /// In words, for notes.
    pub(super) fn describe(&self) -> String {
        let version = self.nvrtc.version();
        self.choice.note.clone().unwrap_or_else(|| format!("compiled for {} by NVRTC {version}", self.choice.arch))
    }

    /// The image of a CUDA text: a binary, or PTX where the driver does the rest.
    pub(super) fn image(&self, source: &str, options: &[&str]) -> Result<Vec<u8>, DeviceError> {
        let Compiler { nvrtc, choice, cache } = self;
        let key = Cache::key(source, &choice.arch, options, &nvrtc.version());
        if let Some(image) = cache.load(&key) {
            return Ok(image);
        }
        let compiled = nvrtc
            .compile(source, &choice.arch, options)
            .map_err(|error| DeviceError::Failed(format!("compiling a kernel: {error}")))?;
        let image = if choice.is_ptx() { compiled.ptx.into_bytes() } else { compiled.cubin };
        cache.store(&key, &image);
        Ok(image)
    }
}

/// Translates with the policy of timed runs, which is that of verified runs too: see the family's plan for why its
/// indices stay in bounds.
pub(super) fn translate(wgsl: &str, entry: &str) -> Result<wgsl2cuda::Translation, DeviceError> {
    let options = Options { entry: Some(entry.to_owned()), policy: Policy::timed(), ..Options::default() };
    wgsl2cuda::translate(wgsl, &options).map_err(|error| {
        let text = format!("translating the kernel to CUDA: {error}");
        match error {
            wgsl2cuda::Error::Unsupported { .. } | wgsl2cuda::Error::TooLarge(_) => DeviceError::Unsupported(text),
            _ => DeviceError::Failed(text),
        }
    })
}

impl Kernel {
    /// Makes the kernel of one pass.
    pub(super) fn build(
        context: &Rc<Context>,
        compiler: &Compiler,
        card: &Card,
        wgsl: &str,
        entry: &str,
    ) -> Result<Kernel, DeviceError> {
        let translation = translate(wgsl, entry)?;
        let abi = translation.abi;
        check_limits(&abi, card)?;
        let image = compiler.image(&translation.source, Policy::timed().nvrtc_options())?;
        let function = Function::load(context, &image, &abi.kernel)?;
        if abi.shared_bytes + abi.dynamic_shared_bytes > PLAIN_SHARED {
            function.allow_dynamic_shared(abi.dynamic_shared_bytes)?;
        }
        let notes = notes(&function, &abi)?;
        Ok(Kernel { function, abi, notes })
    }
}

fn notes(function: &Function, abi: &Abi) -> Result<Vec<String>, DeviceError> {
    let registers = function.attribute(Attribute::CU_FUNC_ATTRIBUTE_NUM_REGS)?;
    let threads: u32 = abi.workgroup_size.iter().product();
    let most = function.attribute(Attribute::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)?;
    if threads > most {
        return Err(DeviceError::Unsupported(format!(
            "with {registers} registers a thread, a block has {most} threads at most; the kernel wants {threads}: tune \
             smaller tiles"
        )));
    }
    // Local memory holds spilled registers, and arrays whose index the compiler cannot know.
    let local = function.attribute(Attribute::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)?;
    if local == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![format!("{registers} registers and {local} bytes of local memory a thread (spills or indexed arrays)")])
}

/// Refuses what the card cannot hold, with both numbers.
fn check_limits(abi: &Abi, card: &Card) -> Result<(), DeviceError> {
    let unsupported = |text: String| Err(DeviceError::Unsupported(text));
    if card.sm < abi.min_sm {
        return unsupported(format!(
            "the kernel uses {:?}, which needs compute capability {}.{}; the card has {}.{}",
            abi.features,
            abi.min_sm / 10,
            abi.min_sm % 10,
            card.sm / 10,
            card.sm % 10
        ));
    }
    let threads: u64 = abi.workgroup_size.iter().map(|&extent| u64::from(extent)).product();
    let most = card.limits.get("threads_per_block").copied().unwrap_or(1024);
    if threads > most {
        return unsupported(format!("a block of {threads} threads; the card has {most} at most"));
    }
    let shared = u64::from(abi.shared_bytes) + u64::from(abi.dynamic_shared_bytes);
    let most = card.max_shared_bytes();
    if shared > most {
        return unsupported(format!("{shared} bytes of shared memory a block; the card has {most} at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cuda::discover::tests::h200;

    fn abi(shared: u32, threads: u32, min_sm: u32) -> Abi {
        Abi {
            kernel: "main_".to_owned(),
            workgroup_size: [threads, 1, 1],
            shared_bytes: 0,
            dynamic_shared_bytes: shared,
            params: Vec::new(),
            features: Vec::new(),
            min_sm,
        }
    }

    #[test]
    fn what_the_card_cannot_hold_is_unsupported_with_both_numbers() {
        assert_eq!(check_limits(&abi(200 << 10, 256, 75), &h200()), Ok(()));
        for (abi, says) in [
            (abi(228 << 10, 256, 75), "232448"),
            (abi(0, 2048, 75), "2048 threads"),
            (abi(0, 32, 100), "needs compute capability 10.0; the card has 9.0"),
        ] {
            let refused = check_limits(&abi, &h200());
            assert!(matches!(&refused, Err(DeviceError::Unsupported(text)) if text.contains(says)), "{refused:?}");
        }
    }

    #[test]
    fn text_that_is_no_wgsl_is_a_failure() {
        assert!(matches!(translate("fn main( {", "main"), Err(DeviceError::Failed(text)) if text.contains("WGSL")));
    }
}
