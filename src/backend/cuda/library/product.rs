//! One matrix product set up in cuBLASLt: descriptors, the heuristic's choice, and its launch on any buffer set.
//! Owns no operands.

use std::{ffi::c_void, rc::Rc};

use cudarc::cublaslt::sys::{
    self, cublasLtHandle_t, cublasLtMatmulAlgo_t, cublasLtMatmulDesc_t, cublasLtMatmulHeuristicResult_t,
    cublasLtMatmulPreference_t, cublasLtMatrixLayout_t,
};

use super::{
    super::{
        super::DeviceError,
        resources::{Context, Memory},
    },
    api::{Api, check},
    layout::{Operand, Product},
};
use crate::kernel::Dtype;

/// Scratch that the library may use: what it recommends for Hopper, and more than enough before.
const WORKSPACE: u64 = 32 << 20;
/// Algorithms that are asked for, best first by the library's own estimate.
pub(super) const CANDIDATES: usize = 8;

/// Partial sums that meet in the accumulator's type only: the others round them to 16 bits.
const REDUCE_IN_COMPUTE_TYPE: u32 = 2;

/// A library handle in a context.
pub(super) struct Handle {
    pub(super) api: Rc<Api>,
    context: Rc<Context>,
    handle: cublasLtHandle_t,
    workspace: Memory,
}

impl Handle {
    /// Starts the library in a context.
    pub(super) fn new(api: Api, context: &Rc<Context>) -> Result<Handle, DeviceError> {
        context.bind()?;
        let workspace = Memory::allocate(context, "cuBLASLt workspace", WORKSPACE)?;
        let mut handle = std::ptr::null_mut();
        // SAFETY: a context is current; a pointer is written.
        check(unsafe { (api.create)(&mut handle) }, "starting cuBLASLt")?;
        Ok(Handle { api: Rc::new(api), context: Rc::clone(context), handle, workspace })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: created in `new`, destroyed here only.
        let _ = unsafe { (self.api.destroy)(self.handle) };
    }
}

/// One of the library's descriptors, destroyed when dropped.
struct Owned<T: Copy> {
    value: T,
    destroy: unsafe extern "C" fn(T) -> std::ffi::c_int,
}

impl<T: Copy> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: created by the library for this value, destroyed here only.
        let _ = unsafe { (self.destroy)(self.value) };
    }
}

/// Types of a product.
struct Types {
    input: sys::cudaDataType_t,
    output: sys::cudaDataType_t,
    scale: sys::cudaDataType_t,
    compute: sys::cublasComputeType_t,
}

/// f32 is computed in f32, which TF32 is another case beside. None for what the library has no product of.
fn types(dtype: Dtype) -> Option<Types> {
    use sys::{cublasComputeType_t as Compute, cudaDataType_t as Data};
    let (input, output, scale, compute) = match dtype {
        Dtype::F32 => (Data::CUDA_R_32F, Data::CUDA_R_32F, Data::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F),
        Dtype::Tf32 => (Data::CUDA_R_32F, Data::CUDA_R_32F, Data::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F_FAST_TF32),
        Dtype::F16 => (Data::CUDA_R_16F, Data::CUDA_R_16F, Data::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F),
        Dtype::Bf16 => (Data::CUDA_R_16BF, Data::CUDA_R_16BF, Data::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F),
        Dtype::Fp8 => (Data::CUDA_R_8F_E4M3, Data::CUDA_R_16BF, Data::CUDA_R_32F, Compute::CUBLAS_COMPUTE_32F),
        Dtype::I8 => (Data::CUDA_R_8I, Data::CUDA_R_32I, Data::CUDA_R_32I, Compute::CUBLAS_COMPUTE_32I),
        Dtype::W4A16G32 | Dtype::W4A16G128 | Dtype::W4A8G32 | Dtype::W4A8G128 | Dtype::Kv8 => {
            return None;
        }
    };
    Some(Types { input, output, scale, compute })
}

/// A product ready to launch.
pub(super) struct Matmul<'h> {
    handle: &'h Handle,
    desc: Owned<cublasLtMatmulDesc_t>,
    left: Owned<cublasLtMatrixLayout_t>,
    right: Owned<cublasLtMatrixLayout_t>,
    result: Owned<cublasLtMatrixLayout_t>,
    algo: cublasLtMatmulAlgo_t,
    /// One and zero in the scale's type.
    one: [u8; 4],
    zero: [u8; 4],
    /// What the heuristic chose, in words.
    pub(super) chosen: String,
}

impl<'h> Matmul<'h> {
    /// Sets a product up with the algorithm of this rank in the heuristic's list.
    pub(super) fn new(
        handle: &'h Handle,
        product: &Product,
        dtype: Dtype,
        rank: usize,
    ) -> Result<Matmul<'h>, DeviceError> {
        let api = &handle.api;
        let types =
            types(dtype).ok_or_else(|| DeviceError::Unsupported(format!("cuBLASLt has no product in {dtype}")))?;
        let mut desc = std::ptr::null_mut();
        // SAFETY: a pointer is written; the enums are the library's own.
        let status = unsafe { (api.desc_create)(&mut desc, types.compute as i32, types.scale as i32) };
        check(status, "describing a product")?;
        let desc = Owned { value: desc, destroy: api.desc_destroy };
        use sys::cublasLtMatmulDescAttributes_t as Attribute;
        for (attribute, operand) in [
            (Attribute::CUBLASLT_MATMUL_DESC_TRANSA, &product.left),
            (Attribute::CUBLASLT_MATMUL_DESC_TRANSB, &product.right),
        ] {
            let operation = i32::from(operand.transposed);
            // SAFETY: both attributes take an operation, which is a 32-bit enum: 0 as stored, 1 transposed.
            let status = unsafe { (api.desc_set)(desc.value, attribute as i32, (&raw const operation).cast(), 4) };
            check(status, "describing a product")?;
        }
        let left = layout(api, types.input, &product.left)?;
        let right = layout(api, types.input, &product.right)?;
        let result = layout(api, types.output, &product.result)?;
        let one = if dtype == Dtype::I8 { 1i32.to_ne_bytes() } else { 1f32.to_ne_bytes() };
        let preference = preference(api, dtype)?;
        let found = candidates(handle, &desc, [&left, &right, &result], &preference)?;
        let Some(best) = found.get(rank) else {
            return Err(DeviceError::Unsupported(format!(
                "cuBLASLt's heuristic offers {} algorithms for this shape and dtype; ALGO={rank} is none",
                found.len()
            )));
        };
        let chosen = describe(api, best, rank, found.len());
        let algo = best.algo;
        Ok(Matmul { handle, desc, left, right, result, algo, one, zero: [0; 4], chosen })
    }

    /// Gives one product to the stream.
    pub(super) fn enqueue(&self, left: &Memory, right: &Memory, result: &Memory) -> Result<(), DeviceError> {
        let Handle { api, context, handle, workspace } = self.handle;
        let pointer = |memory: &Memory| memory.address() as *mut c_void;
        // SAFETY: the descriptors are of this library and alive; the operands are as large as the layouts say, which
        // their makers took from the same case; scale factors are host values of the scale type; the workspace is as
        // large as said. The stream orders one product after the other, so that they may share it.
        let status = unsafe {
            (api.matmul)(
                *handle,
                self.desc.value,
                self.one.as_ptr().cast(),
                pointer(left),
                self.left.value,
                pointer(right),
                self.right.value,
                self.zero.as_ptr().cast(),
                pointer(result),
                self.result.value,
                pointer(result),
                self.result.value,
                &self.algo,
                pointer(workspace),
                workspace.bytes() as usize,
                context.stream(),
            )
        };
        check(status, "launching a product")
    }
}

fn layout(api: &Api, of: sys::cudaDataType_t, operand: &Operand) -> Result<Owned<cublasLtMatrixLayout_t>, DeviceError> {
    let mut value = std::ptr::null_mut();
    // SAFETY: a pointer is written; the enum is the library's own.
    let status =
        unsafe { (api.layout_create)(&mut value, of as i32, operand.rows, operand.cols, operand.leading as i64) };
    check(status, "describing an operand")?;
    Ok(Owned { value, destroy: api.layout_destroy })
}

fn preference(api: &Api, dtype: Dtype) -> Result<Owned<cublasLtMatmulPreference_t>, DeviceError> {
    use sys::cublasLtMatmulPreferenceAttributes_t as Attribute;
    let mut value = std::ptr::null_mut();
    // SAFETY: a pointer is written.
    check(unsafe { (api.preference_create)(&mut value) }, "stating a preference")?;
    let preference = Owned { value, destroy: api.preference_destroy };
    let (most, scheme) = (WORKSPACE, REDUCE_IN_COMPUTE_TYPE);
    let bytes = Attribute::CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES as i32;
    // SAFETY: this attribute takes a 64-bit number.
    let status = unsafe { (api.preference_set)(value, bytes, (&raw const most).cast(), 8) };
    check(status, "stating a preference")?;
    if matches!(dtype, Dtype::F16 | Dtype::Bf16 | Dtype::Fp8) {
        let mask = Attribute::CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK as i32;
        // SAFETY: this attribute takes a 32-bit mask.
        let status = unsafe { (api.preference_set)(value, mask, (&raw const scheme).cast(), 4) };
        check(status, "stating a preference")?;
    }
    Ok(preference)
}

/// What the heuristic offers, best first.
fn candidates(
    handle: &Handle,
    desc: &Owned<cublasLtMatmulDesc_t>,
    [left, right, result]: [&Owned<cublasLtMatrixLayout_t>; 3],
    preference: &Owned<cublasLtMatmulPreference_t>,
) -> Result<Vec<cublasLtMatmulHeuristicResult_t>, DeviceError> {
    let nothing = cublasLtMatmulHeuristicResult_t {
        algo: cublasLtMatmulAlgo_t { data: [0; 8] },
        workspaceSize: 0,
        state: sys::cublasStatus_t::CUBLAS_STATUS_SUCCESS,
        wavesCount: 0.0,
        reserved: [0; 4],
    };
    let mut found = [nothing; CANDIDATES];
    let mut count = 0;
    // SAFETY: all descriptors are of this library and alive; there is room for as many results as are asked for.
    let status = unsafe {
        (handle.api.heuristic)(
            handle.handle,
            desc.value,
            left.value,
            right.value,
            result.value,
            result.value,
            preference.value,
            CANDIDATES as i32,
            found.as_mut_ptr(),
            &mut count,
        )
    };
    check(status, "choosing an algorithm")?;
    let found = &found[..(count.max(0) as usize).min(CANDIDATES)];
    Ok(found.iter().copied().filter(|one| one.state == sys::cublasStatus_t::CUBLAS_STATUS_SUCCESS).collect())
}

/// The choice in the library's own numbers: enough to see that two runs chose alike.
fn describe(api: &Api, chosen: &cublasLtMatmulHeuristicResult_t, rank: usize, of: usize) -> String {
    use sys::cublasLtMatmulAlgoConfigAttributes_t as Attribute;
    let figures = [
        ("id", Attribute::CUBLASLT_ALGO_CONFIG_ID),
        ("tile", Attribute::CUBLASLT_ALGO_CONFIG_TILE_ID),
        ("stages", Attribute::CUBLASLT_ALGO_CONFIG_STAGES_ID),
        ("split-k", Attribute::CUBLASLT_ALGO_CONFIG_SPLITK_NUM),
        ("reduction", Attribute::CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME),
        ("swizzle", Attribute::CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING),
    ];
    let figure = |attribute: Attribute| {
        let (mut value, mut written) = (0i32, 0);
        // SAFETY: each of these attributes is a 32-bit number; the algorithm came from the library.
        let status =
            unsafe { (api.algo_config)(&chosen.algo, attribute as i32, (&raw mut value).cast(), 4, &mut written) };
        (status == 0).then_some(value)
    };
    let figures = figures.into_iter().filter_map(|(name, of)| Some(format!("{name} {}", figure(of)?)));
    let figures = figures.collect::<Vec<_>>().join(", ");
    format!("algorithm {rank} of {of} by the heuristic: {figures}, workspace {} KiB", chosen.workspaceSize >> 10)
}
