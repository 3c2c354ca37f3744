//! `wattmark devices`: what is there, what is missing, how to get it.
//! Runs no kernel.

use clap::Args;

use super::{
    Outcome,
    output::OutputArgs,
    select::{MachineArgs, worker_binary},
};
use crate::{
    backend::Missing,
    power::{BoardFacts, Roots, SensorInfo, board_facts, discover},
    report::devices::{Devices, SensorRow},
    worker::discover_all,
};

/// Arguments of `devices`.
#[derive(Debug, Args)]
pub(super) struct DevicesArgs {
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn devices(args: &DevicesArgs) -> anyhow::Result<Outcome> {
    args.output.format()?;
    let found = discover_all(&worker_binary()?);
    let meters = Meters::find(&args.machine.sensors()?);
    let missing: Vec<Missing> = found.missing.into_iter().chain(meters.missing).collect();
    let (board, sensors) = (meters.board.as_ref(), &meters.sensors);
    args.output.show(&Devices { board, devices: &found.devices, sensors, missing: &missing })?;
    Ok(if found.devices.is_empty() { Outcome::NoDevice } else { Outcome::Done })
}

/// The board and its meters, as rows.
struct Meters {
    board: Option<BoardFacts>,
    sensors: Vec<SensorRow>,
    missing: Vec<Missing>,
}

impl Meters {
    fn find(roots: &Roots) -> Self {
        let found = discover(roots);
        let infos: Vec<&SensorInfo> = found.sensors.iter().map(|s| s.info()).collect();
        Self {
            board: board_facts(roots, infos.iter().copied()),
            sensors: infos.into_iter().map(describe).collect(),
            missing: found.missing.into_iter().map(|m| Missing { what: m.what, why: m.why, fix: m.fix }).collect(),
        }
    }
}

fn describe(info: &SensorInfo) -> SensorRow {
    let gain = if info.gain.assumed { format!("gain assumed: {}", info.gain.basis) } else { info.gain.basis.clone() };
    let notes: Vec<&str> = [gain.as_str()].into_iter().chain(info.notes.iter().map(String::as_str)).collect();
    SensorRow {
        sensor: info.id.clone(),
        kind: if info.is_counter() { "counter" } else { "gauge" }.to_owned(),
        boundary: info.boundary.as_str().to_owned(),
        device: Some(info.matches.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            .filter(|d| !d.is_empty()),
        period: info.update_period_s.map(|s| format!("{s} s")),
        note: Some(notes.join("; ")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{
        backend::{DeviceClass, Track},
        power::fixtures::Tree,
        report::{Format, Style, fixtures, render},
    };

    const STYLE: Style = Style { width: 100, color: false };

    /// What `devices` prints below its table on a machine made of files.
    fn printed(tree: &Tree) -> String {
        let meters = Meters::find(&tree.roots());
        let (board, missing) = (meters.board.as_ref(), &meters.missing);
        let cpu = [fixtures::device("cpu:0", "Fixture CPU", DeviceClass::Cpu, Track::Native, "neon")];
        let devices = Devices { board, devices: &cpu, sensors: &meters.sensors, missing };
        for format in [Format::Json, Format::Csv] {
            assert!(render(format, &devices, &STYLE).contains(board.unwrap().page), "{format}");
        }
        // Lines are wrapped to the page.
        render(Format::Table, &devices, &STYLE).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_class_of_board_says_what_it_sees_and_how_its_power_is_read() {
        let pi_without_tool = Tree::board("Raspberry Pi 5 Model B Rev 1.0", "raspberrypi,5-model-b\0brcm,bcm2712");
        let pi_4 = Tree::board("Raspberry Pi 4 Model B", "raspberrypi,4-model-b\0brcm,bcm2711");
        let rock = Tree::board("Radxa ROCK 5B", "radxa,rock-5b\0rockchip,rk3588");
        let laptop = Tree::board("Lenovo ThinkPad T14s Gen 6", "lenovo,thinkpad-t14s\0qcom,x1e80100");
        let mac = Tree::board("Apple MacBook Air (13-inch, M2)", "apple,j413\0apple,t8112");
        for (tree, words) in [
            (
                Tree::orin_nano("hwmon1"),
                &["Orin Nano", "seen by ina3221:VDD_IN at module;", "docs/boards/jetson.md"][..],
            ),
            (Tree::agx_orin(), &["AGX Orin", "seen by jetson:module-sum at module;"]),
            (Tree::thor(), &["Thor", "seen by ina238:VIN at dc_in;"]),
            (pi_without_tool, &["Raspberry Pi 5 Model B", "vcgencmd is not installed", "sudo apt install raspi-utils"]),
            (pi_4, &["by a meter in its supply", "seen by nothing yet", "--power-plug"]),
            (rock, &["ROCK 5B (RK3588 board)", "negotiated with the USB-C supply", "docs/boards/rk3588.md"]),
            (laptop, &["ThinkPad T14s", "by its battery", "unplug it"]),
            (mac, &["MacBook Air", "by macmon", "brew install macmon"]),
        ] {
            let text = printed(&tree);
            for word in words {
                assert!(text.contains(word), "{word:?} is not in: {text}");
            }
        }
    }

    #[test]
    fn a_mac_without_a_device_tree_is_known_by_its_system() {
        let roots = Roots { macos: true, ..Roots::below("/nonexistent") };
        let meters = Meters::find(&roots);
        assert_eq!(meters.board.unwrap().class, "Apple silicon");
        assert!(meters.missing.iter().any(|m| m.fix.contains("brew install macmon")), "{:?}", meters.missing);
    }
}
