//! Roofs: how fast a device can read and compute at best, as measured or as published.
//! Times no case; says why where a roof is missing.

use std::collections::BTreeMap;

use super::{Evidence, Format, Op, Timed};
use crate::{
    backend::DeviceClass,
    catalog::{Device, Number},
    kernel::{Cache, Dtype, OpUnit, Work},
};

/// A rate and what says so.
#[derive(Debug, Clone, PartialEq)]
struct Rate {
    /// Bytes or operations a second.
    per_s: f64,
    /// A case id, or `h100-sxm.bandwidth (hf_hw)`.
    against: String,
    /// True if a datasheet says so.
    published: bool,
}

/// What bounds a device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roofs {
    memory: Option<Rate>,
    /// By the name of the format whose arithmetic it is.
    peaks: BTreeMap<&'static str, Rate>,
}

/// What some work takes at least.
#[derive(Debug, Clone, PartialEq)]
pub struct Least {
    /// Seconds.
    pub seconds: f64,
    /// What says so.
    pub against: String,
    /// True if a datasheet says so.
    pub published: bool,
}

/// Seconds that a step cannot fall below, by what binds.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Every weight and every cached key and value read once.
    pub memory: Least,
    /// Every operation at the peak of its arithmetic.
    pub compute: Least,
}

impl Bounds {
    /// The one that binds.
    pub fn binding(&self) -> &Least {
        if self.memory.seconds >= self.compute.seconds { &self.memory } else { &self.compute }
    }
}

impl Roofs {
    /// Of a device as measured. CPU devices of one machine lend each other their ceilings: the library track has none.
    /// A kernel that was measured faster than the ceiling's own raises the ceiling: the device can do at least that.
    pub fn measured(evidence: &Evidence, others: &[&Evidence]) -> Roofs {
        let cpu = |e: &Evidence| e.device.class == DeviceClass::Cpu;
        let same = |e: &&&Evidence| {
            cpu(e) && cpu(evidence) && e.machine == evidence.machine && e.device.name == evidence.device.name
        };
        let mut roofs = Roofs::default();
        for timed in std::iter::once(evidence).chain(others.iter().filter(same).copied()).flat_map(|e| e.cases.values())
        {
            let work = timed.work;
            match (timed.case.family.name(), timed.case.variant.name, timed.case.cache) {
                ("ceiling", "read", Cache::Cold) => roofs.reach(timed, work.bytes),
                ("ceiling", "fma" | "dot", _) => roofs.compute(timed, work.flop),
                _ => {}
            }
        }
        // 16-bit floats are accumulated in f32: its multiply-add stands in where it is higher or they have none.
        if let Some(f32) = roofs.peaks.get(Dtype::F32.name()).cloned() {
            roofs.raise_peak(Dtype::F16, f32.clone());
            roofs.raise_peak(Dtype::Bf16, f32);
        }
        // Kernels raise what there is: alone they are no ceiling.
        for timed in evidence.cases.values().filter(|t| t.case.family.name() != "ceiling") {
            let (work, dtype) = (timed.work, timed.case.dtype);
            if timed.case.cache == Cache::Cold && roofs.memory.is_some() {
                roofs.reach(timed, work.bytes);
            }
            if timed.case.family.name() == "matmul" && roofs.peaks.contains_key(dtype.name()) {
                roofs.compute(timed, work.flop);
            }
        }
        // 4-bit weights are widened to what they meet, and computed as that.
        for dtype in Dtype::ALL.into_iter().filter(|d| d.int4().is_some()) {
            let met = if dtype.op_unit() == OpUnit::Op { Dtype::I8 } else { Dtype::F16 };
            if let Some(rate) = roofs.peaks.get(met.name()).cloned() {
                roofs.raise_peak(dtype, rate);
            }
        }
        roofs
    }

    /// Raises the bandwidth to that of a case, if it is higher.
    fn reach(&mut self, timed: &Timed, bytes: f64) {
        if let Some(rate) = faster(timed, bytes, self.memory.as_ref()) {
            self.memory = Some(rate);
        }
    }

    /// Raises the peak of a case's arithmetic to its own, if it is higher.
    fn compute(&mut self, timed: &Timed, flop: f64) {
        let dtype = timed.case.dtype.name();
        if let Some(rate) = faster(timed, flop, self.peaks.get(dtype)) {
            self.peaks.insert(dtype, rate);
        }
    }

    fn raise_peak(&mut self, dtype: Dtype, rate: Rate) {
        let mut best = self.peaks.remove(dtype.name());
        raise(&mut best, rate);
        self.peaks.extend(best.map(|b| (dtype.name(), b)));
    }

    /// Of a device as published.
    pub fn published(device: &Device) -> Roofs {
        let rate = |what: &str, number: &Number| Rate {
            per_s: number.unit.to_base(number.mode),
            against: format!("{}.{what} ({})", device.id, number.source),
            published: true,
        };
        let peak = |f: Format| {
            let (key, number) = f.peaks().iter().find_map(|k| Some((*k, device.peak.get(*k)?)))?;
            Some((f.name(), rate(&format!("peak.{key}"), number)))
        };
        Roofs {
            memory: device.quantity.get("bandwidth").map(|n| rate("bandwidth", n)),
            peaks: Format::ALL.into_iter().filter_map(peak).collect(),
        }
    }

    /// What bounds a device of which both are known: the measured bandwidth, and of two peaks the higher. Our own
    /// ceilings do not reach units that only matrix products use, so that a published peak may well be the truer bound.
    pub fn over(mut self, published: Roofs) -> Roofs {
        self.memory = self.memory.or(published.memory);
        for (format, rate) in published.peaks {
            let mut best = self.peaks.remove(format);
            raise(&mut best, rate);
            self.peaks.extend(best.map(|b| (format, b)));
        }
        self
    }

    /// The least that some work takes.
    ///
    /// # Errors
    /// Which ceiling is missing.
    pub fn least(&self, work: Work, format: Format) -> Result<Least, String> {
        let memory = self.memory()?;
        let by_memory = work.bytes / memory.per_s;
        let compute = if work.flop > 0.0 { Some(self.peak(format)?) } else { None };
        let (seconds, binding) = match compute.map(|c| (work.flop / c.per_s, c)) {
            Some((by_compute, peak)) if by_compute > by_memory => (by_compute, peak),
            _ => (by_memory, memory),
        };
        Ok(Least { seconds, against: binding.against.clone(), published: binding.published })
    }

    /// What a whole step cannot fall below, whatever overlaps.
    ///
    /// # Errors
    /// Which ceiling is missing.
    pub fn bounds(&self, ops: &[Op]) -> Result<Bounds, String> {
        let memory = self.memory()?;
        let bytes: f64 = ops.iter().map(|o| o.count * o.resident).sum();
        let mut compute = Least { seconds: 0.0, against: String::new(), published: false };
        let mut peaks: Vec<&str> = Vec::new();
        for op in ops {
            let peak = self.peak(op.format)?;
            compute.seconds += op.count * op.work.flop / peak.per_s;
            compute.published |= peak.published;
            if !peaks.contains(&peak.against.as_str()) {
                peaks.push(&peak.against);
            }
        }
        compute.against = peaks.join(", ");
        let seconds = bytes / memory.per_s;
        Ok(Bounds { memory: Least { seconds, against: memory.against.clone(), published: memory.published }, compute })
    }

    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.memory.is_none() && self.peaks.is_empty()
    }

    fn memory(&self) -> Result<&Rate, String> {
        let fix = "run `wattmark run --suite inference --case ceiling/read`";
        self.memory.as_ref().ok_or_else(|| format!("no read bandwidth is known of the device: {fix}"))
    }

    fn peak(&self, format: Format) -> Result<&Rate, String> {
        self.peaks.get(format.name()).ok_or_else(|| {
            let fix = match format {
                Format::Fp8 => "no kernel of ours measures it, and the catalogue has none",
                _ if format.op_unit() == OpUnit::Op => "run `wattmark run --suite inference --case ceiling/dot`",
                _ => "run `wattmark run --suite inference --case ceiling/fma`",
            };
            format!("no arithmetic peak for {format} is known of the device: {fix}")
        })
    }
}

/// The rate of a case, if it is over the one that is known: few are, and only they are named.
fn faster(timed: &Timed, per_launch: f64, known: Option<&Rate>) -> Option<Rate> {
    let per_s = per_launch / timed.seconds.value;
    let over = known.is_none_or(|known| per_s > known.per_s);
    over.then(|| Rate { per_s, against: timed.case.id(), published: false })
}

fn raise(best: &mut Option<Rate>, rate: Rate) {
    if best.as_ref().is_none_or(|b| rate.per_s > b.per_s) {
        *best = Some(rate);
    }
}
