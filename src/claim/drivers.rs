//! Which inputs carry the verdicts: over all claims of a topic, those that move the most of them.
//! Draws nothing; the tornados of the claims did.

use super::evaluate::{Basis, InputResult, Outcome};
use crate::formula::CellId;

/// Inputs of a topic that a table shows.
pub const DRIVERS: usize = 5;
/// A share of draws moved by less than this has not been moved.
const MOVED: f64 = 0.1;

/// An input and the claims that it moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Driver {
    /// The topic of the claims.
    pub topic: String,
    /// How many claims of the topic are drawn.
    pub of: usize,
    /// The input, as its first claim calls it.
    pub input: String,
    /// What it rests on.
    pub basis: Basis,
    /// Key of its source; empty if set or measured.
    pub source: String,
    /// The claims whose draws it moves, the widest first.
    pub claims: Vec<Moved>,
    cell: CellId,
}

/// A claim whose draws an input moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The claim.
    pub id: String,
    /// Its most frequent verdict.
    pub verdict: String,
    /// Share of draws with it, the input held low.
    pub at_low: f64,
    /// The same, held high.
    pub at_high: f64,
    /// True if the most frequent verdict is another at one of the ends.
    pub turns: bool,
}

impl Moved {
    fn width(&self) -> f64 {
        (self.at_high - self.at_low).abs()
    }
}

impl Driver {
    /// How many verdicts another value within the range turns.
    pub fn turned(&self) -> usize {
        self.claims.iter().filter(|c| c.turns).count()
    }
}

/// The inputs that move claims, by topic; within one, those that turn the most verdicts first. At most `most` a topic.
pub fn drivers(outcomes: &[Outcome], most: usize) -> Vec<Driver> {
    let mut topics: Vec<&str> = outcomes.iter().map(|o| o.claim.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    let of = |topic: &str| outcomes.iter().filter(|o| o.claim.topic == topic && !o.headline.shares.is_empty()).count();
    topics.sort_by_key(|t| std::cmp::Reverse(of(t)));
    let mut all = Vec::new();
    for topic in topics {
        let mut found: Vec<Driver> = Vec::new();
        for outcome in outcomes.iter().filter(|o| o.claim.topic == topic) {
            for (input, moved) in moved(outcome) {
                match found.iter_mut().find(|d| d.cell == input.cell) {
                    Some(driver) => driver.claims.push(moved),
                    None => found.push(Driver {
                        topic: topic.to_owned(),
                        of: of(topic),
                        input: full_name(outcome, input),
                        basis: input.basis,
                        source: input.source.clone(),
                        claims: vec![moved],
                        cell: input.cell,
                    }),
                }
            }
        }
        for driver in &mut found {
            driver.claims.sort_by(|a, b| b.width().total_cmp(&a.width()));
        }
        let widest = |d: &Driver| d.claims.first().map_or(0.0, Moved::width);
        found.sort_by(|a, b| {
            (b.turned(), b.claims.len()).cmp(&(a.turned(), a.claims.len())).then(widest(b).total_cmp(&widest(a)))
        });
        all.extend(found.into_iter().take(most));
    }
    all
}

/// `CLAIM.name`, of an input that comes from another claim as that calls it.
fn full_name(outcome: &Outcome, input: &InputResult) -> String {
    if input.name.contains('.') { input.name.clone() } else { format!("{}.{}", outcome.claim.id, input.name) }
}

/// The inputs that move the draws of a claim.
fn moved(outcome: &Outcome) -> impl Iterator<Item = (&InputResult, Moved)> {
    let verdict = outcome.headline.shares.first().map(|s| s.0.to_string()).unwrap_or_default();
    outcome.tornado.iter().filter_map(move |s| {
        let turns = s.verdict_low != s.verdict_high;
        let input = outcome.inputs.iter().find(|i| i.name == s.input).filter(|_| turns || s.width() >= MOVED)?;
        let (id, verdict) = (outcome.claim.id.clone(), verdict.clone());
        Some((input, Moved { id, verdict, at_low: s.at_low, at_high: s.at_high, turns }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::Catalog,
        claim::{Settings, evaluate},
    };

    #[test]
    fn the_widest_swings_carry_their_topic() {
        let catalog = Catalog::load(&[]).unwrap_or_else(|e| panic!("{e}"));
        let outcomes = evaluate(&catalog, &[], Settings { draws: 2000, seed: 1 });
        let found = drivers(&outcomes, 3);
        for topic in ["owned-vs-rented", "edge-vs-cloud"] {
            let of: Vec<&Driver> = found.iter().filter(|d| d.topic == topic).collect();
            assert_eq!(of.len(), 3, "{topic}");
            assert!(of.windows(2).all(|w| w[0].turned() >= w[1].turned()), "{of:?}");
        }
        for driver in &found {
            assert!(driver.turned() <= driver.claims.len() && driver.claims.len() <= driver.of, "{driver:?}");
            assert!(driver.claims.iter().all(|c| c.turns || c.width() >= MOVED), "{driver:?}");
            assert!(driver.input.contains('.'), "{driver:?}");
        }
    }
}
