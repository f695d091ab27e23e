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
