//! Surroundings on fixture trees.
//! Must not read this machine's own.

use std::fs;

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}\n")).unwrap();
    }

    fn roots(&self) -> Roots {
        Roots::below(self.0.path())
    }
}

#[test]
fn an_empty_machine_tells_nothing_and_claims_nothing() {
    let s = surroundings(&Tree::new(&[]).roots());
    assert_eq!(s, Surroundings::default());
    assert!(s.power_mode()["mode"].contains("governor=? ") && s.power_mode().len() == 1);
    assert!(cpu_times(&Tree::new(&[]).roots()).is_none());
}

const LAPTOP: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave"),
    ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave"),
    ("sys/devices/system/cpu/cpu10/cpufreq/scaling_governor", "performance"),
    ("sys/devices/system/cpu/cpufreq/scaling_governor", "not a core"),
    ("sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference", "balance_power"),
    ("sys/devices/system/cpu/intel_pstate/no_turbo", "1"),
    ("sys/firmware/acpi/platform_profile", "low-power"),
    ("var/lib/nvpmodel/status", "pmode:0002"),
    ("sys/class/powercap/intel-rapl:0/name", "package-0"),
    ("sys/class/powercap/intel-rapl:0/constraint_0_name", "long_term"),
    ("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "15000000"),
    ("sys/class/power_supply/AC/type", "Mains"),
    ("sys/class/power_supply/AC/online", "0"),
    ("sys/class/power_supply/BAT0/type", "Battery"),
    ("sys/class/power_supply/BAT0/status", "Discharging"),
    ("sys/class/power_supply/mouse/type", "Battery"),
    ("sys/class/power_supply/mouse/scope", "Device"),
    ("sys/class/drm/card1-eDP-1/status", "connected"),
    ("sys/class/drm/card1-eDP-1/enabled", "enabled"),
    ("sys/class/drm/card1-HDMI-A-1/status", "disconnected"),
    ("proc/loadavg", "0.50 1.25 2.00 3/456 7890"),
];

#[test]
fn a_laptop_tells_its_power_mode() {
    let tree = Tree::new(LAPTOP);
    let s = surroundings(&tree.roots());
    assert_eq!(s.governors.as_deref().unwrap(), ["performance", "powersave"]);
    assert_eq!(s.boost, Some(false));
    assert_eq!(s.nvpmodel.as_deref(), Some("pmode:0002"));
    assert_eq!(s.power_limits[0].what, "package-0 long_term");
    assert_eq!(s.power_limits[0].watts, 15.0);
    assert_eq!(s.on_ac, Some(false));
    assert_eq!(s.batteries, ["BAT0 Discharging"]);
    let displays = s.displays.as_ref().unwrap();
    assert_eq!(displays.len(), 2);
    assert!(!displays[0].connected && displays[1].connected);
    assert_eq!(displays[1].enabled, Some(true));
    assert_eq!(s.load_average, Some([0.5, 1.25, 2.0]));
    let mode = s.power_mode();
    assert_eq!(mode["displays_connected"], "1");
    tree.write("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "28000000");
    assert_ne!(surroundings(&tree.roots()).power_mode(), mode);
}

/// An Orin Nano, as its kernel shows the clocks.
const JETSON: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/cpufreq/policy0/scaling_min_freq", "729600"),
    ("sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq", "1510400"),
    ("sys/devices/system/cpu/cpufreq/policy4/scaling_min_freq", "729600"),
    ("sys/devices/system/cpu/cpufreq/policy4/scaling_max_freq", "1510400"),
    ("sys/devices/system/cpu/offline", "4-5"),
    ("sys/class/devfreq/17000000.gpu/governor", "nvhost_podgov"),
    ("sys/class/devfreq/17000000.gpu/min_freq", "306000000"),
    ("sys/class/devfreq/17000000.gpu/max_freq", "624750000"),
    ("sys/class/devfreq/15340000.vic/min_freq", "first"),
    ("var/lib/nvpmodel/status", "pmode:0001 fmode:quiet"),
    (
        "etc/nvpmodel.conf",
        "# < POWER_MODEL ID=1 NAME=COMMENT >\n< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=7W >",
    ),
];

#[test]
fn a_jetson_tells_mode_clocks_and_whether_they_are_pinned() {
    let tree = Tree::new(JETSON);
    let mode = surroundings(&tree.roots()).power_mode();
    assert_eq!(mode["nvpmodel"], "7W");
    assert_eq!(mode["jetson_clocks"], "off");
    assert_eq!(mode["cpus_offline"], "4-5");
    assert_eq!(mode["clocks"], "17000000.gpu 306-625 MHz by nvhost_podgov, cpu 730-1510 MHz");
    assert!(mode["mode"].contains("nvpmodel=pmode:0001"));
    tree.write("sys/class/devfreq/17000000.gpu/min_freq", "624750000");
    assert_eq!(surroundings(&tree.roots()).power_mode()["jetson_clocks"], "off", "the processors are free yet");
    for policy in ["policy0", "policy4"] {
        tree.write(&format!("sys/devices/system/cpu/cpufreq/{policy}/scaling_min_freq"), "1510400");
    }
    let pinned = surroundings(&tree.roots()).power_mode();
    assert_eq!(pinned["jetson_clocks"], "on");
    assert_eq!(pinned["clocks"], "17000000.gpu 625 MHz by nvhost_podgov, cpu 1510 MHz");
}

#[test]
fn a_mode_without_a_name_keeps_its_number_and_other_boards_have_no_jetson_clocks() {
    let tree = Tree::new(JETSON);
    for (status, conf) in [("pmode:0007", ""), ("nonsense", "< POWER_MODEL ID=0 NAME=15W >"), ("pmode:0000", "< POWER")]
    {
        tree.write("var/lib/nvpmodel/status", status);
        tree.write("etc/nvpmodel.conf", conf);
        let around = surroundings(&tree.roots());
        assert_eq!((around.nvpmodel.as_deref(), around.nvpmodel_name), (Some(status), None));
    }
    fs::remove_file(tree.0.path().join("var/lib/nvpmodel/status")).unwrap();
    assert_eq!(surroundings(&tree.roots()).jetson_clocks, None);
    tree.write("proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0003\0nvidia,tegra234");
    assert_eq!(surroundings(&tree.roots()).jetson_clocks, Some(false));
}

#[test]
fn an_unused_usb_port_does_not_put_a_desktop_on_battery() {
    let port = [("sys/class/power_supply/ucsi/type", "USB"), ("sys/class/power_supply/ucsi/online", "0")];
    let tree = Tree::new(&port);
    assert_eq!(surroundings(&tree.roots()).on_ac, None);
    tree.write("sys/class/power_supply/BAT0/type", "Battery");
    assert_eq!(surroundings(&tree.roots()).on_ac, Some(false));
    tree.write("sys/class/power_supply/ucsi/online", "1");
    assert_eq!(surroundings(&tree.roots()).on_ac, Some(true));
}

#[test]
fn malformed_figures_are_absent() {
    let tree = Tree::new(&[
        ("proc/loadavg", "a lot"),
        ("sys/devices/system/cpu/cpufreq/boost", "maybe"),
        ("sys/class/powercap/intel-rapl:0/name", "package-0"),
        ("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "-1"),
    ]);
    let s = surroundings(&tree.roots());
    assert_eq!((s.load_average, s.boost), (None, None));
    assert!(s.power_limits.is_empty());
}

fn stat(name: &str, parent: u32, user: u64, system: u64) -> String {
    format!("1 ({name}) R {parent} 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 1 0 5 0 0")
}

#[test]
fn heavy_processes_are_others_that_were_busy() {
    let tree = Tree::new(&[
        ("proc/stat", "cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 1 1\ncpu1 1 1\nintr 5"),
        ("proc/10/stat", &stat("we", 1, 0, 0)),
        ("proc/11/stat", &stat("our worker", 10, 0, 0)),
        ("proc/20/stat", &stat("web (tab) x", 1, 30, 10)),
        ("proc/30/stat", &stat("quiet", 1, 5, 5)),
        ("proc/40/stat", "garbage"),
    ]);
    let before = cpu_times(&tree.roots()).unwrap();
    assert_eq!((before.total, before.processors), (1000, 2));
    tree.write("proc/stat", "cpu  300 0 200 900 0 0 0 0 50 0\ncpu0 1 1\ncpu1 1 1");
    tree.write("proc/11/stat", &stat("our worker", 10, 200, 0));
    tree.write("proc/20/stat", &stat("web (tab) x", 1, 80, 60));
    tree.write("proc/50/stat", &stat("new", 1, 60, 0));
    let after = cpu_times(&tree.roots()).unwrap();
    // 400 ticks over two processors are 200 of time.
    let heavy = heavy_between(&before, &after, 10, 0.1);
    let seen: Vec<(u32, &str, f64)> = heavy.iter().map(|p| (p.pid, p.name.as_str(), p.processors)).collect();
    assert_eq!(seen, [(20, "web (tab) x", 0.5), (50, "new", 0.3)]);
    assert!(heavy_between(&after, &after, 10, 0.1).is_empty());
}
