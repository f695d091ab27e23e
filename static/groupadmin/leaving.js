// Nothing that was typed is lost without a question (rule 5.9): by a link, another form, "Cancel", the Esc key,
// something that htmx would exchange, or the browser's "Back". Only where the browser lets nobody else ask, when a
// tab is closed or loaded anew, it asks itself. Dialogs ask as they close (dialog.js).

import { ask, isCovered } from "./ask.js";
import "./keys.js";
import { forget, formsTypedInto, isWatched } from "./typed.js";

// Where one was typing.
let field = null;
document.addEventListener("focusin", ({ target }) => {
  if (isWatched(target.form) && !target.matches("button")) field = target;
});

// Whether what these forms hold may go. Asks only if there is something; who goes on is where they were.
export async function mayGo(forms) {
  if (!forms.length) return true;
  if ((await ask("discard-question")) === "discard") {
    forget(forms);
    return true;
  }
  if (forms.includes(field?.form)) field.focus();
  return false;
}

// Stops what would lose these forms; goes on with it once that is agreed to.
function holdUp(event, forms, goOn) {
  event.preventDefault();
  event.stopImmediatePropagation();
  mayGo(forms).then((may) => may && goOn());
}

// --- Links and other forms

window.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const isElsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || event.defaultPrevented || isElsewhere || link.target === "_blank" || link.hasAttribute("download")) return;
  const isHere = link.hash && link.href.split("#")[0] === location.href.split("#")[0];
  const forms = formsTypedInto();
  if (forms.length && !isHere && /^https?:$/.test(link.protocol)) holdUp(event, forms, () => link.click());
});

const SENT_BY_SCRIPT = "[hx-get], [hx-post], [data-outbox], #composer";

// Before anything else hears of it: signing out forgets what is kept.
window.addEventListener(
  "submit",
  (event) => {
    const { target, submitter } = event;
    if ([target, submitter].some((one) => one?.matches(SENT_BY_SCRIPT)) || target.getAttribute("method") === "dialog") return;
    const forms = formsTypedInto().filter((form) => form !== target);
    if (forms.length) holdUp(event, forms, () => target.requestSubmit(submitter));
  },
  true,
);

// --- What htmx exchanges

document.addEventListener(
  "htmx:confirm",
  (event) => {
    const { elt, target, verb, triggeringEvent } = event.detail;
    if (!["click", "submit"].includes(triggeringEvent?.type)) return;
    const isOwn = (form) => verb !== "get" && (form.contains(elt) || elt.form === form);
    const forms = formsTypedInto(target ?? undefined).filter((form) => !isOwn(form));
    if (!forms.length || elt.closest("[hx-swap]")?.getAttribute("hx-swap") === "none") return;
    const { type, submitter } = triggeringEvent;
    holdUp(event, forms, () => (type === "submit" ? elt.requestSubmit(submitter) : elt.click()));
  },
  true,
);

// --- Esc is "Cancel": the link before the button that sends the form

// What it has just closed was what it was for.
let wasCovered = false;
window.addEventListener("keydown", () => (wasCovered = isCovered()), true);
window.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || wasCovered || !event.target.isConnected) return;
  const form = event.target.closest?.("form");
  const isSearch = event.target.type === "search" && event.target.value;
  if (!isWatched(form) || isSearch) return;
  form.querySelector('a.btn:has(+ button:not([type="button"]))')?.click();
});

// --- The browser's own "Back"

// It would leave the page before anybody could ask. So a page that was typed into stands in the history twice: "Back"
// leads to itself first.
const isSecond = () => Boolean(history.state?.isSecond);
let wasSecond = isSecond();
let place = location.href;
let passes = 0;

function standTwice() {
  if (isCovered() || isSecond() || !formsTypedInto().length) return;
  history.pushState({ ...history.state, isSecond: true }, "");
  wasSecond = true;
  place = location.href;
}

// A way through the history that we take ourselves.
export function go(steps) {
  passes += 1;
  history.go(steps);
}

window.addEventListener(
  "popstate",
  (event) => {
    const isBack = wasSecond && !isSecond() && location.href === place;
    wasSecond = isSecond();
    if (passes) {
      passes -= 1;
      event.stopImmediatePropagation();
    } else if (isBack) {
      event.stopImmediatePropagation();
      goBack();
    }
  },
  true,
);

async function goBack() {
  const forms = formsTypedInto();
  if (!forms.length) return history.back();
  go(1);
  if (await mayGo(forms)) {
    // Over both of its places.
    wasSecond = false;
    history.go(-2);
  }
}

// --- Closing the tab, or loading it anew

const warn = (event) => {
  if (formsTypedInto().length) event.preventDefault();
};
// Only where something was typed: a page that listens cannot be kept in the browser's memory.
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!isWatched(event.target.form)) return;
    window.addEventListener("beforeunload", warn);
    standTwice();
  });
}
