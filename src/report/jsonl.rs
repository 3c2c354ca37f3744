//! JSON Lines: one object a line, for reading as a stream.
//! The same objects as in `json`.

use serde_json::Value;

use super::text;

/// Renders each row on a line of its own.
pub(super) fn render(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{}\n", text::json(&row.to_string()))).collect()
}
