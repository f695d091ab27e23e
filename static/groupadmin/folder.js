// Uploading into folders: several files at once, each with its progress; large ones in pieces, so that one can go
// on after the connection broke. And ticking. The pages work without it.

import { inPieces, rowsOf, send } from "./uploading.js";

const form = document.querySelector("[data-upload]");
let isAnyDone = false;

// Small files go in one request.
function upload(file, options) {
  const folder = form.elements.folder.value;
  if (file.size > Number(form.dataset.piece)) return inPieces(file, form.dataset, { fields: { folder }, ...options });
  const { show, signal } = options;
  return send(form.dataset, form.action, { folder, files: file }, { onProgress: show, signal });
}

function refresh() {
  if (!isAnyDone) return;
  isAnyDone = false;
  htmx.ajax("GET", location.href, { target: "#results", swap: "innerHTML" });
}

if (form) {
  form.classList.add("scripted");
  const field = form.elements.files;
  const rows = rowsOf({
    list: document.getElementById("uploads"),
    template: document.getElementById("upload-row"),
    words: form.dataset,
    upload,
    onDone(row) {
      isAnyDone = true;
      row.querySelector("[data-cancel]").remove();
    },
    onIdle: refresh,
  });
  field.addEventListener("change", () => {
    rows.add([...field.files]);
    field.value = "";
  });
  const page = document.getElementById("content");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  page.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    page.classList.add("dropping");
  });
  page.addEventListener("dragleave", (event) => {
    if (!page.contains(event.relatedTarget)) page.classList.remove("dropping");
  });
  page.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    page.classList.remove("dropping");
    rows.add([...event.dataTransfer.files]);
  });
}

// Ticking: all of a page at once, and what one can do only once something is ticked.
function tell() {
  const items = document.getElementById("items");
  if (!items) return;
  const boxes = [...items.querySelectorAll("[name=item]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const all = document.getElementById("tick-all");
  all.hidden = false;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const words = items.querySelector("[data-ticked]");
  words.textContent = ticked ? `${ticked} ${words.dataset.some}` : words.dataset.none;
  for (const button of items.querySelectorAll(".bulk-buttons button")) button.disabled = !ticked;
}
document.addEventListener("change", (event) => {
  if (event.target.id === "tick-all") {
    for (const box of document.querySelectorAll("#items [name=item]")) box.checked = event.target.checked;
  }
  if (event.target.closest("#items")) tell();
});
document.addEventListener("htmx:afterSwap", tell);
window.addEventListener("pageshow", tell);
tell();
