//! Joules of a case: finds the meters that see the device, keeps it busy, and asks `power` what they say.
//! Reads meters only through `power`; invents nothing where there are none.

mod meter;

use std::time::Duration;

use clap::ValueEnum;

use crate::{
    backend::DeviceFacts,
    kernel::SuiteCase,
    power::{
        DeviceKey, Missing, Roots, Sensor, SensorInfo, Series, board_advice,
        characterise::Characteristic,
        clock::monotonic_ns,
        described, discover,
        energy::{self, Energy as WindowEnergy, Measured, Window, discard_s, lead_s, required_window_s},
        matching,
        sampler::{Sampler, SamplerConfig},
    },
    record::{Energy, EnergyStatus, Warning},
    worker::{Command, Event, Session, SessionError},
};

use meter::{disagreement, meter, too_short};

/// Whether and how joules are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EnergyMode {
    /// Not at all.
    Off,
    /// Windows of about a second, labelled as short.
    Short,
    /// Windows long enough to publish, for the cases that the suite marks.
    Published,
}

impl EnergyMode {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            EnergyMode::Off => "off",
            EnergyMode::Short => "short",
            EnergyMode::Published => "published",
        }
    }

    /// Seconds of a case spent on it, about.
    pub(super) fn seconds(self) -> f64 {
        match self {
            EnergyMode::Off => 0.0,
            EnergyMode::Short => REPEATS as f64 * SHORT_S,
            EnergyMode::Published => REPEATS as f64 * (energy::PUBLISHED_S + 2.0),
        }
    }
}

/// Windows of a case.
const REPEATS: usize = 3;
/// Length of a short window.
const SHORT_S: f64 = 1.0;
/// Seconds a device is preheated at most before its first published window.
const MOST_PREHEAT_S: f64 = 600.0;
/// Throughput may change by this much when the sampler is switched on.
const OBSERVER_TOLERANCE: f64 = 0.005;

/// The meters of one device during its turn.
pub(super) struct EnergyWatch {
    mode: EnergyMode,
    sensors: Vec<Box<dyn Sensor>>,
    infos: Vec<SensorInfo>,
    missing: Option<Missing>,
    idle: Vec<Option<Measured>>,
    settled: bool,
}

impl EnergyWatch {
    /// Looks for the meters that see this device; what was found out about one goes over what it says of itself.
    pub(super) fn new(
        mode: EnergyMode,
        roots: &Roots,
        characterised: &[Characteristic],
        facts: &DeviceFacts,
    ) -> EnergyWatch {
        let mut watch =
            EnergyWatch { mode, sensors: vec![], infos: vec![], missing: None, idle: vec![], settled: false };
        if mode == EnergyMode::Off {
            return watch;
        }
        let found = discover(roots);
        let all: Vec<SensorInfo> = found.sensors.iter().map(|s| s.info().clone()).collect();
        let keys = device_keys(facts);
        let wanted: Vec<String> =
            keys.iter().filter_map(|k| matching(&all, k).ok()).flatten().map(|i| i.id.clone()).collect();
        for sensor in found.sensors.into_iter().filter(|s| wanted.contains(&s.info().id)) {
            let corrected =
                characterised.iter().find(|c| c.sensor == sensor.info().id).map(|c| c.correct(sensor.info()));
            watch.sensors.push(match corrected {
                Some(info) => described(sensor, info),
                None => sensor,
            });
        }
        watch.infos = watch.sensors.iter().map(|s| s.info().clone()).collect();
        watch.idle = vec![None; watch.infos.len()];
        if watch.sensors.is_empty() {
            let board = board_advice(roots, &all);
            watch.missing = Some(why_none(&all, &keys, board.as_ref(), &found.missing, facts));
        }
        watch
    }

    /// True if joules of this case are to be counted.
    pub(super) fn wants(&self, case: &SuiteCase) -> bool {
        !self.sensors.is_empty()
            && (self.mode == EnergyMode::Short || self.mode == EnergyMode::Published && case.energy)
    }

    /// What a record says where nothing was counted.
    pub(super) fn why_not(&self, case: &SuiteCase) -> Energy {
        match (&self.missing, self.mode) {
            (_, EnergyMode::Off) => {
                Energy::unmeasured("energy was switched off", "run with --energy short or published")
            }
            (Some(missing), _) => Energy::unmeasured(missing.why.clone(), missing.fix.clone()),
            (None, EnergyMode::Published) if !case.energy => Energy::unmeasured(
                "the suite does not mark this case for published energy windows",
                "run it with --energy short, or mark it `energy = true` in a suite of your own",
            ),
            (None, _) => Energy::unmeasured("the case was not timed", ""),
        }
    }

    /// Measures idle power, which the next cases' net joules are reckoned from. Does nothing without meters.
    pub(super) fn idle(&mut self) {
        if self.sensors.is_empty() {
            return;
        }
        let seconds = match self.mode {
            EnergyMode::Published => self.infos.iter().map(|i| required_window_s(i, None)).fold(10.0, f64::min),
            _ => 0.5,
        };
        let Ok(sampler) = self.start() else { return };
        std::thread::sleep(self.lead());
        let window = spend(seconds);
        std::thread::sleep(self.lead());
        let series = self.finish(sampler);
        for (slot, series) in self.idle.iter_mut().zip(series) {
            *slot = energy::measure(&series, window).measured().cloned();
        }
    }

    /// Counts the joules of the prepared case, whose launches take `launch_s` each.
    ///
    /// # Errors
    /// The worker refused, died or was interrupted. A meter that fails is no error: the energy says so.
    pub(super) fn count(
        &mut self,
        session: &mut Session,
        launch_s: f64,
    ) -> Result<(Energy, Vec<Warning>), SessionError> {
        let mut warnings = Vec::new();
        if !self.settled {
            warnings.extend(self.observer_effect(session, launch_s)?);
            if self.mode == EnergyMode::Published {
                warnings.extend(self.preheat(session, launch_s)?);
            }
            self.settled = true;
        }
        // A meter that was silent before the device was opened gets its idle now, with the device open.
        if self.idle.iter().any(Option::is_none) {
            self.idle();
        }
        let before = self.idle.clone();
        let mut measured: Vec<Vec<(WindowEnergy, u64)>> = vec![Vec::new(); self.infos.len()];
        for repeat in 0..REPEATS {
            let (window, launches, all) = self.window(session, launch_s, repeat)?;
            for (one, series) in measured.iter_mut().zip(&all) {
                one.push((energy::measure(series, window), launches));
            }
        }
        self.idle();
        let mut meters = Vec::new();
        let mut reasons = Vec::new();
        for (i, windows) in measured.iter().enumerate() {
            let idle = before[i].as_ref().zip(self.idle[i].as_ref());
            match meter(&self.infos[i], windows, idle) {
                Ok(meter) => meters.push(meter),
                Err(reason) => reasons.push(reason),
            }
        }
        warnings.extend(disagreement(&self.infos, &measured));
        warnings.extend(too_short(&self.infos, &measured));
        if meters.is_empty() {
            return Ok((
                Energy::unmeasured(reasons.join("; "), "see `wattmark devices` for the state of each meter"),
                warnings,
            ));
        }
        Ok((Energy { status: EnergyStatus::Measured, reason: None, fix: None, meters }, warnings))
    }

    /// One window: the sampler runs from before the load to after it.
    fn window(
        &mut self,
        session: &mut Session,
        launch_s: f64,
        repeat: usize,
    ) -> Result<(Window, u64, Vec<Series>), SessionError> {
        let (discard, seconds) = match self.mode {
            EnergyMode::Published => (
                self.infos.iter().map(discard_s).fold(0.0, f64::max),
                self.infos.iter().map(|i| required_window_s(i, None)).fold(0.0, f64::max) + 0.5,
            ),
            _ => (0.2, SHORT_S),
        };
        let Ok(sampler) = self.start() else {
            return Ok((Window { t0_ns: 0, t1_ns: 0 }, 0, self.infos.iter().cloned().map(Series::new).collect()));
        };
        // A phase that differs in each repeat, so that a meter's update period cannot lock to the windows.
        let phase =
            self.infos.iter().filter_map(|i| i.update_period_s).fold(0.0, f64::max) * repeat as f64 / REPEATS as f64;
        std::thread::sleep(self.lead() + Duration::from_secs_f64(phase));
        let busy = ask_window(session, discard, launch_s).and_then(|_| ask_window(session, seconds, launch_s));
        std::thread::sleep(self.lead());
        let series = self.finish(sampler);
        let (window, launches) = busy?;
        Ok((window, launches, series))
    }

    /// Throughput with the sampler off and on, in turn.
    fn observer_effect(&mut self, session: &mut Session, launch_s: f64) -> Result<Option<Warning>, SessionError> {
        let seconds = if self.mode == EnergyMode::Published { 2.0 } else { 0.15 };
        let rate = |(window, launches): (Window, u64)| launches as f64 / window.seconds().max(1e-9);
        let (mut off, mut on) = (0.0, 0.0);
        for _ in 0..2 {
            off += rate(ask_window(session, seconds, launch_s)?);
            let Ok(sampler) = self.start() else { return Ok(None) };
            let busy = ask_window(session, seconds, launch_s);
            drop(self.finish(sampler));
            on += rate(busy?);
        }
        let change = on / off - 1.0;
        Ok((change.abs() > OBSERVER_TOLERANCE).then(|| Warning {
            code: "observer_effect".to_owned(),
            text: format!(
                "throughput changed by {:+.1} % when the power sampler was switched on (A B A B over {seconds} s each); \
                 on a noisy machine this may be noise: repeat, or sample a slower meter",
                change * 100.0
            ),
        }))
    }

    /// Keeps the device busy until its power settles.
    fn preheat(&mut self, session: &mut Session, launch_s: f64) -> Result<Option<Warning>, SessionError> {
        let Ok(sampler) = self.start() else { return Ok(None) };
        let start = std::time::Instant::now();
        let settled = loop {
            if let Err(error) = ask_window(session, 10.0, launch_s) {
                drop(self.finish(sampler));
                return Err(error);
            }
            if energy::settled(&sampler.snapshot()) {
                break true;
            }
            if start.elapsed().as_secs_f64() > MOST_PREHEAT_S {
                break false;
            }
        };
        drop(self.finish(sampler));
        Ok((!settled).then(|| Warning {
            code: "not_settled".to_owned(),
            text: format!("power still drifted over 0.5 %/min after {MOST_PREHEAT_S:.0} s of preheating: improve cooling, or expect drift in the joules"),
        }))
    }

    fn start(&mut self) -> Result<Sampler, ()> {
        // A refused thread leaves no sensors behind; every window then says that the meter gave no reading.
        Sampler::start(std::mem::take(&mut self.sensors), SamplerConfig::default()).map_err(drop)
    }

    fn finish(&mut self, sampler: Sampler) -> Vec<Series> {
        let (series, sensors) = sampler.stop();
        self.sensors = sensors;
        series
    }

    fn lead(&self) -> Duration {
        Duration::from_secs_f64(self.infos.iter().map(lead_s).fold(0.05, f64::max))
    }
}

fn spend(seconds: f64) -> Window {
    let t0_ns = monotonic_ns();
    std::thread::sleep(Duration::from_secs_f64(seconds));
    Window { t0_ns, t1_ns: monotonic_ns() }
}

fn ask_window(session: &mut Session, seconds: f64, launch_s: f64) -> Result<(Window, u64), SessionError> {
    match session.ask(&Command::Window { seconds, launch_s })? {
        Event::Windowed { start_ns, end_ns, launches } => Ok((Window { t0_ns: start_ns, t1_ns: end_ns }, launches)),
        _ => Err(SessionError::Refused("the worker gave an answer to an energy window that makes no sense".to_owned())),
    }
}

/// What meters may know this device by.
pub(super) fn device_keys(facts: &DeviceFacts) -> Vec<DeviceKey> {
    let mut keys = vec![DeviceKey::WholeMachine];
    if facts.hardware == "cpu" {
        keys.push(DeviceKey::Cpu);
    }
    keys.extend(facts.pci.as_deref().and_then(DeviceKey::pci));
    keys.extend(facts.uuid.clone().map(DeviceKey::Uuid));
    keys
}

fn why_none(
    all: &[SensorInfo],
    keys: &[DeviceKey],
    board: Option<&Missing>,
    missing: &[Missing],
    facts: &DeviceFacts,
) -> Missing {
    if !all.is_empty() && keys.len() == 1 {
        let why = format!("cannot tell which card {} is: {} gives no PCI id", facts.id, facts.api);
        return Missing::new(
            facts.id.clone(),
            why,
            "use the Vulkan or DX12 interface of wgpu, which give it, or log an external meter with --power-log",
        );
    }
    // The most useful reason is the one about this board, then that about this sort of device.
    let hint = if facts.hardware == "cpu" { "rapl" } else { "nvml" };
    let about = board.or_else(|| missing.iter().find(|m| m.what.to_lowercase().contains(hint))).or(missing.first());
    match about {
        Some(m) => {
            Missing::new(m.what.clone(), format!("no meter for this device; {}: {}", m.what, m.why), m.fix.clone())
        }
        None => Missing::new(facts.id.clone(), "no meter for this device", "log an external meter with --power-log"),
    }
}
