//! Where NVIDIA's libraries and tools may lie: loader path, toolkits, driver folders, PyPI wheels.
//! Loads nothing; whoever asks tries the candidates in order.

use std::path::{Path, PathBuf};

pub(super) use super::super::search::{Surroundings, is_there};
use super::super::search::{files_in, folder_names, version_of};

/// Folder of compilers from PyPI, installed apart from any Python, unless `WATTMARK_CUDA_PYPI` names another.
const PYPI_FOLDER: &str = "target/cuda-compilers";

impl Surroundings<'_> {
    /// Every file that may be the library `stem` (`nvrtc`, `cublasLt`), in the order to try: the file named in
    /// `variable`, the loader's own path (bare names), then the folders.
    pub(super) fn libraries(&self, variable: &str, stem: &str) -> impl Iterator<Item = PathBuf> {
        if let Some(named) = (self.variable)(variable).filter(|value| !value.is_empty()) {
            // A file that was asked for is the only candidate: falling back would hide a wrong path.
            return vec![PathBuf::from(named)].into_iter();
        }
        let mut found = bare_names(stem);
        for folder in self.library_folders() {
            for library in libraries_in(&folder, stem) {
                if !found.contains(&library) {
                    found.push(library);
                }
            }
        }
        found.into_iter()
    }

    /// A tool such as `nvdisasm`: on PATH, in a toolkit, or in a wheel.
    pub(super) fn tool(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let on_path = (self.variable)("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
        let toolkits = self.toolkits().into_iter().map(|folder| folder.join("bin"));
        let wheels = self.wheels().into_iter().flat_map(|site| {
            ["cu13/bin", "cuda_nvcc/bin", "cuda_cuobjdump/bin", "cuda_nvdisasm/bin"]
                .map(|f| site.join("nvidia").join(f))
        });
        let folders = on_path.unwrap_or_default().into_iter().chain(toolkits).chain(wheels);
        folders.map(|folder| folder.join(&file)).find(|path| path.is_file())
    }

    /// Files of the driver's own library that lie outside the loader's path, in containers and on WSL.
    pub(super) fn driver_libraries(&self) -> Vec<PathBuf> {
        let folders = DRIVER_FOLDERS.iter().map(|folder| self.root.join(folder));
        folders.map(|folder| folder.join("libcuda.so.1")).filter(|path| path.is_file()).collect()
    }

    fn library_folders(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for toolkit in self.toolkits() {
            let sub: &[&str] = if cfg!(windows) { &["bin/x64", "bin"] } else { &["lib64", "lib", TARGET_FOLDER] };
            folders.extend(sub.iter().map(|sub| toolkit.join(sub)));
        }
        folders.extend(DRIVER_FOLDERS.iter().map(|folder| self.root.join(folder)));
        for site in self.wheels() {
            folders.extend(WHEEL_FOLDERS.iter().map(|folder| site.join("nvidia").join(folder)));
        }
        folders
    }

    /// Toolkits: those that variables name, then those in the usual places, newest first.
    fn toolkits(&self) -> Vec<PathBuf> {
        let mut toolkits: Vec<PathBuf> =
            ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(|name| (self.variable)(name)).map(Into::into).collect();
        let mut installed: Vec<PathBuf> = folder_names(&self.root.join("usr/local"))
            .into_iter()
            .filter(|name| name.starts_with("cuda"))
            .map(|name| self.root.join("usr/local").join(name))
            .collect();
        // `cuda` itself is the chosen one of those beside it.
        installed.sort_by_key(|path| std::cmp::Reverse(version_of(path)));
        if let Some(at) = installed.iter().position(|path| path.ends_with("cuda")) {
            installed[..=at].rotate_right(1);
        }
        toolkits.extend(installed);
        toolkits.extend(["opt/cuda", "usr/lib/cuda"].map(|folder| self.root.join(folder)));
        toolkits.extend((self.variable)("CONDA_PREFIX").map(PathBuf::from));
        toolkits
    }

    /// Folders that hold an `nvidia` folder of wheels.
    fn wheels(&self) -> Vec<PathBuf> {
        let apart = (self.variable)("WATTMARK_CUDA_PYPI").map_or_else(|| PYPI_FOLDER.into(), PathBuf::from);
        let mut sites = vec![apart];
        sites.extend((self.python)());
        sites
    }
}

const TARGET_FOLDER: &str =
    if cfg!(target_arch = "aarch64") { "targets/sbsa-linux/lib" } else { "targets/x86_64-linux/lib" };

/// Folders of drivers, of containers that mount one, of WSL and of Jetson.
const DRIVER_FOLDERS: &[&str] = &[
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib64",
    "usr/lib/wsl/lib",
    "usr/local/nvidia/lib64",
    "usr/lib/aarch64-linux-gnu/nvidia",
    "usr/lib/aarch64-linux-gnu/tegra",
];

/// Folders of wheels below `site-packages/nvidia`: CUDA 13 shares one, CUDA 12 has one a component.
const WHEEL_FOLDERS: &[&str] = if cfg!(windows) {
    &["cu13/bin/x86_64", "cuda_nvrtc/bin", "cublas/bin"]
} else {
    &["cu13/lib", "cuda_nvrtc/lib", "cublas/lib"]
};

/// Names that the loader looks up on its own path: the development link, then the majors that are in use.
fn bare_names(stem: &str) -> Vec<PathBuf> {
    if cfg!(windows) {
        let versions: &[&str] = if stem == "nvrtc" { &["130_0", "120_0", "112_0"] } else { &["13", "12", "11"] };
        return versions.iter().map(|v| format!("{stem}64_{v}.dll").into()).collect();
    }
    let versions: &[&str] = if stem == "nvrtc" { &["", ".13", ".12", ".11.2"] } else { &["", ".13", ".12", ".11"] };
    versions.iter().map(|v| format!("lib{stem}.so{v}").into()).collect()
}

/// The files of a folder that are the library, newest name first.
pub(super) fn libraries_in(folder: &Path, stem: &str) -> Vec<PathBuf> {
    let is_library = |name: &str| {
        if cfg!(windows) {
            return name.starts_with(&format!("{stem}64_")) && name.ends_with(".dll") && !name.contains("alt");
        }
        // A dot at once after the stem keeps `nvrtc-builtins` and `nvrtc.alt` out.
        let rest = name.strip_prefix(&format!("lib{stem}.so"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    files_in(folder, is_library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn libraries_are_tried_in_the_order_promised() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        touch(
            root.path(),
            &[
                "home/lib64/libnvrtc.so.12",
                "usr/local/cuda/lib64/libnvrtc.so.12",
                "usr/local/cuda-12.10/lib64/libnvrtc.so.12",
                "usr/local/cuda-12.9/lib64/libnvrtc.so.12",
                "usr/local/nvidia/lib64/libnvrtc.so.12",
                "apart/nvidia/cu13/lib/libnvrtc.so.13",
                "apart/nvidia/cu13/lib/libnvrtc.alt.so.13",
                "apart/nvidia/cu13/lib/libnvrtc-builtins.so.13.0",
                "site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
            ],
        );
        let home = at("home");
        let apart = at("apart");
        let variable = |name: &str| match name {
            "CUDA_HOME" => Some(home.clone().into_os_string()),
            "WATTMARK_CUDA_PYPI" => Some(apart.clone().into_os_string()),
            _ => None,
        };
        let python = || vec![at("site-packages")];
        let around = Surroundings { variable: &variable, root: root.path(), python: &python };
        let found: Vec<PathBuf> = around.libraries("WATTMARK_NVRTC", "nvrtc").collect();
        let expected = [
            "home/lib64/libnvrtc.so.12",
            "usr/local/cuda/lib64/libnvrtc.so.12",
            "usr/local/cuda-12.10/lib64/libnvrtc.so.12",
            "usr/local/cuda-12.9/lib64/libnvrtc.so.12",
            "usr/local/nvidia/lib64/libnvrtc.so.12",
            "apart/nvidia/cu13/lib/libnvrtc.so.13",
            "site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
        ];
        let bare = bare_names("nvrtc");
        assert_eq!(found[..bare.len()], bare);
        assert_eq!(found[bare.len()..], expected.map(at));
    }

    #[test]
    fn a_named_file_is_the_only_candidate() {
        let root = tempfile::tempdir().unwrap();
        let variable = |name: &str| (name == "WATTMARK_NVRTC").then(|| "/somewhere/libnvrtc.so".into());
        let around = Surroundings { variable: &variable, root: root.path(), python: &Vec::new };
        let found: Vec<PathBuf> = around.libraries("WATTMARK_NVRTC", "nvrtc").collect();
        assert_eq!(found, [PathBuf::from("/somewhere/libnvrtc.so")]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn tools_are_found_on_the_path_first_then_in_wheels() {
        let root = tempfile::tempdir().unwrap();
        touch(root.path(), &["path/nvdisasm", "apart/nvidia/cu13/bin/nvdisasm", "apart/nvidia/cu13/bin/cuobjdump"]);
        let (path, apart) = (root.path().join("path"), root.path().join("apart"));
        let variable = |name: &str| match name {
            "PATH" => Some(path.clone().into_os_string()),
            "WATTMARK_CUDA_PYPI" => Some(apart.clone().into_os_string()),
            _ => None,
        };
        let around = Surroundings { variable: &variable, root: root.path(), python: &Vec::new };
        assert_eq!(around.tool("nvdisasm"), Some(path.join("nvdisasm")));
        assert_eq!(around.tool("cuobjdump"), Some(apart.join("nvidia/cu13/bin/cuobjdump")));
        assert_eq!(around.tool("ncu"), None);
    }
}
