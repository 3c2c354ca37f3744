//! Which records belong together, and what may be said of each pair.
//! Drops nothing: a record without a partner is a row of its own.

use super::{
    Comparison, INTERLEAVED, Method, Outcome, Scope, Verdict, interleaved_ratio, ratio, side::Pool,
    verdict::round_ratios,
};
use crate::{
    backend::Track,
    measure::stats::Estimate,
    record::{Record, Status},
};

/// Pools by key, in the order in which the keys first appear.
struct Pools<'r, K>(Vec<(K, Pool<'r>)>);

impl<'r, K: PartialEq> Pools<'r, K> {
    fn by(records: &'r [Record], key: impl Fn(&'r Record) -> K) -> Pools<'r, K> {
        let mut groups: Vec<(K, Vec<&'r Record>)> = Vec::new();
        for record in records {
            let key = key(record);
            match groups.iter_mut().find(|(k, _)| *k == key) {
                Some((_, group)) => group.push(record),
                None => groups.push((key, vec![record])),
            }
        }
        Pools(groups.into_iter().map(|(key, group)| (key, Pool::of(group))).collect())
    }

    fn get(&self, key: &K) -> Option<&Pool<'r>> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, pool)| pool)
    }
}

/// Pairs two sets of records by case id, track and device key, and judges each pair: the second set against the first.
/// Records with one key on one side are pooled. `margin` is the largest relative difference that counts as none.
pub fn compare(before: &[Record], after: &[Record], margin: f64) -> Vec<Comparison> {
    let key = |r: &'_ Record| (r.case.id.clone(), r.case.track, r.device.key());
    let (before, after) = (Pools::by(before, key), Pools::by(after, key));
    let mut rows = Vec::new();
    for (key, pool) in &before.0 {
        rows.push(match after.get(key) {
            Some(other) => judge(pool, other, margin),
            None => alone(pool, Outcome::OnlyBefore, near_miss(pool, &after, "the second"), margin),
        });
    }
    for (key, pool) in &after.0 {
        if before.get(key).is_none() {
            rows.push(alone(pool, Outcome::OnlyAfter, near_miss(pool, &before, "the first"), margin));
        }
    }
    rows
}

/// Compares, within one set of records, what different backends made of the same case on the same hardware. Each is set
/// against `base`, a backend name; without one, against the first backend that the records name for that hardware.
pub fn across_backends(records: &[Record], base: Option<&str>, margin: f64) -> Vec<Comparison> {
    let place = |r: &Record| {
        let host = (r.environment.machine.clone(), r.environment.cpu.clone());
        (host, r.device.hardware.clone())
    };
    let key = |r: &'_ Record| (r.case.id.clone(), place(r), r.device.key(), r.case.track);
    let pools = Pools::by(records, key);
    let backend = |pool: &Pool| pool.speaker().device.backend.clone();
    let base_of = |hardware: &_| match base {
        Some(base) => Some(base.to_owned()),
        None => records.iter().find(|r| place(r) == *hardware).map(|r| r.device.backend.clone()),
    };
    let mut rows = Vec::new();
    for ((case, hardware, device, _), pool) in &pools.0 {
        let Some(base) = base_of(hardware) else { continue };
        let same_place = |(c, h, _, _): &(String, _, String, Track)| c == case && h == hardware;
        let mut peers = pools.0.iter().filter(|(k, _)| same_place(k) && k.2 != *device);
        if backend(pool) == base {
            if !pools.0.iter().any(|(k, p)| same_place(k) && backend(p) != base) {
                let why = format!("no backend but {base} has this case on this hardware");
                rows.push(alone(pool, Outcome::OnlyBefore, why, margin));
            }
        } else if let Some((_, peer)) = peers.find(|(_, p)| backend(p) == base) {
            rows.push(judge(peer, pool, margin));
        } else {
            let why = format!("backend {base} has no record of this case on this hardware");
            rows.push(alone(pool, Outcome::OnlyAfter, why, margin));
        }
    }
    for row in &mut rows {
        row.scope = Scope::Backends;
    }
    rows
}

fn alone(pool: &Pool, outcome: Outcome, reason: String, margin: f64) -> Comparison {
    let side = Some(pool.side());
    let (before, after) = if outcome == Outcome::OnlyBefore { (side, None) } else { (None, side) };
    let case = pool.speaker().case.id.clone();
    let reason = Some(reason);
    let (ratio, method, notes, scope) = (None, None, vec![], Scope::Sets);
    Comparison { case, scope, before, after, outcome, reason, ratio, method, margin, notes }
}

/// Why a key has no partner; names a record that differs in the device key only, as after a driver update.
fn near_miss(pool: &Pool, others: &Pools<'_, (String, Track, String)>, set: &str) -> String {
    let one = pool.speaker();
    let near =
        others.0.iter().map(|(_, p)| p.speaker()).find(|r| {
            r.case.id == one.case.id && r.case.track == one.case.track && r.device.backend == one.device.backend
        });
    match near {
        Some(near) => format!(
            "{set} set has this case on another device or driver: `{}` instead of `{}`",
            near.device.key(),
            one.device.key()
        ),
        None => format!("{set} set has no record of this case, track and device"),
    }
}

fn judge(before: &Pool, after: &Pool, margin: f64) -> Comparison {
    let mut row = Comparison {
        case: before.speaker().case.id.clone(),
        scope: Scope::Sets,
        before: Some(before.side()),
        after: Some(after.side()),
        outcome: Outcome::NotCompared,
        reason: None,
        ratio: None,
        method: None,
        margin,
        notes: notes(before, after),
    };
    if let Some(reason) = emulated(before, after).or_else(|| power_modes_differ(before, after)) {
        row.reason = Some(reason);
    } else if !before.is_timed() || !after.is_timed() {
        (row.outcome, row.reason) = unjudged(before, after);
    } else {
        match verdict(before, after, margin) {
            Some((verdict, ratio, method)) => {
                row.outcome = verdict.into();
                row.method = Some(method);
                row.ratio = Some(ratio);
            }
            None => row.reason = Some("a side has no usable sample".to_owned()),
        }
    }
    row
}

/// By the soundest method that the samples allow: rounds of fresh workers, turns, one after the other.
fn verdict(before: &Pool, after: &Pool, margin: f64) -> Option<(Verdict, Estimate, Method)> {
    let (x, y) = (before.samples(), after.samples());
    if !taken_in_turns(before.speaker(), after.speaker()) || x.len() != y.len() {
        let judged = ratio(&x, &y, margin)?;
        return Some((Verdict::of(&judged, margin), judged, Method::Sequential));
    }
    let rounds = before.rounds();
    if !rounds.is_empty() && rounds == after.rounds() {
        let (verdict, judged) = Verdict::of_rounds(&round_ratios(&x, &y, &rounds)?, margin)?;
        return Some((verdict, judged, Method::Rounds));
    }
    let judged = interleaved_ratio(&x, &y)?;
    Some((Verdict::of(&judged, margin), judged, Method::Interleaved))
}

fn taken_in_turns(a: &Record, b: &Record) -> bool {
    let name = |r: &Record| r.run.settings.get(INTERLEAVED).cloned();
    name(a).is_some() && name(a) == name(b)
}

fn unjudged(before: &Pool, after: &Pool) -> (Outcome, Option<String>) {
    let state = |pool: &Pool| if pool.is_timed() { "ok".to_owned() } else { pool.why_not() };
    let (a, b) = (state(before), state(after));
    let status = |pool: &Pool| (pool.is_timed(), pool.speaker().status);
    let same = status(before) == status(after);
    let outcome = if same { Outcome::NotCompared } else { Outcome::StatusChanged };
    let reason = if a == b { format!("on both sides {a}") } else { format!("before: {a}; after: {b}") };
    (outcome, Some(reason))
}

/// An emulator's speed is the emulator's: next to hardware it would be taken for a finding.
fn emulated(before: &Pool, after: &Pool) -> Option<String> {
    let (a, b) = (before.speaker(), after.speaker());
    let (record, how) = match (&a.device.emulated, &b.device.emulated) {
        (Some(how), None) => (a, how),
        (None, Some(how)) => (b, how),
        (None, None) | (Some(_), Some(_)) => return None,
    };
    Some(format!("{} is emulated ({how}): never compared with hardware", record.device.id))
}

fn power_modes_differ(before: &Pool, after: &Pool) -> Option<String> {
    let modes: Vec<_> = before.power_modes().into_iter().chain(after.power_modes()).collect();
    let first = *modes.first()?;
    let other = modes.iter().find(|mode| **mode != first)?;
    let show = |mode: &std::collections::BTreeMap<String, String>, key: &str| {
        mode.get(key).map_or_else(|| "not recorded".to_owned(), |v| format!("`{v}`"))
    };
    let keys: std::collections::BTreeSet<&String> = first.keys().chain(other.keys()).collect();
    let differing: Vec<String> = keys
        .into_iter()
        .filter(|k| first.get(*k) != other.get(*k))
        .map(|k| format!("{k} {} against {}", show(first, k), show(other, k)))
        .collect();
    Some(format!("different power modes are never paired: {}", differing.join(", ")))
}

fn notes(before: &Pool, after: &Pool) -> Vec<String> {
    let (a, b) = (before.speaker(), after.speaker());
    let mut notes: Vec<String> = [before.note("before"), after.note("after")].into_iter().flatten().collect();
    let mut clocks = before.clocks();
    clocks.extend(after.clocks());
    if clocks.windows(2).any(|pair| pair[0] != pair[1]) {
        notes.push(
            "the clocks differ: one side by the device's, the other by the host's, which includes submission".into(),
        );
    }
    if a.case.track != b.case.track {
        notes.push("the tracks differ: not the same program".to_owned());
    }
    if let (Some(x), Some(y)) = (&a.build, &b.build)
        && x.source_sha256 != y.source_sha256
    {
        notes.push(format!("the source differs: {} against {}", short(&x.source_sha256), short(&y.source_sha256)));
    }
    for record in [a, b] {
        if record.device.class == crate::backend::DeviceClass::Software {
            notes.push(format!("{} is a software rasterizer: the CPU does the work", record.device.id));
        }
        if let Some(how) = &record.device.emulated {
            notes.push(format!("{} is emulated ({how}): the times are the emulator's", record.device.id));
        }
        if record.status == Status::Ok {
            notes.extend(record.warnings.iter().map(|w| format!("{}: {}: {}", record.device.id, w.code, w.text)));
        }
    }
    let mut once = Vec::new();
    for note in notes {
        if !once.contains(&note) {
            once.push(note);
        }
    }
    once
}

fn short(sha: &str) -> String {
    sha.chars().take(12).collect()
}
