// What must hold of the site in a real browser: no error, nothing wider than the page, sound for assistive technology,
// in both themes, on a desk and on a phone, with scripts and without; and the scripts do what they are for.
// node ci/check-site.mjs TOOLS SITE [SCREENSHOTS]
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const [tools, site, shots] = process.argv.slice(2);
const { browser, require } = await launch(tools);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const first = (folder) => `${folder}/${readdirSync(join(site, folder)).sort()[0]}`;
const PAGES = [
  "index.html", "kernels.html", "heatmap.html", "efficiency.html", "cost.html", "methods.html",
  "claims/own-at-duty.html", first("devices"),
];
const WIDTHS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

const failures = [];
const check = (holds, what) => {
  if (!holds) failures.push(what);
};
// Told even where the browser gives up half way.
process.on("exit", (code) => {
  if (failures.length === 0) return;
  console.error(failures.join("\n"));
  console.error(`${failures.length} things do not hold`);
  process.exitCode = code || 1;
});

const open = async (context, path, where) => {
  const page = await context.newPage();
  page.on("console", (m) => check(!["error", "warning"].includes(m.type()), `${where}: console: ${m.text()}`));
  page.on("pageerror", (e) => check(false, `${where}: ${e}`));
  page.on("requestfailed", (r) => check(false, `${where}: cannot load ${r.url()}`));
  page.on("request", (r) => check(/^(file|data):/.test(r.url()), `${where}: asks the network for ${r.url()}`));
  await page.goto(pathToFileURL(resolve(site, path)).href);
  return page;
};

const fits = async (page, where) => {
  const [inner, wide] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
  check(wide <= inner, `${where}: ${wide} px wide in a window of ${inner}`);
};

for (const theme of ["light", "dark"]) {
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    const context = await browser.newContext({ viewport, colorScheme: theme });
    for (const path of PAGES) {
      const where = `${path}, ${theme}, ${width}`;
      const page = await open(context, path, where);
      await fits(page, where);
      // On a desk each theme once: what assistive technology reads does not hang on the width.
      if (width === "desk") {
        await page.evaluate(axe);
        // Its preloading asks for the style a second time, which no browser allows between files.
        const { violations } = await page.evaluate(() => globalThis.axe.run({ preload: false, resultTypes: ["violations"] }));
        for (const v of violations) check(false, `${where}: ${v.id}: ${v.help}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`);
      }
      if (shots) {
        mkdirSync(shots, { recursive: true });
        const name = `${path.replace(/[/.]/g, "-")}-${theme}-${width}.png`;
        await page.screenshot({ path: join(shots, name), fullPage: path !== "kernels.html" });
      }
      await page.close();
    }
    await context.close();
  }
}

// Without scripts nothing is lost but the sliders.
const plain = await browser.newContext({ viewport: WIDTHS.phone, javaScriptEnabled: false });
for (const path of PAGES) {
  const page = await open(plain, path, `${path}, without scripts`);
  check((await page.locator("main h1").count()) === 1, `${path}, without scripts: no heading`);
  await page.close();
}
await plain.close();

const context = await browser.newContext({ viewport: WIDTHS.desk, colorScheme: "light" });

const cost = await open(context, "cost.html", "cost.html, sliders");
const shipped = JSON.parse(readFileSync(join(site, "data/cost.json"), "utf8"));
for (const question of shipped.questions) {
  const box = cost.locator(`.live[data-question="${question.id}"]`);
  const shown = () => box.locator("b[data-side]").allTextContents();
  const start = await shown();
  question.sides.forEach((side, i) => {
    const { steps, output } = shipped.formulas[side.formulas];
    const ours = side.at_modes[output] / steps.find((s) => s.name === output).base;
    check(Math.abs(Number(start[i]) / ours - 1) < 0.006, `${question.id}: ${side.name} starts at ${start[i]}, not at ${ours}`);
  });
  for (const slider of question.sliders) {
    const range = box.locator(`input[name="${slider.role}"]`);
    await range.evaluate((input) => {
      input.value = Number(input.min) + 0.77 * (Number(input.max) - Number(input.min));
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    check((await shown()).join() !== start.join(), `${question.id}: ${slider.role} moves nothing`);
    await box.getByRole("button", { name: "Back to the modes" }).click();
    check((await shown()).join() === start.join(), `${question.id}: ${slider.role} does not go back`);
  }
  const wanted = ["duty", "fill", "electricity", "awake_power", "compensation"];
  const here = question.sliders.map((s) => s.role.split(".").pop());
  check(here.some((role) => wanted.includes(role)), `${question.id}: sliders are ${here}`);
}
await cost.close();

const kernels = await open(context, "kernels.html", "kernels.html, table");
const visible = () => kernels.locator("#kernels-table tbody tr:visible").count();
const all = await visible();
await kernels.getByLabel("Search").fill("attention");
const found = await visible();
check(found > 0 && found < all, `the search leaves ${found} of ${all} rows`);
await kernels.getByLabel("Search").fill("");
await kernels.getByLabel("Status").selectOption("unsupported");
check((await visible()) > 0 && (await visible()) < all, "the filter by status does nothing");
await kernels.getByLabel("Status").selectOption("");
const device = kernels.locator(".tools label", { hasText: "Device" }).locator("select");
await device.selectOption({ index: 1 });
check((await visible()) > 0 && (await visible()) < all, "picking a device does nothing");
await device.selectOption("");
await kernels.getByRole("button", { name: "FLOP/s", exact: true }).click();
const rates = await kernels.locator("#kernels-table tbody tr td:nth-child(7)").evaluateAll((cells) => cells.map((c) => Number(c.dataset.value ?? NaN)));
const numbers = rates.filter(Number.isFinite);
check(numbers.every((x, i) => i === 0 || numbers[i - 1] >= x), "FLOP/s does not sort from its top");
check(!rates.slice(0, numbers.length).some(Number.isNaN), "empty cells stand before numbers");
await kernels.close();

const heat = await open(context, "heatmap.html", "heatmap.html, measure");
const cell = heat.locator(".heat td.filled").first();
const fraction = await cell.innerText();
await heat.getByLabel("GB/s").check();
check((await cell.innerText()) !== fraction, "another measure shows the same");
await heat.close();

const theme = await open(context, "index.html", "index.html, theme");
const paper = () => theme.evaluate(() => getComputedStyle(document.body).backgroundColor);
const light = await paper();
await theme.getByRole("button", { name: "Switch to the dark theme" }).click();
const dark = await paper();
check(light !== dark, "the theme's button changes nothing");
await theme.reload();
check((await paper()) === dark, "the theme is forgotten on the next page");
await theme.close();
await browser.close();

if (failures.length === 0) console.log(`the site holds: ${PAGES.length} pages, two themes, two widths, with scripts and without`);
