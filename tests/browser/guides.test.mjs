// The guides of the console match the pages and each other: labels, pictures, links, and the two languages.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { AWS_WORDS, FOLDER, IMAGES, LANGUAGES, address, nameOf, names, read } from "./guide.mjs";
import { STORIES } from "./stories.mjs";

const CATALOGUE = new URL("../../shared/domain/tests/messages/", import.meta.url);

/** The texts of all messages in a language. */
function said(language) {
  const lines = readFileSync(new URL(`${language}.txt`, CATALOGUE), "utf8").split("\n");
  return lines.filter((line) => line.startsWith("    ")).map((line) => line.trim());
}

/** The whole label, or its start before a name or a value. */
const isLabel = (line, label) => line.startsWith(label) && !/^[\p{L}\p{N}]/u.test(line.slice(label.length));

test("every guide has a story", () => {
  assert.deepEqual(names(), Object.keys(STORIES).sort());
});

for (const language of LANGUAGES) {
  test(`labels are on the pages in ${language}`, () => {
    const lines = said(language);
    const aws = language === "en" ? [...AWS_WORDS.keys()] : [...AWS_WORDS.values()];
    for (const name of names()) {
      const unknown = read(name, language).labels.filter(
        (label) => !aws.includes(label) && !lines.some((line) => isLabel(line, label)),
      );
      assert.deepEqual(unknown, [], `${name} in ${language}`);
    }
  });

  test(`pictures in ${language} exist, and each is shown`, () => {
    const shown = names().flatMap((name) => read(name, language).images);
    for (const { path, alt } of shown) {
      assert.ok(path.startsWith(`../../images/${language}/`), path);
      assert.ok(alt.length > 10, `${path} has no text for those who can't see it`);
    }
    const files = readdirSync(new URL(`${language}/`, IMAGES)).sort();
    assert.deepEqual(shown.map(({ path }) => nameOf(path)).sort(), files);
  });
}

test("pictures in README.md exist", () => {
  const root = new URL("../../", import.meta.url);
  const found = readFileSync(new URL("README.md", root), "utf8").matchAll(/src="([^"]+)"/g);
  for (const [, path] of found) assert.ok(existsSync(new URL(path, root)), path);
});

// Two asterisks next to a Japanese character and a sign are not read as bold.
test("bold text in Japanese has space around it", () => {
  for (const name of names()) {
    const found = [...read(name, "ja").text.matchAll(/[^\s|（、。]\*\*\S+?\*\*|\*\*\S[^*]*?\*\*[^\s|）、。]/g)];
    assert.deepEqual(found.map(([text]) => text), [], name);
  }
});

test("guides in both languages have the same steps", () => {
  const shape = (name, language) =>
    read(name, language).sections.map(({ tokens }) => tokens.map(({ kind, text }) => (kind === "image" ? nameOf(text) : kind)));
  for (const name of names()) assert.deepEqual(shape(name, "ja"), shape(name, "en"), name);
});

test("links lead to something", () => {
  for (const name of names()) {
    for (const language of LANGUAGES) {
      const { links, text } = read(name, language);
      for (const link of links.filter((link) => !/^https?:/.test(link))) {
        const [path, anchor] = link.split("#");
        const target = path ? new URL(path, FOLDER) : address(name, language);
        assert.ok(existsSync(target), `${name} in ${language}: ${link}`);
        if (anchor) {
          const titles = path ? readFileSync(target, "utf8") : text;
          const anchors = [...titles.matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchorOf(title));
          assert.ok(anchors.includes(anchor), `${name} in ${language}: ${link}`);
        }
      }
    }
  }
});

/** How GitHub names a heading. */
const anchorOf = (title) => title.toLowerCase().replaceAll(/[^\p{L}\p{N}\- ー]/gu, "").replaceAll(" ", "-");
