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
/// The first column is not wrapped to less than this.
const NARROWEST_FIRST: usize = 12;

/// Renders a sheet.
pub(super) fn render(sheet: &Sheet, style: &Style) -> String {
    let width = style.width.max(NARROWEST);
    if sheet.is_empty() {
        return wrap(sheet.empty, "", "", width);
    }
    let layout = Layout::choose(sheet, width);
    let mut out = String::new();
    for group in sheet.groups.iter().filter(|g| !g.rows.is_empty()) {
        for (i, line) in group.heading.iter().enumerate() {
            let line = wrap(line, "", "", width);
            out.push_str(&if i == 0 && style.color { bold(&line) } else { line });
        }
        out.push_str(&table(sheet, group, &layout, width, style.color));
        out.push('\n');
    }
    for line in &sheet.summary {
        out.push_str(&wrap(line, "", "    ", width));
    }
    if !sheet.summary.is_empty() && !sheet.notes.texts().is_empty() {
        out.push('\n');
    }
    for (i, note) in sheet.notes.texts().iter().enumerate() {
        out.push_str(&wrap(note, &format!("[{}] ", i + 1), "    ", width));
    }
    format!("{}\n", out.trim_end())
}

/// Which columns are shown, how wide, and which of them with their parts below each other.
struct Layout {
    columns: Vec<usize>,
    widths: Vec<usize>,
    stacked: Vec<bool>,
}

impl Layout {
    /// Every column on one line if that fits; else without the wide-only ones, and columns are stacked until the rest
    /// fits: the one that gains most first, the first column last. If that does not do, the first column is wrapped.
    fn choose(sheet: &Sheet, width: usize) -> Layout {
        let roomy = Layout::on_one_line(sheet, sheet.used_columns(true));
        if roomy.total() <= width {
            return roomy;
        }
        let mut layout = Layout::on_one_line(sheet, sheet.used_columns(false));
        let gain = |l: &Layout, i: usize| l.widths[i].saturating_sub(natural(sheet, l.columns[i], true));
        while layout.total() > width && layout.stacked.contains(&false) {
            let unstacked = (0..layout.columns.len()).filter(|&i| !layout.stacked[i]);
            let Some(i) = unstacked.max_by_key(|&i| (i > 0, gain(&layout, i))) else { break };
            layout.widths[i] -= gain(&layout, i);
            layout.stacked[i] = true;
        }
        let others = layout.total() - layout.widths[0];
        if layout.total() > width && others + NARROWEST_FIRST <= width {
            layout.widths[0] = width - others;
        }
        layout
    }

    fn on_one_line(sheet: &Sheet, columns: Vec<usize>) -> Layout {
        let widths = columns.iter().map(|&c| natural(sheet, c, false)).collect();
        Layout { widths, stacked: vec![false; columns.len()], columns }
    }

    fn total(&self) -> usize {
        self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1)
    }
}

/// Width of a column's widest line.
fn natural(sheet: &Sheet, column: usize, stacked: bool) -> usize {
    let cells = sheet.groups.iter().flat_map(|g| &g.rows).map(|row| shown(&row[column], stacked));
    let title = std::iter::once(title(sheet, column, stacked));
    cells.chain(title).flat_map(|t| t.lines().map(display_width).collect::<Vec<_>>()).max().unwrap_or(0)
}

fn title(sheet: &Sheet, column: usize, stacked: bool) -> String {
    let title = sheet.columns[column].title;
    if stacked { title.replace(' ', "\n") } else { title.to_owned() }
}

fn table(sheet: &Sheet, group: &Group, layout: &Layout, width: usize, color: bool) -> String {
    let mut table = Table::new();
    let high = group.rows.iter().flatten().any(|cell| cell.parts.len() > 1);
    table.load_style(if layout.stacked.contains(&true) && high { STACKED } else { STYLE });
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if color {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    let shape = || layout.columns.iter().copied().zip(layout.stacked.iter().copied());
    let head = shape().map(|(c, stacked)| {
        let cell = comfy_table::Cell::new(title(sheet, c, stacked));
        if color { cell.add_attribute(Attribute::Dim) } else { cell }
    });
    table.set_header(head.collect::<Vec<_>>());
    for row in &group.rows {
        table.add_row(shape().map(|(c, stacked)| cell(&row[c], stacked)).collect::<Vec<_>>());
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

/// Wraps text after a mark, continuation lines indented.
fn wrap(line: &str, mark: &str, indent: &str, width: usize) -> String {
    let options = textwrap::Options::new(width).initial_indent(mark).subsequent_indent(indent);
    format!("{}\n", textwrap::fill(&text::plain(line), options))
}

fn bold(line: &str) -> String {
    format!("\u{1b}[1m{}\u{1b}[0m\n", line.trim_end())
}
