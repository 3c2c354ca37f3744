//! The roofline of a device: its measured ceilings, and every case against them.
//! Measures nothing; rates and fractions are `report`'s.

use std::collections::HashMap;

use super::{Axis, Dot, Line, Lines, Picture};
use crate::{
    record::Record,
    report::{
        Bound,
        metrics::Metrics,
        number::{percent, si},
    },
};

/// Most roofs over the slope: as many as there are colours.
const PEAKS: usize = 4;

/// A measured ceiling.
#[derive(Debug, Clone, PartialEq)]
pub struct Roof {
    /// What it is, as in `f32 fma`.
    pub name: String,
    /// Bytes a second of memory, else operations a second.
    pub rate: f64,
    /// True if memory.
    pub memory: bool,
    /// The case that measured it.
    pub case: String,
}

impl Roof {
    /// Of the case of a ceiling; none of other cases.
    fn of(case: &str, rate: f64) -> Option<Roof> {
        let fields: Vec<&str> = case.split('/').collect();
        let ["ceiling", variant, dtype, ..] = fields[..] else { return None };
        let memory = match variant {
            "read" => true,
            "fma" | "dot" => false,
            _ => return None,
        };
        let name = if memory { "memory read".to_owned() } else { format!("{dtype} {variant}") };
        Some(Roof { name, rate, memory, case: case.to_owned() })
    }

    /// The rate in words.
    pub fn text(&self) -> String {
        if self.memory { si(self.rate, 3, "B/s") } else { format!("{} operations/s", si(self.rate, 3, "")) }
    }
}

/// A case against the roofs.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its id.
    pub case: String,
    /// Operations per compulsory byte.
    pub intensity: f64,
    /// Operations a second.
    pub rate: f64,
    /// Achieved over attainable.
    pub fraction: f64,
    /// Which roof binds.
    pub bound: Bound,
    dtype: String,
    attention: bool,
}

/// Roofs and cases of a device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    /// Memory first, then the peaks.
    pub roofs: Vec<Roof>,
    /// In the order of their first record.
    pub dots: Vec<Point>,
}

/// Roofs and cases from the records of one device with their metrics. Of several runs a case is shown as the last saw
/// it, a roof at its highest: it is what the device can do at best.
pub fn of(records: &[(&Record, Option<&Metrics>)]) -> Shape {
    let mut shape = Shape::default();
    let mut shown: HashMap<&str, (usize, jiff::Timestamp)> = HashMap::new();
    for (record, metrics) in records {
        let Some(time) = metrics.and_then(|m| m.time.as_ref()) else { continue };
        let hot_read = record.case.variant == "read" && !record.case.id.ends_with("/cold");
        if record.case.family == "ceiling" && !hot_read {
            let rate = if record.case.variant == "read" { time.bytes_per_s } else { time.ops_per_s };
            shape.raise(rate.and_then(|r| Roof::of(&record.case.id, r.value)));
        }
        let Some((fraction, rate)) = metrics.and_then(|m| m.ceiling.as_ref().ok()).zip(time.ops_per_s) else {
            continue;
        };
        let intensity = record.work.intensity();
        let attainable = fraction.attainable_ops_per_s;
        // The library track is held against ceilings that another backend measured on the same CPU.
        let lent = if fraction.bound == Bound::Memory { attainable / intensity } else { attainable };
        shape.raise(Roof::of(&fraction.against, lent));
        let point = Point {
            case: record.case.id.clone(),
            intensity,
            rate: rate.value,
            fraction: fraction.value,
            bound: fraction.bound,
            dtype: record.case.dtype.to_string(),
            attention: record.case.family == "attention",
        };
        match shown.get_mut(record.case.id.as_str()) {
            Some((_, ended)) if *ended > record.ended => {}
            Some((at, ended)) => {
                *ended = record.ended;
                shape.dots[*at] = point;
            }
            None => {
                shown.insert(&record.case.id, (shape.dots.len(), record.ended));
                shape.dots.push(point);
            }
        }
    }
    shape.roofs.sort_by(|a, b| b.memory.cmp(&a.memory).then_with(|| a.name.cmp(&b.name)));
    shape
}

impl Shape {
    fn raise(&mut self, roof: Option<Roof>) {
        let Some(roof) = roof.filter(|r| r.rate.is_finite() && r.rate > 0.0) else { return };
        match self.roofs.iter_mut().find(|r| r.name == roof.name) {
            Some(known) if known.rate >= roof.rate => {}
            Some(known) => *known = roof,
            None => self.roofs.push(roof),
        }
    }

    fn peaks(&self) -> Vec<&Roof> {
        self.roofs.iter().filter(|r| !r.memory).take(PEAKS).collect()
    }

    /// The peak under which a point is coloured: of its own dtype, else the first in f32.
    fn series(&self, point: &Point) -> usize {
        let starts = |what: &str| self.peaks().iter().position(|r| r.name.split(' ').next() == Some(what));
        starts(&point.dtype).or_else(|| starts("f32")).unwrap_or(0)
    }
}

/// The picture; none without a roof or without a point.
pub fn picture(shape: &Shape, device: &str) -> Option<Picture> {
    let finite = |p: &&Point| p.intensity.is_finite() && p.intensity > 0.0 && p.rate.is_finite() && p.rate > 0.0;
    let dots: Vec<&Point> = shape.dots.iter().filter(finite).collect();
    let slope = shape.roofs.iter().find(|r| r.memory).map(|r| r.rate);
    let peaks = shape.peaks();
    if dots.is_empty() || shape.roofs.is_empty() {
        return None;
    }
    let ridges = peaks.iter().filter_map(|p| Some(p.rate / slope?));
    let across = Axis::spanning("operations per byte", dots.iter().map(|d| d.intensity).chain(ridges), 2.0);
    let rates = dots.iter().map(|d| d.rate).chain(peaks.iter().map(|p| p.rate));
    let up = Axis::spanning("operations/s, in G", rates.map(|r| r / 1e9), 2.0);
    let (from, to) = across.range;
    let roof = |name: &str, peak: f64| {
        let mut points = vec![(from, peak), (to, peak)];
        if let Some(slope) = slope {
            let ridge = (peak / slope).clamp(from, to);
            points = vec![
                (from, (slope * from).min(peak)),
                (ridge, (slope * ridge).min(peak)),
                (to, (slope * to).min(peak)),
            ];
        }
        let points = points.into_iter().map(|(x, y)| (x, y / 1e9)).collect();
        Line { name: name.to_owned(), points, band: vec![] }
    };
    let mut lines: Vec<Line> = peaks.iter().map(|p| roof(&p.name, p.rate)).collect();
    if lines.is_empty() {
        lines.push(roof("memory read", f64::MAX));
    }
    let dots = shape.dots.iter().enumerate().filter(|(_, p)| finite(p)).map(|(i, p)| Dot {
        x: p.intensity,
        y: p.rate / 1e9,
        label: (i + 1).to_string(),
        text: format!("{}: {}, {} of its roof", i + 1, p.case, percent(p.fraction, 3)),
        series: shape.series(p),
        square: p.attention,
    });
    let picture = Lines {
        title: format!("Roofline of {device}"),
        subtitle:
            "Lines: ceilings measured on this device. Circles: matmul, squares: attention, in the colour of their \
                   dtype's peak; the numbers are those of the list of points"
                .to_owned(),
        x: across,
        y: up,
        lines,
        marks: vec![],
        dots: dots.collect(),
    };
    Some(Picture::of("roofline", picture.svg()))
}
