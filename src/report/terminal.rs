//! A table for a terminal of any width: rows of one line where they fit, of as few as do where not.
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
/// Keeps rows of several lines apart by a blank one.
const SPACED: TableStyle = STYLE.row_separator(LineStyle::none().fill(' '));
/// Blank columns between two columns.
const GAP: usize = 1;
/// Narrower than this, wrapping would leave single letters: the terminal may do as it likes with the lines.
const NARROWEST: usize = 60;
/// Rows do not get higher than this to make a table narrower.
const MOST_LINES: usize = 8;

/// Renders a sheet.
pub(super) fn render(sheet: &Sheet, style: &Style) -> String {
    let width = style.width.max(NARROWEST);
    let mut out = String::new();
    if sheet.is_empty() {
        out.push_str(&wrap(sheet.empty, "", "", width));
        out.push('\n');
    }
    let layout = if sheet.is_empty() { None } else { Layout::choose(sheet, width) };
    for group in sheet.groups.iter().filter(|g| !g.rows.is_empty()) {
        for (i, line) in group.heading.iter().enumerate() {
            let line = wrap(line, "", "", width);
            out.push_str(&if i == 0 && style.color { bold(&line) } else { line });
        }
        out.push_str(&table(sheet, group, layout.as_ref(), width, style.color));
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

/// Which columns are shown, and how wide.
struct Layout {
    columns: Vec<usize>,
    widths: Vec<usize>,
    /// Lines of the highest row.
    lines: usize,
}

impl Layout {
    /// The layout with the fewest lines a row that fits, wide-only columns included if they cost no line. `None` if
    /// nothing fits, because a single part is too long.
    fn choose(sheet: &Sheet, width: usize) -> Option<Layout> {
        let mut layout = (1..=MOST_LINES)
            .flat_map(|lines| [true, false].map(|wide| (lines, wide)))
            .filter_map(|(lines, wide)| Layout::with_lines(sheet, sheet.used_columns(wide), lines))
            .find(|layout| layout.total() <= width)?;
        // What is left over goes to the first column, where ids are best read whole.
        let whole = narrowest(sheet, layout.columns[0], 1).unwrap_or(layout.widths[0]);
        layout.widths[0] = whole.min(layout.widths[0] + width - layout.total());
        Some(layout)
    }

    fn with_lines(sheet: &Sheet, columns: Vec<usize>, lines: usize) -> Option<Layout> {
        let widths = columns.iter().map(|&c| narrowest(sheet, c, lines)).collect::<Option<Vec<_>>>()?;
        Some(Layout { columns, widths, lines })
    }

    fn total(&self) -> usize {
        self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1)
    }
}

/// The least width at which every cell of a column, and its title, take so many lines at most.
fn narrowest(sheet: &Sheet, column: usize, lines: usize) -> Option<usize> {
    let title = title(sheet, column);
    let cells = sheet.groups.iter().flat_map(|g| &g.rows).map(|row| &row[column]);
    cells.chain([&title]).try_fold(0, |width, cell| {
        let parts = cell.parts.iter().map(|part| display_width(&text::plain(part)));
        let least = parts.max().unwrap_or(0).max(width);
        let most = display_width(&text::plain(&cell.one_line())).max(least);
        (least..=most).find(|&w| packed(cell, w).len() <= lines)
    })
}

fn title(sheet: &Sheet, column: usize) -> Cell {
    let parts = sheet.columns[column].title.split(' ').map(str::to_owned).collect();
    Cell { parts, ..Cell::default() }
}

/// The lines of a cell: one if it fits, else its parts, as many side by side as fit.
fn packed(cell: &Cell, width: usize) -> Vec<String> {
    let line = text::plain(&cell.one_line());
    if display_width(&line) <= width {
        return vec![line];
    }
    let mut lines: Vec<String> = Vec::new();
    for part in cell.parts.iter().map(|part| text::plain(part)) {
        match lines.last_mut() {
            Some(last) if display_width(last) + 1 + display_width(&part) <= width => {
                last.push(' ');
                last.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn table(sheet: &Sheet, group: &Group, layout: Option<&Layout>, width: usize, color: bool) -> String {
    let mut table = Table::new();
    table.load_style(if layout.is_some_and(|l| l.lines == 1) { STYLE } else { SPACED });
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if color {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    let columns = layout.map_or_else(|| sheet.used_columns(false), |l| l.columns.clone());
    // Without a layout the table crate breaks words where it must.
    let widths = layout.map_or_else(|| vec![0; columns.len()], |l| l.widths.clone());
    let shape = || columns.iter().copied().zip(widths.iter().copied());
    let head = shape().map(|(c, w)| {
        let cell = comfy_table::Cell::new(packed(&title(sheet, c), w).join("\n"));
        if color { cell.add_attribute(Attribute::Dim) } else { cell }
    });
    table.set_header(head.collect::<Vec<_>>());
    for row in &group.rows {
        table.add_row(shape().map(|(c, w)| shown(&row[c], w)).collect::<Vec<_>>());
    }
    for (i, (c, wide)) in shape().enumerate() {
        let Some(column) = table.column_mut(i) else { continue };
        let gap = if i + 1 < columns.len() { GAP as u16 } else { 0 };
        column.set_padding((0, gap));
        if sheet.columns[c].number {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if layout.is_some() {
            // The same widths in every group, so that columns stand below each other throughout.
            let wide = u16::try_from(wide).unwrap_or(u16::MAX).saturating_add(gap);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(wide)));
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn shown(cell: &Cell, width: usize) -> comfy_table::Cell {
    let content = comfy_table::Cell::new(packed(cell, width).join("\n"));
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
