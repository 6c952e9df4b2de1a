// What the browser tells, and what is done about it.

import { composerClick, composerKey, suggest } from "./composer.js";
import { settleDialogs } from "./dialogs.js";
import { act, choose, fault, foldMenu, press, pressOurs, submit } from "./doing.js";
import { listen } from "./live.js";
import { app, arrive, fold, go, look, narrow, noteScroll, reveal } from "./look.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-nav]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (link && plain) {
    event.preventDefault();
    go(link.href);
    return;
  }
  const button = event.target.closest("button");
  if (button?.dataset.press !== undefined) press(button);
  else if (button) pressOurs(button);
  composerClick(event.target);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});

// Elements that tell the app at once. A date is told when its field has come to rest: the browser calls
// every digit of a year a change. A text is told on Enter or on each character, as its block says.

const waiting = new WeakMap();
const RESTS = { date: 700, time: 700, "datetime-local": 700 };
const CHARACTERS = 250;

function chooseSoon(field, after) {
  clearTimeout(waiting.get(field));
  waiting.set(field, setTimeout(() => choose(field), after));
}

// Of radio buttons one is chosen among all: what the server says of the others no longer holds either.
function touch(field) {
  const group = field.type === "radio" ? field.closest("fieldset").querySelectorAll("input") : [field];
  for (const each of group) each.dataset.touched = "";
}

document.addEventListener("input", (event) => {
  const field = event.target;
  touch(field);
  if (field.id === "line") suggest();
  if (field.dataset.hoodWords !== undefined) filterSoon();
  if (field.dataset.tells === "character") chooseSoon(field, CHARACTERS);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  touch(field);
  if (field.dataset.fault) fault(field);
  if (field.dataset.hoodKind) filterSoon();
  if (field.dataset.tells === "choice") {
    if (RESTS[field.type]) chooseSoon(field, RESTS[field.type]);
    else choose(field);
  }
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.id === "line") composerKey(event);
  if (event.key === "Enter" && field.dataset?.tells === "enter" && !event.isComposing) {
    event.preventDefault(); // not the whole form
    choose(field);
  }
  if (event.key === "Escape") {
    const menu = field.closest?.("details.overflow[open]");
    if (menu) {
      event.preventDefault();
      foldMenu(menu);
    }
  }
});

// Escape in a modal is its Cancel: the app hears of it.
document.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog[data-modal]")) return;
  event.preventDefault();
  act("close", { view: event.target.dataset.view });
}, true);

document.addEventListener("toggle", async (event) => {
  const details = event.target;
  if (!details.open) return;
  if (details.closest("#messages")) reveal(details);
  if (!details.dataset.entry) return;
  const answer = await fetch(`/hood/${details.dataset.entry}`);
  details.querySelector("pre").textContent = await answer.text();
}, true);

document.getElementById("messages").addEventListener("scroll", noteScroll, { passive: true });

let filtering = 0;
function filterSoon() {
  clearTimeout(filtering);
  filtering = setTimeout(() => {
    const address = new URL(location.href);
    address.searchParams.set("words", document.getElementById("hood-words").value);
    const kinds = [...document.querySelectorAll("[data-hood-kind]:checked")].map((k) => k.dataset.hoodKind);
    address.searchParams.set("kinds", kinds.join(" "));
    go(address.href, true);
  }, 120);
}

window.addEventListener("popstate", () => look());

// Whether the browser has a picture for an emoji, or shows the same box for all it has none for.
function drawn(text) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 24, height: 24 });
  const brush = canvas.getContext("2d");
  brush.font = "16px sans-serif";
  brush.fillText(text, 2, 18);
  return canvas.toDataURL();
}
if (drawn("\u{1F389}") === drawn("\u{1F44B}")) document.documentElement.dataset.noEmoji = "";

// A window that is made narrow, or turned, folds what begins folded there.
narrow.addEventListener("change", () => {
  document.getElementById("places").open = !narrow.matches;
  fold(app);
});

fold(app);
settleDialogs(app);
arrive();
listen();
document.documentElement.dataset.ready = "";
