// The sliders of the cost page: values from the page's data, costs by formula.js, a curve and where it turns.
"use strict";
(() => {
  const SIZE = { width: 640, height: 300, left: 58, right: 14, top: 14, bottom: 46 };
  const STEPS = 120;
  const SVG = "http://www.w3.org/2000/svg";
  const CLASSES = ["first", "second"];
  const { evaluate } = globalThis.wattmarkFormula;
  const shipped = JSON.parse(document.getElementById("cost-data").textContent);

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const draw = (name, attributes, text = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, x] of Object.entries(attributes)) element.setAttribute(key, x);
    element.textContent = text;
    return element;
  };
  const number = (x) => {
    if (!Number.isFinite(x)) return "∞";
    const size = Math.abs(x);
    return size !== 0 && (size < 1e-3 || size >= 1e6) ? x.toExponential(2) : String(Number(x.toPrecision(3)));
  };
  const withUnit = (x, unit) => (unit === "1" ? number(x) : `${number(x)} ${unit}`);

  /** The answers of all sides with the sliders at these values. */
  const answers = (question, values) =>
    question.sides.map((side, at) => {
      const given = { ...side.given };
      question.sliders.forEach((slider, i) => {
        for (const [side, role] of slider.places) if (side === at) given[role] = values[i] * slider.base;
      });
      const { steps, output } = shipped.formulas[side.formulas];
      return evaluate(steps, given)[output];
    });

  const outputOf = (side) => {
    const { steps, output } = shipped.formulas[side.formulas];
    return steps.find((step) => step.name === output);
  };

  /** Where the cheaper side changes as one slider runs over its range, nearest to where it stands. */
  const turn = (question, values, at) => {
    const { low, high } = question.sliders[at];
    const gap = (x) => {
      const [first, second] = answers(question, values.with(at, x));
      return first - second;
    };
    let found = null;
    for (let i = 0; i < STEPS; i += 1) {
      let a = low + ((high - low) * i) / STEPS;
      let b = low + ((high - low) * (i + 1)) / STEPS;
      const sign = gap(a) > 0;
      if (Number.isNaN(gap(a)) || Number.isNaN(gap(b)) || gap(b) > 0 === sign) continue;
      for (let n = 0; n < 60; n += 1) {
        const middle = (a + b) / 2;
        if (gap(middle) > 0 === sign) a = middle;
        else b = middle;
      }
      if (found === null || Math.abs(b - values[at]) < Math.abs(found - values[at])) found = b;
    }
    return found;
  };

  const ticks = (high, wanted) => {
    const raw = high / wanted;
    const size = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((s) => s * size >= raw) * size;
    return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, i) => i * step);
  };

  const chart = (question, values, at, turnsAt) => {
    const { low, high, meaning, unit } = question.sliders[at];
    const output = outputOf(question.sides[0]);
    const along = Array.from({ length: STEPS + 1 }, (_, i) => low + ((high - low) * i) / STEPS);
    const costs = along.map((x) => answers(question, values.with(at, x)).map((c) => c / output.base));
    const now = answers(question, values).map((c) => c / output.base);
    // Costs grow without end towards a use of nothing: the picture ends a little above where the reader stands.
    const highest = Math.max(...costs.flat().filter(Number.isFinite));
    const top = Math.min(highest, 3 * Math.max(...now.filter(Number.isFinite))) * 1.05 || 1;
    const x = (v) => SIZE.left + ((v - low) / (high - low)) * (SIZE.width - SIZE.left - SIZE.right);
    const y = (v) => SIZE.height - SIZE.bottom - (v / top) * (SIZE.height - SIZE.top - SIZE.bottom);
    const picture = draw("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img" });
    const named = (s) => `${s.name} ${withUnit(now[question.sides.indexOf(s)], output.unit)}`;
    picture.append(draw("title", {}, `Cost over ${meaning}: ${question.sides.map(named).join(", ")}`));
    for (const v of ticks(top, 5)) {
      picture.append(draw("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: y(v), y2: y(v) }));
      picture.append(draw("text", { x: SIZE.left - 8, y: y(v) + 4, "text-anchor": "end" }, number(v)));
    }
    for (const v of ticks(high, 6).filter((v) => v >= low)) {
      picture.append(draw("text", { x: x(v), y: SIZE.height - SIZE.bottom + 18, "text-anchor": "middle" }, number(v)));
    }
    const middle = (SIZE.left + SIZE.width - SIZE.right) / 2;
    const title = unit === "1" ? meaning : `${meaning}, ${unit}`;
    picture.append(draw("text", { x: middle, y: SIZE.height - 6, "text-anchor": "middle" }, title.slice(0, 80)));
    const line = (kind, v) => draw("line", { class: kind, x1: x(v), x2: x(v), y1: SIZE.top, y2: SIZE.height - SIZE.bottom });
    picture.append(line("here", values[at]));
    if (turnsAt !== null) picture.append(line("turn", turnsAt));
    CLASSES.forEach((kind, i) => {
      const shown = along.map((v, n) => [v, costs[n][i]]).filter((p) => Number.isFinite(p[1]) && p[1] <= top);
      const points = shown.map(([v, c]) => `${x(v).toFixed(1)} ${y(c).toFixed(1)}`);
      if (points.length > 1) picture.append(draw("path", { class: kind, d: `M${points.join("L")}` }));
    });
    const base = SIZE.height - SIZE.bottom;
    picture.append(draw("line", { class: "axis", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: base, y2: base }));
    return picture;
  };

  const sentence = (question, values, at, turnsAt) => {
    const slider = question.sliders[at];
    const [first, second] = answers(question, values);
    const names = question.sides.map((s) => s.name);
    const [cheap, dear] = first < second ? [names[0], names[1]] : [names[1], names[0]];
    const share = number((100 * Math.min(first, second)) / Math.max(first, second));
    const sense = question.senses[first < second ? 0 : 1];
    if (sense.startsWith("neither")) return "Both rest on bounds: which is the cheaper is not to be told.";
    const more = sense === "at least" ? "; it rests on a bound, and may be the dearer" : "";
    const here = `${cheap} costs ${sense} ${share} % of ${dear}${more}.`.replace("  ", " ");
    const of = `${slider.role} (${slider.meaning})`;
    if (turnsAt === null) return `${here} No value of ${of} from ${number(slider.low)} to ${number(slider.high)} turns that.`;
    return `${here} It turns at ${of} = ${withUnit(turnsAt, slider.unit)}.`;
  };

  const build = (box) => {
    const question = shipped.questions.find((q) => q.id === box.dataset.question);
    const start = question.sliders.map((s) => s.now);
    const values = [...start];
    const over = make("select");
    over.append(...question.sliders.map((s, i) => make("option", { value: i, textContent: `${s.role}: ${s.meaning}` })));
    over.value = Math.max(0, question.sliders.findIndex((s) => /\.(duty|fill)$/.test(s.role)));
    const said = make("p", { className: "said" });
    said.setAttribute("aria-live", "polite");
    const key = make("ul", { className: "key" });
    const picture = make("div");
    const show = () => {
      const at = Number(over.value);
      const turnsAt = turn(question, values, at);
      const costs = answers(question, values);
      key.replaceChildren(
        ...question.sides.map((side, i) => {
          const output = outputOf(side);
          const cost = make("b", { textContent: number(costs[i] / output.base) });
          cost.dataset.side = side.name;
          return make("li", {}, make("span", { className: `dash ${CLASSES[i]}` }), `${side.name} ${side.sign}`, cost, ` ${output.unit}`);
        }),
      );
      said.textContent = sentence(question, values, at, turnsAt);
      picture.replaceChildren(chart(question, values, at, turnsAt));
    };
    const sliders = question.sliders.map((slider, i) => {
      const { low, high, now } = slider;
      const range = make("input", { type: "range", min: low, max: high, step: "any", value: now });
      range.name = slider.role;
      const output = make("output", { textContent: withUnit(now, slider.unit) });
      const set = (x) => {
        values[i] = x;
        output.textContent = withUnit(x, slider.unit);
      };
      range.addEventListener("input", () => {
        set(Number(range.value));
        show();
      });
      const label = make("label", { className: "slider" }, slider.role, output, range, make("small", { textContent: slider.meaning }));
      // A range input keeps what the browser rounds to; the start is what the catalogue says.
      const reset = () => {
        range.value = now;
        set(now);
      };
      return { label, reset };
    });
    const reset = make("button", { type: "button", textContent: "Back to the modes" });
    reset.addEventListener("click", () => {
      for (const slider of sliders) slider.reset();
      show();
    });
    over.addEventListener("change", show);
    box.append(
      make("h3", { textContent: "Put each input where you want it" }),
      make("div", {}, ...sliders.map((s) => s.label), reset),
      make("div", {}, key, said, make("label", { className: "row" }, "Cost over", over), picture),
    );
    box.hidden = false;
    show();
  };

  document.querySelectorAll(".live").forEach(build);
})();
