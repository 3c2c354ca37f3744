//! The text of a native kernel: defines, the instructions it is written in, the kernel's files.
//! Knows no kernel's parameters.

use std::fmt::Write as _;

/// A file under `kernels/`, embedded.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../../../../kernels/", $path))
    };
}
pub(super) use text;

const PTX: &str = text!("native/ptx.cuh");
const PTX_SM90: &str = text!("native/ptx_sm90.cuh");
const TILE: &str = text!("native/tile.cuh");
const TILE_SM90: &str = text!("native/tile_sm90.cuh");

/// Text of a kernel, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// What the plan decides: `#define NAME VALUE`.
    pub(super) defines: Vec<(&'static str, u32)>,
    /// Uses wgmma and TMA, which only `sm_90a` has.
    pub(super) sm90: bool,
    /// The kernel's own files.
    pub(super) files: &'static [&'static str],
}

impl Source {
    /// What NVRTC compiles; it needs no include path.
    pub(super) fn cuda(&self) -> String {
        let instructions: &[&str] = if self.sm90 { &[PTX, TILE, PTX_SM90, TILE_SM90] } else { &[PTX, TILE] };
        self.assemble(instructions)
    }

    /// It must be compiled for `sm_90a`.
    #[cfg(test)]
    pub(super) fn needs_sm90a(&self) -> bool {
        self.sm90
    }

    /// The same kernels as a C++20 program for the CPU, which takes the name of one; see `kernels/native/host.h`.
    #[cfg(test)]
    pub(super) fn host(&self, kernels: &[&str]) -> String {
        const HOST: &str = text!("native/host.h");
        const HOST_SM90: &str = text!("native/host_sm90.h");
        const MAIN: &str = text!("native/host_main.h");
        let instructions: &[&str] = if self.sm90 { &[HOST, HOST_SM90, TILE, TILE_SM90] } else { &[HOST, TILE] };
        let list: String = kernels.iter().map(|kernel| format!(" KERNEL_NAMED({kernel})")).collect();
        format!("{}\n#define KERNELS{list}\n{MAIN}", self.assemble(instructions))
    }

    fn assemble(&self, instructions: &[&str]) -> String {
        let mut text = String::new();
        for (name, value) in &self.defines {
            // Writing to a String does not fail.
            let _ = writeln!(text, "#define {name} {value}");
        }
        for part in instructions.iter().chain(self.files) {
            text.push('\n');
            text.push_str(part);
        }
        text
    }
}
