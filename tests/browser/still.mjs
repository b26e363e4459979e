// What a page shows. For pictures, it looks the same each time: IDs, addresses and times of a run are replaced.

import { hub } from "./hub.mjs";

const HEX = "5d1f0c9ab27e43868f12c0de94a7b650";

const REPLACED = [
  [/\b(acc|grp|reg|stk)_[0-9a-f]{32}\b/.source, `$1_${HEX}`],
  // The end of the names that CloudFormation gives to roles and instance profiles.
  [/(Role|Profile)-[0-9A-F]{13}\b/.source, "$1-4T1F0C9AB27E4"],
  [/\brolecall-[0-9a-f]{12}\b/.source, `rolecall-${HEX.slice(0, 12)}`],
  [/\b[0-9a-f]{64}\b/.source, HEX + HEX],
];

/** Replaces what changes from run to run, until the returned function is called. */
export async function still(page) {
  await page.evaluate(hold, { replaced: REPLACED, origin: hub.console_url });
  return () => page.evaluate(() => globalThis.release?.());
}

function hold({ replaced, origin }) {
  const undo = [];
  const patterns = replaced.map(([source, by]) => [new RegExp(source, "g"), by]);
  const fixed = (text) => {
    let shown = text.replaceAll(origin, "https://console.example.com");
    for (const [pattern, by] of patterns) shown = shown.replace(pattern, by);
    // A page token is long. Its start is enough to know it.
    return shown.replace(/(\/(?:connect|customer)\/)[\w.~-]+/g, `$1reg_5d1f0c9ab27e4386…`);
  };
  const language = document.documentElement.lang;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const time of document.querySelectorAll("time")) {
    const text = time.textContent;
    const isPast = new Date(time.dateTime) < Date.now();
    time.textContent = isPast ? relative.format(-1, "minute") : relative.format(1, "hour");
    undo.push(() => { time.textContent = text; });
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const [text, shown] = [node.nodeValue, fixed(node.nodeValue)];
    if (shown === text) continue;
    const changed = node;
    changed.nodeValue = shown;
    undo.push(() => { changed.nodeValue = text; });
  }
  for (const field of document.querySelectorAll("input, textarea")) {
    const [text, shown] = [field.value, fixed(field.value)];
    if (shown === text) continue;
    field.value = shown;
    undo.push(() => { field.value = text; });
  }
  globalThis.release = () => {
    for (const step of undo.reverse()) step();
    delete globalThis.release;
  };
}

/** The words of parts of a page, without the space between them. What is typed belongs to them. */
export async function words(parts) {
  const lines = [];
  for (const part of parts) {
    const text = await part.evaluate((element) => {
      const typed = [...element.querySelectorAll("input:not([type=hidden]), textarea, select")];
      return [element.innerText, ...typed.map((field) => field.value)].join("\n");
    });
    lines.push(...text.split("\n").map((line) => line.trim()).filter(Boolean));
  }
  return lines;
}

/** The error, and what its pages show, because they are gone when it is read. */
export async function withPage(error, contexts) {
  let shown = error.message;
  for (const page of contexts.flatMap((context) => context.pages())) {
    const lines = await words([page.locator("body")]).catch(() => []);
    shown += `\n\n${page.url()}\n${lines.map((line) => `    ${line}\n`).join("")}`;
  }
  return new Error(shown, { cause: error });
}
