//! As much of HTML as the tests of the site need: tags with their attributes, and whether they nest.

use std::collections::BTreeMap;

/// A tag as it opens.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

const VOID: &[&str] = &["meta", "link", "input", "br", "hr", "img", "col"];

/// The opening tags of a page.
///
/// # Panics
/// If tags do not nest, an attribute stands twice or unquoted, or a stray `<` is left.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let (mut tags, mut open) = (Vec::new(), Vec::<String>::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = end_of_tag(rest);
        let (inner, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name.trim()), "closed out of turn");
            continue;
        }
        let closed = inner.ends_with('/');
        let tag = tag(inner.trim_end_matches('/'));
        if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        // What stands in these is no markup.
        if tag.name == "script" || tag.name == "style" {
            let close = format!("</{}>", tag.name);
            let at = rest.find(&close).expect("a raw element is closed");
            rest = &rest[at..];
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return i,
            _ => {}
        }
    }
    panic!("a tag is not closed: {}", &text[..text.len().min(80)]);
}

fn tag(inner: &str) -> Tag {
    let name: String = inner.chars().take_while(|c| !c.is_whitespace()).collect();
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "no tag: <{inner}>");
    let mut attributes = BTreeMap::new();
    let mut rest = inner[name.len()..].trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a quoted attribute is closed"),
            None => ("", after),
        };
        assert!(!after.starts_with('='), "an attribute without quotes: <{inner}>");
        assert!(attributes.insert(key.to_owned(), value.to_owned()).is_none(), "{key} stands twice: <{inner}>");
        rest = after.trim_start();
    }
    Tag { name, attributes }
}
