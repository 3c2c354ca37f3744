//! The data dictionary of the CSV and Parquet files: what each column means and in which unit.
//! Lists exactly the columns of `results`; a test holds the two together.

use super::super::{Field, Format, Grid, Rows, Sheet, Style, render, results::HEADER, words};

/// What each column of [`HEADER`] means, in its order.
const MEANINGS: [&str; HEADER.len()] = [
    "random name of the run; rows of one run share clocks and ceilings",
    "suite that the case comes from",
    "alias of the machine; empty if anonymous",
    "case: family/variant/dtype/axis=value,.../cache",
    "which question the row answers: portable, native or library",
    "backend:index on that machine",
    "marketing name as the driver gives it",
    "cpu, discrete, integrated, virtual, software, other or mock; software is a GPU interface drawn by the CPU",
    "interface, or instruction sets of a CPU kernel",
    "what pairs the device across runs: backend, interface, place and driver",
    "how it is known that another CPU played the device's, where one did: the row says nothing of hardware",
    "ok, unsupported, skipped or failed",
    "why the status is not ok",
    "yes if the output agreed with the f64 reference; empty if nobody looked",
    "whose clock: device or host; the two are not to be compared",
    "median time of one launch over all samples",
    "lower end of the median's 95 % bootstrap interval",
    "upper end of the median's 95 % bootstrap interval",
    "median absolute deviation of the samples",
    "number of samples",
    "what an operation is: FLOP for floats, OP for integers; a multiply-add is two",
    "operations a second at the median time",
    "compulsory bytes a second at the median time: each input read once, each output written once",
    "achieved rate over the attainable one, by ceilings measured in the same run; may exceed 1",
    "roof that binds: compute or memory",
    "case of the ceiling that binds",
    "measured, modelled or unmeasured; the columns below hold measured joules only",
    "why joules are not measured",
    "name of the power meter",
    "what the meter sees: rail, package, gpu_board, module, dc_in or wall_ac; never rank across boundaries",
    "length of the meter's windows: published (60 s and more) or short",
    "gross energy of one launch",
    "its expanded uncertainty, k = 2",
    "energy of one launch above idle, where idle was measured",
    "mean power over the windows",
    "operations a gross joule",
    "what other meters of the same device said",
    "codes of what a reader should doubt, separated by spaces; `wattmark explain CODE`",
];

struct Dictionary;

impl Rows for Dictionary {
    fn sheet(&self) -> Sheet {
        Sheet::default()
    }

    fn json(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }

    fn grid(&self) -> Grid {
        let row = |(column, meaning): (&&str, &&str)| {
            let unit = column.split_once('[').map_or("", |(_, unit)| unit.trim_end_matches(']'));
            vec![words(*column), if unit.is_empty() { Field::Empty } else { words(unit) }, words(*meaning)]
        };
        Grid { header: vec!["column", "unit", "meaning"], rows: HEADER.iter().zip(&MEANINGS).map(row).collect() }
    }
}

/// The dictionary as CSV: column, unit, meaning.
pub fn dictionary() -> String {
    render(Format::Csv, &Dictionary, &Style::PLAIN)
}
