// A question in a dialog whose answer replaces a part of the page below it: the dialog has done its work then, and
// what it was opened from may be gone.
document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!successful || !elt.matches("#dialog [data-closes]")) return;
  elt.closest(".modal").addEventListener("hidden.bs.modal", () => {
    if ([document.body, null].includes(document.activeElement)) {
      document.querySelector("[data-takes-focus-else]")?.focus();
    }
  });
  elt.querySelector("[data-close-dialog]").click();
});
