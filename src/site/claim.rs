//! One page for each claim: its words, the verdict, what it rests on and every step to it.
//! Decides nothing; tables are `report`'s, the tornado is `plot`'s.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{
    File, Site,
    html::{Page, figure, section, slug},
    sheet::tables,
};
use crate::{
    catalog::{Quote, Source, Verdict},
    claim::{Outcome, Strength},
    plot,
    report::claims::{condition, sections},
};

/// Where the page of a claim lies. Ids of claims are unlike each other in letters and digits.
pub(super) fn path(outcome: &Outcome) -> String {
    format!("claims/{}.html", slug(&outcome.claim.id))
}

/// A class for each verdict.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Conditional => "conditional",
        Verdict::Refuted => "refuted",
        Verdict::InsufficientData => "insufficient",
        Verdict::Untestable => "untestable",
    }
}

/// The headline with the colour of its verdict.
pub(super) fn badge(outcome: &Outcome) -> Markup {
    html! { span.verdict.{ (class(outcome.headline.verdict)) } { (outcome.headline.text()) } }
}

/// A quote short enough for a table.
pub(super) fn short(quote: &str) -> String {
    let mut words = String::new();
    for word in quote.split_whitespace() {
        if words.len() + word.len() > LONGEST_QUOTE {
            return words + " …";
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words += word;
    }
    words
}

const LONGEST_QUOTE: usize = 160;

pub(super) fn page(site: &Site, outcome: &Outcome) -> File {
    let claim = &outcome.claim;
    let body = html! {
        (words(&claim.quote))
        @for quote in &claim.also { (words(quote)) }
        (section("verdict", "Verdict", verdict(outcome)))
        @if let Some(picture) = plot::claims::tornado(outcome) {
            (section("moves", "What moves it", figure(&picture, "Tornado: share of draws with the verdict, each input held low, then high")))
        }
        (section("steps", "Step by step", html! {
            @for (i, sheet) in sections(outcome).iter().enumerate() { (tables(sheet, &format!("step-{}", i + 1))) }
        }))
        (section("sources", "Sources", sources(site, outcome)))
        @if !claim.notes.is_empty() || !claim.mended.is_empty() {
            (section("notes", "Notes", html! {
                ul { @for note in &claim.notes { li { (note) } } @for note in &claim.mended { li { "Mended: " (note) } } }
            }))
        }
    };
    let lead = html! {
        "A claim about " (claim.topic) ", put to the test by " (site.content.settings.draws) " draws of its inputs. "
        a href="../index.html#verdicts" { "All verdicts" }
    };
    Page { path: &path(outcome), title: &claim.id, lead, scripts: &[], body }.file(site)
}

fn words(quote: &Quote) -> Markup {
    html! {
        figure.quote {
            blockquote { p { "“" (quote.text) "”" } }
            figcaption { (quote.seed) ", line " (quote.line) }
        }
    }
}

fn verdict(outcome: &Outcome) -> Markup {
    let headline = &outcome.headline;
    html! {
        p.headline { (badge(outcome)) @if let Some(note) = &outcome.note { " " (note) } }
        dl.facts {
            @if let Some(turns) = condition(outcome) { dt { "Turns on" } dd { (turns) } }
            @if headline.strength != Strength::Undrawn {
                dt { "Of the draws" }
                dd {
                    ul.shares {
                        @for (verdict, share) in &headline.shares {
                            li style={ "--n:" (format!("{:.3}", share * 100.0)) } {
                                span.verdict.{ (class(*verdict)) } { (verdict.name()) " " (format!("{share:.3}")) }
                            }
                        }
                    }
                }
                dt { "At the modes" } dd { (outcome.at_modes.name()) }
            }
            @if let Some((id, verdict)) = &headline.other_reading {
                dt { "The other reading" } dd { (id) " says " (verdict.name()) ": no bare headline" }
            }
            @if let Some(part) = &outcome.claim.measured_part { dt { "Could be measured" } dd { (part) } }
            @if let Some(part) = &outcome.claim.assumed_part { dt { "Must be assumed" } dd { (part) } }
            @for input in outcome.inputs.iter() {
                @if let Some(m) = &input.measurement { dt { "Measured: " (input.name) } dd { (m.how) } }
            }
        }
    }
}

/// The sources that its inputs name.
fn sources(site: &Site, outcome: &Outcome) -> Markup {
    let keys: BTreeSet<&str> = outcome.inputs.iter().map(|i| i.source.as_str()).filter(|k| !k.is_empty()).collect();
    let known = &site.content.catalog.sources;
    html! {
        @if keys.is_empty() { p { "No input names one." } }
        dl.facts {
            @for key in keys { @if let Some(source) = known.get(key) { dt { (key) } dd { (cited(source)) } } }
        }
    }
}

fn cited(source: &Source) -> Markup {
    // A catalogue of someone else's may hold any text: only what leads to a page becomes a link.
    let link = source.url.as_deref().filter(|u| u.starts_with("https://") || u.starts_with("http://"));
    html! {
        @match link {
            Some(url) => a href=(url) rel="noreferrer" { (source.title) },
            None => (source.title),
        }
        ", " (source.publisher) ", " (source.date)
        span.faint { " tier " (source.tier) ", read: " (source.read) }
    }
}
