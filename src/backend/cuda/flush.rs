//! A cold cache where buffer sets cannot make one: the L2 cache is overwritten before every launch.
//! Only for cases so small that thousands of sets fit the cache.

use std::rc::Rc;

use super::{
    super::DeviceError,
    resources::{Context, Event, Memory},
};

/// Launches between two waits: as many pairs of time stamps are kept.
const BATCH: usize = 128;

/// Memory to overwrite the cache with, and time stamps around each launch.
pub(super) struct Flush {
    context: Rc<Context>,
    scratch: Memory,
    stamps: Vec<(Event, Event)>,
}

impl Flush {
    /// For a cache of this size.
    pub(super) fn new(context: &Rc<Context>, cache_bytes: u64) -> Result<Flush, DeviceError> {
        let scratch = Memory::allocate(context, "cache flush", 2 * cache_bytes)?;
        let stamps = (0..BATCH).map(|_| Ok((Event::new(context)?, Event::new(context)?)));
        let stamps = stamps.collect::<Result<_, DeviceError>>()?;
        Ok(Flush { context: Rc::clone(context), scratch, stamps })
    }

    /// Launches so many times, each after a flush, and adds up the device's time of the launches alone.
    pub(super) fn run(
        &self,
        launches: usize,
        mut launch: impl FnMut(usize) -> Result<(), DeviceError>,
    ) -> Result<f64, DeviceError> {
        let mut seconds = 0.0;
        for first in (0..launches).step_by(BATCH) {
            let stamps = &self.stamps[..BATCH.min(launches - first)];
            for (at, (start, end)) in stamps.iter().enumerate() {
                self.scratch.fill(at as u8)?;
                start.record()?;
                launch(first + at)?;
                end.record()?;
            }
            self.context.synchronize("running a case")?;
            for (start, end) in stamps {
                seconds += end.seconds_since(start)?;
            }
        }
        Ok(seconds)
    }
}
