// The page is what the server says it is: after each act, and whenever it tells of a change, it is
// asked for again and made to look like the answer. This script holds no state of the workspace.

import { composerClick, composerKey, suggest } from "./composer.js";
import { confirmed, forgetOpener, rememberOpener, settleDialogs } from "./dialogs.js";
import { morph, wantsDisabled } from "./morph.js";

const app = document.getElementById("app");
let shown = "";

// looking

let current = null;
let next = null;

// Resolves when the page shows what was true at the time of the call, or later.
function look() {
  if (!current) {
    current = fetchPage().finally(() => { current = null; });
    return current;
  }
  next ||= current.then(() => {
    next = null;
    return look();
  });
  return next;
}

async function fetchPage() {
  const before = location.href;
  const answer = await fetch(before, { headers: { "X-Shown": shown } }).catch(() => null);
  online(Boolean(answer));
  if (!answer || answer.status === 304 || !answer.ok) return;
  const text = await answer.text();
  if (location.href !== before) { // somebody went elsewhere meanwhile
    look();
    return;
  }
  shown = answer.headers.get("X-Shown") || "";
  if (answer.redirected && answer.url !== location.href) history.replaceState(null, "", answer.url);
  show(new DOMParser().parseFromString(text, "text/html"));
}

function show(page) {
  const next = page.getElementById("app");
  const moved = ["me", "place", "tab"].some((name) => app.dataset[name] !== next.dataset[name]);
  const messages = document.getElementById("messages");
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
  const focused = document.activeElement?.id;
  rememberOpener(app);
  if (moved) leave();
  morph(app, next);
  document.title = page.title;
  if (moved || atEnd) messages.scrollTop = messages.scrollHeight;
  settleDialogs(app);
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  if (moved) arrive();
}

// going from place to place

function leave() {
  forgetOpener();
  const line = document.getElementById("line");
  if (line) {
    line.value = "";
    delete line.dataset.touched;
  }
}

function arrive() {
  suggest();
  tellHome();
  app.querySelector("#places.fold")?.removeAttribute("open");
  if (!document.querySelector("dialog[open]") && matchMedia("(min-width: 700px)").matches)
    document.getElementById("line")?.focus();
}

async function go(address, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  await look();
}

function tellHome() {
  if (app.dataset.tab === "home") act("home", { place: app.dataset.place });
}

// doing

async function act(name, body = {}) {
  const answer = await fetch(`/as/${encodeURIComponent(app.dataset.me)}/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  online(Boolean(answer));
  const told = answer ? await answer.json().catch(() => ({})) : {};
  if (told.said) say(told.said);
  await look();
  return told;
}

const say = (text) => { document.getElementById("said").textContent = text; };

// A button does one thing at a time; what has the focus keeps it.
async function busily(button, doing) {
  if (button.getAttribute("aria-busy")) return;
  const focused = document.activeElement === button;
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  try {
    await doing();
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = wantsDisabled(button); // as the server says, see morph.js
    if (focused && button.isConnected && document.activeElement === document.body) button.focus();
  }
}

function typed(place) {
  const found = {};
  for (const field of place.querySelectorAll("[name]")) {
    if (field.name === "text") continue;
    found[field.name] ||= [];
    if (/^(checkbox|radio)$/.test(field.type) && !field.checked) continue;
    found[field.name].push(field.value);
  }
  return found;
}

const place = (target) => target.closest("[data-where]");

async function press(button) {
  if (button.dataset.confirm && !(await confirmed(JSON.parse(button.dataset.confirm)))) return;
  if (button.dataset.url) window.open(button.dataset.url, "_blank", "noopener,noreferrer");
  const at = place(button);
  button.closest("details.overflow")?.removeAttribute("open");
  await busily(button, () => act("press", {
    where: at.dataset.where, name: button.dataset.press, option: button.dataset.option, typed: typed(at),
  }));
}

const ACTS = {
  clock: (button) => act("clock", { by: button.dataset.by }),
  jump: () => act("jump"),
  tour: (button) => act("tour", { go: button.dataset.go }),
  join: () => act("join", { place: app.dataset.place }),
  dismiss: (button) => act("dismiss", { ts: button.dataset.ts }),
  close: (button) => act("close", { view: button.closest("dialog").dataset.view }),
};

async function submit(form) {
  if (form.dataset.submit) {
    const dialog = form.closest("dialog");
    dialog.dataset.asked = "";
    const button = form.querySelector("#view-submit");
    if (button) await busily(button, () => act("submit", { view: form.dataset.submit, typed: typed(form) }));
  } else if (form.dataset.check) {
    await act("check", { file: form.dataset.check, text: form.elements.text.value });
  } else if (form.dataset.say !== undefined) await send(form);
}

async function send(form) {
  const field = form.elements.text;
  const text = field.value.trim();
  if (!text || form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  field.value = "";
  suggest();
  const told = await act("say", { place: app.dataset.place, thread: form.dataset.say, text });
  form.removeAttribute("aria-busy");
  if (told.kept && !field.value) field.value = text;
  delete field.dataset.touched;
}

// listening

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
  else if (button && ACTS[button.dataset.act]) busily(button, () => ACTS[button.dataset.act](button));
  composerClick(event.target);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});

document.addEventListener("input", (event) => {
  event.target.dataset.touched = "";
  if (event.target.id === "line") suggest();
  if (event.target.dataset.hoodWords !== undefined) filterSoon();
});

document.addEventListener("change", async (event) => {
  const field = event.target;
  if (field.dataset.fault) {
    await act("fault", { name: field.dataset.fault, on: field.checked });
    delete field.dataset.touched; // not earlier: a look at that moment would turn it back
  }
  if (field.dataset.hoodKind) filterSoon();
  if (field.dataset.tells === undefined) return;
  if (field.dataset.confirm && !(await confirmed(JSON.parse(field.dataset.confirm)))) return;
  const at = place(field);
  act("choose", { where: at.dataset.where, name: field.name, typed: typed(at) });
});

document.addEventListener("keydown", (event) => {
  if (event.target.id === "line") composerKey(event);
});

// Escape in a modal is its Cancel: the app hears of it.
document.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog[data-modal]")) return;
  event.preventDefault();
  act("close", { view: event.target.dataset.view });
}, true);

document.addEventListener("toggle", async (event) => {
  const key = event.target.dataset?.entry;
  if (!key || !event.target.open) return;
  const answer = await fetch(`/hood/${key}`);
  event.target.querySelector("pre").textContent = await answer.text();
}, true);

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

// being told

let patience = 250;
function online(is) { document.getElementById("offline").hidden = is; }

function listen() {
  const socket = new WebSocket(`ws://${location.host}/live`);
  socket.onopen = () => {
    patience = 250;
    look();
  };
  socket.onmessage = () => look();
  socket.onclose = () => {
    online(false);
    setTimeout(listen, patience);
    patience = Math.min(patience * 2, 4000);
  };
}

const messages = document.getElementById("messages");
messages.scrollTop = messages.scrollHeight;
settleDialogs(app);
if (matchMedia("(max-width: 699px)").matches) {
  const places = document.getElementById("places");
  places.removeAttribute("open");
}
arrive();
listen();
document.documentElement.dataset.ready = "";
