//! Markdown: a table for every group, for READMEs, issues and result pages.
//! Everything from records is escaped: a device name may not become markup.

use super::{Sheet, text};

/// Renders a sheet.
pub(super) fn render(sheet: &Sheet) -> String {
    let columns = sheet.used_columns(true);
    let mut out = String::new();
    if sheet.is_empty() {
        out.push_str(&format!("{}\n\n", text::markdown(sheet.empty)));
    }
    for group in sheet.groups.iter().filter(|g| !g.rows.is_empty()) {
        if let Some((first, rest)) = group.heading.split_first() {
            out.push_str(&format!("### {}\n\n", text::markdown(first)));
            rest.iter().for_each(|line| out.push_str(&format!("{}\n\n", text::markdown(line))));
        }
        let titles: Vec<_> = columns.iter().map(|&c| text::markdown(sheet.columns[c].title)).collect();
        let rules: Vec<_> = columns.iter().map(|&c| if sheet.columns[c].number { "---:" } else { "---" }).collect();
        out.push_str(&format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | ")));
        for row in &group.rows {
            let cells: Vec<_> = columns.iter().map(|&c| text::markdown(&row[c].one_line())).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        out.push('\n');
    }
    for line in &sheet.summary {
        out.push_str(&format!("- {}\n", text::markdown(line)));
    }
    if !sheet.summary.is_empty() {
        out.push('\n');
    }
    for (i, note) in sheet.notes.texts().iter().enumerate() {
        // Escaped brackets, as the marks in the cells: `[1]: text` would be a link's definition.
        out.push_str(&format!("- \\[{}\\] {}\n", i + 1, text::markdown(note)));
    }
    format!("{}\n", out.trim_end())
}
