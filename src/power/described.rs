//! A meter under another description than its own: where its user placed it, or what it was found to do.
//! Must not touch a reading.

use crate::power::{Reading, Sensor, SensorError, SensorInfo};

/// A meter and what is known of it beyond its own word.
struct Described {
    info: SensorInfo,
    inner: Box<dyn Sensor>,
}

/// The same meter under this description.
pub(crate) fn described(inner: Box<dyn Sensor>, info: SensorInfo) -> Box<dyn Sensor> {
    Box::new(Described { info, inner })
}

impl Sensor for Described {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        self.inner.read()
    }

    fn read_into(&mut self, out: &mut Vec<Reading>) -> Result<(), SensorError> {
        self.inner.read_into(out)
    }
}
