//! Pictures of costs: both costs along every role that could turn them, and what moves them most.
//! Prices nothing; the curves are `cost`'s.

use super::{Axis, Bar, Bars, Line, Lines, Mark, Picture};
use crate::{
    cost::{Comparison, Curve, Swing, Turn},
    formula::{Summary, Unit},
    report::number::{decimal, plain},
};

/// Points along a curve.
const POINTS: usize = 72;
/// Most bars of a tornado.
const BARS: usize = 14;

/// All pictures of a comparison.
pub fn pictures(found: &mut Comparison, model: Option<&str>) -> Vec<Picture> {
    let mut pictures = Vec::new();
    let about = model.map(|m| format!("{m}, ")).unwrap_or_default();
    for pair in 0..found.pairs.len() {
        let (first, second) = (found.pairs[pair].first, found.pairs[pair].second);
        let names = [&found.sides[first].name, &found.sides[second].name].map(Clone::clone);
        let against = format!("{}-{}", names[0], names[1]);
        for turn in found.pairs[pair].turns.clone() {
            let curve = found.curve(pair, &turn, &along(turn.range));
            let sides = [first, second].map(|s| &found.sides[s]);
            let words = sides.map(|s| format!("{}: {}{}", s.name, s.scenario, on(&s.device)));
            let unit = sides[0].priced.unit();
            let role = turn.role.replace(" = ", "-");
            let svg = curves(&turn, &curve, &words, &names, &unit, &about).svg();
            pictures.push(Picture::of(&format!("{against}-over-{role}"), svg));
        }
        let pair = &found.pairs[pair];
        if !pair.tornado.is_empty() {
            let title = format!("{about}what moves {} / {}", names[0], names[1]);
            let axis = format!("median of the cost of {} / cost of {}", names[0], names[1]);
            let svg = tornado(title, axis, &pair.tornado, pair.ratio.median, found.draws).svg();
            pictures.push(Picture::of(&format!("{against}-tornado"), svg));
        }
    }
    for side in &found.sides {
        let (Some(answer), false) = (side.priced.answer(), side.tornado.is_empty()) else { continue };
        let title = format!("{about}what moves the cost of {}: {}{}", side.name, side.scenario, on(&side.device));
        let axis = format!("median cost, {}", side.priced.unit());
        let svg = tornado(title, axis, &side.tornado, answer.median, found.draws).svg();
        pictures.push(Picture::of(&format!("{}-tornado", side.name), svg));
    }
    pictures
}

fn on(device: &str) -> String {
    if device.is_empty() { String::new() } else { format!(" on {device}") }
}

/// Evenly from end to end.
fn along((low, high): (f64, f64)) -> Vec<f64> {
    (0..=POINTS).map(|i| low + (high - low) * i as f64 / POINTS as f64).collect()
}

fn curves(turn: &Turn, curve: &Curve, words: &[String; 2], names: &[String; 2], unit: &Unit, about: &str) -> Lines {
    let line = |name: &String, summaries: &[Summary]| Line {
        name: name.clone(),
        points: curve.at.iter().copied().zip(summaries.iter().map(|s| s.median)).collect(),
        band: curve.at.iter().zip(summaries).map(|(x, s)| (*x, s.low, s.high)).collect(),
    };
    let ends = curve.first.iter().chain(&curve.second).flat_map(|s| [s.low, s.median, s.high]);
    let spelt = if turn.unit.text() == "1" { String::new() } else { format!(", {}", turn.unit) };
    let (below, above) = if turn.first_above { (&names[1], &names[0]) } else { (&names[0], &names[1]) };
    let said = match turn.value {
        Some(x) => {
            format!("{below} is cheaper below {}, {above} above, the other inputs at their modes", decimal(x, 3))
        }
        None => format!("{above} is cheaper throughout, the other inputs at their modes"),
    };
    // The medians of skewed costs cross elsewhere than the costs at the modes: both are marked.
    let modes = turn.value.map(|x| Mark { x, y: None, text: format!("break-even at the modes: {}", decimal(x, 3)) });
    let medians =
        crossing(curve).map(|(x, y)| Mark { x, y: Some(y), text: format!("medians cross: {}", decimal(x, 3)) });
    Lines {
        title: format!("{about}{} against {} over {}", names[0], names[1], turn.role),
        subtitle: format!("Lines: median; bands: 5 to 95 % of {} draws. {said}", curve.draws),
        x: Axis::linear(format!("{}: {}{spelt}", turn.role, turn.meaning), turn.range.0, turn.range.1),
        y: Axis::around(format!("cost, {unit}"), ends),
        lines: vec![line(&words[0], &curve.first), line(&words[1], &curve.second)],
        marks: modes.into_iter().chain(medians).collect(),
    }
}

/// Where the median lines cross first.
fn crossing(curve: &Curve) -> Option<(f64, f64)> {
    let gap = |i: usize| curve.first[i].median - curve.second[i].median;
    let at = (1..curve.at.len()).find(|&i| gap(i - 1) * gap(i) < 0.0)?;
    let t = gap(at - 1) / (gap(at - 1) - gap(at));
    let between = |a: f64, b: f64| a + (b - a) * t;
    let (before, after) = (curve.second[at - 1].median, curve.second[at].median);
    Some((between(curve.at[at - 1], curve.at[at]), between(before, after)))
}

fn tornado(title: String, axis: String, swings: &[Swing], middle: f64, draws: usize) -> Bars {
    let shown = &swings[..swings.len().min(BARS)];
    let ends = shown.iter().flat_map(|s| [s.at_low, s.at_high]).chain([middle]);
    let left_out = match swings.len() - shown.len() {
        0 => String::new(),
        n => format!("; {n} that move it less are left out"),
    };
    Bars {
        title,
        subtitle: format!(
            "Each input held at its low, then at its high, the others drawn {draws} times on the same random numbers{left_out}"
        ),
        axis: Axis::around(axis, ends),
        middle: Some((middle, "nothing held,".to_owned())),
        bars: shown.iter().map(bar).collect(),
    }
}

fn bar(swing: &Swing) -> Bar {
    Bar {
        name: swing.input.clone(),
        low: (swing.at_low, plain(swing.ends.0)),
        high: (swing.at_high, plain(swing.ends.1)),
    }
}
