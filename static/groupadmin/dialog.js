// Dialogs: forms that htmx brings over the page that one is on (rule 5.9).

import { remember } from "./focus.js";
import { go, mayGo } from "./leaving.js";
import { formsTypedInto } from "./typed.js";

const place = document.getElementById("dialog");
let findOpener = null;
let cameFrom = "";
let isOnStep = false;

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (place.firstElementChild) return;
  cameFrom = location.href;
  if (detail.target === place) findOpener = remember(detail.elt);
});

// A dialog that htmx brought is shown. It has a step of its own in the history, so that "Back" closes it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== place) return;
  const element = place.querySelector(".modal");
  if (!element) return;
  // Bootstrap would listen to no key during a movement that somebody who asked for less does not even see.
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) element.classList.remove("fade");
  const dialog = bootstrap.Modal.getOrCreateInstance(element);
  if (!isOnStep && location.href === cameFrom) history.pushState({ htmx: true }, "");
  isOnStep = true;
  element.addEventListener("hide.bs.modal", (event) => {
    const forms = formsTypedInto(element);
    if (!forms.length) return;
    event.preventDefault();
    mayGo(forms).then((may) => may && dialog.hide());
  });
  element.addEventListener("hidden.bs.modal", () => {
    const added = element.querySelector("input[data-added]");
    dialog.dispose();
    place.replaceChildren();
    if (added) location.replace(cameFrom);
    else if (isOnStep) go(-1);
    isOnStep = false;
    (findOpener?.() ?? document.getElementById("content"))?.focus();
  });
  element.addEventListener("shown.bs.modal", () => element.querySelector("[autofocus]")?.focus());
  dialog.show();
});

const shown = () => {
  const element = place.querySelector(".modal");
  return element && bootstrap.Modal.getInstance(element);
};

// "Back" has left the dialog's step already; while something would be lost, it comes to stand there again.
window.addEventListener(
  "popstate",
  (event) => {
    const dialog = shown();
    if (!dialog) return;
    event.stopImmediatePropagation();
    isOnStep = formsTypedInto(place).length > 0;
    if (isOnStep) go(1);
    dialog.hide();
  },
  true,
);

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-close-dialog]")?.closest(".modal");
  if (!dialog) return;
  event.preventDefault();
  bootstrap.Modal.getInstance(dialog)?.hide();
});

// After a mistake the first field with one has the focus.
document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.detail.elt;
  if (form.id !== "group-form") return;
  const focus = form.querySelector("[data-focus]") ?? form.querySelector('[aria-invalid="true"]:not(.picker > textarea)');
  (focus ?? form.querySelector('[name="name"]'))?.focus();
});

// A mistake is marked until one mends it; whether it is mended says the server.
document.addEventListener("input", (event) => {
  const field = event.target.closest(".dialog .field");
  if (!field || !field.querySelector("[aria-invalid]")) return;
  for (const control of field.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  field.querySelector(".invalid-feedback")?.remove();
});
