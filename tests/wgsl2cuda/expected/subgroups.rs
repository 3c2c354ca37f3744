//! Subgroups, of any size.
//! Reads the job's buffers, never a shader's text.

use super::*;

pub fn subgroup_arithmetic(m: &mut Contents, size: usize) {
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

pub fn subgroup_divergent(m: &Words, i: usize, size: usize) -> u32 {
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

pub fn subgroup_exchange(m: &mut Contents, size: usize) {
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

pub fn subgroup_float(m: &mut Contents, size: usize) {
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

pub fn subgroup_ids(m: &mut Contents, size: usize) {
    let input: Vec<i32> = m[0].iter().map(|&x| x as i32).collect();
    rows(m, 1, 6, |_, i| {
        let first = i / size * size;
        let all = &input[first..first + size];
        let running: i32 = input[first..=i].iter().sum();
        let other = i ^ 1;
        let twins = all.iter().enumerate().any(|(k, x)| *x == input[(first + k) ^ 1]);
        signed([
            (i / size * 100 + 64 / size) as i32,
            all.iter().copied().min().unwrap_or(0) - running,
            all[3],
            input[other] + other as i32 * 1000 + 700_000,
            all[0] + 1,
            if twins { size as i32 } else { 0 },
        ])
    });
}
