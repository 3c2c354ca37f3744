//! Tells the binary which commit it was built from, where git knows; records carry it. Embeds the catalogue's files.

use std::{env, fs, path::Path, process::Command};

fn main() {
    embed_catalog();
    for path in [".git/HEAD", ".git/index", "src", "kernels", "catalog", "Cargo.toml"] {
        if Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    // `git status` must not refresh the index, which is watched above: that would start this program again.
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .output()
            .ok()
            .filter(|o| o.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    // A package unpacked inside someone else's repository must not take that one's commit.
    if Path::new(".git").exists()
        && let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"])
    {
        let changed = git(&["status", "--porcelain", "--", "src", "kernels", "catalog", "Cargo.toml", "Cargo.lock"]);
        let dirty = if changed.is_none_or(|c| !c.is_empty()) { "-dirty" } else { "" };
        println!("cargo:rustc-env=WATTMARK_COMMIT={commit}{dirty}");
    }
}

/// Writes a list of the files below `catalog/`, name and text.
fn embed_catalog() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("catalog");
    let mut list = String::from("const CATALOG: &[(&str, &str)] = &[\n");
    for kind in ["claims", "costs", "devices", "models", "scenarios", ""] {
        let entries = fs::read_dir(root.join(kind)).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<_> =
            entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(&root).expect("it lies below").to_string_lossy().replace('\\', "/");
            list += &format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string());
        }
    }
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("catalog.rs");
    fs::write(out, list + "];\n").expect("the build folder can be written to");
}
