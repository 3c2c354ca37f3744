//! Attention as ONNX graphs: ONNX Runtime's own operator, and the products it replaces.
//! K and V are bound as the case stores them, `[batch, kv_heads, kv, d]`.

use super::{
    graph::{Graph, Port, dims},
    matmul::{cast, copied, stored},
    model::{Kind, Node, Tensor},
};
use crate::kernel::{Case, Inputs, attention::Extents};

/// `GroupQueryAttention`.
pub(super) fn grouped<'a>(case: &Case, inputs: &'a Inputs) -> Graph<'a> {
    let e = Extents::of(case);
    if e.causal { grouped_prefill(case, &e, inputs) } else { grouped_decode(case, &e, inputs) }
}

fn operator(e: &Extents, inputs: &[&str], outputs: &[&str]) -> Node {
    Node::contrib("GroupQueryAttention", inputs, outputs)
        .int("num_heads", e.heads as i64)
        .int("kv_num_heads", e.kv_heads as i64)
        .float("scale", scale(e))
}

fn scale(e: &Extents) -> f32 {
    1.0 / (e.d as f32).sqrt()
}

/// How many keys a sequence has: less one for each, and all of them.
fn lengths(e: &Extents) -> Vec<Tensor> {
    let last = e.kv as i32 - 1;
    let bytes = |values: &[i32]| bytemuck::cast_slice(values).to_vec();
    vec![
        Tensor::new("last", Kind::I32, &dims(&[e.batch]), bytes(&vec![last; e.batch])),
        Tensor::new("total", Kind::I32, &[1], bytes(&[last + 1])),
    ]
}

/// The operator appends the newest key and value itself. It is given the whole cache as past and as present at once, as
/// text generation does, so that nothing is copied: the last key and value are written over themselves.
fn grouped_decode<'a>(case: &Case, e: &Extents, inputs: &'a Inputs) -> Graph<'a> {
    let cache = [e.batch, e.kv_heads, e.kv, e.d];
    let newest = |name, of| {
        let row = e.d * stored_bytes(case);
        let heads = inputs.get(of).as_bytes().chunks_exact(e.kv * row);
        let bytes = heads.flat_map(|head| &head[(e.kv - 1) * row..]).copied().collect();
        copied(name, stored(case), &[e.batch, 1, e.kv_heads * e.d], bytes)
    };
    let ports = vec![
        Port::input(inputs, "q", &[e.batch, 1, e.heads * e.d]),
        newest("k_newest", "k"),
        newest("v_newest", "v"),
        Port::input(inputs, "k", &cache),
        Port::input(inputs, "v", &cache),
    ];
    let node =
        operator(e, &["q", "k_newest", "v_newest", "k", "v", "last", "total"], &["out", "k_present", "v_present"]);
    Graph {
        constants: lengths(e),
        in_place: vec![("k_present", "k"), ("v_present", "v")],
        notes: vec!["the last key and value are written into the cache in every launch, over themselves"],
        ..Graph::new(ports, Port::output(case, &[e.batch, 1, e.heads * e.d]), vec![node])
    }
}

/// The operator wants positions outside heads, the case has heads outside positions.
fn grouped_prefill<'a>(case: &Case, e: &Extents, inputs: &'a Inputs) -> Graph<'a> {
    let mut nodes = Vec::new();
    let mut constants = lengths(e);
    let int64 = |name: &str, values: &[usize]| {
        Tensor::new(name, Kind::I64, &[values.len() as i64], bytemuck::cast_slice(&dims(values)).to_vec())
    };
    for (name, rows, flat, heads) in [
        ("q", "q_rows", "q_flat", e.heads),
        ("k", "k_rows", "k_flat", e.kv_heads),
        ("v", "v_rows", "v_flat", e.kv_heads),
    ] {
        let shape = format!("{name}_shape");
        constants.push(int64(&shape, &[e.batch, e.seq, heads * e.d]));
        nodes.push(Node::new("Transpose", &[name], &[rows]).ints("perm", &[0, 2, 1, 3]));
        nodes.push(Node::new("Reshape", &[rows, &shape], &[flat]));
    }
    constants.push(int64("out_shape", &[e.batch, e.seq, e.heads, e.d]));
    nodes.push(operator(
        e,
        &["q_flat", "k_flat", "v_flat", "", "", "last", "total"],
        &["out_flat", "k_present", "v_present"],
    ));
    nodes.push(Node::new("Reshape", &["out_flat", "out_shape"], &["out_rows"]));
    nodes.push(Node::new("Transpose", &["out_rows"], &["out"]).ints("perm", &[0, 2, 1, 3]));
    let ports = vec![
        Port::input(inputs, "q", &[e.batch, e.heads, e.seq, e.d]),
        Port::input(inputs, "k", &[e.batch, e.kv_heads, e.kv, e.d]),
        Port::input(inputs, "v", &[e.batch, e.kv_heads, e.kv, e.d]),
    ];
    let output = Port::output(case, &[e.batch, e.heads, e.seq, e.d]);
    let notes = vec!["q, k, v and the output are transposed in every launch to the operator's layout"];
    Graph { constants, notes, ..Graph::new(ports, output, nodes) }
}

/// Scores, mask, softmax, weighted sum. Query heads that share a KV head are stacked as more rows of one product, so that K
/// and V are not repeated. `wide` has everything widened to f32 and the result narrowed again.
pub(super) fn products<'a>(case: &Case, inputs: &'a Inputs, wide: bool) -> Graph<'a> {
    let e = Extents::of(case);
    let rows = [e.batch, e.kv_heads, e.heads / e.kv_heads * e.seq, e.d];
    let cache = [e.batch, e.kv_heads, e.kv, e.d];
    let ports =
        vec![Port::input(inputs, "q", &rows), Port::input(inputs, "k", &cache), Port::input(inputs, "v", &cache)];
    let output = Port::output(case, &rows);
    let (kind, [q, k, v, out]) = if wide {
        (Kind::F32, ["q_wide", "k_wide", "v_wide", "out_wide"])
    } else {
        (stored(case), ["q", "k", "v", "out"])
    };
    let mut nodes = Vec::new();
    if wide {
        nodes.extend([("q", q), ("k", k), ("v", v)].map(|(from, to)| cast(from, to, kind)));
    }
    nodes.push(Node::new("Transpose", &[k], &["k_columns"]).ints("perm", &[0, 1, 3, 2]));
    nodes.push(Node::new("MatMul", &[q, "k_columns"], &["products"]));
    nodes.push(Node::new("Mul", &["products", "scale"], &["scores"]));
    let mut constants = vec![Tensor::new("scale", kind, &[], elements(kind, &[scale(&e)]))];
    if e.causal {
        constants.extend(mask(&e, kind));
        nodes.push(Node::new("Reshape", &["scores", "by_position"], &["scores_by_position"]));
        nodes.push(Node::new("Add", &["scores_by_position", "mask"], &["masked"]));
        nodes.push(Node::new("Softmax", &["masked"], &["weights_by_position"]).int("axis", -1));
        nodes.push(Node::new("Reshape", &["weights_by_position", "by_row"], &["weights"]));
    } else {
        nodes.push(Node::new("Softmax", &["scores"], &["weights"]).int("axis", -1));
    }
    nodes.push(Node::new("MatMul", &["weights", v], &[out]));
    let mut notes = vec!["query heads of one KV head are stacked as rows, K and V are not repeated"];
    if wide {
        nodes.push(cast(out, "out", output.kind));
        notes.push("q, k and v are widened to f32 in every launch");
    }
    Graph { constants, notes, ..Graph::new(ports, output, nodes) }
}

/// 0 where a position is seen and -inf where it is not, and the shapes between which scores go to meet it.
fn mask(e: &Extents, kind: Kind) -> [Tensor; 3] {
    let seen = |at: usize| if at % e.kv > at / e.kv { f32::NEG_INFINITY } else { 0.0 };
    let values: Vec<f32> = (0..e.seq * e.kv).map(seen).collect();
    let shape =
        |name, extents: [usize; 4]| Tensor::new(name, Kind::I64, &[4], bytemuck::cast_slice(&dims(&extents)).to_vec());
    [
        Tensor::new("mask", kind, &dims(&[1, 1, e.seq, e.kv]), elements(kind, &values)),
        shape("by_position", [e.batch, e.heads, e.seq, e.kv]),
        shape("by_row", [e.batch, e.kv_heads, e.heads / e.kv_heads * e.seq, e.kv]),
    ]
}

/// Values in the type of the graph.
fn elements(kind: Kind, values: &[f32]) -> Vec<u8> {
    match kind {
        Kind::F16 => values.iter().flat_map(|&x| half::f16::from_f32(x).to_ne_bytes()).collect(),
        Kind::Bf16 => values.iter().flat_map(|&x| half::bf16::from_f32(x).to_ne_bytes()).collect(),
        _ => bytemuck::cast_slice(values).to_vec(),
    }
}

fn stored_bytes(case: &Case) -> usize {
    case.dtype.bytes() as usize
}
