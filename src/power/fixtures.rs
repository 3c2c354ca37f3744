//! Boards made of files, as their kernels show them, those that fool other tools among them.
//! Must not be taken for recordings: the layout is that of the drivers, the figures are invented.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use crate::power::Roots;

/// A machine made of files.
pub(crate) struct Tree(tempfile::TempDir);

impl Tree {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::below(self.0.path())
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    /// A hwmon folder whose device link ends in an I2C address, as sysfs has it.
    pub(crate) fn chip(self, hwmon: &str, address: &str, name: &str, files: &[(&str, &str)]) -> Self {
        let device = self.path("sys/devices/platform/c240000.i2c/i2c-1").join(address);
        let dir = device.join("hwmon").join(hwmon);
        fs::create_dir_all(&dir).unwrap();
        let class = self.path("sys/class/hwmon");
        fs::create_dir_all(&class).unwrap();
        symlink(&dir, class.join(hwmon)).unwrap();
        symlink(&device, dir.join("device")).unwrap();
        for (file, text) in [("name", name)].iter().chain(files) {
            fs::write(dir.join(file), format!("{text}\n")).unwrap();
        }
        self
    }

    /// An INA3221 with these channels (label, mV, mA), and beside them what looks like channels and is none.
    pub(crate) fn ina3221(self, hwmon: &str, address: &str, rails: [Option<(&str, &str, &str)>; 3]) -> Self {
        let mut files: Vec<(String, String)> = Vec::new();
        let mut file = |name: String, text: &str| files.push((name, text.to_owned()));
        for (n, rail) in (1..).zip(rails) {
            let (label, mv, ma) = rail.unwrap_or(("NC", "0", "0"));
            file(format!("in{n}_label"), label);
            file(format!("in{n}_input"), mv);
            file(format!("curr{n}_input"), ma);
            file(format!("in{n}_enable"), "1");
            // Voltages of the shunts.
            file(format!("in{}_input", n + 3), "40");
        }
        file("in7_input".to_owned(), "120");
        file("in7_label".to_owned(), "sum of shunt voltages");
        file("curr4_input".to_owned(), "9000");
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.chip(hwmon, address, "ina3221", &files)
    }

    pub(crate) fn file(&self, hwmon: &str, name: &str) -> PathBuf {
        self.path("sys/class/hwmon").join(hwmon).join(name)
    }

    /// A board by what its device tree says, without anything on it.
    pub(crate) fn board(model: &str, compatible: &str) -> Self {
        let tree = Self::new();
        let dir = tree.path("proc/device-tree");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("model"), format!("{model}\0")).unwrap();
        fs::write(dir.join("compatible"), format!("{compatible}\0")).unwrap();
        tree
    }

    /// Orin Nano and NX: the module's total beside its parts, one rail for CPU, GPU and vision together.
    pub(crate) fn orin_nano(hwmon: &str) -> Self {
        let rails = [
            Some(("VDD_IN", "5008", "1520")),
            Some(("VDD_CPU_GPU_CV", "5008", "480")),
            Some(("VDD_SOC", "5008", "400")),
        ];
        let model = "NVIDIA Jetson Orin Nano Developer Kit";
        Self::board(model, "nvidia,p3768-0000+p3767-0005\0nvidia,tegra234").ina3221(hwmon, "1-0040", rails)
    }

    /// AGX Orin: two monitors, and no rail for the total.
    pub(crate) fn agx_orin() -> Self {
        let first = [
            Some(("VDD_GPU_SOC", "5000", "2000")),
            Some(("VDD_CPU_CV", "5000", "600")),
            Some(("VIN_SYS_5V0", "5000", "900")),
        ];
        let second = [None, Some(("VDDQ_VDD2_1V8AO", "5000", "200")), None];
        Self::board("Jetson AGX Orin Developer Kit", "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234")
            .ina3221("hwmon3", "1-0040", first)
            .ina3221("hwmon4", "1-0041", second)
    }

    /// AGX Thor: the module's rails, and the input of the board beside them.
    pub(crate) fn thor() -> Self {
        let rails = [
            Some(("VDD_GPU", "12000", "800")),
            Some(("VDD_CPU_SOC_MSS", "12000", "900")),
            Some(("VIN_SYS_5V0", "5000", "1000")),
        ];
        let input = [
            ("in0_input", "3"),
            ("in1_input", "19500"),
            ("curr1_input", "2100"),
            ("power1_input", "41000000"),
            ("in1_label", "VIN"),
        ];
        Self::board("NVIDIA Jetson AGX Thor Developer Kit", "nvidia,p4071-0000+p3834-0008\0nvidia,tegra264")
            .ina3221("hwmon2", "1-0040", rails)
            .chip("hwmon3", "2-0044", "ina238", &input)
    }
}
