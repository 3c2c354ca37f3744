//! Scripted time: how long a run takes, as a function of script, case and run number.
//! Sleeps nowhere and reads no clock.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::{
    super::{Condition, Elapsed},
    script::{Pattern, Reports, TimeScript},
};
use crate::kernel::Work;

/// Core clock of an unthrottled mock device, MHz.
const CLOCK_MHZ: f64 = 1000.0;

/// Draws the times of one case's runs.
#[derive(Debug)]
pub(super) struct Clockwork {
    script: TimeScript,
    launch_s: f64,
    runs: u32,
    rng: ChaCha8Rng,
}

impl Clockwork {
    /// The clockwork of a case with this work and seed.
    pub(super) fn new(script: &TimeScript, work: Work, seed: u64) -> Clockwork {
        let busy = (work.flop / script.ops_per_s.0).max(work.bytes / script.bytes_per_s.0);
        Clockwork {
            script: script.clone(),
            launch_s: script.launch_s.0 + busy,
            runs: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Runs started so far.
    pub(super) fn runs(&self) -> u32 {
        self.runs
    }

    /// The time of the next run.
    pub(super) fn run(&mut self, launches: u32) -> Elapsed {
        let noise: f64 = StandardNormal.sample(&mut self.rng);
        // Drawn whether or not the pattern needs it, so that patterns with one seed share their noise.
        let lot: f64 = self.rng.random();
        let slower = match self.script.pattern {
            Pattern::Steady => 1.0,
            Pattern::Drifting { per_run } => (1.0 + per_run).powf(f64::from(self.runs)),
            Pattern::Throttling { factor, .. } if self.throttled(self.runs) => factor.0,
            Pattern::Throttling { .. } => 1.0,
            Pattern::Bimodal { share, factor } | Pattern::Spiky { share, factor } => {
                if lot < share.0 {
                    factor.0
                } else {
                    1.0
                }
            }
        };
        // Four standard deviations keep the largest allowed noise from turning time back.
        let noise = (1.0 + self.script.noise.0 * noise.clamp(-4.0, 4.0)).max(0.01);
        self.runs = self.runs.saturating_add(1);
        let seconds = f64::from(launches) * self.launch_s * slower * noise;
        Elapsed {
            host_s: seconds + self.script.host_extra_s,
            device_s: self.script.device_clock.map(|ratio| seconds * ratio.0),
        }
    }

    /// What the device says of the last run, or of the first while there was none.
    pub(super) fn condition(&self) -> Condition {
        let mut condition = Condition { clock_mhz: Some(CLOCK_MHZ as u32), ..Condition::default() };
        if let Pattern::Throttling { factor, reports, .. } = self.script.pattern
            && self.throttled(self.runs.saturating_sub(1))
        {
            condition.clock_mhz = Some((CLOCK_MHZ / factor.0).round() as u32);
            match reports {
                Reports::Slowdown => condition.slowdown.push("scripted thermal slowdown".to_owned()),
                Reports::PowerCap => condition.power_capped = true,
                // It says nothing at all, not even by its clock.
                Reports::Nothing => condition.clock_mhz = Some(CLOCK_MHZ as u32),
            }
        }
        condition
    }

    fn throttled(&self, run: u32) -> bool {
        match self.script.pattern {
            Pattern::Throttling { after, runs, .. } => {
                u64::from(run) % (u64::from(after) + u64::from(runs)).max(1) >= u64::from(after)
            }
            _ => false,
        }
    }
}
