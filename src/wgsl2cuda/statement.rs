//! Statements: what happens, in order. Loops and subgroup operations are next door.
//! Names values that are used twice; decides nothing about how they are computed.

use naga::{
    AtomicFunction, Barrier, Block, Expression, Handle, RayQueryFunction, Span, Statement, SwitchCase, SwitchValue,
    TypeInner,
};

use super::{
    Error, Feature,
    function::{Writer, bare},
};

/// Length of a text from which on it gets a name.
const LONG: usize = 240;

impl<'c> Writer<'c, '_> {
    /// Writes the statements of a block.
    pub(super) fn block(&mut self, block: &'c Block) -> Result<(), Error> {
        for (statement, span) in block.span_iter() {
            self.statement(statement, *span)?;
        }
        Ok(())
    }

    fn inside(&mut self, block: &'c Block) -> Result<(), Error> {
        self.depth += 1;
        let done = self.block(block);
        self.depth -= 1;
        done
    }

    fn statement(&mut self, statement: &'c Statement, span: Span) -> Result<(), Error> {
        let refuse = |what: &str| Err(self.cx.shader.unsupported(what, span));
        match *statement {
            Statement::Emit(ref range) => {
                for expression in range.clone() {
                    self.emit(expression)?;
                }
            }
            Statement::Block(ref block) => self.block(block)?,
            Statement::If { condition, ref accept, ref reject } => self.branch(condition, accept, reject)?,
            Statement::Switch { selector, ref cases } => self.switch(selector, cases)?,
            Statement::Loop { ref body, ref continuing, break_if } => self.repeat(body, continuing, break_if)?,
            Statement::Break => self.line("break;"),
            Statement::Continue => match self.continues.last().cloned().flatten() {
                Some(label) => self.line(&format!("goto {label};")),
                None => self.line("continue;"),
            },
            Statement::Return { value: None } => self.line("return;"),
            Statement::Return { value: Some(value) } => {
                let value = self.text(value)?;
                self.line(&format!("return {};", bare(&value)));
            }
            Statement::Kill => return refuse("discard"),
            Statement::ControlBarrier(flags) => self.barrier(flags),
            Statement::MemoryBarrier(flags) => {
                let wide = flags.intersects(Barrier::STORAGE | Barrier::TEXTURE);
                self.line(if wide { "wg::fence_device();" } else { "wg::fence_workgroup();" });
            }
            Statement::Store { pointer, value } => self.store(pointer, value)?,
            Statement::Atomic { pointer, fun, value, result } => self.atomic(pointer, fun, value, result, span)?,
            Statement::WorkGroupUniformLoad { pointer, result } => {
                self.line("wg::barrier();");
                let value = self.loaded(pointer)?;
                self.bake(result, &value)?;
                self.line("wg::barrier();");
            }
            Statement::Call { function, ref arguments, result } => {
                let mut texts = Vec::new();
                for &argument in arguments {
                    texts.push(bare(&self.text(argument)?).to_owned());
                }
                texts.extend(self.hand_on(function));
                let name = self.cx.name(naga::proc::NameKey::Function(function));
                let call = format!("{name}({})", texts.join(", "));
                match result {
                    Some(result) => self.bake(result, &call)?,
                    None => self.line(&format!("{call};")),
                }
            }
            Statement::SubgroupBallot { result, predicate } => self.ballot(result, predicate)?,
            Statement::SubgroupGather { mode, argument, result } => self.gather(mode, argument, result)?,
            Statement::SubgroupCollectiveOperation { op, collective_op, argument, result } => {
                self.collective(op, collective_op, argument, result, span)?;
            }
            Statement::CooperativeStore { target, ref data } => self.coop_store(target, data)?,
            Statement::ImageStore { .. } => return refuse("textureStore"),
            Statement::ImageAtomic { .. } => return refuse("a texture atomic"),
            Statement::RayQuery { ref fun, .. } => return refuse(ray_query(fun)),
            Statement::RayPipelineFunction(_) => return refuse("traceRay"),
        }
        Ok(())
    }

    /// Names an expression if it is one to compute here and now.
    fn emit(&mut self, expression: Handle<Expression>) -> Result<(), Error> {
        if matches!(self.inner(expression), TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. }) {
            // Never a variable: a place, written out wherever it is used.
            return Ok(());
        }
        let place =
            matches!(self.function.expressions[expression], Expression::Access { .. } | Expression::AccessIndex { .. });
        let wanted = self.must_bake(expression) || self.hoisted.contains_key(&expression);
        if place && !wanted {
            return Ok(());
        }
        let text = self.text(expression)?;
        // Compilers bound how deep parentheses nest, and readers sooner.
        if wanted || text.len() > LONG {
            self.bake(expression, bare(&text))?;
        }
        Ok(())
    }

    /// True for values that are named where they are made: those that see memory, have a name in the WGSL, or are
    /// used more than once.
    pub(super) fn must_bake(&self, expression: Handle<Expression>) -> bool {
        let used = self.info[expression].ref_count;
        let often = match self.function.expressions[expression] {
            Expression::Load { .. } | Expression::CooperativeLoad { .. } => 1,
            Expression::Access { .. } | Expression::AccessIndex { .. } => usize::MAX,
            _ => 2,
        };
        used >= often || self.function.named_expressions.contains_key(&expression)
    }

    /// Gives a value a name: that of the WGSL, if it has one there.
    pub(super) fn bake(&mut self, expression: Handle<Expression>, value: &str) -> Result<(), Error> {
        if let Some(name) = self.hoisted.get(&expression).cloned() {
            self.line(&format!("{name} = {value};"));
            self.baked.insert(expression, name);
            return Ok(());
        }
        let name = self.fresh(expression);
        let ty = self.type_of(expression)?;
        self.line(&format!("const {ty} {name} = {value};"));
        self.baked.insert(expression, name);
        Ok(())
    }

    /// A name for a value.
    pub(super) fn fresh(&self, expression: Handle<Expression>) -> String {
        match self.function.named_expressions.get(&expression) {
            Some(name) => self.cx.names.borrow_mut().fresh(name),
            None => format!("_e{}", expression.index()),
        }
    }

    fn branch(&mut self, condition: Handle<Expression>, accept: &'c Block, reject: &'c Block) -> Result<(), Error> {
        let text = self.text(condition)?;
        if accept.is_empty() && matches!(&reject[..], [Statement::Break]) {
            self.line(&format!("if (!({})) break;", bare(&text)));
            return Ok(());
        }
        self.line(&format!("if ({}) {{", bare(&text)));
        self.inside(accept)?;
        if !reject.is_empty() {
            self.line("} else {");
            self.inside(reject)?;
        }
        self.line("}");
        Ok(())
    }

    fn switch(&mut self, selector: Handle<Expression>, cases: &'c [SwitchCase]) -> Result<(), Error> {
        let text = self.text(selector)?;
        self.line(&format!("switch ({}) {{", bare(&text)));
        for case in cases {
            let label = match case.value {
                SwitchValue::I32(i32::MIN) => "case -2147483647 - 1:".to_owned(),
                SwitchValue::I32(value) => format!("case {value}:"),
                SwitchValue::U32(value) => format!("case {value}u:"),
                SwitchValue::Default => "default:".to_owned(),
            };
            if case.fall_through && case.body.is_empty() {
                self.line(&label);
                continue;
            }
            self.line(&format!("{label} {{"));
            self.inside(&case.body)?;
            if !case.fall_through && !case.body.last().is_some_and(is_terminator) {
                self.line("    break;");
            }
            self.line("}");
        }
        self.line("}");
        Ok(())
    }

    fn barrier(&mut self, flags: Barrier) {
        // One of a subgroup alone waits for no more than it asks.
        if flags == Barrier::SUB_GROUP {
            self.cx.need(Feature::Subgroups);
            self.line("wg::subgroup_barrier();");
        } else {
            self.line("wg::barrier();");
        }
    }

    fn store(&mut self, pointer: Handle<Expression>, value: Handle<Expression>) -> Result<(), Error> {
        let value = self.text(value)?;
        if self.atomic_scalar(pointer).is_some() {
            let place = self.text(pointer)?;
            self.line(&format!("wg::atomic_store({}, {});", bare(&place), bare(&value)));
        } else if let Some((vector, index)) = self.local_component(pointer)? {
            self.line(&format!("wg::put({vector}, {index}, {});", bare(&value)));
        } else {
            let place = self.text(pointer)?;
            self.line(&format!("{} = {};", bare(&place), bare(&value)));
        }
        Ok(())
    }

    fn atomic(
        &mut self,
        pointer: Handle<Expression>,
        fun: AtomicFunction,
        value: Handle<Expression>,
        result: Option<Handle<Expression>>,
        span: Span,
    ) -> Result<(), Error> {
        let scalar = self.atomic_scalar(pointer);
        match scalar.map(|s| (s.kind, s.width)) {
            Some((_, 8)) => self.cx.need(Feature::Atomics64),
            Some((naga::ScalarKind::Float, _)) => self.cx.need(Feature::AtomicsFloat),
            Some(_) => {}
            None => return Err(self.cx.shader.unsupported("an atomic on something that is none", span)),
        }
        let place = bare(&self.text(pointer)?).to_owned();
        let value = bare(&self.text(value)?).to_owned();
        let name = match fun {
            AtomicFunction::Add => "add",
            AtomicFunction::Subtract => {
                let signed = scalar.is_some_and(|s| s.kind != naga::ScalarKind::Uint);
                let negated = if signed { format!("wg::neg({value})") } else { format!("0u - ({value})") };
                return self.atomic_call(format!("wg::atomic_add({place}, {negated})"), result);
            }
            AtomicFunction::And => "and",
            AtomicFunction::ExclusiveOr => "xor",
            AtomicFunction::InclusiveOr => "or",
            AtomicFunction::Min => "min",
            AtomicFunction::Max => "max",
            AtomicFunction::Exchange { compare: None } => "exchange",
            AtomicFunction::Exchange { compare: Some(compare) } => {
                let compare = bare(&self.text(compare)?).to_owned();
                let Some(result) = result else {
                    return self.atomic_call(format!("wg::atomic_cas({place}, {compare}, {value})"), None);
                };
                let ty = self.type_of(result)?;
                return self.bake(result, &format!("wg::compare_exchange<{ty}>({place}, {compare}, {value})"));
            }
        };
        self.atomic_call(format!("wg::atomic_{name}({place}, {value})"), result)
    }

    fn atomic_call(&mut self, call: String, result: Option<Handle<Expression>>) -> Result<(), Error> {
        match result {
            Some(result) => self.bake(result, &call)?,
            None => self.line(&format!("{call};")),
        }
        Ok(())
    }
}

fn is_terminator(statement: &Statement) -> bool {
    matches!(statement, Statement::Break | Statement::Continue | Statement::Return { .. })
}

fn ray_query(fun: &RayQueryFunction) -> &'static str {
    match fun {
        RayQueryFunction::Initialize { .. } => "rayQueryInitialize",
        RayQueryFunction::Proceed { .. } => "rayQueryProceed",
        RayQueryFunction::GenerateIntersection { .. } => "rayQueryGenerateIntersection",
        RayQueryFunction::ConfirmIntersection => "rayQueryConfirmIntersection",
        RayQueryFunction::Terminate => "rayQueryTerminate",
    }
}
