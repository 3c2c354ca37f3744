//! Tensors on the host: what a case's inputs and output look like, and the seeded data in them.
//! Does not know devices; backends lay the data out as they need it.

use float8::F8E4M3;
use half::{bf16, f16};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::{Case, Dtype};

/// How an input is filled. Never zeros: they run faster and draw less power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fill {
    /// N(0,1) for floats, uniform over the full range for integers.
    Random,
    /// Fixed values that the kernel's meaning needs (a ceiling's coefficients).
    Values(&'static [f64]),
    /// Scales of quantised weights: of either sign, in size even between these two.
    Scales(f64, f64),
}

/// Element type as stored; outputs of i8 kernels are `I32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elem {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// 8-bit float, 4 exponent and 3 mantissa bits, without infinities.
    Fp8,
    /// Signed 8-bit, or two 4-bit weights.
    I8,
    /// Signed 32-bit.
    I32,
}

impl Elem {
    /// Size in bytes.
    pub fn bytes(self) -> u64 {
        match self {
            Elem::F32 | Elem::I32 => 4,
            Elem::F16 | Elem::Bf16 => 2,
            Elem::Fp8 | Elem::I8 => 1,
        }
    }

    /// As stored for inputs of this dtype; for activations where weights or cache have fewer bits.
    pub fn input(dtype: Dtype) -> Elem {
        match dtype {
            Dtype::F32 | Dtype::Tf32 => Elem::F32,
            Dtype::F16 | Dtype::W4A16G32 | Dtype::W4A16G128 | Dtype::W4A8G32 | Dtype::W4A8G128 | Dtype::Kv8 => {
                Elem::F16
            }
            Dtype::Bf16 => Elem::Bf16,
            Dtype::Fp8 => Elem::Fp8,
            Dtype::I8 => Elem::I8,
        }
    }

    /// As written by kernels of this dtype.
    pub fn output(dtype: Dtype) -> Elem {
        match dtype {
            Dtype::I8 => Elem::I32,
            Dtype::Fp8 => Elem::Bf16,
            other => Elem::input(other),
        }
    }

    /// Half a unit in the last place, relative; zero for integers.
    pub fn unit_roundoff(self) -> f64 {
        match self {
            Elem::F32 => f64::powi(2.0, -24),
            Elem::F16 => f64::powi(2.0, -11),
            Elem::Bf16 => f64::powi(2.0, -8),
            Elem::Fp8 => f64::powi(2.0, -4),
            Elem::I8 | Elem::I32 => 0.0,
        }
    }
}

/// A row-major tensor seen as `rows` rows of `cols` elements; the family's page says which dims fold into rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TensorSpec {
    /// Name in the kernel's text: `a`, `b`, `q`, `k`, `v`, `out`.
    pub name: &'static str,
    /// Number of rows.
    pub rows: u64,
    /// Elements of a row.
    pub cols: u64,
    /// Stored element type.
    pub elem: Elem,
    /// How it is filled; ignored for outputs.
    pub fill: Fill,
}

impl TensorSpec {
    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.rows * self.cols
    }

    /// True for a tensor without elements, which no valid case has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size in bytes without padding.
    pub fn bytes(&self) -> u64 {
        self.len() * self.elem.bytes()
    }
}

/// Host data of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// binary32 elements.
    F32(Vec<f32>),
    /// binary16 elements.
    F16(Vec<f16>),
    /// bfloat16 elements.
    Bf16(Vec<bf16>),
    /// 8-bit floats.
    Fp8(Vec<F8E4M3>),
    /// 8-bit integers.
    I8(Vec<i8>),
    /// 32-bit integers.
    I32(Vec<i32>),
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Data::F32(v) => v.len(),
            Data::F16(v) => v.len(),
            Data::Bf16(v) => v.len(),
            Data::Fp8(v) => v.len(),
            Data::I8(v) => v.len(),
            Data::I32(v) => v.len(),
        }
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type.
    pub fn elem(&self) -> Elem {
        match self {
            Data::F32(_) => Elem::F32,
            Data::F16(_) => Elem::F16,
            Data::Bf16(_) => Elem::Bf16,
            Data::Fp8(_) => Elem::Fp8,
            Data::I8(_) => Elem::I8,
            Data::I32(_) => Elem::I32,
        }
    }

    /// The stored bytes, little-endian as in memory.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Data::F32(v) => bytemuck::cast_slice(v),
            Data::F16(v) => bytemuck::cast_slice(v),
            Data::Bf16(v) => bytemuck::cast_slice(v),
            Data::Fp8(v) => bytemuck::cast_slice(v),
            Data::I8(v) => bytemuck::cast_slice(v),
            Data::I32(v) => bytemuck::cast_slice(v),
        }
    }

    /// Reads `elem`s back from bytes that a device returned.
    ///
    /// # Panics
    /// If the length is no multiple of the element size.
    pub fn from_bytes(elem: Elem, bytes: &[u8]) -> Data {
        match elem {
            Elem::F32 => Data::F32(bytemuck::pod_collect_to_vec(bytes)),
            Elem::F16 => Data::F16(bytemuck::pod_collect_to_vec(bytes)),
            Elem::Bf16 => Data::Bf16(bytemuck::pod_collect_to_vec(bytes)),
            Elem::Fp8 => Data::Fp8(bytemuck::pod_collect_to_vec(bytes)),
            Elem::I8 => Data::I8(bytemuck::pod_collect_to_vec(bytes)),
            Elem::I32 => Data::I32(bytemuck::pod_collect_to_vec(bytes)),
        }
    }

    /// Element `i` as f64, exactly.
    pub fn get(&self, i: usize) -> f64 {
        match self {
            Data::F32(v) => f64::from(v[i]),
            Data::F16(v) => f64::from(v[i]),
            Data::Bf16(v) => f64::from(v[i]),
            Data::Fp8(v) => v[i].to_f64(),
            Data::I8(v) => f64::from(v[i]),
            Data::I32(v) => f64::from(v[i]),
        }
    }

    /// A range of elements widened to f64, exactly.
    pub fn to_f64(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        match self {
            Data::F32(v) => v[range].iter().map(|&x| f64::from(x)).collect(),
            Data::F16(v) => v[range].iter().map(|&x| f64::from(x)).collect(),
            Data::Bf16(v) => v[range].iter().map(|&x| f64::from(x)).collect(),
            Data::Fp8(v) => v[range].iter().map(F8E4M3::to_f64).collect(),
            Data::I8(v) => v[range].iter().map(|&x| f64::from(x)).collect(),
            Data::I32(v) => v[range].iter().map(|&x| f64::from(x)).collect(),
        }
    }
}

/// The byte an output is filled with before a verified run: NaN in every float format, and an integer that no case
/// can produce (no sum of 65535 products of 8-bit integers reaches it).
pub fn poison(elem: Elem) -> u8 {
    match elem {
        Elem::I32 | Elem::I8 => 0x80,
        Elem::F32 | Elem::F16 | Elem::Bf16 | Elem::Fp8 => 0xFF,
    }
}

/// A case's inputs, in the order of its family's tensor list.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Shapes and names.
    pub specs: Vec<TensorSpec>,
    /// The data, parallel to `specs`.
    pub data: Vec<Data>,
}

impl Inputs {
    /// Draws a case's inputs. The same case gives the same bits on every machine.
    pub fn seeded(case: &Case) -> Inputs {
        let specs = case.family.tensors(case).inputs;
        let data = specs.iter().enumerate().map(|(i, spec)| draw(spec, case.seed(), i as u64)).collect();
        Inputs { specs, data }
    }

    /// The tensor of that name.
    ///
    /// # Panics
    /// If the family has no such input: a mistake in the program, not in its input.
    pub fn get(&self, name: &str) -> &Data {
        let at = self.specs.iter().position(|s| s.name == name);
        &self.data[at.unwrap_or_else(|| panic!("no input named {name}"))]
    }
}

/// `n` elements, each the rounding of what `at` says.
fn rounded(elem: Elem, n: usize, at: impl FnMut(usize) -> f64) -> Data {
    let values = (0..n).map(at);
    match elem {
        Elem::F32 => Data::F32(values.map(|x| x as f32).collect()),
        Elem::F16 => Data::F16(values.map(f16::from_f64).collect()),
        Elem::Bf16 => Data::Bf16(values.map(bf16::from_f64).collect()),
        Elem::Fp8 => Data::Fp8(values.map(F8E4M3::from_f64).collect()),
        Elem::I8 => Data::I8(values.map(|x| x as i8).collect()),
        Elem::I32 => Data::I32(values.map(|x| x as i32).collect()),
    }
}

fn draw(spec: &TensorSpec, seed: u64, stream: u64) -> Data {
    let n = spec.len() as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    match spec.fill {
        Fill::Values(values) => return rounded(spec.elem, n, |i| values[i % values.len()]),
        Fill::Scales(low, high) => {
            return rounded(spec.elem, n, |_| {
                let size: f64 = rng.random_range(low..high);
                if rng.random() { size } else { -size }
            });
        }
        Fill::Random => {}
    }
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    match spec.elem {
        Elem::F32 => Data::F32((0..n).map(|_| normal()).collect()),
        Elem::F16 => Data::F16((0..n).map(|_| f16::from_f32(normal())).collect()),
        Elem::Bf16 => Data::Bf16((0..n).map(|_| bf16::from_f32(normal())).collect()),
        Elem::Fp8 => Data::Fp8((0..n).map(|_| F8E4M3::from_f32(normal())).collect()),
        Elem::I8 => {
            let mut bytes = vec![0u8; n];
            rand::Rng::fill_bytes(&mut rng, &mut bytes);
            Data::I8(bytemuck::cast_vec(bytes))
        }
        Elem::I32 => {
            let mut words = vec![0i32; n];
            rand::Rng::fill_bytes(&mut rng, bytemuck::cast_slice_mut(&mut words));
            Data::I32(words)
        }
    }
}
