//! Words for how a case went, what a comparison says, what a meter sees, and the sorts of devices, clocks and types.
//! Holds no number.

use super::{Kind, Term, term};

/// The table.
pub(super) const TERMS: &[Term] = &[
    term(Kind::Status, &["ok"], "The output was verified, and what was asked for was measured."),
    term(Kind::Status, &["unsupported"], "The device cannot run the case, by its limits or features. Not a fault."),
    term(Kind::Status, &["skipped"], "Nobody tried the case, for the reason given."),
    term(Kind::Status, &["failed"], "The case was tried and went wrong, for the reason given."),
    term(Kind::Status, &["unverified"], "The output was not compared, or not right: no time and no rate is shown."),
    term(Kind::Status, &["passed"], "Every element was written, and the errors are within tolerance."),
    term(Kind::Status, &["wrong"], "The output differs from the f64 reference by more than rounding explains."),
    term(Kind::Verdict, &["same"], "The whole 95 % interval of the time ratio lies within the margin."),
    term(
        Kind::Verdict,
        &["faster"],
        "Less time by more than the margin, with the whole interval beyond half the margin.",
    ),
    term(
        Kind::Verdict,
        &["slower"],
        "More time by more than the margin, with the whole interval beyond half the margin.",
    ),
    term(
        Kind::Verdict,
        &["unclear"],
        "The samples do not tell. Take more, on a quieter machine, or interleave the two sides.",
    ),
    term(
        Kind::Verdict,
        &["status changed", "status_changed"],
        "One side went well and the other did not, or they went wrong differently.",
    ),
    term(
        Kind::Verdict,
        &["not compared", "not_compared"],
        "The records belong together but may not be judged: other power mode, or no time on both sides.",
    ),
    term(Kind::Verdict, &["only before", "only_before"], "Only the first set has this case on this track and device."),
    term(Kind::Verdict, &["only after", "only_after"], "Only the second set has this case on this track and device."),
    term(
        Kind::Boundary,
        &["boundary"],
        "What a meter sees: rail, gpu_board, package, module, dc_in or wall_ac. Joules of two boundaries are not comparable.",
    ),
    term(
        Kind::Boundary,
        &["rail"],
        "One supply rail of a board: a part of the device, without regulators and the rest.",
    ),
    term(Kind::Boundary, &["gpu_board"], "The whole graphics card: chip, memory, regulators, fans. Without the host."),
    term(
        Kind::Boundary,
        &["package"],
        "The CPU package: cores, caches, memory controller, integrated GPU. Usually without DRAM.",
    ),
    term(
        Kind::Boundary,
        &["module"],
        "A compute module with its memory, as on a Jetson. Contains its rails: never summed with them.",
    ),
    term(Kind::Boundary, &["dc_in"], "The direct current into a whole board or machine, after the power supply."),
    term(Kind::Boundary, &["wall_ac"], "The wall socket: everything, with the losses of the power supply."),
    term(
        Kind::Energy,
        &["measured"],
        "Read from a meter. Of a time or of a claim's input: from records of the very cases on that device.",
    ),
    term(
        Kind::Energy,
        &["modelled"],
        "Computed from a published figure such as TDP. Shown apart, never in a measured column.",
    ),
    term(Kind::Energy, &["unmeasured"], "Not known, for the reason given. Not zero."),
    term(
        Kind::Energy,
        &["short"],
        "The energy windows were shorter than 60 s or 100 sensor periods: good for a look, not for publishing.",
    ),
    term(
        Kind::Energy,
        &["published"],
        "The energy windows were at least 60 s and 100 sensor periods long, after preheating. Of a time in `workload`: what \
         the device's published bandwidth and peak allow, a bound and no estimate. Of a claim's input: somebody published it.",
    ),
    term(Kind::Energy, &["counter"], "A meter that counts energy: joules are a difference of two readings."),
    term(Kind::Energy, &["gauge"], "A meter that shows power: joules are an integral over its readings."),
    term(Kind::Clock, &["clock"], "Who took the time. Device and host times are never compared without saying so."),
    term(Kind::Clock, &["dev", "device"], "Timestamps taken by the device around its own work: without submission."),
    term(Kind::Clock, &["host"], "The host's monotonic clock around submission and completion: with both in it."),
    term(Kind::Track, &["portable"], "One WGSL program everywhere: what the hardware makes of the same program."),
    term(Kind::Track, &["native"], "The best we can write for one target: what the hardware can do."),
    term(Kind::Track, &["library"], "What a user would call: whether our own kernels are honest yardsticks."),
    term(Kind::Device, &["cpu"], "A CPU, used as one."),
    term(Kind::Device, &["discrete"], "A GPU with memory of its own."),
    term(Kind::Device, &["integrated"], "A GPU that shares the host's memory, and its power budget."),
    term(Kind::Device, &["virtual"], "A GPU behind a hypervisor."),
    term(
        Kind::Device,
        &["software"],
        "A GPU interface drawn by the CPU, such as llvmpipe. Never ranked with hardware unmarked.",
    ),
    term(Kind::Device, &["other"], "The driver does not say what sort of device it is."),
    term(Kind::Device, &["mock"], "A scripted device, for tests. Its times are no measurement."),
    term(
        Kind::Cache,
        &["cold"],
        "Launches rotate among buffer sets that together exceed twice the last-level cache: inputs come from memory.",
    ),
    term(Kind::Cache, &["hot"], "Every launch reads the same buffers: they may come from the cache if they fit."),
    term(Kind::Bound, &["compute"], "The arithmetic peak is the lower roof: more bandwidth would not help."),
    term(
        Kind::Bound,
        &["memory"],
        "Intensity times read bandwidth is the lower roof: faster arithmetic would not help. As a column of \
         `devices`: the device's memory in bytes, where it tells.",
    ),
    term(Kind::Dtype, &["f32"], "IEEE binary32, accumulated in f32."),
    term(
        Kind::Dtype,
        &["tf32"],
        "binary32 in memory, rounded to 10 bits after the point before it is multiplied, accumulated in f32: what tensor cores \
         make of f32.",
    ),
    term(Kind::Dtype, &["fp8"], "8-bit floats (e4m3) without scales, accumulated in f32, results in bf16."),
    term(Kind::Dtype, &["f16"], "IEEE binary16, accumulated in f32."),
    term(Kind::Dtype, &["bf16"], "bfloat16, accumulated in f32."),
    term(Kind::Dtype, &["i8"], "Signed 8-bit integers, accumulated in i32. Results must agree bit for bit everywhere."),
    term(
        Kind::Dtype,
        &["w4a16g32", "w4a16g128"],
        "4-bit weights, an f16 scale for each group of 32 or 128 along K; f16 activations stay floats, accumulated in f32. \
         Judged by the floats' ceiling.",
    ),
    term(
        Kind::Dtype,
        &["w4a8g32", "w4a8g128"],
        "4-bit weights as in w4a16; the kernel quantises its f16 activations to i8 by group, the reference alike. Judged by \
         the 8-bit ceiling.",
    ),
    term(
        Kind::Dtype,
        &["kv8"],
        "A KV cache of 8-bit integers with an f16 scale for every key and every value of a head; queries, sums and outputs \
         as in f16.",
    ),
];
