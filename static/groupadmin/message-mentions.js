// After an "@" a list of people of the group, to pick from with the keys or the mouse. Typing the name does as well.

import { finishComposing } from "./keys.js";

const TYPING_PAUSE = 150;
// As on the server: an "@" after a Latin letter or digit belongs to an address, as in one of the web.
const TYPED = /(?:^|[^0-9A-Za-z_])[@＠]([^\s@＠][^@＠\n]{0,40}|)$/;
const IN_ADDRESS = /https?:\/\/\S*$/i;

export function speakTo(field) {
  if (field.dataset.people === undefined) field.dataset.people = document.getElementById("talk")?.dataset.people ?? "";
  if (!field.dataset.people || field.dataset.speaks) return;
  field.dataset.speaks = "1";
  const list = document.createElement("ul");
  list.className = "speak-to";
  list.id = `${field.id || "edit"}-people`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "@");
  list.hidden = true;
  field.form.append(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  let active = null;
  let timer;
  let request = null;
  let known = "";

  const typed = () => {
    const before = field.value.slice(0, field.selectionStart);
    return IN_ADDRESS.test(before) ? null : TYPED.exec(before);
  };
  const options = () => [...list.querySelectorAll("[data-pk]")];

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    list.replaceChildren();
    activate(null);
  }

  function activate(option) {
    active?.setAttribute("aria-selected", "false");
    active = option;
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", option.id);
  }

  async function search() {
    const found = typed();
    if (!found) return close();
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    const url = new URL(field.dataset.people, location.href);
    url.searchParams.set("q", found[1]);
    try {
      const answer = await fetch(url, { signal });
      if (!answer.ok || answer.redirected) return close();
      const html = await answer.text();
      if (signal.aborted || !typed()) return;
      show(html, found[1]);
    } catch {
      if (!signal.aborted) close();
    }
  }

  function show(html, words) {
    const template = document.createElement("template");
    template.innerHTML = html;
    list.replaceChildren(...template.content.children);
    // Who goes on writing behind a name (@name, would you …; @이름님) is not told that nobody is called like that.
    if (options().length) known = words;
    else if (words.includes(" ") || (known && words.startsWith(known))) return close();
    options().forEach((option, number) => (option.id = `${list.id}-${number}`));
    list.hidden = false;
    activate(options()[0] ?? null);
  }

  function pick(option) {
    const found = typed();
    if (!found) return close();
    const start = field.selectionStart - found[1].length;
    field.setRangeText(`${option.dataset.name} `, start, field.selectionStart, "end");
    const chosen = document.createElement("input");
    chosen.type = "hidden";
    chosen.name = "mentioned";
    chosen.value = option.dataset.pk;
    field.form.append(chosen);
    close();
    field.focus();
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (!typed()) return close();
    timer = setTimeout(search, TYPING_PAUSE);
  });
  field.addEventListener("blur", () => setTimeout(close, 150));
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const shown = options();
    const at = shown.indexOf(active);
    if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && active && !event.shiftKey) pick(active);
    else if (event.key === "ArrowDown" && shown.length) activate(shown[(at + 1) % shown.length]);
    else if (event.key === "ArrowUp" && shown.length) activate(shown[(at - 1 + shown.length) % shown.length]);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[data-pk]");
    if (!option) return;
    finishComposing();
    pick(option);
  });
}
