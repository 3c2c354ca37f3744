//! Words for derived quantities and columns of tables.
//! Holds no number.

use super::{Kind, Term, term};

/// The table.
pub(super) const TERMS: &[Term] = &[
    term(
        Kind::Metric,
        &["median time", "time", "seconds", "before", "after"],
        "Median seconds of one launch over all samples, with half the 95 % bootstrap interval of the median as a percentage, \
         and whose clock took it. A sample is a batch of launches, divided by their number.",
    ),
    term(
        Kind::Metric,
        &["noise", "±"],
        "Half the 95 % interval of the median over the median. It says how well the median of this run is known, not how \
         much it would differ in another run. `±?` means there was one sample only.",
    ),
    term(
        Kind::Metric,
        &["mad"],
        "Median absolute deviation from the median, in seconds: the spread of single samples.",
    ),
    term(Kind::Metric, &["samples"], "How many samples the median rests on. All of them are in the record, raw."),
    term(
        Kind::Metric,
        &["flop/s", "op/s", "rate", "ops_per_s"],
        "Operations of one launch over its median time. A multiply-add is two; integer kernels count OP instead of FLOP. \
         The count is the same for every backend, whatever it really executes.",
    ),
    term(
        Kind::Metric,
        &["gb/s", "bandwidth", "bytes_per_s"],
        "Compulsory traffic over the median time, in 10^9 bytes a second: every input read once, every output written \
         once. A kernel that reads data twice does not get credit for it.",
    ),
    term(
        Kind::Metric,
        &["% of ceiling", "ceiling_fraction", "fraction of ceiling", "roofline"],
        "Achieved over attainable, where attainable is the lower of the measured arithmetic peak and arithmetic intensity \
         times the measured read bandwidth, both from the same run and device. It may exceed 100 %: that is a finding, and \
         is not clamped. `none` means that the run did not measure the ceiling.",
    ),
    term(
        Kind::Metric,
        &["intensity", "arithmetic intensity"],
        "Operations per byte of compulsory traffic. Low: bandwidth decides. High: arithmetic does.",
    ),
    term(
        Kind::Metric,
        &["j/launch", "joules", "gross"],
        "Gross joules of one launch as the named meter saw them, idle power included, with k = 2 uncertainty (about 95 %) \
         and the boundary. `unmeasured` is not zero.",
    ),
    term(
        Kind::Metric,
        &["net j", "net"],
        "Joules of one launch above idle, where idle was measured before and after. Secondary to gross, because an owner \
         pays for idle too.",
    ),
    term(
        Kind::Metric,
        &["w", "watts", "power"],
        "Mean power over the energy windows, in watts, at the meter's boundary.",
    ),
    term(
        Kind::Metric,
        &["flop/j", "op/j", "efficiency"],
        "Operations per gross joule, which is the rate per watt. Comparable only at the same boundary, dtype and track.",
    ),
    term(
        Kind::Metric,
        &["sensor"],
        "The meter that the joules come from. If several watched, the others are in a footnote.",
    ),
    term(
        Kind::Metric,
        &["time ratio", "ratio"],
        "Time of the second side over time of the first, with its 95 % interval in brackets. Over 1 is slower.",
    ),
    term(
        Kind::Metric,
        &["margin"],
        "The largest relative difference that a comparison takes for none: 3 % unless you say otherwise.",
    ),
    term(
        Kind::Metric,
        &["method", "sequential"],
        "How two series were taken. Sequential: one after the other, so what happened to the machine in between is in the \
         ratio, and no statistics can take it out. Interleaved: in turns.",
    ),
    term(
        Kind::Metric,
        &["interleaved"],
        "Two series taken in turns (A B B A) and compared sample by sample: drift that both share cancels.",
    ),
    term(
        Kind::Metric,
        &["rounds"],
        "Two series taken in turns (A B B A), in rounds with fresh workers on both sides. Each round gives one ratio; \
         faster or slower needs all of them on one side. The only sound comparison on a noisy host.",
    ),
    term(
        Kind::Metric,
        &["gate", "--fail-on"],
        "A threshold on slowdowns. It is broken by a ratio over the threshold whose interval excludes 1, by a case that was \
         ok and no longer is, and by there being nothing to judge.",
    ),
    term(
        Kind::Metric,
        &["rel. error", "relative_frobenius"],
        "Relative Frobenius error of the output against the f64 reference, ||out - ref|| / ||ref||.",
    ),
    term(
        Kind::Metric,
        &["worst element", "worst_noise"],
        "The largest error of any element, in units of the rounding noise expected of that element.",
    ),
    term(
        Kind::Metric,
        &["allowed", "tolerance"],
        "The tolerance that the error left of it is held against; from dtype and depth.",
    ),
    term(
        Kind::Metric,
        &["compared"],
        "Elements held against the reference; a seeded sample of rows where all are too many.",
    ),
    term(
        Kind::Metric,
        &["output", "verification"],
        "Whether the output was right. It comes before timing: an unverified case has no throughput.",
    ),
    term(
        Kind::Metric,
        &["case", "case id"],
        "family/variant/dtype/axis=value,.../cache: the identity of a case in every file. `wattmark explain` takes one.",
    ),
    term(
        Kind::Metric,
        &["device key"],
        "Backend, interface, UUID or PCI address or name, and driver: what pairs records of one device across runs.",
    ),
    term(
        Kind::Metric,
        &["status"],
        "How a case went: ok, unsupported, skipped or failed. Nothing silently disappears.",
    ),
    term(
        Kind::Metric,
        &["verdict"],
        "What a comparison says: same, faster, slower, unclear, or why there is none. Of a claim: supported, conditional, \
         refuted, insufficient data or untestable-here.",
    ),
    term(Kind::Metric, &["id"], "`backend:index` of a device: valid on this machine and boot only."),
    term(Kind::Metric, &["name"], "Marketing name of a device, as its driver gives it."),
    term(
        Kind::Metric,
        &["kind"],
        "Sort of device: cpu, discrete, integrated, virtual, software, other or mock. Of a sensor: counter or gauge.",
    ),
    term(Kind::Metric, &["watches"], "Devices that a meter sees, by PCI id, UUID, `cpu` or `whole-machine`."),
    term(Kind::Metric, &["w now"], "What a gauge says at this moment, in watts; nothing for a counter."),
    term(
        Kind::Metric,
        &["every [s]", "update period"],
        "Seconds between a meter's updates, as it says of itself. `wattmark sensors characterise` measures it.",
    ),
    term(
        Kind::Metric,
        &["averages [s]", "averaging window"],
        "Seconds that a gauge's reading is the mean of, as it says of itself; nothing where it does not say.",
    ),
    term(
        Kind::Metric,
        &["gain ±1σ", "gain"],
        "Relative standard uncertainty of a meter's scale, and where the figure is from. Part of every joule's uncertainty.",
    ),
    term(Kind::Metric, &["read at"], "Path, call or address that a meter is read by."),
    term(
        Kind::Metric,
        &["interface", "api"],
        "How the device is reached: vulkan, gl, metal, dx12, or the instruction sets that a CPU kernel uses.",
    ),
    term(Kind::Metric, &["driver"], "Driver name and version; for a library its version. Part of the device key."),
    term(
        Kind::Metric,
        &["cache"],
        "Last-level cache of the device: cold cases rotate among buffers larger than twice of it.",
    ),
    term(
        Kind::Metric,
        &["hardware"],
        "The physical thing behind a device: two devices with one hardware never run at once.",
    ),
    term(Kind::Metric, &["track"], "Which question a result answers: portable, native or library."),
    term(
        Kind::Metric,
        &["tokens/s", "tok_per_s", "tokens per second"],
        "Tokens of all sequences of a batch together over the time of one decode step, composed of its kernels. What a \
         composition leaves out is said below the table, so that a real server is slower.",
    ),
    term(
        Kind::Metric,
        &["j/token", "joules per token", "tok_per_joule"],
        "Gross joules of a decode step over its tokens, all kernels metered at one boundary. Unmeasured if one of them is not.",
    ),
    term(
        Kind::Metric,
        &["time to first token", "ttft"],
        "Time of the prefill of one prompt, the output head for its last token included. Nothing waits in a queue.",
    ),
    term(
        Kind::Metric,
        &["tok_per_gb"],
        "Decoded tokens a second over the device's published bandwidth: tokens per GB that it could have read.",
    ),
    term(
        Kind::Metric,
        &["fraction_of_bandwidth", "mbu"],
        "Bytes of weights and cache that a decode step must read, over what the published bandwidth reads in its time.",
    ),
    term(
        Kind::Metric,
        &["role"],
        "What a kernel is in the model: q, gate, output head. Kernels of one case stand together. Of a cost: what its \
         formulas need and an input, a device or you must say; `explain` knows each by its name.",
    ),
    term(
        Kind::Metric,
        &["launches"],
        "How often a step runs the kernel. Not whole where experts are drawn: E (1 - (1 - k/E)^tokens) of them are touched.",
    ),
    term(
        Kind::Metric,
        &["each"],
        "Seconds of one launch with half the relative interval; `≥` marks a bound, `±?` no interval.",
    ),
    term(Kind::Metric, &["share"], "Share of the step's time; of a cost, of the whole cost at the modes."),
    term(
        Kind::Metric,
        &["basis", "rests on"],
        "What a number rests on. A time: measured, interpolated, roof or published; the weakest is the whole's. An input of \
         a claim: measured, interpolated, prior, published, assumption, unsourced, seed, premise, definition, or set by you.",
    ),
];
