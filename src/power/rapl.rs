//! CPU energy from the powercap tree (RAPL), Intel and AMD.
//! Must not add psys to package, nor the mmio zones to the msr zones: each contains the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::power::{
    Boundary, DeviceKey, Discovery, Gain, Kind, Missing, Privilege, Reading, Roots, Sensor, SensorError, SensorInfo,
    Value, boards, clock, sysfs,
};

const FIX: &str = "energy_uj is readable by root only since CVE-2020-8694: \
    sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj";

/// Above this one package is not drawing but broken, in watts.
const PACKAGE_LIMIT_W: f64 = 2_000.0;

/// A RAPL domain: package, core, uncore, dram or psys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Domain {
    Package,
    Core,
    Uncore,
    Dram,
    Psys,
}

impl Domain {
    fn of(zone_name: &str) -> Option<Self> {
        match zone_name {
            "core" => Some(Self::Core),
            "uncore" => Some(Self::Uncore),
            "dram" => Some(Self::Dram),
            "psys" => Some(Self::Psys),
            _ => zone_name.starts_with("package").then_some(Self::Package),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Core => "core",
            Self::Uncore => "uncore",
            Self::Dram => "dram",
            Self::Psys => "psys",
        }
    }

    fn boundary(self) -> Boundary {
        match self {
            Self::Package => Boundary::Package,
            Self::Psys => Boundary::Module,
            Self::Core | Self::Uncore | Self::Dram => Boundary::Rail,
        }
    }

    fn contains(self) -> &'static [Domain] {
        match self {
            Self::Psys => &[Self::Package, Self::Core, Self::Uncore, Self::Dram],
            Self::Package => &[Self::Core, Self::Uncore],
            _ => &[],
        }
    }
}

/// One powercap zone: a folder with `name`, `energy_uj` and `max_energy_range_uj`.
#[derive(Clone, Debug)]
struct Zone {
    name: String,
    energy: PathBuf,
    /// Ticks after which it starts at zero again.
    modulus: u64,
    last: Option<u64>,
}

/// The zones of one domain as one counter in microjoules.
///
/// A single zone is passed on raw, wraps and all. Several (one per socket) wrap on their own, so each is
/// unwrapped here and the sum starts at zero.
struct RaplSensor {
    info: SensorInfo,
    zones: Vec<Zone>,
    sum: u64,
    last_ns: u64,
    void: Option<String>,
}

impl RaplSensor {
    /// Ticks added to the sum by one zone, or why that cannot be told.
    fn delta(&self, zone: &Zone, raw: u64, elapsed_s: f64) -> Result<u64, String> {
        let Some(before) = zone.last else {
            return Ok(0);
        };
        let delta = if raw >= before { raw - before } else { zone.modulus.saturating_sub(before) + raw };
        // The register may catch up on one late update, hence the extra hundredth of a second.
        if delta as f64 * 1e-6 <= PACKAGE_LIMIT_W * (elapsed_s + 0.01) {
            return Ok(delta);
        }
        Err(format!(
            "{} went from {before} to {raw} uJ in {elapsed_s:.3} s, which is neither a wrap at {} uJ nor \
             a possible power; the sum over zones is void from here on",
            zone.energy.display(),
            zone.modulus
        ))
    }

    fn implausible(&self, what: &str) -> SensorError {
        SensorError::Implausible { sensor: self.info.id.clone(), what: what.to_owned() }
    }

    fn read_sum(&mut self) -> Result<Reading, SensorError> {
        // A sum that skipped an impossible step would be short for ever after, and look right.
        if let Some(why) = &self.void {
            return Err(self.implausible(why));
        }
        let mut raw = Vec::with_capacity(self.zones.len());
        for zone in &self.zones {
            raw.push(sysfs::unsigned(&self.info.id, &zone.energy, FIX)?);
        }
        let t_ns = clock::monotonic_ns();
        let elapsed_s = t_ns.saturating_sub(self.last_ns) as f64 * 1e-9;
        self.last_ns = t_ns;
        for (i, raw) in raw.into_iter().enumerate() {
            match self.delta(&self.zones[i], raw, elapsed_s) {
                Ok(delta) => self.sum += delta,
                Err(why) => {
                    let error = self.implausible(&why);
                    self.void = Some(why);
                    return Err(error);
                }
            }
            self.zones[i].last = Some(raw);
        }
        Ok(Reading { t_ns, value: Value::Counter { ticks: self.sum } })
    }
}

impl Sensor for RaplSensor {
    fn info(&self) -> &SensorInfo {
        &self.info
    }

    fn read(&mut self) -> Result<Reading, SensorError> {
        if let [zone] = &self.zones[..] {
            let ticks = sysfs::unsigned(&self.info.id, &zone.energy, FIX)?;
            let t_ns = clock::monotonic_ns();
            return Ok(Reading { t_ns, value: Value::Counter { ticks } });
        }
        self.read_sum()
    }
}

/// Find the RAPL domains below `roots.sys`.
pub fn discover(roots: &Roots) -> Discovery {
    let mut found = Discovery::default();
    let tree = roots.sys.join("class/powercap");
    let mut by_domain: BTreeMap<Domain, Vec<Result<Zone, Missing>>> = BTreeMap::new();
    for (domain, dir, name) in zones(&tree) {
        by_domain.entry(domain).or_default().push(open(&dir, name, domain));
    }
    if by_domain.is_empty() {
        // Only a PC's processor has it.
        if boards::is_board(roots) {
            return found;
        }
        found.missing.push(Missing::new(
            "RAPL (CPU package energy)",
            format!("no intel-rapl zone under {}", tree.display()),
            "on bare-metal Linux: sudo modprobe intel_rapl_msr (AMD Zen too); virtual machines and \
             most containers hide it",
        ));
        return found;
    }
    let ids: Vec<(Domain, String)> = by_domain.iter().map(|(domain, zones)| (*domain, id_of(*domain, zones))).collect();
    for (domain, zones) in by_domain {
        // A sum that misses a socket would be too small and look right.
        match zones.into_iter().collect::<Result<Vec<Zone>, Missing>>() {
            Ok(zones) => found.sensors.push(Box::new(sensor(domain, zones, &ids))),
            Err(missing) => found.missing.push(missing),
        }
    }
    found
}

/// Every zone folder with a known domain. The mmio tree shows the same hardware again, so it is used only
/// where the msr tree is absent.
fn zones(tree: &Path) -> Vec<(Domain, PathBuf, String)> {
    let listed = |prefix: &str| -> Vec<(Domain, PathBuf, String)> {
        sysfs::entries(tree)
            .into_iter()
            .filter(|dir| sysfs::file_name(dir).starts_with(prefix))
            .filter_map(|dir| {
                let name = sysfs::text(dir.join("name"))?;
                Some((Domain::of(&name)?, dir, name))
            })
            .collect()
    };
    let msr = listed("intel-rapl:");
    if msr.is_empty() { listed("intel-rapl-mmio:") } else { msr }
}

fn id_of(domain: Domain, zones: &[Result<Zone, Missing>]) -> String {
    match zones {
        [Ok(zone)] => format!("rapl:{}", zone.name),
        [_] => format!("rapl:{}", domain.as_str()),
        _ => format!("rapl:{}-sum", domain.as_str()),
    }
}

fn open(dir: &Path, name: String, domain: Domain) -> Result<Zone, Missing> {
    let energy = dir.join("energy_uj");
    let what = format!("RAPL {name} ({})", dir.display());
    let id = format!("rapl:{name}");
    let missing = |e: SensorError| {
        let fix = match &e {
            SensorError::Permission { fix, .. } => fix.clone(),
            _ => format!("check that {} reads as one integer; {FIX}", energy.display()),
        };
        Missing::new(&what, e.to_string(), fix)
    };
    sysfs::unsigned(&id, &energy, FIX).map_err(missing)?;
    let range = dir.join("max_energy_range_uj");
    match sysfs::unsigned(&id, &range, FIX) {
        // The range is the largest value shown, so the wrap is one past it.
        Ok(max) if max > 0 && max < u64::MAX => Ok(Zone { name, energy, modulus: max + 1, last: None }),
        Ok(max) => Err(Missing::new(
            &what,
            format!("{} says {max}, so a wrap cannot be told", range.display()),
            "a kernel or firmware fault: update the kernel",
        )),
        Err(e) => Err(Missing::new(
            &what,
            format!("without max_energy_range_uj a wrap of {} cannot be told: {e}", domain.as_str()),
            format!("check {}", range.display()),
        )),
    }
}

fn sensor(domain: Domain, zones: Vec<Zone>, ids: &[(Domain, String)]) -> RaplSensor {
    let id_for = |d: Domain| ids.iter().find(|(x, _)| *x == d).map(|(_, id)| id.clone());
    let wraps_at = match &zones[..] {
        [zone] => vec![zone.modulus],
        _ => Vec::new(),
    };
    let kind = Kind::Counter { joules_per_tick: 1e-6, wraps_at };
    let gain =
        Gain::assumed(0.05, "RAPL is published without an accuracy; 5 % taken until checked against a wall meter");
    let id = id_for(domain).unwrap_or_else(|| format!("rapl:{}", domain.as_str()));
    let sources: Vec<String> = zones.iter().map(|z| z.energy.display().to_string()).collect();
    let mut info = SensorInfo::new(id, kind, domain.boundary(), gain);
    info.name = format!("RAPL {}", domain.as_str());
    info.update_period_s = Some(0.001);
    info.matches = vec![match domain {
        Domain::Psys => DeviceKey::WholeMachine,
        _ => DeviceKey::Cpu,
    }];
    info.privilege = Privilege::RootByDefault;
    info.plausible_watts = PACKAGE_LIMIT_W * zones.len() as f64;
    info.contains = domain.contains().iter().filter_map(|d| id_for(*d)).collect();
    if zones.len() > 1 {
        info.notes.push(format!("sum over {} zones, each unwrapped", zones.len()));
    }
    if domain == Domain::Psys {
        info.notes.push("platform domain: contains the package; what else it covers is the vendor's choice".to_owned());
    }
    info.source = sources.join(" + ");
    RaplSensor { info, zones, sum: 0, last_ns: clock::monotonic_ns(), void: None }
}

#[cfg(test)]
mod tests;
