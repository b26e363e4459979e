// The pictures of the guides. Their words are kept beside the tests, so that a picture that no longer shows what the
// page says is found without comparing pixels.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { IMAGES, LANGUAGES } from "./guide.mjs";

const kept = (language) => new URL(`images.${language}.txt`, import.meta.url);

const paragraph = (file, words) => `${file}\n${words.map((line) => `    ${line}\n`).join("")}`;

/** Compares the words of each picture with those that are kept. */
export class Comparison {
  #kept = new Map(LANGUAGES.map((language) => [language, readFileSync(kept(language), "utf8")]));

  async add(language, file, _page, _parts, _mark, words) {
    const expected = new RegExp(`^${file.replaceAll(".", "\\.")}\n(    .*\n)*`, "m").exec(this.#kept.get(language));
    assert.equal(paragraph(file, words), expected?.[0], `${language}/${file} is out of date: run \`make images\``);
  }
}

/** Takes the pictures, and keeps them with their words. */
export class Album {
  #taken = new Map(LANGUAGES.map((language) => [language, new Map()]));

  async add(language, file, page, parts, mark, words) {
    const image = await photograph(page, parts, mark);
    this.#taken.get(language).set(file, { image, words });
  }

  async save() {
    // Only pictures need it.
    const { default: sharp } = await import("sharp");
    for (const [language, taken] of this.#taken) {
      const folder = new URL(`${language}/`, IMAGES);
      mkdirSync(folder, { recursive: true });
      for (const file of readdirSync(folder)) if (!taken.has(file)) rmSync(new URL(file, folder));
      const files = [...taken.keys()].sort();
      for (const file of files) {
        const image = sharp(taken.get(file).image).png({ palette: true, colors: 16, dither: 0, effort: 10 });
        writeFileSync(new URL(file, folder), await image.toBuffer());
      }
      writeFileSync(kept(language), files.map((file) => paragraph(file, taken.get(file).words)).join(""));
    }
  }
}

// Less than the space between two parts of a page.
const MARGIN = 10;

/** The boxes of what is in a part. The space around the contents of a whole page does not belong to the picture. */
function boxesOf(part) {
  return part.evaluate((element) => {
    const shown = element.localName === "main" ? [...element.children] : [element];
    const boxes = shown.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width > 1 && height > 1);
    return boxes.map(({ x, y, width, height }) => ({ x, y, width, height }));
  });
}

/** A picture of the parts, with space around them. */
async function photograph(page, parts, mark) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement?.blur());
  const marked = mark && (await mark.elementHandle());
  // The page's policy forbids attributes with styles, but not this.
  await marked?.evaluate((element) => {
    element.style.outline = "3px solid #d9480f";
    element.style.outlineOffset = "3px";
  });
  const boxes = (await Promise.all(parts.map(boxesOf))).flat();
  const { width, height } = await page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { width: scrollWidth, height: scrollHeight };
  });
  const left = Math.max(0, Math.min(...boxes.map((box) => box.x)) - MARGIN);
  const top = Math.max(0, Math.min(...boxes.map((box) => box.y)) - MARGIN);
  const right = Math.min(width, Math.max(...boxes.map((box) => box.x + box.width)) + MARGIN);
  const bottom = Math.min(height, Math.max(...boxes.map((box) => box.y + box.height)) + MARGIN);
  const clip = { x: left, y: top, width: right - left, height: bottom - top };
  const image = await page.screenshot({ clip, fullPage: true, animations: "disabled", caret: "hide", scale: "css" });
  await marked?.evaluate((element) => { element.style.outline = element.style.outlineOffset = ""; });
  return image;
}
