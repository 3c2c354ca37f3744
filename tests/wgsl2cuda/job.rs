//! What is run on either side: buffers, and dispatches of WGSL texts over them. A shader of the corpus is a job, and so
//! is a program of ours. Runs nothing and says nothing about results.

use std::{collections::BTreeMap, sync::Arc};

use crate::shader::Kind;

/// Contents of buffers, each in words.
pub type Contents = Vec<Vec<u32>>;

/// Buffers and what runs over them, in order.
pub struct Job {
    pub name: String,
    pub buffers: Contents,
    pub dispatches: Vec<Dispatch>,
}

/// One dispatch of a WGSL text.
pub struct Dispatch {
    pub text: Arc<str>,
    /// Without one, the only one there is.
    pub entry: Option<String>,
    pub overrides: BTreeMap<String, f64>,
    pub grid: [u32; 3],
    pub bindings: Vec<Binding>,
}

/// A buffer bound at a place.
#[derive(Clone, Copy)]
pub struct Binding {
    /// Group and binding.
    pub at: [u32; 2],
    pub kind: Kind,
    /// Declared `read_write`.
    pub writable: bool,
    /// Index into the job's buffers.
    pub buffer: usize,
}

impl Dispatch {
    /// What is bound at a group and binding.
    ///
    /// # Panics
    /// If nothing is: the job does not fit its text.
    pub fn bound(&self, at: [u32; 2]) -> &Binding {
        self.bindings.iter().find(|b| b.at == at).unwrap_or_else(|| panic!("nothing is bound at {at:?}"))
    }
}
