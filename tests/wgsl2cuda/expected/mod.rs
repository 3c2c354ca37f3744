//! What shaders of the corpus must give, worked out in Rust from the rules of WGSL. Reads the job's buffers, never a
//! shader's text or another's results.

mod control;
mod floats;
mod integers;
mod memory;
mod subgroups;

use half::f16;

use self::{control::*, floats::*, integers::*, memory::*, subgroups::*};
use crate::{job::Contents, shader::Shader};

/// Turns a job's buffers before the run into those after it; the second argument is the subgroup's size.
pub type Expected = fn(&mut Contents, usize);

/// The expectation written down for a shader, if there is one.
pub fn of(shader: &Shader) -> Option<Expected> {
    TABLE.iter().find(|(name, _)| *name == shader.name).map(|(_, expected)| *expected)
}

pub const TABLE: &[(&str, Expected)] = &[
    ("aliased_inputs", |m, _| fill(m, 2, |m, i| m[0][63 - i].wrapping_sub(m[0][i]))),
    ("attributes", |m, _| fill(m, 1, |m, i| m[0][i].wrapping_mul(2) ^ (i as u32 + 1))),
    ("atomics_exchange", |m, _| {
        m[1] = vec![64f32.to_bits(), 40, 8];
        m[2] = vec![40, 0, 7, 1];
    }),
    ("atomics_float", |m, _| {
        let sum = m[0].iter().map(|&x| x as i32).sum::<i32>() as f32;
        m[1] = bits([sum, sum * 0.25]);
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
    ("short_circuit", |m, _| fill(m, 0, |_, i| short_circuit(i as u32))),
    ("short_integers", |m, _| rows(m, 1, 5, short_integers)),
    ("storage_barrier", |m, _| {
        let old = m[0].clone();
        fill(m, 0, |_, i| old[i / 64 * 64 + (i + 63) % 64] ^ 0x5555_5555);
        fill(m, 1, |m, i| m[0][i / 64 * 64 + 63 - i % 64]);
    }),
    ("subgroup_arithmetic", subgroup_arithmetic),
    ("subgroup_divergent", |m, size| fill(m, 1, |m, i| subgroup_divergent(m, i, size))),
    ("subgroup_exchange", subgroup_exchange),
    ("subgroup_float", subgroup_float),
    ("subgroup_ids", subgroup_ids),
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
