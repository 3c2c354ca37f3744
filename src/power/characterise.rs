//! What a meter does with a load that is known: how often it updates, averages and lags, its noise and its scale.
//! Must not measure: it takes readings and the times of a load, and says what fits them, or why nothing does.

mod align;
mod load;
mod period;
mod response;
mod store;

use serde::{Deserialize, Serialize};

use crate::power::{Boundary, Kind, SensorInfo, Series, Value, energy};

pub use load::{Load, square_wave};
pub use response::Shape;
pub use store::{Host, StoreError, append, load_for};

/// A step under so many times the noise of its estimate is no step.
const STANDS_OUT: f64 = 5.0;
/// Fewest updates that tell anything.
const LEAST_UPDATES: usize = 20;

/// The watts that a load really draws, where they are known from a better meter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Watts while it rests.
    pub low_w: f64,
    /// Watts while it works.
    pub high_w: f64,
}

/// What a meter was found to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Seconds between updates.
    pub update_period_s: f64,
    /// True if updates come as fast as they were looked for: the period is then an upper bound.
    pub period_is_a_bound: bool,
    /// How it follows a step.
    pub shape: Shape,
    /// Seconds it averages over (boxcar), or the time constant (exponential); zero for an instant.
    pub width_s: f64,
    /// Seconds from a change of power until the meter begins to show it, beyond averaging and updating.
    pub lag_s: f64,
    /// Seconds to add to the time stamps of a log, which cannot tell lag from a clock that is off; its lag is nought.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_offset_s: Option<f64>,
    /// Seconds from 10 to 90 % of a step.
    pub rise_s: f64,
    /// Share of the time that it sees: under one where it averages over less than it updates.
    pub sees: f64,
    /// Watts shown at rest and at work.
    pub low_w: f64,
    /// As `low_w`, at work.
    pub high_w: f64,
    /// Standard deviation of an update on a steady load, watts.
    pub noise_w: f64,
    /// Watts shown per watt drawn, where the truth is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gain: Option<f64>,
    /// Watts shown at nought, where the truth is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offset_w: Option<f64>,
    /// Updates that this rests on.
    pub updates: usize,
    /// Share of the updates' variance that the model explains.
    pub explained: f64,
}

impl Found {
    /// The shortest window whose edges alone leave no more than 5 % (k = 2).
    pub fn least_window_s(&self) -> f64 {
        energy::least_window_s(self.update_period_s, self.width_s)
    }
}

/// One line of the store: a meter of one machine, as it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Characteristic {
    /// Format of this line.
    pub schema: String,
    /// When.
    pub ended: jiff::Timestamp,
    /// Whose meter.
    pub host: Host,
    /// The meter's id.
    pub sensor: String,
    /// Where it sits.
    pub boundary: Boundary,
    /// Device that made the load.
    pub device: String,
    /// Case that it ran.
    pub case: String,
    /// What was found.
    #[serde(flatten)]
    pub found: Found,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Why nothing was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unknown {
    /// The meter did not speak, or not often enough.
    #[error(
        "{sensor} gave {updates} updates during the load{why}; {LEAST_UPDATES} tell something: let it run for longer"
    )]
    TooFew {
        /// The meter.
        sensor: String,
        /// Updates seen.
        updates: usize,
        /// What it said instead.
        why: String,
    },
    /// The load does not show.
    #[error(
        "{sensor} shows a step of {step_w:.3} W with a noise of {noise_w:.3} W: the load does not stand out. Is the meter \
         on this device's supply? Choose another device with --device, or let it run for longer"
    )]
    NoStep {
        /// The meter.
        sensor: String,
        /// Step found, watts.
        step_w: f64,
        /// Noise of an update, watts.
        noise_w: f64,
    },
}

/// One update of the meter.
#[derive(Clone, Copy, Debug)]
struct Update {
    /// When it came, seconds on the load's clock.
    at_s: f64,
    /// Seconds since the one before: what a counter's watts are the mean of.
    since_s: f64,
    watts: f64,
}

/// Finds out what a meter does, from its readings during a load.
///
/// The model: at each update the meter shows `low + step x (load as the meter's window saw it)`. Period from the times of
/// updates, window and lag by least squares over a grid that is then refined, low and step linear within.
///
/// # Errors
/// The readings are too few, or the load does not show in them.
pub fn estimate(series: &Series, load: &Load, truth: Option<Truth>) -> Result<Found, Unknown> {
    let log = is_log(&series.info);
    let mut updates = updates(series, load);
    // A log's clock may be off by far more than the wave's half period.
    let late_s = if log { align::late_s(&updates, load) } else { 0.0 };
    for update in &mut updates {
        update.at_s -= late_s;
    }
    updates.retain(|u| load.covers(u.at_s));
    enough(&updates, series)?;
    let between_s = period::median_gap(series.readings.iter().map(|r| load.seconds(r.t_ns)));
    // A log's lines are its updates: they need no polls to place them.
    let polled_s = if log { between_s / 20.0 } else { between_s };
    let times: Vec<f64> = updates.iter().map(|u| u.at_s).collect();
    let rhythm = period::find(&times, polled_s);
    // A log's stamps are the meter's own; only those of polls are better on the beat.
    if let Some(phase) = rhythm.phase_s.filter(|_| !log) {
        for update in &mut updates {
            update.at_s = phase + ((update.at_s - phase) / rhythm.period_s).round() * rhythm.period_s;
        }
    }
    let fitted = |updates: &[Update]| response::fit(updates, load, rhythm.period_s, series.info.is_counter(), log);
    let mut fit = fitted(&updates);
    // The first updates show what was before the load, too; nobody knows what that drew.
    let memory_s = 1.1 * (fit.lag_s + fit.shape.memory_s(fit.width_s));
    if memory_s > rhythm.period_s {
        updates.retain(|u| u.at_s >= memory_s);
        enough(&updates, series)?;
        fit = fitted(&updates);
    }
    let certain = fit.noise_w / (updates.len() as f64).sqrt();
    if !fit.step_w.is_finite() || fit.step_w <= STANDS_OUT * certain.max(1e-9) || fit.explained < 0.5 {
        let (step_w, noise_w) = (fit.step_w, fit.noise_w);
        return Err(Unknown::NoStep { sensor: series.info.id.clone(), step_w, noise_w });
    }
    let gain = truth.map(|t| fit.step_w / (t.high_w - t.low_w));
    Ok(Found {
        update_period_s: rhythm.period_s,
        period_is_a_bound: rhythm.is_a_bound,
        shape: fit.shape,
        width_s: fit.width_s,
        lag_s: if log { 0.0 } else { fit.lag_s },
        clock_offset_s: log.then_some(-(late_s + fit.lag_s)),
        rise_s: fit.shape.rise_s(fit.width_s),
        sees: if fit.shape == Shape::Boxcar { (fit.width_s / rhythm.period_s).min(1.0) } else { 1.0 },
        low_w: fit.low_w,
        high_w: fit.low_w + fit.step_w,
        noise_w: fit.noise_w,
        gain,
        offset_w: truth.zip(gain).map(|(t, gain)| fit.low_w - gain * t.low_w),
        updates: updates.len(),
        explained: fit.explained,
    })
}

fn enough(updates: &[Update], series: &Series) -> Result<(), Unknown> {
    if updates.len() >= LEAST_UPDATES {
        return Ok(());
    }
    let why = series.faults.first().map(|f| format!(" ({})", f.what)).unwrap_or_default();
    Err(Unknown::TooFew { sensor: series.info.id.clone(), updates: updates.len(), why })
}

/// The readings at which the value changed, half way from the one before; of a log, every line.
fn updates(series: &Series, load: &Load) -> Vec<Update> {
    let mut found: Vec<Update> = Vec::new();
    let mut last: Option<(f64, Value)> = None;
    // A log has a line an update, and its time is the update's; a polled meter has changed since the last poll.
    let log = is_log(&series.info);
    for pair in series.readings.windows(2) {
        if pair[0].value == pair[1].value && !log {
            continue;
        }
        let (before, after) = (load.seconds(pair[0].t_ns), load.seconds(pair[1].t_ns));
        let at_s = if log { after } else { (before + after) / 2.0 };
        let watts = match (pair[1].value, &series.info.kind, last) {
            (Value::Gauge { watts }, _, _) => Some(watts),
            (
                Value::Counter { ticks },
                Kind::Counter { joules_per_tick, .. },
                Some((t, Value::Counter { ticks: before })),
            ) => {
                // A wrap in between is one update that is left out.
                ticks.checked_sub(before).map(|delta| delta as f64 * joules_per_tick / (at_s - t))
            }
            _ => None,
        };
        let since_s = last.map_or(0.0, |(t, _)| at_s - t);
        found.extend(watts.map(|watts| Update { at_s, since_s, watts }));
        last = Some((at_s, pair[1].value));
    }
    found.retain(|u| u.watts.is_finite());
    found
}

fn is_log(info: &SensorInfo) -> bool {
    info.id.starts_with("csv:")
}

impl Characteristic {
    /// A line about what was found just now.
    pub fn new(host: Host, info: &SensorInfo, device: &str, case: &str, found: Found) -> Self {
        let mut notes = Vec::new();
        if found.explained < 0.9 {
            notes.push(format!("the model explains only {:.0} % of what the meter showed", found.explained * 100.0));
        }
        Self {
            schema: store::SCHEMA.to_owned(),
            ended: jiff::Timestamp::now(),
            host,
            sensor: info.id.clone(),
            boundary: info.boundary,
            device: device.to_owned(),
            case: case.to_owned(),
            found,
            notes,
        }
    }

    /// What a meter says of itself, corrected by what it was found to do.
    pub fn correct(&self, info: &SensorInfo) -> SensorInfo {
        let found = &self.found;
        let mut info = info.clone();
        info.update_period_s = Some(found.update_period_s);
        info.averaging_window_s = Some(found.width_s).filter(|s| *s > 0.0);
        info.notes.push(format!("characterised on {}: {}", self.ended.strftime("%Y-%m-%d"), found));
        info
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bound = if self.period_is_a_bound { "at most " } else { "" };
        write!(f, "updates every {bound}{}", seconds(self.update_period_s))?;
        match self.shape {
            Shape::Instant => write!(f, ", shows the instant")?,
            Shape::Boxcar => write!(f, ", averages over {}", seconds(self.width_s))?,
            Shape::Exponential => write!(f, ", follows with a time constant of {}", seconds(self.width_s))?,
        }
        if self.sees < 0.95 && self.shape == Shape::Boxcar {
            write!(f, " and so sees {:.0} % of the time", self.sees * 100.0)?;
        }
        match self.clock_offset_s {
            Some(offset) => {
                write!(f, ", time stamps off by {:.3} s: give offset={offset:.3} more with --power-log", -offset)?
            }
            None => write!(f, ", lag {}", seconds(self.lag_s))?,
        }
        write!(f, ", noise {:.3} W", self.noise_w)?;
        if let (Some(gain), Some(offset)) = (self.gain, self.offset_w) {
            write!(f, ", gain {gain:.3}, offset {offset:+.2} W")?;
        }
        write!(f, "; windows of {} and more", seconds(self.least_window_s()))
    }
}

fn seconds(s: f64) -> String {
    if s >= 1.0 { format!("{s:.2} s") } else { format!("{:.1} ms", s * 1e3) }
}

#[cfg(test)]
mod tests;
