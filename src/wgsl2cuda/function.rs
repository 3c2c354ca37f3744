//! Functions and the kernel: signatures, built-ins, locals, and the writer that statements and expressions share.
//! What a statement or an expression becomes is decided next door.

use std::collections::HashMap;

use naga::{
    AddressSpace, BuiltIn, Expression, Function, GlobalVariable, Handle, Span, Type, TypeInner, proc::NameKey,
    valid::FunctionInfo,
};

use super::{Error, Feature, types::Context};

/// Which function is being written.
#[derive(Clone, Copy)]
pub(super) enum Key {
    /// One that others call.
    Function(Handle<Function>),
    /// The entry point.
    Entry,
}

/// The text of one function as it grows.
pub(super) struct Writer<'c, 'a> {
    pub(super) cx: &'c Context<'a>,
    pub(super) function: &'c Function,
    pub(super) info: &'c FunctionInfo,
    pub(super) key: Key,
    /// Values that have a name by now.
    pub(super) baked: HashMap<Handle<Expression>, String>,
    /// Names declared before the loop whose body makes the value.
    pub(super) hoisted: HashMap<Handle<Expression>, String>,
    /// Where `continue` goes, for each loop around: a label, or C++'s own `continue`.
    pub(super) continues: Vec<Option<String>>,
    pub(super) out: String,
    pub(super) depth: usize,
}

impl<'c, 'a> Writer<'c, 'a> {
    pub(super) fn new(cx: &'c Context<'a>, key: Key) -> Writer<'c, 'a> {
        let shader = cx.shader;
        let (function, info) = match key {
            Key::Function(handle) => (&shader.module.functions[handle], &shader.info[handle]),
            Key::Entry => {
                (&shader.module.entry_points[shader.entry].function, shader.info.get_entry_point(shader.entry))
            }
        };
        Writer {
            cx,
            function,
            info,
            key,
            baked: HashMap::new(),
            hoisted: HashMap::new(),
            continues: Vec::new(),
            out: String::new(),
            depth: 1,
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// The type of an expression.
    pub(super) fn inner(&self, expression: Handle<Expression>) -> &'c TypeInner {
        self.info[expression].ty.inner_with(&self.cx.shader.module.types)
    }

    /// The name of an expression's type.
    pub(super) fn type_of(&self, expression: Handle<Expression>) -> Result<String, Error> {
        match self.info[expression].ty.handle() {
            Some(handle) => self.cx.type_name(handle),
            None => self.cx.inner_name(self.inner(expression), self.span(expression)),
        }
    }

    pub(super) fn span(&self, expression: Handle<Expression>) -> Span {
        self.function.expressions.get_span(expression)
    }

    pub(super) fn unsupported(&self, what: impl Into<String>, expression: Handle<Expression>) -> Error {
        self.cx.shader.unsupported(what, self.span(expression))
    }

    /// Extents of the workgroup, as template arguments.
    pub(super) fn extents(&self) -> String {
        let [x, y, z] = self.cx.shader.module.entry_points[self.cx.shader.entry].workgroup_size;
        format!("{x}u, {y}u, {z}u")
    }

    /// A device function, whole.
    pub(super) fn write_function(mut self, handle: Handle<Function>) -> Result<String, Error> {
        let result = match &self.function.result {
            Some(result) => self.cx.type_name(result.ty)?,
            None => "void".to_owned(),
        };
        let mut params = Vec::new();
        for (index, argument) in self.function.arguments.iter().enumerate() {
            let name = self.cx.name(NameKey::FunctionArgument(handle, index as u32));
            params.push(match *self.cx.inner(argument.ty) {
                TypeInner::Pointer { base, .. } => format!("{}& {name}", self.cx.type_name(base)?),
                TypeInner::ValuePointer { size, scalar, .. } => {
                    let inner = match size {
                        Some(size) => TypeInner::Vector { size, scalar },
                        None => TypeInner::Scalar(scalar),
                    };
                    format!("{}& {name}", self.cx.inner_name(&inner, self.cx.shader.type_span(argument.ty))?)
                }
                _ => format!("const {} {name}", self.cx.type_name(argument.ty)?),
            });
        }
        for global in self.passed() {
            params.push(self.global_parameter(global, false)?);
            params.extend(self.length_parameter(global));
        }
        let name = self.cx.name(NameKey::Function(handle));
        let head = format!("WG_FN {result} {name}({}) {{\n", params.join(", "));
        self.dynamic_shared()?;
        self.locals()?;
        self.block(&self.function.body)?;
        Ok(format!("{head}{}}}\n\n", self.out))
    }

    /// The kernel, whole.
    pub(super) fn write_kernel(mut self, symbol: &str) -> Result<String, Error> {
        let entry = &self.cx.shader.module.entry_points[self.cx.shader.entry];
        let mut params = Vec::new();
        for &global in &self.cx.globals.bindings {
            params.push(self.global_parameter(global, true)?);
            params.extend(self.length_parameter(global));
        }
        let threads: u32 = entry.workgroup_size.iter().product();
        let head =
            format!("extern \"C\" __global__ void __launch_bounds__({threads}) {symbol}({}) {{\n", params.join(", "));
        self.dynamic_shared()?;
        self.arguments()?;
        for &global in &self.cx.globals.private {
            let variable = &self.cx.shader.module.global_variables[global];
            let (name, ty) = (self.cx.name(NameKey::GlobalVariable(global)), self.cx.type_name(variable.ty)?);
            match variable.init {
                Some(init) => {
                    let init = self.constant(init)?;
                    self.line(&format!("{ty} {name} = {init};"));
                }
                None => self.line(&format!("{ty} {name}{{}};")),
            }
        }
        if self.cx.policy.zero_workgroup && !self.cx.globals.workgroup.is_empty() {
            let first = format!("wg::local_invocation_index<{}>()", self.extents());
            for &global in self.cx.globals.workgroup.keys() {
                let name = self.cx.name(NameKey::GlobalVariable(global));
                self.line(&format!("wg::zero({name}, {first}, {threads}u);"));
            }
            self.line("wg::barrier();");
        }
        self.locals()?;
        self.block(&self.function.body)?;
        Ok(format!("{head}{}}}\n", self.out))
    }

    /// Globals that a function is handed, because C++ does not reach them from within.
    pub(super) fn passed_to(&self, info: &FunctionInfo) -> Vec<Handle<GlobalVariable>> {
        let globals = &self.cx.globals;
        globals.bindings.iter().chain(&globals.private).copied().filter(|&g| !info[g].is_empty()).collect()
    }

    fn passed(&self) -> Vec<Handle<GlobalVariable>> {
        self.passed_to(self.info)
    }

    /// The arguments that hand those globals on.
    pub(super) fn hand_on(&self, callee: Handle<Function>) -> Vec<String> {
        let mut arguments = Vec::new();
        for global in self.passed_to(&self.cx.shader.info[callee]) {
            let name = self.cx.name(NameKey::GlobalVariable(global));
            let length = self.cx.globals.lengths.get(&global).cloned();
            arguments.extend([Some(name), length].into_iter().flatten());
        }
        arguments
    }

    fn global_parameter(&self, global: Handle<GlobalVariable>, kernel: bool) -> Result<String, Error> {
        let variable = &self.cx.shader.module.global_variables[global];
        let name = self.cx.name(NameKey::GlobalVariable(global));
        let ty = |ty: Handle<Type>| self.cx.type_name(ty);
        Ok(match variable.space {
            AddressSpace::Uniform if kernel => format!("const __grid_constant__ {} {name}", ty(variable.ty)?),
            AddressSpace::Uniform => format!("const {}& {name}", ty(variable.ty)?),
            AddressSpace::Private => format!("{}& {name}", ty(variable.ty)?),
            _ => {
                let constant = if self.cx.globals.written.contains(&global) { "" } else { "const " };
                let pointee = match *self.cx.inner(variable.ty) {
                    TypeInner::Array { base, size: naga::ArraySize::Dynamic, stride } => {
                        self.cx.slot_name(base, stride)?
                    }
                    _ => ty(variable.ty)?,
                };
                format!("{constant}{pointee}* __restrict__ {name}")
            }
        })
    }

    fn length_parameter(&self, global: Handle<GlobalVariable>) -> Option<String> {
        self.cx.globals.lengths.get(&global).map(|name| format!("const unsigned {name}"))
    }

    /// Names for the parts of dynamic shared memory that this function uses.
    fn dynamic_shared(&mut self) -> Result<(), Error> {
        if !self.cx.globals.dynamic() {
            return Ok(());
        }
        for (&global, &offset) in &self.cx.globals.workgroup {
            if self.info[global].is_empty() {
                continue;
            }
            let ty = self.cx.type_name(self.cx.shader.module.global_variables[global].ty)?;
            let name = self.cx.name(NameKey::GlobalVariable(global));
            self.line(&format!("{ty}& {name} = *reinterpret_cast<{ty}*>(dynamic_shared + {offset});"));
        }
        Ok(())
    }

    fn locals(&mut self) -> Result<(), Error> {
        for (handle, variable) in self.function.local_variables.iter() {
            let name = self.local(handle);
            let ty = self.cx.type_name(variable.ty)?;
            match variable.init {
                Some(init) => {
                    let init = self.text(init)?;
                    self.line(&format!("{ty} {name} = {};", bare(&init)));
                }
                None => self.line(&format!("{ty} {name}{{}};")),
            }
        }
        Ok(())
    }

    /// The name of a local variable.
    pub(super) fn local(&self, handle: Handle<naga::LocalVariable>) -> String {
        self.cx.name(match self.key {
            Key::Function(function) => NameKey::FunctionLocal(function, handle),
            Key::Entry => NameKey::EntryPointLocal(self.cx.shader.entry as u16, handle),
        })
    }

    /// The name of an argument.
    pub(super) fn argument(&self, index: u32) -> String {
        self.cx.name(match self.key {
            Key::Function(function) => NameKey::FunctionArgument(function, index),
            Key::Entry => NameKey::EntryPointArgument(self.cx.shader.entry as u16, index),
        })
    }

    /// The entry point's arguments: built-ins, or structs of them.
    fn arguments(&mut self) -> Result<(), Error> {
        for (index, argument) in self.function.arguments.iter().enumerate() {
            let name = self.argument(index as u32);
            let ty = self.cx.type_name(argument.ty)?;
            let span = self.cx.shader.type_span(argument.ty);
            let value = match (&argument.binding, self.cx.inner(argument.ty)) {
                (Some(binding), _) => self.built_in(binding, span)?,
                (None, TypeInner::Struct { members, .. }) => {
                    let mut values = Vec::new();
                    for member in members {
                        let binding = member.binding.as_ref();
                        let binding = binding.ok_or_else(|| self.cx.shader.unsupported("an unbound input", span))?;
                        values.push(self.built_in(binding, span)?);
                    }
                    self.composed_struct(argument.ty, &values)
                }
                (None, _) => return Err(self.cx.shader.unsupported("an unbound input", span)),
            };
            self.line(&format!("const {ty} {name} = {value};"));
        }
        Ok(())
    }

    /// A struct out of its members' values, its padding between them.
    pub(super) fn composed_struct(&self, ty: Handle<Type>, values: &[String]) -> String {
        let mut parts = Vec::new();
        for (value, gap) in values.iter().zip(self.cx.gaps(ty)) {
            parts.extend((gap > 0).then(|| "{}".to_owned()));
            parts.push(bare(value).to_owned());
        }
        format!("{}{{{}}}", self.cx.name(NameKey::Type(ty)), parts.join(", "))
    }

    fn built_in(&self, binding: &naga::Binding, span: Span) -> Result<String, Error> {
        let naga::Binding::BuiltIn(built_in) = *binding else {
            return Err(self.cx.shader.unsupported("an input that is not a built-in", span));
        };
        let extents = self.extents();
        let subgroup = |text: String| {
            self.cx.need(Feature::Subgroups);
            text
        };
        Ok(match built_in {
            BuiltIn::GlobalInvocationId => format!("wg::global_invocation_id<{extents}>()"),
            BuiltIn::LocalInvocationId => format!("wg::local_invocation_id<{extents}>()"),
            BuiltIn::LocalInvocationIndex => format!("wg::local_invocation_index<{extents}>()"),
            BuiltIn::WorkGroupId => "wg::workgroup_id()".to_owned(),
            BuiltIn::WorkGroupSize => format!("wg::vec3u{{{extents}}}"),
            BuiltIn::NumWorkGroups => "wg::num_workgroups()".to_owned(),
            BuiltIn::NumSubgroups => subgroup(format!("wg::num_subgroups<{extents}>()")),
            BuiltIn::SubgroupId => subgroup(format!("wg::subgroup_id<{extents}>()")),
            BuiltIn::SubgroupSize => subgroup("wg::subgroup_size()".to_owned()),
            BuiltIn::SubgroupInvocationId => subgroup(format!("wg::subgroup_invocation_id<{extents}>()")),
            other => return Err(self.cx.shader.unsupported(format!("the built-in {other:?}"), span)),
        })
    }
}

/// A text without the parentheses around the whole of it.
pub(super) fn bare(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut open = 0i32;
    for c in inner.chars() {
        open += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if open < 0 {
            return text;
        }
    }
    inner
}
