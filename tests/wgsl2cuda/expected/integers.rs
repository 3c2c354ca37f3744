//! Integers: wrap, division, shifts, bits, packing.
//! Reads the job's buffers, never a shader's text.

use super::*;

pub fn bits_count(m: &Words, i: usize) -> Vec<u32> {
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

pub fn bits_fields(m: &Words, i: usize) -> Vec<u32> {
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

pub fn integer_convert(m: &mut Contents, _: usize) {
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

pub fn integer_divide(m: &Words, i: usize) -> Vec<u32> {
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

pub fn integer_dot(m: &Words, i: usize) -> Vec<u32> {
    let v: [i32; 4] = std::array::from_fn(|k| m[0][4 * i + k] as i32);
    let dot = |a: &[i32], b: &[i32]| a.iter().zip(b).fold(0i32, |s, (x, y)| s.wrapping_add(x.wrapping_mul(*y)));
    signed([
        dot(&v, &[v[3], v[2], v[1], v[0]]),
        dot(&v[..3], &[7, 65536, 3_000_000_000u32 as i32]),
        dot(&v[..2], &v[2..]).wrapping_mul(v[0].wrapping_abs()),
    ])
}

pub fn integer_wrap(m: &Words, i: usize) -> Vec<u32> {
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

pub fn pack_integers(m: &Words, i: usize) -> Vec<u32> {
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

pub fn packed_dot(m: &Words, i: usize) -> Vec<u32> {
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

pub fn shifts(m: &Words, i: usize) -> Vec<u32> {
    let (x, n) = (m[0][i], m[1][i] % 32);
    let v = [(x as i32) >> n, (x as i32).wrapping_neg() >> 31];
    vec![x << n, x >> n, x << n, ((x as i32) >> n) as u32, v[0] as u32 ^ (v[1] as u32) << 1]
}

pub fn short_integers(m: &Words, i: usize) -> Vec<u32> {
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

pub fn wide_integers(m: &mut Contents, _: usize) {
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
