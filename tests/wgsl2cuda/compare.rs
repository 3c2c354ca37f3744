//! Compares what two runs of one shader left in its buffers and says where they differ, with values.
//! Decides nothing about which of the two is right.

use std::fmt::Write as _;

use half::f16;

use crate::{
    job::Contents,
    shader::{Buffer, Elem, Shader, Tolerance},
};

/// Differences shown of one buffer.
const SHOWN: usize = 6;

/// What differs in the buffers that the shader writes; `None` if nothing does.
pub fn differences(shader: &Shader, got: (&str, &Contents), want: (&str, &Contents)) -> Option<String> {
    let mut text = String::new();
    for (i, buffer) in shader.head.buffers.iter().enumerate().filter(|(_, b)| b.out) {
        let (have, expect) = (&got.1[i], &want.1[i]);
        assert_eq!(have.len(), expect.len(), "{}: lengths at {:?}", shader.name, buffer.at);
        let elements = 0..buffer.len;
        let wrong: Vec<_> =
            elements.filter(|&e| !agree(buffer.elem, have, expect, e, &shader.head.tolerance)).collect();
        for &e in wrong.iter().take(SHOWN) {
            let (a, b) = (show(buffer, have, e), show(buffer, expect, e));
            let _ = writeln!(
                text,
                "    @group({}) @binding({}) [{e}]: {} {a}, {} {b}",
                buffer.at[0], buffer.at[1], got.0, want.0
            );
        }
        if wrong.len() > SHOWN {
            let _ = writeln!(text, "    ... {} of {} elements differ", wrong.len(), buffer.len);
        }
    }
    (!text.is_empty()).then(|| format!("{}: {} against {}\n{text}", shader.name, got.0, want.0))
}

fn agree(elem: Elem, a: &[u32], b: &[u32], e: usize, tolerance: &Tolerance) -> bool {
    match elem {
        Elem::U32 | Elem::I32 => a[e] == b[e],
        Elem::F32 | Elem::F16 | Elem::F64 => {
            let (x, y) = (float(elem, a, e), float(elem, b, e));
            x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= tolerance.abs + tolerance.rel * y.abs()
        }
    }
}

/// An element of a float buffer, exactly.
fn float(elem: Elem, words: &[u32], e: usize) -> f64 {
    match elem {
        Elem::F16 => f16::from_bits((words[e / 2] >> (e % 2 * 16)) as u16).to_f64(),
        Elem::F64 => f64::from_bits(u64::from(words[2 * e]) | u64::from(words[2 * e + 1]) << 32),
        Elem::F32 | Elem::U32 | Elem::I32 => f64::from(f32::from_bits(words[e])),
    }
}

fn show(buffer: &Buffer, words: &[u32], e: usize) -> String {
    match buffer.elem {
        Elem::U32 => format!("{} ({:#010x})", words[e], words[e]),
        Elem::I32 => format!("{} ({:#010x})", words[e] as i32, words[e]),
        Elem::F32 => format!("{:e} ({:#010x})", f32::from_bits(words[e]), words[e]),
        Elem::F16 | Elem::F64 => format!("{:e}", float(buffer.elem, words, e)),
    }
}
