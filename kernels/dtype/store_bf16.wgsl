// bf16 outputs: four in 8 bytes, rounded to nearest, ties to even.
alias OutQuad = vec2<u32>;

fn narrow(v: vec4<f32>) -> OutQuad {
    let bits = bitcast<vec4<u32>>(v);
    let even = (bits >> vec4(16u)) & vec4(1u);
    let rounded = (bits + vec4(0x7fffu) + even) >> vec4(16u);
    // The carry would turn a NaN with a full payload into zero.
    let kept = select(rounded, vec4(0x7fc0u), (bits & vec4(0x7fffffffu)) > vec4(0x7f800000u));
    return kept.xz | (kept.yw << vec2(16u));
}
