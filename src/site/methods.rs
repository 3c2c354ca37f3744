//! The methods page: METHODOLOGY.md as it stands in the repository.
//! Adds nothing to it; markup in it is shown as text, and links that lead into the repository are shown without one.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

use super::{
    File, Site,
    html::{Page, slug},
};

const TEXT: &str = include_str!("../../METHODOLOGY.md");

pub(super) fn page(site: &Site) -> File {
    let (body, contents) = markdown(TEXT);
    let body = html! {
        nav.contents aria-label="On this page" {
            ul { @for (id, title) in &contents { li { a href={ "#" (id) } { (title) } } } }
        }
        div.prose { (body) }
    };
    let lead = html! {
        "What wattmark does between a case and a figure, and why. Words that stand in the tables are explained by "
        code { "wattmark explain WORD" } "."
    };
    Page { path: "methods.html", title: "How a number comes to be", lead, scripts: &[], body }.file(site)
}

/// Markdown as HTML without its title, and its second-level headings with their ids.
fn markdown(text: &str) -> (Markup, Vec<(String, String)>) {
    let mut contents: Vec<(String, String)> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut title = false;
    let mut relative = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => title = true,
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => title = false,
            _ if title => {}
            Event::Start(Tag::Heading { level, .. }) => {
                contents.extend((level == HeadingLevel::H2).then(|| (String::new(), String::new())));
                events.push(Event::Start(Tag::Heading { level, id: None, classes: vec![], attrs: vec![] }));
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                identify(&mut events, &mut contents);
                events.push(Event::End(TagEnd::Heading(HeadingLevel::H2)));
            }
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                relative.push(!absolute(dest_url));
                events.extend(absolute(dest_url).then(|| event.clone()));
            }
            Event::End(TagEnd::Link) => {
                let left_out = relative.pop().unwrap_or(false);
                events.extend((!left_out).then_some(event));
            }
            Event::Start(Tag::Table(_)) => {
                let under = contents.last().map_or("Table", |(_, title)| title.as_str()).to_owned();
                events.push(Event::Html(
                    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">".into(),
                ));
                events.extend([event, Event::Html("<caption class=\"hidden\">".into()), Event::Text(under.into())]);
                events.push(Event::Html("</caption>".into()));
            }
            Event::End(TagEnd::Table) => events.extend([event, Event::Html("</div>".into())]),
            event => events.push(event),
        }
    }
    let mut out = String::new();
    push_html(&mut out, events.into_iter());
    // Only a heading's cell can be written so: text has its `<` escaped.
    let scoped = out.replace("<th>", "<th scope=\"col\">").replace("<th style", "<th scope=\"col\" style");
    (PreEscaped(scoped), contents)
}

/// Gives the heading that has just ended an id from its words.
fn identify(events: &mut [Event], contents: &mut [(String, String)]) {
    let Some(at) = events.iter().rposition(|e| matches!(e, Event::Start(Tag::Heading { .. }))) else { return };
    let words: String = events[at..]
        .iter()
        .filter_map(|e| match e {
            Event::Text(t) | Event::Code(t) => Some(t.as_ref()),
            _ => None,
        })
        .collect();
    let base = format!("s-{}", slug(&words));
    let taken = |id: &str| contents.iter().any(|(known, _)| known == id);
    let id = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") }).find(|id| !taken(id));
    let id = id.unwrap_or(base);
    if let Event::Start(Tag::Heading { id: place, .. }) = &mut events[at] {
        *place = Some(CowStr::from(id.clone()));
    }
    if let Some(last) = contents.last_mut() {
        *last = (id, words);
    }
}

fn absolute(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_the_text_is_shown_and_not_obeyed() {
        let text = "# T\n\n## A <b>x</b>\n\n<script>alert(1)</script>\n\n[in](src/a.md) [out](https://a.b) [js](javascript:x)\n\n## A x\n";
        let (html, contents) = markdown(text);
        let html = html.into_string();
        assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("javascript:"), "{html}");
        assert!(!html.contains("src/a.md") && html.contains("href=\"https://a.b\""), "{html}");
        assert!(!html.contains("<h1") && html.contains("<h2 id=\"s-a-x\">"), "{html}");
        assert_eq!(contents.len(), 2);
        assert_ne!(contents[0].0, contents[1].0);
    }
}
