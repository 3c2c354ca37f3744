//! Floats: rounding, conversion, halves, packing.
//! Reads the job's buffers, never a shader's text.

use super::*;

/// A's rows and B's columns lie together.
pub fn cooperative_product(m: &mut Contents, _: usize) {
    let sums = m[2].clone();
    fill(m, 2, |m, at| {
        let products =
            (0..16).map(|k| half_at(&m[0], at / 16 * 16 + k).to_f64() * half_at(&m[1], at % 16 * 16 + k).to_f64());
        ((f64::from(float(sums[at])) + products.sum::<f64>()) as f32).to_bits()
    });
}

pub fn float_exact(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (float(m[0][i]), float(m[1][i]));
    let third = |z: f32| x * z / 3.0;
    bits([x + y, x - y, x * y, x / y, x.abs().sqrt(), -x.abs(), third(y), third(2.0) - third(3.0)])
}

pub fn float_fused(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (float(m[0][i]), float(m[1][i]));
    let v = [x.mul_add(y, -x * y), x.mul_add(0.1, y), x.mul_add(0.3, x)];
    bits([x.mul_add(y, 1.0), v[0], v[1].max(v[2])])
}

/// Rust's casts saturate as CUDA's do; WGSL clamps to the largest f32 that the integer type holds, and either is
/// within its rules since it speaks of the value before rounding. Ours is the clamp to representable values.
pub fn float_to_int(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    let int = |x: f32| x.clamp(-2_147_483_648.0, 2_147_483_520.0) as i32;
    let word = |x: f32| x.clamp(0.0, 4_294_967_040.0) as u32;
    rows(m, 1, 4, |_, i| {
        let x = float(input[i]);
        let v = int(x) ^ int(-x) ^ int(x * 0.25);
        vec![int(x) as u32, word(x), v as u32, word(x).wrapping_sub(word(-x))]
    });
}

fn half_at(words: &[u32], i: usize) -> f16 {
    f16::from_bits((words[i / 2] >> (i % 2 * 16)) as u16)
}

/// A single f16 operation is the f32 operation, rounded: f32 has more than twice the digits.
pub fn half_exact(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (half_at(&m[0], i).to_f32(), half_at(&m[0], 63 - i).to_f32());
    let round = |x: f32| f16::from_f32(x).to_f32();
    let fourth = round(x.abs() * 8.0).trunc() + f32::from(u8::from(x < y));
    bits([
        round(x + y),
        round(x * y),
        round(x * 1.001),
        round(x * 100.0).trunc() + (i as f32 - 20.0),
        fourth + x.floor() - y,
    ])
}

pub fn pack_float(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    let row = |i: usize| {
        let v = [float(input[2 * i]), float(input[2 * i + 1])];
        let join = |low: u32, high: u32| low & 0xFFFF | high << 16;
        let snorm = v.map(|x| ((x * 0.5).clamp(-1.0, 1.0) * 32767.0 + 0.5).floor() as i32 as u32);
        let unorm = v.map(|x| ((x * 0.5).clamp(0.0, 1.0) * 65535.0 + 0.5).floor() as u32);
        let half = v.map(f16::from_f32);
        let words = [
            join(half[0].to_bits().into(), half[1].to_bits().into()),
            join(snorm[0], snorm[1]),
            join(unorm[0], unorm[1]),
        ];
        (words, half)
    };
    rows(m, 1, 3, |_, i| row(i).0.to_vec());
    rows(m, 2, 7, |_, i| {
        let ([_, s, u], half) = row(i);
        let (s, u) = (s ^ 0x0123_4567, u ^ 0x0123_4567);
        let snorm = |x: u32| (f32::from(x as u16 as i16) / 32767.0).max(-1.0);
        let unorm = |x: u32| f32::from(x as u16) / 65535.0;
        let [a, b] = half.map(f16::to_f32);
        bits([a, b, snorm(s), snorm(s >> 16), unorm(u), unorm(u >> 16), a])
    });
}

fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

pub fn rounding(m: &Words, i: usize) -> Vec<u32> {
    let x = float(m[0][i]);
    let round = f32::round_ties_even;
    let v = [sign(x) + round(x) - x.floor(), sign(-x) + 2.0 - (-x).floor()];
    let last = if x.abs() > 1e6 { 0.0 } else { v[0] * 2.0 + v[1] };
    bits([round(x), x.floor(), x.ceil(), x.trunc(), x - x.floor(), last])
}

/// In f64: twice the digits, rounded once.
pub fn transcendental(m: &Words, i: usize) -> Vec<u32> {
    let x = float(m[0][i]);
    let p = f64::from(x.abs() + 0.01);
    let near = f64::from(x.clamp(-1.2, 1.2));
    let half = f64::from(x * 0.5);
    let x = f64::from(x);
    let values = [
        x.sin(),
        x.cos(),
        near.tan(),
        x.exp(),
        x.exp2(),
        p.ln(),
        p.log2(),
        p.powf(half),
        1.0 / p.sqrt(),
        p.sqrt(),
        x.to_degrees(),
        x.to_radians(),
    ];
    bits(values.map(|v| v as f32))
}
