//! Expressions: values, and places that pointers stand for. Built-in functions are next door.
//! Writes no line; statements decide what gets a name.

use naga::{
    AddressSpace, ArraySize, BinaryOperator, Expression, Handle, Literal, RelationalFunction, Scalar, ScalarKind,
    SwizzleComponent, TypeInner, UnaryOperator, VectorSize,
    proc::{IndexableLength, NameKey, flatten_compose, index::GuardedIndex, index::access_needs_check},
};

use super::{
    Bounds, Error,
    abi::runtime_array_of,
    function::{Writer, bare},
    types::RuntimeArray,
};

impl Writer<'_, '_> {
    /// A value, or the place a pointer stands for; in parentheses where an operator could tear it apart.
    pub(super) fn text(&self, expression: Handle<Expression>) -> Result<String, Error> {
        if let Some(name) = self.baked.get(&expression) {
            return Ok(name.clone());
        }
        let refuse = |what: &str| Err(self.unsupported(what, expression));
        match self.function.expressions[expression] {
            Expression::Literal(literal) => self.literal(literal),
            Expression::Constant(constant) => self.named_constant(constant),
            Expression::Override(_) => refuse("an override without a value"),
            Expression::ZeroValue(ty) => Ok(format!("{}{{}}", self.cx.type_name(ty)?)),
            Expression::Compose { ty, ref components } => self.compose(ty, components),
            Expression::Access { base, index } => self.access(base, index),
            Expression::AccessIndex { base, index } => self.access_index(base, index),
            Expression::Splat { size, value } => {
                Ok(format!("wg::splat<{}>({})", size as u32, bare(&self.text(value)?)))
            }
            Expression::Swizzle { size, vector, pattern } => self.swizzle(size, vector, pattern),
            Expression::FunctionArgument(index) => Ok(self.argument(index)),
            Expression::GlobalVariable(global) => Ok(self.global(global)),
            Expression::LocalVariable(local) => Ok(self.local(local)),
            Expression::Load { pointer } => self.loaded(pointer),
            Expression::Unary { op, expr } => self.unary(op, expr),
            Expression::Binary { op, left, right } => self.binary(op, left, right),
            Expression::Select { condition, accept, reject } => self.select(condition, accept, reject),
            Expression::Relational { fun, argument } => {
                let name = match fun {
                    RelationalFunction::All => "all",
                    RelationalFunction::Any => "any",
                    RelationalFunction::IsNan => "isNan",
                    RelationalFunction::IsInf => "isInf",
                };
                Ok(format!("wg::{name}({})", bare(&self.text(argument)?)))
            }
            Expression::Math { fun, arg, arg1, arg2, arg3 } => {
                self.math(expression, fun, [Some(arg), arg1, arg2, arg3])
            }
            Expression::As { expr, kind, convert } => self.convert(expr, kind, convert),
            Expression::ArrayLength(pointer) => self.array_length(pointer),
            Expression::CooperativeLoad { ref data, .. } => self.coop_load(expression, data),
            Expression::CooperativeMultiplyAdd { a, b, c } => self.coop_multiply_add(a, b, c),
            Expression::CallResult(_)
            | Expression::AtomicResult { .. }
            | Expression::WorkGroupUniformLoadResult { .. }
            | Expression::SubgroupBallotResult
            | Expression::SubgroupOperationResult { .. } => refuse("a result used before it is made"),
            Expression::ImageSample { .. } => refuse("textureSample"),
            Expression::ImageLoad { .. } => refuse("textureLoad"),
            Expression::ImageQuery { .. } => refuse("a texture query"),
            Expression::Derivative { .. } => refuse("a derivative"),
            Expression::RayQueryVertexPositions { .. } => refuse("the vertex positions of a ray query"),
            Expression::RayQueryProceedResult => refuse("rayQueryProceed"),
            Expression::RayQueryGetIntersection { .. } => refuse("a ray query's intersection"),
        }
    }

    fn literal(&self, literal: Literal) -> Result<String, Error> {
        Ok(match literal {
            Literal::Bool(value) => value.to_string(),
            Literal::U32(value) => format!("{value}u"),
            Literal::I32(i32::MIN) => "(-2147483647 - 1)".to_owned(),
            Literal::I32(value) if value < 0 => format!("({value})"),
            Literal::I32(value) => value.to_string(),
            Literal::U64(value) => format!("wg::u64({value}ull)"),
            Literal::I64(i64::MIN) => "wg::i64(-9223372036854775807ll - 1)".to_owned(),
            Literal::I64(value) => format!("wg::i64({value}ll)"),
            Literal::U16(value) => format!("wg::u16({value})"),
            Literal::I16(value) => format!("short({value})"),
            Literal::F32(value) if value.is_sign_negative() => format!("({value:?}f)"),
            Literal::F32(value) => format!("{value:?}f"),
            Literal::F64(value) if value.is_sign_negative() => format!("({value:?})"),
            Literal::F64(value) => format!("{value:?}"),
            Literal::F16(value) => {
                self.cx.need(super::Feature::F16);
                format!("wg::half({:#06x})", value.to_bits())
            }
            Literal::AbstractInt(value) => value.to_string(),
            Literal::AbstractFloat(value) => format!("{value:?}"),
        })
    }

    fn named_constant(&self, handle: Handle<naga::Constant>) -> Result<String, Error> {
        let constant = &self.cx.shader.module.constants[handle];
        match *self.cx.inner(constant.ty) {
            TypeInner::Scalar(Scalar { kind: ScalarKind::Float, width: 2 }) => self.constant(constant.init),
            TypeInner::Scalar(_) if constant.name.is_some() => Ok(self.cx.name(NameKey::Constant(handle))),
            TypeInner::Scalar(_) | TypeInner::Vector { .. } => self.constant(constant.init),
            _ => Ok(self.cx.name(NameKey::Constant(handle))),
        }
    }

    /// A constant expression of the module: nothing but braces and literals, so that it can initialise a constant.
    pub(super) fn constant(&self, expression: Handle<Expression>) -> Result<String, Error> {
        let module = &self.cx.shader.module;
        match module.global_expressions[expression] {
            Expression::Literal(literal) => self.literal(literal),
            Expression::Constant(constant) => self.constant(module.constants[constant].init),
            Expression::ZeroValue(ty) => Ok(format!("{}{{}}", self.cx.type_name(ty)?)),
            Expression::Splat { size, value } => {
                let value = self.constant(value)?;
                let ty = self.cx.shader.info[expression].inner_with(&module.types);
                let name = self.cx.inner_name(ty, module.global_expressions.get_span(expression))?;
                Ok(format!("{name}{{{}}}", vec![value; size as usize].join(", ")))
            }
            Expression::Compose { ty, ref components } => {
                let mut parts = Vec::new();
                for part in flatten_compose(ty, components, &module.global_expressions, &module.types) {
                    parts.push(bare(&self.constant(part)?).to_owned());
                }
                let name = self.cx.type_name(ty)?;
                Ok(match *self.cx.inner(ty) {
                    TypeInner::Struct { .. } => self.composed_struct(ty, &parts),
                    TypeInner::Array { base, stride, .. } if stride != self.cx.layouts[base].size => {
                        format!("{name}{{{{{{{}}}}}}}", parts.join("}, {"))
                    }
                    TypeInner::Array { .. } => format!("{name}{{{{{}}}}}", parts.join(", ")),
                    TypeInner::Matrix { rows: VectorSize::Tri, .. } => {
                        format!("{name}{{{{{{{{{}}}}}}}}}", parts.join("}, {"))
                    }
                    TypeInner::Matrix { .. } => format!("{name}{{{{{{{}}}}}}}", parts.join(", ")),
                    _ => format!("{name}{{{}}}", parts.join(", ")),
                })
            }
            _ => {
                let span = module.global_expressions.get_span(expression);
                Err(self.cx.shader.unsupported("a constant expression that naga leaves open", span))
            }
        }
    }

    fn compose(&self, ty: Handle<naga::Type>, components: &[Handle<Expression>]) -> Result<String, Error> {
        let mut parts = Vec::new();
        for &component in components {
            parts.push(bare(&self.text(component)?).to_owned());
        }
        let name = self.cx.type_name(ty)?;
        let scalars = components.iter().all(|&c| matches!(self.inner(c), TypeInner::Scalar(_)));
        Ok(match *self.cx.inner(ty) {
            TypeInner::Struct { .. } => self.composed_struct(ty, &parts),
            TypeInner::Vector { .. } if scalars => format!("{name}{{{}}}", parts.join(", ")),
            TypeInner::Vector { .. } => format!("wg::join<{name}>({})", parts.join(", ")),
            TypeInner::Matrix { .. } => format!("wg::columns<{name}>({})", parts.join(", ")),
            _ => format!("wg::array<{name}>({})", parts.join(", ")),
        })
    }

    fn swizzle(
        &self,
        size: VectorSize,
        vector: Handle<Expression>,
        pattern: [SwizzleComponent; 4],
    ) -> Result<String, Error> {
        let vector = self.text(vector)?;
        let lanes: Vec<String> = pattern[..size as usize].iter().map(|c| c.index().to_string()).collect();
        Ok(format!("wg::swizzle<{}>({})", lanes.join(", "), bare(&vector)))
    }

    fn global(&self, global: Handle<naga::GlobalVariable>) -> String {
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

    fn access(&self, base: Handle<Expression>, index: Handle<Expression>) -> Result<String, Error> {
        let text = self.text(base)?;
        if let TypeInner::Vector { .. } = self.inner(base) {
            return Ok(format!("wg::at({}, {})", bare(&text), bare(&self.text(index)?)));
        }
        let at = self.index(base, GuardedIndex::Expression(index), bare(&self.text(index)?))?;
        Ok(self.element(base, &text, &at))
    }

    fn access_index(&self, base: Handle<Expression>, index: u32) -> Result<String, Error> {
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

    fn array_length(&self, pointer: Handle<Expression>) -> Result<String, Error> {
        let found = runtime_array_of(self.function, pointer).and_then(|(global, _)| {
            let ty = self.cx.shader.module.global_variables[global].ty;
            Some((self.cx.globals.lengths.get(&global)?, self.cx.runtime_array(ty)?))
        });
        let Some((name, array)) = found else {
            return Err(self.unsupported("the length of an array that is not a binding's", pointer));
        };
        Ok(format!("wg::count({}, {}u, {}u)", name, array.offset, array.stride))
    }

    fn unary(&self, op: UnaryOperator, expr: Handle<Expression>) -> Result<String, Error> {
        let text = self.text(expr)?;
        let small = self.scalar(expr).filter(|s| s.width == 2 && s.kind != ScalarKind::Float);
        Ok(match (op, self.inner(expr)) {
            (UnaryOperator::Negate, TypeInner::Scalar(Scalar { kind: ScalarKind::Sint, .. })) => {
                format!("wg::neg({})", bare(&text))
            }
            (UnaryOperator::Negate, _) => format!("(-{text})"),
            (UnaryOperator::LogicalNot, _) => format!("(!{text})"),
            (UnaryOperator::BitwiseNot, _) => match small {
                Some(scalar) => format!("{}(~{text})", self.cx.scalar_name(scalar, self.span(expr))?),
                None => format!("(~{text})"),
            },
        })
    }

    /// The scalar type of an expression that is a scalar.
    pub(super) fn scalar(&self, expression: Handle<Expression>) -> Option<Scalar> {
        match *self.inner(expression) {
            TypeInner::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    fn binary(&self, op: BinaryOperator, left: Handle<Expression>, right: Handle<Expression>) -> Result<String, Error> {
        use BinaryOperator as Op;
        if op == Op::Add
            && let Some(text) = self.dot_accumulated(left, right)?
        {
            return Ok(text);
        }
        if self.is_coop(left) && self.is_coop(right) && op == Op::Multiply {
            return Err(self.unsupported("a product of cooperative matrices without an addend", left));
        }
        let (l, r) = (self.text(left)?, self.text(right)?);
        let (kind, width) = self.scalar(left).map_or((None, 4), |s| (Some(s.kind), s.width));
        let integral = matches!(self.inner(left).scalar_kind(), Some(ScalarKind::Sint | ScalarKind::Uint));
        // What C++ would leave undefined, or widen, has a function.
        let wraps = kind == Some(ScalarKind::Sint) || (kind == Some(ScalarKind::Uint) && width == 2);
        let call = |name: &str| Ok(format!("wg::{name}({}, {})", bare(&l), bare(&r)));
        let infix = |symbol: &str| Ok(format!("({l} {symbol} {r})"));
        let safe_divisor = || self.scalar(right).is_some() && self.integer(right).is_some_and(|n| n > 0);
        let safe_shift = || kind.is_some() && width == 4 && self.integer(right).is_some_and(|n| n < 32);
        match op {
            Op::Add if wraps => call("add"),
            Op::Subtract if wraps => call("sub"),
            Op::Multiply if wraps && self.scalar(right).is_some() => call("mul"),
            Op::Add => infix("+"),
            Op::Subtract => infix("-"),
            Op::Multiply => infix("*"),
            Op::Divide if integral && !(width == 4 && safe_divisor()) => call("div"),
            Op::Divide => infix("/"),
            Op::Modulo if integral && width == 4 && safe_divisor() => infix("%"),
            Op::Modulo => call("mod"),
            Op::Equal => infix("=="),
            Op::NotEqual => infix("!="),
            Op::Less => infix("<"),
            Op::LessEqual => infix("<="),
            Op::Greater => infix(">"),
            Op::GreaterEqual => infix(">="),
            Op::LogicalAnd => infix("&&"),
            Op::LogicalOr => infix("||"),
            Op::And if kind == Some(ScalarKind::Bool) => infix("&&"),
            Op::InclusiveOr if kind == Some(ScalarKind::Bool) => infix("||"),
            Op::ExclusiveOr if kind == Some(ScalarKind::Bool) => infix("!="),
            Op::And | Op::ExclusiveOr | Op::InclusiveOr => {
                let symbol = match op {
                    Op::And => "&",
                    Op::ExclusiveOr => "^",
                    _ => "|",
                };
                match self.scalar(left).filter(|s| s.width == 2) {
                    Some(scalar) => Ok(format!("{}({l} {symbol} {r})", self.cx.scalar_name(scalar, self.span(left))?)),
                    None => infix(symbol),
                }
            }
            Op::ShiftLeft if safe_shift() && kind == Some(ScalarKind::Uint) => infix("<<"),
            Op::ShiftRight if safe_shift() => infix(">>"),
            Op::ShiftLeft => call("shl"),
            Op::ShiftRight => call("shr"),
        }
    }

    fn select(
        &self,
        condition: Handle<Expression>,
        accept: Handle<Expression>,
        reject: Handle<Expression>,
    ) -> Result<String, Error> {
        let (c, a, r) = (self.text(condition)?, self.text(accept)?, self.text(reject)?);
        Ok(match self.inner(condition) {
            TypeInner::Vector { .. } => format!("wg::select({}, {}, {})", bare(&r), bare(&a), bare(&c)),
            _ => format!("({c} ? {a} : {r})"),
        })
    }

    fn convert(&self, expr: Handle<Expression>, kind: ScalarKind, width: Option<u8>) -> Result<String, Error> {
        let text = self.text(expr)?;
        let text = bare(&text);
        let from = self.inner(expr).scalar();
        let Some(from) = from else { return Err(self.unsupported("a conversion of something without scalars", expr)) };
        let to = Scalar { kind, width: width.unwrap_or(from.width) };
        let name = self.cx.scalar_name(to, self.span(expr))?;
        if width.is_none() {
            return Ok(format!("wg::bitcast<{name}>({text})"));
        }
        if from == to {
            return self.text(expr);
        }
        let half = |s: Scalar| s.kind == ScalarKind::Float && s.width == 2;
        let plain = from.kind != ScalarKind::Float && to.kind != ScalarKind::Bool && !half(to);
        Ok(match self.inner(expr) {
            TypeInner::Scalar(_) if plain => format!("{name}({text})"),
            _ => format!("wg::to<{name}>({text})"),
        })
    }
}
