//! One launch of a kernel: its grid and its parameters, laid out once and given to the stream any number of times.
//! Owns no device memory; whoever launches keeps it alive.

use std::{ffi::c_void, rc::Rc};

use super::{super::DeviceError, compile::Kernel, resources::Memory};
use crate::{kernel::Pass, wgsl2cuda::ParamKind};

/// Sixteen bytes, aligned as the widest parameter is.
#[repr(C, align(16))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word([u8; 16]);

/// A kernel with its parameters.
#[derive(Debug)]
pub(super) struct Launch {
    kernel: Rc<Kernel>,
    grid: [u32; 3],
    /// The parameters' values, which `pointers` point to: never changed after that.
    _values: Vec<Vec<Word>>,
    pointers: Vec<*mut c_void>,
}

impl Launch {
    /// Binds a pass to the buffers of one set.
    pub(super) fn new(kernel: &Rc<Kernel>, pass: &Pass, buffers: &[Memory]) -> Result<Launch, DeviceError> {
        let params = kernel.abi.params.iter();
        let mut values = params
            .map(|param| value(param.kind, pass, buffers).map_err(|why| mistake(&param.name, &why)))
            .collect::<Result<Vec<_>, _>>()?;
        let pointers = values.iter_mut().map(|value| value.as_mut_ptr().cast()).collect();
        Ok(Launch { kernel: Rc::clone(kernel), grid: pass.grid, _values: values, pointers })
    }

    /// Gives the launch to the stream.
    pub(super) fn enqueue(&self) -> Result<(), DeviceError> {
        let abi = &self.kernel.abi;
        // SAFETY: the pointers follow the kernel's ABI one by one, each to a value of at least its parameter's size.
        // The kernel is one of ours, verified on every case: it clamps every index to the rows and words that its
        // program allocates. Its memory is owned beside it and outlives the stream's work, which every run waits for.
        unsafe { self.kernel.function.launch(self.grid, abi.workgroup_size, abi.dynamic_shared_bytes, &self.pointers) }
    }
}

fn mistake(name: &str, why: &str) -> DeviceError {
    DeviceError::Failed(format!("the kernel's parameter `{name}`: {why}; please report this as a bug"))
}

/// The bytes of one parameter. Bindings are all in group 0: the uniform at 0, then the pass's storage from 1.
fn value(kind: ParamKind, pass: &Pass, buffers: &[Memory]) -> Result<Vec<Word>, String> {
    let bound = |group: u32, binding: u32| {
        let at = (group == 0).then(|| binding.checked_sub(1)).flatten();
        let storage = at.and_then(|at| pass.storage.get(at as usize)).ok_or("the pass binds nothing there")?;
        buffers.get(storage.buffer).map(|memory| (storage, memory)).ok_or("the pass binds a buffer that is not there")
    };
    match kind {
        ParamKind::Uniform { group: 0, binding: 0, bytes } => {
            let mut params: Vec<u8> = bytemuck::cast_slice(&pass.params).to_vec();
            params.resize(params.len().next_multiple_of(16), 0);
            if params.len() < bytes as usize {
                return Err(format!("the kernel reads {bytes} bytes, the pass has {}", params.len()));
            }
            Ok(words(&params))
        }
        ParamKind::Uniform { .. } => Err("the pass has one uniform, at group 0, binding 0".to_owned()),
        ParamKind::Storage { group, binding, writable } => {
            let (storage, memory) = bound(group, binding)?;
            if writable && !storage.writable {
                return Err("the kernel writes what the pass binds for reading".to_owned());
            }
            Ok(words(&memory.address().to_le_bytes()))
        }
        ParamKind::Length { group, binding } => {
            let bytes = bound(group, binding)?.1.bytes();
            let bytes = u32::try_from(bytes).map_err(|_| format!("{bytes} bytes do not fit a 32-bit length"))?;
            Ok(words(&bytes.to_le_bytes()))
        }
    }
}

fn words(bytes: &[u8]) -> Vec<Word> {
    let word = |chunk: &[u8]| {
        let mut word = Word([0; 16]);
        word.0[..chunk.len()].copy_from_slice(chunk);
        word
    };
    bytes.chunks(16).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_aligned_and_whole() {
        assert_eq!(words(&[1, 2, 3]), [Word([1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]);
        let three = words(&[7; 40]);
        assert_eq!((three.len(), three.as_ptr() as usize % 16), (3, 0));
    }

    #[test]
    fn a_uniform_is_padded_and_never_short() {
        let pass = Pass { source: "".into(), entry: "main", params: vec![1, 2, 3], storage: vec![], grid: [1; 3] };
        let uniform = |bytes| value(ParamKind::Uniform { group: 0, binding: 0, bytes }, &pass, &[]);
        assert_eq!(uniform(16).unwrap().len(), 1);
        assert!(uniform(32).unwrap_err().contains("32 bytes"));
        let storage = ParamKind::Storage { group: 0, binding: 1, writable: true };
        assert!(value(storage, &pass, &[]).unwrap_err().contains("binds nothing"));
        assert!(value(ParamKind::Length { group: 1, binding: 1 }, &pass, &[]).is_err());
    }
}
