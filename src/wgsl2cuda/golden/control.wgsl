// Loops with continuing and break if, continue past a let that continuing uses, switch with the default in the middle.
@group(0) @binding(0) var<storage, read_write> out: array<i32>;
fn pick(x: i32) -> i32 {
    switch x {
        case 1, 2: { return 10; }
        default: { if x > 100 { break; } return -1; }
        case -2147483648: { return 20; }
        case 7: {}
    }
    return 30;
}
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var i = 0;
    var sum = 0;
    loop {
        let step = i & 3;
        if step == 2 { continue; }
        if i == 5 { continue; }
        sum += pick(i);
        continuing {
            i += 1 + step / 2;
            break if i >= 20;
        }
    }
    for (var j = 0; j < 10; j++) {
        if j == 3 { continue; }
        switch j & 1 { case 0: { continue; } default: { sum += j; } }
        while sum > 1000 { sum -= 7; if sum == 900 { break; } }
    }
    out[id.x] = sum;
}
