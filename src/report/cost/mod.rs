//! Costs as tables: what a token costs, of what it is made, who is cheaper, where that turns, what it rests on.
//! Computes nothing; every number comes from `cost`.

mod explain;
mod rows;

pub use explain::steps;

use super::{
    Format, Style,
    claims::section,
    number::{decimal, percent, plain},
    render_sheet,
    sheet::{Cell, Column, Group, Notes, Sheet, Tone},
};
use crate::cost::{Basis, Comparison, Filled, Pair, Turn};

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
        let mut sheets = vec![self.answers(), self.terms(), self.ratios(), self.turns()];
        sheets.extend(self.tornados());
        sheets.push(self.inputs());
        if self.explain {
            sheets.extend(self.found.sides.iter().map(steps));
        }
        let all = sheets.into_iter().filter(|s| !s.is_empty());
        all.map(|s| render_sheet(format, &s, style)).collect::<Vec<_>>().join("\n")
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
            Column::text("an hour, at modes"),
            Column::text("rests on"),
        ];
        let mut notes = Notes::default();
        let mut rows = Vec::new();
        for side in &self.found.sides {
            let mut row = vec![Cell::of(&side.name), Cell::of(&side.scenario), Cell::of(&side.device)];
            let answer = side.priced.answer();
            row.extend([answer.map(|a| a.median), answer.map(|a| a.low), answer.map(|a| a.high)].map(number));
            row.push(number(answer.map(|a| a.value)));
            row.push(Cell::of(side.priced.unit().text()));
            let hour = side.priced.hourly.as_ref().and_then(|h| side.priced.step(h));
            row.push(
                hour.map_or_else(Cell::default, |h| Cell::of(format!("{} {}", decimal(h.summary.value, 4), h.unit))),
            );
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
                let mut row = vec![Cell::of(&t.what), number(Some(t.summary.value)), Cell::of(percent(t.share, 3))];
                row.extend([t.summary.low, t.summary.high].map(|x| number(Some(x))));
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
            row.extend([r.median, r.low, r.high, r.value].map(|x| number(Some(x))));
            row.push(Cell::of(format!("{first} {:.2}", pair.first_cheaper)));
            row
        };
        let mut sheet = section("who is cheaper", columns, self.found.pairs.iter().map(row).collect());
        for pair in &self.found.pairs {
            let (first, second) = self.names(pair);
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
        for pair in &self.found.pairs {
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
        let pairs = self.found.pairs.iter().map(|pair| {
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

    fn names(&self, pair: &Pair) -> (&str, &str) {
        (&self.found.sides[pair.first].name, &self.found.sides[pair.second].name)
    }
}

const UNSOURCED_NOTE: &str = "unsourced: a recollection or a plain assumption; no source says so";
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
