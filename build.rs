//! Tells the binary which commit it was built from, where git knows; records carry it.

use std::{path::Path, process::Command};

fn main() {
    for path in [".git/HEAD", ".git/index", "src", "kernels", "Cargo.toml"] {
        if Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok().filter(|o| o.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    // A package unpacked inside someone else's repository must not take that one's commit.
    if Path::new(".git").exists()
        && let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"])
    {
        let changed = git(&["status", "--porcelain", "--", "src", "kernels", "Cargo.toml", "Cargo.lock"]);
        let dirty = if changed.is_none_or(|c| !c.is_empty()) { "-dirty" } else { "" };
        println!("cargo:rustc-env=WATTMARK_COMMIT={commit}{dirty}");
    }
}
