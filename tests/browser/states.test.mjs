// Every page in every state, as the snapshots of functions/console have them: axe, width and console errors,
// in both languages, light and dark, 360 and 1280 pixels wide.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { violations } from "./axe.mjs";
import { executable, launch } from "./chromium.mjs";

const CONSOLE = new URL("../../functions/console/", import.meta.url);
const PAGES = new URL("tests/pages/", CONSOLE);
const ASSETS = new URL("src/view/assets/", CONSOLE);
const LOGO = readFileSync(new URL("../../shared/domain/tests/logos/logo.png", import.meta.url));
// As functions/console/src/headers.rs has it.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'";
const ACCENT = `:root { --accent: #2f5bea; --on-accent: #ffffff; --link: #2f5bea; }
@media (prefers-color-scheme: dark) { :root { --accent: #2f5bea; --on-accent: #ffffff; --link: #7e9bf3; } }`;
const TABS = 4;
// Where screenshots of every page are kept, if anywhere.
const SCREENSHOTS = process.env.ROLECALL_SCREENSHOTS;

const names = readdirSync(PAGES).filter((name) => name.endsWith(".snap"));
let browser, server, origin;
// What the logo waits for.
let logo = Promise.resolve();

// A snapshot's header ends with the second line of dashes.
function html(name) {
  const [, , ...content] = readFileSync(new URL(name, PAGES), "utf8").split(/^---$/m);
  return content.join("---").trim();
}

function answer(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  response.setHeader("content-security-policy", POLICY);
  if (pathname === "/assets/accent.css") return send(response, "text/css", ACCENT);
  if (pathname === "/assets/console.css") return send(response, "text/css", readFileSync(new URL("console.css", ASSETS)));
  if (pathname === "/assets/console.js") return send(response, "text/javascript", readFileSync(new URL("console.js", ASSETS)));
  if (pathname === "/logo/0") return logo.then(() => send(response, "image/png", LOGO));
  const name = pathname.slice("/page/".length);
  if (names.includes(name)) return send(response, "text/html; charset=utf-8", html(name));
  // Requests of a page while it is open, such as for its status.
  response.statusCode = 503;
  response.end();
}

function send(response, type, content) {
  response.setHeader("content-type", type);
  response.end(content);
}

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 800 };

/** What is wrong with the page that is shown, by the test that finds it. */
const LOOKS = {
  axe: (page) => violations(page),
  dark: async (page) => {
    await page.emulateMedia({ colorScheme: "dark" });
    return violations(page, ["color-contrast", "link-in-text-block"]);
  },
  phone: async (page) => {
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(PHONE);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    const found = width > PHONE.width ? [`${width} pixels wide`] : [];
    found.push(...(await violations(page, ["target-size"])));
    await page.setViewportSize(WIDE);
    return found;
  },
};

/** Light and dark, on a large screen and on a phone. */
async function keep(page, name) {
  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const path = `${SCREENSHOTS}/${name.replace(/\.snap$/, "")}.${size}.${colorScheme}.jpeg`;
      await page.screenshot({ path, fullPage: true, type: "jpeg", quality: 70 });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(WIDE);
}

/** Opens each page in one of a few tabs, and looks at it in every way. */
async function look() {
  const wrong = { console: [], ...Object.fromEntries(Object.keys(LOOKS).map((kind) => [kind, []])) };
  const left = [...names];
  const tab = async () => {
    const context = await browser.newContext({ reducedMotion: "reduce", colorScheme: "light", viewport: WIDE });
    const page = await context.newPage();
    let name;
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("503")) wrong.console.push(`${name}: ${message.text()}`);
    });
    page.on("pageerror", (error) => wrong.console.push(`${name}: ${error}`));
    while ((name = left.pop())) {
      await page.goto(`${origin}/page/${name}`);
      for (const [kind, find] of Object.entries(LOOKS)) {
        for (const found of await find(page)) wrong[kind].push(`${name}: ${found}`);
      }
      if (SCREENSHOTS) await keep(page, name);
    }
    await context.close();
  };
  await Promise.all(Array.from({ length: TABS }, tab));
  return wrong;
}

const skip = executable() ? false : "no Chromium is installed; set CHROMIUM";

test("there are pages in both languages", () => {
  assert.ok(names.length > 100, `${names.length} pages`);
});

describe("every page in every state", { skip }, () => {
  let wrong;

  before(async () => {
    if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true });
    server = createServer(answer);
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    origin = `http://127.0.0.1:${server.address().port}`;
    browser = await launch();
    wrong = await look();
  });
  after(async () => {
    await browser.close();
    server.close();
  });

  test("axe finds nothing", () => assert.deepEqual(wrong.axe, []));
  test("colors have enough contrast in the dark theme", () => assert.deepEqual(wrong.dark, []));
  test("no page is wider than a phone, and every control is large enough", () => assert.deepEqual(wrong.phone, []));
  test("no script fails, and nothing is refused", () => assert.deepEqual(wrong.console, []));

  test("nothing moves when the logo arrives, and it is seen on a dark page", async () => {
    let arrive;
    logo = new Promise((resolve) => (arrive = resolve));
    const context = await browser.newContext({ viewport: { width: 360, height: 800 }, colorScheme: "dark" });
    const pages = [];
    for (const name of names.filter((name) => name.includes("-logo."))) {
      const page = await context.newPage();
      await page.goto(`${origin}/page/${name}`, { waitUntil: "commit" });
      await page.locator("h1").waitFor();
      // The page has its looks before its logo.
      await page.waitForFunction(() =>
        [...document.querySelectorAll("link[rel=stylesheet]")].every((link) => link.sheet),
      );
      const before = await places(page);
      pages.push({ name, page, before });
    }
    assert.ok(pages.length >= 4, `${pages.length} pages`);
    arrive();
    for (const { name, page, before } of pages) {
      const image = page.locator("img.logo");
      await image.evaluate((image) => image.decode());
      assert.deepEqual(await places(page), before, name);
      assert.equal(await image.evaluate((image) => image.naturalWidth), 48, name);
      assert.equal(await image.evaluate((image) => getComputedStyle(image).backgroundColor), "rgb(255, 255, 255)", name);
    }
    await context.close();
  });
});

/** Where the parts of a page are. */
function places(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("header *, h1")].map((part) => {
      const { x, y, width, height } = part.getBoundingClientRect();
      return [part.tagName, x, y, width, height];
    }),
  );
}
