//! Walks over naga's trees: which expressions an expression or a statement takes, which blocks a statement holds.
//! Judges nothing; every variant is named, so that a new one does not compile until it is placed.

use naga::{AtomicFunction, Block, Expression, GatherMode, Handle, Statement};

type Take<'f> = &'f mut dyn FnMut(Handle<Expression>);

/// Operands of an expression.
pub(super) fn operands(expression: &Expression, take: Take<'_>) {
    use Expression as E;
    match *expression {
        E::Literal(_)
        | E::Constant(_)
        | E::Override(_)
        | E::ZeroValue(_)
        | E::FunctionArgument(_)
        | E::GlobalVariable(_)
        | E::LocalVariable(_)
        | E::CallResult(_)
        | E::AtomicResult { .. }
        | E::WorkGroupUniformLoadResult { .. }
        | E::RayQueryProceedResult
        | E::SubgroupBallotResult
        | E::SubgroupOperationResult { .. } => {}
        E::Compose { ref components, .. } => components.iter().copied().for_each(take),
        E::Access { base, index } => [base, index].into_iter().for_each(take),
        E::AccessIndex { base: one, .. }
        | E::Splat { value: one, .. }
        | E::Swizzle { vector: one, .. }
        | E::Load { pointer: one }
        | E::Unary { expr: one, .. }
        | E::Derivative { expr: one, .. }
        | E::Relational { argument: one, .. }
        | E::As { expr: one, .. }
        | E::ArrayLength(one)
        | E::RayQueryVertexPositions { query: one, .. }
        | E::RayQueryGetIntersection { query: one, .. }
        | E::ImageQuery { image: one, .. } => take(one),
        E::Binary { left, right, .. } => [left, right].into_iter().for_each(take),
        E::Select { condition, accept, reject } => [condition, accept, reject].into_iter().for_each(take),
        E::Math { arg, arg1, arg2, arg3, .. } => [Some(arg), arg1, arg2, arg3].into_iter().flatten().for_each(take),
        E::CooperativeLoad { ref data, .. } => [data.pointer, data.stride].into_iter().for_each(take),
        E::CooperativeMultiplyAdd { a, b, c } => [a, b, c].into_iter().for_each(take),
        // Refused before anyone asks for their operands.
        E::ImageSample { .. } | E::ImageLoad { .. } => {}
    }
}

/// Expressions that a statement takes itself; those of inner blocks are not among them.
pub(super) fn taken(statement: &Statement, take: Take<'_>) {
    use Statement as S;
    match *statement {
        S::Emit(_)
        | S::Block(_)
        | S::Break
        | S::Continue
        | S::Kill
        | S::ControlBarrier(_)
        | S::MemoryBarrier(_)
        | S::ImageStore { .. }
        | S::ImageAtomic { .. }
        | S::RayQuery { .. }
        | S::RayPipelineFunction(_) => {}
        S::If { condition: one, .. } | S::Switch { selector: one, .. } => take(one),
        S::WorkGroupUniformLoad { pointer, .. } => take(pointer),
        S::Loop { break_if: one, .. } | S::Return { value: one } | S::SubgroupBallot { predicate: one, .. } => {
            one.into_iter().for_each(take);
        }
        S::Store { pointer, value } => [pointer, value].into_iter().for_each(take),
        S::Atomic { pointer, ref fun, value, .. } => {
            let compare = if let AtomicFunction::Exchange { compare } = *fun { compare } else { None };
            [Some(pointer), Some(value), compare].into_iter().flatten().for_each(take);
        }
        S::Call { ref arguments, .. } => arguments.iter().copied().for_each(take),
        S::SubgroupGather { mode, argument, .. } => {
            take(argument);
            if let GatherMode::Broadcast(at)
            | GatherMode::Shuffle(at)
            | GatherMode::ShuffleDown(at)
            | GatherMode::ShuffleUp(at)
            | GatherMode::ShuffleXor(at)
            | GatherMode::QuadBroadcast(at) = mode
            {
                take(at);
            }
        }
        S::SubgroupCollectiveOperation { argument, .. } => take(argument),
        S::CooperativeStore { target, ref data } => [target, data.pointer, data.stride].into_iter().for_each(take),
    }
}

/// The expression whose value a statement makes.
pub(super) fn result(statement: &Statement) -> Option<Handle<Expression>> {
    match *statement {
        Statement::Call { result, .. } | Statement::Atomic { result, .. } => result,
        Statement::WorkGroupUniformLoad { result, .. }
        | Statement::SubgroupBallot { result, .. }
        | Statement::SubgroupGather { result, .. }
        | Statement::SubgroupCollectiveOperation { result, .. } => Some(result),
        _ => None,
    }
}

/// Blocks within a statement.
pub(super) fn blocks<'b>(statement: &'b Statement, visit: &mut dyn FnMut(&'b Block)) {
    match statement {
        Statement::Block(block) => visit(block),
        Statement::If { accept, reject, .. } => [accept, reject].into_iter().for_each(visit),
        Statement::Switch { cases, .. } => cases.iter().for_each(|case| visit(&case.body)),
        Statement::Loop { body, continuing, .. } => [body, continuing].into_iter().for_each(visit),
        _ => {}
    }
}
