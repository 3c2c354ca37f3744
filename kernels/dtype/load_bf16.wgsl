// bf16 inputs: a 16-byte word is eight elements along K, widened to f32.
alias Acc = f32;
struct Wide {
    lo: vec4<f32>,
    hi: vec4<f32>,
}
const QUADS: u32 = 2u;

// bfloat16 is the upper half of an f32.
fn pair(bits: u32) -> vec2<f32> {
    return bitcast<vec2<f32>>(vec2(bits << 16u, bits & 0xffff0000u));
}

fn widen(word: vec4<u32>) -> Wide {
    return Wide(vec4(pair(word.x), pair(word.y)), vec4(pair(word.z), pair(word.w)));
}

// acc[j] += dot(a, bj), element by element in the order of K.
fn mac4(a: Wide, b0: Wide, b1: Wide, b2: Wide, b3: Wide, acc: vec4<Acc>) -> vec4<Acc> {
    var r = fma(vec4(a.lo.x), vec4(b0.lo.x, b1.lo.x, b2.lo.x, b3.lo.x), acc);
    r = fma(vec4(a.lo.y), vec4(b0.lo.y, b1.lo.y, b2.lo.y, b3.lo.y), r);
    r = fma(vec4(a.lo.z), vec4(b0.lo.z, b1.lo.z, b2.lo.z, b3.lo.z), r);
    r = fma(vec4(a.lo.w), vec4(b0.lo.w, b1.lo.w, b2.lo.w, b3.lo.w), r);
    r = fma(vec4(a.hi.x), vec4(b0.hi.x, b1.hi.x, b2.hi.x, b3.hi.x), r);
    r = fma(vec4(a.hi.y), vec4(b0.hi.y, b1.hi.y, b2.hi.y, b3.hi.y), r);
    r = fma(vec4(a.hi.z), vec4(b0.hi.z, b1.hi.z, b2.hi.z, b3.hi.z), r);
    return fma(vec4(a.hi.w), vec4(b0.hi.w, b1.hi.w, b2.hi.w, b3.hi.w), r);
}

fn axpy(x: f32, v: Wide, acc: Wide) -> Wide {
    return Wide(fma(vec4(x), v.lo, acc.lo), fma(vec4(x), v.hi, acc.hi));
}

fn scaled(v: Wide, x: f32) -> Wide {
    return Wide(v.lo * x, v.hi * x);
}

fn quad(v: Wide, i: u32) -> vec4<f32> {
    return select(v.lo, v.hi, i == 1u);
}
