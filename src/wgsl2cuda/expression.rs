//! Expressions: values, and places that pointers stand for. Built-in functions are next door.
//! Writes no line; statements decide what gets a name.

use naga::{
    BinaryOperator, Expression, Handle, Literal, RelationalFunction, Scalar, ScalarKind, SwizzleComponent, TypeInner,
    UnaryOperator, VectorSize,
    proc::{NameKey, flatten_compose},
};

use super::{
    Error,
    function::{Writer, bare},
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
                self.braced(ty, &parts)
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
        let vectors = components.iter().any(|&c| matches!(self.inner(c), TypeInner::Vector { .. }));
        match *self.cx.inner(ty) {
            TypeInner::Vector { .. } if vectors => {
                Ok(format!("wg::join<{}>({})", self.cx.type_name(ty)?, parts.join(", ")))
            }
            _ => self.braced(ty, &parts),
        }
    }

    /// An aggregate out of its parts, as many braces around them as the prelude's types have members.
    fn braced(&self, ty: Handle<naga::Type>, parts: &[String]) -> Result<String, Error> {
        let name = self.cx.type_name(ty)?;
        let (list, each) = (parts.join(", "), parts.join("}, {"));
        Ok(match *self.cx.inner(ty) {
            TypeInner::Struct { .. } => self.composed_struct(ty, parts),
            TypeInner::Array { base, stride, .. } if stride != self.cx.layouts[base].size => {
                format!("{name}{{{{{{{each}}}}}}}")
            }
            TypeInner::Array { .. } => format!("{name}{{{{{list}}}}}"),
            TypeInner::Matrix { rows: VectorSize::Tri, .. } => format!("{name}{{{{{{{{{each}}}}}}}}}"),
            TypeInner::Matrix { .. } => format!("{name}{{{{{{{list}}}}}}}"),
            _ => format!("{name}{{{list}}}"),
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
