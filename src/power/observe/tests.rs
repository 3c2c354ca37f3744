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
    assert!(s.power_mode().contains("governor=? "));
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
    tree.write("sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw", "28000000");
    assert_ne!(surroundings(&tree.roots()).power_mode(), mode);
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
