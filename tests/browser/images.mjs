// Takes the pictures of the guides, by following them: `make images`.

import { Album } from "./album.mjs";
import { launch } from "./chromium.mjs";
import { LANGUAGES } from "./guide.mjs";
import { publish } from "./hub.mjs";
import { STORIES, follow } from "./stories.mjs";

const PATIENCE = 120_000;

await publish();
const browser = await launch();
const album = new Album();
const stories = Object.keys(STORIES).flatMap((name) => LANGUAGES.map((language) => [name, language]));
const each = async () => {
  for (let story = stories.pop(); story; story = stories.pop()) await follow(browser, ...story, album, PATIENCE);
};
await Promise.all([each(), each(), each()]);
await browser.close();
await album.save();
