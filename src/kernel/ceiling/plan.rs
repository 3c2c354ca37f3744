//! The portable track's plan.
use super::super::{Case, Program, Target, Tuning, Unplannable};
pub(super) fn program(_case: &Case, _target: &Target, _tuning: &Tuning) -> Result<Program, Unplannable> {
    Err(Unplannable("no plan".into()))
}
pub(super) fn tunings(_case: &Case, _target: &Target) -> Vec<Tuning> {
    vec![Tuning::new()]
}
