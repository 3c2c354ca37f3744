//! How near each kernel came to the measured ceiling of its device: a row for each case, a mark for each device.
//! Measures nothing, leaves out software devices, and clamps no fraction.

use std::collections::BTreeMap;

use super::{
    Axis, Picture,
    canvas::{Anchor, Canvas, Ink, picture, width},
};
use crate::{
    record::Record,
    report::{metrics::Metrics, number::percent},
};

const WIDE: f64 = 760.0;
const ROW: f64 = 21.0;
const TEXT: f64 = 12.0;
/// Devices that are told apart: as many as there are colours, of which each has a shape.
const MOST_DEVICES: usize = 4;

/// One case with the fraction that each device reached.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    case: String,
    fractions: Vec<Option<f64>>,
}

/// Cases and devices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fractions {
    devices: Vec<String>,
    rows: Vec<Row>,
}

/// The fractions among records with their metrics, in the order of the cases; of several of one case the last counts. The
/// devices that come after the fourth are left out.
pub fn of<'r>(records: impl IntoIterator<Item = (&'r Record, Option<&'r Metrics>)>) -> Fractions {
    let mut found = Fractions::default();
    let mut cases: BTreeMap<&str, usize> = BTreeMap::new();
    for (record, metrics) in records {
        let Some(fraction) = metrics.and_then(|m| m.ceiling.as_ref().ok()) else { continue };
        let facts = &record.device;
        let machine = record.environment.machine.as_ref().map(|m| format!(" on {m}")).unwrap_or_default();
        let name = format!("{} ({}), {} track{machine}", facts.name, facts.api, facts.track.name());
        let known = found.devices.iter().position(|d| *d == name);
        if !facts.is_hardware() || (known.is_none() && found.devices.len() == MOST_DEVICES) {
            continue;
        }
        let device = known.unwrap_or_else(|| {
            found.devices.push(name);
            found.devices.len() - 1
        });
        let at = *cases.entry(&record.case.id).or_insert_with(|| {
            found.rows.push(Row { case: record.case.id.clone(), fractions: vec![None; MOST_DEVICES] });
            found.rows.len() - 1
        });
        found.rows[at].fractions[device] = Some(fraction.value).filter(|f| f.is_finite());
    }
    found
}

impl Fractions {
    /// The picture; none if no case has a fraction.
    pub fn picture(&self) -> Option<Picture> {
        if self.rows.is_empty() {
            return None;
        }
        let tall = 150.0 + 19.0 * self.devices.len() as f64 + ROW * self.rows.len() as f64;
        let svg = picture((WIDE, tall), TITLE, &self.words(), |canvas| self.draw(canvas));
        Some(Picture::of("fraction-of-ceiling", svg))
    }

    /// What it shows, for who cannot see it.
    pub fn words(&self) -> String {
        let row = |row: &Row| {
            let each = self.devices.iter().zip(&row.fractions);
            let each = each.filter_map(|(device, f)| Some(format!("{} on {device}", percent((*f)?, 3))));
            format!("{}: {}", row.case, each.collect::<Vec<_>>().join(", "))
        };
        std::iter::once(SUBTITLE.to_owned()).chain(self.rows.iter().map(row)).collect::<Vec<_>>().join(". ")
    }

    fn draw(&self, canvas: &mut Canvas) {
        let wide = WIDE - 40.0;
        let title = canvas.paragraph(TITLE, (20.0, 24.0), 16.0, Ink::Text, wide);
        let mut down = canvas.paragraph(SUBTITLE, (20.0, title + 20.0), TEXT, Ink::Faint, wide) + 24.0;
        for (series, device) in self.devices.iter().enumerate() {
            mark(canvas, (27.0, down), series);
            canvas.text(device, (42.0, down), TEXT, Ink::Text, Anchor::Left);
            down += 19.0;
        }
        let names: Vec<String> = self.rows.iter().map(|row| name(&row.case)).collect();
        let left = 30.0 + names.iter().map(|n| width(n, TEXT)).fold(60.0, f64::max);
        let right = WIDE - 30.0;
        let most = self.rows.iter().flat_map(|r| &r.fractions).flatten().fold(1.0_f64, |most, f| most.max(*f));
        let axis = Axis::linear("% of the measured ceiling", 0.0, 100.0 * most * 1.03);
        let at = |fraction: f64| left + (right - left) * axis.place(axis.clamp(100.0 * fraction));
        let bottom = down + ROW * self.rows.len() as f64 + 4.0;
        for (x, label) in axis.ticks(6) {
            let across = at(x / 100.0);
            canvas.line(&[(across, down), (across, bottom)], Ink::Grid, 1.0);
            canvas.text(&label, (across, bottom + 14.0), TEXT, Ink::Faint, Anchor::Middle);
        }
        canvas.line(&[(at(1.0), down), (at(1.0), bottom)], Ink::Text, 1.5);
        for (i, (row, name)) in self.rows.iter().zip(&names).enumerate() {
            let y = down + ROW * (i as f64 + 0.5) + 2.0;
            canvas.text(name, (left - 12.0, y), TEXT, Ink::Text, Anchor::Right);
            let shown = || row.fractions.iter().copied().flatten();
            let ends = (shown().fold(f64::INFINITY, f64::min), shown().fold(0.0, f64::max));
            canvas.line(&[(at(ends.0), y), (at(ends.1), y)], Ink::Faint, 1.0);
            for (series, fraction) in row.fractions.iter().enumerate().filter_map(|(s, f)| Some((s, (*f)?))) {
                mark(canvas, (at(fraction), y), series);
            }
        }
        canvas.text(&axis.title, ((left + right) / 2.0, bottom + 34.0), TEXT, Ink::Faint, Anchor::Middle);
    }
}

const TITLE: &str = "How much of the device each kernel uses";
const SUBTITLE: &str = "Rate of a kernel over the lower of two ceilings that the same run measured on the same device: its \
                        arithmetic, and its memory. The line is the ceiling; beyond it a cache, or a ceiling measured too \
                        low, is at work";

/// A shape and a colour for each device.
fn mark(canvas: &mut Canvas, (x, y): (f64, f64), series: usize) {
    let ink = Ink::Series(series);
    match series {
        0 => canvas.circle((x, y), 6.0, ink),
        1 => canvas.rectangle((x - 5.0, y - 5.0), (x + 5.0, y + 5.0), ink, 1.0),
        2 => canvas.polygon(&[(x, y - 7.0), (x + 6.5, y + 5.0), (x - 6.5, y + 5.0)], ink, 1.0),
        _ => canvas.polygon(&[(x, y - 7.0), (x + 7.0, y), (x, y + 7.0), (x - 7.0, y)], ink, 1.0),
    }
}

/// `gemv f16 m=1,n=4096,k=4096 cold`; of attention, whose variants have other families' names, that too.
fn name(case: &str) -> String {
    let fields: Vec<&str> = case.split('/').collect();
    let [family, variant, dtype, axes, cache] = fields[..] else { return case.to_owned() };
    let family = if family == "matmul" { String::new() } else { format!("{family} ") };
    format!("{family}{variant} {dtype} {} {cache}", axes.replace(',', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::DeviceFacts,
        report::{fixtures, metrics::derive},
    };

    #[test]
    fn cases_with_a_ceiling_have_a_mark_and_software_has_none() {
        let records = fixtures::records();
        let metrics = derive(&records);
        let found = of(records.iter().zip(metrics.iter().map(Option::as_ref)));
        assert!(!found.rows.is_empty() && !found.devices.is_empty(), "{found:?}");
        let software = |d: &DeviceFacts| records.iter().any(|r| r.device.name == d.name && !r.device.is_hardware());
        for record in records.iter().filter(|r| software(&r.device)) {
            assert!(found.devices.iter().all(|d| !d.contains(&record.device.name)), "{:?}", found.devices);
        }
        let svg = found.picture().unwrap().svg;
        assert!(svg.contains("<desc>") && svg.contains("matmul/gemv/f32"), "{svg}");
        assert_eq!(Fractions::default().picture(), None);
    }
}
