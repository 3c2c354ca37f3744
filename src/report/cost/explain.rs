//! A cost step by step: every formula, the same with its numbers, what it gives.
//! Rounds for reading; programs take the unrounded numbers from the JSON.

use crate::{
    cost::CostSide,
    report::{
        claims::section,
        number::{decimal, plain},
        sheet::{Cell, Column, Sheet},
    },
};

/// The steps of one side.
pub fn steps(side: &CostSide) -> Sheet {
    let columns = vec![
        Column::text("step"),
        Column::text("formula"),
        Column::text("numbers"),
        Column::number("gives"),
        Column::number("5 %"),
        Column::number("median"),
        Column::number("95 %"),
        Column::text("unit"),
    ];
    let rows = side.priced.derived.iter().map(|step| {
        let s = &step.summary;
        let mut row =
            vec![Cell::of(&step.name), Cell::of(&step.formula), Cell::of(&step.numbers), Cell::of(plain(s.value))];
        row.extend([s.low, s.median, s.high].map(|x| Cell::of(decimal(x, 4))));
        row.push(Cell::of(step.unit.text()));
        row
    });
    section(&format!("{}: step by step", side.name), columns, rows.collect())
}
