//! about = "structs and arrays are values: constructed, zeroed, copied, nested, returned and passed"
//! buffers = [
//!   { at = [0, 0], elem = "u32", len = 32, out = true },
//! ]
struct Leaf {
    a: u32,
    b: array<u32, 2>,
}

struct Tree {
    left: Leaf,
    right: Leaf,
    extra: vec2<u32>,
}

@group(0) @binding(0) var<storage, read_write> output: array<u32>;

fn grow(seed: u32) -> Tree {
    return Tree(Leaf(seed, array(seed + 1u, seed + 2u)), Leaf(), vec2(seed));
}

fn mirror(tree: Tree) -> Tree {
    var t = tree;
    t.left = tree.right;
    t.right = tree.left;
    t.right.b[0] += 5u;
    return t;
}

fn weigh(leaves: array<Leaf, 2>) -> u32 {
    var copy = leaves;
    copy[1].a *= 2u;
    return copy[0].a + copy[1].a + leaves[1].b[1];
}

@compute @workgroup_size(32)
fn main(@builtin(local_invocation_index) i: u32) {
    let tree = grow(i);
    var other = mirror(tree);
    let kept = other;
    other.extra.x = 100u;
    other.right = Leaf();
    let pick = array<Tree, 3>(tree, other, kept)[i % 3u];
    output[i] = weigh(array(pick.left, pick.right)) + pick.right.b[0] * 100u + pick.extra.x * 10000u + grow(3u).left.b[1];
}
