//! What can keep a WGSL module from becoming a CUDA kernel.
//! Says where; the rooms that find it say what.

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is not WGSL.
    #[error("this is not WGSL:\n{0}")]
    Parse(String),
    /// The text is WGSL, but not valid.
    #[error("this WGSL is not valid:\n{0}")]
    Invalid(String),
    /// The entry point asked for, or the choice between several.
    #[error("{0}")]
    Entry(String),
    /// An override without a value, of another name, or out of range.
    #[error("pipeline override: {0}; set one with --override NAME=VALUE")]
    Override(String),
    /// Valid WGSL that a CUDA kernel cannot have.
    #[error("{line}:{column}: {what} cannot be translated to CUDA")]
    Unsupported {
        /// The construct.
        what: String,
        /// Line, from 1; 0 where the construct has no place of its own.
        line: u32,
        /// Column in bytes, from 1.
        column: u32,
    },
    /// More of something than a CUDA kernel can have.
    #[error("{0}")]
    TooLarge(String),
}
