// Looking: the page is what the server says it is. It is asked for again after each act, and whenever
// the server tells of a change, and made to look like the answer. No state of the workspace is held here.

import { suggest } from "./composer.js";
import { forgetOpener, rememberOpener, same, settleDialogs } from "./dialogs.js";
import { morph } from "./morph.js";

export const app = document.getElementById("app");
export const narrow = matchMedia("(max-width: 699px)");
let shown = "";
let current = null;
let next = null;
let going = 0;
let followed = true; // whether the conversation stands at its end, and is to stay there

// Says on <html> whether something is under way: an act, or a look.
export async function working(doing) {
  going += 1;
  document.documentElement.dataset.working = "";
  try {
    return await doing;
  } finally {
    going -= 1;
    if (!going) delete document.documentElement.dataset.working;
  }
}

// Resolves when the page shows what was true at the time of the call, or later.
export function look() {
  if (!current) {
    current = working(fetchPage()).finally(() => { current = null; });
    return current;
  }
  next ||= current.catch(() => {}).then(() => { // a look that failed keeps none from looking again
    next = null;
    return look();
  });
  return next;
}

// For what the reader alone has changed, and the server does not: the whole page is shown again.
export function lookAnew() {
  shown = "";
  return look();
}

export function online(is) { document.getElementById("offline").hidden = is; }

async function fetchPage() {
  const before = location.href;
  const answer = await fetch(before, { headers: { "X-Shown": shown } }).catch(() => null);
  online(Boolean(answer));
  if (!answer || answer.status === 304 || !answer.ok) return;
  const text = await answer.text().catch(() => null);
  if (text === null) return online(false);
  if (location.href !== before) { // somebody went elsewhere meanwhile
    look();
    return;
  }
  shown = answer.headers.get("X-Shown") || "";
  if (answer.redirected && answer.url !== location.href) history.replaceState(null, "", answer.url);
  show(new DOMParser().parseFromString(text, "text/html"));
}

function show(page) {
  const wanted = page.getElementById("app");
  if (!wanted) { // the workspace is being prepared anew: that page comes back by itself
    location.reload();
    return;
  }
  const moved = ["me", "place", "tab"].some((name) => app.dataset[name] !== wanted.dataset[name]);
  const focused = document.activeElement;
  rememberOpener(app, wanted);
  if (moved) leave();
  fold(wanted);
  morph(app, wanted);
  document.title = page.title;
  if (moved) followed = true;
  follow();
  // What was moved, or made anew under the same id, has lost the focus.
  if (document.activeElement === document.body) same(focused)?.focus();
  settleDialogs(app);
  if (moved) arrive();
}

// the conversation's end

const messages = () => document.getElementById("messages");

function follow() {
  const list = messages();
  if (followed) list.scrollTop = list.scrollHeight;
}

export function noteScroll() {
  const list = messages();
  followed = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
}

// Unfolded by the reader: it is to be seen, not the end.
export function reveal(element) {
  followed = false;
  element.scrollIntoView({ block: "nearest" });
  noteScroll();
}

export function pointed() {
  const key = location.hash.slice(1);
  const row = key && (document.getElementById(key) || document.getElementById(`t${key}`));
  if (!row) return;
  for (let each = row.parentElement; each; each = each.parentElement)
    if (each.localName === "details") each.open = true;
  for (const other of app.querySelectorAll(".pointed")) other.classList.remove("pointed");
  row.classList.add("pointed");
  reveal(row);
}

// Where there is little room, some things begin folded.
export function fold(within) {
  if (!narrow.matches) return;
  for (const each of within.querySelectorAll("details[data-narrow-folded]")) each.removeAttribute("open");
}

// going from place to place

function leave() {
  forgetOpener();
  const line = document.getElementById("line");
  if (line) {
    line.value = "";
    delete line.dataset.touched;
  }
  // What somebody wrote in one place, or as one person, is not to stand before another.
  for (const field of app.querySelectorAll("[data-touched]")) delete field.dataset.touched;
}

let onArrival = () => {};
export const whenArrived = (does) => { onArrival = does; };

export function arrive() {
  suggest();
  onArrival();
  if (narrow.matches) document.getElementById("places").removeAttribute("open");
  else if (!document.querySelector("dialog[open]")) document.getElementById("line")?.focus();
  pointed();
}

export async function go(address, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  await look();
  pointed();
}

new ResizeObserver(follow).observe(messages());
