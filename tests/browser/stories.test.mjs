// The guides of the console, followed word by word in each language. The pictures must say what the pages say.

import { after, before, describe, test } from "node:test";
import { Comparison } from "./album.mjs";
import { executable, launch } from "./chromium.mjs";
import { LANGUAGES } from "./guide.mjs";
import { STORIES, follow } from "./stories.mjs";

const skip = executable() ? false : "no Chromium is installed; set CHROMIUM";
const PATIENCE = 90_000;

describe("guides of the console", { skip, concurrency: 4 }, () => {
  let browser;
  const album = new Comparison();
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const name of Object.keys(STORIES)) {
    for (const language of LANGUAGES) {
      test(`${name} in ${language}`, () => follow(browser, name, language, album, PATIENCE));
    }
  }
});
