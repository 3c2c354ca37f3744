//! Cooperative matrices: loads, stores, and the multiplication that tensor cores do.
//! Which lane holds which element is in `prelude/coop.cuh`.

use naga::{CooperativeData, Expression, Handle, TypeInner};

use super::{
    Error, Feature,
    function::{Writer, bare},
};

impl Writer<'_, '_> {
    pub(super) fn is_coop(&self, expression: Handle<Expression>) -> bool {
        matches!(self.inner(expression), TypeInner::CooperativeMatrix { .. })
    }

    fn coop_place(&self, data: &CooperativeData) -> Result<String, Error> {
        let (pointer, stride) = (self.text(data.pointer)?, self.text(data.stride)?);
        Ok(format!("&{pointer}, {}, {}", bare(&stride), data.row_major))
    }

    pub(super) fn coop_load(&self, expression: Handle<Expression>, data: &CooperativeData) -> Result<String, Error> {
        self.cx.need(Feature::CoopMatrix);
        Ok(format!("wg::coop_load<{}>({})", self.type_of(expression)?, self.coop_place(data)?))
    }

    pub(super) fn coop_multiply_add(
        &self,
        a: Handle<Expression>,
        b: Handle<Expression>,
        c: Handle<Expression>,
    ) -> Result<String, Error> {
        self.cx.need(Feature::CoopMatrix);
        let (a, b, c) = (self.text(a)?, self.text(b)?, self.text(c)?);
        Ok(format!("wg::coop_multiply_add({}, {}, {})", bare(&a), bare(&b), bare(&c)))
    }

    pub(super) fn coop_store(&mut self, target: Handle<Expression>, data: &CooperativeData) -> Result<(), Error> {
        self.cx.need(Feature::CoopMatrix);
        // The target is a value, or a variable that holds one.
        let text = self.text(target)?;
        let place = self.coop_place(data)?;
        self.line(&format!("wg::coop_store({}, {place});", bare(&text)));
        Ok(())
    }
}
