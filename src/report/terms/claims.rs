//! Words for verdicts on claims and for what a number rests on.
//! Decides no verdict.

use super::{Kind, Term, term};

/// The table.
pub(super) const TERMS: &[Term] = &[
    term(
        Kind::Basis,
        &["interpolated"],
        "From measured cases of the same variant, dtype and cache state within a factor of sixteen in shape: the fraction of \
         the measured roof that they reached. The interval is the largest error that the rule makes for one of them.",
    ),
    term(
        Kind::Basis,
        &["roof"],
        "The least time that the device's measured ceilings allow. A bound: it says at most so many tokens a second, and \
         replaces no prior of a claim.",
    ),
    term(
        Kind::Basis,
        &["prior", "provisional"],
        "A published value where a record of that device would stand. A verdict on one is provisional, marked (prior), and \
         never bare; `claims --records` replaces it.",
    ),
    term(Kind::Basis, &["unsourced"], "A recollection or a plain assumption of ours: no source says so."),
    term(Kind::Basis, &["seed"], "Stated by the document whose claims are tested."),
    term(Kind::Basis, &["assumption"], "Assumed, with a reason or a source for its range."),
    term(Kind::Basis, &["premise"], "Granted for the claim's sake, and fixed."),
    term(Kind::Basis, &["definition"], "What a word of the claim is taken to mean, and fixed."),
    term(
        Kind::Basis,
        &["set by the user", "set"],
        "The value you gave with --set. It stands before records and priors.",
    ),
    term(
        Kind::Claim,
        &["claim"],
        "An exact quote with inputs, formulas and rules, of which the first that holds decides.",
    ),
    term(Kind::Claim, &["supported", "holds"], "The claim holds, by the rules shown with `--explain`."),
    term(Kind::Claim, &["refuted", "fails"], "The claim does not hold, by the rules shown with `--explain`."),
    term(
        Kind::Claim,
        &["conditional"],
        "The claim holds on one side of a value of the input that is named, with the others at their modes.",
    ),
    term(
        Kind::Claim,
        &["insufficient data"],
        "A needed value is not known, or an input without a source decides, at no value that could be named.",
    ),
    term(Kind::Claim, &["untestable-here"], "Nothing here can test it, for the reason given. No draw is made."),
    term(
        Kind::Claim,
        &["bare"],
        "A verdict without a qualifier: 90 % of the draws, the modes agree, nothing measured is still a prior, both readings \
         agree.",
    ),
    term(
        Kind::Claim,
        &["likely"],
        "The verdict of at least 67 % of the draws, where not all holds that a bare one needs.",
    ),
    term(Kind::Claim, &["undecided"], "No verdict has 67 % of the draws; the two most frequent are shown."),
    term(Kind::Claim, &["p", "probability"], "Share of the draws with the verdict."),
    term(Kind::Claim, &["turns on"], "The input at whose value the verdict changes, the others at their modes."),
    term(Kind::Claim, &["because"], "What the author of the rule that holds says of it."),
];
