//! The measured roofline: which ceiling binds a case, and what fraction of it was reached.
//! Knows no datasheet, and clamps nothing: a fraction over 1 is a finding.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backend::{DeviceClass, DeviceFacts},
    kernel::{Cache, Dtype, OpUnit},
    record::Record,
};

/// Which roof is lower for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// The arithmetic peak.
    Compute,
    /// Arithmetic intensity times read bandwidth.
    Memory,
}

impl Bound {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Compute => "compute",
            Bound::Memory => "memory",
        }
    }
}

/// A fraction that the noise of two medians no longer explains.
const SURPASSED: f64 = 1.05;

/// How near a case came to the lowest of its measured ceilings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fraction {
    /// Achieved over attainable; may exceed 1.
    pub value: f64,
    /// The roof that binds.
    pub bound: Bound,
    /// Attainable operations per second: the lower of the peak, and intensity times bandwidth.
    pub attainable_ops_per_s: f64,
    /// Case id of the ceiling that binds, measured in the same run on the same device.
    pub against: String,
    /// What a reader of the fraction should know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// The best of one ceiling on one device in one run.
#[derive(Debug, Clone)]
struct Ceiling {
    /// Operations per second for arithmetic, bytes per second for bandwidth.
    rate: f64,
    case: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Read,
    Fma(Dtype),
    Dot,
}

/// Ceilings by run, device and kind.
#[derive(Debug, Default)]
pub(crate) struct Ceilings(HashMap<(RunId, Owner, Kind), Ceiling>);

type RunId = String;

/// Whose ceiling it is.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Owner {
    /// The device of this key.
    Device(String),
    /// Every CPU device of this hardware, which one of them lends it to.
    Cpu(String),
}

impl Owner {
    fn device(facts: &DeviceFacts) -> Owner {
        Owner::Device(facts.key())
    }

    fn cpu(facts: &DeviceFacts) -> Option<Owner> {
        (facts.class == DeviceClass::Cpu).then(|| Owner::Cpu(facts.hardware.clone()))
    }
}

impl Ceilings {
    /// Takes note of a verified record, with its median seconds per launch, if it is one of a ceiling. Where one was
    /// measured more than once the highest counts: a ceiling is what the device can do at best.
    pub(crate) fn note(&mut self, record: &Record, seconds: f64) {
        let Some((kind, work)) = ceiling_kind(record) else { return };
        let rate = work / seconds;
        // The library track calls someone else's kernels on the same CPU: it is held against what that CPU can do.
        for owner in std::iter::once(Owner::device(&record.device)).chain(Owner::cpu(&record.device)) {
            let key = (record.run.id.clone(), owner, kind);
            if self.0.get(&key).is_none_or(|c| (rate, &c.case) > (c.rate, &record.case.id)) {
                self.0.insert(key, Ceiling { rate, case: record.case.id.clone() });
            }
        }
    }

    /// Fraction of the lowest ceiling of the record's run and device.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn fraction(&self, record: &Record, seconds: f64) -> Result<Fraction, String> {
        if record.case.family == "ceiling" {
            return Err("is a ceiling itself".to_owned());
        }
        let work = record.work;
        if work.flop <= 0.0 || work.bytes <= 0.0 {
            return Err("the case counts no operations".to_owned());
        }
        let mut notes = Vec::new();
        let (peak, stand_in) = self.peak(record)?;
        let lent = stand_in.is_some();
        notes.extend(stand_in);
        let in_cache = fits_the_cache(record);
        if in_cache {
            notes.push(
                "hot, and its working set fits the cache: the memory roof does not bind, only the arithmetic peak counts"
                    .to_owned(),
            );
        }
        let memory = if in_cache { None } else { Some(self.read(record)?) };
        let roof = |c: &Ceiling| c.rate * work.intensity();
        let (bound, ceiling, attainable) = match memory {
            Some(memory) if roof(memory) < peak.rate => (Bound::Memory, memory, roof(memory)),
            _ => (Bound::Compute, peak, peak.rate),
        };
        let value = work.flop / seconds / attainable;
        // Over a lent peak is no surprise: the note beside it says so.
        if value > SURPASSED && !(lent && bound == Bound::Compute) {
            notes.push(format!(
                "faster than {} of its run, so that was not the most this device can do: noise, or a ceiling's kernel that does \
                 not suit the device (`wattmark tune --case 'ceiling/*'`)",
                ceiling.case
            ));
        }
        Ok(Fraction { value, bound, attainable_ops_per_s: attainable, against: ceiling.case.clone(), notes })
    }

    fn get(&self, record: &Record, kind: Kind) -> Option<&Ceiling> {
        let find = |owner| self.0.get(&(record.run.id.clone(), owner, kind));
        find(Owner::device(&record.device)).or_else(|| find(Owner::cpu(&record.device)?))
    }

    fn read(&self, record: &Record) -> Result<&Ceiling, String> {
        self.get(record, Kind::Read).ok_or_else(|| absent("ceiling/read/f32, cold"))
    }

    /// The arithmetic peak for the record's dtype, and a note where another one stands in for it.
    fn peak(&self, record: &Record) -> Result<(&Ceiling, Option<String>), String> {
        let dtype = record.case.dtype;
        if record.work.unit == OpUnit::Op {
            return self.get(record, Kind::Dot).map(|c| (c, None)).ok_or_else(|| absent("ceiling/dot/i8"));
        }
        if let Some(own) = self.get(record, Kind::Fma(dtype)) {
            return Ok((own, None));
        }
        let f32 = self.get(record, Kind::Fma(Dtype::F32)).ok_or_else(|| absent("ceiling/fma/f32"))?;
        let note = format!(
            "set against the f32 multiply-add peak, because {dtype} has none on this device; {dtype} accumulates in f32, \
             and hardware with faster {dtype} units may exceed it"
        );
        Ok((f32, Some(note)))
    }
}

/// A cold read is the memory's bandwidth; a hot one is some cache's, and no roof for anything cold.
fn ceiling_kind(record: &Record) -> Option<(Kind, f64)> {
    if record.case.family != "ceiling" {
        return None;
    }
    match record.case.variant.as_str() {
        "read" if record.case.cache == Cache::Cold => Some((Kind::Read, record.work.bytes)),
        "fma" => Some((Kind::Fma(record.case.dtype), record.work.flop)),
        "dot" => Some((Kind::Dot, record.work.flop)),
        _ => None,
    }
}

fn fits_the_cache(record: &Record) -> bool {
    let bytes = record.build.as_ref().map_or(record.work.bytes, |b| b.set_bytes as f64);
    record.case.cache == Cache::Hot && bytes <= record.device.cache_bytes as f64
}

fn absent(case: &str) -> String {
    format!("this run has no verified {case} on this device: run it in the same suite")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        fixtures,
        metrics::{Metrics, derive},
    };

    fn of(records: &[Record], device: &str, case: &str) -> Result<Fraction, String> {
        let metrics: Metrics = derive(records)[fixtures::position(records, device, case)].clone().unwrap();
        metrics.ceiling
    }

    #[test]
    fn decode_is_bound_by_memory_and_prefill_by_arithmetic() {
        let records = fixtures::records();
        let gemv = of(&records, "gpu", "matmul/gemv/f32").unwrap();
        assert_eq!(gemv.bound, Bound::Memory);
        assert_eq!(gemv.against, "ceiling/read/f32/bytes=134217728/cold");
        let gemm = of(&records, "gpu", "matmul/gemm/f16").unwrap();
        assert_eq!(gemm.bound, Bound::Compute);
        assert!(gemm.value > 1.0, "tensor cores over the f32 peak are not clamped: {}", gemm.value);
        assert!(gemm.notes.iter().any(|n| n.contains("f32 multiply-add peak")), "{:?}", gemm.notes);
        assert!(gemm.notes.iter().any(|n| n.contains("fits the cache")), "{:?}", gemm.notes);
    }

    #[test]
    fn a_ceiling_that_a_kernel_surpasses_is_named() {
        let mut records = fixtures::records();
        let gemv = fixtures::position(&records, "gpu", "matmul/gemv/f32");
        assert!(of(&records, "gpu", "matmul/gemv/f32").unwrap().notes.is_empty());
        for sample in &mut records[gemv].time.as_mut().unwrap().samples_s {
            *sample /= 1e3;
        }
        let fraction = of(&records, "gpu", "matmul/gemv/f32").unwrap();
        assert!(fraction.value > 1.05);
        assert!(fraction.notes[0].starts_with("faster than ceiling/read/f32"), "{:?}", fraction.notes);
        // An f32 peak that stands in for f16's does not excuse it: memory is what binds.
        records[gemv].case.dtype = Dtype::F16;
        let fraction = of(&records, "gpu", "matmul/gemv/f32").unwrap();
        assert_eq!(fraction.bound, Bound::Memory);
        assert!(fraction.notes.iter().any(|n| n.contains("f32 multiply-add peak")), "{:?}", fraction.notes);
        assert!(fraction.notes.iter().any(|n| n.starts_with("faster than")), "{:?}", fraction.notes);
    }

    #[test]
    fn ceilings_of_another_run_or_device_do_not_count() {
        let mut records = fixtures::records();
        for record in &mut records {
            if record.case.variant == "read" {
                record.run.id = "another".to_owned();
            }
        }
        let why = of(&records, "gpu", "matmul/gemv/f32").unwrap_err();
        assert!(why.contains("ceiling/read"), "{why}");
        assert!(of(&records, "gpu", "matmul/gemm/f16").is_ok(), "needs no bandwidth: it fits the cache");
    }

    #[test]
    fn an_f16_peak_is_preferred_where_there_is_one() {
        let mut records = fixtures::records();
        let mut fma = records[fixtures::position(&records, "gpu", "ceiling/fma")].clone();
        fma.case.dtype = Dtype::F16;
        fma.case.id = fma.case.id.replace("f32", "f16");
        records.push(fma);
        let gemm = of(&records, "gpu", "matmul/gemm/f16").unwrap();
        assert!(gemm.against.starts_with("ceiling/fma/f16"), "{}", gemm.against);
    }
}
