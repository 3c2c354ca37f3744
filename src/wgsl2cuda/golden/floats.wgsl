// Every numeric built-in on f32, scalars and vectors.
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>;
@compute @workgroup_size(1)
fn main() {
    let v = a[0];
    let w = a[1];
    let x = v.x;
    out[0] = abs(v) + min(v, w) + max(v, w) + clamp(v, w, v) + saturate(w) + sign(v);
    out[1] = cos(v) + sin(v) + tan(v) + cosh(w) + sinh(w) + tanh(w);
    out[2] = acos(saturate(v)) + asin(saturate(v)) + atan(v) + atan2(v, w) + asinh(v) + acosh(abs(v) + 1.0);
    out[3] = atanh(saturate(v) * 0.5) + radians(v) + degrees(w) + ceil(v) + floor(v) + round(v);
    out[4] = fract(v) + trunc(v) + exp(w) + exp2(w) + log(abs(v)) + log2(abs(v)) + pow(abs(v), w);
    let m = modf(v);
    let f = frexp(w);
    out[5] = m.fract + m.whole + f.fract + vec4<f32>(f.exp) + ldexp(v, vec4<i32>(1, 2, -3, 4));
    out[6] = vec4(dot(v, w), distance(v, w), length(v), length(x));
    out[7] = vec4(cross(v.xyz, w.xyz), modf(x).whole) + normalize(v) + faceForward(v, w, v);
    out[8] = reflect(v, w) + refract(v, w, 0.5) + fma(v, w, v) + mix(v, w, 0.25) + mix(v, w, vec4(x));
    out[9] = step(v, w) + smoothstep(v, w, vec4(x)) + sqrt(abs(v)) + inverseSqrt(abs(w)) + quantizeToF16(v);
    out[10] = select(v, w, v < w) + select(v, w, x > 1.0) + v % w + v / w + vec4(x % 3.0);
    out[11] = vec4(f32(any(v == w)), f32(all(v != w)), f32(frexp(x).exp), ldexp(x, 3));
}
