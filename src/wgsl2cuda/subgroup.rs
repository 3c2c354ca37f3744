//! Subgroup operations: votes, ballots, gathers, reductions and scans.
//! Their meaning is in `prelude/subgroup.cuh`.

use naga::{CollectiveOperation, Direction, Expression, GatherMode, Handle, Span, SubgroupOperation};

use super::{
    Error, Feature,
    function::{Writer, bare},
};

impl Writer<'_, '_> {
    pub(super) fn ballot(
        &mut self,
        result: Handle<Expression>,
        predicate: Option<Handle<Expression>>,
    ) -> Result<(), Error> {
        self.cx.need(Feature::Subgroups);
        let predicate = match predicate {
            Some(predicate) => self.text(predicate)?,
            None => "true".to_owned(),
        };
        self.bake(result, &format!("wg::subgroup_ballot({})", bare(&predicate)))
    }

    pub(super) fn gather(
        &mut self,
        mode: GatherMode,
        argument: Handle<Expression>,
        result: Handle<Expression>,
    ) -> Result<(), Error> {
        self.cx.need(Feature::Subgroups);
        let (name, at) = match mode {
            GatherMode::BroadcastFirst => ("broadcast_first", None),
            GatherMode::Broadcast(at) => ("broadcast", Some(at)),
            GatherMode::Shuffle(at) => ("shuffle", Some(at)),
            GatherMode::ShuffleDown(at) => ("shuffle_down", Some(at)),
            GatherMode::ShuffleUp(at) => ("shuffle_up", Some(at)),
            GatherMode::ShuffleXor(at) => ("shuffle_xor", Some(at)),
            GatherMode::QuadBroadcast(at) => ("quad_broadcast", Some(at)),
            GatherMode::QuadSwap(Direction::X) => ("quad_swap<1u>", None),
            GatherMode::QuadSwap(Direction::Y) => ("quad_swap<2u>", None),
            GatherMode::QuadSwap(Direction::Diagonal) => ("quad_swap<3u>", None),
        };
        let value = bare(&self.text(argument)?).to_owned();
        let call = match at {
            Some(at) => format!("wg::subgroup_{name}({value}, {})", bare(&self.text(at)?)),
            None => format!("wg::subgroup_{name}({value})"),
        };
        self.bake(result, &call)
    }

    pub(super) fn collective(
        &mut self,
        op: SubgroupOperation,
        collective: CollectiveOperation,
        argument: Handle<Expression>,
        result: Handle<Expression>,
        span: Span,
    ) -> Result<(), Error> {
        self.cx.need(Feature::Subgroups);
        let name = match op {
            SubgroupOperation::All => "All",
            SubgroupOperation::Any => "Any",
            SubgroupOperation::Add => "Add",
            SubgroupOperation::Mul => "Mul",
            SubgroupOperation::Min => "Min",
            SubgroupOperation::Max => "Max",
            SubgroupOperation::And => "And",
            SubgroupOperation::Or => "Or",
            SubgroupOperation::Xor => "Xor",
        };
        let scan = match collective {
            CollectiveOperation::Reduce => "reduce",
            CollectiveOperation::InclusiveScan => "inclusive",
            CollectiveOperation::ExclusiveScan => "exclusive",
        };
        let scannable = matches!(op, SubgroupOperation::Add | SubgroupOperation::Mul);
        if collective != CollectiveOperation::Reduce && !scannable {
            return Err(self.cx.shader.unsupported(format!("a subgroup scan by {name}"), span));
        }
        let value = bare(&self.text(argument)?).to_owned();
        self.bake(result, &format!("wg::subgroup_{scan}<wg::{name}>({value})"))
    }
}
