// Measures first loads of pages with an emulated network and processor, for `make bench-pages`. Reads what to load as
// JSON from standard input, and prints the measurements as JSON.

import { setTimeout } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { executable, launch } from "./chromium.mjs";

// Requests that begin so long after the contents are visible still belong to the first load, in milliseconds.
const AFTER = 1_000;
// What a browser does at its start must not delay the page.
const AFTER_START = 500;
// A load that takes longer fails.
const LIMIT = 60_000;

/** Runs in the page: resolves once the last of `count` elements is painted, to the time since the navigation. */
function watch({ selector, count }) {
  // Chromium runs no animation frame before the style sheets in the head are there.
  const isVisible = () => {
    const found = document.querySelectorAll(selector);
    return found.length >= count && found[count - 1].getClientRects().length > 0;
  };
  window.shown = new Promise((resolve) => {
    const look = () => {
      if (!isVisible()) return requestAnimationFrame(look);
      // A message is delivered after this frame is painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(null);
    };
    requestAnimationFrame(look);
  });
}

/** Counts the requests of a page, and their bytes as they are transferred, with headers. */
function traffic(devTools) {
  const counted = { requests: [], bytes: 0, failed: [] };
  const open = new Map();
  devTools.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (request.url.startsWith("data:")) return;
    counted.requests.push(new URL(request.url).pathname);
    open.set(requestId, request.url);
  });
  devTools.on("Network.responseReceived", ({ response }) => {
    // A page without an icon makes Chromium ask for this one; what comes back counts.
    const isIcon = new URL(response.url).pathname === "/favicon.ico";
    if (response.status >= 400 && !isIcon) counted.failed.push(`${response.status} ${response.url}`);
  });
  devTools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (open.delete(requestId)) counted.bytes += encodedDataLength;
  });
  devTools.on("Network.loadingFailed", ({ requestId, errorText }) => {
    if (open.has(requestId)) counted.failed.push(`${errorText} ${open.get(requestId)}`);
    open.delete(requestId);
  });
  return { counted, open };
}

async function emulate(devTools, { latency, download, upload, cpu }) {
  await devTools.send("Network.enable");
  await devTools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: download,
    uploadThroughput: upload,
  });
  await devTools.send("Emulation.setCPUThrottlingRate", { rate: cpu });
}

/** Loads a page in a new browser: a running one remembers, for example, that a site has no icon. */
async function load(page, network) {
  const browser = await launch();
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(LIMIT);
  await context.addInitScript((storage) => {
    for (const [name, value] of storage) sessionStorage.setItem(name, value);
  }, page.storage);
  await context.addInitScript(watch, { selector: page.selector, count: page.count });
  const tab = await context.newPage();
  const devTools = await context.newCDPSession(tab);
  const { counted, open } = traffic(devTools);
  for (const cookie of page.cookies) {
    const url = new URL("/", page.url).href;
    const { success } = await devTools.send("Network.setCookie", { ...cookie, url, path: "/", secure: true });
    if (!success) throw new Error(`${page.name}: the cookie is refused`);
  }
  await emulate(devTools, network);
  await setTimeout(AFTER_START);
  await tab.goto(page.url, { waitUntil: "commit" });
  const late = setTimeout(LIMIT, null, { ref: false });
  const rows = await Promise.race([tab.evaluate(() => window.shown), late]);
  if (rows === null) throw new Error(`${page.name}: not visible. ${counted.failed.join(", ")}`);
  await setTimeout(AFTER);
  for (const end = Date.now() + LIMIT; open.size > 0 && Date.now() < end; ) await setTimeout(20);
  const painted = await tab.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const found = await tab.evaluate(() => document.body.innerText);
  for (const text of page.texts) if (!found.includes(text)) throw new Error(`${page.name}: no ${text}`);
  if (counted.failed.length > 0) throw new Error(`${page.name}: ${counted.failed.join(", ")}`);
  await browser.close();
  const { requests, bytes } = counted;
  const shown = Math.max(rows, painted);
  return { browser: browser.version(), page: page.name, network: network.name, shown, painted, bytes, requests };
}

async function main() {
  if (!executable()) return { skipped: "no Chromium: install it, or set CHROMIUM" };
  const { rounds, networks, pages } = JSON.parse(await text(process.stdin));
  const loads = [];
  // The first round warms up the programs, and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    if (round > 0) console.error(`round ${round} of ${rounds}`);
    for (const network of networks) {
      for (const page of pages) {
        const one = await load(page, network);
        if (round > 0) loads.push(one);
      }
    }
  }
  return { loads };
}

console.log(JSON.stringify(await main()));
