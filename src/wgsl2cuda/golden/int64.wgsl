@group(0) @binding(0) var<storage, read_write> a: array<i64>;
@group(0) @binding(1) var<storage, read_write> b: array<u64>;
@group(0) @binding(2) var<storage, read_write> c: array<atomic<u64>>;
@compute @workgroup_size(1)
fn main() {
    let x = a[0];
    let y = b[0];
    a[1] = x * 3li + x / a[2] - (x % 5li) + abs(x) + -x;
    b[1] = (y << 40u) ^ (y >> 3u) | 0xfffffffffffffffflu & u64(f32(y));
    a[3] = i64(i32(x)) + i64(y) + bitcast<i64>(y);
    b[2] = min(y, 7lu) + max(y, 9lu) + clamp(y, 1lu, 2lu);
    atomicMax(&c[0], y);
}
