//! Where an ONNX Runtime may lie: loader path, system folders, Python packages; and for which machine a file was built.
//! Loads nothing; whoever asks tries the candidates in order.

use std::{fs, path::Path, path::PathBuf};

use super::super::search::{Surroundings, files_in};

/// The variable that names a library to use instead of searching, as in everything that is built on ort.
pub(super) const VARIABLE: &str = "ORT_DYLIB_PATH";

/// Folder of wheels installed apart from any Python, unless `WATTMARK_ONNX_PYPI` names another.
const PYPI_FOLDER: &str = "target/onnxruntime";
/// The wheels in it; the one with more providers first.
const PYPI_WHEELS: [&str; 2] = ["openvino", "cpu"];

/// Folders of packages and of people who unpack archives.
const SYSTEM_FOLDERS: [&str; 7] = [
    "usr/local/lib",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib64",
    "usr/lib",
    "opt/onnxruntime/lib",
    "opt/homebrew/lib",
];

impl Surroundings<'_> {
    /// Every file that may be ONNX Runtime, in the order to try: the one that [`VARIABLE`] names, the loader's own path (a
    /// bare name), then the folders.
    pub(super) fn runtimes(&self) -> Vec<PathBuf> {
        if let Some(named) = self.named() {
            // A file that was asked for is the only candidate: falling back would hide a wrong path.
            return vec![named];
        }
        let mut found: Vec<PathBuf> = bare_names().iter().map(PathBuf::from).collect();
        for folder in self.runtime_folders() {
            for library in files_in(&folder, is_runtime) {
                if !found.contains(&library) {
                    found.push(library);
                }
            }
        }
        found
    }

    /// The file that [`VARIABLE`] names.
    pub(super) fn named(&self) -> Option<PathBuf> {
        (self.variable)(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    fn runtime_folders(&self) -> Vec<PathBuf> {
        let apart = (self.variable)("WATTMARK_ONNX_PYPI").map_or_else(|| PYPI_FOLDER.into(), PathBuf::from);
        let conda = (self.variable)("CONDA_PREFIX").map(|prefix| PathBuf::from(prefix).join("lib"));
        let system = SYSTEM_FOLDERS.iter().map(|folder| self.root.join(folder));
        let sites = PYPI_WHEELS.iter().map(|wheel| apart.join(wheel)).chain((self.python)());
        let wheels = sites.map(|site| site.join("onnxruntime").join("capi"));
        conda.into_iter().chain(system).chain(wheels).collect()
    }
}

/// Names that the loader looks up on its own path.
fn bare_names() -> &'static [&'static str] {
    if cfg!(windows) {
        &["onnxruntime.dll"]
    } else if cfg!(target_os = "macos") {
        &["libonnxruntime.dylib"]
    } else {
        &["libonnxruntime.so", "libonnxruntime.so.1"]
    }
}

/// `libonnxruntime.so.1.24.1`, but not `libonnxruntime_providers_shared.so`.
fn is_runtime(name: &str) -> bool {
    if cfg!(windows) {
        name == "onnxruntime.dll"
    } else if cfg!(target_os = "macos") {
        name.starts_with("libonnxruntime.") && name.ends_with(".dylib")
    } else {
        name.strip_prefix("libonnxruntime.so").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The architecture that a library was built for, where it is not this program's: the loader says of such a file that it
/// does not exist.
pub(super) fn foreign(path: &Path) -> Option<&'static str> {
    let bytes = head(path)?;
    let at = |offset: usize| Some(u16::from_le_bytes([*bytes.get(offset)?, *bytes.get(offset + 1)?]));
    let arch = if bytes.starts_with(b"\x7fELF") {
        match at(18)? {
            3 => "x86",
            40 => "arm",
            62 => "x86_64",
            183 => "aarch64",
            243 => "riscv64",
            _ => "another architecture",
        }
    } else if bytes.starts_with(b"MZ") {
        let header = u32::from_le_bytes(bytes.get(0x3c..0x40)?.try_into().ok()?) as usize;
        match at(header + 4)? {
            0x14c => "x86",
            0x8664 => "x86_64",
            0xaa64 => "aarch64",
            _ => "another architecture",
        }
    } else {
        return None;
    };
    (arch != std::env::consts::ARCH).then_some(arch)
}

/// The first bytes of a file: all of its headers.
fn head(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn runtimes_are_tried_in_the_order_promised() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        let files = [
            "conda/lib/libonnxruntime.so.1.22.0",
            "usr/lib/libonnxruntime.so.1.9.0",
            "usr/lib/libonnxruntime.so.1.22.0",
            "apart/openvino/onnxruntime/capi/libonnxruntime.so.1.24.1",
            "apart/cpu/onnxruntime/capi/libonnxruntime.so.1.31.1",
            "site-packages/onnxruntime/capi/libonnxruntime.so.1.30.0",
        ];
        for file in files.iter().chain(&["usr/lib/libonnxruntime_providers_shared.so", "usr/lib/libonnx.so"]) {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), "").unwrap();
        }
        let (conda, apart) = (at("conda").into_os_string(), at("apart").into_os_string());
        let variable = |name: &str| match name {
            "CONDA_PREFIX" => Some(conda.clone()),
            "WATTMARK_ONNX_PYPI" => Some(apart.clone()),
            _ => None,
        };
        let python = || vec![at("site-packages")];
        let found = Surroundings { variable: &variable, root: root.path(), python: &python }.runtimes();
        let (bare, rest) = found.split_at(bare_names().len());
        assert!(bare.iter().all(|name| name.parent() == Some(Path::new(""))));
        let mut expected: Vec<PathBuf> = files.map(at).to_vec();
        expected.swap(1, 2);
        assert_eq!(rest, expected, "the newest of a folder first");
    }

    #[test]
    fn a_named_file_is_the_only_candidate() {
        let variable = |name: &str| (name == VARIABLE).then(|| "/somewhere/libonnxruntime.so".into());
        let around = Surroundings { variable: &variable, root: Path::new("/nonexistent"), python: &Vec::new };
        assert_eq!(around.runtimes(), [PathBuf::from("/somewhere/libonnxruntime.so")]);
    }

    #[test]
    fn headers_tell_the_architecture() {
        let folder = tempfile::tempdir().unwrap();
        let judge = |bytes: &[u8]| {
            let path = folder.path().join("library");
            fs::write(&path, bytes).unwrap();
            foreign(&path)
        };
        let elf = |machine: u16| {
            let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
            bytes.resize(18, 0);
            bytes.extend(machine.to_le_bytes());
            bytes
        };
        let (own, other) = if cfg!(target_arch = "aarch64") { (183, 62) } else { (62, 183) };
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            assert_eq!(judge(&elf(own)), None);
        }
        assert_eq!(judge(&elf(other)), Some(if other == 62 { "x86_64" } else { "aarch64" }));
        let mut dll = b"MZ".to_vec();
        dll.resize(0x3c, 0);
        dll.extend([0x40, 0, 0, 0, b'P', b'E', 0, 0, 0x4c, 0x01]);
        assert_eq!(judge(&dll), Some("x86"));
        for text in [&b"no library"[..], b"\x7fELF", b"MZ", b""] {
            assert_eq!(judge(text), None, "left to the loader");
        }
        assert_eq!(foreign(&folder.path().join("absent")), None);
    }
}
