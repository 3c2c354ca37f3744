//! A case that was not measured, from its neighbours that were: the fraction of the roof that they reached.
//! Never reaches past its neighbours: the fraction lies between theirs, and far cases do not count.

use super::{Evidence, Format, Roofs, evidence::Timed};
use crate::{kernel::Case, measure::stats::Estimate};

/// Neighbours that count at most.
const MOST_NEIGHBOURS: usize = 4;
/// A case further away than this factor, over all axes together, is no neighbour.
const REACH: f64 = 16.0;

/// What neighbours say of a case.
#[derive(Debug, Clone)]
pub(super) struct Guess {
    /// Seconds of a launch; no upper end if a single neighbour says so.
    pub(super) seconds: Estimate,
    /// Ids of the neighbours, the nearest first.
    pub(super) neighbours: Vec<String>,
    /// Share of each in the answer.
    pub(super) weights: Vec<f64>,
}

/// One measured case: where it lies and how near to its roof it came.
struct Point<'e> {
    id: &'e str,
    timed: &'e Timed,
    /// Logarithm of roof seconds over measured seconds.
    reached: f64,
}

/// Seconds of `case` from measured cases of the same variant, dtype and cache state: the fraction of the roof they
/// reached, averaged in the logarithm with weights that fall with the square of the distance, which is Euclid's over the
/// logarithms of all axes. The interval is the largest error that this rule makes for one of these neighbours when it
/// is left out, and the neighbours' own noise.
///
/// # Errors
/// Why there is none: no neighbour near enough, or no roof.
pub(super) fn interpolate(case: &Case, evidence: &Evidence, roofs: &Roofs) -> Result<Guess, String> {
    let format = Format::of(case.dtype);
    let roof = roofs.least(case.work(), format)?.seconds;
    let same = |t: &&Timed| {
        let c = &t.case;
        (c.family.name(), c.variant.name, c.dtype, c.cache)
            == (case.family.name(), case.variant.name, case.dtype, case.cache)
    };
    let mut points = Vec::new();
    for (id, timed) in evidence.cases.iter().filter(|(_, t)| same(t)) {
        let roof = roofs.least(timed.work, format)?.seconds;
        points.push(Point { id, timed, reached: (roof / timed.seconds.value).ln() });
    }
    let near = neighbours(case, &points, None);
    if near.is_empty() {
        let kind = format!("{}/{}/{}/{}", case.family.name(), case.variant.name, case.dtype, case.cache.name());
        return Err(match points.len() {
            0 => format!("no measured case of {kind}"),
            n => format!("{n} measured cases of {kind}, none within a factor of {REACH}"),
        });
    }
    let reached = mean(&points, &near);
    let error = left_out(&points, &near);
    let noise = near.iter().map(|(at, _)| points[*at].timed.seconds.noise()).fold(0.0, f64::max);
    let value = roof / reached.exp();
    let seconds = match error {
        Some(error) => {
            let spread = error + noise;
            Estimate { value, low: value * (-spread).exp(), high: value * spread.exp() }
        }
        None => Estimate { value, low: value.min(roof), high: f64::INFINITY },
    };
    let total: f64 = near.iter().map(|(_, w)| w).sum();
    Ok(Guess {
        seconds,
        neighbours: near.iter().map(|(at, _)| points[*at].id.to_owned()).collect(),
        weights: near.iter().map(|(_, w)| w / total).collect(),
    })
}

/// The nearest points within reach and their weights, but `without`.
fn neighbours(case: &Case, points: &[Point], without: Option<usize>) -> Vec<(usize, f64)> {
    let mut near: Vec<(usize, f64)> = (0..points.len())
        .filter(|at| Some(*at) != without)
        .map(|at| (at, distance(case, &points[at].timed.case)))
        .filter(|(_, d)| *d <= REACH.ln())
        .collect();
    near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    near.truncate(MOST_NEIGHBOURS);
    // The same shape has distance 0; it is asked for only when left out, and then it is not here.
    near.into_iter().map(|(at, d)| (at, 1.0 / (d * d).max(1e-12))).collect()
}

fn mean(points: &[Point], near: &[(usize, f64)]) -> f64 {
    let total: f64 = near.iter().map(|(_, w)| w).sum();
    near.iter().map(|(at, w)| points[*at].reached * w).sum::<f64>() / total
}

/// The largest error of the rule for one of the neighbours, that one left out; none if nothing is left to try it on.
fn left_out(points: &[Point], near: &[(usize, f64)]) -> Option<f64> {
    let error = |at: usize| {
        let others = neighbours(&points[at].timed.case, points, Some(at));
        (!others.is_empty()).then(|| (mean(points, &others) - points[at].reached).abs())
    };
    near.iter().filter_map(|(at, _)| error(*at)).reduce(f64::max)
}

fn distance(a: &Case, b: &Case) -> f64 {
    let axes = a.shape.iter().filter_map(|(name, x)| Some((*x, *b.shape.get(name)?)));
    axes.map(|(x, y)| (x as f64 / y as f64).ln().powi(2)).sum::<f64>().sqrt()
}
