//! Final WGSL text: generated constants, dtype prelude, kernel; and the tunables a kernel declares in its head.
//! Chooses no values and lays out no buffers; the families' plans do.

use std::{fmt::Write as _, sync::Arc};

use super::{Dtype, Elem, Program, Target, Tuning, Unplannable};

/// A constant that a kernel leaves to be chosen, declared beside it as
/// `// tunable NAME = DEFAULT | software DEFAULT : CANDIDATES -- meaning`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tunable {
    /// Name of the constant.
    pub(crate) name: String,
    /// Value on hardware when none is asked for.
    pub(crate) default: u32,
    /// Value on a software rasterizer when none is asked for.
    pub(crate) software: u32,
    /// Every value the kernel is correct for.
    pub(crate) candidates: Vec<u32>,
}

/// A kernel's text and the tunables its head declares.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Its place under `kernels/`.
    pub(crate) path: &'static str,
    text: &'static str,
}

/// Names a kernel file under `kernels/` and embeds it.
macro_rules! kernel {
    ($path:literal) => {
        $crate::kernel::source::Kernel::new($path, include_str!(concat!("../../../kernels/", $path)))
    };
}
pub(crate) use kernel;

impl Kernel {
    /// A kernel from its path and text; use [`kernel!`].
    pub(crate) const fn new(path: &'static str, text: &'static str) -> Kernel {
        Kernel { path, text }
    }

    /// The tunables declared in the head.
    ///
    /// # Errors
    /// A declaration that does not parse, with its line.
    pub(crate) fn tunables(&self) -> Result<Vec<Tunable>, Unplannable> {
        tunables(&format!("kernels/{}", self.path), self.text)
    }

    /// Values for every tunable: those asked for, then those the plan prefers, then the declared defaults.
    ///
    /// # Errors
    /// A name the kernel does not have, or a value it is not declared for.
    pub(crate) fn resolve(&self, asked: &Tuning, preferred: &Tuning, target: &Target) -> Result<Tuning, Unplannable> {
        let tunables = self.tunables()?;
        if let Some(name) = asked.keys().find(|name| !tunables.iter().any(|t| t.name == **name)) {
            let known: Vec<_> = tunables.iter().map(|t| t.name.as_str()).collect();
            return Err(Unplannable(format!("{} has no tunable `{name}`: it has {}", self.path, known.join(", "))));
        }
        let mut values = Tuning::new();
        for tunable in tunables {
            let default = if target.software { tunable.software } else { tunable.default };
            let value = asked.get(&tunable.name).or_else(|| preferred.get(&tunable.name)).copied().unwrap_or(default);
            if !tunable.candidates.contains(&value) {
                return Err(Unplannable(format!(
                    "{}: {}={value} is none of {:?}",
                    self.path, tunable.name, tunable.candidates
                )));
            }
            values.insert(tunable.name, value);
        }
        Ok(values)
    }

    /// The final text: `constants` as `const NAME: u32`, further `preludes`, the kernel.
    pub(crate) fn assemble(&self, constants: &Tuning, preludes: &[&str]) -> Arc<str> {
        let mut text = header(constants, preludes);
        text.push_str(self.text);
        text.into()
    }
}

/// What precedes a kernel's text: `constants` as `const NAME: u32`, then `preludes`; one that enables an extension is
/// first.
pub(crate) fn header(constants: &Tuning, preludes: &[&str]) -> String {
    let mut text = String::new();
    if let Some(enable) = preludes.iter().find(|p| p.starts_with("enable ")) {
        text.push_str(enable);
    }
    for (name, value) in constants {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
    }
    for prelude in preludes.iter().filter(|p| !p.starts_with("enable ")) {
        text.push('\n');
        text.push_str(prelude);
    }
    text.push('\n');
    text
}

/// The tunables that the text of the kernel at `path` declares.
///
/// # Errors
/// A declaration that does not parse, with its line.
pub(crate) fn tunables(path: &str, text: &str) -> Result<Vec<Tunable>, Unplannable> {
    let declared = text.lines().filter_map(|line| line.strip_prefix("// tunable "));
    declared
        .map(|line| {
            parse_tunable(line).ok_or_else(|| {
                Unplannable(format!(
                    "{path}: cannot read `// tunable {line}`; write `// tunable NAME = 4 | software 8 : 1 2 4 8 -- meaning`"
                ))
            })
        })
        .collect()
}

fn parse_tunable(line: &str) -> Option<Tunable> {
    let (declaration, meaning) = line.split_once(" -- ")?;
    let (defaults, candidates) = declaration.split_once(':')?;
    let (name, defaults) = defaults.split_once('=')?;
    let (default, software) = match defaults.split_once('|') {
        None => (defaults, defaults),
        Some((hardware, software)) => (hardware, software.trim().strip_prefix("software ")?),
    };
    let candidates: Vec<u32> = candidates.split_whitespace().map(|c| c.parse().ok()).collect::<Option<_>>()?;
    let (default, software) = (default.trim().parse().ok()?, software.trim().parse().ok()?);
    let sound = candidates.contains(&default) && candidates.contains(&software) && !meaning.trim().is_empty();
    sound.then(|| Tunable { name: name.trim().to_owned(), default, software, candidates })
}

/// How a kernel reads 16-byte words of this dtype and accumulates them.
pub(crate) fn load_prelude(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => include_str!("../../kernels/dtype/load_f32.wgsl"),
        Dtype::F16 | Dtype::Kv8 => include_str!("../../kernels/dtype/load_f16.wgsl"),
        Dtype::Bf16 => include_str!("../../kernels/dtype/load_bf16.wgsl"),
        Dtype::I8 => include_str!("../../kernels/dtype/load_i8.wgsl"),
        Dtype::Tf32 | Dtype::Fp8 => unreachable!("matmul plans nothing in {dtype}"),
        Dtype::W4A16G32 | Dtype::W4A16G128 => {
            concat!(
                include_str!("../../kernels/dtype/load_f16.wgsl"),
                "\n",
                include_str!("../../kernels/dtype/int4_a16.wgsl")
            )
        }
        Dtype::W4A8G32 | Dtype::W4A8G128 => {
            concat!(
                include_str!("../../kernels/dtype/load_i8.wgsl"),
                "\n",
                include_str!("../../kernels/dtype/int4_a8.wgsl")
            )
        }
    }
}

/// How a kernel stores four accumulated elements of this type.
pub(crate) fn store_prelude(elem: Elem) -> &'static str {
    match elem {
        Elem::F32 => include_str!("../../kernels/dtype/store_f32.wgsl"),
        Elem::F16 => include_str!("../../kernels/dtype/store_f16.wgsl"),
        Elem::Bf16 => include_str!("../../kernels/dtype/store_bf16.wgsl"),
        Elem::I32 | Elem::I8 => include_str!("../../kernels/dtype/store_i32.wgsl"),
        Elem::Fp8 => unreachable!("no plan stores 8-bit floats"),
    }
}

/// Bytes of a row padded to whole 16-byte words.
pub(crate) fn padded(cols: u64, elem: Elem) -> u64 {
    (cols * elem.bytes()).next_multiple_of(16)
}

/// Workgroups of a dispatch that has `groups` of them in a line, folded into three dimensions. May be a few more than
/// asked for; kernels number them `x + fold_x * (y + fold_y * z)` and let those past the end do nothing.
///
/// # Errors
/// More workgroups than three dimensions hold.
pub(crate) fn fold(groups: u64, target: &Target) -> Result<[u32; 3], Unplannable> {
    let most = u64::from(target.max_groups).max(1);
    let z = groups.div_ceil(most * most);
    let y = groups.div_ceil(most * z);
    let x = groups.div_ceil(y * z);
    let grid = [x, y, z].map(|extent| u32::try_from(extent).unwrap_or(u32::MAX));
    if z > most || groups > u64::from(u32::MAX) {
        return Err(Unplannable(format!("{groups} workgroups are more than a dispatch can number in 32 bits")));
    }
    Ok(grid)
}

/// The largest part of `rows` rows of `pitch` bytes that one binding holds, a multiple of `granule` rows.
///
/// # Errors
/// Not even `granule` rows fit.
pub(crate) fn rows_per_slab(
    what: &str,
    rows: u64,
    granule: u64,
    pitch: u64,
    target: &Target,
) -> Result<u64, Unplannable> {
    let limit = target.max_binding_bytes.min(target.max_buffer_bytes);
    let fit = limit / pitch;
    if fit >= rows {
        return Ok(rows);
    }
    if fit < granule {
        return Err(Unplannable(format!(
            "{} of {what} take {} bytes; the device binds {limit} at most",
            if granule == 1 { "one row".to_owned() } else { format!("{granule} rows") },
            granule * pitch
        )));
    }
    Ok(fit / granule * granule)
}

/// Refuses a program whose workgroups are larger than the target's.
///
/// # Errors
/// The limit that is exceeded.
pub(crate) fn check_workgroup(size: [u32; 3], shared_bytes: u32, target: &Target) -> Result<(), Unplannable> {
    let invocations: u32 = size.iter().product();
    if invocations > target.max_invocations || (0..3).any(|d| size[d] > target.max_workgroup_size[d]) {
        return Err(Unplannable(format!(
            "workgroups of {size:?} invocations; the device has {} in all and {:?} a dimension",
            target.max_invocations, target.max_workgroup_size
        )));
    }
    if shared_bytes > target.max_workgroup_bytes {
        return Err(Unplannable(format!(
            "{shared_bytes} bytes of workgroup memory; the device has {}",
            target.max_workgroup_bytes
        )));
    }
    Ok(())
}

/// The tunings among `candidates` that this target can run, the first of them being its default; at most eight.
pub(crate) fn runnable(
    candidates: impl IntoIterator<Item = Tuning>,
    program: impl Fn(&Tuning) -> Result<Program, Unplannable>,
) -> Vec<Tuning> {
    let mut found: Vec<Tuning> = Vec::new();
    for candidate in candidates {
        if found.len() < 8
            && let Ok(program) = program(&candidate)
            && !found.contains(&program.tuning)
        {
            found.push(program.tuning);
        }
    }
    found
}

/// A tuning from name and value pairs.
pub(crate) fn tuning(pairs: &[(&str, u32)]) -> Tuning {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunables_parse() {
        let t = parse_tunable("TILE_M = 4 | software 16 : 1 2 4 8 16 -- rows of C").unwrap();
        assert_eq!((t.name.as_str(), t.default, t.software), ("TILE_M", 4, 16));
        assert_eq!(t.candidates, [1, 2, 4, 8, 16]);
        assert_eq!(parse_tunable("UNROLL = 8 : 4 8 -- steps").unwrap().software, 8);
        for bad in ["A = 3 : 1 2 -- x", "A = 1 | gpu 2 : 1 2 -- x", "A : 1 -- x", "A = 1 : 1", "A = x : 1 -- x"] {
            assert_eq!(parse_tunable(bad), None, "{bad}");
        }
    }

    /// Parses and validates a program's passes; `f16` grants `enable f16`.
    fn validate(program: &Program, f16: bool) -> Result<(), String> {
        let mut capabilities = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
        capabilities.set(naga::valid::Capabilities::SHADER_FLOAT16, f16);
        for pass in &program.passes {
            let module = naga::front::wgsl::parse_str(&pass.source).map_err(|e| e.emit_to_string(&pass.source))?;
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), capabilities)
                .validate(&module)
                .map_err(|e| e.emit_to_string(&pass.source))?;
            if !module.entry_points.iter().any(|entry| entry.name == pass.entry) {
                return Err(format!("no entry point {}", pass.entry));
            }
        }
        Ok(())
    }

    #[test]
    fn every_text_is_valid_wgsl() {
        let targets = Target::unlike();
        let mut texts = std::collections::BTreeSet::new();
        for case in crate::kernel::Suite::load("verify").unwrap().cases.into_iter().map(|c| c.case) {
            for target in &targets {
                let tunings = case.family.tunings(&case, target);
                let plannable = match case.dtype {
                    Dtype::Tf32 | Dtype::Fp8 => false,
                    Dtype::F16 => case.family.name() != "ceiling" || target.f16,
                    _ => true,
                };
                assert!(tunings.len() <= 8 && tunings.is_empty() != plannable, "{case}: {tunings:?}");
                for tuning in tunings {
                    let program = case.family.program(&case, target, &tuning).unwrap();
                    assert_eq!(program.tuning, tuning, "{case}");
                    if texts.insert(program.source()) {
                        validate(&program, target.f16).unwrap_or_else(|e| panic!("{case} {tuning:?}: {e}"));
                    }
                }
            }
        }
        assert!(texts.len() > 100, "only {} texts", texts.len());
    }

    #[test]
    fn dispatches_fold() {
        let target = Target::downlevel();
        assert_eq!(fold(65535, &target), Ok([65535, 1, 1]));
        for groups in [1, 65536, 100_000, 65535 * 65535 - 1, u64::from(u32::MAX)] {
            let grid = fold(groups, &target).unwrap().map(u64::from);
            assert!(grid.iter().all(|&g| g <= 65535) && grid.iter().product::<u64>() >= groups, "{groups}: {grid:?}");
        }
        assert!(fold(1 << 33, &target).is_err());
    }

    #[test]
    fn slabs_keep_their_granule() {
        let target = Target { max_binding_bytes: 1000, ..Target::downlevel() };
        assert_eq!(rows_per_slab("b", 10, 4, 96, &target), Ok(10));
        assert_eq!(rows_per_slab("b", 50, 4, 96, &target), Ok(8));
        assert!(rows_per_slab("b", 50, 4, 500, &target).is_err());
    }
}
