//! The library track on NVIDIA GPUs: the products that a user of cuBLASLt would call for the same cases.
//! Has no kernel of its own.
//!
//! f32 is true f32, tf32 a dtype beside it; f16, bf16 and fp8 (e4m3, results in bf16, no scales, from sm_89 on) accumulate
//! in f32; i8 gives i32.

mod api;
mod device;
mod layout;
mod product;

use super::{
    super::{Backend, Device, DeviceError, Discovery, Missing, Track},
    device::OpenCard,
    discover, driver,
    search::{Surroundings, is_there},
};

/// Name of the backend, the first part of its devices' ids.
const NAME: &str = "cublaslt";
/// The variable that names a libcublasLt to use instead of searching.
const VARIABLE: &str = "WATTMARK_CUBLASLT";

/// The cuBLASLt backend.
pub(in super::super) struct CublasLt;

impl Backend for CublasLt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn discover(&self) -> Discovery {
        // Without a driver or a GPU the cuda backend has said so: once is enough.
        let Ok(driver) = driver::driver() else { return Discovery::default() };
        let Ok(cards) = discover::cards(driver) else { return Discovery::default() };
        match find(driver.cuda) {
            Ok((_, version)) => {
                let usable = cards.iter().filter(|card| card.refusal().is_none());
                let library = format!("cuBLASLt {version}");
                let devices = usable.map(|card| card.facts(NAME, Track::Library, driver, &library)).collect();
                Discovery { devices, missing: Vec::new() }
            }
            Err(missing) => Discovery { devices: Vec::new(), missing: vec![missing] },
        }
    }

    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        let driver = driver::driver().map_err(discover::as_error)?;
        let card = discover::find(driver, NAME, id)?;
        let (api, version) = find(driver.cuda).map_err(discover::as_error)?;
        let facts = card.facts(NAME, Track::Library, driver, &format!("cuBLASLt {version}"));
        let open = OpenCard::open(&card, facts)?;
        let handle = product::Handle::new(api, &open.context)?;
        Ok(Box::new(device::LtDevice::new(handle, open, version)))
    }
}

/// The first library that loads and is not for newer drivers, and its version.
fn find(driver: (u32, u32)) -> Result<(api::Api, String), Missing> {
    let around = Surroundings::system();
    let mut refused = Vec::new();
    for path in around.libraries(VARIABLE, "cublasLt") {
        match api::Api::load(&path) {
            Ok(api) => {
                let (major, minor, patch) = api.version();
                if major as u32 <= driver.0 {
                    return Ok((api, format!("{major}.{minor}.{patch}")));
                }
                refused.push(format!("{} is for CUDA {major}, the driver for {}", path.display(), driver.0));
            }
            Err(why) if is_there(&path) => refused.push(format!("{}: {why}", path.display())),
            Err(_) => {}
        }
    }
    let package = match driver.0 {
        major @ 11..=12 => format!("nvidia-cublas-cu{major}"),
        major => format!("'nvidia-cublas=={major}.*'"),
    };
    let nowhere = "libcublasLt is neither on the loader's path nor in a CUDA toolkit nor in a Python package";
    Err(Missing {
        what: "cuBLASLt, for the library track".to_owned(),
        why: if refused.is_empty() { nowhere.to_owned() } else { refused.join("; ") },
        fix: format!("pip install {package} (or name a libcublasLt in {VARIABLE})"),
    })
}
