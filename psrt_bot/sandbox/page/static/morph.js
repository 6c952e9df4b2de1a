// Makes an element look like another one and leaves alone what people have in hand: what they
// typed, what they unfolded, where the focus is. Children with an id keep their identity.

const disabled = new WeakMap(); // of buttons: whether the server wants them disabled
export const wantsDisabled = (button) => disabled.get(button) || false;
export const forgetWish = (button) => disabled.delete(button);

const isField = (el) => el.matches("input, textarea, select");

export function morph(from, to) {
  attributes(from, to);
  if (from.hasAttribute("data-keep")) return;
  if (isField(from)) return field(from, to);
  children(from, to);
}

function attributes(from, to) {
  const kept = ["data-touched", "data-asked"]; // the reader's, see main.js and dialogs.js
  kept.push(...(from.getAttribute("data-keep-attrs") || "").split(" "));
  if (from.hasAttribute("aria-busy")) {
    kept.push("aria-busy", "aria-disabled");
    disabled.set(from, to.hasAttribute("aria-disabled"));
  }
  if (from.hasAttribute("data-keep")) kept.push("hidden");
  // Folding is the reader's; a dialog is opened by script.
  if (from.localName === "details" || from.localName === "dialog") kept.push("open");
  for (const { name, value } of to.attributes)
    if (!kept.includes(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const { name } of [...from.attributes])
    if (!kept.includes(name) && !to.hasAttribute(name)) from.removeAttribute(name);
}

function field(from, to) {
  if (from.dataset.touched !== undefined) return; // typed by somebody since the server sent it
  if (from.type === "checkbox" || from.type === "radio") from.checked = to.checked;
  else if (from.localName === "select") {
    children(from, to);
    from.value = to.value;
  } else if (from !== document.activeElement && from.value !== to.value) from.value = to.value;
}

function children(from, to) {
  const byId = new Map();
  for (const child of from.children) if (child.id) byId.set(child.id, child);
  const stays = new Set([...to.children].map((child) => child.id).filter(Boolean));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const known = wanted.id ? byId.get(wanted.id) : null;
    let match = known && alike(known, wanted) ? known : null;
    if (!match && at && !at.id && !wanted.id && alike(at, wanted)) match = at;
    if (!match) {
      from.insertBefore(wanted, at); // moved over from the parsed page
      continue;
    }
    // What goes, goes first: an element that is moved loses focus, scroll and, a dialog, its modality.
    while (match === known && at && at !== match && !stays.has(at.id)) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    if (match === at) at = at.nextSibling;
    else from.insertBefore(match, at);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted);
    else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && a.id === b.id;
