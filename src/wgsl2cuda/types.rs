//! Types: their names in the CUDA text, and structs whose layout is WGSL's, asserted.
//! Knows no function.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt::Write as _,
};

use naga::{
    ArraySize, Handle, Scalar, ScalarKind, Span, Type, TypeInner, VectorSize,
    proc::{IndexableLength, Layouter, NameKey},
};

use super::{Error, Feature, Policy, abi::Globals, front::Shader, names::Names};

/// What every room of the translator looks things up in.
pub(super) struct Context<'a> {
    pub(super) shader: &'a Shader<'a>,
    pub(super) policy: Policy,
    pub(super) names: RefCell<Names>,
    pub(super) layouts: Layouter,
    pub(super) globals: Globals,
    pub(super) features: RefCell<BTreeSet<Feature>>,
    pub(super) labels: Cell<u32>,
}

impl Context<'_> {
    pub(super) fn name(&self, key: NameKey) -> String {
        self.names.borrow().get(&key)
    }

    pub(super) fn inner(&self, ty: Handle<Type>) -> &TypeInner {
        &self.shader.module.types[ty].inner
    }

    pub(super) fn need(&self, feature: Feature) {
        self.features.borrow_mut().insert(feature);
    }

    /// Elements of an array; nothing for a runtime array.
    pub(super) fn length(&self, size: ArraySize) -> Result<Option<u32>, Error> {
        match size.resolve(self.shader.module.to_ctx()) {
            Ok(IndexableLength::Known(n)) => Ok(Some(n)),
            Ok(IndexableLength::Dynamic) => Ok(None),
            Err(e) => Err(Error::Override(e.to_string())),
        }
    }

    pub(super) fn type_name(&self, ty: Handle<Type>) -> Result<String, Error> {
        match self.inner(ty) {
            TypeInner::Struct { .. } => Ok(self.name(NameKey::Type(ty))),
            inner => self.inner_name(inner, self.shader.type_span(ty)),
        }
    }

    /// The name of a type that may have no handle of its own.
    pub(super) fn inner_name(&self, inner: &TypeInner, span: Span) -> Result<String, Error> {
        let unsupported = |what: &str| Err(self.shader.unsupported(what, span));
        match *inner {
            TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) => self.scalar_name(scalar, span).map(str::to_owned),
            TypeInner::Vector { size, scalar } => {
                self.scalar_name(scalar, span)?;
                Ok(format!("wg::vec{}{}", size as u32, suffix(scalar)))
            }
            TypeInner::Matrix { columns, rows, scalar } => {
                self.scalar_name(scalar, span)?;
                Ok(format!("wg::mat{}x{}{}", columns as u32, rows as u32, suffix(scalar)))
            }
            TypeInner::CooperativeMatrix { columns, rows, scalar, role } => {
                self.need(Feature::CoopMatrix);
                let scalar = self.scalar_name(scalar, span)?;
                Ok(format!("wg::Coop<{scalar}, {}, {}, '{role:?}'>", rows as u32, columns as u32))
            }
            TypeInner::Array { base, size, stride } => {
                let Some(length) = self.length(size)? else {
                    return unsupported("a runtime-sized array as a value");
                };
                let element = self.type_name(base)?;
                match stride == self.layouts[base].size {
                    true => Ok(format!("wg::Array<{element}, {length}>")),
                    false => Ok(format!("wg::Array<{element}, {length}, {stride}>")),
                }
            }
            TypeInner::Struct { .. } => unsupported("an unnamed struct"),
            TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. } => unsupported("a pointer as a value"),
            TypeInner::Image { .. } => unsupported("a texture"),
            TypeInner::Sampler { .. } => unsupported("a sampler"),
            TypeInner::AccelerationStructure { .. } => unsupported("an acceleration structure"),
            TypeInner::RayQuery { .. } => unsupported("a ray query"),
            TypeInner::BindingArray { .. } => unsupported("a binding array"),
        }
    }

    pub(super) fn scalar_name(&self, scalar: Scalar, span: Span) -> Result<&'static str, Error> {
        Ok(match (scalar.kind, scalar.width) {
            (ScalarKind::Bool, _) => "bool",
            (ScalarKind::Sint, 2) => "short",
            (ScalarKind::Sint, 4) => "int",
            (ScalarKind::Sint, 8) => "wg::i64",
            (ScalarKind::Uint, 2) => "wg::u16",
            (ScalarKind::Uint, 4) => "unsigned",
            (ScalarKind::Uint, 8) => "wg::u64",
            (ScalarKind::Float, 2) => {
                self.need(Feature::F16);
                "wg::f16"
            }
            (ScalarKind::Float, 4) => "float",
            (ScalarKind::Float, 8) => "double",
            (kind, width) => return Err(self.shader.unsupported(format!("a {kind:?} of {width} bytes"), span)),
        })
    }

    /// The type a pointer to a runtime array has: its element, with the padding between two.
    pub(super) fn slot_name(&self, base: Handle<Type>, stride: u32) -> Result<String, Error> {
        let element = self.type_name(base)?;
        match stride == self.layouts[base].size {
            true => Ok(element),
            false => Ok(format!("wg::Slot<{element}, {stride}>")),
        }
    }

    /// The element type, stride and offset of the runtime array that a type is or ends with.
    pub(super) fn runtime_array(&self, ty: Handle<Type>) -> Option<RuntimeArray> {
        match *self.inner(ty) {
            TypeInner::Array { base, size: ArraySize::Dynamic, stride } => {
                Some(RuntimeArray { base, stride, offset: 0 })
            }
            TypeInner::Struct { ref members, .. } => {
                let last = members.last()?;
                let array = self.runtime_array(last.ty)?;
                Some(RuntimeArray { offset: last.offset, ..array })
            }
            _ => None,
        }
    }

    /// Alignment that the C++ type has by itself; WGSL's is this or more.
    fn natural_align(&self, ty: Handle<Type>) -> u32 {
        match *self.inner(ty) {
            TypeInner::Vector { size: VectorSize::Tri, scalar } => u32::from(scalar.width),
            _ => self.layouts[ty].alignment * 1u32,
        }
    }

    /// Definitions of every struct, in an order in which each knows its members.
    pub(super) fn structs(&self) -> Result<String, Error> {
        let mut out = String::new();
        for (ty, declared) in self.shader.module.types.iter() {
            if let TypeInner::Struct { .. } = declared.inner {
                self.write_struct(&mut out, ty)?;
            }
        }
        Ok(out)
    }

    fn write_struct(&self, out: &mut String, ty: Handle<Type>) -> Result<(), Error> {
        let TypeInner::Struct { ref members, span } = *self.inner(ty) else { return Ok(()) };
        let name = self.name(NameKey::Type(ty));
        let align = self.layouts[ty].alignment;
        let open = self.runtime_array(ty).is_some();
        let _ = writeln!(out, "struct alignas({}) {name} {{", align * 1u32);
        let mut asserts = String::new();
        for (index, gap) in self.gaps(ty).into_iter().enumerate() {
            if gap > 0 {
                let _ = writeln!(out, "    unsigned char _pad{index}[{gap}];");
            }
            let Some(member) = members.get(index).filter(|_| !(open && index + 1 == members.len())) else { break };
            let field = self.name(NameKey::StructMember(ty, index as u32));
            let _ = writeln!(out, "    {} {field};", self.type_name(member.ty)?);
            let _ = write!(asserts, " && WG_OFFSET({name}, {field}) == {}", member.offset);
        }
        out.push_str("};\n");
        // A struct that only ends in a runtime array is never more than pointed at.
        let size = if open { String::new() } else { format!(" && sizeof({name}) == {span}") };
        let asserted = format!("{size}{asserts}");
        if let Some(asserted) = asserted.strip_prefix(" && ") {
            let _ = writeln!(out, "static_assert({asserted}, \"layout of {name}\");");
        }
        out.push('\n');
        Ok(())
    }

    /// Bytes of padding to write before each member, and after the last.
    pub(super) fn gaps(&self, ty: Handle<Type>) -> Vec<u32> {
        let TypeInner::Struct { ref members, span } = *self.inner(ty) else { return Vec::new() };
        let mut end = 0;
        let mut gaps = Vec::with_capacity(members.len() + 1);
        for member in members {
            let align = self.natural_align(member.ty);
            gaps.push(if u32::next_multiple_of(end, align) == member.offset { 0 } else { member.offset - end });
            end = member.offset + self.layouts[member.ty].size;
        }
        let align = self.layouts[ty].alignment * 1u32;
        gaps.push(if u32::next_multiple_of(end, align) == span { 0 } else { span - end });
        gaps
    }
}

/// A runtime-sized array within a binding.
#[derive(Clone, Copy)]
pub(super) struct RuntimeArray {
    pub(super) base: Handle<Type>,
    pub(super) stride: u32,
    pub(super) offset: u32,
}

/// The letter that WGSL's short names give a scalar; those that WGSL has none for are ours.
fn suffix(scalar: Scalar) -> &'static str {
    match (scalar.kind, scalar.width) {
        (ScalarKind::Bool, _) => "b",
        (ScalarKind::Sint, 2) => "s",
        (ScalarKind::Sint, 8) => "l",
        (ScalarKind::Sint, _) => "i",
        (ScalarKind::Uint, 2) => "us",
        (ScalarKind::Uint, 8) => "ul",
        (ScalarKind::Uint, _) => "u",
        (ScalarKind::Float, 2) => "h",
        (ScalarKind::Float, 8) => "d",
        (ScalarKind::Float | ScalarKind::AbstractFloat | ScalarKind::AbstractInt, _) => "f",
    }
}
