// What a chosen file is called and how large it is, in the words that the server will show it with.

const STEP = 1024;

// As the server will call it: a Mac may send letters in parts.
export function shownName(file) {
  return file.name.normalize();
}

// An element of its own, whose direction turns nothing beside it.
export function nameOf(file) {
  const element = document.createElement("bdi");
  element.className = "name";
  element.textContent = shownName(file);
  return element;
}

// The words stand in the page, each with a number in it: one byte, bytes, kilobytes and so on.
export function sizeOf(bytes) {
  const words = JSON.parse(document.querySelector("[data-size-units]").dataset.sizeUnits);
  if (bytes < STEP) return words[bytes === 1 ? 0 : 1].replace(/\d+/u, bytes);
  const step = Math.min(Math.floor(Math.log2(bytes) / 10), words.length - 2);
  const form = { minimumFractionDigits: 1, maximumFractionDigits: 1, roundingMode: "halfEven" };
  const number = new Intl.NumberFormat(document.documentElement.lang, form).format(bytes / STEP ** step);
  return words[step + 1].replace(/[\d.,]+/u, number);
}
