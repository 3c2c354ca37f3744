//! Control flow, calls, pointers, built-ins.
//! Reads the job's buffers, never a shader's text.

use super::*;

pub fn builtins(at: usize) -> Vec<u32> {
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

pub fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

pub fn find_seven(haystack: u32) -> i32 {
    for i in 0..8 {
        match haystack >> (4 * i) & 15 {
            0 => return -2,
            7 => return i + 100,
            _ => {}
        }
    }
    -1
}

pub fn large_grid(m: &mut Contents, _: usize) {
    let groups = 7 * 11 * 13u32;
    // Sums of ids over 7 x 22 x 13 invocations.
    m[0] = vec![groups * 2 * 3, 7 * 13 * (22 * 21 / 2), 7 * 22 * (13 * 12 / 2), 6, 21, 12];
    fill(m, 1, |_, at| {
        let y = at as u32 / 7 % 11;
        (2 * y + 1) + (2 * y + 2)
    });
}

pub fn loop_continuing(word: u32) -> u32 {
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

pub fn loop_forms(i: u32) -> u32 {
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

pub fn pointers_function(m: &Words, i: usize) -> u32 {
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

pub fn short_circuit(i: u32) -> u32 {
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

pub fn switch_default_middle(selector: i32, i: usize) -> u32 {
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
