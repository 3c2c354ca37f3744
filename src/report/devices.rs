//! Devices, sensors and what is missing, as rows.
//! Looks for nothing; shows what discovery found.

use serde::Serialize;

use super::{
    Field, Grid, Rows, json, number,
    results::{name_of, track},
    sheet::{Cell, Column, Group, Sheet, Tone},
    words,
};
use crate::{
    backend::{DeviceClass, DeviceFacts, Missing},
    power::BoardFacts,
};

/// A sensor, as `devices` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SensorRow {
    /// Name of the sensor.
    pub sensor: String,
    /// `counter` or `gauge`.
    pub kind: String,
    /// What it sees.
    pub boundary: String,
    /// Id of the device it watches, where it can be told.
    pub device: Option<String>,
    /// How often it changes, in words, where known.
    pub period: Option<String>,
    /// Anything to know before trusting it.
    pub note: Option<String>,
}

/// All that a machine has.
#[derive(Debug, Clone, Copy)]
pub struct Devices<'d> {
    /// The board, if it is of a known class.
    pub board: Option<&'d BoardFacts>,
    /// Usable devices.
    pub devices: &'d [DeviceFacts],
    /// Usable sensors.
    pub sensors: &'d [SensorRow],
    /// What might have been, and how to get it.
    pub missing: &'d [Missing],
}

/// A row for programs: its sort, then its own fields.
#[derive(Serialize)]
#[serde(tag = "row", rename_all = "lowercase")]
enum Row<'d> {
    Board(&'d BoardFacts),
    Device(&'d DeviceFacts),
    Sensor(&'d SensorRow),
    Missing(&'d Missing),
}

impl<'d> Devices<'d> {
    fn rows(&self) -> Vec<Row<'d>> {
        let board = self.board.into_iter().map(Row::Board);
        let devices = board.chain(self.devices.iter().map(Row::Device));
        devices.chain(self.sensors.iter().map(Row::Sensor)).chain(self.missing.iter().map(Row::Missing)).collect()
    }
}

impl Rows for Devices<'_> {
    fn sheet(&self) -> Sheet {
        let columns = vec![
            Column::text("id"),
            Column::text("name"),
            Column::text("kind"),
            Column::text("track").wide(),
            Column::text("interface"),
            Column::text("driver").wide(),
            Column::number("memory"),
            Column::number("cache"),
            Column::text("hardware").wide(),
        ];
        let mut sheet = Sheet { columns, empty: "no devices, no sensors", ..Sheet::default() };
        let rows = self.devices.iter().map(|d| device_cells(d, &mut sheet.notes)).collect();
        sheet.groups.push(Group { heading: vec![], rows });
        if let Some(board) = self.board {
            let seen = if board.meters.is_empty() { "nothing yet".to_owned() } else { board.meters.join(", ") };
            sheet.summary.push(format!(
                "board {} ({}): its power is read {}; all of it is seen by {seen}; {}",
                board.model, board.class, board.power, board.page
            ));
        }
        for s in self.sensors {
            let device = s.device.as_deref().map_or("cannot tell which device".to_owned(), |d| format!("watches {d}"));
            let period = s.period.as_ref().map(|p| format!(", every {p}")).unwrap_or_default();
            let note = s.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
            sheet.summary.push(format!("sensor {}: {} at {}, {device}{period}{note}", s.sensor, s.kind, s.boundary));
        }
        if self.sensors.is_empty() && !self.devices.is_empty() {
            sheet.summary.push("no sensor: energy will be unmeasured".to_owned());
        }
        for m in self.missing {
            sheet.summary.push(format!("missing {}: {}; to get it: {}", m.what, m.why, m.fix));
        }
        sheet
    }

    fn json(&self) -> Vec<serde_json::Value> {
        self.rows().iter().map(json::value).collect()
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "row",
            "id",
            "name",
            "kind",
            "track",
            "interface",
            "driver",
            "memory [B]",
            "cache [B]",
            "hardware",
            "boundary",
            "note",
        ];
        let may = |text: &Option<String>| text.as_deref().map_or(Field::Empty, words);
        let line = |row: &Row| match row {
            Row::Board(b) => {
                let mut line = vec![words("board"), Field::Empty, words(&b.model), words(b.class)];
                line.resize(11, Field::Empty);
                line.push(words(format!("power is read {}; {}", b.power, b.page)));
                line
            }
            Row::Device(d) => vec![
                words("device"),
                words(&d.id),
                words(&d.name),
                words(name_of(d.class)),
                words(track(d.track)),
                words(&d.api),
                may(&d.driver),
                d.memory_bytes.map_or(Field::Empty, Field::Count),
                Field::Count(d.cache_bytes),
                words(&d.hardware),
                Field::Empty,
                match (&d.emulated, d.cache_assumed) {
                    (Some(how), _) => words(format!("emulated: {how}")),
                    (None, true) => words("cache assumed"),
                    (None, false) => Field::Empty,
                },
            ],
            Row::Sensor(s) => {
                let mut line = vec![words("sensor"), may(&s.device), words(&s.sensor), words(&s.kind)];
                line.resize(10, Field::Empty);
                line.extend([words(&s.boundary), may(&s.note)]);
                line
            }
            Row::Missing(m) => {
                let mut line = vec![words("missing"), Field::Empty, words(&m.what)];
                line.resize(11, Field::Empty);
                line.push(words(format!("{}; to get it: {}", m.why, m.fix)));
                line
            }
        };
        Grid { header, rows: self.rows().iter().map(line).collect() }
    }
}

fn device_cells(d: &DeviceFacts, notes: &mut super::sheet::Notes) -> Vec<Cell> {
    let mut kind = match d.class {
        DeviceClass::Software => {
            let note = notes.mark("software rasterizer: the CPU does the work; never ranked with hardware unmarked");
            Cell::parts(["software".to_owned(), note]).tone(Tone::Doubt)
        }
        class => Cell::of(name_of(class)),
    };
    if let Some(how) = &d.emulated {
        let note = notes.mark(format!("{how}: its times say nothing of hardware and are never compared with any"));
        kind = Cell::parts([name_of(d.class), "emulated".to_owned(), note]).tone(Tone::Doubt);
    }
    let mut cache = Cell::of(number::bytes(d.cache_bytes));
    if d.cache_assumed {
        cache.push(notes.mark("last-level cache assumed: the interface does not tell; decides when a case is cold"));
    }
    vec![
        Cell::of(&d.id),
        Cell::of(&d.name),
        kind,
        Cell::of(track(d.track)),
        Cell::of(&d.api),
        d.driver.as_ref().map_or_else(Cell::default, Cell::of),
        d.memory_bytes.map_or_else(Cell::default, |b| Cell::of(number::bytes(b))),
        cache,
        Cell::of(&d.hardware),
    ]
}
