// A cache of 8-bit integers under f16 queries: of each KV head its keys, then its values, and a row of scales for either.
// A word is sixteen elements of a key or value, and two words of a query.
struct Wide {
    x: vec4<f32>,
    y: vec4<f32>,
    z: vec4<f32>,
    w: vec4<f32>,
}
const QUADS: u32 = 4u;

@group(0) @binding(2) var<storage, read> kv: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> s: array<u32>;

// Rows of a KV head's first key and first value, of `head * params.kv`.
fn first_rows(first: u32) -> vec2<u32> {
    return vec2(2u * first, 2u * first + params.kv);
}

fn floats(low: u32, high: u32) -> vec4<f32> {
    return vec4(unpack2x16float(low), unpack2x16float(high));
}

// Word `at` of the queries, or zeros.
fn query(at: u32, counts: u32) -> Wide {
    let a = q[2u * at] * counts;
    let b = q[2u * at + 1u] * counts;
    return Wide(floats(a.x, a.y), floats(a.z, a.w), floats(b.x, b.y), floats(b.z, b.w));
}

// Shifting up and down again extends the sign.
fn bytes(bits: u32) -> vec4<f32> {
    return vec4<f32>(bitcast<vec4<i32>>(vec4(bits) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));
}

fn cached(at: u32) -> Wide {
    let word = kv[at];
    return Wide(bytes(word.x), bytes(word.y), bytes(word.z), bytes(word.w));
}

fn key_word(at: u32) -> Wide {
    return cached(at);
}

fn value_word(at: u32) -> Wide {
    return cached(at);
}

// A row of scales is padded to 16 bytes: eight of them.
fn scale_at(row: u32, position: u32) -> f32 {
    let at = row * ((params.kv + 7u) / 8u * 8u) + position;
    let pair = unpack2x16float(s[at / 2u]);
    return select(pair.x, pair.y, (at & 1u) == 1u);
}

fn scales(row: u32, at: vec4<u32>) -> vec4<f32> {
    return vec4(scale_at(row, at.x), scale_at(row, at.y), scale_at(row, at.z), scale_at(row, at.w));
}

fn key_scales(head: u32, positions: vec4<u32>) -> vec4<f32> {
    return scales(2u * head, positions);
}

fn value_scales(head: u32, positions: vec4<u32>) -> vec4<f32> {
    return scales(2u * head + 1u, positions);
}

fn four(a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>, acc: vec4<f32>) -> vec4<f32> {
    var r = fma(vec4(a.x), vec4(b0.x, b1.x, b2.x, b3.x), acc);
    r = fma(vec4(a.y), vec4(b0.y, b1.y, b2.y, b3.y), r);
    r = fma(vec4(a.z), vec4(b0.z, b1.z, b2.z, b3.z), r);
    return fma(vec4(a.w), vec4(b0.w, b1.w, b2.w, b3.w), r);
}

// acc[j] += dot(a, bj), element by element in the order of the width.
fn mac4(a: Wide, b0: Wide, b1: Wide, b2: Wide, b3: Wide, acc: vec4<f32>) -> vec4<f32> {
    var r = four(a.x, b0.x, b1.x, b2.x, b3.x, acc);
    r = four(a.y, b0.y, b1.y, b2.y, b3.y, r);
    r = four(a.z, b0.z, b1.z, b2.z, b3.z, r);
    return four(a.w, b0.w, b1.w, b2.w, b3.w, r);
}

fn axpy(x: f32, v: Wide, acc: Wide) -> Wide {
    let f = vec4(x);
    return Wide(fma(f, v.x, acc.x), fma(f, v.y, acc.y), fma(f, v.z, acc.z), fma(f, v.w, acc.w));
}

fn scaled(v: Wide, x: f32) -> Wide {
    return Wide(v.x * x, v.y * x, v.z * x, v.w * x);
}

fn quad(v: Wide, i: u32) -> vec4<f32> {
    return select(select(v.x, v.y, i == 1u), select(v.z, v.w, i == 3u), i >= 2u);
}
