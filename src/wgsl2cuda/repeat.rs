//! Loops: the `continuing` block, `continue` into it, and which loops are unrolled.
//! Changes no order: a loop stays a loop, and the compiler gets a hint.

use std::collections::HashSet;

use naga::{AddressSpace, BinaryOperator, Block, Expression, Handle, Literal, LocalVariable, Statement, TypeInner};

use super::{
    Error,
    function::{Writer, bare},
    visit,
};

/// The most turns of a loop that is unrolled, and the most expressions it may become, calls included.
const MOST_TURNS: u64 = 128;
const MOST_WEIGHT: u64 = 1 << 14;

impl<'c> Writer<'c, '_> {
    pub(super) fn repeat(
        &mut self,
        body: &'c Block,
        continuing: &'c Block,
        break_if: Option<Handle<Expression>>,
    ) -> Result<(), Error> {
        let jumps = (!continuing.is_empty() || break_if.is_some()) && continues(body);
        if jumps {
            self.hoist(body, continuing, break_if)?;
        }
        if self.unrolls(body, continuing) {
            self.line("#pragma unroll");
        }
        self.line("for (;;) {");
        self.depth += 1;
        let label = jumps.then(|| {
            let number = self.cx.labels.get() + 1;
            self.cx.labels.set(number);
            format!("_next{number}")
        });
        if let Some(label) = label {
            // The jump leaves the braces, so it passes by no initialisation.
            self.line("{");
            self.depth += 1;
            self.continues.push(Some(label.clone()));
            self.block(body)?;
            self.depth -= 1;
            self.line("}");
            self.line(&format!("{label}:;"));
        } else {
            self.continues.push(None);
            self.block(body)?;
        }
        self.continues.pop();
        self.block(continuing)?;
        if let Some(condition) = break_if {
            let text = self.text(condition)?;
            self.line(&format!("if ({}) break;", bare(&text)));
        }
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    /// Declares before the loop what its body makes and its `continuing` block uses.
    fn hoist(
        &mut self,
        body: &'c Block,
        continuing: &'c Block,
        break_if: Option<Handle<Expression>>,
    ) -> Result<(), Error> {
        let mut wanted = HashSet::new();
        wanted.extend(break_if);
        collect_uses(continuing, &mut wanted);
        let mut open: Vec<_> = wanted.iter().copied().collect();
        while let Some(expression) = open.pop() {
            visit::operands(&self.function.expressions[expression], &mut |operand| {
                if wanted.insert(operand) {
                    open.push(operand);
                }
            });
        }
        let mut made = Vec::new();
        collect_made(body, &mut made);
        for expression in made {
            if wanted.contains(&expression) && !self.is_pointer(expression) {
                let (name, ty) = (self.fresh(expression), self.type_of(expression)?);
                self.line(&format!("{ty} {name}{{}};"));
                self.hoisted.insert(expression, name);
            }
        }
        Ok(())
    }

    fn is_pointer(&self, expression: Handle<Expression>) -> bool {
        matches!(self.inner(expression), TypeInner::Pointer { .. } | TypeInner::ValuePointer { .. })
    }

    /// True for loops that count a variable up to a small constant, if they index an array in registers, which would
    /// else go to memory, or if they only compute. Those that load are left to the compiler: unrolled, they would
    /// load ahead and double the registers. Whether the trip count is known is the compiler's to find.
    fn unrolls(&self, body: &'c Block, continuing: &'c Block) -> bool {
        let Some((variable, turns)) = self.turns(body, continuing) else { return false };
        turns <= MOST_TURNS
            && turns * self.weight(body) <= MOST_WEIGHT
            && (self.indexes_registers(variable) || !self.reaches_memory(body))
    }

    /// True if the variable is part of an index into an array of the invocation's own.
    fn indexes_registers(&self, variable: Handle<LocalVariable>) -> bool {
        self.function.expressions.iter().any(|(_, expression)| match *expression {
            Expression::Access { base, index } => {
                let own = match *self.inner(base) {
                    TypeInner::Pointer { space, .. } => {
                        matches!(space, AddressSpace::Function | AddressSpace::Private)
                    }
                    _ => true,
                };
                own && self.depends(index, variable)
            }
            _ => false,
        })
    }

    fn depends(&self, expression: Handle<Expression>, variable: Handle<LocalVariable>) -> bool {
        let taken = &self.function.expressions[expression];
        if *taken == Expression::LocalVariable(variable) {
            return true;
        }
        let mut found = false;
        visit::operands(taken, &mut |operand| found = found || self.depends(operand, variable));
        found
    }

    /// True if the block reads or writes memory that others see, or waits for them.
    fn reaches_memory(&self, block: &Block) -> bool {
        let shared = |pointer| {
            let space = self.inner(pointer).pointer_space();
            matches!(space, Some(AddressSpace::WorkGroup | AddressSpace::Storage { .. }))
        };
        let module = &self.cx.shader.module;
        block.iter().any(|statement| match *statement {
            Statement::Emit(ref range) => range.clone().any(|e| match self.function.expressions[e] {
                Expression::Load { pointer } => shared(pointer),
                _ => false,
            }),
            Statement::Store { pointer, .. } => shared(pointer),
            Statement::Call { function, .. } => {
                let uses = |space| matches!(space, AddressSpace::WorkGroup | AddressSpace::Storage { .. });
                let info = &self.cx.shader.info[function];
                module.global_variables.iter().any(|(g, variable)| !info[g].is_empty() && uses(variable.space))
            }
            Statement::Block(_) | Statement::If { .. } | Statement::Switch { .. } | Statement::Loop { .. } => {
                let mut found = false;
                visit::blocks(statement, &mut |inner| found = found || self.reaches_memory(inner));
                found
            }
            Statement::Break | Statement::Continue | Statement::Return { .. } | Statement::Kill => false,
            _ => true,
        })
    }

    /// The variable of a counting loop, and its turns if it starts at zero.
    fn turns(&self, body: &Block, continuing: &Block) -> Option<(Handle<LocalVariable>, u64)> {
        let condition = body.iter().find_map(|s| match s {
            Statement::If { condition, accept, reject }
                if accept.is_empty() && matches!(&reject[..], [Statement::Break]) =>
            {
                Some(Some(*condition))
            }
            Statement::Emit(_) => None,
            _ => Some(None),
        })??;
        let (variable, bound) = self.upper_bound(condition)?;
        let step = continuing.iter().find_map(|s| match *s {
            Statement::Store { pointer, value }
                if self.function.expressions[pointer] == Expression::LocalVariable(variable) =>
            {
                self.step(variable, value)
            }
            _ => None,
        })?;
        Some((variable, bound.div_ceil(step)))
    }

    fn upper_bound(&self, condition: Handle<Expression>) -> Option<(Handle<LocalVariable>, u64)> {
        let Expression::Binary { op, left, right } = self.function.expressions[condition] else { return None };
        let Expression::Load { pointer } = self.function.expressions[left] else { return None };
        let Expression::LocalVariable(variable) = self.function.expressions[pointer] else { return None };
        let bound = self.integer(right)?;
        match op {
            BinaryOperator::Less | BinaryOperator::NotEqual => Some((variable, bound)),
            BinaryOperator::LessEqual => Some((variable, bound + 1)),
            _ => None,
        }
    }

    fn step(&self, variable: Handle<LocalVariable>, value: Handle<Expression>) -> Option<u64> {
        let Expression::Binary { op: BinaryOperator::Add, left, right } = self.function.expressions[value] else {
            return None;
        };
        let Expression::Load { pointer } = self.function.expressions[left] else { return None };
        let counts = self.function.expressions[pointer] == Expression::LocalVariable(variable);
        self.integer(right).filter(|&step| counts && step > 0)
    }

    /// The value of a constant that is a whole number, not negative.
    pub(super) fn integer(&self, expression: Handle<Expression>) -> Option<u64> {
        let module = &self.cx.shader.module;
        let literal = match self.function.expressions[expression] {
            Expression::Literal(literal) => literal,
            Expression::Constant(constant) => match module.global_expressions[module.constants[constant].init] {
                Expression::Literal(literal) => literal,
                _ => return None,
            },
            _ => return None,
        };
        match literal {
            Literal::U32(n) => Some(u64::from(n)),
            Literal::I32(n) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    /// About how many operations a block is once it is unrolled.
    fn weight(&self, block: &Block) -> u64 {
        let mut weight = 0;
        for statement in block {
            weight += match statement {
                Statement::Emit(range) => range.clone().count() as u64,
                Statement::Call { function, .. } => self.cx.shader.module.functions[*function].expressions.len() as u64,
                Statement::Loop { body, continuing, .. } => {
                    let turns = self.turns(body, continuing).map_or(1, |(_, turns)| turns.min(MOST_TURNS));
                    turns * (self.weight(body) + self.weight(continuing))
                }
                other => {
                    let mut inner = 1;
                    visit::blocks(other, &mut |b| inner += self.weight(b));
                    inner
                }
            };
        }
        weight
    }
}

/// True if a `continue` in the block goes on with the loop around it.
fn continues(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Continue => true,
        Statement::Loop { .. } => false,
        other => {
            let mut found = false;
            visit::blocks(other, &mut |inner| found |= continues(inner));
            found
        }
    })
}

fn collect_uses(block: &Block, uses: &mut HashSet<Handle<Expression>>) {
    for statement in block {
        visit::taken(statement, &mut |expression| {
            uses.insert(expression);
        });
        visit::blocks(statement, &mut |inner| collect_uses(inner, uses));
    }
}

/// What a block makes for the blocks after it.
fn collect_made(block: &Block, made: &mut Vec<Handle<Expression>>) {
    for statement in block {
        if let Statement::Emit(range) = statement {
            made.extend(range.clone());
        }
        made.extend(visit::result(statement));
        if let Statement::Block(inner) = statement {
            collect_made(inner, made);
        }
    }
}
