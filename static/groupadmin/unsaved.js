// What is typed into a form that comes to nothing, because the session is over or who one is has to be proved first, is
// kept in this tab, and given back on the form's own page (rule 9.8). It is sealed as drafts are: only its writer can
// read it, and signing out removes it. Nothing is sent again by itself. Files and secrets are not kept.

import { keepsDrafts, seal, unseal, writer } from "./drafts.js";
import { forget as take, formsTypedInto } from "./typed.js";

const PREFIX = "unsaved ";
const KEPT_FOR = 12 * 60 * 60 * 1000;
const TURNED_AWAY = "X-Turned-Away";
const SECRET = /password|code|credential|secret|token/i;
// These have drafts of their own, or are no forms that one types into.
const NOT_KEPT = ".outgoing, [data-outbox], #composer, [data-signs-out], [data-carries]";
const TYPES_NOT_KEPT = ["password", "file", "submit", "button", "image", "reset", "fieldset", "output"];

// --- Keeping

const here = () => placeOf(location);
function placeOf({ pathname, search }) {
  const query = new URLSearchParams(search);
  query.delete("not-saved");
  return `${pathname}?${query}`;
}

const isKept = (form) => form.getAttribute("method")?.toLowerCase() === "post" && !form.matches(NOT_KEPT);
const isText = (element) =>
  element.name &&
  element.name !== "csrfmiddlewaretoken" &&
  !element.disabled &&
  !TYPES_NOT_KEPT.includes(element.type) &&
  !(SECRET.test(element.name) && ["text", "hidden"].includes(element.type));
const isTicked = (element) => ["checkbox", "radio"].includes(element.type);

function contentOf(form) {
  const elements = [...form.elements].filter(isText);
  if (!elements.some((element) => element.type !== "hidden")) return null;
  const values = elements.map((element) => {
    if (isTicked(element)) return [element.name, element.value, element.checked];
    if (element.multiple && element.options) return [element.name, [...element.selectedOptions].map(({ value }) => value)];
    return [element.name, element.value];
  });
  const files = [...form.elements].some((element) => element.type === "file" && element.files.length);
  const hasFiles = files || values.some(([name]) => name === "arrived");
  return { action: form.getAttribute("action"), id: form.getAttribute("id"), values, hasFiles };
}

async function keep(forms, isLost) {
  const contents = forms.filter(isKept).map(contentOf).filter(Boolean);
  if (!keepsDrafts || !contents.length) return;
  const name = `${PREFIX}${here()}`;
  const entry = { of: writer, at: Date.now(), isLost, sealed: await seal(contents) };
  try {
    sessionStorage.setItem(name, JSON.stringify(entry));
  } catch {
    // There is no room left.
  }
}

// What is plainly posted: whether it was saved, the next page shows.
window.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) keep([event.target], false);
});

// What htmx has sent, or asked by itself, and was turned away.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt } = event.detail;
  const elsewhere = xhr.getResponseHeader("HX-Redirect");
  // The bell takes nobody away (bell.js).
  if (!elsewhere || !xhr.getResponseHeader(TURNED_AWAY) || elt.id === "bell") return;
  event.preventDefault();
  leave(elsewhere, [...new Set([elt.closest("form"), ...formsTypedInto()])].filter(Boolean));
});

async function leave(elsewhere, forms) {
  await keep(forms, true);
  // Nothing is lost by leaving, so nobody is asked.
  take(formsTypedInto());
  location.assign(elsewhere);
}

// --- Giving back

const entries = () =>
  Object.keys(sessionStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => ({ name, place: name.slice(PREFIX.length), ...JSON.parse(sessionStorage.getItem(name)) }));

const forget = ({ name }) => sessionStorage.removeItem(name);

async function look() {
  const said = document.querySelector("[data-not-saved]");
  for (const entry of entries()) {
    const isOver = Date.now() - entry.at > KEPT_FOR || (writer && entry.of !== writer);
    if (isOver || (!entry.isLost && !said && !document.querySelector("[data-carries]") && writer)) forget(entry);
    else if (said && !entry.isLost) sessionStorage.setItem(entry.name, JSON.stringify({ ...strip(entry), isLost: true }));
  }
  if (!keepsDrafts) return;
  const lost = entries().filter(({ isLost }) => isLost);
  const mine = lost.find(({ place }) => place === here());
  if (mine) await giveBack(mine);
  else if (lost.length && !document.querySelector("[data-carries]")) lead(lost.sort((one, other) => other.at - one.at)[0]);
}

const strip = ({ of, at, sealed }) => ({ of, at, sealed });

async function giveBack(entry) {
  let contents;
  try {
    contents = await unseal(entry.sealed);
  } catch {
    return forget(entry);
  }
  const filled = contents.filter(({ action, id, values }) => {
    const form = [...document.forms].find((one) => one.getAttribute("action") === action && one.getAttribute("id") === id);
    if (form) fill(form, values);
    return form;
  });
  // The answer to what was sent may have the same address as its form.
  if (!filled.length && document.querySelector("p[data-not-saved]")) return lead(entry);
  forget(entry);
  if (!filled.length) return;
  const words = document.getElementById("unsaved-words").dataset;
  say([words.back, filled.some(({ hasFiles }) => hasFiles) ? words.files : ""]);
}

function fill(form, values) {
  const changed = [];
  const turns = new Map();
  for (const [name, value, isChecked] of values) {
    const fields = [...form.elements].filter((one) => one.name === name && isText(one));
    if (isChecked !== undefined) {
      const field = fields.find((one) => isTicked(one) && one.value === value);
      if (!field || field.checked === isChecked) continue;
      field.checked = isChecked;
      changed.push(field);
      continue;
    }
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    const field = fields[turn];
    if (!field || isTicked(field) || field.value === value) continue;
    if (Array.isArray(value)) for (const option of field.options) option.selected = value.includes(option.value);
    else field.value = value;
    changed.push(field);
  }
  for (const field of changed) {
    if (field.type === "hidden") continue;
    field.dispatchEvent(new Event("given-back"));
    for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}

// On another page than that of the form, such as where a second factor is set up first.
function lead({ place }) {
  const { dataset } = document.getElementById("unsaved-words");
  const link = document.createElement("a");
  link.href = place.replace(/\?$/, "");
  link.className = "alert-link";
  link.textContent = dataset.link;
  if (document.querySelector(`[data-not-saved] ~ * a[href="${CSS.escape(link.getAttribute("href"))}"]`)) return;
  say([dataset.elsewhere, link]);
}

function say(parts) {
  const place = document.getElementById("messages") ?? document.querySelector("main");
  const there = place.querySelector("[data-not-saved]:not(p)");
  const alert = there ?? document.getElementById("unsaved-words").content.cloneNode(true).firstElementChild;
  const line = document.createElement("span");
  for (const part of parts.filter(Boolean)) line.append(" ", part);
  if (there) there.querySelector(".btn-close")?.before(line);
  else {
    alert.querySelector("[data-said]").replaceWith(line);
    place.prepend(alert);
  }
}

// Signing out removes it.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-signs-out]")) entries().forEach(forget);
});

// After pickers and the like have taken their fields.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => setTimeout(look));
else setTimeout(look);
