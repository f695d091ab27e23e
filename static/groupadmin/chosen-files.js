// A form's files: which are chosen and how large they are together; dropped ones are chosen too. What is too large
// for the server is not sent at all: it would cut the connection before it could say so. While the rest is on its
// way, a bar shows how far it is.

function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte"];
  const step = bytes < 1024 ? 0 : bytes < 1024 * 1024 ? 1 : 2;
  const format = { style: "unit", unit: units[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / 1024 ** step);
}

function line(text, className = "") {
  const item = document.createElement("li");
  item.className = className;
  item.textContent = text;
  return item;
}

function show(field) {
  const list = field.form.querySelector("[data-chosen-files]");
  const files = [...field.files];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const isTooLarge = total > Number(field.dataset.mostBytes);
  list.replaceChildren(...files.map((file) => line(`\u2068${file.name}\u2069 · ${size(file.size)}`)));
  if (isTooLarge) list.append(line(list.dataset.tooLarge, "invalid-feedback d-block"));
  return isTooLarge;
}

const fieldOf = (element) => element?.querySelector?.("[data-files]") ?? null;

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-files]")) show(event.target);
});

function refuse(event, form) {
  const field = fieldOf(form);
  if (!field || !show(field)) return;
  event.preventDefault();
  field.focus();
}

document.addEventListener("submit", (event) => refuse(event, event.target), true);
// htmx sends without a submit of the browser's own.
document.addEventListener("htmx:beforeRequest", (event) => refuse(event, event.target));

// Dropping

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (!drop || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("dropping");
  });
}
document.addEventListener("dragleave", (event) => {
  const drop = event.target.closest?.("[data-drop]");
  if (drop && !drop.contains(event.relatedTarget)) drop.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const drop = event.target.closest?.("[data-drop]");
  const field = fieldOf(drop);
  if (!field || !event.dataTransfer.files.length) return;
  event.preventDefault();
  drop.classList.remove("dropping");
  field.files = event.dataTransfer.files;
  show(field);
});

// Sending by htmx: the bar, and the files again in the form that comes back with something to mend.

let kept = null;
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.("[data-sending]");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (event.detail.loaded * 100) / event.detail.total;
});
document.addEventListener("htmx:beforeSwap", (event) => (kept = fieldOf(event.target)?.files ?? null));
document.addEventListener("htmx:afterSettle", () => {
  const field = fieldOf(document);
  if (!kept?.length || !field || field.files.length) return;
  field.files = kept;
  kept = null;
  show(field);
});
