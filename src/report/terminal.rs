//! A table for a terminal of any width: cells on one line where they fit, their parts below each other where not.
//! Writes to nothing and asks no terminal; width and colour come from the caller.

use comfy_table::{
    Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width, presets,
};
use textwrap::core::display_width;

use super::{
    Style,
    sheet::{Cell, Group, Sheet, Tone},
    text,
};

const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::none().fill('─'));
/// Stacked rows are several lines high; a blank line keeps them apart.
const STACKED: TableStyle = STYLE.row_separator(LineStyle::none().fill(' '));
/// Blank columns between two columns.
const GAP: usize = 1;
/// Narrower than this, wrapping would leave single letters: the terminal may do as it likes with the lines.
const NARROWEST: usize = 60;

/// Renders a sheet.
pub(super) fn render(sheet: &Sheet, style: &Style) -> String {
    let width = style.width.max(NARROWEST);
    if sheet.is_empty() {
        return wrap(sheet.empty, "", width);
    }
    let layout = Layout::choose(sheet, width);
    let mut out = String::new();
    for group in sheet.groups.iter().filter(|g| !g.rows.is_empty()) {
        for (i, line) in group.heading.iter().enumerate() {
            let line = wrap(line, "", width);
            out.push_str(&if i == 0 && style.color { bold(&line) } else { line });
        }
        out.push_str(&table(sheet, group, &layout, width, style.color));
        out.push('\n');
    }
    for line in &sheet.summary {
        out.push_str(&wrap(line, "", width));
    }
    if !sheet.summary.is_empty() && !sheet.notes.texts().is_empty() {
        out.push('\n');
    }
    for (i, note) in sheet.notes.texts().iter().enumerate() {
        let mark = format!("[{}] ", i + 1);
        out.push_str(&wrap(note, &mark, width));
    }
    format!("{}\n", out.trim_end())
}

/// Which columns are shown, how wide, and whether cells are on one line.
struct Layout {
    columns: Vec<usize>,
    widths: Vec<usize>,
    stacked: bool,
}

impl Layout {
    /// The roomiest layout that fits: every column, then without the wide-only ones, then stacked.
    fn choose(sheet: &Sheet, width: usize) -> Layout {
        let candidates = [(true, false), (false, false), (true, true), (false, true)];
        let layouts = candidates.map(|(wide, stacked)| Layout::natural(sheet, sheet.used_columns(wide), stacked));
        let mut layouts = layouts.into_iter();
        let last = layouts.next_back();
        layouts.find(|l| l.total() <= width).or(last).expect("the list of candidates is not empty")
    }

    fn natural(sheet: &Sheet, columns: Vec<usize>, stacked: bool) -> Layout {
        let widest = |&c: &usize| {
            let cells = sheet.groups.iter().flat_map(|g| &g.rows).map(|row| shown(&row[c], stacked));
            let title = sheet.columns[c].title;
            let title = if stacked { title.replace(' ', "\n") } else { title.to_owned() };
            cells.chain([title]).flat_map(|t| t.lines().map(display_width).collect::<Vec<_>>()).max().unwrap_or(0)
        };
        Layout { widths: columns.iter().map(widest).collect(), columns, stacked }
    }

    fn total(&self) -> usize {
        self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1)
    }
}

fn table(sheet: &Sheet, group: &Group, layout: &Layout, width: usize, color: bool) -> String {
    let mut table = Table::new();
    table.load_style(if layout.stacked { STACKED } else { STYLE }).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if color {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    let title = |&c: &usize| {
        let cell = comfy_table::Cell::new(sheet.columns[c].title);
        if color { cell.add_attribute(Attribute::Dim) } else { cell }
    };
    table.set_header(layout.columns.iter().map(title).collect::<Vec<_>>());
    for row in &group.rows {
        table.add_row(layout.columns.iter().map(|&c| cell(&row[c], layout.stacked)).collect::<Vec<_>>());
    }
    let fits = layout.total() <= width;
    for (i, (&c, &wide)) in layout.columns.iter().zip(&layout.widths).enumerate() {
        let Some(column) = table.column_mut(i) else { continue };
        let gap = if i + 1 < layout.columns.len() { GAP as u16 } else { 0 };
        column.set_padding((0, gap));
        if sheet.columns[c].number {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if fits {
            // The same widths in every group, so that columns stand below each other throughout.
            let wide = u16::try_from(wide).unwrap_or(u16::MAX).saturating_add(gap);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(wide)));
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn shown(cell: &Cell, stacked: bool) -> String {
    let lines: Vec<_> = if stacked { cell.parts.clone() } else { vec![cell.one_line()] };
    lines.iter().map(|part| text::plain(part)).collect::<Vec<_>>().join("\n")
}

fn cell(cell: &Cell, stacked: bool) -> comfy_table::Cell {
    let content = comfy_table::Cell::new(shown(cell, stacked));
    match cell.tone {
        Tone::Plain => content,
        Tone::Good => content.fg(Color::Green),
        Tone::Doubt => content.fg(Color::Yellow),
        Tone::Bad => content.fg(Color::Red),
        Tone::Faint => content.add_attribute(Attribute::Dim),
    }
}

/// Wraps text after a mark, continuation lines below the text.
fn wrap(line: &str, mark: &str, width: usize) -> String {
    let indent = " ".repeat(display_width(mark));
    let options = textwrap::Options::new(width).initial_indent(mark).subsequent_indent(&indent);
    format!("{}\n", textwrap::fill(&text::plain(line), options))
}

fn bold(line: &str) -> String {
    format!("\u{1b}[1m{}\u{1b}[0m\n", line.trim_end())
}
