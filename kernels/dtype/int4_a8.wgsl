// 4-bit weights and activations quantised to i8 by quantize.wgsl, read through the kernel's `a_word`: a part is a whole
// block of 32 along K, of A two words of integers and one with the scale of their group.
struct Part {
    low: vec4<u32>,
    high: vec4<u32>,
    scale: f32,
}
const PARTS: u32 = 1u;
const PART_WORDS: u32 = 3u;

struct Weights {
    low: vec4<u32>,
    high: vec4<u32>,
    scale: f32,
}

fn activations(at: u32) -> Part {
    return Part(a_word(at, 0u), a_word(at, 1u), bitcast<f32>(a_word(at, 2u).x));
}

// q - 8 in the upper half of a byte, which makes it sixteen times as much: no sign to extend.
fn weights(word: vec4<u32>, part: u32, scale: f32) -> Weights {
    let low = (word << vec4(4u)) ^ vec4(0x80808080u);
    let high = word ^ vec4(0x80808080u);
    return Weights(low & vec4(0xf0f0f0f0u), high & vec4(0xf0f0f0f0u), scale / 16.0);
}

fn dot32(a: Part, b: Weights) -> f32 {
    return f32(dot16(a.low, b.low) + dot16(a.high, b.high)) * b.scale;
}

// acc[j] += dot(a, bj): exact in i32, then scaled.
fn accumulate(a: Part, b0: Weights, b1: Weights, b2: Weights, b3: Weights, acc: vec4<f32>) -> vec4<f32> {
    return fma(vec4(a.scale), vec4(dot32(a, b0), dot32(a, b1), dot32(a, b2), dot32(a, b3)), acc);
}
