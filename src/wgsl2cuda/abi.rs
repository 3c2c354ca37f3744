//! Which globals a kernel takes, in what order, and how much shared memory it needs.
//! Decides from what the entry point uses, not from what the module declares.

use std::collections::{BTreeMap, BTreeSet};

use naga::{
    AddressSpace, Block, Expression, Function, GlobalVariable, Handle, ResourceBinding, Statement, TypeInner,
    proc::{Layouter, NameKey},
    valid::GlobalUse,
};

use super::{Bounds, Error, Param, ParamKind, Policy, front::Shader, names::Names};

/// Static shared memory that every device allows a kernel.
const STATIC_SHARED: u32 = 48 << 10;
/// The most a block can have on any device so far (sm_90, sm_100).
const MOST_SHARED: u32 = 227 << 10;
/// Bytes of parameters a kernel can take.
const MOST_PARAMETERS: u32 = 32_764;

/// The globals of a kernel, by what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Globals {
    /// Functions that the entry point reaches.
    pub(super) functions: BTreeSet<Handle<Function>>,
    /// Uniforms and storage, in the order of the parameters.
    pub(super) bindings: Vec<Handle<GlobalVariable>>,
    /// Those of them that need the bytes of their buffer, and the parameter that holds them.
    pub(super) lengths: BTreeMap<Handle<GlobalVariable>, String>,
    /// Storage that the entry point writes.
    pub(super) written: BTreeSet<Handle<GlobalVariable>>,
    /// Variables of the invocation.
    pub(super) private: Vec<Handle<GlobalVariable>>,
    /// Variables of the workgroup, with their place in dynamic shared memory.
    pub(super) workgroup: BTreeMap<Handle<GlobalVariable>, u32>,
    /// Bytes of shared memory.
    pub(super) shared_bytes: u32,
}

impl Globals {
    pub(super) fn new(
        shader: &Shader<'_>,
        layouts: &Layouter,
        names: &mut Names,
        policy: Policy,
    ) -> Result<Globals, Error> {
        let module = &shader.module;
        let mut globals = Globals::default();
        globals.reach(shader, &module.entry_points[shader.entry].function.body);
        let info = shader.info.get_entry_point(shader.entry);
        for (handle, variable) in module.global_variables.iter() {
            if info[handle].is_empty() {
                continue;
            }
            let span = module.global_variables.get_span(handle);
            match variable.space {
                AddressSpace::Uniform | AddressSpace::Storage { .. } => globals.bindings.push(handle),
                AddressSpace::Private => globals.private.push(handle),
                AddressSpace::WorkGroup => globals.place(layouts, handle, variable),
                AddressSpace::Immediate => return Err(shader.unsupported("an immediate (push constant)", span)),
                AddressSpace::Handle => return Err(shader.unsupported(handle_name(shader, variable), span)),
                AddressSpace::Function
                | AddressSpace::TaskPayload
                | AddressSpace::RayPayload
                | AddressSpace::IncomingRayPayload => {
                    return Err(shader.unsupported(format!("a variable in space {:?}", variable.space), span));
                }
            }
            if matches!(module.types[variable.ty].inner, TypeInner::BindingArray { .. }) {
                return Err(shader.unsupported("a binding array", span));
            }
            if info[handle].intersects(GlobalUse::WRITE | GlobalUse::ATOMIC) {
                globals.written.insert(handle);
            }
        }
        globals.bindings.sort_by_key(|&g| binding(&module.global_variables[g]).map(|b| (b.group, b.binding)));
        globals.find_lengths(shader, names, policy);
        if globals.shared_bytes > MOST_SHARED {
            return Err(Error::TooLarge(format!(
                "{} bytes of workgroup variables: no CUDA device gives a block more than {MOST_SHARED}",
                globals.shared_bytes
            )));
        }
        Ok(globals)
    }

    /// True where the workgroup variables are one dynamic block.
    pub(super) fn dynamic(&self) -> bool {
        self.shared_bytes > STATIC_SHARED
    }

    /// Static and dynamic shared bytes.
    pub(super) fn shared(&self) -> (u32, u32) {
        if self.dynamic() { (0, self.shared_bytes) } else { (self.shared_bytes, 0) }
    }

    fn reach(&mut self, shader: &Shader<'_>, block: &Block) {
        for statement in block {
            match statement {
                Statement::Call { function, .. } => {
                    if self.functions.insert(*function) {
                        self.reach(shader, &shader.module.functions[*function].body);
                    }
                }
                other => super::visit::blocks(other, &mut |inner| self.reach(shader, inner)),
            }
        }
    }

    fn place(&mut self, layouts: &Layouter, handle: Handle<GlobalVariable>, variable: &GlobalVariable) {
        let layout = layouts[variable.ty];
        let align = (layout.alignment * 1u32).max(16);
        let at = self.shared_bytes.next_multiple_of(align);
        self.workgroup.insert(handle, at);
        self.shared_bytes = at + layout.size;
    }

    /// Buffers whose size is asked for, or needed to hold an index in bounds.
    fn find_lengths(&mut self, shader: &Shader<'_>, names: &mut Names, policy: Policy) {
        let module = &shader.module;
        let reached = self.functions.iter().map(|&f| &module.functions[f]);
        for function in reached.chain([&module.entry_points[shader.entry].function]) {
            for (_, expression) in function.expressions.iter() {
                let pointer = match *expression {
                    Expression::ArrayLength(pointer) => pointer,
                    Expression::Access { base, .. } if policy.bounds == Bounds::Restrict => base,
                    Expression::AccessIndex { base, index } if policy.bounds == Bounds::Restrict && index > 0 => base,
                    _ => continue,
                };
                if let Some((global, _)) = runtime_array_of(function, pointer)
                    && runtime_sized(shader, function, pointer)
                    && !self.lengths.contains_key(&global)
                {
                    let buffer = names.get(&NameKey::GlobalVariable(global));
                    self.lengths.insert(global, names.fresh(&format!("{buffer}_bytes")));
                }
            }
        }
    }

    /// The kernel's parameters.
    pub(super) fn params(
        &self,
        shader: &Shader<'_>,
        layouts: &Layouter,
        name: impl Fn(Handle<GlobalVariable>) -> String,
    ) -> Result<Vec<Param>, Error> {
        let mut params = Vec::new();
        let mut bytes = 0;
        for &handle in &self.bindings {
            let variable = &shader.module.global_variables[handle];
            let Some(ResourceBinding { group, binding }) = binding(variable).copied() else {
                let span = shader.module.global_variables.get_span(handle);
                return Err(shader.unsupported("a resource without @group and @binding", span));
            };
            let kind = match variable.space {
                AddressSpace::Uniform => ParamKind::Uniform { group, binding, bytes: layouts[variable.ty].size },
                _ => ParamKind::Storage { group, binding, writable: self.written.contains(&handle) },
            };
            bytes += if let ParamKind::Uniform { bytes, .. } = kind { bytes.next_multiple_of(16) } else { 16 };
            params.push(Param { name: name(handle), kind });
            if let Some(name) = self.lengths.get(&handle).cloned() {
                params.push(Param { name, kind: ParamKind::Length { group, binding } });
            }
        }
        if bytes > MOST_PARAMETERS {
            return Err(Error::TooLarge(format!(
                "{bytes} bytes of uniforms: a CUDA kernel takes {MOST_PARAMETERS} of parameters; use storage buffers"
            )));
        }
        Ok(params)
    }
}

fn binding(variable: &GlobalVariable) -> Option<&ResourceBinding> {
    variable.binding.as_ref()
}

fn handle_name(shader: &Shader<'_>, variable: &GlobalVariable) -> &'static str {
    match shader.module.types[variable.ty].inner {
        TypeInner::Image { .. } => "a texture",
        TypeInner::Sampler { .. } => "a sampler",
        TypeInner::AccelerationStructure { .. } => "an acceleration structure",
        TypeInner::BindingArray { .. } => "a binding array",
        _ => "an opaque resource",
    }
}

/// The global whose runtime array `pointer` points at, and the member it is, if it is one.
pub(super) fn runtime_array_of(
    function: &Function,
    pointer: Handle<Expression>,
) -> Option<(Handle<GlobalVariable>, Option<u32>)> {
    match function.expressions[pointer] {
        Expression::GlobalVariable(global) => Some((global, None)),
        Expression::AccessIndex { base, index } => match function.expressions[base] {
            Expression::GlobalVariable(global) => Some((global, Some(index))),
            _ => None,
        },
        _ => None,
    }
}

fn runtime_sized(shader: &Shader<'_>, function: &Function, pointer: Handle<Expression>) -> bool {
    let Some((global, member)) = runtime_array_of(function, pointer) else { return false };
    let module = &shader.module;
    let ty = module.global_variables[global].ty;
    let ty = match (member, &module.types[ty].inner) {
        (None, _) => ty,
        (Some(index), TypeInner::Struct { members, .. }) => members[index as usize].ty,
        (Some(_), _) => return false,
    };
    matches!(module.types[ty].inner, TypeInner::Array { size: naga::ArraySize::Dynamic, .. })
}
