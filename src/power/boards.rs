//! Which class of board this is, how its power is read, and how to meter one that shows no meter.
//! Must not measure; it reads the device tree and says what to do.

use serde::Serialize;

use crate::power::{DeviceKey, Missing, Roots, SensorInfo, sysfs};

/// Classes of board with their own ways to power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Board {
    /// Jetson Orin, Xavier and Thor modules.
    Jetson,
    /// Raspberry Pi 5, Compute Module 5 and 500.
    RaspberryPi5,
    /// Raspberry Pi without a measuring power chip.
    RaspberryPi,
    /// Boards around Rockchip's RK3588 and RK3588S.
    Rk3588,
    /// Laptops with Qualcomm's Snapdragon X.
    Snapdragon,
    /// Macs with Apple silicon.
    Apple,
}

/// A board of a known class, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardFacts {
    /// The class.
    pub class: &'static str,
    /// What its device tree calls it.
    pub model: String,
    /// The meters that see all of it, as `sensor at boundary`; empty if none does.
    pub meters: Vec<String>,
    /// How its power is read.
    pub power: &'static str,
    /// The page about it.
    pub page: &'static str,
}

/// The class of this board; none where its names are not known.
pub(crate) fn detect(roots: &Roots) -> Option<Board> {
    if roots.macos {
        return Some(Board::Apple);
    }
    // A list of names, each ended by a zero byte, the most special first.
    let names = from_tree(roots, "compatible")?;
    let has = |part: &str| names.split('\0').any(|name| name.starts_with(part));
    [
        ("nvidia,tegra", Board::Jetson),
        ("nvidia,p3", Board::Jetson),
        ("brcm,bcm2712", Board::RaspberryPi5),
        ("raspberrypi,", Board::RaspberryPi),
        ("rockchip,rk3588", Board::Rk3588),
        ("qcom,x1", Board::Snapdragon),
        ("apple,", Board::Apple),
    ]
    .into_iter()
    .find_map(|(part, board)| has(part).then_some(board))
}

fn from_tree(roots: &Roots, file: &str) -> Option<String> {
    let tree = [roots.proc.join("device-tree"), roots.sys.join("firmware/devicetree/base")];
    tree.iter().find_map(|dir| sysfs::text(dir.join(file)))
}

/// What `devices` says of this board, given the meters that were found on it.
pub fn board_facts<'a>(roots: &Roots, found: impl IntoIterator<Item = &'a SensorInfo>) -> Option<BoardFacts> {
    let board = detect(roots)?;
    let meters = found.into_iter().filter(|info| info.matches.contains(&DeviceKey::WholeMachine));
    let model = from_tree(roots, "model").map(|text| text.trim_end_matches('\0').to_owned());
    let (class, power, page) = board.words();
    Some(BoardFacts {
        class,
        model: model.filter(|name| !name.is_empty()).unwrap_or_else(|| class.to_owned()),
        meters: meters.map(|info| format!("{} at {}", info.id, info.boundary)).collect(),
        power,
        page,
    })
}

impl Board {
    /// Class, how its power is read, and the page about it.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Board::Jetson => (
                "Jetson",
                "by its INA3221 rails under /sys/class/hwmon: VDD_IN, or the sum of the parts where there is none, is the \
                 module; on Thor the INA238's VIN is the input of the whole board",
                "docs/boards/jetson.md",
            ),
            Board::RaspberryPi5 => (
                "Raspberry Pi 5",
                "by `vcgencmd pmic_read_adc`: what its power chip puts out, without USB devices and the chip's own losses",
                "docs/boards/raspberry-pi.md",
            ),
            Board::RaspberryPi => {
                ("Raspberry Pi", "by a meter in its supply: it measures none itself", "docs/boards/raspberry-pi.md")
            }
            Board::Rk3588 => {
                ("RK3588 board", "by a meter in its supply: it measures none itself", "docs/boards/rk3588.md")
            }
            Board::Snapdragon => (
                "Snapdragon laptop",
                "by its battery while that feeds it, or by a meter at the charger with the battery full",
                "docs/boards/laptops.md",
            ),
            Board::Apple => (
                "Apple silicon",
                "by macmon, which asks the system management controller for the whole machine's watts; Apple's model of CPU \
                 and GPU power is no meter",
                "docs/boards/laptops.md",
            ),
        }
    }
}

/// What to do on a board where no meter sees the whole of it. The reason is first among those of its devices.
pub(crate) fn advice<'a>(roots: &Roots, found: impl IntoIterator<Item = &'a SensorInfo>) -> Option<Missing> {
    let needed = is_board(roots) && !found.into_iter().any(|info| info.matches.contains(&DeviceKey::WholeMachine));
    needed.then(|| detect(roots).map_or_else(unknown, Board::advice))
}

/// True of Macs and of what has a device tree: nearly every board, and no PC.
pub(crate) fn is_board(roots: &Roots) -> bool {
    roots.macos || from_tree(roots, "compatible").is_some()
}

const EXTERNAL: &str = "meter its input: an INA226 or INA260 in the supply line (--power-sensor), a smart plug (--power-plug), \
                        or a meter's log (--power-log)";

fn unknown() -> Missing {
    Missing::new("power of this board", "no meter is known to see all of it", EXTERNAL)
}

impl Board {
    fn advice(self) -> Missing {
        match self {
            Board::Jetson => Missing::new(
                "total power of the Jetson module",
                "no rail of an INA3221 or INA238 under /sys/class/hwmon that stands for all of it could be read",
                "in a container, mount /sys; after flashing, check that the ina3221 driver is loaded: sudo modprobe ina3221",
            ),
            Board::RaspberryPi5 => {
                Missing::new("power of the Raspberry Pi 5", "its power chip could not be read", EXTERNAL)
            }
            Board::RaspberryPi => {
                Missing::new("power of this Raspberry Pi", "only the Raspberry Pi 5 measures its own", EXTERNAL)
            }
            // tcpm-source-psy and ucsi-source-psy show what a USB-C supply was asked for, whatever is drawn.
            Board::Rk3588 => Missing::new(
                "power of the RK3588 board",
                "it measures none: tcpm-source-psy under /sys/class/power_supply is what was negotiated with the USB-C supply, \
                 not what is drawn",
                EXTERNAL,
            ),
            Board::Snapdragon => Missing::new(
                "power of this Snapdragon laptop",
                "its battery tells the draw while it discharges, and nothing else does",
                "unplug it and run again, or meter its charger with the battery full (--power-plug, --power-log)",
            ),
            Board::Apple => Missing::new(
                "power of this Mac",
                "neither macmon nor a discharging battery tells it",
                "on macOS: brew install macmon; on Linux: unplug it; or meter its charger with the battery full (--power-plug, \
                 --power-log)",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(compatible: &str) -> (tempfile::TempDir, Roots) {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("proc/device-tree");
        std::fs::create_dir_all(&tree).unwrap();
        std::fs::write(tree.join("compatible"), compatible).unwrap();
        let roots = Roots::below(dir.path());
        (dir, roots)
    }

    #[test]
    fn boards_are_told_by_their_device_tree() {
        for (compatible, board) in [
            ("nvidia,p3768-0000+p3767-0003\0nvidia,p3767-0003\0nvidia,tegra234\0", Some(Board::Jetson)),
            ("raspberrypi,5-model-b\0brcm,bcm2712\0", Some(Board::RaspberryPi5)),
            ("raspberrypi,4-model-b\0brcm,bcm2711\0", Some(Board::RaspberryPi)),
            ("radxa,rock-5b\0rockchip,rk3588\0", Some(Board::Rk3588)),
            ("xunlong,orangepi-5\0rockchip,rk3588s\0", Some(Board::Rk3588)),
            ("lenovo,thinkpad-t14s\0qcom,x1e78100\0qcom,x1e80100\0", Some(Board::Snapdragon)),
            ("apple,j413\0apple,t8112\0apple,arm-platform\0", Some(Board::Apple)),
            ("acme,toaster\0", None),
            ("", None),
        ] {
            let (_dir, roots) = roots(compatible);
            assert_eq!(detect(&roots), board, "{compatible:?}");
        }
    }

    #[test]
    fn a_board_of_no_known_class_is_told_of_outside_meters_and_not_of_a_pcs() {
        let (_dir, roots) = roots("acme,toaster\0");
        let found = crate::power::discover(&roots);
        let all: String = found.missing.iter().map(ToString::to_string).collect();
        assert!(all.contains("--power-sensor") && !all.contains("RAPL"), "{all}");
        assert!(board_facts(&roots, []).is_none());
    }

    #[test]
    fn a_board_without_a_meter_says_how_to_get_one_and_what_not_to_believe() {
        let (dir, roots) = roots("radxa,rock-5b\0rockchip,rk3588\0");
        // What the supply was asked for: 12 V and 2.25 A, at rest as under load.
        let supply = dir.path().join("sys/class/power_supply/tcpm-source-psy-4-0022");
        std::fs::create_dir_all(&supply).unwrap();
        for (file, text) in [("type", "USB"), ("online", "1"), ("voltage_now", "12000000"), ("current_now", "2250000")]
        {
            std::fs::write(supply.join(file), text).unwrap();
        }
        let found = crate::power::discover(&roots);
        assert!(found.sensors.is_empty(), "{found:?}");
        let advice = found.missing.last().unwrap();
        assert!(advice.why.contains("negotiated") && advice.fix.contains("--power-plug"), "{advice}");
    }
}
