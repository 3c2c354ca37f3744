//! The emitted text executed on the host, against values computed here.

use half::f16;

use super::{Host, Words, construct, floats, ints, options, words};
use crate::wgsl2cuda::{Bounds, Options, Policy, translate};

/// A construct as a program; nothing where there is no compiler.
fn build(name: &str) -> Option<Host> {
    build_with(&construct(name), &options(name), &[])
}

fn build_with(wgsl: &str, options: &Options, flags: &[&str]) -> Option<Host> {
    Host::new(&translate(wgsl, options).unwrap_or_else(|e| panic!("{e}")), flags)
}

const ONE: [u32; 3] = [1, 1, 1];

#[test]
fn integers_wrap_divide_and_shift_as_wgsl_says() {
    let Some(host) = build("integers") else { return };
    let extremes = [(7, 3), (-7, 3), (7, 0), (i32::MIN, -1), (i32::MAX, 2), (0, 40), (-1, 31), (123_456_789, -33)];
    for (x, y) in extremes {
        let (u, v) = (x as u32, y as u32);
        let div = |a: i32, b: i32| if b == 0 { a } else { a.wrapping_div(b) };
        let rem = |a: i32, b: i32| if b == 0 { 0 } else { a.wrapping_rem(b) };
        let mask = |count: u32| if count >= 32 { u32::MAX } else { (1 << count) - 1 };
        let extract = |e: u32, offset: u32, count: u32| {
            let (o, c) = (offset.min(32), count.min(32 - offset.min(32)));
            if c == 0 { (0, 0) } else { (e >> o & mask(c), c) }
        };
        let (low, count) = extract(u, v, 5);
        let signed = if count == 0 { 0 } else { ((low << (32 - count)) as i32) >> (32 - count) };
        let leading = |w: u32| if w == 0 { -1 } else { 31 - w.leading_zeros() as i32 };
        let trailing = |w: u32| if w == 0 { -1 } else { w.trailing_zeros() as i32 };
        let c = |a: i32| a.clamp(-5, 5);
        let expected: [[i32; 4]; 11] = [
            [x.wrapping_add(y), x.wrapping_sub(y), x.wrapping_mul(y), x.wrapping_neg()],
            [div(x, y), rem(x, y), x / 3, x % 3],
            [
                u.checked_div(v).unwrap_or(u) as i32,
                u.checked_rem(v).unwrap_or(0) as i32,
                x.wrapping_shl(v),
                x.wrapping_shr(v),
            ],
            [x & y, x | y, x ^ y, !x],
            [(u << 3) as i32, x >> 31, x.wrapping_abs(), x.signum()],
            [x.count_ones() as i32, x.leading_zeros() as i32, x.trailing_zeros() as i32, x.reverse_bits()],
            [leading(if x < 0 { !u } else { u }), trailing(u), leading(u), trailing(u)],
            [signed, extract(u, 3, v).0 as i32, ((u & !0xff0) | (v << 4 & 0xff0)) as i32, x.min(y)],
            [rem(div(x, y), 4), 0, rem(div(x, x), 2), rem(div(y, y), -3)],
            [x.wrapping_shl(1), y.wrapping_shl(v), x.wrapping_shl(31), y],
            [
                c(x).wrapping_mul(y).wrapping_sub(x),
                c(y).wrapping_mul(y).wrapping_sub(x),
                c(x).wrapping_mul(x).wrapping_sub(x),
                c(y).wrapping_mul(x).wrapping_sub(x),
            ],
        ];
        let out = host.run(ONE, 0, 32, &[&[x, y].bytes(), &[0u8; 176]]).unwrap();
        assert_eq!(ints(&out[1]), expected.concat(), "x = {x}, y = {y}");
    }
}

#[test]
fn conversions_clamp_and_packing_rounds() {
    let Some(host) = build("conversions") else { return };
    for v in [[1.5f32, -2.5, 300.7, 0.25], [5e9, -5e9, 0.0, -0.75], [-0.5, 127.0, 1.0, 1e-8]] {
        let to_u = |x: f32| x.clamp(0.0, 4_294_967_040.0) as u32;
        let to_i = |x: f32| x.clamp(-2_147_483_648.0, 2_147_483_520.0) as i32;
        let snorm = |x: f32, most: f32| (0.5 + most * x.clamp(-1.0, 1.0)).floor() as i32 as u32;
        let unorm = |x: f32, most: f32| (0.5 + most * x.clamp(0.0, 1.0)).floor() as u32;
        let four = |f: &dyn Fn(usize) -> u32| (0..4).fold(0, |word, i| word | (f(i) & 255) << (8 * i));
        let two = |a: u32, b: u32| a & 0xffff | b << 16;
        let half = |x: f32| u32::from(f16::from_f32(x).to_bits());
        let packed = [
            four(&|i| snorm(v[i], 127.0)),
            four(&|i| unorm(v[i], 255.0)),
            two(snorm(v[0], 32767.0), snorm(v[1], 32767.0)),
            two(unorm(v[2], 65535.0), unorm(v[3], 65535.0)),
        ];
        let bytes = [
            two(half(v[0]), half(v[1])),
            four(&|i| to_i(v[i]) as u32),
            four(&|i| to_u(v[i])),
            four(&|i| to_i(v[i]).clamp(-128, 127) as u32),
        ];
        let clamped = four(&|i| to_u(v[i]).min(255));
        let byte = |word: u32, i: usize| word >> (8 * i) & 255;
        let sbyte = |word: u32, i: usize| i32::from(byte(word, i) as u8 as i8);
        let unsigned = v.map(to_u);
        let mut expected = vec![];
        expected.extend(unsigned);
        expected.extend(v.map(|x| to_i(x) as u32));
        expected.extend([to_u(v[0]), to_i(v[1]) as u32, u32::from(v[2] != 0.0), v[3].to_bits()]);
        expected.extend(packed);
        expected.extend(bytes);
        let sum = |i| (sbyte(bytes[1], i) as u32).wrapping_add(byte(bytes[2], i)).wrapping_add(clamped);
        expected.extend((0..4).map(sum));
        let back = |i| (sbyte(packed[0], i) as f32 / 127.0).max(-1.0) + byte(packed[1], i) as f32 / 255.0;
        expected.extend((0..4).map(|i| f32::to_bits(back(i))));
        let (s, u) = (packed[2], packed[3]);
        let s16 = |bits: u32| (f32::from(bits as u16 as i16) / 32767.0).max(-1.0).to_bits();
        let u16 = |bits: u32| (f32::from(bits as u16) / 65535.0).to_bits();
        expected.extend([s16(s), s16(s >> 16), u16(u), u16(u >> 16)]);
        let wide = |bits: u32| f16::from_bits(bits as u16).to_f32().to_bits();
        let back = to_u(unsigned[0] as f32);
        expected.extend([wide(bytes[0]), wide(bytes[0] >> 16), back, u32::from(unsigned[1] != 0)]);
        let out = host.run(ONE, 0, 32, &[&v.bytes(), &[0u8; 144]]).unwrap();
        assert_eq!(words(&out[1]), expected, "{v:?}");
    }
}

#[test]
fn floats_are_as_accurate_as_f64() {
    let Some(host) = build("floats") else { return };
    let (v, w) = ([1.25f32, -0.5, 2.0, 0.75], [0.5f32, 1.5, -1.0, 0.25]);
    let out = host.run(ONE, 0, 32, &[&[v, w].concat().bytes(), &[0u8; 192]]).unwrap();
    let found = floats(&out[1]);
    let (a, b) = (v.map(f64::from), w.map(f64::from));
    let each = |f: &dyn Fn(f64, f64) -> f64| [0, 1, 2, 3].map(|i| f(a[i], b[i]));
    let saturate = |x: f64| x.clamp(0.0, 1.0);
    let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
    let dot = |p: &[f64], q: &[f64]| p.iter().zip(q).map(|(x, y)| x * y).sum::<f64>();
    let length = dot(&a, &a).sqrt();
    let step = |edge: f64, x: f64| f64::from(u8::from(edge <= x));
    let smooth = |low: f64, high: f64, x: f64| {
        let t = saturate((x - low) / (high - low));
        t * t * (3.0 - 2.0 * t)
    };
    let eta_k = 1.0 - 0.25 * (1.0 - dot(&b, &a).powi(2));
    let expected = [
        each(&|x, y| x.abs() + x.min(y) + x.max(y) + x.max(y).min(x) + saturate(y) + sign(x)),
        each(&|x, y| x.cos() + x.sin() + x.tan() + y.cosh() + y.sinh() + y.tanh()),
        each(&|x, y| {
            let s = saturate(x);
            s.acos() + s.asin() + x.atan() + x.atan2(y) + x.asinh() + (x.abs() + 1.0).acosh()
        }),
        each(&|x, y| {
            let even = x.round_ties_even();
            (saturate(x) * 0.5).atanh() + x.to_radians() + y.to_degrees() + x.ceil() + x.floor() + even
        }),
        each(&|x, y| x - x.floor() + x.trunc() + y.exp() + y.exp2() + x.abs().ln() + x.abs().log2() + x.abs().powf(y)),
        // frexp of 0.5, 1.5, -1 and 0.25 is (0.5, 0), (0.75, 1), (-0.5, 1) and (0.5, -1).
        [0, 1, 2, 3].map(|i| a[i] + [0.5, 1.75, 0.5, -0.5][i] + a[i] * [2.0, 4.0, 0.125, 16.0][i]),
        [dot(&a, &b), each(&|x, y| (x - y).powi(2)).iter().sum::<f64>().sqrt(), length, a[0].abs()],
        [0, 1, 2, 3].map(|i| {
            let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0], 1.0];
            cross[i] + a[i] / length + a[i]
        }),
        [0, 1, 2, 3].map(|i| {
            let reflected = a[i] - 2.0 * dot(&b, &a) * b[i];
            let refracted = 0.5 * a[i] - (0.5 * dot(&b, &a) + eta_k.max(0.0).sqrt()) * b[i];
            let refracted = if eta_k < 0.0 { 0.0 } else { refracted };
            let mixed = |t: f64| a[i] * (1.0 - t) + b[i] * t;
            reflected + refracted + (a[i] * b[i] + a[i]) + mixed(0.25) + mixed(a[0])
        }),
        each(&|x, y| step(x, y) + smooth(x, y, a[0]) + x.abs().sqrt() + 1.0 / y.abs().sqrt() + x),
        each(&|x, y| (if x < y { y } else { x }) + y + (x - y * (x / y).trunc()) + x / y + a[0]),
        [0.0, 1.0, 1.0, a[0] * 8.0],
    ];
    for (i, (found, expected)) in found.iter().zip(expected.concat()).enumerate() {
        assert!((f64::from(*found) - expected).abs() <= 2e-5 * expected.abs().max(1.0), "{i}: {found} {expected}");
    }
}

#[test]
fn structs_lie_as_wgsl_lays_them() {
    let Some(host) = build("structs") else { return };
    // flag at 0; inner at 16 (at, weight 28, axis 32); wide at 48, 32 bytes; turn at 80, columns 16 apart; points at 128,
    // 16 apart; flat at 160, columns 8 apart; 192 in all.
    let input: Vec<f32> = (0..48).map(|i| i as f32).collect();
    let out = host.run(ONE, 0, 32, &[&input.bytes(), &[0u8; 192]]).unwrap();
    let mut expected = input.clone();
    let column = |c: usize| &input[20 + 4 * c..23 + 4 * c];
    let turned: Vec<f32> = (0..3).map(|r| (0..3).map(|c| column(c)[r] * input[4 + c]).sum()).collect();
    expected[33] = input[7];
    expected[12..14].copy_from_slice(&[input[43], input[30]]);
    expected[4..8].copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
    expected[8..11].copy_from_slice(&input[36..39]);
    assert_eq!(turned.len(), 3);
    // Padding may hold anything.
    let holds = |i: usize| !matches!(i, 1..=3 | 11 | 14..=19 | 23 | 27 | 31 | 35 | 39);
    for (i, (found, expected)) in floats(&out[0]).iter().zip(&expected).enumerate().filter(|(i, _)| holds(*i)) {
        assert_eq!(found, expected, "word {i}");
    }
}

#[test]
fn loops_and_switches_go_where_wgsl_goes() {
    let Some(host) = build("control") else { return };
    let pick = |x: i32| match x {
        1 | 2 => 10,
        i32::MIN => 20,
        7 => 30,
        x if x > 100 => 30,
        _ => -1,
    };
    let (mut i, mut sum) = (0, 0);
    loop {
        let step = i & 3;
        if step != 2 && i != 5 {
            sum += pick(i);
        }
        i += 1 + step / 2;
        if i >= 20 {
            break;
        }
    }
    for j in 0..10 {
        sum += if j != 3 && j & 1 == 1 { j } else { 0 };
    }
    let out = host.run(ONE, 0, 32, &[&[0u8; 4]]).unwrap();
    assert_eq!(ints(&out[0]), [sum]);
}

#[test]
fn address_spaces_keep_apart_on_any_schedule() {
    let Some(host) = build("spaces") else { return };
    let m: Vec<i32> = (0..16).map(|i| (i + 1) + 4).collect();
    let total: i32 = m.iter().sum();
    let expected: Vec<f32> =
        (0..16).map(|i| ((15 - i + 1) as f32 + total as f32 + 5.0) * 0.5 * [1.0, 2.0, 4.0, 8.0][i & 3]).collect();
    for seed in 0..8 {
        let out = host.run(ONE, seed, 32, &[&[0u8; 64]]).unwrap();
        assert_eq!(floats(&out[0]), expected, "seed {seed}");
    }
}

#[test]
fn runtime_arrays_end_where_their_buffer_does() {
    let Some(host) = build("runtime_arrays") else { return };
    let points: Vec<f32> = (0..20).map(|i| i as f32).collect();
    let log: Vec<u32> = [7, 0].into_iter().chain([0; 4]).collect();
    // Parameters are ordered by group and binding: points, seen, log.
    let out = host.run(ONE, 0, 32, &[&points.bytes(), &[0u8; 20], &log.bytes()]).unwrap();
    // Five points and two entries; index 7 of five is the last, and so is entry 3 of two.
    let seen = words(&out[1]);
    assert_eq!(&seen[..4], [5 + 2 + 7; 4]);
    assert!(seen[4] <= 1);
    let entries = &floats(&out[2])[2..];
    assert_eq!(entries[..2], [0.0 + 5.0, 2.0 + 5.0]);
    let last = [[12.0 + 5.0, 14.0 + 5.0], [16.0 + 5.0, 18.0 + 5.0]];
    assert!(last.contains(&[entries[2], entries[3]]), "{entries:?}");
}

#[test]
fn half_precision_rounds_after_every_operation() {
    let Some(host) = build("half") else { return };
    let h = f16::from_f32;
    let bytes = |values: &[f16]| -> Vec<u8> { values.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect() };
    // a at 0, b at 8, columns of m at 16 and 24.
    let u: Vec<f16> = [1.5, 0., 0., 0., 0.25, -2., 3., 0., 1., 2., 3., 0., -1., 0.5, 0.125, 0.].map(h).to_vec();
    let x: Vec<f16> = (0..128).map(|i| h((i as f32 - 60.0) * 0.0371)).collect();
    let out = host.run(ONE, 3, 32, &[&bytes(&u), &bytes(&x), &[0u8; 256]]).unwrap();
    let found: Vec<f16> = out[1].chunks_exact(2).map(|c| f16::from_bits(u16::from_le_bytes([c[0], c[1]]))).collect();
    for i in 0..32 {
        let v: [f16; 4] = [0, 1, 2, 3].map(|c| x[4 * i + c]);
        let fma = |a: f16, b: f16, c: f16| f16::from_f64(a.to_f64() * b.to_f64() + c.to_f64());
        let tile = x[4 * (31 - i)] + h(0.5);
        let add = [h(0.25), h(-2.0), h(3.0), tile];
        let mut r = [0, 1, 2, 3].map(|c| fma(v[c], h(1.5), add[c]));
        let wide = |f: fn(f32) -> f32, x: f16| h(f(x.to_f32()));
        r = [0, 1, 2, 3]
            .map(|c| r[c] * h(2.0) - v[c] / h(1.5) + wide(f32::sqrt, h(v[c].to_f32().abs())) + wide(f32::exp, v[c]));
        if r[0] < r[1] && v[2] >= h(1.5) {
            r = r.map(|a| -a);
        }
        r[0] = h(v[1].to_f32().trunc()) + h(v[2].to_f32() * 3.0) + h(i as f32);
        let m = [0, 1, 2].map(|c| u[8 + c] * r[0] + u[12 + c] * r[1]);
        let dot = v[0] * r[0] + v[1] * r[1] + v[2] * r[2] + v[3] * r[3];
        let base = [m[0], m[1], m[2], dot];
        for c in 0..4 {
            let clamped = h(v[c].to_f32().clamp(0.0, 1.0));
            let lesser = h(v[c].to_f32().min(r[c].to_f32()));
            let expected = base[c] + clamped + lesser + v[c] + h(v[c].to_f32().trunc());
            assert_eq!(found[4 * i + c].to_bits(), expected.to_bits(), "{i}.{c}: {} {expected}", found[4 * i + c]);
        }
    }
}

#[test]
fn atomics_agree_on_any_schedule() {
    let Some(host) = build("atomics") else { return };
    for seed in 0..8 {
        let out = host.run(ONE, seed, 32, &[&[0u8; 32], &[0u8; 256]]).unwrap();
        let c = ints(&out[0]);
        assert_eq!((c[0], c[1], c[2], c[3]), (128, -63, -64, 63), "seed {seed}");
        assert!((1..=64).contains(&c[4]), "someone was first");
        assert_eq!(c[6], 5, "one exchange succeeded");
        // All bits of w[1], and the xor of 0..64, which is 0.
        assert!(words(&out[1]).iter().all(|&o| o.wrapping_add(1) <= 2), "{:?}", words(&out[1]));
    }
}

#[test]
fn subgroups_of_any_size_agree() {
    let Some(host) = build("subgroups") else { return };
    for (lanes, seed) in [(8u32, 0u64), (32, 0), (8, 5), (32, 6), (16, 7)] {
        let out = floats(&host.run(ONE, seed, lanes, &[&[0u8; 1024]]).unwrap()[0]);
        for i in 0..64u32 {
            let (first, lane) = (i / lanes * lanes, i % lanes);
            let group = || first..first + lanes;
            let sum: u32 = group().sum();
            let power = if lanes == 32 { 0.0 } else { f32::powi(2.0, lanes as i32) };
            let all = sum as f32 + power + first as f32 + (first + lanes - 1) as f32;
            let bits = group().map(|l| l | 1).fold(!0, |a, b| a & b)
                + group().fold(0, |a, b| a | b)
                + group().fold(0, |a, b| a ^ b);
            let before: u32 = (first..i).sum();
            let votes = 1 + 1 + 0xf;
            let scan = (2 * before + i) as f32 + 2.0;
            let x = |l: u32| if l < lanes { (first + l) as f32 } else { i as f32 };
            let moved = x(2) - x(2) + 2.0 * x(0);
            let turned = x(lane ^ 1) + x(lane ^ 3) + x(lane.wrapping_sub(1)) + x(lane + 1);
            let quads = x((lane & !3) | 1) + x(lane ^ 1) + x(lane ^ 2) + x(lane ^ 3);
            let expected = [
                all + bits as f32,
                scan + votes as f32,
                moved + turned,
                quads + (lanes + i / lanes + 64 / lanes) as f32,
            ];
            assert_eq!(&out[4 * i as usize..][..4], expected, "lane {lane} of {lanes}, seed {seed}");
        }
    }
}

#[test]
fn cooperative_matrices_multiply() {
    let Some(host) = build("coop") else { return };
    let small = |i: usize| ((i * 7 + 3) % 11) as f32 - 5.0;
    let a: Vec<f32> = (0..512).map(small).collect();
    let b: Vec<f32> = (0..512).map(|i| small(i + 5)).collect();
    let c: Vec<f32> = (0..256).map(|i| small(i + 9)).collect();
    let d: Vec<f32> = (0..192).map(|i| small(i + 2)).collect();
    let halves = |v: &[f32]| -> Vec<u8> { v.iter().flat_map(|&x| f16::from_f32(x).to_bits().to_le_bytes()).collect() };
    let out = host.run(ONE, 1, 32, &[&halves(&a), &halves(&b), &c.bytes(), &d.bytes()]).unwrap();
    let found = floats(&out[2]);
    for (r, s) in (0..16).flat_map(|r| (0..16).map(move |s| (r, s))) {
        let expected = c[r * 16 + s] + (0..32).map(|k| a[r * 32 + k] * b[s * 32 + k]).sum::<f32>();
        assert_eq!(found[r * 16 + s], expected, "row {r}, column {s}");
    }
    let found = floats(&out[3]);
    for (r, s) in (0..8).flat_map(|r| (0..8).map(move |s| (r, s))) {
        let product: f32 = (0..8).map(|k| d[k * 8 + r] * d[64 + s * 8 + k]).sum();
        assert_eq!(found[128 + s * 8 + r], product * 3.0, "row {r}, column {s}");
    }
}

#[test]
fn matrices_multiply_and_take_components() {
    let Some(host) = build("matrices") else { return };
    // a: columns at 0 and 16; b: columns at 32, 40, 48; c from 64: 128 bytes.
    let m: Vec<f32> = (0..32).map(|i| ((i * 5) % 7) as f32 - 2.0).collect();
    let out = host.run(ONE, 0, 32, &[&m.bytes(), &[0u8; 64]]).unwrap();
    let a = |c: usize, r: usize| m[4 * c + r];
    let b = |c: usize, r: usize| m[8 + 2 * c + r];
    let p = |c: usize, r: usize| (0..2).map(|k| a(k, r) * b(c, k)).sum::<f32>();
    let q = |c: usize, r: usize| (0..3).map(|k| b(k, r) * a(c, k)).sum::<f32>() + if c == r { 1.5 } else { 0.0 };
    let found = floats(&out[1]);
    let product = [0, 1, 2].map(|r| (0..3).map(|c| p(c, r) * (c + 1) as f32).sum::<f32>());
    assert_eq!(found[..3], product);
    // A product of 3x2 and 2x3 is singular.
    assert_eq!(found[3], 0.0);
    assert_eq!(&found[4..7], [q(0, 0) + 2.0 * q(0, 1), q(1, 0) + 2.0 * q(1, 1), q(0, 0) * q(1, 1) - q(1, 0) * q(0, 1)]);
    assert_eq!(&found[12..], [1.0, 2.0, 3.0, b(2, 1)]);
    let after = floats(&out[0]);
    assert_eq!([after[2], after[4], after[16]], [7.0, 8.0, 5.0]);
}

#[test]
fn overrides_size_workgroups_and_their_arrays() {
    let Some(host) = build("overrides") else { return };
    let out = host.run([3, 1, 1], 2, 32, &[&[0u8; 64]]).unwrap();
    let expected: Vec<f32> = (0..16).map(|i| (15 - i) as f32 * 1.5 + 3.0).collect();
    assert_eq!(floats(&out[0]), expected);
}

#[test]
fn what_is_left_of_the_constructs_runs() {
    if let Some(host) = build("packed_dot") {
        let a: Vec<u32> = (0..16u32).map(|i| i.wrapping_mul(0x9e37_79b9) ^ 0x80ff_017f).collect();
        let signed = |x: u32, y: u32| -> i32 {
            x.to_le_bytes().iter().zip(y.to_le_bytes()).map(|(&p, q)| i32::from(p as i8) * i32::from(q as i8)).sum()
        };
        let plain = |x: u32, y: u32| -> u32 {
            x.to_le_bytes().iter().zip(y.to_le_bytes()).map(|(&p, q)| u32::from(p) * u32::from(q)).sum()
        };
        let out = host.run(ONE, 0, 32, &[&a.bytes(), &[0u8; 8]]).unwrap();
        let sum: i32 = a.chunks(2).map(|p| signed(p[0], p[1])).sum();
        assert_eq!(ints(&out[1]), [sum, (3 + plain(a[0], a[1])) as i32 - signed(a[2], a[3])]);
    }
    if let Some(host) = build("bools") {
        let flag = |i: u32| i & 1 == 0 && i < 6;
        let expected: Vec<u32> = (0..8)
            .map(|i| {
                let at = [true, i > 2, true].map(|b| !b);
                let ok = flag(7 - i);
                let both = !ok || at.iter().any(|&b| b);
                u32::from(both || ok != (i == 3)) + i
            })
            .collect();
        assert_eq!(words(&host.run(ONE, 4, 32, &[&[0u8; 32]]).unwrap()[0]), expected);
    }
    if let Some(host) = build("wide_shared") {
        let out = host.run(ONE, 9, 32, &[&[0u8; 512]]).unwrap();
        let expected = |i: usize| if i.is_multiple_of(31) { (i / 31) as f32 } else { 0.0 };
        let found = floats(&out[0]);
        assert!((0..128).all(|i| [i % 100, i % 100 + 100].iter().any(|&b| found[i] == expected(i) + b as f32)));
    }
}

/// A kernel that reverses its workgroup through shared memory, with a barrier to take away.
fn reverse(barrier: &str) -> String {
    format!(
        "var<workgroup> tile: array<u32, 32>;
        @group(0) @binding(0) var<storage, read_write> x: array<u32>;
        @compute @workgroup_size(32) fn main(@builtin(local_invocation_index) i: u32) {{
            tile[i] = x[i];
            {barrier}
            x[i] = tile[31u - i];
        }}"
    )
}

#[test]
fn a_missing_barrier_shows_on_every_schedule() {
    let options = Options { policy: Policy { zero_workgroup: false, ..Policy::default() }, ..Options::default() };
    let input: Vec<u32> = (100..132).collect();
    let expected: Vec<u32> = input.iter().rev().copied().collect();
    let Some(whole) = build_with(&reverse("workgroupBarrier();"), &options, &[]) else { return };
    let Some(broken) = build_with(&reverse(""), &options, &[]) else { return };
    let run = |host: &Host, seed| words(&host.run(ONE, seed, 32, &[&input.bytes()]).unwrap()[0]);
    for seed in 0..4 {
        assert_eq!(run(&whole, seed), expected, "seed {seed}");
        assert_ne!(run(&broken, seed), expected, "seed {seed}");
    }
}

#[test]
fn barriers_that_not_all_reach_are_faults() {
    let cases = [
        ("if i > 4u { return; } workgroupBarrier();", "after other invocations have returned"),
        ("if i > 4u { workgroupBarrier(); } else { workgroupBarrier(); }", "wait at different barriers"),
    ];
    for (statement, fault) in cases {
        let Some(host) = build_with(&reverse(&statement.replace("} else {", "}\n else\n {")), &Options::default(), &[])
        else {
            return;
        };
        let error = host.run(ONE, 1, 32, &[&[0u8; 128]]).unwrap_err();
        assert!(error.starts_with("Some(3)") && error.contains(fault), "{error}");
    }
}

#[test]
fn sanitizers_find_nothing_in_bounds_and_everything_out() {
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let input: Vec<u32> = (0..32).collect();
    let Some(host) = build_with(&reverse("workgroupBarrier();"), &Options::default(), &flags) else { return };
    for seed in 0..3 {
        assert!(host.run([2, 1, 1], seed, 8, &[&input.bytes()]).is_ok());
    }
    for (name, sizes) in [("atomics", &[32, 256][..]), ("subgroups", &[1024])] {
        let Some(host) = build_with(&construct(name), &Options::default(), &flags) else { return };
        let buffers: Vec<Vec<u8>> = sizes.iter().map(|&n| vec![0; n]).collect();
        let buffers: Vec<&[u8]> = buffers.iter().map(Vec::as_slice).collect();
        host.run(ONE, 5, 8, &buffers).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let wgsl = "@group(0) @binding(0) var<storage, read_write> x: array<u32>;
        @compute @workgroup_size(1) fn main() { x[x[0]] = 1u; }";
    for (bounds, holds) in [(Bounds::Restrict, true), (Bounds::Unchecked, false)] {
        let options = Options { policy: Policy { bounds, ..Policy::default() }, ..Options::default() };
        let Some(host) = build_with(wgsl, &options, &flags) else { return };
        assert_eq!(host.run(ONE, 0, 32, &[&[9u32, 0].bytes()]).is_ok(), holds);
    }
}
