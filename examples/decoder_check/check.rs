//! Whole decoder steps against the sum of their kernels, in turns within one process.
//! Decides nothing: the ratio is what is published, whatever it is.

use std::time::Instant;

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

/// Runs the check: in every round the whole and the parts, the first now one, now the other, so that drift cancels.
pub(crate) fn check(plan: &Plan, progress: &mut dyn FnMut(usize)) -> anyhow::Result<Vec<Checked>> {
    let mut point = Point::new(1, plan.context, Format::F32);
    point.prompt = plan.prompt;
    let phases = [
        ("decode", workload::decode(&plan.model, &point)?, plan.context as usize - 1, 1),
        ("prefill", workload::prefill(&plan.model, &point)?, 0, plan.prompt as usize),
    ];
    let positions = plan.context.max(plan.prompt) as usize;
    let decoder = Decoder::random(&plan.model.shape, positions).context("making the decoder")?;
    let mut ops: Vec<&Op> = Vec::new();
    for op in phases.iter().flat_map(|p| &p.1) {
        if !ops.iter().any(|o| o.id == op.id) {
            ops.push(op);
        }
    }
    let cases: Vec<Case> = ops.iter().map(|o| o.case.clone().map_err(anyhow::Error::msg)).collect::<Result<_, _>>()?;
    let mut devices = cases.iter().map(|_| candle()).collect::<anyhow::Result<Vec<_>>>()?;
    let mut parts: Vec<Box<dyn Executable + '_>> = Vec::new();
    for (device, case) in devices.iter_mut().zip(&cases) {
        parts.push(verified(device.as_mut(), case)?);
    }
    let settings = Settings::within(plan.seconds);
    let mut times = phases.each_ref().map(|_| (Vec::new(), Vec::new()));
    for round in 0..plan.rounds {
        let whole = |times: &mut [(Vec<f64>, Vec<f64>); 2]| -> anyhow::Result<()> {
            for ((_, _, start, tokens), (whole, _)) in phases.iter().zip(times) {
                whole.push(timed(&decoder, *start, *tokens, plan.seconds)?);
            }
            Ok(())
        };
        if round % 2 == 0 {
            whole(&mut times)?;
        }
        let mut medians = Vec::new();
        for part in &mut parts {
            let time = measure(part.as_mut(), &settings, &mut || {})?.time;
            medians.push(median(&time.samples_s).context("a kernel without samples")?);
        }
        for ((_, all, ..), (_, composed)) in phases.iter().zip(&mut times) {
            let of = |op: &Op| ops.iter().position(|o| o.id == op.id).map_or(0.0, |at| op.count * medians[at]);
            composed.push(all.iter().map(of).sum());
        }
        if round % 2 == 1 {
            whole(&mut times)?;
        }
        progress(round + 1);
    }
    let mut checked = Vec::new();
    for ((phase, ops, ..), (whole_s, composed_s)) in phases.iter().zip(times) {
        let errors: Vec<f64> = composed_s.iter().zip(&whole_s).map(|(c, w): (&f64, &f64)| c / w - 1.0).collect();
        let error = order_interval(&errors).context("no round was run")?.into();
        let kernels = ops.iter().map(|o| (o.id.clone(), o.count)).collect();
        checked.push(Checked { phase, whole_s, composed_s, error, kernels });
    }
    Ok(checked)
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
fn timed(decoder: &Decoder, start: usize, tokens: usize, seconds: f64) -> anyhow::Result<f64> {
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
