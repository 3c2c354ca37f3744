//! Formulas as data, for evaluators elsewhere: nested JSON arrays, every number in base units.
//! Evaluates nothing. Whoever walks a tree must agree with `eval`; a test holds the site's walker against it.

use serde_json::{Value, json};

use super::{
    Formula,
    expr::{Expr, Node},
};

impl Formula {
    /// The tree: a number in base units, a name as a string, or an array of an operator or function and its parts, as in
    /// `["/", "per_hour", ["*", "tok_s", "duty"]]`. Operators are those of the text, and `negate`; true is 1, false 0.
    pub fn tree(&self) -> Value {
        tree(&self.root)
    }
}

fn tree(e: &Expr) -> Value {
    match &e.node {
        Node::Number(x, unit) => json!(unit.to_base(*x)),
        Node::Name(name) => json!(name),
        Node::Negate(inner) => json!(["negate", tree(inner)]),
        Node::Not(inner) => json!(["not", tree(inner)]),
        Node::Power(base, n) => json!(["^", tree(base), n]),
        Node::Binary(op, a, b) => json!([op.symbol(), tree(a), tree(b)]),
        Node::Call(function, args) => {
            let parts = std::iter::once(json!(function.name())).chain(args.iter().map(tree));
            Value::Array(parts.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_base_units_and_names_are_strings() {
        let formula: Formula = "max(a * 2 [kW], -b^2) / crf(r, 3 [yr])".parse().unwrap();
        let year = 8760.0 * 3600.0;
        let expected = json!(["/", ["max", ["*", "a", 2000.0], ["negate", ["^", "b", 2]]], ["crf", "r", 3.0 * year],]);
        assert_eq!(formula.tree(), expected);
        let condition: Formula = "not (a < 1) and b >= 2".parse().unwrap();
        assert_eq!(condition.tree(), json!(["and", ["not", ["<", "a", 1.0]], [">=", "b", 2.0]]));
    }
}
