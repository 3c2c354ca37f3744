//! A formula's text as tokens.
//! Knows no grammar.

use std::ops::Range;

use super::{FormulaError, Unit, expr::Binary};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Unit(Unit),
    Name(String),
    Binary(Binary),
    Not,
    Caret,
    Open,
    Close,
    Comma,
}

/// Longest formula: more is a slip or an attack.
const MOST_BYTES: usize = 4000;

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, FormulaError> {
    if text.len() > MOST_BYTES {
        let what =
            format!("the formula has {} bytes, at most {MOST_BYTES} are allowed: give its parts names", text.len());
        return Err(FormulaError::new("", 0..0, what));
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (token, length) = next(text, at, c)?;
        found.push((token, at..at + length));
        at += length;
    }
    Ok(found)
}

fn next(text: &str, at: usize, c: char) -> Result<(Token, usize), FormulaError> {
    let rest = &text[at..];
    let fail = |length: usize, what: String| FormulaError::new(text, at..at + length, what);
    for (symbol, op) in [
        ("<=", Binary::LessEqual),
        (">=", Binary::GreaterEqual),
        ("==", Binary::Equal),
        ("!=", Binary::NotEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
        ("+", Binary::Add),
        ("-", Binary::Subtract),
        ("*", Binary::Multiply),
        ("/", Binary::Divide),
    ] {
        if rest.starts_with(symbol) {
            if rest.starts_with("**") {
                return Err(fail(2, "write `^` for a power".to_owned()));
            }
            return Ok((Token::Binary(op), symbol.len()));
        }
    }
    match c {
        '(' => Ok((Token::Open, 1)),
        ')' => Ok((Token::Close, 1)),
        ',' => Ok((Token::Comma, 1)),
        '^' => Ok((Token::Caret, 1)),
        '=' => Err(fail(1, "write `==` to compare".to_owned())),
        '[' => {
            let end = rest.find(']').ok_or_else(|| fail(1, "`[` opens a unit that no `]` closes".to_owned()))?;
            let unit = Unit::parse(&rest[1..end]).map_err(|e| fail(end + 1, e.to_string()))?;
            Ok((Token::Unit(unit), end + 1))
        }
        '0'..='9' | '.' => number(rest).map_or_else(
            || Err(fail(1, "not a number: write as in 0.25, 730 or 1.5e9".to_owned())),
            |(x, length)| Ok((Token::Number(x), length)),
        ),
        c if c.is_ascii_alphabetic() || c == '_' => {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let token = match &rest[..length] {
                "and" => Token::Binary(Binary::And),
                "or" => Token::Binary(Binary::Or),
                "not" => Token::Not,
                "if" | "else" => {
                    return Err(fail(
                        length,
                        "there is no `if`: write a rule for each case, or min and max".to_owned(),
                    ));
                }
                name => Token::Name(name.to_owned()),
            };
            Ok((token, length))
        }
        c => Err(fail(c.len_utf8(), format!("`{}` means nothing in a formula", c.escape_debug()))),
    }
}

/// A number at the start of the text and how many bytes it takes; an `e` counts only with digits after it.
fn number(text: &str) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let power = digits((length + 1 + sign).min(bytes.len()));
        if power > 0 {
            length += 1 + sign + power;
        }
    }
    let value: f64 = text[..length].parse().ok()?;
    value.is_finite().then_some((value, length))
}
