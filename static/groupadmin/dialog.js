// Dialogs: forms that htmx brings over the page that one is on.

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
