//! NVML scripted: boards that answer, refuse, vanish or lie.
//! Must not load the real library.

use std::sync::Mutex;

use super::*;
use crate::{
    backend::{Condition, board},
    power::matching,
};

/// One scripted board; None is a call that the board does not support.
#[derive(Clone, Debug, Default)]
struct Board {
    pci: &'static str,
    energy: Option<u64>,
    instant: Option<u64>,
    average: Option<u64>,
    usage: Option<u64>,
    lost: bool,
}

struct Script(Mutex<Vec<Board>>);

impl Script {
    fn new(boards: Vec<Board>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(boards)))
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Board)) {
        change(&mut self.0.lock().unwrap()[index]);
    }

    fn ask<T>(&self, index: u32, of: impl Fn(&Board) -> Option<T>) -> Result<T, NvmlFault> {
        let boards = self.0.lock().unwrap();
        let board = boards.get(index as usize).ok_or(NvmlFault::Other("no such index".to_owned()))?;
        if board.lost {
            return Err(NvmlFault::Lost("the GPU fell off the bus".to_owned()));
        }
        of(board).ok_or(NvmlFault::NotSupported)
    }
}

impl Api for Script {
    fn count(&self) -> Result<u32, NvmlFault> {
        Ok(self.0.lock().unwrap().len() as u32)
    }

    fn driver_version(&self) -> Option<String> {
        Some("570.86.15".to_owned())
    }

    fn identity(&self, index: u32) -> Result<Identity, NvmlFault> {
        self.ask(index, |b| {
            Some(Identity { pci: b.pci.to_owned(), uuid: format!("GPU-{index}"), name: "Scripted board".to_owned() })
        })
    }

    fn energy_mj(&self, index: u32) -> Result<u64, NvmlFault> {
        self.ask(index, |b| b.energy)
    }

    fn field_mw(&self, index: u32, field: u32) -> Result<u64, NvmlFault> {
        match field {
            186 => self.ask(index, |b| b.instant),
            185 => self.ask(index, |b| b.average),
            other => Err(NvmlFault::Other(format!("field {other} was never asked for"))),
        }
    }

    fn usage_mw(&self, index: u32) -> Result<u64, NvmlFault> {
        self.ask(index, |b| b.usage)
    }

    fn state(&self, index: u32) -> Result<GpuState, NvmlFault> {
        self.ask(index, |b| {
            Some(GpuState {
                temperature_c: b.usage.map(|_| 61),
                sm_clock_mhz: b.usage.map(|_| 1980),
                memory_clock_mhz: b.usage.map(|_| 3201),
                throttle: Some(Throttle::from_bits(0x24)),
                ..GpuState::default()
            })
        })
    }
}

fn hopper() -> Board {
    Board {
        pci: "00000000:65:00.0",
        energy: Some(1_000_000),
        instant: Some(118_250),
        average: Some(120_000),
        usage: Some(121_000),
        lost: false,
    }
}

fn found(script: &Arc<Script>) -> Discovery {
    let api: Arc<dyn Api> = script.clone();
    discover_with(&api)
}

#[test]
fn counter_and_both_gauges_are_kept_and_matched() {
    let mut all = found(&Script::new(vec![hopper()]));
    let ids: Vec<&str> = all.sensors.iter().map(|s| s.info().id.as_str()).collect();
    let place = "nvml:0000:65:00.0:";
    assert_eq!(ids, ["energy", "power-instant", "power-average"].map(|m| format!("{place}{m}")));
    assert!(all.missing.is_empty());
    for key in ["0000:65:00.0", "GPU-0"] {
        let infos = all.sensors.iter().map(|s| s.info());
        let key = DeviceKey::from(key.to_owned());
        assert_eq!(matching(infos, &key).unwrap().len(), 3);
    }
    assert_eq!(all.sensors[0].read().unwrap().value, Value::Counter { ticks: 1_000_000 });
    assert_eq!(all.sensors[1].read().unwrap().value, Value::Gauge { watts: 118.25 });
    assert_eq!(all.sensors[2].info().averaging_window_s, Some(1.0));
}

#[test]
fn an_old_board_falls_back_to_usage_with_a_label() {
    let board = Board { energy: None, instant: None, average: None, ..hopper() };
    let all = found(&Script::new(vec![board]));
    assert_eq!(all.sensors.len(), 1);
    let info = all.sensors[0].info();
    assert_eq!(info.source, "nvmlDeviceGetPowerUsage");
    assert!(info.notes.iter().any(|n| n.contains("fallback")));
    assert_eq!(all.missing.len(), 3);
    assert!(all.missing[0].fix.contains("Volta"));
}

#[test]
fn a_board_that_shows_nothing_has_four_reasons() {
    let bare = Board { pci: "00000000:01:00.0", ..Board::default() };
    let all = found(&Script::new(vec![bare]));
    assert!(all.sensors.is_empty());
    assert_eq!(all.missing.len(), 4);
    assert!(all.missing[3].fix.contains("external meter"));
    assert!(found(&Script::new(Vec::new())).missing[0].why.contains("lists no device"));
}

#[test]
fn a_lost_board_is_gone_and_a_lie_is_a_fault() {
    let script = Script::new(vec![hopper(), Board { lost: true, ..hopper() }]);
    let mut all = found(&script);
    assert_eq!(all.missing[0].what, "NVIDIA board 1");
    script.change(0, |b| b.instant = Some(9_000_000));
    assert!(matches!(all.sensors[1].read(), Err(SensorError::Implausible { .. })));
    script.change(0, |b| b.lost = true);
    assert!(matches!(all.sensors[0].read(), Err(SensorError::Gone { .. })));
}

#[test]
fn the_probe_finds_its_board_by_pci_or_uuid() {
    let second = Board { pci: "00000000:B3:00.0", usage: None, ..hopper() };
    let script = Script::new(vec![hopper(), second]);
    let open = |key: &str| GpuProbe::open_with(script.clone(), &DeviceKey::from(key.to_owned()));
    assert_eq!(open("65:00.0").unwrap().state().unwrap().temperature_c, Some(61));
    // What a board does not tell is absent, not zero.
    assert_eq!(open("0000:b3:00.0").unwrap().state().unwrap().temperature_c, None);
    assert!(open("GPU-1").is_ok());
    let why = open("0000:99:00.0").map(|_| ()).unwrap_err().why;
    assert!(why.contains("65:00.0") && why.contains("no such board"), "{why}");
    script.change(0, |b| b.lost = true);
    assert!(open("GPU-0").is_err());
}

#[test]
fn reasons_tell_slowdown_from_cap() {
    let cap = Throttle::from_bits(0x4);
    assert!(cap.is_power_capped() && !cap.is_slowdown());
    for bits in [0x8, 0x20, 0x40, 0x80] {
        assert!(Throttle::from_bits(bits).is_slowdown());
    }
    let idle = Throttle::from_bits(0x1);
    assert!(!idle.is_slowdown() && !idle.is_power_capped());
    assert_eq!(Throttle::from_bits(0x4024).reasons(), ["sw_power_cap", "sw_thermal_slowdown", "unknown(0x4000)"]);
    assert!(Throttle::from_bits(0).reasons().is_empty());
}

#[test]
fn a_backend_reads_its_condition_from_the_board() {
    let script = Script::new(vec![hopper()]);
    let asked =
        board::Board::from(GpuProbe::open_with(script.clone(), &DeviceKey::from("65:00.0".to_owned())).unwrap());
    let condition = asked.condition();
    assert_eq!((condition.clock_mhz, condition.memory_clock_mhz), (Some(1980), Some(3201)));
    assert_eq!(condition.temperature_c, Some(61.0));
    assert_eq!(condition.slowdown, ["sw_thermal_slowdown"]);
    assert!(condition.power_capped);
    // A board that cannot be reached tells nothing; the case is not lost for it.
    script.change(0, |b| b.lost = true);
    assert_eq!(asked.condition(), Condition::default());
    assert_eq!(board::Board::default().condition(), Condition::default());
}
