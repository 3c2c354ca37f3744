//! A claim over draws: how often each verdict, and what the derived quantities came to.
//! Decides no headline.

use crate::{
    catalog::{Claim, Verdict},
    formula::{CHUNK, CellId, Cone, Distribution, Formula, Given, NONE_HOLDS, Stream, System},
};

/// How often each verdict was the first that held.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    counts: [u64; Verdict::ALL.len()],
}

impl Tally {
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

/// An input to hold at its low, then at its high, instead of drawing it.
pub(super) type Held = (CellId, [f64; 2]);

/// A claim ready to be evaluated.
#[derive(Debug, Clone)]
pub(super) struct Trial<'c> {
    claim: &'c Claim,
    cone: Cone,
    given: Vec<(CellId, Given)>,
    /// Of each condition, by number in [`Verdict::ALL`].
    verdicts: Vec<usize>,
    catch_all: Option<Verdict>,
    /// Of each draw of a chunk: the first condition that holds, and 0 if all is finite.
    first: Vec<u16>,
    sound: Vec<f64>,
}

impl<'c> Trial<'c> {
    /// `None` if the system did not pass its check.
    pub(super) fn of(system: &System, claim: &'c Claim) -> Option<Trial<'c>> {
        let targets: Vec<CellId> = claim.derived.iter().map(|d| d.cell).collect();
        let conditions: Vec<&Formula> = claim.rules.iter().filter_map(|r| r.when.as_ref()).collect();
        let cone = Cone::of(system, &targets, &conditions, &claim.scope)?;
        Some(Trial {
            given: cone.given().map(|(id, g)| (id, g.clone())).collect(),
            verdicts: claim.rules.iter().filter(|r| r.when.is_some()).map(|r| number(r.verdict)).collect(),
            catch_all: claim.rules.iter().find(|r| r.when.is_none()).map(|r| r.verdict),
            first: vec![NONE_HOLDS; CHUNK],
            sound: vec![0.0; CHUNK],
            claim,
            cone,
        })
    }

    /// The given quantities that the claim rests on, those of other claims included.
    pub(super) fn given(&self) -> &[(CellId, Given)] {
        &self.given
    }

    /// Runs all draws as they are drawn, then with each of `held` at its low and at its high, on the same random numbers.
    /// The tallies stand in that order; the derived values of the first are handed back, in base units.
    pub(super) fn run(&mut self, draws: usize, seed: u64, held: &[Held]) -> (Vec<Tally>, Vec<Vec<f64>>) {
        let mut tallies = vec![Tally::default(); 1 + 2 * held.len()];
        let mut kept = vec![Vec::with_capacity(draws); self.claim.derived.len()];
        let mut streams: Vec<Stream> = self.given.iter().map(|(_, g)| Stream::new(seed, &g.key)).collect();
        let mut drawn = vec![vec![0.0; CHUNK]; self.given.len()];
        // What an input does not change is not computed again.
        let downstream: Vec<_> = held
            .iter()
            .filter_map(|(cell, ends)| {
                let at = self.given.iter().position(|(id, _)| id == cell)?;
                Some((self.cone.downstream(*cell)?, at, *ends))
            })
            .collect();
        let mut done = 0;
        while done < draws {
            let n = CHUNK.min(draws - done);
            for ((stream, column), (id, given)) in streams.iter_mut().zip(&mut drawn).zip(&self.given) {
                stream.fill(&given.distribution, &mut column[..n]);
                self.cone.column(*id)[..n].copy_from_slice(&column[..n]);
            }
            self.cone.compute(n);
            self.cone.keep(n);
            self.count(n, &mut tallies[0]);
            for (derived, kept) in self.claim.derived.iter().zip(&mut kept) {
                kept.extend_from_slice(&self.cone.column(derived.cell)[..n]);
            }
            for ((downstream, at, ends), pair) in downstream.iter().zip(tallies[1..].chunks_mut(2)) {
                for (x, tally) in ends.iter().zip(pair) {
                    self.cone.compute_with(downstream, *x, n);
                    self.count(n, tally);
                }
                self.cone.restore(downstream, &drawn[*at], n);
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
            self.cone.compute(chunk.len());
            self.judge(chunk.len());
            verdicts.extend((0..chunk.len()).map(|i| Verdict::ALL[self.verdict(i)]));
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
        let first = Some(usize::from(self.first[0])).filter(|_| self.first[0] != NONE_HOLDS);
        let rule = first.or(catch_all).filter(|_| verdict != Verdict::InsufficientData);
        let values = self.claim.derived.iter().map(|d| self.cone.column(d.cell)[0]).collect();
        (verdict, rule, values)
    }

    /// Of the first `n` draws as computed: which condition holds, and whether all is finite.
    fn judge(&mut self, n: usize) {
        self.cone.first_that_holds(n, &mut self.first);
        self.cone.sound(n, &mut self.sound);
    }

    /// The verdict of a draw that was judged, by its number.
    fn verdict(&self, i: usize) -> usize {
        let unknown = || number(self.catch_all.unwrap_or(Verdict::InsufficientData));
        match self.verdicts.get(usize::from(self.first[i])) {
            _ if self.sound[i] != 0.0 => number(Verdict::InsufficientData),
            Some(verdict) => *verdict,
            // No rule holds: the last one says so, or nothing is known.
            None => unknown(),
        }
    }

    fn count(&mut self, n: usize, tally: &mut Tally) {
        self.judge(n);
        for i in 0..n {
            tally.counts[self.verdict(i)] += 1;
        }
    }
}

/// The number of a verdict in [`Verdict::ALL`].
fn number(verdict: Verdict) -> usize {
    Verdict::ALL.iter().position(|v| *v == verdict).unwrap_or(0)
}

/// True if a given quantity is drawn.
pub(super) fn varies(given: &Given) -> bool {
    !matches!(given.distribution, Distribution::Fixed(_))
}
