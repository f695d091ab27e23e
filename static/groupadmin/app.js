// What every page needs beyond htmx and Bootstrap. Pages work without it.

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  document.documentElement.dataset.bsTheme = theme;
});

// Why the server refused, in the words of the page that it answers whole pages with.
function reasonIn(answer) {
  if (!answer?.getResponseHeader("Content-Type")?.startsWith("text/html")) return "";
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const heading = page.querySelector("h1:has(+ p)");
  return heading ? `${heading.textContent.trim()}. ${heading.nextElementSibling.textContent.trim()}` : "";
}

// A request that got no usable answer is said, not swallowed.
function tellFailure(event) {
  if (event.detail.elt?.id === "bell") return;
  const place = document.getElementById("failures");
  const alert = document.getElementById("failure-message").content.cloneNode(true);
  alert.querySelector("span").textContent = reasonIn(event.detail.xhr) || place.dataset.message;
  place.replaceChildren(alert);
}
document.addEventListener("htmx:sendError", tellFailure);
document.addEventListener("htmx:responseError", tellFailure);
document.addEventListener("htmx:timeout", tellFailure);

// Characters as a person counts them, beside the field that they are typed into.
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
function count(field) {
  const counter = document.getElementById(field.dataset.counter);
  if (!counter) return;
  const typed = [...segmenter.segment(field.value.trim())].length;
  counter.querySelector("[data-count]").textContent = typed;
  counter.classList.toggle("over", typed > Number(field.dataset.most));
}
document.addEventListener("input", (event) => {
  if (event.target.dataset.counter) count(event.target);
});

// A dialog that htmx brought is shown; closing it empties its place and restores the address.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "dialog") return;
  const element = event.target.querySelector(".modal");
  if (!element) return;
  // Bootstrap would listen to no key during a movement that somebody who asked for less does not even see.
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) element.classList.remove("fade");
  const dialog = bootstrap.Modal.getOrCreateInstance(element, { backdrop: "static" });
  // The escape key closes it only as long as nothing would be lost; "Cancel" always does.
  let isTouched = false;
  for (const kind of ["input", "change"]) element.addEventListener(kind, () => (isTouched = true));
  element.addEventListener("hide.bs.modal", (event) => {
    if (isTouched && !("isCancelled" in element.dataset)) event.preventDefault();
  });
  element.addEventListener("hidden.bs.modal", () => {
    const added = element.querySelector("[data-added]");
    dialog.dispose();
    event.target.replaceChildren();
    const cameFrom = event.target.dataset.cameFrom;
    if (added && cameFrom) location.assign(cameFrom);
    else if (cameFrom) history.replaceState(null, "", cameFrom);
  });
  element.addEventListener("shown.bs.modal", () => element.querySelector("[autofocus]")?.focus());
  dialog.show();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const place = document.getElementById("dialog");
  if (event.detail.target === place && !place.firstElementChild) place.dataset.cameFrom = location.href;
});

// Whoever had the focus in what htmx has exchanged goes on in its place, at what says so; where nothing is left
// of it, at what the page says.
let hadFocus = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { shouldSwap, target } = event.detail;
  hadFocus = shouldSwap && target.id !== "bell" && target.contains(document.activeElement);
});
function passFocus(place) {
  if (!hadFocus) return;
  hadFocus = false;
  if (![document.body, null].includes(document.activeElement)) return;
  const next = place?.querySelector?.("[data-takes-focus]");
  (next ?? document.querySelector("[data-takes-focus-else]"))?.focus();
}
document.addEventListener("htmx:afterSettle", (event) => passFocus(event.detail.elt));
// Where nothing comes in its place, nothing settles.
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.xhr.responseText.trim()) passFocus(null);
});

// What is too large for the server is not sent at all: it would cut the connection before it could say so.
document.addEventListener("htmx:beforeRequest", (event) => {
  const field = event.detail.elt;
  const file = field.files?.[0];
  if (!field.dataset.mostBytes || !file || file.size <= Number(field.dataset.mostBytes)) return;
  event.preventDefault();
  field.value = "";
  const problem = document.createElement("div");
  problem.className = "invalid-feedback d-block";
  problem.setAttribute("role", "alert");
  problem.textContent = field.dataset.tooLarge;
  document.getElementById("photo-help").replaceChildren(problem);
});

document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-close-dialog]")?.closest(".modal");
  if (!dialog) return;
  event.preventDefault();
  dialog.dataset.isCancelled = "";
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

// Filters apply as they are chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// Counters count what stands in their fields, and switches that need another one wait for it.
function prepare(place) {
  place.querySelectorAll("[data-counter]").forEach(count);
  place.querySelectorAll("[data-off]").forEach((input) => (input.disabled = true));
}
document.addEventListener("htmx:load", (event) => event.target.querySelectorAll && prepare(event.target));
prepare(document);

// The bell asks for news while somebody looks, and at once when they look again. What comes of that unasked
// is no matter of theirs: no alert, and no sign-in page in the place of what they are doing.
const isBell = (event) => event.detail.elt?.id === "bell";
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && isBell(event)) event.preventDefault();
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (isBell(event) && event.detail.xhr.getResponseHeader("HX-Redirect")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const bell = document.getElementById("bell");
  if (bell && !document.hidden) htmx.trigger(bell, "look");
});
