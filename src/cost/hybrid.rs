//! Edge first, the cloud behind it: a share of the requests goes on, and the wasted attempt is paid for.
//! Both sides are drawn together, so that what they share is one number in both.

use super::{
    fill::{Filled, fixed, spread},
    price::{Priced, priced},
    query::{CostError, Query, entry},
    setup::Setup,
    throughput::Basis,
    trial::{Feed, Trial},
};
use crate::catalog::{Catalog, CostRole};

/// Low, mode and high.
pub type Range = (f64, f64, f64);

/// What goes on from the edge to the cloud.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Share of the requests that go on.
    pub offload: Range,
    /// Edge tokens spent / asked for; none if nobody says.
    pub overhead: Option<Range>,
}

/// What is to be priced.
#[derive(Debug, Clone)]
pub struct Hybrid<'q> {
    /// The small model at the edge.
    pub edge: Query<'q>,
    /// The large model behind it.
    pub cloud: Query<'q>,
    /// What goes on.
    pub share: Share,
}

/// Prices both sides and their combination: edge, cloud, hybrid.
///
/// # Errors
/// As [`super::price`], for either side; or a share that is none.
pub fn hybrid(catalog: &Catalog, asked: &Hybrid, draws: usize, seed: u64) -> Result<Vec<Priced>, CostError> {
    let mut sides = vec![Setup::of(catalog, &asked.edge)?, Setup::of(catalog, &asked.cloud)?];
    let both = behind(catalog, &mut sides, (0, 1), asked.share)?;
    let feeds = feeds(&both, 2, (0, 1));
    sides.push(both);
    Ok(priced(&mut Trial::of(sides, feeds, draws, seed)).0)
}

/// The hybrid of two sides: edge and cloud, by their numbers.
pub(super) fn behind<'c>(
    catalog: &'c Catalog,
    sides: &mut [Setup<'c>],
    (edge, cloud): (usize, usize),
    share: Share,
) -> Result<Setup<'c>, CostError> {
    let model = entry("cost formulas", "hybrid", &catalog.costs)?;
    let mut filled = Vec::new();
    for role in &model.roles {
        let not_negative = |x: f64| (x < 0.0).then_some("it cannot be negative");
        let a_share = |x: f64| if x > 1.0 { Some("a share is from 0 to 1") } else { not_negative(x) };
        filled.push(match role.name.as_str() {
            "edge" => fed(role, &mut sides[edge]),
            "cloud" => fed(role, &mut sides[cloud]),
            "offload" => asked(role, share.offload, a_share)?,
            _ => match (share.overhead, role.absent) {
                (Some(range), _) => asked(role, range, not_negative)?,
                (None, absent) => Filled::plain(role, Basis::Default, absent.unwrap_or(f64::NAN)),
            },
        });
    }
    Setup::filled(model, filled, "edge and cloud")
}

/// Which cells of a hybrid take the answers of which sides.
pub(super) fn feeds(both: &Setup, side: usize, (edge, cloud): (usize, usize)) -> Vec<Feed> {
    let feed = |role, from| both.role(role).map(|cell| Feed { side, cell, from });
    [feed("edge", edge), feed("cloud", cloud)].into_iter().flatten().collect()
}

/// A role that is another side's answer, shown at the modes.
fn fed(role: &CostRole, side: &mut Setup) -> Filled {
    side.cone.set_modes();
    side.cone.compute(1);
    let answer = side.answers(1)[0];
    let plain = Filled::plain(role, Basis::Computed, role.unit.from_base(answer));
    Filled { by: side.model.id.clone(), given: fixed("", answer), ..plain }
}

fn asked(role: &CostRole, range: Range, refuse: impl Fn(f64) -> Option<&'static str>) -> Result<Filled, CostError> {
    let (given, text) = spread(role, &format!("hybrid.{}", role.name), range, refuse)?;
    Ok(Filled { by: "set".to_owned(), text, given, ..Filled::plain(role, Basis::Set, range.1) })
}
