// The picture of the site in README.md: node ci/site-picture.mjs TOOLS SITE FILE
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const [tools, site, file] = process.argv.slice(2);
const { browser } = await launch(tools);
const page = await browser.newPage({ viewport: { width: 1200, height: 760 }, colorScheme: "light" });
await page.goto(pathToFileURL(resolve(join(site, "cost.html"))).href);
await page.screenshot({ path: file });
await browser.close();
