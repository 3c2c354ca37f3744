//! One launch of a planned kernel: its parameters laid out once, tensor maps included, and given to the stream any number
//! of times.
//! Owns no device memory; whoever launches keeps it alive.

use std::{ffi::c_void, rc::Rc};

use cudarc::driver::sys;

use super::{
    super::{
        super::DeviceError,
        error::check,
        resources::{Function, Memory},
    },
    plan::{Arg, NativePass, TensorMap},
};
use crate::kernel::Elem;

/// Room for the largest parameter, aligned as the driver's tensor map is.
#[repr(C, align(128))]
#[derive(Clone, Copy)]
struct Value([u8; 128]);

impl Value {
    fn of(bytes: &[u8]) -> Value {
        let mut value = Value([0; 128]);
        value.0[..bytes.len()].copy_from_slice(bytes);
        value
    }
}

/// A kernel with its parameters.
pub(super) struct Launch {
    function: Rc<Function>,
    grid: [u32; 3],
    block: u32,
    shared_bytes: u32,
    /// The parameters' values, which `pointers` point to: never changed after that.
    _values: Box<[Value]>,
    pointers: Vec<*mut c_void>,
}

impl Launch {
    /// Binds a pass to the buffers of one set.
    ///
    /// # Errors
    /// The driver refused a tensor map, or the plan names a buffer that is not there.
    pub(super) fn new(function: &Rc<Function>, pass: &NativePass, buffers: &[Memory]) -> Result<Launch, DeviceError> {
        let values = pass.args.iter().map(|arg| value(arg, buffers)).collect::<Result<Vec<_>, _>>()?;
        let mut values = values.into_boxed_slice();
        let pointers = values.iter_mut().map(|value| value.0.as_mut_ptr().cast()).collect();
        let function = Rc::clone(function);
        Ok(Launch {
            function,
            grid: pass.grid,
            block: pass.block,
            shared_bytes: pass.shared_bytes,
            _values: values,
            pointers,
        })
    }

    /// Gives the launch to the stream.
    ///
    /// # Errors
    /// The driver refused it.
    pub(super) fn enqueue(&self) -> Result<(), DeviceError> {
        // SAFETY: the pointers follow the plan's arguments, which follow the kernel's parameters; each has room for the
        // largest. The kernel is one of ours: it clamps or masks every row and word to those that the plan allocates. Its
        // memory is owned beside it and outlives the stream's work, which every run waits for.
        unsafe { self.function.launch(self.grid, [self.block, 1, 1], self.shared_bytes, &self.pointers) }
    }
}

fn value(arg: &Arg, buffers: &[Memory]) -> Result<Value, DeviceError> {
    let buffer = |at: usize| {
        buffers.get(at).ok_or_else(|| DeviceError::Failed(format!("the plan has no buffer {at}: a mistake here")))
    };
    Ok(match arg {
        Arg::Buffer(at) => Value::of(&buffer(*at)?.address().to_le_bytes()),
        Arg::U32(value) => Value::of(&value.to_le_bytes()),
        Arg::F32(value) => Value::of(&value.to_le_bytes()),
        Arg::TensorMap(map) => encode(map, buffer(map.buffer)?)?,
    })
}

/// The driver's form of a tensor map.
fn encode(map: &TensorMap, memory: &Memory) -> Result<Value, DeviceError> {
    let elem = match map.elem {
        Elem::F16 => sys::CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
        Elem::Bf16 => sys::CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        other => return Err(DeviceError::Failed(format!("a tensor map of {other:?}: a mistake here"))),
    };
    if map.strides[1] * map.extents[2] > memory.bytes() {
        return Err(DeviceError::Failed(format!("{map:?} is larger than its buffer: a mistake here")));
    }
    let mut encoded = sys::CUtensorMap { opaque: [0; 16] };
    let element_strides = [1u32; 3];
    // SAFETY: the driver has this entry point from CUDA 12 on, which a plan with tensor maps asks for; every array has as
    // many elements as the rank says (one stride less), and the map lies inside its buffer, checked above.
    let result = unsafe {
        sys::cuTensorMapEncodeTiled(
            &mut encoded,
            elem,
            3,
            memory.address() as *mut c_void,
            map.extents.as_ptr(),
            map.strides.as_ptr(),
            map.boxed.as_ptr(),
            element_strides.as_ptr(),
            sys::CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
            sys::CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
            sys::CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
            sys::CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
        )
    };
    check(result, "describing a buffer to the copy engine")?;
    Ok(Value::of(bytemuck::bytes_of(&encoded.opaque)))
}
