//! Costs side by side: ratios, who is cheaper how often, where it turns, what moves it.
//! Fills no role and prints nothing.

use super::{
    hybrid::{Share, behind, feeds},
    known::{KnownAnswer, known_answers},
    price::{Priced, priced},
    query::{CostError, Query},
    setup::Setup,
    tornado::{Swing, corners, swings},
    trial::Trial,
    turn::{Turn, turns},
};
use crate::{
    catalog::Catalog,
    formula::{Summary, Unit},
};

/// One who pays.
#[derive(Debug, Clone)]
pub struct Party<'q> {
    /// own, rent, edge, cloud, api.
    pub name: &'q str,
    /// What it pays for.
    pub query: Query<'q>,
}

/// What is to be compared.
#[derive(Debug, Clone)]
pub struct Asked<'q> {
    /// The sides, in the order of their columns. A hybrid needs an `edge` and a `cloud`.
    pub parties: Vec<Party<'q>>,
    /// What goes on from the edge to the cloud, if a hybrid is asked for.
    pub share: Option<Share>,
    /// Draws of every input.
    pub draws: usize,
    /// The same seed gives the same bits.
    pub seed: u64,
}

/// A cost with its name.
#[derive(Debug, Clone)]
pub struct CostSide {
    /// own, rent, edge, cloud, api, hybrid.
    pub name: String,
    /// The scenario; of a hybrid both.
    pub scenario: String,
    /// The device; of a hybrid both.
    pub device: String,
    /// What it came to.
    pub priced: Priced,
    /// Which inputs move the answer, in its unit, widest first.
    pub tornado: Vec<Swing>,
    /// Published totals of the same thing.
    pub known: Vec<KnownAnswer>,
}

/// Two sides against each other.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Number of the first side.
    pub first: usize,
    /// Number of the second.
    pub second: usize,
    /// The first's cost over the second's.
    pub ratio: Summary,
    /// Share of draws in which the first is the cheaper.
    pub first_cheaper: f64,
    /// Where it turns, by role.
    pub turns: Vec<Turn>,
    /// Which inputs move the ratio, widest first.
    pub tornado: Vec<Swing>,
    /// Share of the corners of the inputs' ranges at which the same side is cheaper as at the modes: a footnote.
    pub corners: Option<f64>,
}

/// Everything found.
#[derive(Debug, Clone)]
pub struct Comparison<'c> {
    /// Every side.
    pub sides: Vec<CostSide>,
    /// Every two of them, but an edge and the hybrid that holds it.
    pub pairs: Vec<Pair>,
    /// Draws of every input.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
    pub(super) trial: Trial<'c>,
}

/// Prices every side and compares them.
///
/// # Errors
/// As [`super::price`], for any side; or a hybrid without its sides.
pub fn compare<'c>(catalog: &'c Catalog, asked: &Asked) -> Result<Comparison<'c>, CostError> {
    let setups = asked.parties.iter().map(|p| Setup::of(catalog, &p.query)).collect::<Result<Vec<_>, _>>()?;
    let (mut setups, mut fed) = (setups, vec![]);
    let mut names: Vec<(String, String, String)> = asked
        .parties
        .iter()
        .map(|p| (p.name.to_owned(), p.query.scenario.to_owned(), p.query.device.to_owned()))
        .collect();
    if let Some(share) = asked.share {
        let side = |name: &'static str| {
            let known = || asked.parties.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
            let at = asked.parties.iter().position(|p| p.name == name);
            at.ok_or_else(|| CostError::Unknown { kind: "side", id: name.to_owned(), known: known() })
        };
        let (edge, cloud) = (side("edge")?, side("cloud")?);
        let both = behind(catalog, &mut setups, (edge, cloud), share)?;
        fed = feeds(&both, setups.len(), (edge, cloud));
        setups.push(both);
        let join = |f: fn(&(String, String, String)) -> &String| format!("{} + {}", f(&names[edge]), f(&names[cloud]));
        names.push(("hybrid".to_owned(), join(|n| &n.1), join(|n| &n.2)));
    }
    let hybrid = asked.share.map(|_| setups.len() - 1);
    let mut trial = Trial::of(setups, fed, asked.draws, asked.seed);
    let (priced, answers) = priced(&mut trial);
    let labels: Vec<&str> = names.iter().map(|n| n.0.as_str()).collect();
    let couples: Vec<(usize, usize)> = (0..labels.len())
        .flat_map(|a| (a + 1..labels.len()).map(move |b| (a, b)))
        .filter(|&(a, b)| Some(b) != hybrid || labels[a] != "edge")
        // What is asked about a hybrid is whether it beats the others.
        .map(|(a, b)| if Some(b) == hybrid { (b, a) } else { (a, b) })
        .collect();
    let units: Vec<Unit> = priced.iter().map(Priced::unit).collect();
    let swings = swings(&mut trial, &labels, &units, &couples);
    let mut pairs = Vec::new();
    for (&(first, second), tornado) in couples.iter().zip(swings.pairs) {
        let at_modes = answer(&priced[first]) / answer(&priced[second]);
        let ratios: Vec<f64> = answers[first].iter().zip(&answers[second]).map(|(a, b)| a / b).collect();
        let cheaper = answers[first].iter().zip(&answers[second]).filter(|(a, b)| a < b).count();
        pairs.push(Pair {
            first,
            second,
            first_cheaper: cheaper as f64 / answers[first].len().max(1) as f64,
            ratio: Summary::of(at_modes, ratios, &Unit::one()),
            turns: turns(&mut trial, &labels, (first, second)),
            corners: corners(&mut trial, (first, second), &tornado),
            tornado,
        });
    }
    let sides = names.into_iter().zip(priced).zip(swings.sides).enumerate();
    let sides = sides.map(|(at, (((name, scenario, device), priced), tornado))| CostSide {
        known: asked.parties.get(at).map_or_else(Vec::new, |p| known_answers(catalog, &p.query, &priced)),
        name,
        scenario,
        device,
        priced,
        tornado,
    });
    let sides = sides.collect();
    Ok(Comparison { sides, pairs, draws: asked.draws, seed: asked.seed, trial })
}

/// At the modes, in base units, so that sides of different units compare.
fn answer(priced: &Priced) -> f64 {
    priced.answer().map_or(f64::NAN, |a| priced.unit().to_base(a.value))
}
