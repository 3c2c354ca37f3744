//! Joules of a step from joules of its kernels, at one boundary.
//! Joules come from meters alone: no power figure of a datasheet enters here.

use super::{Basis, Evidence, Part, evidence::Timed, interpolate::Guess};
use crate::record::{Interval, WindowKind};

/// Joules of one launch.
#[derive(Debug, Clone, PartialEq)]
pub struct JoulesOf {
    /// What the meter sees.
    pub boundary: String,
    /// Length class of the windows, the shortest of several.
    pub window: WindowKind,
    /// Gross joules.
    pub joules: Interval,
}

/// Joules of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepJoules {
    /// What the meter sees.
    pub boundary: String,
    /// Length class of the windows, the shortest of several.
    pub window: WindowKind,
    /// Gross joules. The uncertainties of the parts are added, as if all erred together.
    pub joules: Interval,
}

/// The neighbours' mean power for the interpolated time, at boundaries where all of them were metered.
pub(super) fn interpolated(guess: &Guess, evidence: &Evidence) -> Vec<JoulesOf> {
    let near: Vec<&Timed> = guess.neighbours.iter().filter_map(|id| evidence.cases.get(id)).collect();
    let Some(first) = near.first() else { return vec![] };
    let one = |boundary: &str| {
        let all: Option<Vec<_>> = near.iter().map(|t| t.joules.iter().find(|j| j.boundary == boundary)).collect();
        let all = all?;
        let watts: Vec<f64> = all.iter().zip(&near).map(|(j, t)| j.joules.value / t.seconds.value).collect();
        let mean: f64 = watts.iter().zip(&guess.weights).map(|(w, share)| w * share).sum();
        let spread = watts.iter().map(|w| (w - mean).abs()).fold(0.0, f64::max) / mean;
        let meters = all.iter().map(|j| j.joules.u95 / j.joules.value).fold(0.0, f64::max);
        let value = mean * guess.seconds.value;
        let relative = spread + meters + guess.seconds.noise();
        let short = all.iter().any(|j| j.window == WindowKind::Short);
        let window = if short { WindowKind::Short } else { WindowKind::Published };
        Some(JoulesOf { boundary: boundary.to_owned(), window, joules: Interval { value, u95: value * relative } })
    };
    first.joules.iter().filter_map(|j| one(&j.boundary)).collect()
}

/// The sum over the parts, at the first boundary that all of them have.
pub(super) fn of_step(parts: &[Part], basis: Basis) -> Result<StepJoules, String> {
    if basis.bounds() {
        return Err("unmeasured: some of the time is only a bound".to_owned());
    }
    let metered = parts.iter().filter(|p| !p.joules.is_empty()).count();
    if metered < parts.len() {
        return Err(format!("unmeasured: {} of {} kernels have no joules", parts.len() - metered, parts.len()));
    }
    let at = |boundary: &str| -> Option<Vec<(f64, &JoulesOf)>> {
        parts.iter().map(|p| Some((p.op.count, p.joules.iter().find(|j| j.boundary == boundary)?))).collect()
    };
    let boundaries = parts.first().map_or(&[][..], |p| &p.joules);
    let found = boundaries.iter().find_map(|j| Some((&j.boundary, at(&j.boundary)?)));
    let (boundary, all) = found.ok_or("unmeasured: the kernels were metered at different boundaries")?;
    let sum = |f: fn(&Interval) -> f64| all.iter().map(|(count, j)| count * f(&j.joules)).sum();
    let short = all.iter().any(|(_, j)| j.window == WindowKind::Short);
    Ok(StepJoules {
        boundary: boundary.clone(),
        window: if short { WindowKind::Short } else { WindowKind::Published },
        joules: Interval { value: sum(|j| j.value), u95: sum(|j| j.u95) },
    })
}
