//! A claim over draws: how often each verdict, and what the derived quantities came to.
//! Decides no headline.

use crate::{
    catalog::{Claim, Verdict},
    formula::{CHUNK, CellId, Cone, Distribution, Formula, Given, Stream, System},
};

/// How often each verdict was the first that held.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    counts: [u64; Verdict::ALL.len()],
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        if let Some(at) = Verdict::ALL.iter().position(|v| *v == verdict) {
            self.counts[at] += 1;
        }
    }

    /// Share of draws with a verdict.
    pub(super) fn share(&self, verdict: Verdict) -> f64 {
        let all: u64 = self.counts.iter().sum();
        let of = Verdict::ALL.iter().position(|v| *v == verdict).map_or(0, |at| self.counts[at]);
        if all == 0 { 0.0 } else { of as f64 / all as f64 }
    }

    /// Verdicts with their shares, the most frequent first.
    pub(super) fn ranked(&self) -> Vec<(Verdict, f64)> {
        let mut ranked: Vec<_> = Verdict::ALL.iter().map(|v| (*v, self.share(*v))).filter(|(_, s)| *s > 0.0).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The most frequent verdict.
    pub(super) fn first(&self) -> Verdict {
        self.ranked().first().map_or(Verdict::InsufficientData, |r| r.0)
    }
}

/// An input held at a value instead of being drawn.
pub(super) type Held = Option<(CellId, f64)>;

/// A claim ready to be evaluated.
#[derive(Debug, Clone)]
pub(super) struct Trial<'c> {
    claim: &'c Claim,
    cone: Cone,
    given: Vec<(CellId, Given)>,
    verdicts: Vec<Verdict>,
    catch_all: Option<Verdict>,
    first: Vec<Option<usize>>,
}

impl<'c> Trial<'c> {
    /// `None` if the system did not pass its check.
    pub(super) fn of(system: &System, claim: &'c Claim) -> Option<Trial<'c>> {
        let targets: Vec<CellId> = claim.derived.iter().map(|d| d.cell).collect();
        let conditions: Vec<&Formula> = claim.rules.iter().filter_map(|r| r.when.as_ref()).collect();
        let cone = Cone::of(system, &targets, &conditions, &claim.scope)?;
        Some(Trial {
            given: cone.given().map(|(id, g)| (id, g.clone())).collect(),
            verdicts: claim.rules.iter().filter(|r| r.when.is_some()).map(|r| r.verdict).collect(),
            catch_all: claim.rules.iter().find(|r| r.when.is_none()).map(|r| r.verdict),
            first: vec![None; CHUNK],
            claim,
            cone,
        })
    }

    /// The given quantities that the claim rests on, those of other claims included.
    pub(super) fn given(&self) -> &[(CellId, Given)] {
        &self.given
    }

    /// Runs all draws once for each held input in `held`, on the same random numbers. With `keep`, the derived values
    /// of the first of them are handed back, in base units.
    pub(super) fn run(&mut self, draws: usize, seed: u64, held: &[Held], keep: bool) -> (Vec<Tally>, Vec<Vec<f64>>) {
        let mut tallies = vec![Tally::default(); held.len()];
        let mut kept = vec![Vec::with_capacity(if keep { draws } else { 0 }); self.claim.derived.len()];
        let mut streams: Vec<Stream> = self.given.iter().map(|(_, g)| Stream::new(seed, &g.key)).collect();
        let mut drawn = vec![vec![0.0; CHUNK]; self.given.len()];
        let mut done = 0;
        while done < draws {
            let n = CHUNK.min(draws - done);
            for ((stream, column), (id, given)) in streams.iter_mut().zip(&mut drawn).zip(&self.given) {
                stream.fill(&given.distribution, &mut column[..n]);
                self.cone.column(*id)[..n].copy_from_slice(&column[..n]);
            }
            for (which, (held, tally)) in held.iter().zip(&mut tallies).enumerate() {
                if let Some((cell, x)) = held {
                    self.cone.column(*cell)[..n].fill(*x);
                }
                self.judge(n, |verdict| tally.add(verdict));
                if keep && which == 0 {
                    for (derived, kept) in self.claim.derived.iter().zip(&mut kept) {
                        kept.extend_from_slice(&self.cone.column(derived.cell)[..n]);
                    }
                }
                if let Some((cell, _)) = held
                    && let Some(at) = self.given.iter().position(|(id, _)| id == cell)
                {
                    self.cone.column(*cell)[..n].copy_from_slice(&drawn[at][..n]);
                }
            }
            done += n;
        }
        (tallies, kept)
    }

    /// The verdict at points: each a value for every given quantity, in the order of [`Trial::given`].
    pub(super) fn at(&mut self, points: &[Vec<f64>]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(points.len());
        for chunk in points.chunks(CHUNK) {
            for (i, (id, _)) in self.given.iter().enumerate() {
                let column = self.cone.column(*id);
                chunk.iter().zip(column).for_each(|(point, x)| *x = point[i]);
            }
            self.judge(chunk.len(), |v| verdicts.push(v));
        }
        verdicts
    }

    /// Every given quantity at its mode.
    pub(super) fn modes(&self) -> Vec<f64> {
        self.given.iter().map(|(_, g)| g.mode).collect()
    }

    /// The verdict at the modes, the rule that gives it, and the derived values there, in base units.
    pub(super) fn at_modes(&mut self) -> (Verdict, Option<usize>, Vec<f64>) {
        let verdict = self.at(&[self.modes()])[0];
        let catch_all = self.catch_all.map(|_| self.claim.rules.len() - 1);
        let rule = self.first[0].or(catch_all).filter(|_| verdict != Verdict::InsufficientData);
        let values = self.claim.derived.iter().map(|d| self.cone.column(d.cell)[0]).collect();
        (verdict, rule, values)
    }

    fn judge(&mut self, n: usize, mut each: impl FnMut(Verdict)) {
        self.cone.compute(n);
        self.cone.first_that_holds(n, &mut self.first);
        for i in 0..n {
            let verdict = match self.first[i] {
                _ if !self.cone.finite(i) => Verdict::InsufficientData,
                Some(rule) => self.verdicts[rule],
                // No rule holds: the last one says so, or nothing is known.
                None => self.catch_all.unwrap_or(Verdict::InsufficientData),
            };
            each(verdict);
        }
    }
}

/// True if a given quantity is drawn.
pub(super) fn varies(given: &Given) -> bool {
    !matches!(given.distribution, Distribution::Fixed(_))
}
