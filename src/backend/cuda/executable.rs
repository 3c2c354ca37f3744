//! Runs a prepared case: launches one by one, in graphs, or each after a flush of the cache; timed by both clocks.
//! Allocates no inputs and knows no kernel; what a launch is, a [`Work`] says.

use std::time::Instant;

use super::{
    super::{Build, Condition, DeviceError, Elapsed, Executable},
    device::OpenCard,
    flush::Flush,
    graph::Graphs,
    resources::{Event, Memory},
    sets::BufferSets,
};
use crate::kernel::{Cache, Case, Data, TensorSpec};

/// Launches shorter than this are replayed from graphs: giving one to the stream takes the host some microseconds.
const TINY_S: f64 = 20e-6;
/// A first launch shorter than this is followed by more, to time what a launch takes without the first's overheads.
const SHORT_S: f64 = 1e-3;
/// Launches that tell how long one takes.
const TRIAL: u32 = 20;

/// What a launch is.
pub(super) trait Work {
    /// Gives one launch on a buffer set, by number and as its buffers, to the stream.
    ///
    /// # Errors
    /// The driver or a library refused it.
    fn enqueue(&self, set: usize, buffers: &[Memory]) -> Result<(), DeviceError>;
}

/// How launches reach the device.
enum Method {
    OneByOne,
    Replayed(Graphs),
    Flushed(Flush),
}

/// A case's work and buffers on a card.
pub(super) struct Prepared<'d> {
    card: &'d OpenCard,
    work: Box<dyn Work + 'd>,
    buffers: BufferSets,
    output: TensorSpec,
    /// Set of the next launch.
    next: usize,
    method: Method,
    start: Event,
    end: Event,
    build: Build,
}

impl<'d> Prepared<'d> {
    /// Takes over work and buffers, and finds out how to launch it: a few launches are made.
    pub(super) fn new(
        card: &'d OpenCard,
        case: &Case,
        work: Box<dyn Work + 'd>,
        buffers: BufferSets,
        build: Build,
    ) -> Result<Prepared<'d>, DeviceError> {
        let (start, end) = (Event::new(&card.context)?, Event::new(&card.context)?);
        let output = case.family.tensors(case).output;
        let mut prepared =
            Prepared { card, work, buffers, output, next: 0, method: Method::OneByOne, start, end, build };
        prepared.build.buffer_sets = prepared.buffers.count() as u32;
        prepared.build.set_bytes = prepared.buffers.set_bytes();
        prepared.choose_method(case)?;
        Ok(prepared)
    }

    fn choose_method(&mut self, case: &Case) -> Result<(), DeviceError> {
        let cache = self.card.facts.cache_bytes;
        let sets = self.buffers.count();
        let together = sets as u64 * self.buffers.set_bytes();
        if case.cache == Cache::Cold && together < 2 * cache {
            self.method = Method::Flushed(Flush::new(&self.card.context, cache)?);
            self.build.notes.push(format!(
                "{sets} buffer sets are {} KiB, less than twice the cache: it is overwritten before every launch; the \
                 host's time and the energy hold that too",
                together >> 10
            ));
            return self.run(1).map(drop);
        }
        let first = self.run(1)?;
        if first.device_s.unwrap_or(first.host_s) > SHORT_S {
            return Ok(());
        }
        let trial = self.run(TRIAL)?;
        if trial.device_s.unwrap_or(trial.host_s) / f64::from(TRIAL) < TINY_S {
            self.method = Method::Replayed(Graphs::new(&self.card.context));
            match self.run(TRIAL) {
                Ok(_) => self.build.notes.push("launches are replayed from CUDA graphs of up to 128".to_owned()),
                Err(lost @ DeviceError::Lost(_)) => return Err(lost),
                Err(why) => {
                    self.method = Method::OneByOne;
                    self.build.notes.push(format!("launched one by one: no graph can be made ({why})"));
                }
            }
        }
        Ok(())
    }

    fn enqueue(&self, set: usize) -> Result<(), DeviceError> {
        self.work.enqueue(set, self.buffers.set(set))
    }

    /// Runs `launch` between two time stamps.
    fn timed(&mut self, launch: impl FnOnce(&Self) -> Result<usize, DeviceError>) -> Result<Elapsed, DeviceError> {
        let start = Instant::now();
        self.start.record()?;
        let next = launch(self)?;
        self.end.record()?;
        self.end.synchronize("running a case")?;
        let host_s = start.elapsed().as_secs_f64();
        self.next = next;
        let device_s = self.end.seconds_since(&self.start)?;
        Ok(Elapsed { host_s, device_s: (device_s > 0.0).then_some(device_s) })
    }

    fn flushed(&mut self, launches: usize) -> Result<Elapsed, DeviceError> {
        let Method::Flushed(flush) = &self.method else { return Ok(Elapsed { host_s: 0.0, device_s: None }) };
        let (next, sets) = (self.next, self.buffers.count());
        let start = Instant::now();
        let device_s = flush.run(launches, |at| self.enqueue((next + at) % sets))?;
        let host_s = start.elapsed().as_secs_f64();
        self.next = (next + launches) % sets;
        Ok(Elapsed { host_s, device_s: (device_s > 0.0).then_some(device_s) })
    }
}

impl Executable for Prepared<'_> {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        self.card.context.bind()?;
        let (launches, next, sets) = (launches as usize, self.next, self.buffers.count());
        match &mut self.method {
            Method::Flushed(_) => self.flushed(launches),
            Method::OneByOne => self.timed(|this| {
                (0..launches).try_for_each(|at| this.enqueue((next + at) % sets))?;
                Ok((next + launches) % sets)
            }),
            Method::Replayed(graphs) => {
                graphs.prepare(next, launches, sets, |set| self.work.enqueue(set, self.buffers.set(set)))?;
                self.timed(|this| match &this.method {
                    Method::Replayed(graphs) => graphs.replay(next, launches, sets),
                    _ => Ok(next),
                })
            }
        }
    }

    fn poison(&mut self) -> Result<(), DeviceError> {
        self.card.context.bind()?;
        self.buffers.poison(&self.output)
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        // A replayed launch may leave sets out: one launch on a set that is known needs no graph.
        self.card.context.bind()?;
        let set = self.next;
        self.timed(|this| this.enqueue(set).map(|()| set))?;
        self.next = (set + 1) % self.buffers.count();
        self.buffers.output(set, &self.output)
    }

    fn build(&self) -> &Build {
        &self.build
    }

    fn condition(&mut self) -> Condition {
        self.card.board.condition()
    }
}
