//! JSON: one array, indented, for reading whole.
//! Numbers are unrounded; one that is not finite is `null`, for JSON has no other.

use serde_json::Value;

use super::text;

/// Renders rows as one array.
pub(super) fn render(rows: &[Value]) -> String {
    pretty(&Value::Array(rows.to_vec()))
}

/// Renders any value, indented.
pub(super) fn pretty(value: &Value) -> String {
    // The alternate form is the indented one; printing a value cannot fail.
    format!("{}\n", text::json(&format!("{value:#}")))
}

/// A row as JSON.
pub(super) fn value(row: &impl serde::Serialize) -> Value {
    serde_json::to_value(row).expect("rows are structs with string keys")
}
