//! about = "arrayLength of a bare runtime array and of one at the end of a struct; buffers of odd length"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 17, fill = "random" },
//!   { at = [0, 1], elem = "u32", len = 30, fill = "random" },
//!   { at = [0, 2], elem = "u32", len = 40, fill = "zero", out = true },
//! ]
struct Item {
    key: u32,
    value: vec2<u32>,
}

struct List {
    count: u32,
    items: array<Item>,
}

@group(0) @binding(0) var<storage, read> bare: array<u32>;
@group(0) @binding(1) var<storage, read> list: List;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

fn sum() -> u32 {
    var total = list.count;
    for (var i = 0u; i < arrayLength(&list.items); i++) {
        total = total * 31u + list.items[i].key + list.items[i].value.y;
    }
    return total;
}

@compute @workgroup_size(40)
fn main(@builtin(local_invocation_index) i: u32) {
    if i >= arrayLength(&bare) {
        if i == 38u {
            output[i] = arrayLength(&list.items) * 1000u + arrayLength(&output);
        }
        if i == 39u {
            output[i] = sum();
        }
        return;
    }
    output[i] = bare[arrayLength(&bare) - 1u - i];
}
