//! What a reader of the merged set should doubt: records that contradict each other, names that two machines share.
//! Removes a record in one case only: where it says the very same as another in other words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Finding, MergeError,
    scan::{Machine, Scan},
    write::{Lines, OPEN},
};
use crate::record::Record;

/// Finds entries that share an identity. Those that are the same JSON, differently written, are dropped but for the one
/// with the lowest digest; where different ones remain, that is a conflict.
pub(super) fn conflicts(scan: &mut Scan) -> Result<Vec<Finding>, MergeError> {
    let mut by_identity: Vec<u32> = (0..scan.entries.len() as u32).collect();
    by_identity.sort_unstable_by_key(|&i| {
        let entry = &scan.entries[i as usize];
        (entry.identity, entry.content)
    });
    let same = |a: &u32, b: &u32| scan.entries[*a as usize].identity == scan.entries[*b as usize].identity;
    let (mut findings, mut copies) = (Vec::new(), Vec::new());
    let mut lines = Lines::of(scan, OPEN);
    for group in by_identity.chunk_by(same).filter(|group| group.len() > 1) {
        let mut distinct: Vec<(u32, Value)> = Vec::new();
        for &at in group {
            let value = lines.value(&scan.entries[at as usize])?;
            if distinct.iter().any(|(_, known)| *known == value) {
                copies.push(at);
            } else {
                distinct.push((at, value));
            }
        }
        if distinct.len() > 1 {
            let mut places: Vec<_> = distinct.iter().map(|(at, _)| scan.place(&scan.entries[*at as usize])).collect();
            places.sort();
            findings.extend(conflict(&distinct[0].1, places));
        }
    }
    findings.sort_by(|a, b| match (a, b) {
        (Finding::Conflict { places: a, .. }, Finding::Conflict { places: b, .. }) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    copies.sort_unstable();
    let mut at = 0;
    scan.entries.retain(|_| {
        at += 1;
        copies.binary_search(&(at - 1)).is_err()
    });
    Ok(findings)
}

fn conflict(value: &Value, places: Vec<super::Place>) -> Option<Finding> {
    let record: Record = serde_json::from_value(value.clone()).ok()?;
    Some(Finding::Conflict { case: record.case.id, device: record.device.id, run: record.run.id, places })
}

/// Memory that two reports of one machine may differ by: kernels keep more or less of it for themselves.
pub(crate) const MEMORY_SLACK: f64 = 0.05;

/// Finds names under which records describe machines that cannot be one: another architecture or CPU, or more memory
/// than a kernel's update would explain.
pub(super) fn shared_names(scan: &Scan) -> Vec<Finding> {
    let mut named: BTreeMap<&str, Vec<&Machine>> = BTreeMap::new();
    for machine in &scan.machines {
        named.entry(&machine.name).or_default().push(machine);
    }
    named.into_iter().filter_map(|(name, machines)| shared(name, machines)).collect()
}

fn shared(name: &str, mut machines: Vec<&Machine>) -> Option<Finding> {
    // In order of memory, so that what counts as one does not hang on the order of the files.
    machines.sort_by_key(|m| (&m.arch, &m.cpu, m.memory_bytes, &m.place));
    machines.dedup_by(|b, a| {
        (&a.arch, &a.cpu) == (&b.arch, &b.cpu) && b.memory_bytes as f64 <= a.memory_bytes as f64 * (1.0 + MEMORY_SLACK)
    });
    let tell = |m: &&Machine| {
        let gib = m.memory_bytes as f64 / f64::from(1 << 30);
        format!("{} ({}, {gib:.1} GiB; {})", m.cpu, m.arch, m.place)
    };
    (machines.len() > 1)
        .then(|| Finding::OneName { name: name.to_owned(), machines: machines.iter().map(tell).collect() })
}
