// New mail: which files are chosen and how large they are together. What is too large for the server is not
// sent at all: it would cut the connection before it could say so.

const field = document.querySelector("[data-files]");
const list = document.querySelector("[data-chosen-files]");

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

function show() {
  const files = [...field.files];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const isTooLarge = total > Number(field.dataset.mostBytes);
  list.replaceChildren(...files.map((file) => line(`\u2068${file.name}\u2069 · ${size(file.size)}`)));
  if (isTooLarge) list.append(line(list.dataset.tooLarge, "invalid-feedback d-block"));
  return isTooLarge;
}

field.addEventListener("change", show);
field.form.addEventListener("submit", (event) => {
  if (!show()) return;
  event.preventDefault();
  field.focus();
});
