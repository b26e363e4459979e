// A person who follows a guide word by word: presses what is bold, types what is code, and expects what is said.

import assert from "node:assert/strict";
import * as guides from "./guide.mjs";
import { still, words } from "./still.mjs";

export class Person {
  #english;
  #own;
  #section = 0;
  #at = 0;

  /** `album` keeps the pictures, or compares their words with those that are kept. */
  constructor(name, language, page, album) {
    this.name = name;
    this.language = language;
    this.page = page;
    this.album = album;
    this.#english = guides.read(name, "en").sections;
    this.#own = guides.read(name, language).sections;
  }

  /** Goes on at another page. */
  at(page) {
    this.page = page;
  }

  /** The next section with something to do or to see. */
  section(title) {
    this.#end();
    const next = this.#english.findIndex((section) => section.title === title);
    assert.ok(next >= 0, `${this.name} has no section "${title}"`);
    const skipped = this.#english.slice(this.#section + 1, next).filter(({ tokens }) => tokens.length);
    assert.deepEqual(skipped.map((section) => section.title), [], "sections that nobody followed");
    this.#section = next;
    this.#at = 0;
  }

  /** After the last section. */
  finish() {
    this.#end();
    const left = this.#english.slice(this.#section + 1).filter(({ tokens }) => tokens.length);
    assert.deepEqual(left.map((section) => section.title), [], "sections that nobody followed");
  }

  #end() {
    const left = this.#tokens().slice(this.#at).filter(({ kind }) => kind !== "code");
    assert.deepEqual(left.map(({ text }) => text), [], "steps that nobody followed");
  }

  #tokens() {
    return this.#own[this.#section]?.tokens ?? [];
  }

  // Skips code that only names something.
  #next(kind) {
    const tokens = this.#tokens();
    while (this.#at < tokens.length && tokens[this.#at].kind !== kind) {
      const { text, kind: other } = tokens[this.#at];
      assert.equal(other, "code", `expected ${kind}, found ${text}`);
      this.#at += 1;
    }
    assert.ok(this.#at < tokens.length, `no more ${kind} in "${this.#own[this.#section].title}"`);
    this.#at += 1;
    return [tokens[this.#at - 1], this.#at - 1];
  }

  /** The next label, which is this one in the English guide. */
  label(english) {
    const [{ text }, at] = this.#next("label");
    const bold = this.#english[this.#section].tokens.filter(({ kind }) => kind === "label");
    const own = this.#tokens().slice(0, at + 1).filter(({ kind }) => kind === "label");
    assert.equal(bold[own.length - 1]?.text, english, `the label next to "${text}" in the English guide`);
    return text;
  }

  /** A label of the AWS console. */
  aws(english) {
    const expected = this.language === "en" ? english : guides.AWS_WORDS.get(english);
    assert.ok(guides.AWS_WORDS.has(english), `AWS_WORDS has no "${english}"`);
    assert.equal(this.label(english), expected);
  }

  #inside() {
    return this.page.locator("dialog[open]").or(this.page.locator("body:not(:has(dialog[open]))"));
  }

  #control(label) {
    // What opens a new tab says so after its label.
    const name = new RegExp(`^${escaped(label)}( \\(.+\\))?$`);
    const inside = this.#inside();
    const control = inside.getByRole("link", { name }).or(inside.getByRole("button", { name }));
    const summary = inside.locator("summary").filter({ hasText: name });
    return control.or(summary).filter({ visible: true }).first();
  }

  /** Presses the link or button, or opens the part of the page, with the next label. */
  async press(english) {
    const control = this.#control(this.label(english));
    await control.click();
  }

  /** The same where a new tab opens, which is returned. */
  async open(english) {
    const [tab] = await Promise.all([this.page.context().waitForEvent("page"), this.press(english)]);
    return tab;
  }

  /** The address of the link with the next label, which leads to the AWS console. */
  async link(english) {
    return this.#control(this.label(english)).getAttribute("href");
  }

  #field(label) {
    return this.#inside().getByLabel(new RegExp(`^\\s*${escaped(label)}`)).filter({ visible: true }).first();
  }

  /** Types the next code into the field with the next label. */
  async fill(english) {
    const field = this.#field(this.label(english));
    const [{ text }] = this.#next("code");
    await field.fill(text);
    return text;
  }

  /** Selects the check box with the next label. */
  async check(english) {
    await this.#field(this.label(english)).check();
  }

  /** The check box whose label has the next code. */
  box() {
    const [{ text }] = this.#next("code");
    return this.#inside().getByLabel(text).filter({ visible: true }).first();
  }

  /** Sees the next label on the page, or in a part of it, and waits for it. */
  async see(english, inside = this.page) {
    const text = new RegExp(escaped(this.label(english)));
    await inside.getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** The next picture has this name. It shows `of`, by default the page without its frame; `mark` is highlighted. */
  async picture(name, { of, mark } = {}) {
    const [{ text, alt }] = this.#next("image");
    const file = `${this.name}-${name}.png`;
    assert.equal(text, `../../images/${this.language}/${file}`);
    assert.ok(alt, `${file} has no text for those who can't see it`);
    const region = of ?? [this.page.locator("main")];
    const undo = await still(this.page);
    try {
      await this.album.add(this.language, file, this.page, region, mark, await words(region));
    } finally {
      await undo();
    }
  }
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
