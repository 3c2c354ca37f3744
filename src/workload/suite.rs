//! The kernels of a serving point as a suite, so that one run measures all of them.
//! Runs nothing.

use std::fmt::Write;

use super::{Format, Op, Point};
use crate::{
    catalog::Model,
    kernel::{Case, OpUnit},
};

/// A suite file for `wattmark run --suite`: the ceilings, then every kernel that is a case of ours. What has no case is
/// named in a comment.
pub fn as_suite(model: &Model, point: &Point, ops: &[&Op]) -> String {
    let mut text = format!(
        "about = \"{}: {} sequences of {} tokens, prompts of {}, {} weights, {} cache.\"\nmax_seconds = 5.0\n",
        model.id, point.batch, point.context, point.prompt, point.weights, point.kv
    );
    let mut ceilings = vec![
        ("ceiling/read/f32/bytes=268435456/cold", "read bandwidth"),
        ("ceiling/fma/f32/lanes=786432,iters=4096/hot", "multiply-add peak"),
    ];
    let uses = |f: Format| ops.iter().any(|o| o.format == f);
    let counts = |unit: OpUnit| ops.iter().any(|o| o.work.unit == unit);
    if uses(Format::F16) {
        ceilings.push(("ceiling/fma/f16/lanes=786432,iters=4096/hot", "multiply-add peak"));
    }
    if counts(OpUnit::Op) {
        ceilings.push(("ceiling/dot/i8/lanes=786432,iters=4096/hot", "8-bit dot-product peak"));
    }
    for (id, why) in ceilings {
        if let Ok(case) = id.parse() {
            entry(&mut text, &case, false, why);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for op in ops {
        if seen.contains(&op.id.as_str()) {
            continue;
        }
        seen.push(&op.id);
        match &op.case {
            Ok(case) => entry(&mut text, case, true, &format!("{} {}", model.id, op.role)),
            Err(why) => drop(write!(text, "\n# not here: {} ({}): {why}\n", op.id, op.role)),
        }
    }
    text
}

fn entry(text: &mut String, case: &Case, energy: bool, why: &str) {
    let axes = case.variant.axes.iter().map(|a| format!("{} = {}", a.name, case.axis(a.name)));
    let _ = write!(
        text,
        "\n[[case]]\nkernel = \"{}/{}\"\ndtype = [\"{}\"]\nshape = {{ {} }}\ncache = [\"{}\"]\n{}why = \"{why}\"\n",
        case.family.name(),
        case.variant.name,
        case.dtype,
        axes.collect::<Vec<_>>().join(", "),
        case.cache.name(),
        if energy { "energy = true\n" } else { "" }
    );
}
