//! From WGSL text to a validated module with one entry point and no open override.
//! Emits nothing, and judges only what naga does not.

use naga::{
    Handle, Module, ShaderStage, Span,
    back::{PipelineConstants, pipeline_constants::process_overrides},
    compact::{KeepUnused, compact},
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
};

use super::{Error, Options};

/// A module ready to be written: overrides have values, the entry point is chosen.
pub(super) struct Shader<'a> {
    pub(super) wgsl: &'a str,
    pub(super) module: Module,
    pub(super) info: ModuleInfo,
    /// Index of the entry point.
    pub(super) entry: usize,
}

impl<'a> Shader<'a> {
    /// Parses, validates, chooses the entry point and sets the overrides.
    pub(super) fn new(wgsl: &'a str, options: &Options) -> Result<Shader<'a>, Error> {
        let parsed = naga::front::wgsl::parse_str(wgsl).map_err(|e| Error::Parse(e.emit_to_string(wgsl)))?;
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .validate(&parsed)
            .map_err(|e| Error::Invalid(e.emit_to_string(wgsl)))?;
        let name = entry_name(&parsed, options.entry.as_deref())?;
        let mut constants = PipelineConstants::default();
        constants.extend(options.overrides.iter().map(|(name, value)| (name.clone(), *value)));
        let chosen = Some((ShaderStage::Compute, name.as_str()));
        let (module, _) =
            process_overrides(&parsed, &info, chosen, &constants).map_err(|e| Error::Override(e.to_string()))?;
        let mut module = module.into_owned();
        compact(&mut module, KeepUnused::No);
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .validate_resolved_overrides(&module)
            .map_err(|e| Error::Invalid(e.emit_to_string(wgsl)))?;
        let entry = module.entry_points.iter().position(|e| e.stage == ShaderStage::Compute && e.name == name);
        let entry = entry.ok_or_else(|| Error::Entry(format!("entry point `{name}` was lost")))?;
        Ok(Shader { wgsl, module, info, entry })
    }

    /// The error for a construct that CUDA does not have.
    pub(super) fn unsupported(&self, what: impl Into<String>, span: Span) -> Error {
        let (line, column) = match span.is_defined() {
            true => (span.location(self.wgsl).line_number, span.location(self.wgsl).line_position),
            false => (0, 0),
        };
        Error::Unsupported { what: what.into(), line, column }
    }

    /// A type's place in the text.
    pub(super) fn type_span(&self, ty: Handle<naga::Type>) -> Span {
        self.module.types.get_span(ty)
    }
}

fn entry_name(module: &Module, asked: Option<&str>) -> Result<String, Error> {
    let names: Vec<&str> =
        module.entry_points.iter().filter(|e| e.stage == ShaderStage::Compute).map(|e| e.name.as_str()).collect();
    let list = names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match (asked, names.as_slice()) {
        (_, []) => Err(Error::Entry("the module has no @compute entry point".to_owned())),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => Err(Error::Entry(format!("which entry point? The module has {list}; name one with --entry"))),
        (Some(name), _) if names.contains(&name) => Ok(name.to_owned()),
        (Some(name), _) => Err(Error::Entry(format!("no compute entry point `{name}`: the module has {list}"))),
    }
}
