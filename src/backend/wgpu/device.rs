//! An open wgpu device: its limits as a `Target`, pipelines by final text, buffers and uploads.
//! Runs nothing; see `executable`.

use std::{collections::HashMap, sync::Arc};

use super::{
    super::{Build, Device, DeviceClass, DeviceError, DeviceFacts, Executable, board::Board, buffer_sets},
    Limits, discover,
    error::{Reports, scoped, wait},
    executable::{Prepared, Step},
};
use crate::{
    digest::sha256_hex,
    kernel::{Binding, Buffer, Case, Elem, Inputs, Pass, Program, Role, Slab, Target, Tuning, pack_rows},
};

/// Bytes handed to the driver at once: bounds its staging memory.
pub(super) const CHUNK: usize = 16 << 20;

/// An adapter, opened.
pub(crate) struct WgpuDevice {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) reports: Reports,
    facts: DeviceFacts,
    /// Clocks and throttle reasons, where the vendor's driver tells them.
    pub(super) board: Board,
    /// What a planner must know of this device.
    pub(super) target: Target,
    /// `unpack2x16float` works: f16 can be stored, whatever it is computed in.
    f16_storage: bool,
    pipelines: HashMap<(Arc<str>, &'static str), wgpu::ComputePipeline>,
}

impl WgpuDevice {
    /// Opens the adapter of this id, with its own limits or the downlevel ones.
    ///
    /// # Errors
    /// No such adapter, or its driver refused.
    pub(crate) fn open(id: &str, wanted: Limits) -> Result<WgpuDevice, DeviceError> {
        let (adapter, facts) = discover::find(id)?;
        let (required_limits, required_features) = match wanted {
            Limits::Adapter => (adapter.limits(), adapter.features() & discover::USED),
            Limits::Downlevel => (wgpu::Limits::downlevel_defaults(), wgpu::Features::empty()),
        };
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("wattmark"),
            required_features,
            required_limits,
            ..Default::default()
        });
        let (device, queue) = pollster::block_on(request)
            .map_err(|error| DeviceError::Failed(format!("opening {id} ({}, {}): {error}", facts.name, facts.api)))?;
        let reports = Reports::of(&device);
        let target = target(&device, facts.class == DeviceClass::Software);
        let flags = adapter.get_downlevel_capabilities().flags;
        let f16_storage = flags.contains(wgpu::DownlevelFlags::SHADER_F16_IN_F32);
        let nvidia = adapter.get_info().vendor == discover::NVIDIA;
        let board = if nvidia { Board::of(&facts) } else { Board::default() };
        Ok(WgpuDevice { device, queue, reports, facts, board, target, f16_storage, pipelines: HashMap::new() })
    }

    /// Compiles and uploads a program for a case.
    ///
    /// # Errors
    /// The driver refused the text or the memory.
    pub(crate) fn prepare_program(
        &mut self,
        case: &Case,
        inputs: &Inputs,
        program: &Program,
    ) -> Result<Prepared<'_>, DeviceError> {
        let pipelines: Vec<_> = program.passes.iter().map(|pass| self.pipeline(pass)).collect::<Result<_, _>>()?;
        let sets = buffer_sets(case, &self.facts, program.bytes());
        let params: Vec<_> = program.passes.iter().map(|pass| self.params(pass)).collect::<Result<_, _>>()?;
        let mut buffers: Vec<Vec<wgpu::Buffer>> = Vec::new();
        for _ in 0..sets {
            let made = self.allocate(&program.buffers)?;
            match buffers.first() {
                None => self.upload(inputs, &program.buffers, &made)?,
                Some(first) => self.duplicate(&program.buffers, first, &made)?,
            }
            buffers.push(made);
        }
        let mut steps = Vec::new();
        for set in &buffers {
            let of_set = program.passes.iter().zip(&pipelines).zip(&params).map(|((pass, pipeline), params)| {
                let bind_group = self.bind(pipeline, params, &pass.storage, set)?;
                Ok(Step { pipeline: pipeline.clone(), bind_group, grid: pass.grid })
            });
            steps.push(of_set.collect::<Result<Vec<_>, DeviceError>>()?);
        }
        let build = Build {
            source_sha256: sha256_hex(program.source()),
            implementation: "portable".to_owned(),
            tuning: program.tuning.clone(),
            buffer_sets: sets,
            set_bytes: program.bytes(),
            notes: notes(&self.facts, sets, program),
        };
        Prepared::new(self, case, program.buffers.clone(), buffers, steps, build)
    }

    fn plan(&self, case: &Case, tuning: &Tuning) -> Result<Program, DeviceError> {
        if Elem::input(case.dtype) == Elem::F16 && !self.f16_storage {
            return Err(DeviceError::Unsupported("the driver cannot unpack f16 (SHADER_F16_IN_F32)".to_owned()));
        }
        let planned = case.family.program(case, &self.target, tuning);
        planned.map_err(|why| DeviceError::Unsupported(why.to_string()))
    }

    /// The pipeline of a pass, compiled on first use.
    fn pipeline(&mut self, pass: &Pass) -> Result<wgpu::ComputePipeline, DeviceError> {
        let key = (pass.source.clone(), pass.entry);
        if let Some(known) = self.pipelines.get(&key) {
            return Ok(known.clone());
        }
        let compiled = scoped(&self.device, &self.reports, || {
            let layout = self.layout(&pass.storage);
            let source = wgpu::ShaderSource::Wgsl((&*pass.source).into());
            let descriptor = wgpu::ShaderModuleDescriptor { label: Some(pass.entry), source };
            let unchecked = wgpu::ShaderRuntimeChecks::unchecked();
            // SAFETY: the text is assembled by `kernel` from embedded files, never from input. Its loops are bounded
            // by parameters, and every index is clamped to, or tested against, the rows and words that the same
            // program allocates; the verification of every case runs this very module.
            let module = unsafe { self.device.create_shader_module_trusted(descriptor, unchecked) };
            self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some(pass.entry),
                layout: Some(&layout),
                module: &module,
                entry_point: Some(pass.entry),
                compilation_options: wgpu::PipelineCompilationOptions {
                    // Every kernel writes workgroup memory before it reads it.
                    zero_initialize_workgroup_memory: false,
                    ..Default::default()
                },
                cache: None,
            })
        });
        let pipeline = compiled.map_err(|error| match error {
            DeviceError::Failed(why) => DeviceError::Failed(format!("compiling a kernel: {why}")),
            other => other,
        })?;
        self.pipelines.insert(key, pipeline.clone());
        Ok(pipeline)
    }

    /// The layout every pass has: a uniform, then its storage buffers. Not derived from the text, where a kernel may leave
    /// a binding unused.
    fn layout(&self, storage: &[Binding]) -> wgpu::PipelineLayout {
        let uniform = wgpu::BufferBindingType::Uniform;
        let types = storage.iter().map(|b| wgpu::BufferBindingType::Storage { read_only: !b.writable });
        let entries: Vec<_> = (0..)
            .zip(std::iter::once(uniform).chain(types))
            .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            })
            .collect();
        let group = wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries };
        let group = self.device.create_bind_group_layout(&group);
        self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&group)],
            immediate_size: 0,
        })
    }

    fn params(&self, pass: &Pass) -> Result<wgpu::Buffer, DeviceError> {
        let mut bytes = bytemuck::cast_slice(&pass.params).to_vec();
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let buffer = self.buffer("params", bytes.len() as u64, usage)?;
        self.queue.write_buffer(&buffer, 0, &bytes);
        Ok(buffer)
    }

    fn allocate(&self, buffers: &[Buffer]) -> Result<Vec<wgpu::Buffer>, DeviceError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        buffers.iter().map(|b| self.buffer(&b.name, b.bytes, usage)).collect()
    }

    /// A buffer of this size.
    ///
    /// # Errors
    /// Out of memory, or beyond a limit.
    pub(super) fn buffer(
        &self,
        label: &str,
        size: u64,
        usage: wgpu::BufferUsages,
    ) -> Result<wgpu::Buffer, DeviceError> {
        let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        scoped(&self.device, &self.reports, || self.device.create_buffer(&descriptor))
    }

    fn upload(&self, inputs: &Inputs, planned: &[Buffer], made: &[wgpu::Buffer]) -> Result<(), DeviceError> {
        for (plan, buffer) in planned.iter().zip(made) {
            if let Role::Input(slab) = &plan.role {
                let bytes = inputs.data[slab.tensor].as_bytes();
                let row = slab.cols * slab.elem.bytes();
                if row == slab.pitch {
                    let first = (slab.first * row) as usize;
                    self.write(buffer, bytes[first..first + (slab.rows * row) as usize].chunks(CHUNK))?;
                } else {
                    self.write(buffer, packed_chunks(slab, bytes))?;
                }
            }
        }
        Ok(())
    }

    /// Writes consecutive chunks to a buffer, waiting for each so that staging memory stays bounded.
    ///
    /// # Errors
    /// Out of memory, or the device is gone.
    pub(super) fn write<B: AsRef<[u8]>>(
        &self,
        buffer: &wgpu::Buffer,
        chunks: impl Iterator<Item = B>,
    ) -> Result<(), DeviceError> {
        let mut at = 0;
        for chunk in chunks {
            let chunk = chunk.as_ref();
            scoped(&self.device, &self.reports, || {
                self.queue.write_buffer(buffer, at, chunk);
                self.queue.submit([]);
            })?;
            wait(&self.device, &self.reports, None)?;
            at += chunk.len() as u64;
        }
        Ok(())
    }

    /// Copies the inputs of one set to another on the device.
    fn duplicate(&self, planned: &[Buffer], from: &[wgpu::Buffer], to: &[wgpu::Buffer]) -> Result<(), DeviceError> {
        scoped(&self.device, &self.reports, || {
            let mut encoder = self.device.create_command_encoder(&Default::default());
            for ((plan, from), to) in planned.iter().zip(from).zip(to) {
                if matches!(plan.role, Role::Input(_)) {
                    encoder.copy_buffer_to_buffer(from, 0, to, 0, plan.bytes);
                }
            }
            self.queue.submit([encoder.finish()]);
        })?;
        wait(&self.device, &self.reports, None)
    }

    fn bind(
        &self,
        pipeline: &wgpu::ComputePipeline,
        params: &wgpu::Buffer,
        storage: &[Binding],
        set: &[wgpu::Buffer],
    ) -> Result<wgpu::BindGroup, DeviceError> {
        let bound = std::iter::once(params).chain(storage.iter().map(|binding| &set[binding.buffer]));
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        scoped(&self.device, &self.reports, || {
            let layout = pipeline.get_bind_group_layout(0);
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &layout,
                entries: &entries,
            })
        })
    }
}

impl Device for WgpuDevice {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
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

fn target(device: &wgpu::Device, software: bool) -> Target {
    let limits = device.limits();
    Target {
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        max_buffer_bytes: limits.max_buffer_size,
        max_storage_buffers: limits.max_storage_buffers_per_shader_stage,
        max_workgroup_bytes: limits.max_compute_workgroup_storage_size,
        max_invocations: limits.max_compute_invocations_per_workgroup,
        max_workgroup_size: [
            limits.max_compute_workgroup_size_x,
            limits.max_compute_workgroup_size_y,
            limits.max_compute_workgroup_size_z,
        ],
        max_groups: limits.max_compute_workgroups_per_dimension,
        f16: device.features().contains(wgpu::Features::SHADER_F16),
        software,
    }
}

/// A slab's padded rows, some whole rows at a time.
fn packed_chunks(slab: &Slab, bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let step = (CHUNK as u64 / slab.pitch).max(1);
    (0..slab.rows).step_by(step as usize).map(move |at| {
        let part = Slab { first: slab.first + at, rows: step.min(slab.rows - at), ..*slab };
        pack_rows(&part, bytes)
    })
}

fn notes(facts: &DeviceFacts, sets: u32, program: &Program) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.class == DeviceClass::Software {
        notes.push("software rasterizer: a CPU runs the GPU program".to_owned());
    }
    if sets > 1 && facts.cache_assumed {
        notes.push(format!("last-level cache assumed to be {} MiB", facts.cache_bytes >> 20));
    }
    let together = u64::from(sets) * program.bytes();
    if sets > 1 && together < 2 * facts.cache_bytes {
        notes.push(format!("only {} MiB of buffer sets fit: less than twice the cache", together >> 20));
    }
    if program.passes.len() > 1 {
        notes.push(format!("{} dispatches a launch", program.passes.len()));
    }
    notes
}
