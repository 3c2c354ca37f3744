//! A case as an ONNX graph: what is bound, what is constant, which operators, and what to know of it.
//! Chooses no operators; `matmul` and `attention` do.

use std::borrow::Cow;

use ort::value::TensorElementType;
use prost::Message as _;

use super::{
    super::DeviceError,
    attention, matmul,
    model::{GraphDef, Kind, Model, Node, Tensor, ValueInfo},
};
use crate::kernel::{Case, Dtype, Elem, Inputs};

/// A protobuf message holds no more.
const LARGEST_MODEL: u64 = (2 << 30) - (1 << 20);

/// A way to write a case as a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `Gemm` with B transposed, which is how a linear layer is exported.
    Gemm,
    /// The same in f32, its inputs widened in the graph.
    WideGemm,
    /// `MatMulInteger` with the weights as the left operand: only activations and results are transposed.
    WeightsFirst,
    /// `MatMulInteger` with the weights transposed before it.
    WeightsTransposed,
    /// ONNX Runtime's product with 4-bit weights.
    NBits,
    /// ONNX Runtime's grouped-query attention.
    Grouped,
    /// Products, mask and softmax, as attention was written before it had an operator.
    Products,
    /// The same in f32, its inputs widened in the graph.
    WideProducts,
}

impl Form {
    /// What a reader of a record sees.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Gemm => "Gemm",
            Form::WideGemm => "Gemm in f32",
            Form::WeightsFirst => "MatMulInteger, weights first",
            Form::WeightsTransposed => "MatMulInteger, weights transposed",
            Form::NBits => "MatMulNBits",
            Form::Grouped => "GroupQueryAttention",
            Form::Products => "MatMul and Softmax",
            Form::WideProducts => "MatMul and Softmax in f32",
        }
    }

    /// The ways that a case can be written, the one that ONNX Runtime's own CPU kernels run fastest first.
    ///
    /// # Errors
    /// `Unsupported`: ONNX has no operators for this very case.
    pub(super) fn of(case: &Case) -> Result<&'static [Form], DeviceError> {
        let unsupported = |why: &str| Err(DeviceError::Unsupported(why.to_owned()));
        match (case.family.name(), case.variant.name, case.dtype) {
            ("matmul", _, Dtype::F32) => Ok(&[Form::Gemm]),
            ("matmul", _, Dtype::F16 | Dtype::Bf16) => Ok(&[Form::Gemm, Form::WideGemm]),
            ("matmul", _, Dtype::I8) => Ok(&[Form::WeightsFirst, Form::WeightsTransposed]),
            ("matmul", _, Dtype::W4A16G32 | Dtype::W4A16G128) => Ok(&[Form::NBits]),
            ("matmul", _, Dtype::W4A8G32 | Dtype::W4A8G128) => unsupported(
                "MatMulNBits with accuracy_level 4 quantises activations by the largest / 127, this case by powers of \
                 two: another case",
            ),
            ("attention", "decode", Dtype::F32) => Ok(&[Form::Products, Form::Grouped]),
            ("attention", "decode", Dtype::F16 | Dtype::Bf16) => {
                Ok(&[Form::WideProducts, Form::Grouped, Form::Products])
            }
            ("attention", _, Dtype::F32) => Ok(&[Form::Grouped, Form::Products]),
            ("attention", _, Dtype::F16 | Dtype::Bf16) => Ok(&[Form::Grouped, Form::WideProducts, Form::Products]),
            ("attention", _, Dtype::Kv8) => unsupported(
                "GroupQueryAttention has one scale for a whole 8-bit cache or a channel of it, not one for every key \
                 and value: another case",
            ),
            ("ceiling", ..) => unsupported("the library track borrows the ceilings of the cpu backend"),
            (family, _, dtype) => unsupported(&format!("there is no ONNX graph for {family} in {dtype}")),
        }
    }

    /// The graph.
    pub(super) fn build<'a>(self, case: &Case, inputs: &'a Inputs) -> Graph<'a> {
        match self {
            Form::Gemm | Form::WideGemm => matmul::gemm(case, inputs, self == Form::WideGemm),
            Form::WeightsFirst => matmul::weights_first(case, inputs),
            Form::WeightsTransposed => matmul::weights_transposed(case, inputs),
            Form::NBits => matmul::nbits(case, inputs),
            Form::Grouped => attention::grouped(case, inputs),
            Form::Products | Form::WideProducts => attention::products(case, inputs, self == Form::WideProducts),
        }
    }
}

impl Kind {
    /// As the runtime calls it.
    pub(super) fn element(self) -> TensorElementType {
        match self {
            Kind::F32 => TensorElementType::Float32,
            Kind::U8 => TensorElementType::Uint8,
            Kind::I8 => TensorElementType::Int8,
            Kind::I32 => TensorElementType::Int32,
            Kind::I64 => TensorElementType::Int64,
            Kind::F16 => TensorElementType::Float16,
            Kind::Bf16 => TensorElementType::Bfloat16,
            Kind::Fp8 => TensorElementType::Float8E4M3FN,
        }
    }
}

impl From<Elem> for Kind {
    fn from(elem: Elem) -> Kind {
        match elem {
            Elem::F32 => Kind::F32,
            Elem::F16 => Kind::F16,
            Elem::Bf16 => Kind::Bf16,
            Elem::Fp8 => Kind::Fp8,
            Elem::I8 => Kind::I8,
            Elem::I32 => Kind::I32,
        }
    }
}

/// A tensor that the caller binds.
#[derive(Debug)]
pub(super) struct Port<'a> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) shape: Vec<i64>,
    /// What is in it; empty for outputs.
    pub(super) data: Cow<'a, [u8]>,
}

impl<'a> Port<'a> {
    /// An input of the case under its own name.
    pub(super) fn input(inputs: &'a Inputs, name: &'static str, shape: &[usize]) -> Port<'a> {
        let data = inputs.get(name);
        Port { name, kind: data.elem().into(), shape: dims(shape), data: Cow::Borrowed(data.as_bytes()) }
    }

    /// The output of the case.
    pub(super) fn output(case: &Case, shape: &[usize]) -> Port<'a> {
        let spec = case.family.tensors(case).output;
        Port { name: spec.name, kind: spec.elem.into(), shape: dims(shape), data: Cow::Borrowed(&[]) }
    }

    fn info(&self) -> ValueInfo {
        ValueInfo::new(self.name, self.kind, &self.shape)
    }
}

/// Extents as ONNX writes them.
pub(super) fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&extent| extent as i64).collect()
}

/// A graph and its tensors.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) inputs: Vec<Port<'a>>,
    pub(super) output: Port<'a>,
    /// Outputs that are bound to an input's memory: name of the output, name of the input.
    pub(super) in_place: Vec<(&'static str, &'static str)>,
    pub(super) nodes: Vec<Node>,
    pub(super) constants: Vec<Tensor>,
    /// The constants are the case's weights: every buffer set needs a session of its own.
    pub(super) weights_constant: bool,
    /// Anything a reader of the number should know.
    pub(super) notes: Vec<&'static str>,
}

impl<'a> Graph<'a> {
    /// A graph without anything special about it.
    pub(super) fn new(inputs: Vec<Port<'a>>, output: Port<'a>, nodes: Vec<Node>) -> Graph<'a> {
        let (in_place, constants, notes) = (Vec::new(), Vec::new(), Vec::new());
        Graph { inputs, output, in_place, nodes, constants, weights_constant: false, notes }
    }

    /// The model file's bytes, without the file.
    ///
    /// # Errors
    /// `Unsupported`: the constants are larger than such a file can be.
    pub(super) fn encode(&mut self) -> Result<Vec<u8>, DeviceError> {
        let bytes: u64 = self.constants.iter().map(Tensor::bytes).sum();
        if bytes > LARGEST_MODEL {
            return Err(DeviceError::Unsupported(format!(
                "the graph's constants take {} MiB, an ONNX model in memory holds under 2048",
                bytes >> 20
            )));
        }
        let aliases = self.in_place.iter().filter_map(|(output, input)| {
            let input = self.inputs.iter().find(|port| port.name == *input)?;
            Some(ValueInfo::new(output, input.kind, &input.shape))
        });
        let output = std::iter::once(self.output.info()).chain(aliases).collect();
        let graph = GraphDef {
            input: self.inputs.iter().map(Port::info).collect(),
            output,
            name: "case".to_owned(),
            node: std::mem::take(&mut self.nodes),
            initializer: std::mem::take(&mut self.constants),
        };
        Ok(Model::of(graph).encode_to_vec())
    }
}
