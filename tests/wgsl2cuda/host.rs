//! A shader's job on the host shim: translated entry by entry, its memory handed from one to the next.
//! Compares nothing.

use std::path::PathBuf;

use wattmark::wgsl2cuda::{Options, ParamKind, Policy, Translation, host_program, translate};

use crate::{
    shader::{Memory, Shader},
    shim::{Job, Shim},
};

/// A shader whose entries are translated and built.
pub struct Built<'a> {
    shader: &'a Shader,
    shim: &'a Shim,
    entries: Vec<(Translation, PathBuf)>,
}

/// Every entry of a shader, translated.
///
/// # Errors
/// What the translator said.
pub fn translations(shader: &Shader, policy: Policy) -> Result<Vec<Translation>, String> {
    let one = |entry: Option<&str>| {
        let overrides = shader.head.overrides.clone();
        let options = Options { entry: entry.map(str::to_owned), overrides, policy };
        translate(&shader.text, &options).map_err(|e| format!("{}: {e}", shader.name))
    };
    shader.entries().into_iter().map(one).collect()
}

impl<'a> Built<'a> {
    /// Translates and builds.
    ///
    /// # Errors
    /// What the translator or the compiler said.
    pub fn new(shim: &'a Shim, shader: &'a Shader, policy: Policy) -> Result<Built<'a>, String> {
        let build = |translation: Translation| {
            let program = shim.build(&host_program(&translation)).map_err(|e| format!("{}: {e}", shader.name))?;
            Ok((translation, program))
        };
        let entries = translations(shader, policy)?.into_iter().map(build).collect::<Result<_, String>>()?;
        Ok(Built { shader, shim, entries })
    }

    /// Memory after the job.
    ///
    /// # Errors
    /// As [`Shim::run`].
    pub fn run(&self, seed: u64, subgroup: u32) -> Result<Memory, String> {
        let mut memory = self.shader.memory();
        for (translation, program) in &self.entries {
            let bytes = |at: [u32; 2]| bytemuck::cast_slice::<u32, u8>(&memory.0[self.bound(at)]).to_vec();
            let job = Job {
                grid: self.shader.head.grid,
                seed,
                subgroup,
                params: params(translation, bytes, |at| self.bytes(at)),
                storage: storage(translation).count(),
                name: &self.shader.name,
            };
            let written = self.shim.run(program, &job)?;
            for (at, bytes) in storage(translation).zip(written) {
                let buffer = self.bound(at);
                if self.shader.head.buffers[buffer].out {
                    memory.0[buffer] = bytemuck::pod_collect_to_vec(&bytes);
                }
            }
        }
        Ok(memory)
    }

    fn bound(&self, at: [u32; 2]) -> usize {
        self.shader.buffer(at).unwrap_or_else(|| panic!("{}: the head has nothing at {at:?}", self.shader.name))
    }

    fn bytes(&self, at: [u32; 2]) -> u32 {
        let buffer = &self.shader.head.buffers[self.bound(at)];
        (buffer.len * buffer.elem.bytes()).next_multiple_of(4) as u32
    }
}

/// Bytes of every parameter, from what is bound at a group and binding and how long that is.
pub fn params(
    translation: &Translation,
    bound: impl Fn([u32; 2]) -> Vec<u8>,
    length: impl Fn([u32; 2]) -> u32,
) -> Vec<Vec<u8>> {
    let one = |kind: ParamKind| match kind {
        ParamKind::Uniform { group, binding, bytes } => {
            let mut value = bound([group, binding]);
            value.resize(bytes as usize, 0);
            value
        }
        ParamKind::Storage { group, binding, .. } => bound([group, binding]),
        ParamKind::Length { group, binding } => length([group, binding]).to_le_bytes().to_vec(),
    };
    translation.abi.params.iter().map(|param| one(param.kind)).collect()
}

/// Group and binding of the storage parameters, in order.
pub fn storage(translation: &Translation) -> impl Iterator<Item = [u32; 2]> {
    translation.abi.params.iter().filter_map(|param| match param.kind {
        ParamKind::Storage { group, binding, .. } => Some([group, binding]),
        ParamKind::Uniform { .. } | ParamKind::Length { .. } => None,
    })
}
