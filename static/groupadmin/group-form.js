// The form of a group, on its own page and in a dialog: its photo, and what happens as switches are switched.

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

// Without this the switch can be used, and the server says what it thinks of it.
function waitForOthers(place) {
  place.querySelectorAll?.("[data-off]").forEach((input) => (input.disabled = true));
}
document.addEventListener("htmx:load", (event) => waitForOthers(event.target));
waitForOthers(document);

// Whoever switches the mailing list on goes on to its address, which lies below the edge of most windows.
document.addEventListener("change", (event) => {
  if (event.target.name !== "uses_mailing_list" || !event.target.checked) return;
  const place = event.target.form.querySelector(".with-list.address");
  place.querySelector("input")?.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
});
