//! Pictures as SVG: lines with bands and dots, horizontal bars, and the pictures of costs, claims and
//! devices.
//! Computes nothing and writes no file; the same input gives the same bytes.
//!
//! A picture has a `<title>` and a `<desc>`, colours that the colour-blind tell apart, and a dark form for readers who
//! prefer one. It needs no script and no font.

mod axis;
mod bars;
mod canvas;
pub mod claims;
pub mod cost;
pub mod fractions;
mod lines;
pub mod roofline;
mod spark;
#[cfg(test)]
mod tests;

pub use axis::Axis;
pub use bars::{Bar, Bars};
pub use lines::{Band, Dot, Line, Lines, Mark};
pub use spark::spark;

/// A picture with a name for its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file's name without `.svg`: letters, digits, `-`, `_`.
    pub name: String,
    /// The SVG.
    pub svg: String,
}

impl Picture {
    fn of(name: &str, svg: String) -> Picture {
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
        Picture { name: name.chars().map(safe).collect(), svg }
    }
}
