//! The part of ONNX's protobuf messages that the graphs here need, by the field numbers of onnx.proto.
//! Knows no operator; see [`super::graph`].

use prost::Message;

/// Version of the format: the one that came with operator set 17.
const IR_VERSION: i64 = 8;
/// Operators as of ONNX 1.12, which every runtime and provider of today reads.
const OPERATORS: i64 = 17;
/// Where ONNX Runtime keeps operators of its own.
pub(super) const CONTRIB: &str = "com.microsoft";

/// `ModelProto`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(string, tag = "2")]
    producer_name: String,
    #[prost(message, optional, tag = "7")]
    graph: Option<GraphDef>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<OperatorSet>,
}

/// `OperatorSetIdProto`.
#[derive(Clone, PartialEq, Message)]
struct OperatorSet {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
}

/// `GraphProto`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GraphDef {
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(super) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(super) output: Vec<ValueInfo>,
}

/// `NodeProto`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    domain: String,
}

/// `AttributeProto`.
#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(float, optional, tag = "2")]
    f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    i: Option<i64>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    ints: Vec<i64>,
    /// `AttributeType`: 1 float, 2 int, 7 ints.
    #[prost(int32, tag = "20")]
    kind: i32,
}

/// `TensorProto`, its elements as they lie in memory.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(string, tag = "8")]
    name: String,
    #[prost(bytes = "vec", tag = "9")]
    raw_data: Vec<u8>,
}

/// `ValueInfoProto`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<Type>,
}

/// `TypeProto` of a tensor.
#[derive(Clone, PartialEq, Message)]
struct Type {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

/// `TypeProto.Tensor`.
#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    elem_type: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

/// `TensorShapeProto`.
#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dimension>,
}

/// `TensorShapeProto.Dimension`, always a number.
#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    value: Option<i64>,
}

/// `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    I32 = 6,
    I64 = 7,
    F16 = 10,
    Bf16 = 16,
    /// e4m3 without infinities.
    Fp8 = 17,
}

impl Model {
    /// A model of one graph.
    pub(super) fn of(graph: GraphDef) -> Model {
        let set = |domain: &str, version| OperatorSet { domain: domain.to_owned(), version };
        Model {
            ir_version: IR_VERSION,
            producer_name: "wattmark".to_owned(),
            graph: Some(graph),
            opset_import: vec![set("", OPERATORS), set(CONTRIB, 1)],
        }
    }
}

impl Node {
    /// An operator of the standard; an empty name stands for an input that is left out.
    pub(super) fn new(operator: &str, inputs: &[&str], outputs: &[&str]) -> Node {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Node {
            input: owned(inputs),
            output: owned(outputs),
            // ONNX Runtime names the node where it refuses one.
            name: outputs.first().copied().unwrap_or_default().to_owned(),
            op_type: operator.to_owned(),
            attribute: Vec::new(),
            domain: String::new(),
        }
    }

    /// An operator of ONNX Runtime's own.
    pub(super) fn contrib(operator: &str, inputs: &[&str], outputs: &[&str]) -> Node {
        Node { domain: CONTRIB.to_owned(), ..Node::new(operator, inputs, outputs) }
    }

    pub(super) fn int(mut self, name: &str, value: i64) -> Node {
        self.attribute.push(Attribute { name: name.to_owned(), i: Some(value), kind: 2, ..Attribute::default() });
        self
    }

    pub(super) fn float(mut self, name: &str, value: f32) -> Node {
        self.attribute.push(Attribute { name: name.to_owned(), f: Some(value), kind: 1, ..Attribute::default() });
        self
    }

    pub(super) fn ints(mut self, name: &str, values: &[i64]) -> Node {
        let ints = values.to_vec();
        self.attribute.push(Attribute { name: name.to_owned(), ints, kind: 7, ..Attribute::default() });
        self
    }
}

impl Tensor {
    /// A constant.
    pub(super) fn new(name: &str, kind: Kind, dims: &[i64], raw_data: Vec<u8>) -> Tensor {
        Tensor { dims: dims.to_vec(), data_type: kind as i32, name: name.to_owned(), raw_data }
    }

    /// Bytes of its elements.
    pub(super) fn bytes(&self) -> u64 {
        self.raw_data.len() as u64
    }
}

impl ValueInfo {
    /// A tensor of known shape.
    pub(super) fn new(name: &str, kind: Kind, dims: &[i64]) -> ValueInfo {
        let dim = dims.iter().map(|&value| Dimension { value: Some(value) }).collect();
        let tensor = TensorType { elem_type: kind as i32, shape: Some(Shape { dim }) };
        ValueInfo { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_numbers_of_onnx_proto() {
        let node = Node::new("Gemm", &["a"], &["c"]).int("transB", 0);
        let input = vec![ValueInfo::new("a", Kind::F16, &[3])];
        let bytes = Model::of(GraphDef { node: vec![node], input, ..GraphDef::default() }).encode_to_vec();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(bytes.starts_with(&[0x08, 8]), "ir_version: {bytes:?}");
        assert!(holds(b"\x22\x04Gemm"), "op_type: {bytes:?}");
        // An attribute of value zero is written out: readers of proto2 tell absent from zero.
        assert!(holds(b"\x0a\x06transB\x18\x00\xa0\x01\x02"), "attribute: {bytes:?}");
        // Name, then type: tensor of element type 10 and shape of one dimension, 3.
        assert!(holds(b"\x0a\x01a\x12\x0a\x0a\x08\x08\x0a\x12\x04\x0a\x02\x08\x03"), "input: {bytes:?}");
        assert!(holds(b"\x42\x11\x0a\x0dcom.microsoft\x10\x01"), "opset_import: {bytes:?}");
    }
}
