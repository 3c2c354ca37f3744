// 4-bit weights and f16 activations, read through the kernel's `a_word`: a part is one 16-byte word of A, eight of the block's 32 elements along K.
alias Part = Wide;
const PARTS: u32 = 4u;
const PART_WORDS: u32 = 1u;

fn activations(at: u32) -> Part {
    return widen(a_word(at, 0u));
}

// Exact in f32: fifteen bits at most.
fn nibbles(bits: u32, scale: f32) -> vec4<f32> {
    let steps = vec4<f32>((vec4(bits) >> vec4(0u, 8u, 16u, 24u)) & vec4(15u));
    return fma(steps, vec4(scale), vec4(-8.0 * scale));
}

// Low halves of the block's bytes are its first sixteen elements, high halves the others.
fn weights(word: vec4<u32>, part: u32, scale: f32) -> Wide {
    let eight = select(word.xy, word.zw, (part & 1u) == 1u) >> vec2(4u * (part >> 1u));
    return Wide(nibbles(eight.x, scale), nibbles(eight.y, scale));
}

// acc[j] += dot(a, bj), element by element in the order of K.
fn accumulate(a: Part, b0: Wide, b1: Wide, b2: Wide, b3: Wide, acc: vec4<f32>) -> vec4<f32> {
    return mac4(a, b0, b1, b2, b3, acc);
}
