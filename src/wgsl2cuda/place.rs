//! Places: what pointers stand for, the elements and members within them, and indices held in bounds.
//! A place is written out wherever it is used, and never kept in a pointer of C++.

use naga::{
    AddressSpace, ArraySize, Expression, Handle, Scalar, TypeInner,
    proc::{IndexableLength, NameKey, index::GuardedIndex, index::access_needs_check},
};

use super::{
    Bounds, Error,
    abi::runtime_array_of,
    function::{Writer, bare},
    types::RuntimeArray,
};

impl Writer<'_, '_> {
    pub(super) fn global(&self, global: Handle<naga::GlobalVariable>) -> String {
        let variable = &self.cx.shader.module.global_variables[global];
        let name = self.cx.name(NameKey::GlobalVariable(global));
        let runtime = matches!(self.cx.inner(variable.ty), TypeInner::Array { size: ArraySize::Dynamic, .. });
        match variable.space {
            AddressSpace::Storage { .. } if !runtime => format!("(*{name})"),
            _ => name,
        }
    }

    /// What a pointer points at: its type, and its address space.
    fn pointee(&self, expression: Handle<Expression>) -> Option<(&TypeInner, AddressSpace)> {
        match *self.inner(expression) {
            TypeInner::Pointer { base, space } => Some((self.cx.inner(base), space)),
            _ => None,
        }
    }

    /// The scalar behind a pointer to an atomic.
    pub(super) fn atomic_scalar(&self, pointer: Handle<Expression>) -> Option<Scalar> {
        match self.pointee(pointer)? {
            (&TypeInner::Atomic(scalar), _) => Some(scalar),
            _ => None,
        }
    }

    /// The value behind a pointer.
    pub(super) fn loaded(&self, pointer: Handle<Expression>) -> Result<String, Error> {
        if self.atomic_scalar(pointer).is_some() {
            return Ok(format!("wg::atomic_load({})", bare(&self.text(pointer)?)));
        }
        if let Some((vector, index)) = self.local_component(pointer)? {
            return Ok(format!("wg::at({vector}, {index})"));
        }
        self.text(pointer)
    }

    /// A component, chosen at run time, of a vector in registers: picked by comparing, so that it can stay there.
    pub(super) fn local_component(&self, pointer: Handle<Expression>) -> Result<Option<(String, String)>, Error> {
        let Expression::Access { base, index } = self.function.expressions[pointer] else { return Ok(None) };
        let in_registers = match *self.inner(base) {
            TypeInner::Pointer { base, space } => {
                matches!(space, AddressSpace::Function | AddressSpace::Private)
                    && matches!(self.cx.inner(base), TypeInner::Vector { .. })
            }
            TypeInner::ValuePointer { size: Some(_), space, .. } => {
                matches!(space, AddressSpace::Function | AddressSpace::Private)
            }
            _ => false,
        };
        if !in_registers {
            return Ok(None);
        }
        Ok(Some((self.text(base)?, bare(&self.text(index)?).to_owned())))
    }

    pub(super) fn access(&self, base: Handle<Expression>, index: Handle<Expression>) -> Result<String, Error> {
        let text = self.text(base)?;
        if let TypeInner::Vector { .. } = self.inner(base) {
            return Ok(format!("wg::at({}, {})", bare(&text), bare(&self.text(index)?)));
        }
        let at = self.index(base, GuardedIndex::Expression(index), bare(&self.text(index)?))?;
        Ok(self.element(base, &text, &at))
    }

    pub(super) fn access_index(&self, base: Handle<Expression>, index: u32) -> Result<String, Error> {
        let text = self.text(base)?;
        let handle = match self.info[base].ty.handle() {
            Some(handle) => match *self.cx.inner(handle) {
                TypeInner::Pointer { base, .. } => Some(base),
                _ => Some(handle),
            },
            None => match *self.inner(base) {
                TypeInner::Pointer { base, .. } => Some(base),
                _ => None,
            },
        };
        let vector = match *self.inner(base) {
            TypeInner::ValuePointer { .. } | TypeInner::Vector { .. } => true,
            _ => handle.is_some_and(|h| matches!(self.cx.inner(h), TypeInner::Vector { .. })),
        };
        if vector {
            return Ok(format!("{text}.{}", ["x", "y", "z", "w"][index as usize & 3]));
        }
        if let Some(handle) = handle
            && let TypeInner::Struct { ref members, .. } = *self.cx.inner(handle)
        {
            if let Some(array) = self.cx.runtime_array(handle).filter(|_| index as usize + 1 == members.len()) {
                return self.tail(&text, array);
            }
            let field = self.cx.name(NameKey::StructMember(handle, index));
            return Ok(match text.strip_prefix("(*").and_then(|t| t.strip_suffix(')')) {
                Some(pointer) => format!("{pointer}->{field}"),
                None => format!("{text}.{field}"),
            });
        }
        let at = self.index(base, GuardedIndex::Known(index), &format!("{index}u"))?;
        Ok(self.element(base, &text, &at))
    }

    /// The runtime array at the end of the struct that `text` is.
    fn tail(&self, text: &str, array: RuntimeArray) -> Result<String, Error> {
        let pointer = text.strip_prefix("(*").and_then(|t| t.strip_suffix(')')).unwrap_or(text);
        let slot = self.cx.slot_name(array.base, array.stride)?;
        Ok(format!("wg::tail<{slot}>({pointer}, {}u)", array.offset))
    }

    fn element(&self, base: Handle<Expression>, text: &str, at: &str) -> String {
        // A pointer to padded elements has to name the value in them; wg::Array does so itself.
        let padded = match self.pointee(base) {
            Some((&TypeInner::Array { base, size: ArraySize::Dynamic, stride }, _)) => {
                stride != self.cx.layouts[base].size
            }
            _ => false,
        };
        format!("{text}[{at}]{}", if padded { ".v" } else { "" })
    }

    /// An index, held in bounds if the policy says so and it may be out of them.
    fn index(&self, base: Handle<Expression>, index: GuardedIndex, text: &str) -> Result<String, Error> {
        if self.cx.policy.bounds == Bounds::Unchecked {
            return Ok(text.to_owned());
        }
        match access_needs_check(base, index, &self.cx.shader.module, &self.function.expressions, self.info) {
            None => Ok(text.to_owned()),
            Some(IndexableLength::Known(length)) => Ok(format!("wg::within({text}, {length}u)")),
            Some(IndexableLength::Dynamic) if text == "0u" => Ok(text.to_owned()),
            Some(IndexableLength::Dynamic) => Ok(format!("wg::within({text}, {})", self.array_length(base)?)),
        }
    }

    pub(super) fn array_length(&self, pointer: Handle<Expression>) -> Result<String, Error> {
        let found = runtime_array_of(self.function, pointer).and_then(|(global, _)| {
            let ty = self.cx.shader.module.global_variables[global].ty;
            Some((self.cx.globals.lengths.get(&global)?, self.cx.runtime_array(ty)?))
        });
        let Some((name, array)) = found else {
            return Err(self.unsupported("the length of an array that is not a binding's", pointer));
        };
        Ok(format!("wg::count({}, {}u, {}u)", name, array.offset, array.stride))
    }
}
