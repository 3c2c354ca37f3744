//! Pictures of claims: which inputs move the headline's share of draws.
//! Judges nothing; the swings are `claim`'s.

use super::{Axis, Bar, Bars, Picture};
use crate::{claim::Outcome, report::number::plain};

/// Most bars of a tornado.
const BARS: usize = 14;

/// The tornado of a claim; none if no input moves it.
pub fn tornado(outcome: &Outcome) -> Option<Picture> {
    let shown = &outcome.tornado[..outcome.tornado.len().min(BARS)];
    let (verdict, share) = outcome.headline.shares.first().filter(|_| !shown.is_empty())?;
    let range = |name: &str| {
        let input = outcome.inputs.iter().find(|i| i.name == name);
        let unit = input.map(|i| i.unit.text()).filter(|u| *u != "1").map(|u| format!(" {u}")).unwrap_or_default();
        input.map_or((String::new(), String::new()), |i| (plain(i.low), format!("{}{unit}", plain(i.high))))
    };
    let bars = shown.iter().map(|s| {
        let (low, high) = range(&s.input);
        Bar { name: s.input.clone(), low: (s.at_low, low), high: (s.at_high, high) }
    });
    let picture = Bars {
        title: format!("{}: {}", outcome.claim.id, outcome.headline.text()),
        subtitle: format!(
            "Share of draws that say {verdict}, each input held at its low, then at its high, the others drawn"
        ),
        axis: Axis::linear(format!("share of draws: {verdict}"), 0.0, 1.0),
        middle: Some((*share, "nothing held,".to_owned())),
        bars: bars.collect(),
    };
    Some(Picture::of(&format!("{}-tornado", outcome.claim.id), picture.svg()))
}
