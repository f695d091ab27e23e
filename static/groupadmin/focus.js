// Where the focus goes when what had it is gone (rule 5.9): it is never nowhere.

const CONTROLS = 'a[href], button, input:not([type="hidden"]), select, textarea, summary, [tabindex="0"]';
const ROWS = "tr, li, article";

const isShown = (element) => Boolean(element?.isConnected && element.getClientRects().length);
const labelOf = (element) => [element.ariaLabel ?? element.textContent.trim(), element.name, element.value].join("\n");

// Its place by kinds of elements only, so that what htmx brings instead has the same.
function kindOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const { parentElement, localName } = element;
  return parentElement && localName !== "main" ? `${kindOf(parentElement)} > ${localName}` : localName;
}

// Keeps where an element is. Returns what finds it again; or what has come in its place; or, of a row that is gone,
// the same in the next one.
export function remember(element) {
  const label = labelOf(element);
  const kind = kindOf(element);
  const menu = element.closest(".dropdown")?.querySelector("[data-bs-toggle]");
  const row = element.closest(ROWS);
  const rowKind = row && `${kindOf(row.parentElement)} > ${row.localName}`;
  const number = row && [...document.querySelectorAll(rowKind)].indexOf(row);
  const classes = [...element.classList].map((name) => `.${CSS.escape(name)}`).join("");
  return (place = document) => {
    if (isShown(element)) return element;
    if (isShown(menu)) return menu;
    const same = [...document.querySelectorAll(kind)].find((other) => labelOf(other) === label);
    const asked = place.querySelector?.("[data-takes-focus]") ?? document.querySelector("[data-takes-focus-else]");
    const rows = rowKind ? [...document.querySelectorAll(rowKind)] : [];
    const next = rows[number] ?? rows.at(-1);
    const inNext = [next?.querySelector(element.localName + classes), ...(next?.querySelectorAll(CONTROLS) ?? [])];
    return [same, asked, ...inNext].find(isShown);
  };
}

// Whoever had the focus in what htmx has exchanged goes on there. Other scripts may know better; after them, it is
// with the page's heading and all that is below.
let find = null;
document.addEventListener("htmx:beforeSwap", ({ detail: { shouldSwap, target } }) => {
  const { activeElement } = document;
  const isLost = shouldSwap && target.id !== "bell" && activeElement !== document.body && target.contains(activeElement);
  find = isLost ? remember(activeElement) : null;
});
const isNowhere = () => [document.body, null].includes(document.activeElement);
function passFocus(place) {
  const found = find;
  find = null;
  if (!found || !isNowhere()) return;
  found(place)?.focus({ preventScroll: true });
  setTimeout(() => isNowhere() && document.getElementById("content")?.focus({ preventScroll: true }));
}
document.addEventListener("htmx:afterSettle", (event) => passFocus(event.detail.elt));
// Where nothing comes in its place, nothing settles.
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.xhr.responseText.trim()) passFocus(document);
});
