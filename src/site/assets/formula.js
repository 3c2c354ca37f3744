// Evaluates formula trees: the operators of wattmark's formula language and nothing else. It holds no formula.
// A tree is a number in base units, a name, or [operator, part, ...]; true is 1, false 0.
"use strict";
((root) => {
  const YEAR = 8760 * 3600;
  const flag = (holds) => (holds ? 1 : 0);

  const power = (x, exponent) => {
    let product = 1;
    for (let i = 0; i < Math.abs(exponent); i += 1) product *= x;
    return exponent < 0 ? 1 / product : product;
  };

  /** Capital recovery factor of a rate per second over a life in seconds, interest being added once a year. */
  const crf = (rate, life) => {
    const r = rate * YEAR;
    const years = life / YEAR;
    const yearly = r === 0 ? 1 / years : r / -Math.expm1(-years * Math.log1p(r));
    return yearly / YEAR;
  };

  const OPERATORS = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "<": (a, b) => flag(a < b),
    "<=": (a, b) => flag(a <= b),
    ">": (a, b) => flag(a > b),
    ">=": (a, b) => flag(a >= b),
    "==": (a, b) => flag(a === b),
    "!=": (a, b) => flag(a !== b),
    and: (a, b) => flag(a !== 0 && b !== 0),
    or: (a, b) => flag(a !== 0 || b !== 0),
    not: (a) => flag(a === 0),
    negate: (a) => -a,
    "^": power,
    min: Math.min,
    max: Math.max,
    abs: Math.abs,
    crf,
  };

  const value = (tree, lookup) => {
    if (typeof tree === "number") return tree;
    if (typeof tree === "string") return lookup(tree);
    const [operator, ...parts] = tree;
    if (!Object.hasOwn(OPERATORS, operator)) throw new Error(`unknown operator ${operator}`);
    return OPERATORS[operator](...parts.map((part) => value(part, lookup)));
  };

  /** Every step over the given quantities, by name, in base units. */
  const evaluate = (steps, given) => {
    const trees = new Map(steps.map((step) => [step.name, step.tree]));
    const known = new Map(Object.entries(given));
    const lookup = (name) => {
      if (!known.has(name)) {
        if (!trees.has(name)) throw new Error(`unknown name ${name}`);
        known.set(name, value(trees.get(name), lookup));
      }
      return known.get(name);
    };
    return Object.fromEntries(steps.map((step) => [step.name, lookup(step.name)]));
  };

  root.wattmarkFormula = { value, evaluate };
})(globalThis);
