// The form of a note: what the server says of it is marked at its fields. The form works without it.

const form = document.getElementById("note-form");
const FIELDS = ["title", "text", "files"];

function say(name, problem) {
  const place = document.getElementById(`${name}-problem`);
  place.replaceChildren();
  if (!problem) return;
  const line = document.createElement("div");
  line.className = "invalid-feedback d-block";
  line.setAttribute("role", "alert");
  line.textContent = problem;
  place.append(line);
}

// What is too large for the server is not sent at all: it would cut the connection before it could say so.
function tooLarge() {
  const bytes = [...form.elements.files.files].reduce((sum, file) => sum + file.size, 0);
  return bytes > Number(form.dataset.mostBytes);
}
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== form) return;
  say("files", tooLarge() ? form.dataset.tooLarge : "");
  if (!tooLarge()) return;
  event.preventDefault();
  form.elements.files.focus();
});

// After a mistake the first field with one has the focus; after a conflict what is said of it is in sight.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "note-said") return;
  const wrong = FIELDS.filter((name) => document.getElementById(`${name}-problem`).firstElementChild);
  for (const name of FIELDS) {
    if (wrong.includes(name)) form.elements[name].setAttribute("aria-invalid", "true");
    else form.elements[name].removeAttribute("aria-invalid");
  }
  if (wrong.length) form.elements[wrong[0]].focus();
  else document.querySelector("#note-said .conflict")?.scrollIntoView({ block: "center" });
});
