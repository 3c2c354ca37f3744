//! 4-bit weights: how they lie, what they are worth, and how activations are quantised to meet them as integers.
//! Plans nothing and computes no product; it is the meaning that every kernel is held to.
//!
//! K runs in blocks of 32, sixteen bytes each: byte j holds element j in its low and element j + 16 in its high half, as
//! in GGUF's Q4_0. A nibble q stands for (q - 8) times the f16 scale of its group of 32 or 128, and scales are a matrix
//! of their own, `[n, groups]`. The last block of a row is whole; nibbles past K meet no activation.

use crate::kernel::{Case, Elem, Fill, Inputs, Int4, TensorSpec};

/// Weights of a block along K.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = BLOCK / 2;

/// Smallest and largest scale drawn: (q - 8) of even nibbles has a variance of 21.5, so that weights have one near 1.
const SCALES: Fill = Fill::Scales(0.125, 0.25);

/// How `k` elements of a row lie: blocks, and groups with a scale.
pub(crate) fn blocks_and_groups(k: usize, group: usize) -> (usize, usize) {
    (k.div_ceil(BLOCK), k.div_ceil(group))
}

/// The weights and scales of a case.
pub(super) fn tensors(case: &Case, int4: Int4) -> [TensorSpec; 2] {
    let (blocks, groups) = blocks_and_groups(case.axis("k") as usize, int4.group);
    let tensor =
        |name, cols: usize, elem, fill| TensorSpec { name, rows: case.axis("n"), cols: cols as u64, elem, fill };
    [tensor("b", blocks * BLOCK_BYTES, Elem::I8, Fill::Random), tensor("s", groups, Elem::F16, SCALES)]
}

/// Rows `first .. first + rows` of the weights, `k` elements each.
pub(super) fn weights(inputs: &Inputs, int4: Int4, k: usize, first: usize, rows: usize) -> Vec<f64> {
    let (blocks, groups) = blocks_and_groups(k, int4.group);
    let bytes = &inputs.get("b").as_bytes()[first * blocks * BLOCK_BYTES..][..rows * blocks * BLOCK_BYTES];
    let scales = inputs.get("s").to_f64(first * groups..(first + rows) * groups);
    let mut values = Vec::with_capacity(rows * k);
    for (bytes, scales) in bytes.chunks_exact(blocks * BLOCK_BYTES).zip(scales.chunks_exact(groups)) {
        values.extend((0..k).map(|i| (f64::from(nibble(bytes, i)) - 8.0) * scales[i / int4.group]));
    }
    values
}

fn nibble(row: &[u8], i: usize) -> u8 {
    let byte = row[i / BLOCK * BLOCK_BYTES + i % BLOCK_BYTES];
    if i % BLOCK < BLOCK_BYTES { byte & 15 } else { byte >> 4 }
}

/// Exponent field of the smallest f16, which stands in for a group of zeros.
const LEAST: u32 = 127 - 24;

/// The scale of a group of activations whose largest magnitude is `largest`, and its reciprocal: the power of two that
/// brings it to 64..128. Both are exact, and so is every quotient: all backends get the same integers. The customary
/// largest / 127 keeps up to one bit more, but no two compilers divide alike.
pub(crate) fn activation_scale(largest: f32) -> (f32, f32) {
    let exponent = (largest.to_bits() >> 23).max(LEAST) - 6;
    (f32::from_bits(exponent << 23), f32::from_bits((254 - exponent) << 23))
}

/// An activation as its group's integer: to nearest, ties to even, no further than 127.
#[inline(always)]
pub(crate) fn quantize(x: f32, reciprocal: f32) -> f32 {
    nearest(x * reciprocal).clamp(-127.0, 127.0)
}

/// The nearest integer, ties to even, of a magnitude up to 2^22; without a call.
#[inline(always)]
pub(crate) fn nearest(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT) - SHIFT
}

/// Activations as the product sees them: as they are, or quantised and widened again.
pub(super) fn activations(int4: Int4, k: usize, mut rows: Vec<f64>) -> Vec<f64> {
    if int4.a8 {
        for group in rows.chunks_exact_mut(k).flat_map(|row| row.chunks_mut(int4.group)) {
            let (scale, reciprocal) = activation_scale(group.iter().fold(0.0, |top: f32, x| top.max(x.abs() as f32)));
            group.iter_mut().for_each(|x| *x = f64::from(quantize(*x as f32, reciprocal)) * f64::from(scale));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Data, Dtype};

    #[test]
    fn a_block_lies_as_in_q4_0() {
        // ggml's dequantize_row_q4_0: element j is the low half of byte j, element j + 16 the high half.
        let row: Vec<u8> = (0..32).map(|j| (j as u8 % 16) | ((15 - j as u8 % 16) << 4)).collect();
        for j in 0..16 {
            assert_eq!((nibble(&row, j), nibble(&row, j + 16)), (j as u8, 15 - j as u8));
            assert_eq!(nibble(&row, 32 + j), j as u8);
        }
    }

    #[test]
    fn weights_take_the_scale_of_their_group() {
        for dtype in [Dtype::W4A16G32, Dtype::W4A16G128] {
            let case: Case = format!("matmul/gemv/{dtype}/m=1,n=3,k=161/hot").parse().unwrap();
            let int4 = dtype.int4().unwrap();
            let inputs = Inputs::seeded(&case);
            let (blocks, groups) = blocks_and_groups(161, int4.group);
            assert_eq!((blocks, groups), (6, if int4.group == 32 { 6 } else { 2 }));
            let all = weights(&inputs, int4, 161, 0, 3);
            assert_eq!(weights(&inputs, int4, 161, 1, 2), all[161..]);
            for (i, value) in all.iter().enumerate() {
                let step = value / inputs.get("s").get(i / 161 * groups + i % 161 / int4.group);
                assert!(step.fract() == 0.0 && (-8.0..8.0).contains(&step), "{step}");
            }
        }
    }

    #[test]
    fn quantising_is_exact_and_bounded() {
        for (largest, scale) in [(1.0, 1.0 / 64.0), (127.9, 1.0), (128.0, 2.0), (65504.0, 512.0)] {
            let (got, reciprocal) = activation_scale(largest);
            assert_eq!((got, got * reciprocal), (scale, 1.0));
            assert!((64.0..=127.0).contains(&quantize(largest, reciprocal)));
        }
        let (_, one) = activation_scale(100.0);
        assert_eq!([0.5, 1.5, -2.5, 127.7].map(|x| quantize(x, one)), [0.0, 2.0, -2.0, 127.0]);
        let (scale, reciprocal) = activation_scale(0.0);
        assert!(scale > 0.0 && quantize(0.0, reciprocal) == 0.0);
        assert!(matches!(Inputs::seeded(&"matmul/gemv/w4a8g32/m=1,n=1,k=1".parse().unwrap()).get("a"), Data::F16(_)));
    }
}
