// Shortcuts (rule 5.9). Each stands for a control of the page that one sees: it activates that, or leads to it, and
// nothing else. Where there is no such control, there is no shortcut. `?` shows those that there are.

import { isCovered } from "./ask.js";
import "./keys.js";

const SWITCHED = "shortcuts";
const NEXT_WITHIN = 1_500;
const TYPED_INTO =
  'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), select, textarea, [contenteditable]';
const ROWS = "main tbody tr, main :is(.task-list, .room-list, .post-list, .told-list, .files, .agenda ul, .found) > li";

const help = document.getElementById("shortcut-help");
const isOn = () => localStorage.getItem(SWITCHED) !== "off";
const isShown = (element) => element.getClientRects().length > 0;
const firstShown = (selector) => [...document.querySelectorAll(selector)].find(isShown);
const textOf = (element) => (isShown(element) ? element.innerText : element.textContent).trim().replace(/\s+/g, " ");
const labelOf = (element) => element.dataset.shortcutLabel ?? element.ariaLabel ?? textOf(element);

// --- The controls that have one. The search of a page and what one adds there have theirs everywhere.

function controls() {
  const found = new Map();
  const add = (keys, element) => element && !found.has(keys) && found.set(keys, element);
  for (const element of document.querySelectorAll("[data-shortcut]")) {
    // What lies in a closed part of the menu is reached all the same.
    if (isShown(element) || element.closest("#menu")) add(element.dataset.shortcut, element);
  }
  add("/", firstShown('main [role="search"] input[type="search"]'));
  add("c", firstShown("main .titleline .btn-primary:not([data-shortcut])"));
  return found;
}

function activate(element) {
  if (element.matches(TYPED_INTO)) element.focus();
  else element.click();
}

// Those who listen, and who wait with the mouse on it, learn of it where it is.
function mark() {
  for (const [keys, element] of controls()) {
    if (!isOn()) element.removeAttribute("aria-keyshortcuts");
    else if (!keys.includes(" ")) element.setAttribute("aria-keyshortcuts", keys);
    if (isOn() && !element.title) element.title = help.dataset.title.replace("{keys}", keys);
    else if (!isOn() && element.title === help.dataset.title.replace("{keys}", keys)) element.removeAttribute("title");
  }
}

// --- Rows

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => isShown(row) && row.querySelector("a[href], button"));
const current = (list) => list.findIndex((row) => row.contains(document.activeElement));
const mainOf = (row) => row.querySelector(".thing-title[href], .task-title[href]") ?? row.querySelector("a[href], button");

function step(by) {
  const list = rows();
  const at = current(list);
  const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by];
  if (!next) return;
  mainOf(next).focus();
  next.scrollIntoView({ block: "nearest" });
}

const boxOf = (row) => row?.querySelector('input[type="checkbox"], [role="checkbox"]');

const ON_ROWS = {
  j: () => step(1),
  k: () => step(-1),
  x() {
    const list = rows();
    boxOf(list[current(list)])?.click();
  },
};

// --- Keys

// On a keyboard that writes other letters (Hangul, Cyrillic) the key counts by its place.
function keyOf({ key, code, shiftKey }) {
  if (/^[!-~]$/.test(key)) return key.toLowerCase();
  if (/^Key[A-Z]$/.test(code)) return code.slice(3).toLowerCase();
  return code === "Slash" ? (shiftKey ? "?" : "/") : "";
}

let begun = "";
let timer = 0;

document.addEventListener("keydown", (event) => {
  const { target, shiftKey } = event;
  const isModified = event.ctrlKey || event.metaKey || event.altKey || event.getModifierState("AltGraph");
  if (event.defaultPrevented || isModified || target.matches?.(TYPED_INTO) || target.isContentEditable || isCovered()) return;
  const key = keyOf(event);
  // Signs are written with Shift on many keyboards: "/" on a German one.
  if (!key || (shiftKey && /[a-z]/.test(key))) return;
  if (key === "?") {
    event.preventDefault();
    return showHelp();
  }
  if (!isOn()) return;
  const keys = begun ? `${begun} ${key}` : key;
  clearTimeout(timer);
  begun = "";
  const found = controls();
  const run = found.has(keys) ? () => activate(found.get(keys)) : ON_ROWS[keys];
  if (run) {
    event.preventDefault();
    if (!event.repeat || keys in ON_ROWS) run();
  } else if ([...found.keys()].some((other) => other.startsWith(`${key} `))) {
    begun = key;
    timer = setTimeout(() => (begun = ""), NEXT_WITHIN);
  }
});

// --- The help

function entry(keys, label) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const what = document.createElement("dd");
  for (const key of keys.split(" ")) {
    const one = document.createElement("kbd");
    one.textContent = key;
    term.append(one, " ");
  }
  what.textContent = label;
  line.append(term, what);
  return line;
}

function showHelp() {
  const found = [...controls()];
  const here = found.filter(([keys]) => !keys.includes(" "));
  const ways = found.filter(([keys]) => keys.includes(" "));
  const list = rows();
  const words = help.dataset;
  const onRows = list.length ? [["j", words.next], ["k", words.previous], ["Enter", words.open]] : [];
  if (list.some(boxOf)) onRows.push(["x", words.tick]);
  const parts = {
    here: [...here.map(([keys, element]) => [keys, keys === "/" ? words.search : labelOf(element)]), ...onRows],
    ways: ways.map(([keys, element]) => [keys, labelOf(element)]),
  };
  for (const [name, lines] of Object.entries(parts)) {
    const part = help.querySelector(`[data-part="${name}"]`);
    part.hidden = !lines.length;
    const all = document.createElement("dl");
    all.append(...lines.map(([keys, label]) => entry(keys, label)));
    part.querySelector("dl")?.remove();
    part.append(all);
  }
  help.querySelector("[data-switch]").checked = isOn();
  help.showModal();
}

if (help) {
  for (const kind of ["mousedown", "click"]) {
    help.addEventListener(kind, (event) => event.target === help && help.close());
  }
  help.querySelector("[data-switch]").addEventListener("change", ({ target }) => {
    localStorage.setItem(SWITCHED, target.checked ? "on" : "off");
    mark();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-shows-shortcuts]") && showHelp());
  document.addEventListener("htmx:afterSettle", mark);
  mark();
}
