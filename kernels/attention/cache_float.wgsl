// A cache of the queries' own dtype, keys and values apart.
@group(0) @binding(2) var<storage, read> k: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> v: array<vec4<u32>>;

// Rows of a KV head's first key and first value, of `head * params.kv`.
fn first_rows(first: u32) -> vec2<u32> {
    return vec2(first);
}

// Word `at` of the queries, or zeros.
fn query(at: u32, counts: u32) -> Wide {
    return widen(q[at] * counts);
}

fn key_word(at: u32) -> Wide {
    return widen(k[at]);
}

fn value_word(at: u32) -> Wide {
    return widen(v[at]);
}

fn key_scales(head: u32, positions: vec4<u32>) -> vec4<f32> {
    return vec4(1.0);
}

fn value_scales(head: u32, positions: vec4<u32>) -> vec4<f32> {
    return vec4(1.0);
}
