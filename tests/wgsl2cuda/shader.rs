//! A shader of the corpus and the job in its head: grid, buffers with seeded contents, what it needs, how exact it is.
//! Runs nothing.
//!
//! The head is TOML in the leading `//! ` lines of the file:
//!
//! - `about`: what the shader is there for.
//! - `grid`: workgroups, `[1, 1, 1]` if absent. `entries`: entry points run in order, where there are several.
//! - `overrides`: values of pipeline constants by name or id.
//! - `needs`: what not every device has, see [`Need`].
//! - `tolerance`: `{ rel, abs }` of floats; absent, equal bits (or two NaNs, or two zeros).
//! - `timed`: why it must not run without bounds checks and zeroed workgroup memory; absent, it runs so too.
//! - `lavapipe`: why software Vulkan is not compared.
//! - `buffers`: `at = [group, binding]`, `elem`, `len` in elements, and what they hold: `fill` or `data`.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use crate::job::{Binding, Dispatch, Job};

/// A file of the corpus.
pub struct Shader {
    pub name: String,
    pub text: String,
    pub head: Head,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub about: String,
    #[serde(default = "one")]
    pub grid: [u32; 3],
    #[serde(default)]
    pub entries: Vec<String>,
    #[serde(default)]
    pub overrides: BTreeMap<String, f64>,
    #[serde(default)]
    pub needs: Vec<Need>,
    #[serde(default)]
    pub tolerance: Tolerance,
    pub timed: Option<String>,
    pub lavapipe: Option<String>,
    pub buffers: Vec<Buffer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    F16,
    F64,
    Int16,
    Int64,
    Int64Atomics,
    FloatAtomics,
    Subgroups,
    Coop,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tolerance {
    pub rel: f64,
    pub abs: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    pub at: [u32; 2],
    #[serde(default)]
    pub kind: Kind,
    pub elem: Elem,
    pub len: usize,
    /// Declared `read_write`, and compared.
    #[serde(default)]
    pub out: bool,
    fill: Option<Fill>,
    /// Words: whole numbers as integers, others as f32.
    #[serde(default)]
    data: Vec<toml::Value>,
    /// Repeats `data` up to `len`.
    #[serde(default)]
    cycle: bool,
    /// First value of a ramp.
    #[serde(default)]
    start: i32,
    /// Step through the edge values, so that two buffers pair them differently.
    #[serde(default)]
    stride: usize,
    /// The very buffer bound at another place.
    pub alias_of: Option<[u32; 2]>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Storage,
    Uniform,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Elem {
    U32,
    I32,
    F32,
    F16,
    F64,
}

impl Elem {
    pub fn bytes(self) -> usize {
        match self {
            Elem::F16 => 2,
            Elem::U32 | Elem::I32 | Elem::F32 => 4,
            Elem::F64 => 8,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fill {
    /// Integers over their whole range, floats in -4..4.
    Random,
    /// Integers in -100..100.
    Small,
    /// `start`, `start + 1`, ...
    Ramp,
    /// The values at which integers wrap and floats leave the range of integers.
    Edges,
    /// Two finite f16 a word, whatever the element: each is also a sensible f32.
    Half,
    Zero,
}

fn one() -> [u32; 3] {
    [1; 3]
}

impl Shader {
    /// Every shader of the corpus, by name.
    pub fn all() -> Vec<Shader> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wgsl2cuda/corpus");
        let files = std::fs::read_dir(&folder).expect("the corpus is part of the sources");
        let mut shaders: Vec<_> = files.map(|file| Shader::load(&file.expect("a readable folder").path())).collect();
        shaders.sort_by(|a, b| a.name.cmp(&b.name));
        shaders
    }

    fn load(path: &Path) -> Shader {
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let lines: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let head: Head = toml::from_str(&lines.join("\n")).unwrap_or_else(|e| panic!("the head of {name}.wgsl: {e}"));
        Shader { name, text, head }
    }

    pub fn needs(&self, need: Need) -> bool {
        self.head.needs.contains(&need)
    }

    /// What to run; the same bits everywhere.
    pub fn job(&self) -> Job {
        let buffers = &self.head.buffers;
        // A buffer bound twice is one buffer, not a copy.
        let bind = |(i, buffer): (usize, &Buffer)| Binding {
            at: buffer.at,
            kind: buffer.kind,
            writable: buffer.out,
            buffer: buffer.alias_of.map_or(i, |at| self.buffer(at)),
        };
        let bindings: Vec<_> = buffers.iter().enumerate().map(bind).collect();
        let dispatch = |entry: Option<String>| Dispatch {
            text: self.text.as_str().into(),
            entry,
            overrides: self.head.overrides.clone(),
            grid: self.head.grid,
            bindings: bindings.clone(),
        };
        let dispatches = match &self.head.entries[..] {
            [] => vec![dispatch(None)],
            names => names.iter().cloned().map(Some).map(dispatch).collect(),
        };
        Job { name: self.name.clone(), buffers: buffers.iter().map(|b| self.fill(b)).collect(), dispatches }
    }

    fn buffer(&self, at: [u32; 2]) -> usize {
        let found = self.head.buffers.iter().position(|b| b.at == at);
        found.unwrap_or_else(|| panic!("{}: nothing at {at:?}", self.name))
    }

    fn fill(&self, buffer: &Buffer) -> Vec<u32> {
        if let Some(at) = buffer.alias_of {
            return self.fill(&self.head.buffers[self.buffer(at)]);
        }
        let words = (buffer.len * buffer.elem.bytes()).div_ceil(4);
        let mut random = Random::seeded(&self.name, buffer.at);
        let word: Box<dyn FnMut(usize) -> u32> = match (buffer.fill, buffer.elem) {
            (None, _) if !buffer.data.is_empty() => {
                let data: Vec<u32> = buffer.data.iter().map(literal).collect();
                assert!(buffer.cycle || data.len() == words, "{}: {} of {words} words", self.name, data.len());
                Box::new(move |i| data[i % data.len()])
            }
            // What nobody has written shows.
            (None, _) => Box::new(|_| 0xCDCD_CDCD),
            (Some(Fill::Zero), _) => Box::new(|_| 0),
            (Some(Fill::Ramp), _) => Box::new(|i| (buffer.start + i as i32) as u32),
            (Some(Fill::Small), _) => Box::new(move |_| (random.below(200) as i32 - 100) as u32),
            (Some(Fill::Edges), Elem::F32) => Box::new(|i| float_edge(i, buffer.stride.max(1)).to_bits()),
            (Some(Fill::Edges), _) => Box::new(move |i| integer_edge(i, buffer.stride.max(1), &mut random)),
            (Some(Fill::Random), Elem::F32) => Box::new(move |_| random.float().to_bits()),
            (Some(Fill::Half), _) | (Some(Fill::Random), Elem::F16) => {
                Box::new(move |_| random.half() | (random.half() << 16))
            }
            (Some(Fill::Random), Elem::F64) => panic!("{}: fill f64 through f32", self.name),
            (Some(Fill::Random), _) => Box::new(move |_| random.word()),
        };
        (0..words).map(word).collect()
    }
}

fn literal(value: &toml::Value) -> u32 {
    match value {
        toml::Value::Integer(i) => *i as u32,
        toml::Value::Float(f) => (*f as f32).to_bits(),
        other => panic!("data holds numbers, not {other}"),
    }
}

fn float_edge(i: usize, stride: usize) -> f32 {
    const EDGES: [f32; 32] = [
        0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        0.99999994,
        -0.99999994,
        1.5,
        -1.5,
        2147483500.0,
        2147483600.0,
        2147483648.0,
        2147483904.0,
        -2147483500.0,
        -2147483648.0,
        -2147483904.0,
        4294967040.0,
        4294967296.0,
        4294967808.0,
        1e10,
        -1e10,
        3e38,
        -3e38,
        16777216.0,
        16777217.0,
        -16777216.0,
        1e-10,
        -1e-10,
        3.15,
        -2.75,
        65536.0,
        255.5,
    ];
    EDGES[i * stride % EDGES.len()]
}

fn integer_edge(i: usize, stride: usize, random: &mut Random) -> u32 {
    const EDGES: [u32; 19] = [
        0,
        1,
        u32::MAX,
        0x8000_0000,
        0x7FFF_FFFF,
        0x8000_0001,
        2,
        3,
        7,
        0xFFFF_FFFE,
        0xFFFF_FFF9,
        0xFFFF,
        0x1_0000,
        0x00FF_FFFF,
        0x0100_0001,
        1000,
        0xFFFF_FC18,
        0x5555_5555,
        0xAAAA_AAAA,
    ];
    // The second lap and those after it change the pairing with a buffer of another stride.
    match i * stride + i / EDGES.len() {
        at if at % 23 < EDGES.len() => EDGES[at % 23],
        _ => random.word() >> (i % 32),
    }
}

/// SplitMix64: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn seeded(name: &str, at: [u32; 2]) -> Random {
        let start = u64::from(at[0]) << 32 | u64::from(at[1]);
        Random(name.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)))
    }

    pub fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.word() % end
    }

    /// In -4..4, sixteen bits after the point: sums and products of two are exact or round once.
    fn float(&mut self) -> f32 {
        self.word() as f32 * (8.0 / 4_294_967_296.0) - 4.0
    }

    fn half(&mut self) -> u32 {
        u32::from(half::f16::from_f32(self.float()).to_bits())
    }
}
