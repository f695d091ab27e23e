// What a chosen file is called and how large it is, in the words that the server will show it with.

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const UNSAFE = /[:*?"<>|]/gu;
const STEP = 1024;

// As the server will call it: without path, control characters or turned writing, nor dots before its ending.
export function shownName(file) {
  const name = file.name.normalize().replaceAll("\\", "/").split("/").at(-1);
  const words = name.replace(UNPRINTABLE, "").replace(UNSAFE, " ").split(/\s+/u).join(" ");
  return words.replace(/^[. ]+|[. ]+$|[. ]+(?=\.[^.]*$)/gu, "") || file.name;
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
