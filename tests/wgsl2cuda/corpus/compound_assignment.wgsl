//! about = "compound assignments evaluate their left side once; increments of elements and members"
//! buffers = [
//!   { at = [0, 0], elem = "i32", len = 32, out = true },
//! ]
struct Box {
    n: i32,
    v: vec3<i32>,
}

@group(0) @binding(0) var<storage, read_write> output: array<i32>;

var<private> calls: i32;

fn at() -> i32 {
    calls++;
    return calls;
}

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    var a = array<i32, 8>(1, 2, 3, 4, 5, 6, 7, 8);
    a[at()] += 10;
    a[at()] *= a[at()];
    a[at() % 8] <<= i % 5u;
    a[0]--;
    var box = Box(i32(i), vec3(3, 5, 9));
    box.n %= 7;
    box.v.y |= 8;
    box.v[2] &= ~1;
    box.v -= vec3(1);
    box.v *= 2;
    box.n ^= box.v.x;
    box.n /= 2;
    _ = at();
    output[i] = a[0] + a[1] * 3 + a[2] * 5 + a[4] * 7 + box.n * 1000 + box.v.y * 10000 + box.v.z + calls * 1000000;
}
