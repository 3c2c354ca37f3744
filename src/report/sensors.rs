//! Power meters in detail, as rows.
//! Looks for nothing; shows what discovery found and what was found out.

use serde::Serialize;

use super::{
    Field, Grid, Rows, field, json,
    sheet::{Cell, Column, Group, Sheet, Tone},
    words,
};
use crate::{
    backend::Missing,
    power::{Privilege, Reading, SensorError, SensorInfo, Value, characterise::Characteristic},
};

/// A meter, in detail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SensorDetail {
    /// Its id.
    pub sensor: String,
    /// For people.
    pub name: String,
    /// `counter` or `gauge`.
    pub kind: &'static str,
    /// Where in the power path.
    pub boundary: String,
    /// Devices it sees; empty if that cannot be told.
    pub watches: Vec<String>,
    /// Watts now, for a gauge that answers.
    pub watts: Option<f64>,
    /// Why it does not answer.
    pub error: Option<String>,
    /// Seconds between updates, as it says of itself.
    pub update_period_s: Option<f64>,
    /// Seconds it averages over, as it says of itself.
    pub averaging_window_s: Option<f64>,
    /// Relative standard uncertainty of its scale.
    pub gain_sigma: f64,
    /// Where that figure is from.
    pub gain_basis: String,
    /// True if it is our assumption.
    pub gain_assumed: bool,
    /// True if it takes root by default.
    pub needs_root: bool,
    /// Path or call behind it.
    pub source: String,
    /// Ids of meters whose energy it includes.
    pub contains: Vec<String>,
    /// What it was found to do, in words; none if nobody looked.
    pub characterised: Option<String>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl SensorDetail {
    /// A meter, its answer, and what is known of it.
    pub fn of(info: &SensorInfo, answer: Result<Reading, SensorError>, known: Option<&Characteristic>) -> Self {
        let (watts, error) = match answer {
            Ok(Reading { value: Value::Gauge { watts }, .. }) => (Some(watts), None),
            Ok(_) => (None, None),
            // A meter behind a thread or a log has said something at discovery, and nothing since.
            Err(SensorError::NoReading { .. }) => (None, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            sensor: info.id.clone(),
            name: info.name.clone(),
            kind: if info.is_counter() { "counter" } else { "gauge" },
            boundary: info.boundary.as_str().to_owned(),
            watches: info.matches.iter().map(ToString::to_string).collect(),
            watts,
            error,
            update_period_s: info.update_period_s,
            averaging_window_s: info.averaging_window_s,
            gain_sigma: info.gain.sigma,
            gain_basis: info.gain.basis.clone(),
            gain_assumed: info.gain.assumed,
            needs_root: info.privilege == Privilege::RootByDefault,
            source: info.source.clone(),
            contains: info.contains.clone(),
            characterised: known.map(|c| format!("{} ({})", c.found, c.ended.strftime("%Y-%m-%d"))),
            notes: info.notes.clone(),
        }
    }
}

/// Every meter of a machine, and what is missing.
#[derive(Debug, Clone, Copy)]
pub struct Sensors<'s> {
    /// Usable meters.
    pub sensors: &'s [SensorDetail],
    /// What might have been, and how to get it.
    pub missing: &'s [Missing],
}

/// A row for programs: its sort, then its own fields.
#[derive(Serialize)]
#[serde(tag = "row", rename_all = "lowercase")]
enum Row<'s> {
    Sensor(&'s SensorDetail),
    Missing(&'s Missing),
}

impl Rows for Sensors<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("sensor"),
            Column::text("kind"),
            Column::text("boundary"),
            Column::text("watches"),
            Column::number("W now"),
            Column::number("every [s]"),
            Column::number("averages [s]"),
            Column::number("gain ±1σ"),
            Column::text("read at").wide(),
        ];
        let mut sheet = Sheet { columns, empty: "no sensors", ..Sheet::default() };
        let rows = self.sensors.iter().map(|s| cells(s, &mut sheet.notes)).collect();
        sheet.groups.push(Group { heading: vec![], rows });
        for s in self.sensors {
            if let Some(known) = &s.characterised {
                sheet.summary.push(format!("{}: {known}", s.sensor));
            }
            if !s.contains.is_empty() {
                sheet.summary.push(format!("{} contains {}: never add them", s.sensor, s.contains.join(", ")));
            }
        }
        for m in self.missing {
            sheet.summary.push(format!("missing {}: {}; to get it: {}", m.what, m.why, m.fix));
        }
        sheet
    }

    fn json(&self) -> Vec<serde_json::Value> {
        let rows = self.sensors.iter().map(Row::Sensor).chain(self.missing.iter().map(Row::Missing));
        rows.map(|row| json::value(&row)).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "row",
            "id",
            "kind",
            "boundary",
            "watches",
            "power [W]",
            "update period [s]",
            "averaging window [s]",
            "gain sigma",
            "source",
            "note",
        ];
        let mut rows: Vec<Vec<Field>> = self
            .sensors
            .iter()
            .map(|s| {
                let notes = [s.error.clone(), s.characterised.clone()].into_iter().flatten().chain(s.notes.clone());
                vec![
                    words("sensor"),
                    words(&s.sensor),
                    words(s.kind),
                    words(&s.boundary),
                    words(s.watches.join(" ")),
                    field(s.watts),
                    field(s.update_period_s),
                    field(s.averaging_window_s),
                    Field::Number(s.gain_sigma),
                    words(&s.source),
                    words(notes.collect::<Vec<_>>().join("; ")),
                ]
            })
            .collect();
        for m in self.missing {
            let mut line = vec![words("missing"), words(&m.what)];
            line.resize(10, Field::Empty);
            line.push(words(format!("{}; to get it: {}", m.why, m.fix)));
            rows.push(line);
        }
        Grid { header, rows }
    }
}

fn cells(s: &SensorDetail, notes: &mut super::sheet::Notes) -> Vec<Cell> {
    let mut id = Cell::of(&s.sensor);
    for note in &s.notes {
        id.push(notes.mark(note));
    }
    let mut now = s.watts.map_or_else(Cell::default, |w| Cell::of(format!("{w:.2}")));
    if let Some(error) = &s.error {
        now = Cell::parts(["no answer".to_owned(), notes.mark(error.clone())]).tone(Tone::Doubt);
    }
    let mut gain = Cell::of(format!("{:.1} %", s.gain_sigma * 100.0));
    let assumed = if s.gain_assumed { "assumed: " } else { "" };
    gain.push(notes.mark(format!("{assumed}{}", s.gain_basis)));
    let plain =
        |value: Option<f64>| value.map_or_else(Cell::default, |v| Cell::of(format!("{}", (v * 1e4).round() / 1e4)));
    let watches = if s.watches.is_empty() { "cannot tell".to_owned() } else { s.watches.join(", ") };
    vec![
        id,
        Cell::of(s.kind),
        Cell::of(&s.boundary),
        Cell::of(watches),
        now,
        plain(s.update_period_s),
        plain(s.averaging_window_s),
        gain,
        Cell::of(&s.source),
    ]
}
