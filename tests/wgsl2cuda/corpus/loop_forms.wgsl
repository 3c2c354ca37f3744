//! about = "for without condition, step or start; while; loop with a value used after it; loops that run no times"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 64, out = true },
//! ]
@group(0) @binding(0) var<storage, read_write> output: array<u32>;

fn collatz(start: u32) -> u32 {
    var n = start;
    var steps = 0u;
    while n != 1u {
        n = select(n / 2u, 3u * n + 1u, (n & 1u) == 1u);
        steps++;
    }
    return steps;
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
    var a = 0u;
    for (;;) {
        if a * a > i {
            break;
        }
        a++;
    }
    var b = i;
    for (; b > 10u;) {
        b -= 3u;
    }
    var c = 0u;
    for (var k = i; k < 5u; k += 2u) {
        c += k + 1u;
    }
    for (var k = 0i; k > 0i; k--) {
        c += 1000u;
    }
    var d = 0u;
    loop {
        let next = d + 5u;
        if next > i {
            break;
        }
        d = next;
    }
    output[i] = a | (b << 6u) | (c << 12u) | (d << 18u) | (collatz(i + 1u) << 25u);
}
