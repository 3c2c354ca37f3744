//! The columns of records as rows, in CSV and in Parquet: name with its unit, sort, meaning.
//! Fills none of them; `results` does, in this order.

/// What a column holds where it is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Number,
    Count,
}

/// A column.
#[derive(Debug)]
pub(super) struct GridColumn {
    /// With the unit in brackets, where it has one.
    pub(super) name: &'static str,
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "CSV has no types"))]
    pub(super) sort: Sort,
    pub(super) meaning: &'static str,
}

impl GridColumn {
    const fn of(name: &'static str, sort: Sort, meaning: &'static str) -> GridColumn {
        GridColumn { name, sort, meaning }
    }

    /// The unit; empty if it has none.
    pub(super) fn unit(&self) -> &'static str {
        self.name.split_once('[').map_or("", |(_, unit)| unit.trim_end_matches(']'))
    }
}

/// All of them, from left to right.
pub(super) const COLUMNS: [GridColumn; 38] = [
    GridColumn::of("run", Sort::Text, "random name of the run; rows of one run share clocks and ceilings"),
    GridColumn::of("suite", Sort::Text, "suite that the case comes from"),
    GridColumn::of("machine", Sort::Text, "alias of the machine; empty if anonymous"),
    GridColumn::of("case", Sort::Text, "case: family/variant/dtype/axis=value,.../cache"),
    GridColumn::of("track", Sort::Text, "which question the row answers: portable, native or library"),
    GridColumn::of("device_id", Sort::Text, "backend:index on that machine"),
    GridColumn::of("device", Sort::Text, "marketing name as the driver gives it"),
    GridColumn::of(
        "device_class",
        Sort::Text,
        "cpu, discrete, integrated, virtual, software, other or mock; software is a GPU interface drawn by the CPU",
    ),
    GridColumn::of("device_api", Sort::Text, "interface, or instruction sets of a CPU kernel"),
    GridColumn::of("device_key", Sort::Text, "what pairs the device across runs: backend, interface, place and driver"),
    GridColumn::of(
        "device_emulated",
        Sort::Text,
        "how it is known that another CPU played the device's, where one did: the row says nothing of hardware",
    ),
    GridColumn::of("status", Sort::Text, "ok, unsupported, skipped or failed"),
    GridColumn::of("reason", Sort::Text, "why the status is not ok"),
    GridColumn::of("verified", Sort::Text, "yes if the output agreed with the f64 reference; empty if nobody looked"),
    GridColumn::of("clock", Sort::Text, "whose clock: device or host; the two are not to be compared"),
    GridColumn::of("time_median [s]", Sort::Number, "median time of one launch over all samples"),
    GridColumn::of("time_low95 [s]", Sort::Number, "lower end of the median's 95 % bootstrap interval"),
    GridColumn::of("time_high95 [s]", Sort::Number, "upper end of the median's 95 % bootstrap interval"),
    GridColumn::of("time_mad [s]", Sort::Number, "median absolute deviation of the samples"),
    GridColumn::of("samples", Sort::Count, "number of samples"),
    GridColumn::of(
        "operation",
        Sort::Text,
        "what an operation is: FLOP for floats, OP for integers; a multiply-add is two",
    ),
    GridColumn::of("rate [operation/s]", Sort::Number, "operations a second at the median time"),
    GridColumn::of(
        "bandwidth [B/s]",
        Sort::Number,
        "compulsory bytes a second at the median time: each input read once, each output written once",
    ),
    GridColumn::of(
        "ceiling_fraction",
        Sort::Number,
        "achieved rate over the attainable one, by ceilings measured in the same run; may exceed 1",
    ),
    GridColumn::of("ceiling_bound", Sort::Text, "roof that binds: compute or memory"),
    GridColumn::of("ceiling_case", Sort::Text, "case of the ceiling that binds"),
    GridColumn::of(
        "energy_status",
        Sort::Text,
        "measured, modelled or unmeasured; the columns below hold measured joules only",
    ),
    GridColumn::of("energy_reason", Sort::Text, "why joules are not measured"),
    GridColumn::of("sensor", Sort::Text, "name of the power meter"),
    GridColumn::of(
        "boundary",
        Sort::Text,
        "what the meter sees: rail, package, gpu_board, module, dc_in or wall_ac; never rank across boundaries",
    ),
    GridColumn::of("window", Sort::Text, "length of the meter's windows: published (60 s and more) or short"),
    GridColumn::of("energy [J/launch]", Sort::Number, "gross energy of one launch"),
    GridColumn::of("energy_u95 [J/launch]", Sort::Number, "its expanded uncertainty, k = 2"),
    GridColumn::of("energy_net [J/launch]", Sort::Number, "energy of one launch above idle, where idle was measured"),
    GridColumn::of("power [W]", Sort::Number, "mean power over the windows"),
    GridColumn::of("efficiency [operation/J]", Sort::Number, "operations a gross joule"),
    GridColumn::of("other_meters", Sort::Text, "what other meters of the same device said"),
    GridColumn::of(
        "warnings",
        Sort::Text,
        "codes of what a reader should doubt, separated by spaces; `wattmark explain CODE`",
    ),
];
