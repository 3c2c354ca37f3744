struct S { ok: bool, at: vec3<bool>, n: u32 }
var<workgroup> flags: array<bool, 8>;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
fn both(a: bool, b: bool) -> bool { return a & b | !a; }
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) i: u32) {
    flags[i] = (i & 1u) == 0u && i < 6u;
    workgroupBarrier();
    var s = S(flags[7u - i], vec3(flags[0], i > 2u, false) | vec3(true, false, true), i);
    s.at = !s.at;
    s.ok = both(s.ok, any(s.at)) || s.ok != (i == 3u);
    out[i] = select(0u, 1u, s.ok) + u32(all(s.at)) * 2u + s.n;
}
