//! A job on the host shim: every dispatch translated and built, its buffers handed from one to the next.
//! Compares nothing.

use std::path::PathBuf;

use wattmark::wgsl2cuda::{Options, ParamKind, Policy, Translation, host_program, translate};

use crate::{
    job::{Contents, Dispatch, Job},
    shim::{Launch, Shim},
};

/// A job whose dispatches are translated and built.
pub struct Built<'a> {
    job: &'a Job,
    shim: &'a Shim,
    programs: Vec<(Translation, PathBuf)>,
}

/// A dispatch's text, translated.
///
/// # Errors
/// What the translator said.
pub fn translated(dispatch: &Dispatch, policy: Policy) -> Result<Translation, String> {
    let options = Options { entry: dispatch.entry.clone(), overrides: dispatch.overrides.clone(), policy };
    translate(&dispatch.text, &options).map_err(|e| e.to_string())
}

impl<'a> Built<'a> {
    /// Translates and builds.
    ///
    /// # Errors
    /// What the translator or the compiler said.
    pub fn new(shim: &'a Shim, job: &'a Job, policy: Policy) -> Result<Built<'a>, String> {
        let build = |dispatch: &Dispatch| {
            let translation = translated(dispatch, policy)?;
            let program = shim.build(&host_program(&translation))?;
            Ok((translation, program))
        };
        let programs: Result<_, String> = job.dispatches.iter().map(build).collect();
        Ok(Built { job, shim, programs: programs.map_err(|e| format!("{}: {e}", job.name))? })
    }

    /// The buffers after the job.
    ///
    /// # Errors
    /// As [`Shim::run`].
    pub fn run(&self, seed: u64, subgroup: u32) -> Result<Contents, String> {
        let mut buffers = self.job.buffers.clone();
        for (dispatch, (translation, program)) in self.job.dispatches.iter().zip(&self.programs) {
            let launch =
                Launch { grid: dispatch.grid, seed, subgroup, params: params(translation, dispatch, &buffers) };
            let written = self.shim.run(program, &launch);
            let written = written.map_err(|e| format!("{} (seed {seed}): {e}", self.job.name))?;
            let storage = translation.abi.params.iter().filter_map(|param| match param.kind {
                ParamKind::Storage { group, binding, writable } => Some((dispatch.bound([group, binding]), writable)),
                ParamKind::Uniform { .. } | ParamKind::Length { .. } => None,
            });
            assert_eq!(storage.clone().count(), written.len(), "{}: buffers that came back", self.job.name);
            for ((bound, writable), bytes) in storage.zip(written) {
                let after: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes);
                assert!(writable || after == buffers[bound.buffer], "{}: an input was written", self.job.name);
                if writable {
                    buffers[bound.buffer] = after;
                }
            }
        }
        Ok(buffers)
    }
}

/// Bytes of every parameter, in the order of the ABI.
fn params(translation: &Translation, dispatch: &Dispatch, buffers: &Contents) -> Vec<Vec<u8>> {
    let bytes = |group, binding| bytemuck::cast_slice::<u32, u8>(&buffers[dispatch.bound([group, binding]).buffer]);
    let one = |kind: ParamKind| match kind {
        ParamKind::Uniform { group, binding, bytes: size } => {
            let mut value = bytes(group, binding).to_vec();
            value.resize(size as usize, 0);
            value
        }
        ParamKind::Storage { group, binding, .. } => bytes(group, binding).to_vec(),
        ParamKind::Length { group, binding } => (bytes(group, binding).len() as u32).to_le_bytes().to_vec(),
    };
    translation.abi.params.iter().map(|param| one(param.kind)).collect()
}
