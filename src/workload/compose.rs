//! A step from its kernels: each timed on the best basis there is, then added up.
//! Measures nothing; what is a bound stays one.

use super::{
    Evidence, Op, Records, Roofs, StepJoules,
    energy::{self, JoulesOf},
    interpolate::interpolate,
};
use crate::{catalog::Citation, measure::stats::Estimate};

/// What a time rests on, the firmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// A record of that very case on the device.
    Measured,
    /// Measured cases of the same kernel near it: the fraction of the measured roof that they reached.
    Interpolated,
    /// The device's measured ceilings: the case takes no less.
    Roof,
    /// Published figures of the device: the case takes no less.
    Published,
}

impl Basis {
    /// Every basis.
    pub const ALL: [Basis; 4] = [Basis::Measured, Basis::Interpolated, Basis::Roof, Basis::Published];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Measured => "measured",
            Basis::Interpolated => "interpolated",
            Basis::Roof => "roof",
            Basis::Published => "published",
        }
    }

    /// True if the time is what a device cannot fall below, and no estimate of what it takes.
    pub fn bounds(self) -> bool {
        self >= Basis::Roof
    }
}

/// A kernel of a step with its time.
#[derive(Debug, Clone)]
pub struct Part {
    /// The kernel.
    pub op: Op,
    /// Seconds of one launch; without an upper end if it is a bound.
    pub seconds: Estimate,
    /// What it rests on.
    pub basis: Basis,
    /// Why it rests on nothing better.
    pub because: Option<String>,
    /// Cases of records, ceilings or published figures that it was made from.
    pub against: Vec<String>,
    /// Numbers of the records that it was made from.
    pub records: Vec<usize>,
    /// Joules of one launch, an entry a boundary.
    pub joules: Vec<JoulesOf>,
}

impl Part {
    /// Seconds of all its launches.
    pub fn total(&self) -> f64 {
        self.op.count * self.seconds.value
    }
}

/// A step: all its kernels one after another.
#[derive(Debug, Clone)]
pub struct Step {
    /// The kernels.
    pub parts: Vec<Part>,
    /// Seconds. The ends are the sums of the parts' ends, as if all erred together.
    pub seconds: Estimate,
    /// The weakest basis of a part: the whole has no better.
    pub basis: Basis,
    /// Share of the time that rests on each basis.
    pub shares: Vec<(Basis, f64)>,
    /// Joules at one boundary, or why there are none.
    pub joules: Result<StepJoules, String>,
}

impl Step {
    /// Composes a step from what is known of a device, in the order of [`Basis`].
    ///
    /// # Errors
    /// A kernel that nothing says anything about, and what is missing.
    pub(super) fn compose(ops: Vec<Op>, evidence: Option<(&Evidence, &Roofs)>, bound: &Roofs) -> Result<Step, String> {
        let parts = ops.into_iter().map(|op| part(op, evidence, bound)).collect::<Result<Vec<_>, _>>()?;
        let sum = |end: fn(&Estimate) -> f64| parts.iter().map(|p| p.op.count * end(&p.seconds)).sum::<f64>();
        let seconds = Estimate { value: sum(|e| e.value), low: sum(|e| e.low), high: sum(|e| e.high) };
        let share = |b: Basis| {
            let of: f64 = parts.iter().filter(|p| p.basis == b).map(Part::total).sum();
            (of > 0.0).then(|| (b, of / seconds.value))
        };
        let basis = parts.iter().map(|p| p.basis).max().unwrap_or(Basis::Published);
        Ok(Step {
            seconds,
            basis,
            shares: Basis::ALL.into_iter().filter_map(share).collect(),
            joules: energy::of_step(&parts, basis),
            parts,
        })
    }

    /// Share of the time that rests on records of the very cases.
    pub fn measured_share(&self) -> f64 {
        self.shares.iter().find(|s| s.0 == Basis::Measured).map_or(0.0, |s| s.1)
    }

    /// The records that it was made from.
    pub fn citations(&self, records: &Records) -> Vec<Citation> {
        let mut all: Vec<Citation> = self.parts.iter().flat_map(|p| &p.records).map(|at| records.cite(*at)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// True if the time is known from both sides.
    pub fn is_estimate(&self) -> bool {
        !self.basis.bounds() && self.seconds.low > 0.0 && self.seconds.high.is_finite()
    }
}

fn part(op: Op, evidence: Option<(&Evidence, &Roofs)>, bound: &Roofs) -> Result<Part, String> {
    let mut because = op.case.as_ref().err().cloned();
    if let (Some((evidence, roofs)), Ok(case)) = (evidence, &op.case) {
        if let Some(timed) = evidence.cases.get(&op.id) {
            let (seconds, joules, records) = (timed.seconds, timed.joules.clone(), timed.from.clone());
            let against = vec![op.id.clone()];
            return Ok(Part { op, seconds, basis: Basis::Measured, because: None, against, records, joules });
        }
        match interpolate(case, evidence, roofs) {
            Ok(guess) => {
                let records = guess.neighbours.iter().flat_map(|id| &evidence.cases[id].from).copied().collect();
                let joules = energy::interpolated(&guess, evidence);
                let because = Some("no record of this very case".to_owned());
                let (seconds, against) = (guess.seconds, guess.neighbours);
                return Ok(Part { op, seconds, basis: Basis::Interpolated, because, against, records, joules });
            }
            Err(why) => because = Some(why),
        }
    }
    let least = bound.least(op.work, op.format).map_err(|why| {
        let because = because.as_ref().map(|b| format!("{b}; ")).unwrap_or_default();
        format!("{}: {because}{why}", op.id)
    })?;
    Ok(Part {
        seconds: Estimate { value: least.seconds, low: least.seconds, high: f64::INFINITY },
        basis: if least.published { Basis::Published } else { Basis::Roof },
        because,
        against: vec![least.against],
        records: vec![],
        joules: vec![],
        op,
    })
}
