// One Chromium for all tests of a file.

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

export async function launch() {
  const executablePath = executable();
  // Chromium's sandbox does not work for root.
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...QUIET, ...root] });
}
