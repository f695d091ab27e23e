// The form of a note: its files are sent as they are chosen, in pieces, and what the server says of it is marked
// at its fields. The form works without it.

import { inPieces, rowsOf } from "./uploading.js";

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

const field = form.elements.files;
const rows = rowsOf({
  list: document.getElementById("uploads"),
  template: document.getElementById("upload-row"),
  words: form.dataset,
  upload: (file, options) => inPieces(file, form.dataset, options),
  onDone(row, answer) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "arrived", value: answer.key });
    row.append(input);
  },
});

document.getElementById("files-help").textContent = form.dataset.help;
field.addEventListener("change", () => {
  const kept = form.querySelectorAll('[name="taken_off"]:not(:checked)').length;
  const isTooMany = kept + rows.rows.length + field.files.length > Number(form.dataset.mostFiles);
  say("files", isTooMany ? form.dataset.tooMany : "");
  if (!isTooMany) rows.add([...field.files]);
  field.value = "";
});

// The note is saved when all its files have arrived.
let isWaiting = false;
document.addEventListener("htmx:confirm", async (event) => {
  const { elt, issueRequest } = event.detail;
  if (elt !== form && elt.id !== "note-save") return;
  if (!rows.rows.some((row) => !row.querySelector("input"))) return;
  event.preventDefault();
  if (isWaiting) return;
  isWaiting = true;
  if (rows.isBusy) say("files", form.dataset.waiting);
  await rows.rest();
  isWaiting = false;
  const failed = rows.rows.find((row) => !row.querySelector("input"));
  say("files", failed ? form.dataset.notArrived : "");
  if (failed) failed.querySelector("[data-retry]").focus();
  else issueRequest(true);
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
