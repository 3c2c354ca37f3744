//! What every search for a library looks at: variables, folders, the packages of the `python3` at hand.
//! Knows no library by name and loads nothing; each backend's own search does.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// What a search may look at; tests give fixtures.
pub(super) struct Surroundings<'a> {
    /// An environment variable.
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Root of the file system.
    pub(super) root: &'a Path,
    /// Folders that `python3` imports from.
    pub(super) python: &'a dyn Fn() -> Vec<PathBuf>,
}

impl Surroundings<'static> {
    /// This machine.
    pub(super) fn system() -> Surroundings<'static> {
        Surroundings { variable: &|name| std::env::var_os(name), root: Path::new("/"), python: &python_folders }
    }
}

/// True for a file that is there. A bare name is the loader's to find, whatever lies in the working folder.
pub(super) fn is_there(path: &Path) -> bool {
    path.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) && path.is_file()
}

/// The files of a folder that have a wanted name, newest first.
pub(super) fn files_in(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.filter(|e| e.file_name().to_str().is_some_and(&is_wanted)).map(|e| e.path()).collect();
    found.sort_by_key(|path| std::cmp::Reverse(version_of(path)));
    found
}

/// What lies in a folder, by name.
#[cfg(feature = "cuda")]
pub(super) fn folder_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The numbers in a file's name, to compare versions by: `cuda-12.10` is newer than `cuda-12.9`.
pub(super) fn version_of(path: &Path) -> Vec<u32> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// What the `python3` of PATH imports from; asked once, since starting it takes longer than all else here.
fn python_folders() -> Vec<PathBuf> {
    static FOLDERS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    let ask = || {
        let program = if cfg!(windows) { "python" } else { "python3" };
        let output = Command::new(program).args(["-c", "import sys; print('\\n'.join(sys.path))"]).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.lines().map(str::trim).filter(|line| line.ends_with("-packages")).map(PathBuf::from).collect())
    };
    FOLDERS.get_or_init(|| ask().unwrap_or_default()).clone()
}
