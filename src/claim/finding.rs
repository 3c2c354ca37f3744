//! Figures of the documents under test, recomputed: what they state beside what their own numbers give.
//! Quotes nothing without recomputing it.

use crate::{
    catalog::{Catalog, Claim, Inconsistency},
    formula::{CellId, Cone, Unit, UnitError},
};

/// What does not stand when recomputed.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The claim, or the name of the contradiction.
    pub id: String,
    /// Of figures, units, power, dates, counts, ...
    pub kind: String,
    /// Documents and lines.
    pub place: String,
    /// What they say.
    pub says: String,
    /// What their own figures give.
    pub recomputed: String,
    /// Name, formula, value and unit of each figure recomputed.
    pub values: Vec<(String, String, f64, String)>,
}

impl Finding {
    /// All of it in a sentence or two.
    pub fn what(&self) -> String {
        format!("{} ({}): {} Recomputed: {}", self.kind, self.place, self.says, self.recomputed)
    }
}

/// Compares every stated figure with ours, and recomputes the contradictions of the documents.
pub fn findings(catalog: &Catalog) -> Vec<Finding> {
    let stated = catalog.claims.iter().flat_map(|c| of_claim(catalog, c));
    stated.chain(catalog.inconsistencies.values().map(recomputed)).collect()
}

fn recomputed(found: &Inconsistency) -> Finding {
    let values = found.recomputed.iter().map(|(name, formula, value, unit)| {
        let unit = if unit.text() == "1" { String::new() } else { format!(" {unit}") };
        format!("{name} = {formula} = {}{unit}", grouped(*value))
    });
    let note = found.note.as_ref().map(|n| format!(" {n}")).unwrap_or_default();
    Finding {
        id: found.id.clone(),
        kind: found.kind.clone(),
        place: found.place.clone(),
        says: found.text.clone(),
        recomputed: format!("{}.{note}", values.collect::<Vec<_>>().join(", ")),
        values: found.recomputed.iter().map(|(n, f, x, u)| (n.clone(), f.clone(), *x, u.text().to_owned())).collect(),
    }
}

fn of_claim(catalog: &Catalog, claim: &Claim) -> Vec<Finding> {
    let targets: Vec<CellId> = claim.derived.iter().map(|d| d.cell).collect();
    let Some(mut cone) = Cone::of(&catalog.system, &targets, &[], &claim.scope) else { return vec![] };
    cone.set_modes();
    cone.compute(1);
    let mut found = Vec::new();
    for stated in &claim.stated {
        let Some(derived) = claim.derived.iter().find(|d| d.name == stated.name) else { continue };
        let ours = cone.column(derived.cell)[0];
        let what = match Unit::parse(&stated.unit) {
            Err(UnitError::TwoPrefixes { text, first, second, base, literal }) => {
                let (number, unit) = Unit::prefixed(ours, &base, Some(stated.value));
                Some(format!(
                    "{} {text} has two prefixes, {first} and {second}: read literally it is {:e} times too large; the \
                     numbers give {} {unit}",
                    grouped(stated.value),
                    round(stated.value * literal / ours),
                    grouped(number)
                ))
            }
            Err(error) => Some(error.to_string()),
            Ok(unit) if unit.dimension() != derived.unit.dimension() => {
                Some(format!("stated in {unit}, and the numbers give {}", derived.unit))
            }
            Ok(unit) if (unit.to_base(stated.value) / ours - 1.0).abs() > 0.01 => {
                Some(format!("stated {} {unit}, and the numbers give {}", stated.value, unit.from_base(ours)))
            }
            Ok(_) => None,
        };
        let formula = derived.formula.text().to_owned();
        let ours = (derived.name.clone(), formula, derived.unit.from_base(ours), derived.unit.text().to_owned());
        found.extend(what.map(|recomputed| Finding {
            id: claim.id.clone(),
            kind: "stated figure".to_owned(),
            // `seed001 L298`, as the contradictions have it.
            place: format!("seed{} L{}", claim.quote.seed.split('_').next().unwrap_or_default(), claim.quote.line),
            says: format!("{}: stated as {} {}.", stated.name, grouped(stated.value), stated.unit),
            recomputed,
            values: vec![ours],
        }));
    }
    found
}

/// Six digits, so that a factor of 1e9 does not show as 999999999.9.
fn round(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// `1,008`.
fn grouped(x: f64) -> String {
    let text = crate::report::number::plain(x);
    let (whole, rest) = text.find(['.', 'e']).map_or((text.as_str(), ""), |at| text.split_at(at));
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && c.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(c);
    }
    grouped + rest
}
