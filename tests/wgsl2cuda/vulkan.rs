//! Runs a job through wgpu on Vulkan, in software where there is such a driver: the second opinion.
//! Compiles with wgpu's own checks, never with ours.

use std::collections::BTreeMap;

use crate::{
    job::{Binding, Contents, Dispatch, Job},
    shader::{Kind, Need, Shader},
};

/// A Vulkan device.
pub struct Vulkan {
    pub name: String,
    /// Invocations of a subgroup.
    pub subgroup: u32,
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// What wgpu calls a need. Cooperative matrices are an experiment of wgpu's: never asked for, so never there.
fn feature(need: Need) -> wgpu::Features {
    match need {
        Need::F16 => wgpu::Features::SHADER_F16,
        Need::F64 => wgpu::Features::SHADER_F64,
        Need::Int16 => wgpu::Features::SHADER_I16,
        Need::Int64 => wgpu::Features::SHADER_INT64,
        Need::Int64Atomics => wgpu::Features::SHADER_INT64_ATOMIC_ALL_OPS,
        Need::FloatAtomics => wgpu::Features::SHADER_FLOAT32_ATOMIC,
        Need::Subgroups => wgpu::Features::SUBGROUP,
        Need::Coop => wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX,
    }
}

impl Vulkan {
    /// The software adapter if there is one, else the first.
    pub fn open() -> Option<Vulkan> {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN;
        descriptor.flags = wgpu::InstanceFlags::empty();
        let instance = wgpu::Instance::new(descriptor);
        let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
        adapters.sort_by_key(|a| a.get_info().device_type != wgpu::DeviceType::Cpu);
        let adapter = adapters.into_iter().next()?;
        let needs = [Need::F16, Need::F64, Need::Int16, Need::Int64, Need::Int64Atomics, Need::FloatAtomics];
        let wanted = needs.map(feature).into_iter().fold(wgpu::Features::SUBGROUP, |all, one| all | one);
        let request = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("corpus"),
            required_features: adapter.features() & wanted,
            required_limits: adapter.limits(),
            ..Default::default()
        });
        let (device, queue) = pollster::block_on(request).expect("an adapter that is listed opens");
        let info = adapter.get_info();
        Some(Vulkan { name: info.name, subgroup: info.subgroup_min_size, device, queue })
    }

    /// The feature that this device lacks, if the shader needs one.
    pub fn lacks(&self, shader: &Shader) -> Option<Need> {
        shader.head.needs.iter().copied().find(|need| !self.device.features().contains(feature(*need)))
    }

    /// Runs a job.
    ///
    /// # Errors
    /// What wgpu reported.
    pub fn run(&self, job: &Job) -> Result<Contents, String> {
        let scopes = [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Validation]
            .map(|filter| self.device.push_error_scope(filter));
        // naga's SPIR-V writer panics on some valid modules.
        let run = std::panic::AssertUnwindSafe(|| self.run_unscoped(job));
        let contents = std::panic::catch_unwind(run);
        let errors: Vec<_> = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop())).collect();
        match (errors.first(), contents) {
            (None, Ok(contents)) => Ok(contents),
            (Some(error), _) => Err(format!("{}: {error}", job.name)),
            (None, Err(panic)) => Err(format!("{}: a panic: {:?}", job.name, panic.downcast_ref::<String>())),
        }
    }

    fn run_unscoped(&self, job: &Job) -> Contents {
        let kind = |i: usize| {
            let bindings = job.dispatches.iter().flat_map(|d| &d.bindings);
            bindings.filter(|b| b.buffer == i).map(|b| b.kind).next().unwrap_or_default()
        };
        let buffers: Vec<_> = job.buffers.iter().enumerate().map(|(i, words)| self.upload(kind(i), words)).collect();
        let mut encoder = self.device.create_command_encoder(&Default::default());
        for dispatch in &job.dispatches {
            let mut groups: BTreeMap<u32, Vec<&Binding>> = BTreeMap::new();
            for binding in &dispatch.bindings {
                groups.entry(binding.at[0]).or_default().push(binding);
            }
            let layouts = self.layouts(&groups);
            let pipeline = self.pipeline(&job.name, dispatch, &layouts);
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&pipeline);
            for (&group, members) in &groups {
                let entries: Vec<_> = members
                    .iter()
                    .map(|b| (b.at[1], buffers[b.buffer].as_entire_binding()))
                    .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
                    .collect();
                let layout = &layouts[group as usize];
                let descriptor = wgpu::BindGroupDescriptor { label: None, layout, entries: &entries };
                pass.set_bind_group(group, &self.device.create_bind_group(&descriptor), &[]);
            }
            let [x, y, z] = dispatch.grid;
            pass.dispatch_workgroups(x, y, z);
        }
        self.queue.submit([encoder.finish()]);
        job.buffers.iter().zip(&buffers).map(|(words, buffer)| self.download(buffer, words.len())).collect()
    }

    fn layouts(&self, groups: &BTreeMap<u32, Vec<&Binding>>) -> Vec<wgpu::BindGroupLayout> {
        let entry = |binding: &&Binding| wgpu::BindGroupLayoutEntry {
            binding: binding.at[1],
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match binding.kind {
                    Kind::Uniform => wgpu::BufferBindingType::Uniform,
                    Kind::Storage => wgpu::BufferBindingType::Storage { read_only: !binding.writable },
                },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let last = groups.keys().last().copied().unwrap_or(0);
        let of_group = |group: u32| {
            let entries: Vec<_> = groups.get(&group).map_or(&[][..], Vec::as_slice).iter().map(entry).collect();
            let descriptor = wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries };
            self.device.create_bind_group_layout(&descriptor)
        };
        (0..=last).map(of_group).collect()
    }

    fn pipeline(&self, name: &str, of: &Dispatch, layouts: &[wgpu::BindGroupLayout]) -> wgpu::ComputePipeline {
        let bind_group_layouts: Vec<_> = layouts.iter().map(Some).collect();
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &bind_group_layouts,
            ..Default::default()
        });
        let source = wgpu::ShaderSource::Wgsl((&*of.text).into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(name), source });
        let constants: Vec<_> = of.overrides.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(&layout),
            module: &module,
            entry_point: of.entry.as_deref(),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &constants, ..Default::default() },
            cache: None,
        })
    }

    fn upload(&self, kind: Kind, words: &[u32]) -> wgpu::Buffer {
        let usage = match kind {
            Kind::Uniform => wgpu::BufferUsages::UNIFORM,
            Kind::Storage => wgpu::BufferUsages::STORAGE,
        };
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 4 * words.len() as u64,
            usage: usage | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        buffer
    }

    fn download(&self, buffer: &wgpu::Buffer, words: usize) -> Vec<u32> {
        let size = 4 * words as u64;
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, size);
        self.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, 0..size, move |result| drop(sender.send(result)));
        // After an error there is nothing to map; the caller's error scopes hold the reason.
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        match receiver.try_recv() {
            Ok(Ok(())) => {
                bytemuck::pod_collect_to_vec(&staging.get_mapped_range(0..size).expect("the buffer is mapped"))
            }
            _ => vec![0; words],
        }
    }
}
