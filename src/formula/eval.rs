//! A formula as code for a stack of columns, each a chunk of draws.
//! Checks nothing: only formulas that passed the type check are compiled.

use super::{
    Formula,
    expr::{Binary, Expr, Function, Node},
};

/// Draws in a column: small enough that a claim's columns stay in the cache.
pub const CHUNK: usize = 512;

const YEAR: f64 = 8760.0 * 3600.0;

/// One step of a formula.
#[derive(Debug, Clone)]
enum Op {
    Constant(f64),
    Load(usize),
    Negate,
    Not,
    Power(i8),
    Binary(Binary),
    /// With a column on the right, read where it lies.
    BinaryLoad(Binary, usize),
    /// With a number on the right.
    BinaryConstant(Binary, f64),
    Call(Function, usize),
}

/// A compiled formula.
#[derive(Debug, Clone)]
pub(super) struct Code(Vec<Op>);

/// Working space, kept between formulas.
#[derive(Debug, Clone, Default)]
pub(super) struct Stack {
    columns: Vec<Vec<f64>>,
    used: usize,
}

impl Stack {
    fn push(&mut self) -> &mut [f64] {
        if self.used == self.columns.len() {
            self.columns.push(vec![0.0; CHUNK]);
        }
        self.used += 1;
        &mut self.columns[self.used - 1]
    }

    fn top(&mut self) -> &mut [f64] {
        &mut self.columns[self.used - 1]
    }

    /// Folds what is on the right into the top column; the column above it, if nothing else is named.
    fn fold(&mut self, n: usize, right: Right, f: impl Fn(f64, f64) -> f64) {
        let (top, right) = match right {
            Right::Top => {
                self.used -= 1;
                let (below, top) = self.columns.split_at_mut(self.used);
                (&mut below[self.used - 1], &top[0][..n])
            }
            Right::Column(column) => (&mut self.columns[self.used - 1], &column[..n]),
            Right::Constant(x) => {
                self.columns[self.used - 1][..n].iter_mut().for_each(|a| *a = f(*a, x));
                return;
            }
        };
        for (a, b) in top[..n].iter_mut().zip(right) {
            *a = f(*a, *b);
        }
    }
}

/// The right-hand side of an operation.
#[derive(Clone, Copy)]
enum Right<'c> {
    Top,
    Column(&'c [f64]),
    Constant(f64),
}

impl Code {
    /// Compiles; `slot` is where a name's column lies.
    pub(super) fn of(formula: &Formula, slot: &impl Fn(&str) -> Option<usize>) -> Option<Code> {
        let mut ops = Vec::new();
        emit(&formula.root, slot, &mut ops)?;
        Some(Code(ops))
    }

    /// Computes `n` draws of the formula over the columns of the slots.
    pub(super) fn run<'s>(&self, columns: &[Vec<f64>], n: usize, stack: &'s mut Stack) -> &'s [f64] {
        stack.used = 0;
        for op in &self.0 {
            match op {
                Op::Constant(x) => stack.push()[..n].fill(*x),
                Op::Load(slot) => stack.push()[..n].copy_from_slice(&columns[*slot][..n]),
                Op::Negate => stack.top()[..n].iter_mut().for_each(|x| *x = -*x),
                Op::Not => stack.top()[..n].iter_mut().for_each(|x| *x = flag(*x == 0.0)),
                Op::Power(p) => stack.top()[..n].iter_mut().for_each(|x| *x = power(*x, *p)),
                Op::Binary(op) => binary(*op, n, Right::Top, stack),
                Op::BinaryLoad(op, slot) => binary(*op, n, Right::Column(&columns[*slot]), stack),
                Op::BinaryConstant(op, x) => binary(*op, n, Right::Constant(*x), stack),
                Op::Call(function, args) => call(*function, *args, n, stack),
            }
        }
        &stack.top()[..n]
    }

    /// The slots whose columns it reads.
    pub(super) fn reads(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|op| match op {
            Op::Load(slot) | Op::BinaryLoad(_, slot) => Some(*slot),
            _ => None,
        })
    }
}

fn emit(e: &Expr, slot: &impl Fn(&str) -> Option<usize>, ops: &mut Vec<Op>) -> Option<()> {
    match &e.node {
        Node::Number(x, unit) => ops.push(Op::Constant(unit.to_base(*x))),
        Node::Name(name) => ops.push(Op::Load(slot(name)?)),
        Node::Negate(inner) => {
            emit(inner, slot, ops)?;
            ops.push(Op::Negate);
        }
        Node::Not(inner) => {
            emit(inner, slot, ops)?;
            ops.push(Op::Not);
        }
        Node::Power(base, n) => {
            emit(base, slot, ops)?;
            ops.push(Op::Power(*n));
        }
        Node::Binary(op, a, b) => {
            emit(a, slot, ops)?;
            match &b.node {
                Node::Number(x, unit) => ops.push(Op::BinaryConstant(*op, unit.to_base(*x))),
                Node::Name(name) => ops.push(Op::BinaryLoad(*op, slot(name)?)),
                _ => {
                    emit(b, slot, ops)?;
                    ops.push(Op::Binary(*op));
                }
            }
        }
        Node::Call(function, args) => {
            for a in args {
                emit(a, slot, ops)?;
            }
            ops.push(Op::Call(*function, args.len()));
        }
    }
    Some(())
}

fn binary(op: Binary, n: usize, right: Right, stack: &mut Stack) {
    match op {
        Binary::Add => stack.fold(n, right, |a, b| a + b),
        Binary::Subtract => stack.fold(n, right, |a, b| a - b),
        Binary::Multiply => stack.fold(n, right, |a, b| a * b),
        Binary::Divide => stack.fold(n, right, |a, b| a / b),
        Binary::Less => stack.fold(n, right, |a, b| flag(a < b)),
        Binary::LessEqual => stack.fold(n, right, |a, b| flag(a <= b)),
        Binary::Greater => stack.fold(n, right, |a, b| flag(a > b)),
        Binary::GreaterEqual => stack.fold(n, right, |a, b| flag(a >= b)),
        Binary::Equal => stack.fold(n, right, |a, b| flag(a == b)),
        Binary::NotEqual => stack.fold(n, right, |a, b| flag(a != b)),
        Binary::And => stack.fold(n, right, |a, b| flag(a != 0.0 && b != 0.0)),
        Binary::Or => stack.fold(n, right, |a, b| flag(a != 0.0 || b != 0.0)),
    }
}

fn call(function: Function, args: usize, n: usize, stack: &mut Stack) {
    match function {
        Function::Abs => stack.top()[..n].iter_mut().for_each(|x| *x = x.abs()),
        Function::Min => (1..args).for_each(|_| stack.fold(n, Right::Top, propagating(f64::min))),
        Function::Max => (1..args).for_each(|_| stack.fold(n, Right::Top, propagating(f64::max))),
        Function::Crf => stack.fold(n, Right::Top, crf),
    }
}

/// `f64::min` and `max` drop a NaN; a draw that went wrong must stay wrong.
fn propagating(f: impl Fn(f64, f64) -> f64) -> impl Fn(f64, f64) -> f64 {
    move |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { f(a, b) }
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// An integer power by multiplication, the same bits on every target.
pub(super) fn power(x: f64, exponent: i8) -> f64 {
    let product = (0..exponent.unsigned_abs()).fold(1.0, |p, _| p * x);
    if exponent < 0 { product.recip() } else { product }
}

/// Capital recovery factor, of a rate per second and a life in seconds, interest being added once a year.
pub(super) fn crf(rate: f64, life: f64) -> f64 {
    let (rate, years) = (rate * YEAR, life / YEAR);
    let yearly = if rate == 0.0 { years.recip() } else { rate / -(-years * rate.ln_1p()).exp_m1() };
    yearly / YEAR
}
