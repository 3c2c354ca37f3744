//! A formula: its text and its tree.
//! Resolves no names and computes nothing.

use std::{fmt, ops::Range, str::FromStr};

use super::{FormulaError, Unit, parse::parse};

/// A formula as written, and its tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    text: String,
    pub(super) root: Expr,
}

impl Formula {
    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it uses, in the order of their first use.
    pub fn names(&self) -> Vec<&str> {
        self.root.names()
    }

    /// The text with other words in the place of its names, where `word` has one: a step of arithmetic with its numbers.
    pub fn with_words(&self, word: impl Fn(&str) -> Option<String>) -> String {
        let mut spans = Vec::new();
        self.root.visit(&mut |e| {
            if let Node::Name(name) = &e.node {
                spans.extend(word(name).map(|w| (e.span.clone(), w)));
            }
        });
        spans.sort_by_key(|(span, _)| span.start);
        let (mut text, mut at) = (String::new(), 0);
        for (span, word) in spans {
            text.push_str(&self.text[at..span.start]);
            text.push_str(&word);
            at = span.end;
        }
        text + &self.text[at..]
    }

    /// The first name that `fault` objects to, as an error at its place.
    pub(super) fn first_fault(&self, fault: &dyn Fn(&str) -> Option<String>) -> Result<(), FormulaError> {
        let mut found = None;
        self.root.visit(&mut |e| {
            if let Node::Name(name) = &e.node
                && found.is_none()
            {
                found = fault(name).map(|why| self.fault(e, why));
            }
        });
        found.map_or(Ok(()), Err)
    }

    pub(super) fn fault(&self, part: &Expr, what: impl Into<String>) -> FormulaError {
        FormulaError::new(&self.text, part.span.clone(), what)
    }
}

impl FromStr for Formula {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Formula, FormulaError> {
        Ok(Formula { text: text.to_owned(), root: parse(text)? })
    }
}

impl fmt::Display for Formula {
    /// The tree, with no parentheses but the needed ones; parses back to the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.write(f, 0)
    }
}

/// A part of a formula and where it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) span: Range<usize>,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64, Unit),
    Name(String),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    Power(Box<Expr>, i8),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
}

/// Operators between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

impl Binary {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Less => "<",
            Binary::LessEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterEqual => ">=",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::And => "and",
            Binary::Or => "or",
        }
    }

    /// Higher binds tighter.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Binary::Or => 1,
            Binary::And => 2,
            Binary::Less
            | Binary::LessEqual
            | Binary::Greater
            | Binary::GreaterEqual
            | Binary::Equal
            | Binary::NotEqual => 4,
            Binary::Add | Binary::Subtract => 5,
            Binary::Multiply | Binary::Divide => 6,
        }
    }

    pub(super) fn compares(self) -> bool {
        self.precedence() == 4
    }

    pub(super) fn joins(self) -> bool {
        matches!(self, Binary::And | Binary::Or)
    }
}

/// Functions of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The least of its arguments.
    Min,
    /// The greatest of its arguments.
    Max,
    /// Magnitude.
    Abs,
    /// Capital recovery factor of a rate a year over a life: the share of a capital to pay each year, so that after
    /// the life it is repaid with interest. `rate / (1 - (1 + rate)^-years)`; at rate 0, 1 / life.
    Crf,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 4] = [Function::Min, Function::Max, Function::Abs, Function::Crf];

    /// Its name in a formula.
    pub fn name(self) -> &'static str {
        match self {
            Function::Min => "min",
            Function::Max => "max",
            Function::Abs => "abs",
            Function::Crf => "crf",
        }
    }

    /// How many arguments it takes, at least and at most.
    pub(super) fn arity(self) -> (usize, usize) {
        match self {
            Function::Min | Function::Max => (2, 16),
            Function::Abs => (1, 1),
            Function::Crf => (2, 2),
        }
    }
}

impl Expr {
    fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |e| {
            if let Node::Name(name) = &e.node
                && !names.contains(&name.as_str())
            {
                names.push(name.as_str());
            }
        });
        names
    }

    fn visit<'e>(&'e self, f: &mut impl FnMut(&'e Expr)) {
        f(self);
        match &self.node {
            Node::Number(..) | Node::Name(_) => {}
            Node::Negate(e) | Node::Not(e) | Node::Power(e, _) => e.visit(f),
            Node::Binary(_, a, b) => {
                a.visit(f);
                b.visit(f);
            }
            Node::Call(_, args) => args.iter().for_each(|a| a.visit(f)),
        }
    }

    fn precedence(&self) -> u8 {
        match &self.node {
            Node::Binary(op, ..) => op.precedence(),
            Node::Not(_) => 3,
            Node::Negate(_) => 7,
            Node::Power(..) => 8,
            Node::Number(..) | Node::Name(_) | Node::Call(..) => 9,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.precedence() < least {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match &self.node {
            Node::Number(x, unit) if *unit == Unit::one() => write!(f, "{x:?}"),
            Node::Number(x, unit) => write!(f, "{x:?} [{unit}]"),
            Node::Name(name) => f.write_str(name),
            Node::Negate(e) => {
                f.write_str("-")?;
                e.write(f, 7)
            }
            Node::Not(e) => {
                f.write_str("not ")?;
                e.write(f, 3)
            }
            Node::Power(e, n) => {
                e.write(f, 9)?;
                write!(f, "^{n}")
            }
            Node::Binary(op, a, b) => {
                let level = op.precedence();
                a.write(f, if op.compares() { level + 1 } else { level })?;
                write!(f, " {} ", op.symbol())?;
                b.write(f, level + 1)
            }
            Node::Call(function, args) => {
                write!(f, "{}(", function.name())?;
                for (i, a) in args.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    a.write(f, 0)?;
                }
                f.write_str(")")
            }
        }
    }
}
