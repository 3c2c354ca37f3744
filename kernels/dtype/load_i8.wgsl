// i8 inputs: a 16-byte word is sixteen elements along K, kept packed for the dot-product instruction.
alias Acc = i32;
alias Wide = vec4<u32>;

fn widen(word: vec4<u32>) -> Wide {
    return word;
}

fn dot16(a: Wide, b: Wide) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

// acc[j] += dot(a, bj).
fn mac4(a: Wide, b0: Wide, b1: Wide, b2: Wide, b3: Wide, acc: vec4<Acc>) -> vec4<Acc> {
    return acc + vec4(dot16(a, b0), dot16(a, b1), dot16(a, b2), dot16(a, b3));
}
