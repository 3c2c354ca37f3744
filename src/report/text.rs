//! Text from records, made safe to show: a device name may hold anything a driver put there.
//! Changes nothing in the data; each writer calls what its format needs.

use std::fmt::Write as _;

/// Control characters, and those that reorder, hide or break the text around them, as `\u{..}`; all else as it is.
pub fn plain(text: &str) -> String {
    // Nearly all text is: looked at in one go.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if misleads(c) {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// True for characters that move the cursor, end a line, change the writing direction, or cannot be seen.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// [`plain`] text with Markdown's and HTML's own characters escaped: shown literally, also within a table cell. An
/// underscore between letters or digits means nothing to Markdown and stays.
pub fn markdown(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let within = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '_' if within(before.as_ref()) && within(rest.peek()) => out.push(c),
            '|' | '*' | '`' | '[' | ']' | '\\' | '~' | '_' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// Text for a CSV field: [`plain`], and with a `'` in front where a spreadsheet would take it for a formula.
pub fn csv(text: &str) -> String {
    let text = plain(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// JSON text whose strings hold no character that [`plain`] would replace; they become `\u` escapes of the same value.
pub fn json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // Line feeds of the layout are the only control characters outside strings, and inside there are none.
        if c != '\n' && misleads(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_visible() {
        assert_eq!(plain("a\u{1b}[31mred\r\n\u{202e}x é µ"), "a\\u{1b}[31mred\\r\\n\\u{202e}x é µ");
        assert_eq!(markdown("a|b <script> `x` [l](u)"), "a\\|b &lt;script&gt; \\`x\\` \\[l\\](u)");
        assert_eq!(markdown("kv_heads _a_"), "kv_heads \\_a\\_");
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(json("\"\u{9b}\u{e0001}\""), "\"\\u009b\\udb40\\udc01\"");
    }

    proptest! {
        #[test]
        fn nothing_misleading_is_left(text: String) {
            prop_assert!(!plain(&text).chars().any(misleads));
            prop_assert!(!markdown(&text).contains('<'));
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&json(&quoted)).unwrap(), text);
        }
    }
}
