//! From files to a checked catalogue: every file is read, then the names between them, then the formulas as a whole.
//! Tells every problem it finds; hands out a catalogue only if there is none.

use std::collections::{BTreeMap, HashMap};

use super::{
    Catalog, Claim, Device, Model, Problem, Problems, Scenario, ScenarioInput, Source, claim_files::ClaimDraft,
    device::device, embedded::Files, model::model, problem::Inspector, scenario::scenarios, source::sources,
};
use crate::formula::{CellId, System};

/// File and line of a name, for problems found when all files are read.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl Place {
    pub(super) fn fault(&self, name: &str, what: impl ToString) -> Problem {
        Problem { file: self.file.clone(), line: self.line, name: name.to_owned(), what: what.to_string() }
    }
}

/// The claims' quantities while they are put together.
#[derive(Debug, Default)]
pub(super) struct Workshop {
    pub(super) system: System,
    /// Where each cell was written.
    pub(super) places: HashMap<CellId, Place>,
    /// Cells of shared keys, and who said first what they are.
    pub(super) shared: HashMap<String, (CellId, super::Number, String)>,
    /// Cells of derived quantities, by `CLAIM.name`.
    pub(super) derived: HashMap<String, CellId>,
}

pub(super) fn build(files: &Files, mut problems: Vec<Problem>) -> Result<Catalog, Problems> {
    let mut sources_found: BTreeMap<String, Source> = BTreeMap::new();
    let of_kind = |kind: &'static str| files.iter().filter(move |((_, path), _)| path.starts_with(kind));
    let mut inspect = |file: &super::embedded::File, f: &mut dyn FnMut(&mut Inspector)| {
        let mut inspector = Inspector::new(&file.shown, &file.text);
        f(&mut inspector);
        problems.append(&mut inspector.problems);
    };
    for (_, file) in of_kind("sources.toml") {
        inspect(file, &mut |i| sources_found.extend(sources(i)));
    }
    let mut devices: BTreeMap<String, Device> = BTreeMap::new();
    for (_, file) in of_kind("devices/") {
        inspect(file, &mut |i| drop(device(i, &sources_found).map(|d| devices.insert(d.id.clone(), d))));
    }
    let mut models: BTreeMap<String, Model> = BTreeMap::new();
    for (_, file) in of_kind("models/") {
        inspect(file, &mut |i| drop(model(i, &sources_found).map(|m| models.insert(m.id.clone(), m))));
    }
    let mut inputs: BTreeMap<String, ScenarioInput> = BTreeMap::new();
    let mut named: BTreeMap<String, Scenario> = BTreeMap::new();
    for (_, file) in of_kind("scenarios/") {
        inspect(file, &mut |i| {
            let (found, bundles) = scenarios(i, &sources_found);
            inputs.extend(found.into_iter().map(|x| (x.id.clone(), x)));
            named.extend(bundles.into_iter().map(|x| (x.id.clone(), x)));
        });
    }
    let mut costs: BTreeMap<String, super::CostModel> = BTreeMap::new();
    for (_, file) in of_kind("costs/") {
        inspect(file, &mut |i| drop(super::cost::cost(i).map(|c| costs.insert(c.id.clone(), c))));
    }
    let mut inconsistencies = BTreeMap::new();
    for (_, file) in of_kind("findings.toml") {
        let found = &mut inconsistencies;
        inspect(file, &mut |i| {
            found.extend(super::inconsistency::inconsistencies(i).into_iter().map(|x| (x.id.clone(), x)));
        });
    }
    // By id, so that an overlay's claim takes the embedded one's place before anything is shared.
    let mut drafts: BTreeMap<String, (ClaimDraft, &super::embedded::File)> = BTreeMap::new();
    for (_, file) in of_kind("claims/") {
        inspect(file, &mut |i| {
            drop(super::claim_files::read(i).map(|d| drafts.insert(d.id.clone(), (d, file))));
        });
    }
    let mut shop = Workshop::default();
    let mut laid_out = Vec::new();
    for (draft, file) in drafts.values() {
        inspect(file, &mut |i| laid_out.push(super::claim_files::lay_out(draft, i, &sources_found, &mut shop)));
    }
    let mut claims: Vec<Claim> = Vec::new();
    for ((draft, file), laid) in drafts.values().zip(laid_out) {
        inspect(file, &mut |i| claims.push(super::claim_files::finish(draft, &laid, i, &mut shop)));
    }
    claims.sort_by(|a, b| {
        (a.rank, a.reading == Some("fair".to_owned()), &a.id).cmp(&(
            b.rank,
            b.reading == Some("fair".to_owned()),
            &b.id,
        ))
    });
    let mut catalog = Catalog {
        digest: super::embedded::digest(files),
        sources: sources_found,
        devices,
        models,
        inputs,
        scenarios: named,
        costs,
        inconsistencies,
        claims,
        system: shop.system,
        set: vec![],
        measured: HashMap::new(),
    };
    // Formulas over inputs that are not there would only repeat what is wrong with the inputs.
    let broken = problems.iter().any(|p| p.file.contains("claims"));
    super::check::names(&catalog, &mut problems);
    if !broken {
        super::check::formulas(&mut catalog, &shop.places, &mut problems);
    }
    if problems.is_empty() {
        return Ok(catalog);
    }
    problems.sort();
    problems.dedup();
    Err(Problems(problems))
}
