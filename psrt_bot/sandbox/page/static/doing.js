// Doing: what people press, choose, write and submit goes to the server; then the page looks again.

import { confirmed } from "./dialogs.js";
import { app, go, look, lookAnew, online, reveal, whenArrived, working } from "./look.js";
import { forgetWish, wantsDisabled } from "./morph.js";
import { suggest } from "./composer.js";

export const act = (name, body = {}) => working(acted(name, body));

async function acted(name, body) {
  const answer = await fetch(`/as/${encodeURIComponent(app.dataset.me)}/do/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => null);
  online(Boolean(answer));
  const told = answer ? await answer.json().catch(() => ({})) : {};
  if (told.said) document.getElementById("said").textContent = told.said;
  await look();
  return told;
}

whenArrived(() => {
  if (app.dataset.tab === "home") act("home", { place: app.dataset.place });
});

// A button does one thing at a time. It keeps the focus: aria-disabled, as `disabled` would lose it.
async function busily(button, doing) {
  if (button.getAttribute("aria-disabled") === "true") return;
  forgetWish(button);
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    await doing();
  } finally {
    button.removeAttribute("aria-busy");
    if (!wantsDisabled(button)) button.removeAttribute("aria-disabled"); // as the server says, see morph.js
  }
}

function typed(place) {
  const found = {};
  for (const field of place.querySelectorAll("[name]")) {
    if (field.name === "text") continue;
    if (field.closest("[data-where]") !== place.closest("[data-where]")) continue; // of a reply in there
    found[field.name] ||= [];
    if (/^(checkbox|radio)$/.test(field.type) && !field.checked) continue;
    found[field.name].push(field.value);
  }
  return found;
}

const asked = async (element) => !element.dataset.confirm || confirmed(JSON.parse(element.dataset.confirm));

// A menu that closes gives the focus to what opened it.
export function foldMenu(menu) {
  if (!menu) return;
  menu.removeAttribute("open");
  menu.querySelector("summary").focus();
}

export async function press(button) {
  if (!(await asked(button)) || !button.isConnected) return; // it changed under the question
  const address = button.dataset.url;
  if (address?.startsWith("/")) go(address);
  else if (address) window.open(address, "_blank", "noopener,noreferrer");
  const at = button.closest("[data-where]");
  foldMenu(button.closest("details.overflow"));
  await busily(button, () => act("press", {
    where: at.dataset.where,
    name: button.dataset.press,
    action: button.dataset.action,
    option: button.dataset.option,
    typed: typed(at),
  }));
}

// An element that tells the app at once what was chosen in it.
export async function choose(field) {
  const at = field.closest("[data-where]");
  if (!at) return; // it is gone since it was touched
  if (!(await asked(field))) {
    for (const same of at.querySelectorAll(`[name="${field.name}"]`)) delete same.dataset.touched;
    await lookAnew(); // back to what was chosen before
    return;
  }
  await act("choose", { where: at.dataset.where, name: field.name, typed: typed(at) });
}

const ACTS = {
  clock: (button) => act("clock", { by: button.dataset.by }),
  jump: () => act("jump"),
  tour: (button) => act("tour", { go: button.dataset.go }),
  join: () => act("join", { place: app.dataset.place }),
  dismiss: (button) => act("dismiss", { ts: button.dataset.ts }),
  close: (button) => act("close", { view: button.closest("dialog").dataset.view }),
};

export function pressOurs(button) {
  const does = ACTS[button.dataset.act];
  if (does) busily(button, () => does(button));
}

export async function fault(box) {
  await act("fault", { name: box.dataset.fault, on: box.checked });
  delete box.dataset.touched; // not earlier: a look at that moment would turn it back
}

export async function submit(form) {
  if (form.dataset.submit) {
    form.closest("dialog").dataset.asked = "";
    const button = form.querySelector("#view-submit");
    if (button) await busily(button, () => act("submit", { view: form.dataset.submit, typed: typed(form) }));
  } else if (form.dataset.check) {
    await act("check", { file: form.dataset.check, text: form.elements.text.value });
    const result = form.querySelector(".result");
    if (result) reveal(result);
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
  if (!field.value) delete field.dataset.touched; // else somebody has gone on writing
}
