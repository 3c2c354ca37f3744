// f16 outputs: four in 8 bytes.
alias OutQuad = vec2<u32>;

fn narrow(v: vec4<f32>) -> OutQuad {
    return vec2(pack2x16float(v.xy), pack2x16float(v.zw));
}
