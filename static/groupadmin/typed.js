// What was typed into the forms of a page and is not saved yet (rule 5.9).

import { keepsDrafts } from "./drafts.js";

const TYPED_INTO = 'input:not([type="hidden"], [type="submit"], [type="button"]), select, textarea';
// Signing in is left freely, and so is what is typed or ticked only to answer a question or to choose rows.
const LEFT_FREELY = ".alone form, .outgoing, #bulk, form:has(.dialog-buttons .btn-danger), [data-left-freely]";
// What is written there is kept until one comes back, except for its files.
const KEPT = "form[data-outbox], #composer";
const SENT_FOR = 5_000;

// What each form held before anything was typed into it.
const before = new WeakMap();
// What scripts put into a form by themselves, nobody typed.
const touched = new WeakSet();
// Forms that came with what was typed: an answer to a mistake, for example.
const unsaved = new WeakSet();
let sent = null;

export const isWatched = (form) =>
  form?.getAttribute?.("method")?.toLowerCase() === "post" &&
  !form.matches(LEFT_FREELY) &&
  [...form.elements].some((element) => element.matches(TYPED_INTO));

function contentOf(form) {
  const isKept = keepsDrafts && form.matches(KEPT);
  const entries = [...new FormData(form)]
    .filter(([name, value]) => name !== "csrfmiddlewaretoken" && (!isKept || value instanceof File))
    .map(([name, value]) => [name, value instanceof File ? [value.name, value.size] : value]);
  return JSON.stringify(entries);
}

export function hasTyped(form) {
  if (!before.has(form) || !form.isConnected) return false;
  return unsaved.has(form) || (touched.has(form) && contentOf(form) !== before.get(form));
}

// The forms in which something would be lost; that which is on its way to the server is none of them.
export function formsTypedInto(place = document) {
  return formsIn(place).filter((form) => form !== sent && hasTyped(form));
}

export function forget(forms) {
  for (const form of forms) take(form);
}

function take(form, content = contentOf(form)) {
  before.set(form, content);
  unsaved.delete(form);
}

for (const kind of ["input", "change", "click"]) {
  const touch = ({ target }) => touched.add(target.form ?? target.closest?.("form") ?? target);
  document.addEventListener(kind, touch, true);
}

function formsIn(place) {
  const forms = [...(place.querySelectorAll?.("form") ?? []), ...(place.matches?.("form") ? [place] : [])];
  return forms.filter((form) => isWatched(form));
}

// Once the page's other scripts have made of its fields what they make of them.
document.addEventListener("DOMContentLoaded", () => {
  queueMicrotask(() => {
    for (const form of formsIn(document)) {
      if (!before.has(form)) take(form);
      if (isOfAnswer(form) || "unsaved" in form.dataset) unsaved.add(form);
    }
  });
});
// The page answers what was sent from this very form: something in it was wrong, or somebody else was faster.
function isOfAnswer(form) {
  const { pathname } = new URL(form.getAttribute("action") ?? "", location.href);
  return "answers" in document.body.dataset && pathname === location.pathname;
}
document.addEventListener("htmx:load", (event) => {
  queueMicrotask(() => formsIn(event.target).forEach((form) => before.has(form) || take(form)));
});
// htmx says that it has loaded a moment after one can type.
document.addEventListener("beforeinput", ({ target }) => {
  if (isWatched(target.form) && !before.has(target.form)) take(target.form);
});

// --- What is sent is saved, unless the answer says otherwise

const held = new WeakMap();
const formOf = ({ elt, requestConfig }) => {
  if (requestConfig.verb === "get") return null;
  return elt.matches("form") ? elt : elt.type === "submit" ? elt.form : null;
};

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const form = formOf(detail);
  if (form && before.has(form)) held.set(detail.xhr, contentOf(form));
});
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const form = formOf(detail);
  if (held.has(detail.xhr) && detail.xhr.status < 300) take(form, held.get(detail.xhr));
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (held.has(detail.xhr) && detail.xhr.status >= 400) formsIn(detail.elt).forEach((form) => unsaved.add(form));
});
window.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !before.has(event.target)) return;
  sent = event.target;
  // What is answered with a file leaves the page where it is.
  setTimeout(() => (sent = null), SENT_FOR);
});
window.addEventListener("pageshow", () => (sent = null));
