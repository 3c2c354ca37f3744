//! `report`'s tables as HTML: captions, scopes, numbers flush right, footnotes that can be followed.
//! Adds no word of its own.

use maud::{Markup, html};

use super::html::scroll;
use crate::report::sheet::{Cell, Group, Notes, Sheet, Tone};

/// A sheet as one table for each group, its summary and its notes. `id` is unique on the page.
pub(super) fn tables(sheet: &Sheet, id: &str) -> Markup {
    let used = sheet.used_columns(true);
    let table = |group: &Group| {
        let caption = group.heading.join(". ");
        let caption = if caption.is_empty() { sheet.columns[0].title } else { &caption };
        let inner = html! {
            table {
                caption.hidden[group.heading.is_empty()] { (caption) }
                thead {
                    tr { @for &c in &used { th.number[sheet.columns[c].number] scope="col" { (sheet.columns[c].title) } } }
                }
                tbody {
                    @for row in &group.rows {
                        tr {
                            @for (i, &c) in used.iter().enumerate() {
                                @if i == 0 {
                                    th scope="row" { (parts(&row[c], &sheet.notes, id)) }
                                } @else {
                                    td class=[class(sheet.columns[c].number, &row[c])] { (parts(&row[c], &sheet.notes, id)) }
                                }
                            }
                        }
                    }
                }
            }
        };
        scroll(caption, inner)
    };
    html! {
        @if sheet.is_empty() {
            @if !sheet.empty.is_empty() { p.faint { (sheet.empty) } }
        } @else {
            @for group in sheet.groups.iter().filter(|g| !g.rows.is_empty()) { (table(group)) }
        }
        @if !sheet.summary.is_empty() { ul.summary { @for line in &sheet.summary { li { (line) } } } }
        (footnotes(&sheet.notes, id))
    }
}

/// Footnotes, each where its marks lead.
pub(super) fn footnotes(notes: &Notes, id: &str) -> Markup {
    html! {
        @if !notes.texts().is_empty() {
            ol.notes {
                @for (i, text) in notes.texts().iter().enumerate() { li id={ (id) "-note-" (i + 1) } { (text) } }
            }
        }
    }
}

/// A cell's parts: the first as it is, what qualifies it muted, marks as links to their notes.
pub(super) fn parts(cell: &Cell, notes: &Notes, id: &str) -> Markup {
    if let Some(line) = &cell.line {
        return html! { (line) };
    }
    html! {
        @for (i, part) in cell.parts.iter().enumerate() {
            @if i > 0 { " " }
            @if let Some(marks) = marks(part, notes) {
                @for n in marks { a.mark href={ "#" (id) "-note-" (n) } aria-label={ "note " (n) } { "[" (n) "]" } }
            } @else if i == 0 {
                (part)
            } @else {
                span.faint { (part) }
            }
        }
    }
}

/// Classes of a cell: whether it is a number, and how it is meant.
pub(super) fn class(number: bool, cell: &Cell) -> Option<String> {
    let tone = match cell.tone {
        Tone::Plain => None,
        Tone::Good => Some("good"),
        Tone::Doubt => Some("doubt"),
        Tone::Bad => Some("bad"),
        Tone::Faint => Some("faint"),
    };
    let all: Vec<_> = number.then_some("number").into_iter().chain(tone).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The numbers of a part that is nothing but marks, as in `[1][2]`, of notes that exist.
fn marks(part: &str, notes: &Notes) -> Option<Vec<usize>> {
    let inner = part.strip_prefix('[')?.strip_suffix(']')?;
    let numbers: Option<Vec<usize>> = inner.split("][").map(|n| n.parse().ok()).collect();
    numbers.filter(|all| all.iter().all(|n| (1..=notes.texts().len()).contains(n)))
}
