//! The type of a formula: what it measures, and where its energy was taken.
//! Computes no value.

use super::{
    Boundary, Dimension, Formula, FormulaError, Unit,
    expr::{Binary, Expr, Function, Node},
};

/// What a name stands for: its unit and boundary; `None` for no such name.
pub(super) type Names<'n> = dyn Fn(&str) -> Result<(Unit, Boundary), String> + 'n;

/// The type of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// True or false.
    Flag,
    /// A number of something.
    Number {
        dimension: Dimension,
        boundary: Boundary,
        /// A bare number, good at any boundary; if it is zero, of any dimension too.
        literal: Option<Literal>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literal {
    Zero,
    Other,
}

/// The type of a whole formula.
pub(super) fn type_of(formula: &Formula, names: &Names) -> Result<Type, FormulaError> {
    Checker { formula, names }.of(&formula.root)
}

struct Checker<'c> {
    formula: &'c Formula,
    names: &'c Names<'c>,
}

impl Checker<'_> {
    fn of(&self, e: &Expr) -> Result<Type, FormulaError> {
        match &e.node {
            Node::Number(x, unit) => {
                let literal = Some(if *x == 0.0 { Literal::Zero } else { Literal::Other });
                Ok(Type::Number { dimension: unit.dimension(), boundary: Boundary::NONE, literal })
            }
            Node::Name(name) => {
                let (unit, boundary) = (self.names)(name).map_err(|why| self.formula.fault(e, why))?;
                Ok(Type::Number { dimension: unit.dimension(), boundary, literal: None })
            }
            Node::Negate(inner) => {
                let (dimension, boundary, literal) = self.number(inner)?;
                Ok(Type::Number { dimension, boundary, literal })
            }
            Node::Not(inner) => self.flag(inner),
            Node::Power(base, n) => {
                let (dimension, boundary, _) = self.number(base)?;
                let dimension = dimension.power(*n).ok_or_else(|| self.too_large(e))?;
                Ok(number(dimension, boundary.power(*n)))
            }
            Node::Binary(op, a, b) => self.binary(e, *op, a, b),
            Node::Call(function, args) => self.call(e, *function, args),
        }
    }

    fn binary(&self, e: &Expr, op: Binary, a: &Expr, b: &Expr) -> Result<Type, FormulaError> {
        if op.joins() {
            self.flag(a)?;
            return self.flag(b);
        }
        if op.compares() {
            self.alike(e, "compare", a, b)?;
            return Ok(Type::Flag);
        }
        if matches!(op, Binary::Add | Binary::Subtract) {
            return self.alike(e, if op == Binary::Add { "add" } else { "subtract" }, a, b);
        }
        let ((da, ba, la), (db, bb, lb)) = (self.number(a)?, self.number(b)?);
        let (dimension, boundary) = match op {
            Binary::Multiply => (da.times(db), ba.times(bb)),
            _ => (da.over(db), ba.over(bb)),
        };
        let dimension = dimension.ok_or_else(|| self.too_large(e))?;
        // `83 / 2` is as bare as 41.5.
        let literal = la.and(lb).map(|_| Literal::Other);
        Ok(Type::Number { dimension, boundary, literal })
    }

    fn call(&self, e: &Expr, function: Function, args: &[Expr]) -> Result<Type, FormulaError> {
        match function {
            Function::Abs => {
                let (dimension, boundary, _) = self.number(&args[0])?;
                Ok(number(dimension, boundary))
            }
            Function::Min | Function::Max => {
                let mut all = self.of(&args[0])?;
                for pair in args.windows(2) {
                    all = self.alike(e, "compare", &pair[0], &pair[1])?;
                }
                Ok(all)
            }
            Function::Crf => {
                let time = Dimension::base("s").unwrap_or_default();
                let rate = time.power(-1).unwrap_or_default();
                for (arg, wanted, unit) in [(&args[0], rate, "1/yr"), (&args[1], time, "yr")] {
                    let (got, ..) = self.number(arg)?;
                    if got != wanted {
                        let what = format!("crf takes a rate [1/yr] and a life [yr]: {unit} is due, not {}", {
                            self.unit(arg, got)
                        });
                        return Err(self.formula.fault(arg, what));
                    }
                }
                Ok(number(rate, Boundary::NONE))
            }
        }
    }

    /// The common type of two parts that are added or compared.
    fn alike(&self, e: &Expr, verb: &str, a: &Expr, b: &Expr) -> Result<Type, FormulaError> {
        let ((da, ba, la), (db, bb, lb)) = (self.number(a)?, self.number(b)?);
        let (za, zb) = (la == Some(Literal::Zero), lb == Some(Literal::Zero));
        if da != db && !za && !zb {
            let what = format!("cannot {verb} {} and {}", self.unit(a, da), self.unit(b, db));
            return Err(self.formula.fault(e, what));
        }
        if !ba.meets(bb) && la.is_none() && lb.is_none() {
            let what = format!(
                "cannot {verb} a quantity at {ba} and one at {bb}: bring both to one boundary with a factor such as \
                 board->it"
            );
            return Err(self.formula.fault(e, what));
        }
        let literal = match (la, lb) {
            (Some(Literal::Zero), Some(Literal::Zero)) => Some(Literal::Zero),
            (Some(_), Some(_)) => Some(Literal::Other),
            _ => None,
        };
        Ok(Type::Number { dimension: if za { db } else { da }, boundary: ba.or(bb), literal })
    }

    fn number(&self, e: &Expr) -> Result<(Dimension, Boundary, Option<Literal>), FormulaError> {
        match self.of(e)? {
            Type::Number { dimension, boundary, literal } => Ok((dimension, boundary, literal)),
            Type::Flag => Err(self.formula.fault(e, "a number is due here, and this is true or false")),
        }
    }

    fn flag(&self, e: &Expr) -> Result<Type, FormulaError> {
        match self.of(e)? {
            Type::Flag => Ok(Type::Flag),
            Type::Number { dimension, .. } => {
                let what = format!("a comparison is due here, and this is a number [{}]", self.unit(e, dimension));
                Err(self.formula.fault(e, what))
            }
        }
    }

    fn too_large(&self, e: &Expr) -> FormulaError {
        self.formula.fault(e, "a unit's power leaves every sensible range")
    }

    /// The unit as its owner writes it, where a part is a name or a literal.
    fn unit(&self, e: &Expr, dimension: Dimension) -> String {
        match &e.node {
            Node::Number(_, unit) => unit.to_string(),
            Node::Name(name) => (self.names)(name).map_or_else(|_| dimension.to_string(), |(u, _)| u.to_string()),
            _ => dimension.to_string(),
        }
    }
}

fn number(dimension: Dimension, boundary: Boundary) -> Type {
    Type::Number { dimension, boundary, literal: None }
}
