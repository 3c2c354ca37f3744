//! Products as ONNX graphs.
//! Weights are bound as inputs wherever an operator takes them so: as constants the runtime would convert and pack them at
//! load, which is not the case that the others run.

use std::borrow::Cow;

use super::{
    graph::{Graph, Port, dims},
    model::{Kind, Node, Tensor},
};
use crate::kernel::{
    Case, Elem, Inputs,
    matmul::{
        int4::{BLOCK, BLOCK_BYTES, blocks_and_groups},
        mnk,
    },
};

/// `Gemm` of `a[m, k]` and `b[n, k]` transposed; `wide` has both widened to f32 and the result narrowed again.
pub(super) fn gemm<'a>(case: &Case, inputs: &'a Inputs, wide: bool) -> Graph<'a> {
    let (m, n, k) = mnk(case);
    let ports = vec![Port::input(inputs, "a", &[m, k]), Port::input(inputs, "b", &[n, k])];
    let output = Port::output(case, &[m, n]);
    let product = |a, b, c| Node::new("Gemm", &[a, b], &[c]).int("transB", 1);
    if !wide {
        return Graph::new(ports, output, vec![product("a", "b", "c")]);
    }
    let nodes = vec![
        cast("a", "a_wide", Kind::F32),
        cast("b", "b_wide", Kind::F32),
        product("a_wide", "b_wide", "c_wide"),
        cast("c_wide", "c", output.kind),
    ];
    let notes = vec!["the provider has no product in this type: the graph widens both sides to f32 in every launch"];
    Graph { notes, ..Graph::new(ports, output, nodes) }
}

/// A conversion between types.
pub(super) fn cast(from: &str, to: &str, kind: Kind) -> Node {
    Node::new("Cast", &[from], &[to]).int("to", kind as i64)
}

/// `MatMulInteger(b[n, k], a^T[k, m])` and its result transposed. The operator takes no transposed side, and this way the
/// weights stay where they are; a single row lies as its own transpose.
pub(super) fn weights_first<'a>(case: &Case, inputs: &'a Inputs) -> Graph<'a> {
    let (m, n, k) = mnk(case);
    let b = Port::input(inputs, "b", &[n, k]);
    if m == 1 {
        let ports = vec![Port::input(inputs, "a", &[k, 1]), b];
        let product = Node::new("MatMulInteger", &["b", "a"], &["c"]);
        return Graph::new(ports, Port::output(case, &[n, 1]), vec![product]);
    }
    let nodes = vec![
        Node::new("Transpose", &["a"], &["a_columns"]).ints("perm", &[1, 0]),
        Node::new("MatMulInteger", &["b", "a_columns"], &["c_columns"]),
        Node::new("Transpose", &["c_columns"], &["c"]).ints("perm", &[1, 0]),
    ];
    let notes = vec!["activations and results are transposed in every launch, weights are not"];
    let ports = vec![Port::input(inputs, "a", &[m, k]), b];
    Graph { notes, ..Graph::new(ports, Port::output(case, &[m, n]), nodes) }
}

/// `MatMulInteger(a[m, k], b^T[k, n])`.
pub(super) fn weights_transposed<'a>(case: &Case, inputs: &'a Inputs) -> Graph<'a> {
    let (m, n, k) = mnk(case);
    let nodes = vec![
        Node::new("Transpose", &["b"], &["b_columns"]).ints("perm", &[1, 0]),
        Node::new("MatMulInteger", &["a", "b_columns"], &["c"]),
    ];
    let notes = vec!["weights are transposed in every launch"];
    let ports = vec![Port::input(inputs, "a", &[m, k]), Port::input(inputs, "b", &[n, k])];
    Graph { notes, ..Graph::new(ports, Port::output(case, &[m, n]), nodes) }
}

/// `MatMulNBits` over constant weights, which is the only way that its fast kernels take them.
pub(super) fn nbits<'a>(case: &Case, inputs: &'a Inputs) -> Graph<'a> {
    let (m, n, k) = mnk(case);
    // `Form::of` lets no other dtype come here.
    let group = case.dtype.int4().map_or(BLOCK, |int4| int4.group);
    let (blocks, groups) = blocks_and_groups(k, group);
    let weights = pair_nibbles(inputs.get("b").as_bytes(), blocks, groups * group / BLOCK);
    let node = Node::contrib("MatMulNBits", &["a", "b", "s"], &["c"])
        .int("K", k as i64)
        .int("N", n as i64)
        .int("bits", 4)
        .int("block_size", group as i64)
        // Activations stay float: unset, a provider may quantise them.
        .int("accuracy_level", 1);
    let scales = Tensor::new("s", Kind::F16, &dims(&[n * groups]), inputs.get("s").as_bytes().to_vec());
    Graph {
        constants: vec![Tensor::new("b", Kind::U8, &dims(&[n, groups, group / 2]), weights), scales],
        weights_constant: true,
        notes: vec![
            "weights are constants, their nibbles in the order of MatMulNBits: the runtime may pack them at load, which \
             no other backend does",
        ],
        ..Graph::new(vec![Port::input(inputs, "a", &[m, k])], Port::output(case, &[m, n]), vec![node])
    }
}

/// From Q4_0's order (byte j of a block: elements j and j + 16) to that of MatMulNBits (elements 2j and 2j + 1). Rows of
/// `blocks` blocks become rows of `wanted`, the added ones zeros.
fn pair_nibbles(bytes: &[u8], blocks: usize, wanted: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / blocks.max(1) * wanted);
    for row in bytes.chunks_exact(blocks * BLOCK_BYTES) {
        for block in row.chunks_exact(BLOCK_BYTES) {
            // Low halves are elements 0 to 15, high halves 16 to 31.
            out.extend(block.chunks_exact(2).map(|pair| pair[0] & 15 | pair[1] << 4));
            out.extend(block.chunks_exact(2).map(|pair| pair[0] >> 4 | pair[1] & 0xF0));
        }
        // 8 stands for zero.
        out.resize(out.len() + (wanted - blocks) * BLOCK_BYTES, 0x88);
    }
    out
}

/// The type of a case's activations.
pub(super) fn stored(case: &Case) -> Kind {
    Elem::input(case.dtype).into()
}

/// Rows that are copied out of a tensor, as an input of the graph.
pub(super) fn copied<'a>(name: &'static str, kind: Kind, shape: &[usize], bytes: Vec<u8>) -> Port<'a> {
    Port { name, kind, shape: dims(shape), data: Cow::Owned(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nibbles_are_paired_and_rows_filled_up() {
        // Element i of a row of one block is i % 16.
        let row: Vec<u8> = (0..16u8).map(|j| j | j << 4).collect();
        let paired = pair_nibbles(&row, 1, 4);
        assert_eq!(paired.len(), 64);
        for (i, value) in (0..32).map(|i| (i, i as u8 % 16)) {
            assert_eq!(paired[i / 2] >> (4 * (i % 2)) & 15, value);
        }
        assert!(paired[16..].iter().all(|&byte| byte == 0x88));
    }
}
