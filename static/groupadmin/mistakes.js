// After a mistake the first wrong field has the focus (rule 10.14), on a page and in what htmx exchanges.

const WRONG = '[aria-invalid="true"]:not(.picker > textarea)';
const FIELDS = "input:not([type=hidden]), select, textarea, [tabindex]";

function focusWrong(place) {
  if (document.activeElement?.matches(WRONG)) return;
  const wrong = [...place.querySelectorAll(WRONG)].find((element) => element.offsetParent);
  const field = wrong?.matches(FIELDS) ? wrong : wrong?.querySelector(FIELDS);
  field?.focus();
}

// Pickers are made of their fields first.
window.addEventListener("load", () => focusWrong(document));
document.addEventListener("htmx:afterSettle", ({ detail: { elt, xhr } }) => {
  if (xhr?.status === 422 && elt.id !== "group-form") focusWrong(elt);
});
