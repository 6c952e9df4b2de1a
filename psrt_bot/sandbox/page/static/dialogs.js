// The app's modals and our own confirmations, as native dialogs: they keep the focus inside.

let opener = null;

// An element as it stands now, if only under the same id.
export const same = (element) =>
  element.isConnected ? element : element.id ? document.getElementById(element.id) : null;

// After each look: open the dialog that has come, give the focus back when the last one has gone.
export function settleDialogs(app) {
  const dialog = app.querySelector("dialog[data-modal]");
  if (!dialog) {
    if (opener) ((opener !== document.body && same(opener)) || document.getElementById("line"))?.focus();
    opener = null;
    return;
  }
  if (dialog.open) {
    wrongField(dialog);
    // What had the focus is gone with the form that was: go on at the top of what has come instead.
    if (!dialog.contains(document.activeElement)) dialog.querySelector("#view-title").focus();
    return;
  }
  opener ||= document.body; // it was there when the page came
  dialog.showModal();
  firstField(dialog);
}

// Before each look: who has the focus when a dialog is about to come. At any other look it stays put.
export function rememberOpener(app, wanted) {
  if (!app.querySelector("dialog[data-modal]") && wanted.querySelector("dialog[data-modal]"))
    opener = document.activeElement;
}

export const forgetOpener = () => { opener = null; };

function firstField(dialog) {
  const wanted = dialog.querySelector("[data-focus]") ||
    dialog.querySelector(".content :is(input, textarea, select)") ||
    dialog.querySelector("#view-title");
  wanted.focus({ preventScroll: true });
}

function wrongField(dialog) {
  if (dialog.dataset.asked === undefined) return; // only right after a submission
  const wrong = dialog.querySelector(".wrong :is(input, textarea, select)");
  if (wrong) {
    delete dialog.dataset.asked;
    wrong.focus();
    wrong.closest(".wrong").scrollIntoView({ block: "nearest" });
  }
}

// Asks before a button with a confirm object is pressed. Its text comes escaped from the server.
export function confirmed(asked) {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  dialog.innerHTML =
    '<h2 id="confirm-title"></h2><div class="text"></div><footer><button type="button" value="no"></button><button type="button" value="yes"></button></footer>';
  const [no, yes] = dialog.querySelectorAll("button");
  dialog.querySelector("h2").textContent = asked.title;
  dialog.querySelector(".text").innerHTML = asked.html;
  no.textContent = asked.deny;
  yes.textContent = asked.confirm;
  yes.className = asked.style === "danger" ? "danger" : "primary";
  document.body.append(dialog);
  const before = document.activeElement;
  return new Promise((resolve) => {
    dialog.addEventListener("click", (event) => event.target.value && dialog.close(event.target.value));
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
    yes.focus();
  });
}
