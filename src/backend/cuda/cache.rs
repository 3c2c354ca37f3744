//! Compiled kernels on disk, by what they were compiled from: a second run compiles nothing.
//! Compiles nothing itself; a file that cannot be read, or is not what was written, is as good as none.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{digest::sha256_hex, file};

/// First line of a cached file, before the checksum of the rest.
const MAGIC: &str = "wattmark-cuda-1";

/// A folder of compiled kernels.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// The one in the user's cache folder, or in `WATTMARK_CUDA_CACHE`; none if that is empty.
    pub(super) fn of_user() -> Cache {
        use etcetera::BaseStrategy;
        let folder = match std::env::var_os("WATTMARK_CUDA_CACHE") {
            Some(path) => Some(PathBuf::from(path)).filter(|path| !path.as_os_str().is_empty()),
            None => etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("wattmark").join("cuda")),
        };
        Cache { folder }
    }

    /// One in a folder.
    #[cfg(test)]
    pub(super) fn at(folder: &Path) -> Cache {
        Cache { folder: Some(folder.to_owned()) }
    }

    /// The name of a compilation: everything that decides its result.
    pub(super) fn key(source: &str, arch: &str, options: &[&str], compiler: &str) -> String {
        sha256_hex([source, arch, &options.join(" "), compiler].join("\0"))
    }

    /// What was compiled earlier.
    pub(super) fn load(&self, key: &str) -> Option<Vec<u8>> {
        let bytes = std::fs::read(self.path(key)?).ok()?;
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let (head, image) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]);
        (head == header(image)).then(|| image.to_vec())
    }

    /// Remembers a compilation, replacing the file in one step. A folder that cannot be written to costs time, not a
    /// run.
    pub(super) fn store(&self, key: &str, image: &[u8]) {
        let Some(path) = self.path(key) else { return };
        let Some(folder) = path.parent() else { return };
        let bytes = [header(image).as_bytes(), b"\n", image].concat();
        let _: io::Result<()> =
            std::fs::create_dir_all(folder).and_then(|()| file::replace(&path, |out| out.write_all(&bytes)));
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_deref()?.join(Path::new(key).with_extension("bin")))
    }
}

fn header(image: &[u8]) -> String {
    format!("{MAGIC} {}", sha256_hex(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_is_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("not/there/yet"));
        let key = Cache::key("text", "sm_90a", &["--fmad=true"], "13.0");
        assert_eq!(cache.load(&key), None);
        cache.store(&key, b"image\nwith\0bytes");
        assert_eq!(cache.load(&key).as_deref(), Some(&b"image\nwith\0bytes"[..]));
        let other = [
            Cache::key("other", "sm_90a", &["--fmad=true"], "13.0"),
            Cache::key("text", "sm_90", &["--fmad=true"], "13.0"),
            Cache::key("text", "sm_90a", &[], "13.0"),
            Cache::key("text", "sm_90a", &["--fmad=true"], "12.8"),
        ];
        assert!(other.iter().all(|other| cache.load(other).is_none()));
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        cache.store("key", b"image");
        let path = folder.path().join("key.bin");
        let whole = std::fs::read(&path).unwrap();
        for damaged in [&whole[..whole.len() - 1], &[], b"no header at all"] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(cache.load("key"), None);
        }
        cache.store("key", b"again");
        assert_eq!(cache.load("key").as_deref(), Some(&b"again"[..]));
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        std::fs::write(&file, "").unwrap();
        let cache = Cache::at(&file);
        cache.store("key", b"image");
        assert_eq!(cache.load("key"), None);
    }
}
