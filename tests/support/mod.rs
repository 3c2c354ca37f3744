//! What the end-to-end tests share: a folder of their own, the binary, a mock device from a script.
//! Asserts nothing about results.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;
use wattmark::record::{ReadReport, Record, read_file};

/// A folder, and the binary run in it with one mock device.
pub struct Bench {
    pub folder: TempDir,
    script: PathBuf,
}

impl Bench {
    /// A mock device named `name`; `script` continues its TOML table.
    pub fn with(name: &str, script: &str) -> Bench {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("mock.toml");
        // Hardware of its own, so that tests that run side by side do not wait for each other.
        let hardware = format!("test-{}", folder.path().file_name().unwrap().to_string_lossy());
        let text = format!("[[device]]\nname = \"{name}\"\nhardware = \"{hardware}\"\n{script}\n");
        std::fs::write(&path, text).unwrap();
        Bench { folder, script: path }
    }

    /// The binary with arguments, in the folder.
    pub fn wattmark(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("wattmark").unwrap();
        command.current_dir(self.folder.path()).args(args);
        command.env("WATTMARK_MOCK", &self.script).env("NO_COLOR", "1").env("COLUMNS", "100");
        command.env("WATTMARK_TUNE_CACHE", self.folder.path().join("tune.json"));
        command.timeout(std::time::Duration::from_secs(120));
        command
    }

    /// `run` on the mock device, with quick settings and a record file.
    pub fn run(&self, more: &[&str]) -> Command {
        let mut args = vec!["run", "--device", "mock", "--max-time", "0.05", "--energy", "off", "-o", "out.jsonl"];
        args.extend(more);
        self.wattmark(&args)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the record file holds.
    pub fn report(&self) -> ReadReport {
        read_file(&self.path("out.jsonl")).unwrap()
    }

    /// Its records, all of them sound.
    pub fn records(&self) -> Vec<Record> {
        let report = self.report();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        report.records
    }
}

/// Standard output of a finished command.
pub fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Number of lines of a file.
pub fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().lines().count()
}

/// Waits until a file holds so many lines.
pub fn wait_for_lines(path: &Path, wanted: usize) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !path.exists() || lines(path) < wanted {
        assert!(std::time::Instant::now() < deadline, "{} never got {wanted} lines", path.display());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
