//! Runs a prepared case: batches cut into submissions short enough for a display watchdog, timed by both clocks.
//! Allocates no inputs and plans nothing.

use std::{collections::VecDeque, time::Instant};

use super::{
    super::{Build, Condition, DeviceError, Elapsed, Executable},
    device::{CHUNK, WgpuDevice},
    error::{scoped, wait},
};
use crate::kernel::{Buffer, Case, Data, Role, TensorSpec, poison, unpack_rows};

/// Time a submission should take: display watchdogs end those of two seconds and more.
const SUBMISSION_S: f64 = 0.25;
/// Dispatches a submission may have: bounds what the driver buffers.
const MOST_STEPS: usize = 1024;
/// Submissions on their way at once: the device works on one while the next is encoded.
const IN_FLIGHT: usize = 2;
/// Bytes of the two timestamps of a submission.
const STAMPS: u64 = 16;

/// One dispatch.
pub(super) struct Step {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) bind_group: wgpu::BindGroup,
    pub(super) grid: [u32; 3],
}

/// A case's buffers and dispatches on a device.
pub(crate) struct Prepared<'d> {
    device: &'d WgpuDevice,
    output: TensorSpec,
    planned: Vec<Buffer>,
    /// Buffers of every set.
    buffers: Vec<Vec<wgpu::Buffer>>,
    /// Dispatches of a launch on every set.
    steps: Vec<Vec<Step>>,
    /// Set of the next launch.
    next: usize,
    /// Measured time of one dispatch, once there is one.
    step_s: Option<f64>,
    clock: Option<Clock>,
    build: Build,
}

/// Timestamp queries around a submission.
struct Clock {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    /// One for every submission in flight.
    read: Vec<wgpu::Buffer>,
    tick_s: f64,
}

impl<'d> Prepared<'d> {
    pub(super) fn new(
        device: &'d WgpuDevice,
        case: &Case,
        planned: Vec<Buffer>,
        buffers: Vec<Vec<wgpu::Buffer>>,
        steps: Vec<Vec<Step>>,
        build: Build,
    ) -> Result<Prepared<'d>, DeviceError> {
        let output = case.family.tensors(case).output;
        let clock = Clock::of(device)?;
        Ok(Prepared { device, output, planned, buffers, steps, next: 0, step_s: None, clock, build })
    }

    /// Encodes and submits dispatches of consecutive launches, from dispatch `from` of the batch on.
    fn submit(&self, from: usize, count: usize, slot: usize) -> Result<wgpu::SubmissionIndex, DeviceError> {
        let WgpuDevice { device, queue, reports, .. } = self.device;
        let passes = self.steps[0].len();
        scoped(device, reports, || {
            let mut encoder = device.create_command_encoder(&Default::default());
            let timestamp_writes = self.clock.as_ref().map(|clock| wgpu::ComputePassTimestampWrites {
                query_set: &clock.queries,
                beginning_of_pass_write_index: Some(0),
                end_of_pass_write_index: Some(1),
            });
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
            for at in from..from + count {
                let step = &self.steps[(self.next + at / passes) % self.steps.len()][at % passes];
                pass.set_pipeline(&step.pipeline);
                pass.set_bind_group(0, &step.bind_group, &[]);
                pass.dispatch_workgroups(step.grid[0], step.grid[1], step.grid[2]);
            }
            drop(pass);
            if let Some(clock) = &self.clock {
                encoder.resolve_query_set(&clock.queries, 0..2, &clock.resolved, 0);
                encoder.copy_buffer_to_buffer(&clock.resolved, 0, &clock.read[slot], 0, STAMPS);
            }
            queue.submit([encoder.finish()])
        })
    }

    /// Dispatches of the next submission: one launch until a time is known.
    fn batch(&self) -> usize {
        let passes = self.steps[0].len();
        match self.step_s {
            None => passes.min(MOST_STEPS),
            Some(step_s) => ((SUBMISSION_S / step_s.max(1e-9)) as usize).clamp(1, MOST_STEPS),
        }
    }

    /// Copies a buffer of the device to the host.
    fn read(&self, buffer: &wgpu::Buffer, size: u64) -> Result<Vec<u8>, DeviceError> {
        let WgpuDevice { device, queue, reports, .. } = self.device;
        let mut bytes = Vec::with_capacity(size as usize);
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = self.device.buffer("readback", size.min(CHUNK as u64), usage)?;
        for at in (0..size).step_by(CHUNK) {
            let len = (size - at).min(CHUNK as u64);
            let copied = scoped(device, reports, || {
                let mut encoder = device.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(buffer, at, &staging, 0, len);
                queue.submit([encoder.finish()])
            })?;
            bytes.extend_from_slice(&self.map(&staging, len, copied)?);
        }
        Ok(bytes)
    }

    /// The bytes of a staging buffer after the submission that fills it; does not wait for later ones.
    fn map(&self, staging: &wgpu::Buffer, len: u64, filled: wgpu::SubmissionIndex) -> Result<Vec<u8>, DeviceError> {
        let WgpuDevice { device, reports, .. } = self.device;
        let (done, mapped) = std::sync::mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, 0..len, move |result| drop(done.send(result)));
        wait(device, reports, Some(filled))?;
        let failed = |why: String| DeviceError::Failed(format!("reading a buffer back: {why}"));
        mapped.try_recv().map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
        let bytes = staging.get_mapped_range(0..len).map_err(|e| failed(e.to_string()))?.to_vec();
        staging.unmap();
        Ok(bytes)
    }

    /// Device time of a finished submission from its slot; absent where the stamps make no sense.
    fn device_time(&self, slot: usize, done: wgpu::SubmissionIndex) -> Result<Option<f64>, DeviceError> {
        let Some(clock) = &self.clock else { return Ok(None) };
        let bytes = self.map(&clock.read[slot], STAMPS, done)?;
        let stamps: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        let ticks = stamps[1].checked_sub(stamps[0]).filter(|&ticks| ticks > 0);
        Ok(ticks.map(|ticks| ticks as f64 * clock.tick_s))
    }
}

impl Clock {
    fn of(device: &WgpuDevice) -> Result<Option<Clock>, DeviceError> {
        if !device.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Ok(None);
        }
        let ty = wgpu::QueryType::Timestamp;
        let descriptor = wgpu::QuerySetDescriptor { label: Some("stamps"), ty, count: 2 };
        let queries = scoped(&device.device, &device.reports, || device.device.create_query_set(&descriptor))?;
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = device.buffer("stamps", STAMPS, usage)?;
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let read = (0..IN_FLIGHT).map(|_| device.buffer("stamps read", STAMPS, usage)).collect::<Result<_, _>>()?;
        let tick_s = f64::from(device.queue.get_timestamp_period()) * 1e-9;
        Ok(Some(Clock { queries, resolved, read, tick_s }))
    }
}

/// A submission on its way.
struct InFlight {
    index: wgpu::SubmissionIndex,
    slot: usize,
    count: usize,
}

impl Executable for Prepared<'_> {
    fn run(&mut self, launches: u32) -> Result<Elapsed, DeviceError> {
        let WgpuDevice { device, reports, .. } = self.device;
        let total = launches as usize * self.steps[0].len();
        let mut device_s = self.clock.is_some().then_some(0.0);
        let mut in_flight: VecDeque<InFlight> = VecDeque::new();
        let (mut at, mut submitted) = (0, 0);
        let start = Instant::now();
        let mut last_done = start;
        while at < total || !in_flight.is_empty() {
            // Until a dispatch has been timed, one submission at a time tells how many make a good one.
            let room = if self.step_s.is_some() { IN_FLIGHT } else { 1 };
            if at < total && in_flight.len() < room {
                let (slot, count) = (submitted % IN_FLIGHT, self.batch().min(total - at));
                in_flight.push_back(InFlight { index: self.submit(at, count, slot)?, slot, count });
                at += count;
                submitted += 1;
                continue;
            }
            let Some(oldest) = in_flight.pop_front() else { break };
            wait(device, reports, Some(oldest.index.clone()))?;
            let took = last_done.elapsed().as_secs_f64();
            last_done = Instant::now();
            let stamped = self.device_time(oldest.slot, oldest.index)?;
            device_s = device_s.zip(stamped).map(|(sum, s)| sum + s);
            self.step_s = Some(stamped.unwrap_or(took) / oldest.count as f64);
        }
        let host_s = start.elapsed().as_secs_f64();
        self.next = (self.next + launches as usize) % self.steps.len();
        Ok(Elapsed { host_s, device_s })
    }

    fn poison(&mut self) -> Result<(), DeviceError> {
        let filler = vec![poison(self.output.elem); CHUNK];
        for set in &self.buffers {
            for (plan, buffer) in self.planned.iter().zip(set) {
                // Scratch too: what an earlier launch left there must not pass for this one's.
                if !matches!(plan.role, Role::Input(_)) {
                    let size = plan.bytes as usize;
                    let chunks = (0..size).step_by(CHUNK).map(|at| &filler[..CHUNK.min(size - at)]);
                    self.device.write(buffer, chunks)?;
                }
            }
        }
        Ok(())
    }

    fn output(&mut self) -> Result<Data, DeviceError> {
        let set = self.next;
        self.run(1)?;
        let mut whole = vec![0u8; self.output.bytes() as usize];
        for (plan, buffer) in self.planned.iter().zip(&self.buffers[set]) {
            if let Role::Output(slab) = &plan.role {
                unpack_rows(slab, &self.read(buffer, plan.bytes)?, &mut whole);
            }
        }
        Ok(Data::from_bytes(self.output.elem, &whole))
    }

    fn build(&self) -> &Build {
        &self.build
    }

    fn condition(&mut self) -> Condition {
        self.device.board.condition()
    }
}
