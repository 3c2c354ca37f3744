//! about = "directives and attributes that change nothing: diagnostic, must_use, align on scalars, trailing commas"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 16, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 16, out = true },
//! ]
diagnostic(off, derivative_uniformity);

struct Aligned {
    @align(16) @size(16) value: u32,
    other: u32,
};

@group(0) @binding(0)
var<storage> input: array<u32>;
@group(0) @binding(1)
var<storage, read_write> output: array<u32,>;

@must_use
fn twice(x: u32,) -> u32 {
    return x * 2u;
}

@compute
@workgroup_size(16, 1u, 1i)
fn main(@builtin(local_invocation_index,) i: u32,) {
    ;
    var aligned = Aligned(twice(input[i]), i,);
    { aligned.other += 1u; }
    const_assert 1 < 2;
    output[i] = (aligned.value) ^ aligned.other /* a comment /* in a comment */ */;
}
