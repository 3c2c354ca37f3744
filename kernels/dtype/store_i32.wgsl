// i32 outputs: four in 16 bytes.
alias OutQuad = vec4<u32>;

fn narrow(v: vec4<i32>) -> OutQuad {
    return bitcast<vec4<u32>>(v);
}
