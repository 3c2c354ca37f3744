//! Whole decoder steps against the sum of their kernels, in turns within one process.
//! Decides nothing: the ratio is what is published, whatever it is.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Context, bail};
use serde::Serialize;
use wattmark::{
    backend::{Device, Executable, backends},
    catalog::Model,
    kernel::{Case, Inputs, verify},
    measure::{
        Settings, measure,
        stats::{Estimate, median, order_interval},
    },
    workload::{self, Format, Op, Point},
};

use crate::decoder::Decoder;

/// What is checked.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) model: Model,
    /// Cached tokens of the decode step.
    pub(crate) context: u64,
    /// Tokens of the prompt.
    pub(crate) prompt: u64,
    /// Rounds; six give an interval.
    pub(crate) rounds: usize,
    /// Seconds for each kernel, and for each whole step, in a round.
    pub(crate) seconds: f64,
}

/// One phase.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    /// `decode` or `prefill`.
    pub(crate) phase: &'static str,
    /// Median seconds of a whole step, by round.
    pub(crate) whole_s: Vec<f64>,
    /// Sum of the kernels' median seconds, by round.
    pub(crate) composed_s: Vec<f64>,
    /// Composed over whole, less one: median over rounds, and 95 % interval by order statistics.
    pub(crate) error: Ends,
    /// Kernels and how often a step runs each.
    pub(crate) kernels: Vec<(String, f64)>,
}

/// A value and its interval; an end that nothing is known of is absent.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Ends {
    pub(crate) value: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
}

impl From<Estimate> for Ends {
    fn from(e: Estimate) -> Ends {
        let end = |x: f64| Some(x).filter(|x| x.is_finite());
        Ends { value: e.value, low: end(e.low), high: end(e.high) }
    }
}

/// A phase while it is timed.
struct Phase {
    name: &'static str,
    ops: Vec<Op>,
    /// Position and number of the tokens of a step.
    start: usize,
    tokens: usize,
    whole_s: Vec<f64>,
    composed_s: Vec<f64>,
}

impl Phase {
    fn new(name: &'static str, ops: Vec<Op>, start: u64, tokens: u64) -> Phase {
        let (start, tokens) = (start as usize, tokens as usize);
        Phase { name, ops, start, tokens, whole_s: vec![], composed_s: vec![] }
    }

    fn checked(self) -> anyhow::Result<Checked> {
        let errors: Vec<f64> = self.composed_s.iter().zip(&self.whole_s).map(|(c, w)| c / w - 1.0).collect();
        Ok(Checked {
            phase: self.name,
            error: order_interval(&errors).context("no round was run")?.into(),
            kernels: self.ops.iter().map(|o| (o.id.clone(), o.count)).collect(),
            whole_s: self.whole_s,
            composed_s: self.composed_s,
        })
    }
}

/// Runs the check: in every round the whole and the parts, the first now one, now the other, so that drift cancels.
pub(crate) fn check(plan: &Plan, progress: &mut dyn FnMut(usize)) -> anyhow::Result<Vec<Checked>> {
    let mut point = Point::new(1, plan.context, Format::F32);
    point.prompt = plan.prompt;
    let mut phases = [
        Phase::new("decode", workload::decode(&plan.model, &point)?, plan.context - 1, 1),
        Phase::new("prefill", workload::prefill(&plan.model, &point)?, 0, plan.prompt),
    ];
    let positions = plan.context.max(plan.prompt) as usize;
    let decoder = Decoder::random(&plan.model.shape, positions).context("making the decoder")?;
    // By id: a case of both phases is timed once a round.
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for op in phases.iter().flat_map(|p| &p.ops) {
        cases.insert(op.id.clone(), op.case.clone().map_err(anyhow::Error::msg)?);
    }
    let mut devices = cases.values().map(|_| candle()).collect::<anyhow::Result<Vec<_>>>()?;
    let mut parts = Vec::new();
    for (device, (id, case)) in devices.iter_mut().zip(&cases) {
        parts.push((id.as_str(), verified(device.as_mut(), case)?));
    }
    for round in 0..plan.rounds {
        if round % 2 == 0 {
            time_wholes(&decoder, &mut phases, plan.seconds)?;
            time_parts(&mut parts, &mut phases, plan.seconds)?;
        } else {
            time_parts(&mut parts, &mut phases, plan.seconds)?;
            time_wholes(&decoder, &mut phases, plan.seconds)?;
        }
        progress(round + 1);
    }
    phases.into_iter().map(Phase::checked).collect()
}

fn time_wholes(decoder: &Decoder, phases: &mut [Phase], seconds: f64) -> anyhow::Result<()> {
    for phase in phases {
        phase.whole_s.push(whole_step(decoder, phase.start, phase.tokens, seconds)?);
    }
    Ok(())
}

fn time_parts(
    parts: &mut [(&str, Box<dyn Executable + '_>)],
    phases: &mut [Phase],
    seconds: f64,
) -> anyhow::Result<()> {
    let mut medians = BTreeMap::new();
    for (id, part) in parts {
        let time = measure(part.as_mut(), &Settings::within(seconds), &mut || {})?.time;
        medians.insert(*id, median(&time.samples_s).context("a kernel without samples")?);
    }
    for phase in phases {
        phase.composed_s.push(phase.ops.iter().map(|o| o.count * medians[o.id.as_str()]).sum());
    }
    Ok(())
}

fn candle() -> anyhow::Result<Box<dyn Device>> {
    let backend = backends().into_iter().find(|b| b.name() == "candle").context("this build has no candle backend")?;
    Ok(backend.open("candle:0")?)
}

/// A kernel, after its output was held against the f64 reference.
fn verified<'d>(device: &'d mut dyn Device, case: &Case) -> anyhow::Result<Box<dyn Executable + 'd>> {
    let inputs = Inputs::seeded(case);
    let mut part = device.prepare(case, &inputs, &Default::default())?;
    part.poison()?;
    part.run(1)?;
    if let Some(failure) = verify(case, &inputs, &part.output()?).failure {
        bail!("{case}: {failure}");
    }
    Ok(part)
}

/// Median seconds of whole steps, after two to warm up.
fn whole_step(decoder: &Decoder, start: usize, tokens: usize, seconds: f64) -> anyhow::Result<f64> {
    let tokens: Vec<u32> = (0..tokens as u32).collect();
    let once = || -> anyhow::Result<f64> {
        let begin = Instant::now();
        let logits = decoder.forward(&tokens, start)?;
        let took = begin.elapsed().as_secs_f64();
        drop(logits);
        Ok(took)
    };
    once()?;
    once()?;
    let (begin, mut samples) = (Instant::now(), Vec::new());
    while samples.len() < 6 || begin.elapsed().as_secs_f64() < 2.0 * seconds {
        samples.push(once()?);
    }
    median(&samples).context("a step without samples")
}
