//! about = "layout: vec3 beside a scalar, arrays of vec3, nested structs, align and size attributes"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 160, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 160, fill = "zero", out = true },
//!   { at = [0, 2], elem = "u32", len = 40, out = true },
//! ]
struct Inner {
    a: u32,
    b: vec3<u32>,
    c: u32,
}

struct Spread {
    @align(32) first: u32,
    @size(20) second: u32,
    third: vec2<u32>,
    inner: array<Inner, 2>,
    tail: array<array<vec3<u32>, 2>, 2>,
    last: vec2<u32>,
}

@group(0) @binding(0) var<storage, read> input: array<Spread, 2>;
@group(0) @binding(1) var<storage, read_write> output: array<Spread, 2>;
@group(0) @binding(2) var<storage, read_write> parts: array<array<u32, 20>, 2>;

@compute @workgroup_size(2)
fn main(@builtin(local_invocation_index) i: u32) {
    // Member by member: padding need not be copied.
    output[i].first = input[i].first;
    output[i].second = input[i].second + 1u;
    output[i].third = input[i].third.yx;
    for (var k = 0u; k < 2u; k++) {
        output[i].inner[k].a = input[i].inner[1u - k].a;
        // The scalar sits in what would be the vector's padding.
        output[i].inner[k].c = input[i].inner[1u - k].c;
        output[i].inner[k].b = input[i].inner[1u - k].b.zxy;
        for (var j = 0u; j < 2u; j++) {
            output[i].tail[k][j] = input[i].tail[j][k];
        }
    }
    output[i].last = input[i].last;
    let whole = input[i];
    parts[i][0] = whole.inner[1].b.y;
    parts[i][1] = whole.tail[1][0].z;
    parts[i][2] = whole.last.x;
    for (var k = 3u; k < 20u; k++) {
        parts[i][k] = whole.tail[k & 1u][(k >> 1u) & 1u][k % 3u];
    }
}
