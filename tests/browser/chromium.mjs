// The browser: one Chromium for all tests.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const INSTALLED = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

// Nothing but loopback is asked for, and nothing is looked up or updated.
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

/** The path of the browser: CHROMIUM, or an installed one. Undefined if there is none. */
export function executable() {
  return process.env.CHROMIUM ?? INSTALLED.find((path) => existsSync(path));
}

const options = () => ({
  executablePath: executable(),
  // Chromium's sandbox does not work for root.
  args: [...QUIET, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});

/** Starts a browser for several processes, which find it through ROLECALL_BROWSER. */
export async function serve() {
  const server = await chromium.launchServer(options());
  process.env.ROLECALL_BROWSER = server.wsEndpoint();
  return server;
}

/** The browser that run.mjs started, or a new one. */
export function launch() {
  const shared = process.env.ROLECALL_BROWSER;
  return shared ? chromium.connect(shared) : chromium.launch(options());
}
