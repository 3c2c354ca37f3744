//! Tokens as a tree, by precedence: or, and, not, comparison, + -, * /, negation, power.
//! Resolves no names.

use std::ops::Range;

use super::{
    FormulaError, Unit,
    expr::{Binary, Expr, Function, Node},
    lex::{Token, tokens},
};

/// Deepest nesting of parentheses, calls and signs.
const MOST_DEEP: usize = 64;

pub(super) fn parse(text: &str) -> Result<Expr, FormulaError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(FormulaError::new(text, 0..text.len(), "the formula is empty"));
    }
    let expr = parser.binary(1)?;
    match parser.peek() {
        None => Ok(expr),
        Some(Token::Close) => Err(parser.here("`)` closes nothing")),
        Some(Token::Binary(op)) if op.compares() => Err(parser.here("comparisons do not chain: join two with `and`")),
        Some(_) => Err(parser.here("an operator such as + - * / is missing before this")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.0)
    }

    /// Where the next token stands, or the end of the text.
    fn place(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |t| t.1.clone())
    }

    fn here(&self, what: impl Into<String>) -> FormulaError {
        FormulaError::new(self.text, self.place(), what)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, FormulaError>) -> Result<T, FormulaError> {
        if self.depth == MOST_DEEP {
            return Err(self.here(format!("nested deeper than {MOST_DEEP}: give a part a name")));
        }
        self.depth += 1;
        let done = f(self);
        self.depth -= 1;
        done
    }

    /// Operators that bind at least so tightly, from left to right; comparisons do not chain.
    fn binary(&mut self, least: u8) -> Result<Expr, FormulaError> {
        let mut left = if least <= 3 { self.not()? } else { self.sign()? };
        let mut most = u8::MAX;
        while let Some(Token::Binary(op)) = self.peek() {
            let op = *op;
            if op.precedence() < least || op.precedence() > most {
                break;
            }
            self.at += 1;
            let right = self.binary(op.precedence() + 1)?;
            let span = left.span.start..right.span.end;
            left = Expr { node: Node::Binary(op, Box::new(left), Box::new(right)), span };
            most = if op.compares() { op.precedence() - 1 } else { op.precedence() };
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, FormulaError> {
        let start = self.place().start;
        if !self.take(&Token::Not) {
            return self.sign();
        }
        // Binds looser than a comparison, so `not a < b` needs no parentheses.
        let inner = self.nested(|p| p.binary(3))?;
        let span = start..inner.span.end;
        Ok(Expr { node: Node::Not(Box::new(inner)), span })
    }

    fn sign(&mut self) -> Result<Expr, FormulaError> {
        let start = self.place().start;
        if self.take(&Token::Binary(Binary::Subtract)) {
            let inner = self.nested(Parser::sign)?;
            let span = start..inner.span.end;
            return Ok(Expr { node: Node::Negate(Box::new(inner)), span });
        }
        self.power()
    }

    fn power(&mut self) -> Result<Expr, FormulaError> {
        let base = self.atom()?;
        if !self.take(&Token::Caret) {
            return Ok(base);
        }
        let sign = if self.take(&Token::Binary(Binary::Subtract)) { -1.0 } else { 1.0 };
        let exponent = match self.peek() {
            Some(Token::Number(x)) if x.fract() == 0.0 && *x <= 9.0 => (sign * x) as i8,
            _ => return Err(self.here("a power is a whole number from -9 to 9")),
        };
        let span = base.span.start..self.place().end;
        self.at += 1;
        Ok(Expr { node: Node::Power(Box::new(base), exponent), span })
    }

    fn atom(&mut self) -> Result<Expr, FormulaError> {
        let place = self.place();
        let token = self.peek().cloned();
        if token.is_some() {
            self.at += 1;
        }
        match token {
            Some(Token::Number(x)) => self.literal(x, place),
            Some(Token::Name(name)) if self.peek() == Some(&Token::Open) => self.call(&name, place),
            Some(Token::Name(name)) => Ok(Expr { node: Node::Name(name), span: place }),
            Some(Token::Open) => {
                let inner = self.nested(|p| p.binary(1))?;
                let end = self.place().end;
                if !self.take(&Token::Close) {
                    return Err(FormulaError::new(self.text, place, "`(` is never closed"));
                }
                Ok(Expr { span: place.start..end, ..inner })
            }
            Some(Token::Unit(_)) => Err(FormulaError::new(self.text, place, "a unit needs its number before it")),
            other => {
                self.at -= usize::from(other.is_some());
                Err(self.here("a number, a name or `(` is due here"))
            }
        }
    }

    fn literal(&mut self, x: f64, place: Range<usize>) -> Result<Expr, FormulaError> {
        let unit = match self.peek() {
            Some(Token::Unit(unit)) => unit.clone(),
            Some(Token::Name(name)) => {
                let fix = format!("write a literal's unit in brackets, as in {x} [{name}]");
                return Err(self.here(fix));
            }
            _ => return Ok(Expr { node: Node::Number(x, Unit::one()), span: place }),
        };
        let span = place.start..self.place().end;
        self.at += 1;
        Ok(Expr { node: Node::Number(x, unit), span })
    }

    fn call(&mut self, name: &str, place: Range<usize>) -> Result<Expr, FormulaError> {
        let Some(function) = Function::ALL.into_iter().find(|f| f.name() == name) else {
            let known = Function::ALL.map(Function::name).join(", ");
            return Err(FormulaError::new(self.text, place, format!("no function `{name}`: known are {known}")));
        };
        self.at += 1;
        let mut args = Vec::new();
        if self.peek() != Some(&Token::Close) {
            loop {
                args.push(self.nested(|p| p.binary(1))?);
                if !self.take(&Token::Comma) {
                    break;
                }
            }
        }
        let span = place.start..self.place().end;
        if !self.take(&Token::Close) {
            return Err(self.here(format!("`)` is due here, to close `{name}(`")));
        }
        let (least, most) = function.arity();
        if args.len() < least || args.len() > most {
            let wanted = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            let what = format!("`{name}` takes {wanted} arguments, not {}", args.len());
            return Err(FormulaError::new(self.text, span, what));
        }
        Ok(Expr { node: Node::Call(function, args), span })
    }
}
