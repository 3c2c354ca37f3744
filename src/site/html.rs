//! What all pages share: the frame with its navigation and footer, figures, names of files.
//! Knows no numbers; a page's own file fills the frame.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{File, Site};
use crate::plot::Picture;

/// Pages of the navigation: file, name.
pub(super) const NAV: [(&str, &str); 7] = [
    ("index.html", "Overview"),
    ("kernels.html", "Kernels"),
    ("heatmap.html", "Heatmap"),
    ("efficiency.html", "Per watt"),
    ("cost.html", "Cost"),
    ("index.html#devices", "Devices"),
    ("methods.html", "Methods"),
];

const ASSETS: [(&str, &str); 5] = [
    ("assets/style.css", include_str!("assets/style.css")),
    ("assets/theme.js", include_str!("assets/theme.js")),
    ("assets/site.js", include_str!("assets/site.js")),
    ("assets/formula.js", include_str!("assets/formula.js")),
    ("assets/cost.js", include_str!("assets/cost.js")),
];

/// Style and scripts.
pub(super) fn assets() -> impl Iterator<Item = File> {
    ASSETS.into_iter().map(|(path, text)| File::new(path, text))
}

/// A page before its frame.
pub(super) struct Page<'p> {
    /// Its file in the site's folder.
    pub(super) path: &'p str,
    /// What it is, in its tab and its heading.
    pub(super) title: &'p str,
    /// What it shows, in a sentence or two.
    pub(super) lead: Markup,
    /// Scripts beside those that every page has.
    pub(super) scripts: &'p [&'p str],
    pub(super) body: Markup,
}

impl Page<'_> {
    /// The page as a file.
    pub(super) fn file(self, site: &Site) -> File {
        let root = root(self.path);
        let scripts = [&["site.js"][..], self.scripts].concat();
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · wattmark" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href={ (root) "assets/style.css" };
                    script src={ (root) "assets/theme.js" } {}
                    @for script in scripts {
                        script src={ (root) "assets/" (script) } defer {}
                    }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (header(self.path, root))
                    main #main {
                        h1 { (self.title) }
                        p.lead { (self.lead) }
                        (self.body)
                    }
                    (footer(site, root))
                }
            }
        };
        File::page(self.path, markup)
    }
}

/// The way from a page up to the site's folder.
pub(super) fn root(path: &str) -> &'static str {
    if path.contains('/') { "../" } else { "" }
}

fn header(path: &str, root: &str) -> Markup {
    let here = |href: &str| match path.split_once('/') {
        Some(("devices", _)) => href == "index.html#devices",
        Some(("kernels", _)) => href == "kernels.html",
        Some(_) => href == "index.html",
        None => href == path,
    };
    html! {
        header.top {
            a.brand href={ (root) "index.html" } { span.mark aria-hidden="true" {} "wattmark" }
            nav aria-label="Pages" {
                ul {
                    @for (href, name) in NAV {
                        li { a href={ (root) (href) } aria-current=[here(href).then_some("page")] { (name) } }
                    }
                }
            }
        }
    }
}

/// Where everything on the page comes from.
fn footer(site: &Site, root: &str) -> Markup {
    let made = made(site);
    html! {
        footer.bottom {
            p { (made) }
            p {
                "Made by " code { "wattmark report -o DIR/" } ", version " (env!("CARGO_PKG_VERSION")) ": the same records give \
                 the same pages. How a number comes to be: " a href={ (root) "methods.html" } { "methods" } ". To use the data: "
                a href={ (root) "data/results.csv" } { "results.csv" } ", " a href={ (root) "data/results.columns.csv" } { "its columns" }
                ", " a href={ (root) "data/claims.json" } { "claims.json" } "."
            }
        }
    }
}

/// Records, days, builds, catalogue and draws behind the site.
fn made(site: &Site) -> String {
    use std::collections::BTreeSet;
    let records = site.records;
    let each = |of: &dyn Fn(&crate::record::RunInfo) -> String| -> String {
        let all: BTreeSet<String> = records.runs().iter().map(of).collect();
        let more = all.len().saturating_sub(MOST_NAMED);
        let mut named = all.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 {
            named += &format!(" and {more} more");
        }
        named
    };
    let days = each(&|run| run.started.strftime("%Y-%m-%d").to_string());
    let builds = each(&|run| {
        let commit = run.commit.as_deref().unwrap_or("an unknown commit");
        format!("wattmark {} at {commit}", run.wattmark)
    });
    let runs = records.runs().iter().map(|run| &run.id).collect::<BTreeSet<_>>().len();
    let draws = site.content.settings;
    format!(
        "From {} records of {runs} runs, measured on {days} (UTC) by {builds}. Catalogue {}. Verdicts and costs: {} draws, \
         seed {}.",
        records.len(),
        site.content.catalog.digest,
        draws.draws,
        draws.seed
    )
}

/// Days or builds that the footer names before it counts.
const MOST_NAMED: usize = 6;

/// A box that scrolls by itself where what it holds is wider than the page.
pub(super) fn scroll(label: &str, inner: Markup) -> Markup {
    html! { div.scroll tabindex="0" role="group" aria-label=(label) { (inner) } }
}

/// A picture with its caption.
pub(super) fn figure(picture: &Picture, caption: &str) -> Markup {
    html! {
        figure {
            (scroll(caption, PreEscaped(picture.svg.clone())))
            figcaption { (caption) }
        }
    }
}

/// A section with a heading that can be linked to.
pub(super) fn section(id: &str, title: &str, body: Markup) -> Markup {
    html! { section aria-labelledby=(id) { h2 id=(id) { (title) } (body) } }
}

/// Text as the name of a file: lower-case letters, digits and `-`.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST_SLUG);
    slug.trim_end_matches('-').to_owned()
}

/// Names of files stay well below what any file system takes.
const LONGEST_SLUG: usize = 72;

/// Data for a script: it cannot end the element that it stands in.
pub(super) fn data(id: &str, value: &serde_json::Value) -> Markup {
    let text = crate::report::text::json(&value.to_string()).replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(text)) } }
}
