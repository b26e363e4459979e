// The Content-Security-Policy of the pages, enforced by browsers: our style sheets and our script load under it, and
// nothing else does. Bug D36 of similar systems: hashes for files of other addresses, which browsers do not support
// alike.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firefox } from "playwright-core";
import { executable, launch } from "./chromium.mjs";
import { hub, newRegistration, signIn } from "./hub.mjs";

/** Collects the violations of a page, as its events and its console report them. */
async function watched(browser) {
  const context = await browser.newContext({ locale: "en-US" });
  const found = [];
  await context.exposeFunction("noteViolation", (violation) => found.push(violation));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      window.noteViolation(`${event.violatedDirective}: ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (/content.security.policy/i.test(message.text())) found.push(message.text());
  });
  page.on("pageerror", (error) => found.push(`script failed: ${error}`));
  return { page, found };
}

/** Whether both style sheets of a page have rules, and what one of the rules does. */
function styled(page) {
  return page.evaluate(() => ({
    sheets: [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0),
    position: getComputedStyle(document.querySelector("a.skip")).position,
  }));
}

const STYLED = { sheets: [true, true], position: "absolute" };

async function check(launched) {
  const browser = await launched;
  try {
    const { page, found } = await watched(browser);
    const { registration } = await newRegistration();
    await page.goto(registration.connect_url);
    assert.deepEqual(await styled(page), STYLED);
    // The script shows the buttons that need it.
    await page.locator("[data-copy]:not([hidden])").first().waitFor({ state: "attached" });
    // A whole visit, with forms and a part that updates itself.
    await signIn(page);
    await page.getByRole("link", { name: "New group" }).first().click();
    await page.getByLabel("Name").fill(`Policy ${Date.now()}`);
    await page.getByRole("button", { name: "Create group" }).click();
    await page.getByRole("link", { name: "Add AWS account" }).first().waitFor();
    assert.deepEqual(await styled(page), STYLED);
    assert.deepEqual(found, []);

    // The control: the policy stops what a page must not contain, and this test sees it.
    const injected = await page.evaluate(() => {
      const style = document.createElement("style");
      style.textContent = "body { display: none }";
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      const image = new Image();
      image.src = "https://evil.example/x.png";
      document.body.append(style, script, image);
      return { ran: window.injected === true, display: getComputedStyle(document.body).display };
    });
    assert.equal(injected.ran, false);
    assert.notEqual(injected.display, "none");
    for (const directive of ["style-src", "script-src", "img-src"]) {
      for (const end = Date.now() + 10_000; !found.some((it) => it.includes(directive)); ) {
        assert.ok(Date.now() < end, `no violation of ${directive}: ${found}`);
        await page.waitForTimeout(50);
      }
    }
  } finally {
    await browser.close();
  }
}

test("style sheets and script take effect in Chromium", {
  skip: executable() ? false : "no Chromium is installed; set CHROMIUM",
}, () => check(launch()));

// Playwright drives its own build of Firefox only, which no Debian package has.
test("style sheets and script take effect in Firefox", {
  skip: process.env.FIREFOX ? false : "no Firefox of Playwright is installed; set FIREFOX",
}, () => check(firefox.launch({ executablePath: process.env.FIREFOX })));
