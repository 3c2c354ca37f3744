//! Costs as tables: what a token costs, of what it is made, who is cheaper, where that turns, what it rests on.
//! Computes nothing; every number comes from `cost`.

mod explain;
mod rows;
pub(super) mod terms;

pub use explain::steps;

use super::{
    Format, Style,
    claims::section,
    number::{decimal, percent, plain},
    render_sheet,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
};
use crate::cost::{Basis, Comparison, CostSide, Filled, Pair, Sense, Turn};

/// Rows of a tornado before `--explain` is asked for.
const FEW: usize = 8;

/// A comparison to show.
#[derive(Debug, Clone, Copy)]
pub struct Costs<'c> {
    /// What was found.
    pub found: &'c Comparison<'c>,
    /// The model, where one is named.
    pub model: Option<&'c str>,
    /// True to show every input with its source, every step with its numbers, every swing.
    pub explain: bool,
}

impl Costs<'_> {
    /// All tables for people, one below the other.
    pub fn text(&self, format: Format, style: &Style) -> String {
        self.sheets().iter().map(|s| render_sheet(format, s, style)).collect::<Vec<_>>().join("\n")
    }

    /// The tables, those that there are.
    pub(crate) fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.answers(), self.terms(), self.ratios(), self.turns()];
        sheets.extend(self.tornados());
        sheets.push(self.inputs());
        if self.explain {
            sheets.extend(self.found.sides.iter().map(steps));
        }
        sheets.retain(|s| !s.is_empty());
        sheets
    }

    fn answers(&self) -> Sheet {
        let columns = vec![
            Column::text("side"),
            Column::text("scenario"),
            Column::text("device"),
            Column::number("median"),
            Column::number("5 %"),
            Column::number("95 %"),
            Column::number("at modes"),
            Column::text("unit"),
            Column::text("an hour, at modes").wide(),
            Column::text("tokens/s while busy"),
            Column::text("rests on").wide(),
        ];
        let mut notes = Notes::default();
        let mut rows = Vec::new();
        for side in &self.found.sides {
            let mut row = vec![Cell::of(&side.name), Cell::of(&side.scenario), Cell::of(&side.device)];
            let answer = side.priced.answer();
            let sense = side.priced.sense();
            let four =
                [answer.map(|a| a.median), answer.map(|a| a.low), answer.map(|a| a.high), answer.map(|a| a.value)];
            row.extend(four.map(|x| sensed(sense, x)));
            row.push(Cell::of(side.priced.unit().text()));
            let hour = side.priced.hourly.as_ref().and_then(|h| side.priced.step(h));
            row.push(
                hour.map_or_else(Cell::default, |h| Cell::of(format!("{} {}", decimal(h.summary.value, 4), h.unit))),
            );
            row.push(speed(side, &mut notes));
            row.push(rests_on(&side.priced.filled, &mut notes));
            rows.push(row);
        }
        let model = self.model.map(|m| format!(", {m}")).unwrap_or_default();
        let mut sheet = section(&format!("cost of tokens{model}"), columns, rows);
        for side in &self.found.sides {
            for known in &side.known {
                sheet.summary.push(format!(
                    "{}: published all-in cost {} ({}, {}); ours at the modes is {} of it",
                    side.name,
                    known.text,
                    known.id,
                    known.source,
                    percent(known.ratio, 3),
                ));
            }
        }
        sheet.summary.push(format!("{} draws, seed {}", self.found.draws, self.found.seed));
        sheet.notes = notes;
        sheet
    }

    fn terms(&self) -> Sheet {
        let columns = vec![
            Column::text("what is paid for"),
            Column::number("at modes"),
            Column::number("share"),
            Column::number("5 %"),
            Column::number("95 %"),
            Column::text("unit"),
        ];
        let mut sheet = Sheet { columns, ..Sheet::default() };
        for side in &self.found.sides {
            let paid = side.priced.terms.iter().filter(|t| t.summary.value != 0.0 || t.summary.high != 0.0);
            let row = |t: &crate::cost::Term| {
                let shown = |x| sensed(t.sense, Some(x));
                let mut row = vec![Cell::of(&t.what), shown(t.summary.value), Cell::of(percent(t.share, 3))];
                row.extend([t.summary.low, t.summary.high].map(shown));
                row.push(Cell::of(side.priced.unit().text()));
                row
            };
            let heading = vec![format!("{}: what the cost is made of", side.name)];
            sheet.groups.push(Group { heading, rows: paid.map(row).collect() });
        }
        sheet
    }

    fn ratios(&self) -> Sheet {
        let columns = vec![
            Column::text("cost of / cost of"),
            Column::number("median"),
            Column::number("5 %"),
            Column::number("95 %"),
            Column::number("at modes"),
            Column::text("P(cheaper)"),
        ];
        let row = |pair: &Pair| {
            let (first, second) = self.names(pair);
            let r = &pair.ratio;
            let mut row = vec![Cell::of(format!("{first} / {second}"))];
            row.extend([r.median, r.low, r.high, r.value].map(|x| sensed(pair.sense, Some(x))));
            row.push(match pair.sense {
                Sense::Neither => Cell::of("not to be told").tone(Tone::Doubt),
                sense => Cell::of(format!("{first} {}{:.2}", sense.reversed().sign(), pair.first_cheaper)),
            });
            row
        };
        let mut sheet = section("who is cheaper", columns, self.found.pairs.iter().map(row).collect());
        for pair in &self.found.pairs {
            let (first, second) = self.names(pair);
            sheet.summary.extend(bounded(self.found, pair));
            sheet.summary.push(match pair.corners {
                Some(share) => format!(
                    "{first} / {second}: {} of the corners of the inputs' ranges agree with the modes; corners are not \
                     equally likely",
                    percent(share, 3)
                ),
                None => format!("{first} / {second}: {} inputs move it, too many corners to try", pair.tornado.len()),
            });
        }
        sheet
    }

    fn turns(&self) -> Sheet {
        let columns = vec![
            Column::text("role"),
            Column::number("now"),
            Column::number("break-even"),
            Column::text("unit"),
            Column::text("cheaper below"),
            Column::text("cheaper above"),
            Column::text("looked in"),
        ];
        let mut sheet = Sheet { columns, ..Sheet::default() };
        for pair in self.told() {
            let (first, second) = self.names(pair);
            let row = |turn: &Turn| {
                let (below, above) = if turn.first_above { (second, first) } else { (first, second) };
                let below = if turn.value.is_some() { below } else { above };
                vec![
                    Cell::of(&turn.role),
                    Cell::of(plain(turn.now)),
                    turn.value.map_or_else(|| Cell::of("none in range").tone(Tone::Faint), |x| Cell::of(decimal(x, 4))),
                    Cell::of(if turn.unit.text() == "1" { "" } else { turn.unit.text() }),
                    Cell::of(below),
                    Cell::of(above),
                    Cell::of(format!("{} to {}", plain(turn.range.0), plain(turn.range.1))),
                ]
            };
            let heading = vec![format!("{first} against {second}: break-even of each role, the others at their modes")];
            sheet.groups.push(Group { heading, rows: pair.turns.iter().map(row).collect() });
        }
        sheet
    }

    /// Of a pair its ratio; of a side alone its cost.
    fn tornados(&self) -> Vec<Sheet> {
        let most = if self.explain { usize::MAX } else { FEW };
        let sheet = |heading: String, swings: &[crate::cost::Swing]| {
            let columns = vec![
                Column::text("input"),
                Column::text("low to high"),
                Column::number("held low"),
                Column::number("held high"),
            ];
            let row = |s: &crate::cost::Swing| {
                let unit = if s.unit.text() == "1" { String::new() } else { format!(" {}", s.unit) };
                vec![
                    Cell::of(&s.input),
                    Cell::of(format!("{} to {}{unit}", plain(s.ends.0), plain(s.ends.1))),
                    number(Some(s.at_low)),
                    number(Some(s.at_high)),
                ]
            };
            let mut sheet = section(&heading, columns, swings.iter().take(most).map(row).collect());
            if swings.len() > most {
                sheet.summary.push(format!(
                    "{} inputs that move it less are left out; --explain shows them",
                    swings.len() - most
                ));
            }
            sheet
        };
        if let [side] = &self.found.sides[..] {
            let heading = format!("tornado: median of the cost of {}, in {}", side.name, side.priced.unit());
            return vec![sheet(heading, &side.tornado)];
        }
        let pairs = self.told().map(|pair| {
            let (first, second) = self.names(pair);
            sheet(format!("tornado: median of {first} / {second}"), &pair.tornado)
        });
        pairs.collect()
    }

    fn inputs(&self) -> Sheet {
        let mut columns = vec![
            Column::text("role"),
            Column::text("value (low to high)"),
            Column::text("basis"),
            Column::text("source"),
            Column::text("filled by"),
        ];
        if self.explain {
            columns.extend([
                Column::text("drawn"),
                Column::text("confidence"),
                Column::text("what"),
                Column::text("note"),
            ]);
        }
        let mut sheet = Sheet { columns, ..Sheet::default() };
        for side in &self.found.sides {
            let row = |f: &Filled| {
                let mut basis = Cell::of(f.basis.name());
                if f.unsourced() {
                    basis.push(sheet.notes.mark(UNSOURCED_NOTE));
                    basis = basis.tone(Tone::Doubt);
                }
                if f.basis.bounds() {
                    basis.push(sheet.notes.mark(BOUND_NOTE));
                    basis = basis.tone(Tone::Doubt);
                }
                if f.basis == Basis::Default {
                    basis.push(sheet.notes.mark(DEFAULT_NOTE));
                    basis = basis.tone(Tone::Doubt);
                }
                let mut row = vec![Cell::of(&f.role), Cell::of(&f.text), basis, some(&f.source), Cell::of(&f.by)];
                if self.explain {
                    row.extend([Cell::of(f.distribution()), some(&f.confidence), Cell::of(&f.meaning)]);
                    row.push(f.note.as_ref().map_or_else(Cell::default, Cell::of));
                }
                row
            };
            let rows = side.priced.filled.iter().map(row).collect();
            sheet.groups.push(Group { heading: vec![format!("{}: what it rests on", side.name)], rows });
        }
        sheet
    }

    /// Pairs of which something can be told: not those of two bounds.
    fn told(&self) -> impl Iterator<Item = &Pair> {
        self.found.pairs.iter().filter(|p| p.sense != Sense::Neither)
    }

    fn names(&self, pair: &Pair) -> (&str, &str) {
        (&self.found.sides[pair.first].name, &self.found.sides[pair.second].name)
    }
}

/// What a bound does to who is cheaper, in words; none where nothing is a bound.
pub(super) fn bounded(found: &Comparison, pair: &Pair) -> Option<String> {
    let (first, second) = (&found.sides[pair.first].name, &found.sides[pair.second].name);
    let said = match pair.sense {
        Sense::Estimate => {
            let bound = |at: usize| found.sides[at].priced.sense() != Sense::Estimate;
            return (bound(pair.first) && bound(pair.second)).then(|| {
                format!("{first} / {second}: both costs are bounds on one throughput, which cancels: the ratio is none")
            });
        }
        Sense::Neither => {
            return Some(format!(
                "{first} / {second}: both throughputs are bounds, of different devices or points: their ratio is \
                 neither at least nor at most this, and says not who is cheaper; measure one of them, or give \
                 --throughput"
            ));
        }
        Sense::AtLeast => (first, second),
        Sense::AtMost => (second, first),
    };
    // The one that may well be dearer than shown, and the other.
    let (bound, other) = said;
    let cheaper = if pair.ratio.median < 1.0 { first } else { second };
    let roof = pair.turns.iter().find(|t| t.name == "tok_s" && t.now == t.range.1);
    let reached = roof.and_then(|t| Some(percent(t.value? / t.now, 3)));
    let said = match (cheaper == other, reached) {
        (true, _) => format!("that {other} is the cheaper holds all the more"),
        (false, Some(reached)) => {
            format!(
                "that {bound} is the cheaper holds, at the modes, only where it reaches {reached} of that throughput \
                 or more"
            )
        }
        (false, None) => {
            format!("at the modes {bound} stays the cheaper at any share of that throughput that was looked at")
        }
    };
    Some(format!(
        "{first} / {second}: the throughput behind {bound} is a bound, its cost at least what is shown: {said}"
    ))
}

/// Tokens a second with what they rest on; the serving point is a note.
fn speed(side: &CostSide, notes: &mut Notes) -> Cell {
    let Some(t) = &side.throughput else { return Cell::default() };
    let bound = t.basis.bounds();
    let spread =
        if t.low == t.high { String::new() } else { format!(" ({} to {})", decimal(t.low, 4), decimal(t.high, 4)) };
    let sign = if bound { "≤ " } else { "" };
    let mut cell = Cell::of(format!("{sign}{}{spread}, {}", decimal(t.mode, 4), t.basis.name()));
    if !t.note.is_empty() {
        cell.push(notes.mark(&t.note));
    }
    if bound { cell.tone(Tone::Doubt) } else { cell }
}

fn sensed(sense: Sense, x: Option<f64>) -> Cell {
    x.map_or_else(Cell::default, |x| Cell::of(format!("{}{}", sense.sign(), decimal(x, 4))))
}

const UNSOURCED_NOTE: &str = "unsourced: a recollection or a plain assumption; no source says so";
const BOUND_NOTE: &str = "a bound: no more is possible, and how much of it is reached nobody has measured";
const DEFAULT_NOTE: &str = "default: nobody says anything, and the formula's own value stands; change it with --set";

/// `9 published, 2 unsourced [1]`.
fn rests_on(filled: &[Filled], notes: &mut Notes) -> Cell {
    let mut counts: Vec<(Basis, usize)> = Vec::new();
    for f in filled {
        match counts.iter_mut().find(|(basis, _)| *basis == f.basis) {
            Some((_, n)) => *n += 1,
            None => counts.push((f.basis, 1)),
        }
    }
    let words: Vec<_> = counts.iter().map(|(basis, n)| format!("{n} {}", basis.name())).collect();
    let mut cell = Cell::of(words.join(", "));
    if counts.iter().any(|(basis, _)| *basis == Basis::Unsourced) {
        cell.push(notes.mark(UNSOURCED_NOTE));
    }
    cell
}

fn number(x: Option<f64>) -> Cell {
    x.map_or_else(Cell::default, |x| Cell::of(decimal(x, 4)))
}

fn some(text: &str) -> Cell {
    if text.is_empty() { Cell::default() } else { Cell::of(text) }
}
