//! The cost page: own against rent, edge against cloud, drawn and by slider.
//! Prices nothing; the numbers are `cost`'s, the tables `report`'s, the curves `plot`'s, the sliders' data `live`'s.

use maud::{Markup, html};

use super::{
    Content, File, Site,
    html::{Page, data, figure},
    live,
    sheet::tables,
};
use crate::{
    catalog::Catalog,
    cost::{Asked, Comparison, CostError, Party, PointAsked, Query, Sense, Serving, compare, throughput_of},
    plot,
    report::{cost::Costs, number::decimal},
};

/// Who pays, and where.
struct Side {
    name: &'static str,
    scenario: &'static str,
    device: &'static str,
}

/// Two ways to pay for the same tokens.
struct Question {
    id: &'static str,
    title: &'static str,
    model: &'static str,
    sides: [Side; 2],
}

static QUESTIONS: [Question; 3] = [
    Question {
        id: "own-rent",
        title: "Own or rent, at scale",
        model: "llama-3.1-8b",
        sides: [
            Side { name: "own", scenario: "hyperscale-owner", device: "h100-sxm" },
            Side { name: "rent", scenario: "renter-1y", device: "h100-sxm" },
        ],
    },
    Question {
        id: "colo-rent",
        title: "Own or rent, eight accelerators",
        model: "llama-3.1-8b",
        sides: [
            Side { name: "own", scenario: "colo-owner-8gpu", device: "h100-sxm" },
            Side { name: "rent", scenario: "renter-on-demand", device: "h100-sxm" },
        ],
    },
    Question {
        id: "edge-cloud",
        title: "Edge or cloud",
        model: "llama-3.1-8b",
        sides: [
            Side { name: "edge", scenario: "car-plugged-home", device: "jetson-agx-orin-64" },
            Side { name: "cloud", scenario: "renter-1y", device: "h100-sxm" },
        ],
    },
];

/// The page and the data of its sliders.
pub(super) fn files(site: &Site) -> Vec<File> {
    let catalog = site.content.catalog;
    let drawn = |q: &'static Question| {
        let mut found = ask(&site.content, q);
        (question(catalog, q, &mut found), found)
    };
    // Side by side: no other page takes as long as one of them.
    let found: Vec<_> = std::thread::scope(|scope| {
        let threads = QUESTIONS.each_ref().map(|q| scope.spawn(move || drawn(q)));
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    let answered: Vec<(&str, &Comparison)> =
        QUESTIONS.iter().zip(&found).filter_map(|(q, (_, found))| Some((q.id, found.as_ref().ok()?))).collect();
    let shipped = live::data(catalog, &answered);
    let body = html! {
        nav.contents aria-label="On this page" {
            ul { @for q in &QUESTIONS { li { a href={ "#" (q.id) } { (q.title) } } } }
        }
        @for (section, _) in &found { (section) }
        (data("cost-data", &shipped))
    };
    let lead = html! {
        "What a million tokens cost, and where the cheaper way to pay turns. Curves and tables are drawn: every input has a range. "
        "The sliders put each input where you want it, the others at their modes; they evaluate the very formulas of "
        code { "wattmark cost" } ", shipped with this page as " a href="data/cost.json" { "data" } "."
    };
    let scripts = &["formula.js", "cost.js"];
    let page = Page { path: "cost.html", title: "Break-even", lead, scripts, body }.file(site);
    vec![page, File::new("data/cost.json", format!("{}\n", crate::report::text::json(&format!("{shipped:#}"))))]
}

fn ask<'c>(content: &Content<'c>, question: &'static Question) -> Result<Comparison<'c>, CostError> {
    let Content { catalog, records, settings, .. } = *content;
    let serving = |side: &'static Side| Serving {
        model: question.model,
        device: side.device,
        edge: side.name == "edge",
        point: PointAsked::default(),
        records,
        track: None,
        reserve: 0.0,
    };
    let party = |side: &'static Side| {
        let query = Query {
            side: None,
            scenario: side.scenario,
            device: side.device,
            model: Some(question.model),
            throughput: Some(throughput_of(catalog, &serving(side))?),
            set: Default::default(),
        };
        Ok(Party { name: side.name, query })
    };
    let asked = Asked {
        parties: question.sides.iter().map(party).collect::<Result<_, CostError>>()?,
        share: None,
        draws: settings.draws,
        seed: settings.seed,
    };
    compare(catalog, &asked)
}

fn question(catalog: &Catalog, question: &Question, found: &mut Result<Comparison<'_>, CostError>) -> Markup {
    html! {
        section.question aria-labelledby=(question.id) {
            h2 id=(question.id) { (question.title) }
            @match found {
                Ok(found) => (answered(catalog, question, found)),
                Err(error) => p.notice { "This cannot be priced with this catalogue: " (error.to_string()) },
            }
        }
    }
}

fn answered(catalog: &Catalog, question: &Question, found: &mut Comparison) -> Markup {
    let mut pictures = plot::cost::pictures(found, Some(question.model));
    // First what the question is about: how much of the time the first side is used.
    let duty = catalog.costs.get(&found.sides[0].priced.formulas).and_then(|m| m.duty.as_ref());
    let over = duty.map(|duty| format!("-over-{}-{duty}", found.sides[0].name));
    pictures.sort_by_key(|p| over.as_ref().is_none_or(|over| !p.name.ends_with(over)));
    let sheets = Costs { found, model: Some(question.model), explain: true }.sheets();
    let (first, rest) = pictures.split_at(pictures.len().min(1));
    let caption = |picture: &plot::Picture| format!("{}: {}", question.title, picture.name.replace('-', " "));
    html! {
        ul.answers { @for side in &found.sides { (answer(side)) } }
        (verdict(found))
        div.live data-question=(question.id) hidden {}
        noscript { p.notice { "With JavaScript, sliders stand here. All that follows is complete without." } }
        @for picture in first { (figure(picture, &caption(picture))) }
        details {
            summary { "More curves and tornados" }
            @for picture in rest { (figure(picture, &caption(picture))) }
        }
        details {
            summary { "Every number: parts, break-evens, inputs with their sources, steps" }
            @for (i, sheet) in sheets.iter().enumerate() { (tables(sheet, &format!("{}-{}", question.id, i + 1))) }
        }
    }
}

fn answer(side: &crate::cost::CostSide) -> Markup {
    let unit = side.priced.unit();
    html! {
        li {
            b { (side.name) }
            @if let Some(answer) = side.priced.answer() {
                span.amount { (side.priced.sense().sign()) (decimal(answer.median, 3)) " " small { (unit.text()) } }
                span.faint { "median; " (decimal(answer.low, 3)) " to " (decimal(answer.high, 3)) ", 5 to 95 % of the draws" }
            }
            span { (side.scenario) @if !side.device.is_empty() { " on " (side.device) } }
        }
    }
}

fn verdict(found: &Comparison) -> Markup {
    html! {
        @for pair in &found.pairs {
            @let (first, second) = (&found.sides[pair.first].name, &found.sides[pair.second].name);
            @if pair.sense == Sense::Neither {
                p { "Whether " (first) " or " (second) " is the cheaper is not to be told: both rest on bounds." }
            } @else {
                p {
                    (first) " is the cheaper in " (pair.sense.reversed().name()) " "
                    b { (format!("{:.0} %", pair.first_cheaper * 100.0)) } " of the draws; it costs " (pair.sense.name()) " "
                    (decimal(pair.ratio.median, 3)) " of " (second) " at the median ("
                    (decimal(pair.ratio.low, 3)) " to " (decimal(pair.ratio.high, 3)) ")."
                }
            }
        }
    }
}
