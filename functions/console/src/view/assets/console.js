// What makes the pages pleasant where script runs: parts that update themselves, copy buttons, relative
// times, dialogs before what can't be undone, and buttons that can't be pressed twice. Every page works
// without it.

const every = (selector, inside = document) => inside.querySelectorAll(selector);
const language = document.documentElement.lang;

// Times relative to now, with the exact local time as a tooltip.
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });
const short = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

function showTimes(inside = document) {
  for (const time of every("time[data-relative]", inside)) {
    const at = new Date(time.dateTime);
    const seconds = (at - Date.now()) / 1000;
    const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    const old = Math.abs(seconds) > 7 * 86400;
    time.textContent = old ? short.format(at) : relative.format(Math.trunc(seconds / size), unit);
    time.title = exact.format(at);
  }
}

// Copy buttons.
function showCopyButtons(inside = document) {
  for (const button of every("[data-copy]", inside)) button.hidden = false;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const selection = getSelection();
    selection.selectAllChildren(source);
    return;
  }
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  announce(button.dataset.copied);
  setTimeout(() => { button.textContent = label; }, 2000);
}

// One region of the page tells what changed.
function announce(text) {
  const region = document.querySelector("[data-announce]");
  if (region) region.textContent = text;
}

// The part that updates itself: every few seconds, less often when the page is hidden or the answer fails,
// and not at all once the part no longer asks for it.
let failures = 0;
let timer;

function schedule() {
  const part = document.querySelector("[data-update]");
  clearTimeout(timer);
  if (!part) return;
  const base = "slow" in part.dataset ? 30 : 3;
  const seconds = base * (document.hidden ? 10 : 1) * 2 ** Math.min(failures, 4);
  timer = setTimeout(update, seconds * 1000);
}

async function update() {
  const part = document.querySelector("[data-update]");
  if (!part) return;
  try {
    const response = await fetch(part.dataset.update, { headers: { accept: "text/html" }, redirect: "error" });
    if (response.status === 401 || response.status === 404) { location.reload(); return; }
    if (!response.ok) throw new Error(response.statusText);
    replace(part, await response.text());
    failures = 0;
  } catch {
    failures += 1;
  }
  schedule();
}

function replace(part, text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
  // Someone who is reading or selecting inside an unchanged part is not disturbed.
  if (!fresh || fresh.dataset.state === part.dataset.state) return;
  const hadFocus = part.contains(document.activeElement);
  part.replaceWith(fresh);
  enhance(fresh);
  const heading = fresh.querySelector("h2");
  if (heading) {
    announce(heading.textContent);
    if (hadFocus) { heading.tabIndex = -1; heading.focus(); }
  }
}

// Back to the operator's product, after a moment in which the customer can stay by using the page.
function returnSoon(inside) {
  const link = inside.querySelector("[data-return]");
  if (!link) return;
  const note = inside.querySelector("[data-return-note]");
  if (note) note.hidden = false;
  const leave = setTimeout(() => location.assign(link.href), Number(link.dataset.return) * 1000);
  const stay = () => { clearTimeout(leave); if (note) note.hidden = true; };
  for (const event of ["keydown", "pointerdown"]) addEventListener(event, stay, { once: true });
}

// The paste form opens by itself after minutes of silence.
function openWhenQuiet() {
  const paste = document.querySelector("[data-quiet]");
  if (!paste) return;
  setTimeout(() => {
    const waits = document.querySelector('#live[data-state="waiting"]');
    if (waits) paste.open = true;
  }, Number(paste.dataset.quiet) * 1000);
}

// A confirmation page as a dialog on this page.
async function confirmHere(link) {
  const response = await fetch(link.href, { headers: { accept: "text/html" } });
  if (!response.ok || response.redirected) { location.assign(link.href); return; }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = page.querySelector("[data-confirm]");
  if (!content) { location.assign(link.href); return; }
  const dialog = document.createElement("dialog");
  const title = content.querySelector("h1, h2");
  if (title) { title.id = "dialog-title"; dialog.setAttribute("aria-labelledby", title.id); }
  dialog.append(content);
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  dialog.querySelector("[data-cancel]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  enhance(dialog);
  dialog.showModal();
}

// A second press while the first is under way does nothing.
function submitOnce(event) {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  for (const button of every("button", form)) button.setAttribute("aria-disabled", "true");
}

// A page from the back-forward cache can be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of every("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of every("button", form)) button.removeAttribute("aria-disabled");
  }
});

function enhance(inside) {
  showTimes(inside);
  showCopyButtons(inside);
  returnSoon(inside);
}

addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  const link = event.target.closest("a[data-dialog]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (link && plain) { event.preventDefault(); confirmHere(link); }
  for (const open of every("details.person[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
addEventListener("submit", submitOnce);
document.addEventListener("visibilitychange", () => { if (!document.hidden) update(); });
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of every("details.person[open]")) { open.open = false; open.querySelector("summary").focus(); }
});

enhance(document);
document.querySelector("[data-focus]")?.focus();
openWhenQuiet();
schedule();
setInterval(showTimes, 30000);
