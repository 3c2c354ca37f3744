//! Every word a report uses, in a plain sentence or two.
//! One table; `explain` looks things up in it, and tests hold it against the enums and columns that use the words.

/// What sort of word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A derived quantity or a column of a table.
    Metric,
    /// How a case went.
    Status,
    /// What a comparison says.
    Verdict,
    /// What a meter sees.
    Boundary,
    /// Something to doubt.
    Warning,
    /// Whose clock.
    Clock,
    /// Which question a result answers.
    Track,
    /// Sort of device.
    Device,
    /// Cache state at launch.
    Cache,
    /// Which roof binds.
    Bound,
    /// State of the joules.
    Energy,
    /// Element type.
    Dtype,
    /// A kernel family, variant or case.
    Kernel,
    /// What is said of a claim.
    Claim,
    /// What a number rests on.
    Basis,
    /// A word of the tables of costs.
    Cost,
}

impl Kind {
    /// The sort, in words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Metric => "metric",
            Kind::Status => "status",
            Kind::Verdict => "verdict",
            Kind::Boundary => "energy boundary",
            Kind::Warning => "warning",
            Kind::Clock => "clock",
            Kind::Track => "track",
            Kind::Device => "sort of device",
            Kind::Cache => "cache state",
            Kind::Bound => "bound",
            Kind::Energy => "energy",
            Kind::Dtype => "dtype",
            Kind::Kernel => "kernel",
            Kind::Claim => "verdict on a claim",
            Kind::Basis => "basis",
            Kind::Cost => "cost",
        }
    }
}

/// A word and its meaning.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) kind: Kind,
    /// The word, then other spellings.
    pub(super) names: &'static [&'static str],
    pub(super) text: &'static str,
}

pub(super) const fn term(kind: Kind, names: &'static [&'static str], text: &'static str) -> Term {
    Term { kind, names, text }
}

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
    term(
        Kind::Warning,
        &["clock_disagreement"],
        "Device and host clocks differ by over 5 % on long batches: one of them does not time what it should. Trust neither alone.",
    ),
    term(
        Kind::Warning,
        &["harness_overhead"],
        "Over 2 % of the time between the first and last sample was spent outside samples. The device idled meanwhile.",
    ),
    term(
        Kind::Warning,
        &["noisy"],
        "The noise of the median stayed over its target. Close other programs, fix the clocks, or allow more time.",
    ),
    term(
        Kind::Warning,
        &["not_settled"],
        "Power still drifted after the longest preheating. Improve the cooling, or expect drift in the joules.",
    ),
    term(
        Kind::Warning,
        &["time_limit"],
        "The time limit came before the noise target was met. Raise the limit if the noise matters.",
    ),
    term(
        Kind::Warning,
        &["power_capped"],
        "Samples were taken under a power cap. They are kept: a capped device is slower by its owner's choice, and the label says so.",
    ),
    term(
        Kind::Warning,
        &["throttled"],
        "The device was slowed down by heat or protection; such samples were dropped and retaken. Improve the cooling.",
    ),
    term(
        Kind::Warning,
        &["software_device"],
        "The GPU interface is drawn by the CPU: the numbers say nothing of a GPU.",
    ),
    term(
        Kind::Warning,
        &["emulated"],
        "Another CPU played the one that the program was built for. Outputs are worth checking; times and joules are the emulator's, never compared with hardware and never evidence for a claim.",
    ),
    term(Kind::Warning, &["loaded_machine"], "Other work was running when the run started. Close it and run again."),
    term(
        Kind::Warning,
        &["cache_assumed"],
        "The interface does not tell the size of the last-level cache; an assumption decides when a case is cold.",
    ),
    term(Kind::Warning, &["short_window"], "The energy windows are too short to publish. Use `--energy published`."),
    term(
        Kind::Warning,
        &["window_too_short"],
        "The meter updates or averages so slowly that the edges of such a window alone leave over 5 % of its joules. Use \
         `--energy published`, or a faster meter; `wattmark sensors characterise` measures what a meter does.",
    ),
    term(
        Kind::Warning,
        &["meters_disagree"],
        "Two meters, or a counter and the integral of its gauge, are over 3 % apart. Over 5 % the joules are invalid.",
    ),
    term(
        Kind::Warning,
        &["observer_effect"],
        "Throughput changes by over 0.5 % when the power sampler is off: reading the meter disturbs what it measures.",
    ),
    term(
        Kind::Warning,
        &["host_clock_only"],
        "The device takes no timestamps, so times include submission. Short kernels look slower than they are.",
    ),
    term(
        Kind::Warning,
        &["reduced_cold_sets"],
        "There was no memory for buffer sets over twice the cache: a cold case may be partly cached.",
    ),
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
    term(
        Kind::Basis,
        &["interpolated"],
        "From measured cases of the same variant, dtype and cache state within a factor of sixteen in shape: the fraction of \
         the measured roof that they reached. The interval is the largest error that the rule makes for one of them.",
    ),
    term(
        Kind::Basis,
        &["roof"],
        "The least time that the device's measured ceilings allow. A bound: it says at most so many tokens a second, and \
         replaces no prior of a claim.",
    ),
    term(
        Kind::Basis,
        &["prior", "provisional"],
        "A published value where a record of that device would stand. A verdict on one is provisional, marked (prior), and \
         never bare; `claims --records` replaces it.",
    ),
    term(Kind::Basis, &["unsourced"], "A recollection or a plain assumption of ours: no source says so."),
    term(Kind::Basis, &["seed"], "Stated by the document whose claims are tested."),
    term(Kind::Basis, &["assumption"], "Assumed, with a reason or a source for its range."),
    term(Kind::Basis, &["premise"], "Granted for the claim's sake, and fixed."),
    term(Kind::Basis, &["definition"], "What a word of the claim is taken to mean, and fixed."),
    term(
        Kind::Basis,
        &["set by the user", "set"],
        "The value you gave with --set. It stands before records and priors.",
    ),
    term(
        Kind::Claim,
        &["claim"],
        "An exact quote with inputs, formulas and rules, of which the first that holds decides.",
    ),
    term(Kind::Claim, &["supported", "holds"], "The claim holds, by the rules shown with `--explain`."),
    term(Kind::Claim, &["refuted", "fails"], "The claim does not hold, by the rules shown with `--explain`."),
    term(
        Kind::Claim,
        &["conditional"],
        "The claim holds on one side of a value of the input that is named, with the others at their modes.",
    ),
    term(
        Kind::Claim,
        &["insufficient data"],
        "A needed value is not known, or an input without a source decides, at no value that could be named.",
    ),
    term(Kind::Claim, &["untestable-here"], "Nothing here can test it, for the reason given. No draw is made."),
    term(
        Kind::Claim,
        &["bare"],
        "A verdict without a qualifier: 90 % of the draws, the modes agree, nothing measured is still a prior, both readings \
         agree.",
    ),
    term(
        Kind::Claim,
        &["likely"],
        "The verdict of at least 67 % of the draws, where not all holds that a bare one needs.",
    ),
    term(Kind::Claim, &["undecided"], "No verdict has 67 % of the draws; the two most frequent are shown."),
    term(Kind::Claim, &["p", "probability"], "Share of the draws with the verdict."),
    term(Kind::Claim, &["turns on"], "The input at whose value the verdict changes, the others at their modes."),
    term(Kind::Claim, &["because"], "What the author of the rule that holds says of it."),
];
