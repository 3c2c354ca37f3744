//! about = "pointers to function variables, to their elements and members, passed down two calls"
//! lavapipe = "naga 30's SPIR-V writer panics on pointers to members and elements as arguments"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 32, out = true },
//! ]
struct Pair {
    left: u32,
    right: array<u32, 3>,
}

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;

fn bump(p: ptr<function, u32>, by: u32) -> u32 {
    let old = *p;
    *p = old * 3u + by;
    return old;
}

fn both(pair: ptr<function, Pair>, i: u32) {
    let left = &(*pair).left;
    *left += bump(&(*pair).right[i % 3u], i);
    bump(left, 1u);
    (*pair).right[2] ^= pair.left;
}

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    var pair = Pair(input[i], array<u32, 3>(1u, 2u, 3u));
    both(&pair, i);
    both(&pair, i + 1u);
    let copy = pair;
    both(&pair, 5u);
    var lone = copy.left;
    let before = bump(&lone, pair.left);
    output[i] = lone + before + pair.right[0] + copy.right[1] * 5u + pair.right[2];
}
