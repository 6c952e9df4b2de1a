// The composer: completes slash commands, shows their usage, sends on Enter.

const TALL = 160; // from here on the line scrolls
const line = () => document.getElementById("line");
const list = () => document.getElementById("commands");
const options = () => [...list().querySelectorAll("[role=option]")].filter((o) => !o.hidden);

export function suggest() {
  const box = line();
  if (!box) return;
  const typed = box.value;
  const starts = /^\/\S*$/.test(typed);
  for (const option of list().querySelectorAll("[role=option]"))
    option.hidden = !(starts && option.dataset.command.startsWith(typed));
  const found = options();
  unfold(found.length > 0);
  mark(found[0]);
  const whole = typed.split(/\s/)[0];
  const known = [...list().children].find((o) => o.dataset.command === whole);
  const usage = document.getElementById("usage");
  usage.textContent = !starts && known
    ? `${whole} ${known.querySelector(".usage").textContent} · ${known.querySelector("small").textContent} · Enter sends it`
    : "";
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, TALL)}px`;
  box.style.overflowY = box.scrollHeight > TALL ? "auto" : "";
}

function unfold(open) {
  list().hidden = !open;
  line().setAttribute("aria-expanded", String(open));
  if (!open) line().removeAttribute("aria-activedescendant");
}

function mark(option) {
  for (const each of list().children) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    line().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
}

function take(option) {
  const box = line();
  box.value = `${option.dataset.command} `;
  box.dataset.touched = "";
  suggest();
  box.focus();
}

export function composerKey(event) {
  if (event.isComposing) return;
  const open = !list().hidden;
  const marked = list().querySelector("[aria-selected=true]");
  const found = options();
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const step = event.key === "ArrowDown" ? 1 : found.length - 1;
    mark(found[(found.indexOf(marked) + step) % found.length]);
  } else if (open && event.key === "Escape") unfold(false);
  else if (open && marked && (event.key === "Tab" || event.key === "Enter")) {
    // Enter on a command that stands there whole sends it, as in Slack.
    if (event.key === "Enter" && marked.dataset.command === line().value) {
      unfold(false);
      line().form.requestSubmit();
    } else take(marked);
  } else if (event.key === "Enter" && !event.shiftKey) line().form.requestSubmit();
  else return;
  event.preventDefault();
}

export function composerClick(target) {
  const option = target.closest("#commands [role=option]");
  if (option) take(option);
  if (target.closest("#slash")) {
    if (!line().value.startsWith("/")) line().value = "/";
    line().dataset.touched = "";
    line().focus();
    suggest();
  }
}
