//! Attention on every instruction set this CPU has, at odd shapes, against f64.
//! It must not judge speed.

use half::{bf16, f16};

use super::attention::{AttentionShape, FETCHES, Float, QuantizedTensors, Tensors, attention, decode_quantized};
use super::isa::Isa;
use super::matmul_tests::{Random, Tested};
use super::pool::Pool;
use super::workspace::Workspace;

/// batch, heads, kv_heads, seq, kv_len, d.
const SHAPES: [[usize; 6]; 19] = [
    [1, 1, 1, 1, 1, 64],
    [1, 1, 1, 2, 2, 1],
    [1, 1, 1, 33, 33, 64],
    [2, 4, 2, 37, 37, 80],
    [1, 4, 1, 150, 150, 128],
    [1, 3, 3, 161, 161, 256],
    [1, 6, 2, 13, 13, 5],
    [1, 5, 1, 290, 290, 72],
    [3, 8, 4, 16, 16, 33],
    [1, 2, 1, 300, 300, 16],
    [1, 8, 2, 1, 4097, 128],
    [1, 1, 1, 1, 4097, 64],
    [2, 3, 1, 1, 33, 80],
    [1, 7, 1, 1, 700, 256],
    [1, 12, 2, 1, 5, 128],
    [1, 4, 4, 1, 257, 20],
    [1, 2, 2, 1, 31, 1],
    [2, 14, 2, 1, 1025, 100],
    [1, 32, 8, 1, 64, 128],
];

fn reference(shape: AttentionShape, q: &[f64], k: &[f64], v: &[f64]) -> Vec<f64> {
    let AttentionShape { batch, heads, kv_heads, seq, kv_len, d } = shape;
    let mut out = Vec::with_capacity(q.len());
    for row in 0..batch * heads * seq {
        let (stream, position) = (row / seq / (heads / kv_heads), row % seq);
        let keys = if seq == kv_len { position + 1 } else { kv_len };
        let at = |x: &[f64], i: usize| x[(stream * kv_len + i) * d..][..d].to_vec();
        let query = &q[row * d..][..d];
        let scores: Vec<f64> = (0..keys)
            .map(|i| query.iter().zip(at(k, i)).map(|(a, b)| a * b).sum::<f64>() / (d as f64).sqrt())
            .collect();
        let max = scores.iter().copied().fold(f64::MIN, f64::max);
        let weights: Vec<f64> = scores.iter().map(|s| (s - max).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let mut o = vec![0.0; d];
        for (i, w) in weights.iter().enumerate() {
            for (o, x) in o.iter_mut().zip(at(v, i)) {
                *o += w / sum * x;
            }
        }
        out.extend(o);
    }
    out
}

fn check<E: Float + Tested>() {
    let pools = [Pool::new(Some(1)).unwrap(), Pool::new(Some(3)).unwrap()];
    for [batch, heads, kv_heads, seq, kv_len, d] in SHAPES {
        let shape = AttentionShape { batch, heads, kv_heads, seq, kv_len, d };
        let mut random = Random(seq as u64 * 31 + d as u64);
        let mut tensor = |n: usize| -> Vec<E> { (0..n).map(|_| <E as Tested>::make(&mut random)).collect::<Vec<E>>() };
        let q = tensor(batch * heads * seq * d);
        let k = tensor(batch * kv_heads * kv_len * d);
        let v = tensor(batch * kv_heads * kv_len * d);
        let wide = |x: &[E]| x.iter().map(|x| x.value()).collect::<Vec<f64>>();
        let want = reference(shape, &wide(&q), &wide(&k), &wide(&v));
        for isa in Isa::available() {
            for (pool, fetch) in pools.iter().zip([FETCHES[0], FETCHES[FETCHES.len() - 1]]) {
                let mut out = vec![E::poison(); q.len()];
                let tensors = Tensors { q: &q, k: &k, v: &v, out: &mut out };
                attention(pool, isa, &mut Workspace::new(), shape, fetch, tensors).unwrap();
                for (i, (&got, &want)) in out.iter().zip(&want).enumerate() {
                    let got = E::result(got);
                    let room = E::EPS * want.abs() + 2e-5;
                    assert!((got - want).abs() <= room, "{} {isa} {shape:?} at {i}: {got}, not {want}", E::NAME);
                }
            }
        }
    }
}

#[test]
fn an_8_bit_cache_is_read_with_its_scales() {
    let pools = [Pool::new(Some(1)).unwrap(), Pool::new(Some(3)).unwrap()];
    for [batch, heads, kv_heads, _, kv_len, d] in SHAPES.into_iter().filter(|s| s[3] == 1) {
        let shape = AttentionShape { batch, heads, kv_heads, seq: 1, kv_len, d };
        let mut random = Random(kv_len as u64 * 31 + d as u64);
        let q: Vec<f16> = (0..batch * heads * d).map(|_| f16::from_f64(random.normal())).collect();
        let kv: Vec<i8> = (0..batch * kv_heads * 2 * kv_len * d).map(|_| random.bits() as i8).collect();
        let s: Vec<f16> = (0..batch * kv_heads * 2 * kv_len).map(|_| f16::from_f64(random.normal() / 64.0)).collect();
        let half = |which: usize| -> Vec<f64> {
            let position =
                |i: usize| kv[i * d..][..d].iter().map(|&x| f64::from(x) * s[i].to_f64()).collect::<Vec<_>>();
            (0..s.len()).filter(|i| i / kv_len % 2 == which).flat_map(position).collect()
        };
        let want = reference(shape, &q.iter().map(|x| x.to_f64()).collect::<Vec<_>>(), &half(0), &half(1));
        for isa in Isa::available() {
            for (pool, fetch) in pools.iter().zip([FETCHES[0], FETCHES[FETCHES.len() - 1]]) {
                let mut out = vec![f16::NAN; q.len()];
                let tensors = QuantizedTensors { q: &q, kv: &kv, s: &s, out: &mut out };
                decode_quantized(pool, isa, &mut Workspace::new(), shape, fetch, tensors).unwrap();
                for (i, (got, want)) in out.iter().zip(&want).enumerate() {
                    let room = want.abs() / 2048.0 + 2e-5;
                    assert!((got.to_f64() - want).abs() <= room, "{isa} {shape:?} at {i}: {got}, not {want}");
                }
            }
        }
    }
}

#[test]
fn f32_attention_is_right() {
    check::<f32>();
}

#[test]
fn f16_attention_is_right() {
    check::<f16>();
}

#[test]
fn bf16_attention_is_right() {
    check::<bf16>();
}

#[test]
fn scores_far_apart_neither_overflow_nor_vanish() {
    let shape = AttentionShape { batch: 1, heads: 2, kv_heads: 1, seq: 40, kv_len: 40, d: 64 };
    let mut random = Random(7);
    let mut tensor = |n: usize, by: f64| -> Vec<f32> { (0..n).map(|_| (random.normal() * by) as f32).collect() };
    let (q, k, v) = (tensor(2 * 40 * 64, 30.0), tensor(40 * 64, 30.0), tensor(40 * 64, 1.0));
    let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let want = reference(shape, &wide(&q), &wide(&k), &wide(&v));
    let pool = Pool::new(Some(1)).unwrap();
    for isa in Isa::available() {
        let mut out = vec![f32::NAN; q.len()];
        let tensors = Tensors { q: &q, k: &k, v: &v, out: &mut out };
        attention(&pool, isa, &mut Workspace::new(), shape, FETCHES[0], tensors).unwrap();
        for (got, want) in out.iter().zip(&want) {
            assert!((f64::from(*got) - want).abs() < 5e-3, "{isa}: {got}, not {want}");
        }
    }
}

#[test]
fn wrong_shapes_are_refused_in_words() {
    let pool = Pool::new(Some(1)).unwrap();
    let refuse = |heads, kv_heads, seq, kv_len| {
        let shape = AttentionShape { batch: 1, heads, kv_heads, seq, kv_len, d: 2 };
        let (q, kv) = (vec![0.0f32; heads * seq * 2], vec![0.0f32; kv_heads * kv_len * 2]);
        let mut out = q.clone();
        let tensors = Tensors { q: &q, k: &kv, v: &kv, out: &mut out };
        attention(&pool, Isa::detect(), &mut Workspace::new(), shape, FETCHES[0], tensors).unwrap_err().to_string()
    };
    assert_eq!(refuse(3, 2, 4, 4), "3 query heads cannot share 2 key/value heads evenly");
    assert!(refuse(2, 2, 3, 4).starts_with("seq = 3 with kv_len = 4"));
}
