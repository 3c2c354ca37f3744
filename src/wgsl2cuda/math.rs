//! Built-in numeric functions: which function of the prelude each is.
//! Their meaning is in `prelude/math.cuh`.

use naga::{Expression, Handle, MathFunction, ScalarKind};

use super::{
    Error, Feature,
    function::{Writer, bare},
};

impl Writer<'_, '_> {
    pub(super) fn math(
        &self,
        expression: Handle<Expression>,
        fun: MathFunction,
        arguments: [Option<Handle<Expression>>; 4],
    ) -> Result<String, Error> {
        let Some(name) = name(fun) else {
            return Err(self.unsupported(format!("the function {fun:?}, which WGSL does not have,"), expression));
        };
        let mut texts = Vec::new();
        for argument in arguments.into_iter().flatten() {
            texts.push(bare(&self.text(argument)?).to_owned());
        }
        let result = match fun {
            MathFunction::Modf | MathFunction::Frexp => format!("<{}>", self.type_of(expression)?),
            MathFunction::Dot4I8Packed | MathFunction::Dot4U8Packed => {
                self.cx.need(Feature::Dp4a);
                String::new()
            }
            _ => String::new(),
        };
        Ok(format!("wg::{name}{result}({})", texts.join(", ")))
    }

    /// `x + dot4I8Packed(a, b)` as the one instruction it is.
    pub(super) fn dot_accumulated(
        &self,
        left: Handle<Expression>,
        right: Handle<Expression>,
    ) -> Result<Option<String>, Error> {
        for (dot, addend) in [(right, left), (left, right)] {
            let Expression::Math { fun, arg, arg1: Some(arg1), .. } = self.function.expressions[dot] else { continue };
            let kind = match fun {
                MathFunction::Dot4I8Packed => ScalarKind::Sint,
                MathFunction::Dot4U8Packed => ScalarKind::Uint,
                _ => continue,
            };
            if self.baked.contains_key(&dot) || self.scalar(addend).map(|s| s.kind) != Some(kind) {
                continue;
            }
            self.cx.need(Feature::Dp4a);
            let (a, b, c) = (self.text(arg)?, self.text(arg1)?, self.text(addend)?);
            return Ok(Some(format!("wg::dp4a({}, {}, {})", bare(&a), bare(&b), bare(&c))));
        }
        Ok(None)
    }
}

/// The prelude's function; nothing for those that WGSL cannot say.
fn name(fun: MathFunction) -> Option<&'static str> {
    use MathFunction as F;
    Some(match fun {
        F::Abs => "abs",
        F::Min => "min",
        F::Max => "max",
        F::Clamp => "clamp",
        F::Saturate => "saturate",
        F::Cos => "cos",
        F::Cosh => "cosh",
        F::Sin => "sin",
        F::Sinh => "sinh",
        F::Tan => "tan",
        F::Tanh => "tanh",
        F::Acos => "acos",
        F::Asin => "asin",
        F::Atan => "atan",
        F::Atan2 => "atan2",
        F::Asinh => "asinh",
        F::Acosh => "acosh",
        F::Atanh => "atanh",
        F::Radians => "radians",
        F::Degrees => "degrees",
        F::Ceil => "ceil",
        F::Floor => "floor",
        F::Round => "round",
        F::Fract => "fract",
        F::Trunc => "trunc",
        F::Modf => "modf",
        F::Frexp => "frexp",
        F::Ldexp => "ldexp",
        F::Exp => "exp",
        F::Exp2 => "exp2",
        F::Log => "log",
        F::Log2 => "log2",
        F::Pow => "pow",
        F::Dot => "dot",
        F::Dot4I8Packed => "dot4I8Packed",
        F::Dot4U8Packed => "dot4U8Packed",
        F::Outer => "outer",
        F::Cross => "cross",
        F::Distance => "distance",
        F::Length => "length",
        F::Normalize => "normalize",
        F::FaceForward => "faceForward",
        F::Reflect => "reflect",
        F::Refract => "refract",
        F::Sign => "sign",
        F::Fma => "fma",
        F::Mix => "mix",
        F::Step => "step",
        F::SmoothStep => "smoothStep",
        F::Sqrt => "sqrt",
        F::InverseSqrt => "inverseSqrt",
        F::Inverse => return None,
        F::Transpose => "transpose",
        F::Determinant => "determinant",
        F::QuantizeToF16 => "quantizeToF16",
        F::CountTrailingZeros => "countTrailingZeros",
        F::CountLeadingZeros => "countLeadingZeros",
        F::CountOneBits => "countOneBits",
        F::ReverseBits => "reverseBits",
        F::ExtractBits => "extractBits",
        F::InsertBits => "insertBits",
        F::FirstTrailingBit => "firstTrailingBit",
        F::FirstLeadingBit => "firstLeadingBit",
        F::Pack4x8snorm => "pack4x8snorm",
        F::Pack4x8unorm => "pack4x8unorm",
        F::Pack2x16snorm => "pack2x16snorm",
        F::Pack2x16unorm => "pack2x16unorm",
        F::Pack2x16float => "pack2x16float",
        F::Pack4xI8 => "pack4xI8",
        F::Pack4xU8 => "pack4xU8",
        F::Pack4xI8Clamp => "pack4xI8Clamp",
        F::Pack4xU8Clamp => "pack4xU8Clamp",
        F::Unpack4x8snorm => "unpack4x8snorm",
        F::Unpack4x8unorm => "unpack4x8unorm",
        F::Unpack2x16snorm => "unpack2x16snorm",
        F::Unpack2x16unorm => "unpack2x16unorm",
        F::Unpack2x16float => "unpack2x16float",
        F::Unpack4xI8 => "unpack4xI8",
        F::Unpack4xU8 => "unpack4xU8",
    })
}
