//! Memory: atomics, bounds, lengths, workgroups.
//! Reads the job's buffers, never a shader's text.

use super::*;

pub fn atomics_unsigned(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    let sum = input.iter().fold(0, |s: u32, x| s.wrapping_add(*x));
    let tickets = (0..128u32).fold(0, |x, t| x ^ (t * t));
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

pub fn wide(words: &[u32], i: usize) -> u64 {
    u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32
}

pub fn atomics_wide(m: &mut Contents, _: usize) {
    let input: Vec<u64> = (0..64).map(|i| wide(&m[0], i)).collect();
    let sum = input.iter().fold(0, |s: u64, x| s.wrapping_add(*x));
    let (low, high) = (input.iter().copied().fold(u64::MAX, u64::min), input.iter().copied().fold(0, u64::max));
    let cells = [sum, high, low, input.iter().fold(0, |s, x| s ^ x), input[3]];
    m[1] = cells.iter().flat_map(|v| [*v as u32, (v >> 32) as u32]).collect();
}

pub fn atomics_workgroup(m: &mut Contents, _: usize) {
    let input = m[0].clone();
    for x in &input {
        m[1][(x >> 28) as usize] += 1;
    }
    fill(m, 2, |_, g| input[g * 64..][..64].iter().map(|&x| x as i32).min().unwrap_or(0) as u32);
}

/// Indices out of bounds are held at the last element.
pub fn bounds_private(_: &Words, i: usize) -> u32 {
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

pub fn bounds_signed(m: &Words, i: usize) -> u32 {
    let at = m[0][i];
    let mut table = [10u32, 11, 12, 13, 14, 15];
    let slot = at.min(5) as usize;
    table[slot] *= 2;
    table[slot] + 100 * [1, 2, 3][at.min(2) as usize]
}

pub fn bounds_storage(m: &mut Contents, _: usize) {
    let (runtime, sized) = (m[0].clone(), m[1].clone());
    fill(m, 2, |_, i| {
        let far = i * 0x100_0000;
        let x = runtime[i.min(9)].wrapping_add(runtime[far.min(9)]);
        let y = sized[i.min(1) * 4 + (i / 2).min(3)].wrapping_add(sized[4 + far.min(3)]);
        if i < 63 { x ^ y } else { 77 }
    });
}

pub fn runtime_arrays(m: &Words, i: usize) -> u32 {
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

pub fn uniform_load(m: &Words, at: usize) -> u32 {
    let (group, i) = (at / 32, at % 32);
    let mut row: Vec<u32> = (0..32).collect();
    for r in 0..m[0][group] as usize {
        row = (0..32).map(|i| row[(i + 1) % 32] + r as u32 % 3 + 1).collect();
    }
    row[i] * 1000 + 90 + group as u32
}
