//! Every word of the tables of costs and workloads, in a plain sentence or two; roles and steps say it themselves.
//! Holds no number.

use crate::{
    catalog::Catalog,
    report::{
        explain::{Explanation, Kind},
        terms::{Term, term},
    },
};

/// The table.
pub(in crate::report) const TERMS: &[Term] = &[
    term(Kind::Cost, &["side"], "Who pays: own, rent, edge, cloud, hybrid or api."),
    term(
        Kind::Cost,
        &["own"],
        "An accelerator that one owns: annuities on it and on its facility, energy, operations.",
    ),
    term(Kind::Cost, &["rent"], "An accelerator hired by the hour: on demand, for a term, or on spot."),
    term(
        Kind::Cost,
        &["edge"],
        "A computer outside of data centres: a car, a home, a board in an office. What it was bought for anyway costs \
         nothing; what serving adds does.",
    ),
    term(Kind::Cost, &["cloud"], "The data centre that an edge is held against or that stands behind it."),
    term(
        Kind::Cost,
        &["hybrid"],
        "Every request is tried at the edge; a share goes on to the cloud, and its wasted attempt is paid for.",
    ),
    term(
        Kind::Cost,
        &["list price"],
        "What somebody asks for a million tokens: a cross-check, with their margin in it.",
    ),
    term(Kind::Cost, &["scenario"], "Who pays what for where: a set of inputs of the catalogue that fill the roles."),
    term(
        Kind::Cost,
        &["usd/mtok"],
        "Dollars for a million tokens: dollars an hour over tokens an hour that are paid for.",
    ),
    term(
        Kind::Cost,
        &["median"],
        "Half of the draws, or of the samples, lie below. It differs from the value at the modes where ranges are \
         skewed.",
    ),
    term(Kind::Cost, &["5 %", "low"], "One draw in twenty lies below. Of an input: the least that it may be."),
    term(Kind::Cost, &["95 %", "high"], "One draw in twenty lies above. Of an input: the most that it may be."),
    term(Kind::Cost, &["at modes", "at the modes", "mode", "value"], "With every input at its most likely value."),
    term(Kind::Cost, &["unit"], "What the numbers of the row are in. Formulas are checked in units and boundaries."),
    term(
        Kind::Cost,
        &["an hour, at modes", "per_hour"],
        "What an hour of the accelerator, or of serving in a car, costs. No throughput enters it.",
    ),
    term(
        Kind::Cost,
        &["tokens/s while busy", "tok_s", "throughput"],
        "Tokens a second of one accelerator or car while it serves, with what that rests on: set by the user, \
         measured, interpolated, published, derated roof, or a roof, which is a bound and marked `≤`.",
    ),
    term(Kind::Cost, &["what is paid for"], "The parts of a cost. They add up to it at the modes and in every draw."),
    term(
        Kind::Cost,
        &["cost of / cost of"],
        "The first side's cost over the second's, draw by draw: below 1, the first is cheaper.",
    ),
    term(
        Kind::Cost,
        &["p(cheaper)", "first_cheaper"],
        "Share of the draws in which the first side is the cheaper. `≤` or `≥` where a throughput behind it is a \
         bound; `not to be told` where two are.",
    ),
    term(Kind::Cost, &["now"], "The role's most likely value, from which the break-even is looked for."),
    term(
        Kind::Cost,
        &["break-even"],
        "The value of one role at which the cheaper side turns, the others at their modes; found by bisection. `none \
         in range` if it does not turn where the catalogue says that the role may lie.",
    ),
    term(Kind::Cost, &["cheaper below"], "The side that is the cheaper below the break-even."),
    term(Kind::Cost, &["cheaper above"], "The side that is the cheaper above the break-even."),
    term(Kind::Cost, &["looked in"], "From where to where the break-even was looked for."),
    term(
        Kind::Cost,
        &["tornado"],
        "Each input held at its low, then at its high, the others drawn on the same random numbers: what moves the \
         median most stands on top.",
    ),
    term(
        Kind::Cost,
        &["input"],
        "What was given. One that fills roles of several sides has one value in all, draw by draw.",
    ),
    term(
        Kind::Cost,
        &["low to high", "value (low to high)"],
        "An input's least and most, about its most likely value.",
    ),
    term(Kind::Cost, &["held low"], "The median, or the share of draws, with this input held at its low."),
    term(Kind::Cost, &["held high"], "The median, or the share of draws, with this input held at its high."),
    term(
        Kind::Cost,
        &["corners"],
        "All inputs at their ends at once. The share of corners that agree with the modes is a footnote: they are not \
         equally likely.",
    ),
    term(Kind::Cost, &["draws"], "How often every input was drawn from its range."),
    term(Kind::Cost, &["seed of the draws"], "The same seed gives the same bits; each input has a stream of its own."),
    term(Kind::Cost, &["source"], "Key of who says so; `wattmark catalog show KEY` gives title, address and date."),
    term(
        Kind::Cost,
        &["filled by"],
        "What fills the role: an input of the scenario, a quantity of the device, a meter, the throughput, the \
         formula's own default, or your --set.",
    ),
    term(
        Kind::Cost,
        &["drawn"],
        "How an input is drawn: fixed, triangular, log-triangular where high / low is over 4, PERT, or one of some \
         choices.",
    ),
    term(Kind::Cost, &["confidence"], "high, medium or low, as who entered the number judged its source."),
    term(Kind::Cost, &["what", "note"], "What to know of a number."),
    term(Kind::Cost, &["step"], "A quantity that a formula of the catalogue computes."),
    term(
        Kind::Cost,
        &["formula"],
        "How it is computed: names, literals with units, + - * /, powers, min, max, abs, crf.",
    ),
    term(Kind::Cost, &["numbers"], "The formula with its numbers at the modes: a formula too."),
    term(Kind::Cost, &["gives"], "What the formula gives at the modes."),
    term(
        Kind::Cost,
        &["crf", "annuity"],
        "Capital recovery factor: r / (1 - (1 + r)^-n), the share of a price that n equal yearly payments at interest \
         r are.",
    ),
    term(
        Kind::Claim,
        &["finding"],
        "A figure or a statement of the documents that does not stand when recomputed from its own numbers.",
    ),
    term(Kind::Claim, &["sort"], "What the finding is about: a stated figure, units, power, dates, counts."),
    term(Kind::Claim, &["where"], "Document and line."),
    term(Kind::Claim, &["what does not stand"], "What the documents say, and where that contradicts itself."),
    term(Kind::Claim, &["recomputed"], "What the documents' own figures give, with the formula."),
    term(
        Kind::Claim,
        &["topic"],
        "What a group of claims is about: owned against rented, edge against cloud, power, units.",
    ),
    term(
        Kind::Claim,
        &["turns"],
        "Claims whose most frequent verdict is another when the input is held at one of its ends.",
    ),
    term(
        Kind::Claim,
        &["moves"],
        "Claims whose share of draws with their verdict the input moves by a tenth or more, or turns.",
    ),
    term(
        Kind::Claim,
        &["widest swing"],
        "The claim that the input moves most: share of draws with its verdict, the input held low, then high.",
    ),
    term(Kind::Basis, &["default"], "The formula's own value, where nobody says anything. Change it with --set."),
    term(Kind::Basis, &["computed"], "Another cost of the same comparison, draw by draw."),
    term(
        Kind::Basis,
        &["published roof"],
        "The most that bandwidth and peak of a datasheet allow. A bound: real throughput is below, and the cost above \
         what is shown.",
    ),
    term(
        Kind::Basis,
        &["derated roof"],
        "The published bandwidth's bound times the share of it that a source says decoding reaches on that very \
         device. An estimate, as good as that source.",
    ),
    term(Kind::Cost, &["at least", "≥"], "The truth is this or more: a throughput behind it is a bound."),
    term(Kind::Cost, &["at most", "≤", "bound"], "The truth is this or less: no more is possible."),
    term(
        Kind::Cost,
        &["neither bound", "not to be told"],
        "Two throughputs behind it are bounds that pull in opposite directions, so that the ratio says nothing.",
    ),
];

/// A role, a step or a part of the formulas of cost, as the catalogue says what it is: `duty`, `own.duty`,
/// `battery wear`.
pub(in crate::report) fn role_or_step(wanted: &str) -> Option<Explanation> {
    let catalog = Catalog::load(&[]).ok()?;
    let mut said: Vec<String> = Vec::new();
    for model in catalog.costs.values() {
        let called = |name: &str| name == wanted || format!("{}.{name}", model.id) == wanted;
        for role in model.roles.iter().filter(|r| called(&r.name)) {
            let absent = role.absent.map(|x| format!(" {x} where nobody says.")).unwrap_or_default();
            let same = role.same_as.as_ref().map(|s| format!(" As {s} where nobody says.")).unwrap_or_default();
            let unit = if role.unit.text() == "1" { String::new() } else { format!(" [{}]", role.unit) };
            said.push(format!("{}: {}{unit}.{absent}{same}", model.id, role.meaning));
        }
        for step in model.derived.iter().filter(|s| called(&s.name) || s.term.as_ref().is_some_and(|t| called(t))) {
            said.push(format!("{}: {} = {} [{}].", model.id, step.name, step.formula.text(), step.unit));
        }
    }
    let text = said.join("\n  ");
    (!said.is_empty()).then(|| Explanation { term: wanted.to_owned(), kind: Kind::Cost, text })
}
