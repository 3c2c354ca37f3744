//! What shaders of the corpus must give, worked out in Rust from the rules of WGSL. Reads the job's buffers, never a
//! shader's text or another's results.

use half::f16;

use crate::{job::Contents, shader::Shader};

/// Turns a job's buffers before the run into those after it; the second argument is the subgroup's size.
pub type Expected = fn(&mut Contents, usize);

/// The expectation written down for a shader, if there is one.
pub fn of(shader: &Shader) -> Option<Expected> {
    TABLE.iter().find(|(name, _)| *name == shader.name).map(|(_, expected)| *expected)
}

pub const TABLE: &[(&str, Expected)] = &[
    ("aliased_inputs", |m, _| fill(m, 2, |m, i| m[0][63 - i].wrapping_sub(m[0][i]))),
    ("atomics_float", |m, _| {
        let sum = m[0].iter().map(|&x| x as i32).sum::<i32>() as f32;
        m[1] = bits([sum, sum * 0.25]);
    }),
    ("atomics_exchange", |m, _| {
        m[1] = vec![64f32.to_bits(), 40, 8];
        m[2] = vec![40, 0, 7, 1];
    }),
    ("atomics_unsigned", atomics_unsigned),
    ("atomics_wide", atomics_wide),
    ("atomics_workgroup", atomics_workgroup),
    ("barrier_scan", |m, _| {
        fill(m, 1, |m, i| m[0][i / 80 * 80..=i].iter().fold(0, |sum: u32, x| sum.wrapping_add(*x)))
    }),
    ("barrier_transpose", |m, _| fill(m, 1, |m, i| m[0][i % 24 * 16 + i / 24])),
    ("bits_count", |m, _| rows(m, 1, 9, bits_count)),
    ("bits_fields", |m, _| rows(m, 2, 5, bits_fields)),
    ("bounds_private", |m, _| fill(m, 1, bounds_private)),
    ("bounds_signed", |m, _| fill(m, 1, bounds_signed)),
    ("bounds_storage", bounds_storage),
    ("builtins", |m, _| rows(m, 0, 5, |_, at| builtins(at))),
    ("cooperative_product", cooperative_product),
    ("divergent_writes", |m, _| fill(m, 1, |m, i| gcd(m[0][i] & 0xFFFF_FFF0, (i as u32 + 1) * 720_720))),
    ("early_return", |m, _| {
        fill(m, 1, |m, i| if i % 5 == 4 { 0 } else { find_seven(m[0][i]) as u32 });
    }),
    ("float_exact", |m, _| rows(m, 2, 8, float_exact)),
    ("float_fused", |m, _| rows(m, 2, 3, float_fused)),
    ("float_to_int", float_to_int),
    ("half_exact", |m, _| rows(m, 1, 5, half_exact)),
    ("integer_convert", integer_convert),
    ("integer_divide", |m, _| rows(m, 2, 6, integer_divide)),
    ("integer_dot", |m, _| rows(m, 1, 3, integer_dot)),
    ("integer_wrap", |m, _| rows(m, 2, 8, integer_wrap)),
    ("large_grid", large_grid),
    ("loop_continuing", |m, _| fill(m, 1, |m, i| loop_continuing(m[0][i]))),
    ("loop_forms", |m, _| fill(m, 0, |_, i| loop_forms(i as u32))),
    ("pack_float", pack_float),
    ("pack_integers", |m, _| rows(m, 1, 6, pack_integers)),
    ("packed_dot", |m, _| rows(m, 2, 4, packed_dot)),
    ("pointers_function", |m, _| fill(m, 1, pointers_function)),
    ("rounding", |m, _| rows(m, 1, 6, rounding)),
    ("runtime_arrays", |m, _| fill(m, 2, runtime_arrays)),
    ("shifts", |m, _| rows(m, 2, 5, shifts)),
    ("short_integers", |m, _| rows(m, 1, 5, short_integers)),
    ("short_circuit", |m, _| fill(m, 0, |_, i| short_circuit(i as u32))),
    ("storage_barrier", |m, _| {
        let old = m[0].clone();
        fill(m, 0, |_, i| old[i / 64 * 64 + (i + 63) % 64] ^ 0x5555_5555);
        fill(m, 1, |m, i| m[0][i / 64 * 64 + 63 - i % 64]);
    }),
    ("subgroup_arithmetic", subgroup_arithmetic),
    ("subgroup_divergent", |m, size| fill(m, 1, |m, i| subgroup_divergent(m, i, size))),
    ("subgroup_exchange", subgroup_exchange),
    ("subgroup_float", subgroup_float),
    ("subgroup_quads", |m, _| {
        rows(m, 1, 5, |m, i| {
            let quad = i / 4 * 4;
            vec![m[0][quad + 2], m[0][i ^ 1], m[0][i ^ 2], m[0][i ^ 3], i as u32 ^ 1]
        });
    }),
    ("switch_default_middle", |m, _| fill(m, 1, |m, i| switch_default_middle(m[0][i] as i32, i))),
    ("transcendental", |m, _| rows(m, 1, 12, transcendental)),
    ("uniform_load", |m, _| fill(m, 1, uniform_load)),
    ("wide_integers", wide_integers),
    ("workgroup_zero", |m, _| fill(m, 0, |_, i| i as u32 % 32)),
];

type Words = [Vec<u32>];

/// Sets every word of a buffer.
fn fill(m: &mut Contents, buffer: usize, value: impl Fn(&Words, usize) -> u32) {
    m[buffer] = (0..m[buffer].len()).map(|i| value(m, i)).collect();
}

/// Sets a buffer row by row of `width` words.
fn rows(m: &mut Contents, buffer: usize, width: usize, row: impl Fn(&Words, usize) -> Vec<u32>) {
    m[buffer] = (0..m[buffer].len() / width).flat_map(|i| row(m, i)).collect();
}

fn float(word: u32) -> f32 {
    f32::from_bits(word)
}

fn bits(floats: impl IntoIterator<Item = f32>) -> Vec<u32> {
    floats.into_iter().map(f32::to_bits).collect()
}

fn signed(ints: impl IntoIterator<Item = i32>) -> Vec<u32> {
    ints.into_iter().map(|i| i as u32).collect()
}

fn atomics_unsigned(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    let sum = input.iter().fold(0, |s: u32, x| s.wrapping_add(*x));
    let tickets = (0..128u32).fold(0, |x, t| x ^ t * t);
    let cells = &mut m[1];
    cells[0] = sum;
    cells[1] = sum.wrapping_neg();
    cells[2] = *input.iter().max().expect("there are inputs");
    cells[3] = *input.iter().min().expect("there are inputs");
    cells[4] = input.iter().fold(u32::MAX, |s, x| s & (x | 0xFF00_FF00));
    cells[5] = input.iter().fold(0, |s, x| s | x & 0x0FF0_0FF0);
    cells[6] = input.iter().fold(tickets, |s, x| s ^ x);
    cells[7] = 128;
    cells[8] = input[77];
    cells[9] = input[77].wrapping_add(5);
}

fn wide(words: &[u32], i: usize) -> u64 {
    u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32
}

fn atomics_wide(m: &mut Contents, _: usize) {
    let input: Vec<u64> = (0..64).map(|i| wide(&m[0], i)).collect();
    let sum = input.iter().fold(0, |s: u64, x| s.wrapping_add(*x));
    let (low, high) = (input.iter().copied().fold(u64::MAX, u64::min), input.iter().copied().fold(0, u64::max));
    let cells = [sum, high, low, input.iter().fold(0, |s, x| s ^ x), input[3]];
    m[1] = cells.iter().flat_map(|v| [*v as u32, (v >> 32) as u32]).collect();
}

fn atomics_workgroup(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    for x in &input {
        m[1][(x >> 28) as usize] += 1;
    }
    fill(m, 2, |_, g| input[g * 64..][..64].iter().map(|&x| x as i32).min().unwrap_or(0) as u32);
}

fn bits_count(m: &Words, i: usize) -> Vec<u32> {
    let x = m[0][i] >> (i % 3);
    let first_leading = |x: u32| if x == 0 { u32::MAX } else { 31 - x.leading_zeros() };
    let first_trailing = |x: u32| if x == 0 { u32::MAX } else { x.trailing_zeros() };
    let signed_leading = first_leading(if (x as i32) < 0 { !x } else { x });
    let counts = x.leading_zeros() + (x as i32).wrapping_neg().count_ones();
    let v = [
        first_leading(x).wrapping_add(x.count_ones()).wrapping_add(32),
        first_leading(!x).wrapping_add(x.count_ones()).wrapping_add(x.trailing_zeros()),
        u32::MAX.wrapping_add(x.count_ones()).wrapping_add(3),
    ];
    vec![
        x.count_ones(),
        x.leading_zeros(),
        x.trailing_zeros(),
        first_leading(x),
        first_trailing(x),
        x.reverse_bits(),
        signed_leading,
        first_trailing(x).wrapping_add(counts),
        v[0] ^ v[1] << 8 ^ v[2] << 16,
    ]
}

fn field(x: u32, offset: u32, count: u32, sign: bool) -> u32 {
    let offset = offset.min(32);
    let count = count.min(32 - offset);
    if count == 0 {
        return 0;
    }
    let raised = x << (32 - offset - count);
    if sign { (raised as i32 >> (32 - count)) as u32 } else { raised >> (32 - count) }
}

fn with_field(x: u32, new: u32, offset: u32, count: u32) -> u32 {
    let offset = offset.min(32);
    let count = count.min(32 - offset);
    let mask = (((1u64 << count) - 1) << offset) as u32;
    x & !mask | (u64::from(new) << offset) as u32 & mask
}

fn bits_fields(m: &Words, i: usize) -> Vec<u32> {
    let x = m[0][i];
    let (offset, count) = (m[1][i] % 40, m[1][i] * 7 % 37);
    let v = [x, !x].map(|x| field(x, 4, 9, false));
    vec![
        field(x, offset, count, false),
        field(x, offset, count, true),
        with_field(x, 0xDEAD_BEEF, offset, count),
        with_field(x, -2i32 as u32, offset, count),
        v[0].wrapping_add(with_field(x, 21, 30, 1)) ^ v[1].wrapping_add(with_field(x, 7, 30, 1)),
    ]
}

/// Indices out of bounds are held at the last element.
fn bounds_private(_: &Words, i: usize) -> u32 {
    let mut mine = [0u32; 5];
    let mut local = [1u32, 2, 3];
    mine[i.min(4)] = 40 + i as u32;
    local[(i + 1).min(2)] = 9;
    let mut v = [5u32, 6, 7, 8];
    v[i.min(3)] += 1;
    let mut columns = [[1u32, 2, 3], [4, 5, 6]];
    columns[i.min(1)][i.min(2)] = 50;
    let picked = columns[(i * 3).min(1)];
    let ours = (i * 2).min(5) as u32 * 100;
    let sum = mine[i.min(4)] + local[i.min(2)] * 1000 + ours + v[(i + 1).min(3)] * 100_000;
    sum + picked[(i + 2).min(2)] * 10_000_000
}

fn bounds_signed(m: &Words, i: usize) -> u32 {
    let at = m[0][i];
    let mut table = [10u32, 11, 12, 13, 14, 15];
    let slot = at.min(5) as usize;
    table[slot] *= 2;
    table[slot] + 100 * [1, 2, 3][at.min(2) as usize]
}

fn bounds_storage(m: &mut Contents, _: usize) {
    let (runtime, sized) = (m[0].clone(), m[1].clone());
    fill(m, 2, |_, i| {
        let far = i * 0x100_0000;
        let x = runtime[i.min(9)].wrapping_add(runtime[far.min(9)]);
        let y = sized[i.min(1) * 4 + (i / 2).min(3)].wrapping_add(sized[4 + far.min(3)]);
        if i < 63 { x ^ y } else { 77 }
    });
}

fn builtins(at: usize) -> Vec<u32> {
    let (x, y, z) = (at % 8, at / 8 % 9, at / 72);
    let flat = |x: usize, y: usize, z: usize| (x + 100 * y + 10_000 * z) as u32;
    vec![
        flat(x, y, z),
        flat(x % 4, y % 3, z % 2),
        flat(x / 4, y / 3, z / 2),
        flat(2, 3, 2),
        (x % 4 + 4 * (y % 3 + 3 * (z % 2))) as u32,
    ]
}

/// A's rows and B's columns lie together.
fn cooperative_product(m: &mut Contents, _: usize) {
    let sums = m[2].clone();
    fill(m, 2, |m, at| {
        let products =
            (0..16).map(|k| half_at(&m[0], at / 16 * 16 + k).to_f64() * half_at(&m[1], at % 16 * 16 + k).to_f64());
        ((f64::from(float(sums[at])) + products.sum::<f64>()) as f32).to_bits()
    });
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn find_seven(haystack: u32) -> i32 {
    for i in 0..8 {
        match haystack >> (4 * i) & 15 {
            0 => return -2,
            7 => return i + 100,
            _ => {}
        }
    }
    -1
}

fn float_exact(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (float(m[0][i]), float(m[1][i]));
    let third = |z: f32| x * z / 3.0;
    bits([x + y, x - y, x * y, x / y, x.abs().sqrt(), -x.abs(), third(y), third(2.0) - third(3.0)])
}

fn float_fused(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (float(m[0][i]), float(m[1][i]));
    let v = [x.mul_add(y, -x * y), x.mul_add(0.1, y), x.mul_add(0.3, x)];
    bits([x.mul_add(y, 1.0), v[0], v[1].max(v[2])])
}

/// Rust's casts saturate as CUDA's do; WGSL clamps to the largest f32 that the integer type holds, and either is
/// within its rules since it speaks of the value before rounding. Ours is the clamp to representable values.
fn float_to_int(m: &mut Contents, _: usize) {
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
fn half_exact(m: &Words, i: usize) -> Vec<u32> {
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

fn integer_convert(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    rows(m, 1, 4, |_, i| {
        let x = input[i] as i32;
        bits([x as f32, input[i] as f32, f32::from(u8::from(x != 0)) + f32::from(u8::from(x > 0)), x as f32 / 3.0])
    });
    rows(m, 2, 2, |_, i| {
        let x = input[i];
        vec![u32::from(x != 0) + 2 * u32::from(x == 0), u32::from(x != 0) + 2 * u32::from(x != 1) + 1]
    });
}

fn quotient(x: i32, y: i32) -> i32 {
    if y == 0 { x } else { x.wrapping_div(y) }
}

fn remainder(x: i32, y: i32) -> i32 {
    if y == 0 { 0 } else { x.wrapping_rem(y) }
}

fn integer_divide(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (m[0][i] as i32, m[1][i] as i32);
    let (a, b) = (m[0][i], m[1][i]);
    let rest = a.checked_rem(b).unwrap_or(0);
    signed([
        quotient(x, y),
        remainder(x, y),
        a.checked_div(b).unwrap_or(a) as i32,
        rest as i32,
        quotient(x, y) ^ quotient(y, x),
        (rest as i32).wrapping_add(x % 7).wrapping_add(x / -3),
    ])
}

fn integer_dot(m: &Words, i: usize) -> Vec<u32> {
    let v: [i32; 4] = std::array::from_fn(|k| m[0][4 * i + k] as i32);
    let dot = |a: &[i32], b: &[i32]| a.iter().zip(b).fold(0i32, |s, (x, y)| s.wrapping_add(x.wrapping_mul(*y)));
    signed([
        dot(&v, &[v[3], v[2], v[1], v[0]]),
        dot(&v[..3], &[7, 65536, 3_000_000_000u32 as i32]),
        dot(&v[..2], &v[2..]).wrapping_mul(v[0].wrapping_abs()),
    ])
}

fn integer_wrap(m: &Words, i: usize) -> Vec<u32> {
    let x = m[0][i] as i32;
    let y = (m[0][(i * 7 + 3) % 128] as i32).wrapping_add(if i > 64 { m[1][i] as i32 } else { 0 });
    let v = [x as u32, y as u32, 3_000_000_000].map(|v| v.wrapping_mul(2_654_435_761).wrapping_sub(1));
    let w = [x, y].map(|w| w.wrapping_mul(65537).wrapping_sub(i as i32).wrapping_neg());
    signed([
        x.wrapping_add(y),
        x.wrapping_sub(y),
        x.wrapping_mul(y),
        x.wrapping_neg(),
        x.wrapping_abs(),
        (v[0] ^ v[1] ^ v[2]) as i32,
        w[0].wrapping_add(w[1]),
        (x.signum() - y.signum()).wrapping_add(!x & y),
    ])
}

fn large_grid(m: &mut Contents, _: usize) {
    let groups = 7 * 11 * 13u32;
    // Sums of ids over 7 x 22 x 13 invocations.
    m[0] = vec![groups * 2 * 3, 7 * 13 * (22 * 21 / 2), 7 * 22 * (13 * 12 / 2), 6, 21, 12];
    fill(m, 1, |_, at| {
        let y = at as u32 / 7 % 11;
        (2 * y + 1) + (2 * y + 2)
    });
}

fn loop_continuing(word: u32) -> u32 {
    let (mut i, mut sum, mut skipped) = (0, 0, 0);
    loop {
        if word >> i & 1 == 0 {
            skipped += 1;
        } else if sum > 60 {
            break;
        } else {
            sum += i + 1;
        }
        i += 1;
        if i >= 20 {
            break;
        }
    }
    sum * 256 + skipped * 32 + i
}

fn loop_forms(i: u32) -> u32 {
    let a = (0..).find(|a| a * a > i).expect("some square is larger");
    let b = if i > 10 { i - (i - 11) / 3 * 3 - 3 } else { i };
    let c: u32 = (i..5).step_by(2).map(|k| k + 1).sum();
    let d = i / 5 * 5;
    let (mut n, mut steps) = (i + 1, 0u32);
    while n != 1 {
        n = if n & 1 == 1 { 3 * n + 1 } else { n / 2 };
        steps += 1;
    }
    a | b << 6 | c << 12 | d << 18 | steps << 25
}

fn pack_float(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    let row = |i: usize| {
        let v = [float(input[2 * i]), float(input[2 * i + 1])];
        let join = |low: u32, high: u32| low & 0xFFFF | high << 16;
        let snorm = v.map(|x| ((x * 0.5).clamp(-1.0, 1.0) * 32767.0 + 0.5).floor() as i32 as u32);
        let unorm = v.map(|x| ((x * 0.5).clamp(0.0, 1.0) * 65535.0 + 0.5).floor() as u32);
        let half = v.map(|x| f16::from_f32(x));
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

fn pack_integers(m: &Words, i: usize) -> Vec<u32> {
    let v: [i32; 4] = std::array::from_fn(|k| m[0][4 * i + k] as i32 * 3);
    let join = |bytes: [u8; 4]| u32::from_le_bytes(bytes);
    let low = join(v.map(|x| x as u8));
    let signed = low.to_le_bytes().map(|b| i32::from(b as i8));
    let plain = low.to_le_bytes().map(u32::from);
    vec![
        low,
        low,
        join(v.map(|x| x.clamp(-128, 127) as u8)),
        // As unsigned, a negative number is larger than any byte.
        join(v.map(|x| (x as u32).min(255) as u8)),
        (signed[0] + signed[1] * 3 - signed[2] * 5 + signed[3] * 7) as u32,
        plain[0] + plain[1] * 3 + plain[2] * 5 + plain[3] * 7,
    ]
}

fn packed_dot(m: &Words, i: usize) -> Vec<u32> {
    let signed_dot = |a: u32, b: u32| -> i32 {
        a.to_le_bytes().iter().zip(b.to_le_bytes()).map(|(&x, y)| i32::from(x as i8) * i32::from(y as i8)).sum()
    };
    let plain_dot = |a: u32, b: u32| -> u32 {
        a.to_le_bytes().iter().zip(b.to_le_bytes()).map(|(&x, y)| u32::from(x) * u32::from(y)).sum()
    };
    let (a, b) = (m[0][i], m[1][i]);
    let sum = (0..4).fold(0x7FFF_FFF0i32, |s, k| s.wrapping_add(signed_dot(m[0][(i + k) % 64], b)));
    let last = plain_dot(a, b).wrapping_add(4_000_000_000) as i32;
    vec![signed_dot(a, b) as u32, plain_dot(a, b), sum as u32, last.wrapping_sub(signed_dot(b, 0x8080_8080)) as u32]
}

fn pointers_function(m: &Words, i: usize) -> u32 {
    fn bump(p: &mut u32, by: u32) -> u32 {
        let old = *p;
        *p = old.wrapping_mul(3).wrapping_add(by);
        old
    }
    fn both((left, right): &mut (u32, [u32; 3]), i: usize) {
        // WGSL loads the left side of a compound assignment before it evaluates the right side.
        *left = left.wrapping_add(bump(&mut right[i % 3], i as u32));
        bump(left, 1);
        right[2] ^= *left;
    }
    let mut pair = (m[0][i], [1, 2, 3]);
    both(&mut pair, i);
    both(&mut pair, i + 1);
    let copy = pair;
    both(&mut pair, 5);
    let mut lone = copy.0;
    let before = bump(&mut lone, pair.0);
    let sum = lone.wrapping_add(before).wrapping_add(pair.1[0]);
    sum.wrapping_add(copy.1[1].wrapping_mul(5)).wrapping_add(pair.1[2])
}

fn sign(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn rounding(m: &Words, i: usize) -> Vec<u32> {
    let x = float(m[0][i]);
    let round = f32::round_ties_even;
    let v = [sign(x) + round(x) - x.floor(), sign(-x) + 2.0 - (-x).floor()];
    let last = if x.abs() > 1e6 { 0.0 } else { v[0] * 2.0 + v[1] };
    bits([round(x), x.floor(), x.ceil(), x.trunc(), x - x.floor(), last])
}

fn runtime_arrays(m: &Words, i: usize) -> u32 {
    // Items have a stride of 16 bytes after the 8 of the count: (120 - 8) / 16.
    let items = 7;
    match i {
        0..17 => m[0][16 - i],
        38 => items * 1000 + 40,
        39 => (0..items as usize).fold(m[1][0], |total, k| {
            let at = 2 + 4 * k;
            total.wrapping_mul(31).wrapping_add(m[1][at]).wrapping_add(m[1][at + 3])
        }),
        _ => 0,
    }
}

fn shifts(m: &Words, i: usize) -> Vec<u32> {
    let (x, n) = (m[0][i], m[1][i] % 32);
    let v = [(x as i32) >> n, (x as i32).wrapping_neg() >> 31];
    vec![x << n, x >> n, x << n, ((x as i32) >> n) as u32, v[0] as u32 ^ (v[1] as u32) << 1]
}

fn short_circuit(i: u32) -> u32 {
    let trace = std::cell::Cell::new(0u32);
    let mark = |digit: u32, result: bool| {
        trace.set(trace.get() * 10 + digit);
        result
    };
    let (p, q, r) = (i & 1 != 0, i & 2 != 0, i & 4 != 0);
    let x = u32::from(mark(1, p) && mark(2, q) || mark(3, r) && !mark(4, p));
    let both = mark(5, p) & mark(6, q) | mark(7, r);
    trace.set(trace.get() % 1000);
    let next = |digit: u32| {
        mark(digit, true);
        trace.get()
    };
    let (a, b, c) = (next(1), next(2), next(3));
    (a * 3 + b * 5 + c * 7) * 4 + x * 2 + u32::from(both)
}

fn short_integers(m: &Words, i: usize) -> Vec<u32> {
    let (x, y) = (m[0][i] as i16, (m[0][i] >> 16) as i16);
    let (u, v) = (m[0][i] as u16, m[0][63 - i] as u16);
    let shifted = i32::from(x >> (i % 16)) + i32::from(u << (i % 16));
    signed([
        x.wrapping_add(y).into(),
        i32::from(x.wrapping_mul(y)) - i32::from(u.wrapping_mul(v)),
        i32::from(u.checked_div(v).unwrap_or(u)) + i32::from(u.checked_rem(v).unwrap_or(0)),
        shifted,
        i32::from(x.max(y)) + i32::from(x.wrapping_neg()) + i32::from(u < v),
    ])
}

fn subgroup_arithmetic(m: &mut Contents, size: usize) {
    let input = m[0].clone();
    rows(m, 1, 12, |_, i| {
        let first = i / size * size;
        let (all, before) = (&input[first..first + size], &input[first..i]);
        let sum = |xs: &[u32]| xs.iter().fold(0u32, |s, x| s.wrapping_add(*x));
        let product = |xs: &[u32]| xs.iter().fold(1u32, |s, x| s.wrapping_mul(x | 1));
        let low: u32 = all.iter().map(|x| x & 255).sum();
        let indices: u32 = (first..first + size).map(|k| k as u32).sum();
        vec![
            sum(all),
            product(all),
            all.iter().copied().min().unwrap_or(0),
            all.iter().map(|&x| x as i32).max().unwrap_or(0) as u32,
            all.iter().fold(u32::MAX, |s, x| s & (x | 0xFFFF_0000)),
            all.iter().fold(0, |s, x| s | x & 0xFFFF),
            all.iter().fold(0, |s, x| s ^ x),
            sum(before),
            sum(before).wrapping_add(input[i]),
            product(before),
            product(before).wrapping_mul(input[i] | 1),
            (low * 1000).wrapping_sub(indices),
        ]
    });
}

fn subgroup_divergent(m: &Words, i: usize, size: usize) -> u32 {
    let branch = |k: usize| k % 3 == 1;
    let first = i / size * size;
    let active = (first..first + size).filter(|&k| branch(k) == branch(i));
    let values = active.clone().map(|k| m[0][k] >> 8);
    if branch(i) {
        return values.fold(0, u32::wrapping_add);
    }
    let ballot: u32 = active.filter(|k| k % 2 == 0).map(|k| 1 << (k - first)).sum();
    values.max().unwrap_or(0).wrapping_add(ballot)
}

fn subgroup_exchange(m: &mut Contents, size: usize) {
    let input = m[0].clone();
    rows(m, 1, 11, |_, i| {
        let (first, lane) = (i / size * size, i % size);
        let all = &input[first..first + size];
        let at = |lane: usize| all.get(lane).copied().unwrap_or(0);
        let all_above = all.iter().all(|x| *x > 10);
        let any_high = all.iter().any(|x| *x > 0xF000_0000);
        vec![
            size as u32,
            lane as u32,
            all.iter().enumerate().filter(|(_, x)| *x & 3 == 0).map(|(k, _)| 1 << k).sum(),
            at(0),
            at(5),
            at(lane * 3 % size),
            at(lane ^ 5),
            lane.checked_sub(2).map_or(0, at),
            at(lane + 3),
            u32::from(all_above) + 2 * u32::from(any_high) + 4,
            u32::from(lane == 0),
        ]
    });
}

fn subgroup_float(m: &mut Contents, size: usize) {
    let input: Vec<f64> = m[0].iter().map(|&x| f64::from(float(x))).collect();
    rows(m, 1, 4, |_, i| {
        let first = i / size * size;
        let all = &input[first..first + size];
        let low = all.iter().copied().fold(f64::INFINITY, f64::min);
        let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let running: f64 = input[first..=i].iter().sum();
        bits([all.iter().sum(), low, high - low, running].map(|x: f64| x as f32))
    });
}

fn switch_default_middle(selector: i32, i: usize) -> u32 {
    let mut x = match selector {
        -3 => 10,
        0 | 2 | 4 if i == 24 => 20,
        0 | 2 | 4 => 21,
        i32::MIN => 35,
        7 => 1,
        _ => 30,
    };
    if x % 5 == 0 {
        x -= 2
    } else {
        x *= 3
    }
    x + 1
}

/// In f64: twice the digits, rounded once.
fn transcendental(m: &Words, i: usize) -> Vec<u32> {
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

fn uniform_load(m: &Words, at: usize) -> u32 {
    let (group, i) = (at / 32, at % 32);
    let mut row: Vec<u32> = (0..32).collect();
    for r in 0..m[0][group] as usize {
        row = (0..32).map(|i| row[(i + 1) % 32] + r as u32 % 3 + 1).collect();
    }
    row[i] * 1000 + 90 + group as u32
}

fn wide_integers(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    rows(m, 1, 12, |_, i| {
        let (x, y) = (wide(&input, i), wide(&input, 63 - i) >> 20);
        let (sx, sy) = (x as i64, y as i64);
        let values = [
            x.wrapping_mul(y).wrapping_add(12_345_678_901_234),
            x / y,
            sx.wrapping_rem(sy) as u64 ^ (x % y),
            ((sx >> i) as u64).wrapping_sub(u64::from(sx < sy)),
            x << i | u64::from(x as u32) | i64::from(x as i32) as u64,
            x.min(y) ^ x.max(y) ^ sx.unsigned_abs(),
        ];
        values.iter().flat_map(|v| [*v as u32, (v >> 32) as u32]).collect()
    });
}
