//! Accelerators: what their makers and others publish of them.
//! Holds nothing measured here.

use std::collections::BTreeMap;

use super::{
    Number, Source,
    number::{number, required},
    problem::Inspector,
    raw::RawDevice,
};
use crate::formula::Unit;

/// An accelerator.
#[derive(Debug, Clone)]
pub struct Device {
    /// Short name.
    pub id: String,
    /// Full name.
    pub name: String,
    /// datacenter, workstation, embedded, npu or cpu.
    pub class: String,
    /// When it came out, or is announced for.
    pub year: Option<u32>,
    /// What drives it.
    pub api: Vec<String>,
    /// Patterns of device names in records that are this device.
    pub matches: Vec<String>,
    /// The device of a claim that no program reaches and this one stands in for.
    pub stand_in_for: Option<String>,
    /// Dense peaks by dtype.
    pub peak: BTreeMap<String, Number>,
    /// memory, bandwidth, power, idle_power, it_power, price, own, rent; what is not known is not there.
    pub quantity: BTreeMap<String, Number>,
    /// Of one of several chips with memories of their own.
    pub per_soc: BTreeMap<String, Number>,
    /// Published speeds, to check against.
    pub known: Vec<Known>,
    /// Why a quantity is not there.
    pub absent: BTreeMap<String, String>,
    /// What to know of it.
    pub notes: Vec<String>,
    /// What was changed from the draft, and why.
    pub mended: Vec<String>,
    /// Its file.
    pub file: String,
}

/// A published decode speed.
#[derive(Debug, Clone)]
pub struct Known {
    /// Of this model.
    pub model: String,
    /// In this format.
    pub dtype: String,
    /// With so many streams at once.
    pub streams: u64,
    /// Tokens a second, all streams together.
    pub decode: Number,
}

/// What each quantity of a device measures.
const QUANTITIES: &[(&str, &str)] = &[
    ("memory", "B/GPU"),
    ("bandwidth", "B/GPU-s"),
    ("power", "W/GPU"),
    ("idle_power", "W/GPU"),
    ("it_power", "W/GPU"),
    ("price", "USD/GPU"),
    ("own", "USD/GPU-h"),
    ("rent", "USD/GPU-h"),
];

pub(super) fn device(inspector: &mut Inspector, sources: &BTreeMap<String, Source>) -> Option<Device> {
    let raw: RawDevice = inspector.parse()?;
    let id = required(inspector, 0, "", "id", &raw.id)?.to_owned();
    let class = raw.class.clone().unwrap_or_default();
    if !["datacenter", "workstation", "embedded", "npu", "cpu"].contains(&class.as_str()) {
        let what = format!("class is \"{class}\": write datacenter, workstation, embedded, npu or cpu");
        inspector.fault(0, &id, what);
    }
    let mut table = |group: &str, raw: &BTreeMap<String, toml::Spanned<super::raw::RawNumber>>| {
        let mut found = BTreeMap::new();
        for (key, raw) in raw {
            let name = format!("{id}.{group}{key}");
            let Some(number) = number(inspector, sources, &name, raw) else { continue };
            let wanted = match QUANTITIES.iter().find(|q| q.0 == key) {
                Some(known) => known.1,
                None if group.is_empty() => {
                    let known = QUANTITIES.iter().map(|q| q.0).collect::<Vec<_>>().join(", ");
                    inspector.fault(raw.span().start, &name, format!("no such quantity: known are {known}"));
                    continue;
                }
                None if key.contains("int") => "OPS/GPU",
                None => "FLOPS/GPU",
            };
            if Unit::parse(wanted).is_ok_and(|u| u.dimension() != number.unit.dimension()) {
                let what = format!("the unit is {}, and {wanted} is due, with any prefix", number.unit);
                inspector.fault(raw.span().start, &name, what);
            }
            found.insert(key.clone(), number);
        }
        found
    };
    let (peak, quantity) = (table("peak.", &raw.peak), table("", &raw.quantity));
    let per_soc = table("per_soc.", &raw.per_soc);
    let mut known = Vec::new();
    for k in &raw.known {
        let name = format!("{id}.known.{}", k.model.get_ref());
        if let Some(decode) = number(inspector, sources, &name, &k.decode) {
            let (model, dtype) = (k.model.get_ref().clone(), k.dtype.clone());
            known.push(Known { model, dtype, streams: k.streams, decode });
        }
    }
    let notes = [raw.note, raw.review_note, raw.sparse_note].into_iter().flatten().collect();
    Some(Device {
        name: raw.name.unwrap_or_else(|| id.clone()),
        id,
        class,
        year: raw.year,
        api: raw.api,
        matches: raw.matches,
        stand_in_for: raw.stand_in_for,
        peak,
        quantity,
        per_soc,
        known,
        absent: raw.absent,
        notes,
        mended: raw.mended,
        file: inspector.file.to_owned(),
    })
}
