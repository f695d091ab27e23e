// Where the focus goes when htmx exchanges a part of the page.

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
