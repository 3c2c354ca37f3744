//! stub
use super::*;
pub(super) struct Cpu;
impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }
    fn discover(&self) -> Discovery {
        Discovery::default()
    }
    fn open(&self, id: &str) -> Result<Box<dyn Device>, DeviceError> {
        Err(DeviceError::Failed(id.into()))
    }
}
