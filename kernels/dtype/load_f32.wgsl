// f32 inputs: a 16-byte word is four elements along K.
alias Acc = f32;
alias Wide = vec4<f32>;
const QUADS: u32 = 1u;

fn widen(word: vec4<u32>) -> Wide {
    return bitcast<vec4<f32>>(word);
}

// acc[j] += dot(a, bj), element by element in the order of K.
fn mac4(a: Wide, b0: Wide, b1: Wide, b2: Wide, b3: Wide, acc: vec4<Acc>) -> vec4<Acc> {
    var r = fma(vec4(a.x), vec4(b0.x, b1.x, b2.x, b3.x), acc);
    r = fma(vec4(a.y), vec4(b0.y, b1.y, b2.y, b3.y), r);
    r = fma(vec4(a.z), vec4(b0.z, b1.z, b2.z, b3.z), r);
    return fma(vec4(a.w), vec4(b0.w, b1.w, b2.w, b3.w), r);
}

fn axpy(x: f32, v: Wide, acc: Wide) -> Wide {
    return fma(vec4(x), v, acc);
}

fn scaled(v: Wide, x: f32) -> Wide {
    return v * x;
}

fn quad(v: Wide, i: u32) -> vec4<f32> {
    return v;
}
