// Evaluates formula trees with the site's own evaluator: [{steps, given}, ...] on standard input, the values of every
// step on standard output.
"use strict";
const { readFileSync } = require("node:fs");
require(process.argv[2]);
const cases = JSON.parse(readFileSync(0, "utf8"));
const shown = (x) => (Number.isFinite(x) ? x : String(x));
const one = ({ steps, given }) =>
  Object.fromEntries(Object.entries(globalThis.wattmarkFormula.evaluate(steps, given)).map(([k, x]) => [k, shown(x)]));
process.stdout.write(JSON.stringify(cases.map(one)));
