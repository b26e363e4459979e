// The findings of axe-core on a page: WCAG 2.2 level AA, and its best practices.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The violations, one line each. `only` names the rules to run; all by default. */
export async function violations(page, only) {
  await page.evaluate(SOURCE);
  const options = only ? { runOnly: { type: "rule", values: only } } : { runOnly: { type: "tag", values: TAGS } };
  const found = await page.evaluate((options) => globalThis.axe.run(document, options), options);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
