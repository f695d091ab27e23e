// Turns a picker's text area into a combobox with chips (groups/pickers). The text area stays, hidden: it
// holds a token for everything that is chosen, and what was typed but not chosen, so that the server can
// say what it thinks of it. Without this file the text area itself is the control.

const CHIPS_AT_ONCE = 200;
const TYPING_PAUSE = 150;
const TOKEN = /^(member|team|group):[1-9]\d{0,18}$/;

class Picker {
  constructor(root) {
    this.root = root;
    this.value = root.querySelector(":scope > textarea");
    root.append(root.querySelector(":scope > template").content.cloneNode(true));
    for (const part of ["chips", "box", "input", "more", "popup", "said", "hint", "browse", "tree", "report", "live"]) {
      this[part] = root.querySelector(`.picker-${part}`);
    }
    this.listbox = this.popup.querySelector("[role=listbox]");
    this.missing = this.report.querySelector("textarea");
    this.box.prepend(this.chips);
    this.tokens = new Set();
    this.lookups = new Set();
    this.active = null;
    this.takeNames();
    this.takeBoxes();
    this.takeValue();
    root.classList.add("picker-ready");
    if (this.value.disabled) this.switchOff();
    else this.listen();
    this.refresh();
  }

  // The input takes the text area's id, so that its label names it.
  takeNames() {
    const id = this.value.id;
    this.value.id = `${id}_value`;
    this.input.id = id;
    this.listbox.id = `${id}_results`;
    this.hint.id = `${id}_hint`;
    this.input.setAttribute("aria-controls", this.listbox.id);
    const described = [this.value.getAttribute("aria-describedby"), this.hint.id].filter(Boolean);
    this.input.setAttribute("aria-describedby", described.join(" "));
    if (this.value.hasAttribute("aria-invalid")) {
      this.input.setAttribute("aria-invalid", this.value.getAttribute("aria-invalid"));
    }
    if (this.value.autofocus) {
      this.value.autofocus = false;
      this.input.autofocus = true;
    }
    const title = this.report.querySelector(".picker-report-title");
    title.id = `${id}_report`;
    this.report.setAttribute("aria-labelledby", title.id);
    if (this.tree) {
      this.tree.id = `${id}_teams`;
      this.browse.setAttribute("aria-controls", this.tree.id);
    }
  }

  // Boxes to tick are for pages without this file: what is ticked stands among the tokens instead.
  takeBoxes() {
    const boxes = this.root.querySelector(":scope > .picker-boxes");
    if (!boxes) return;
    const ticked = [...boxes.querySelectorAll("input:checked")].map((box) => box.value);
    this.value.value = [...ticked, this.value.value].filter(Boolean).join("\n");
    boxes.remove();
  }

  takeValue() {
    const rest = [];
    for (const line of this.value.value.split("\n")) {
      const words = line.split(/[\s,;]+/).filter(Boolean);
      if (words.every((word) => TOKEN.test(word))) words.forEach((word) => this.tokens.add(word));
      else rest.push(line.trim());
    }
    if (rest.length > 1 || isList(rest.join("\n"))) this.lookUp(rest.join("\n"), { quietly: true });
    else this.input.value = rest.join("");
  }

  switchOff() {
    this.root.classList.add("picker-off");
    this.input.disabled = true;
    this.browse?.remove();
  }

  listen() {
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", (event) => this.pasted(event));
    this.input.addEventListener("blur", () => this.close());
    this.box.addEventListener("mousedown", (event) => this.boxPressed(event));
    this.box.addEventListener("click", (event) => this.boxClicked(event));
    this.chips.addEventListener("keydown", (event) => this.chipKey(event));
    this.chips.addEventListener("focusin", (event) => this.rove(event.target));
    // The input keeps the focus while one picks with the mouse.
    this.popup.addEventListener("mousedown", (event) => event.preventDefault());
    this.listbox.addEventListener("click", (event) => this.toggle(event.target.closest("[role=option]")));
    this.browse?.addEventListener("click", () => this.browseTeams());
    this.tree?.addEventListener("click", (event) => this.treeClicked(event));
    this.root.querySelector(".picker-again").addEventListener("click", () => this.lookUpAgain());
    this.root.querySelector(".picker-dismiss").addEventListener("click", () => this.dismiss());
  }

  // --- What is chosen

  refresh() {
    const pending = [...this.lookups, this.input.value.trim()].filter(Boolean);
    this.value.value = [...this.tokens, ...pending].join("\n");
    const more = this.tokens.size - this.chips.childElementCount;
    this.more.hidden = more <= 0;
    this.more.textContent = fill(this.root.dataset.more, { count: more.toLocaleString(document.documentElement.lang) });
    this.rove();
    for (const option of this.root.querySelectorAll("[data-token][aria-selected]")) {
      option.setAttribute("aria-selected", this.tokens.has(option.dataset.token));
    }
    for (const button of this.root.querySelectorAll("[data-token][aria-pressed]")) {
      button.setAttribute("aria-pressed", this.tokens.has(button.dataset.token));
    }
  }

  changed() {
    this.refresh();
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  say(text) {
    this.live.textContent = text;
  }

  add(chip) {
    if (this.tokens.has(chip.dataset.token)) return;
    this.tokens.add(chip.dataset.token);
    this.chips.append(chip);
    this.changed();
    chip.scrollIntoView({ block: "nearest" });
    this.say(fill(this.root.dataset.added, { name: labelOf(chip) }));
  }

  remove(token, label) {
    this.tokens.delete(token);
    this.chipOf(token)?.remove();
    this.changed();
    this.say(fill(this.root.dataset.removed, { name: label }));
  }

  chipOf(token) {
    return this.chips.querySelector(`[data-token="${token}"]`);
  }

  // Picks or unpicks what an option or a button of the tree stands for.
  toggle(source) {
    if (!source) return;
    const chip = source.querySelector("template").content.firstElementChild;
    if (this.tokens.has(source.dataset.token)) this.remove(source.dataset.token, labelOf(chip));
    else this.add(document.importNode(chip, true));
    if (source.getAttribute("role") !== "option") return;
    this.input.value = "";
    this.refresh();
    this.close();
  }

  // --- The chips: one stop for the tab key, arrow keys between them

  rove(button) {
    const buttons = [...this.chips.querySelectorAll(".picker-remove")];
    const current = buttons.find((other) => other === button) ?? buttons.at(-1);
    for (const other of buttons) other.tabIndex = other === current ? 0 : -1;
  }

  chipKey(event) {
    const chip = event.target.closest(".picker-chip");
    if (!chip) return;
    const next = { ArrowLeft: chip.previousElementSibling, ArrowRight: chip.nextElementSibling };
    if (isRightToLeft(this.box)) [next.ArrowLeft, next.ArrowRight] = [next.ArrowRight, next.ArrowLeft];
    next.Home = this.chips.firstElementChild;
    next.End = this.chips.lastElementChild;
    if (event.key === "Delete" || event.key === "Backspace") this.removeChip(chip);
    else if (event.key in next) (next[event.key]?.querySelector(".picker-remove") ?? this.input).focus();
    else return;
    event.preventDefault();
  }

  removeChip(chip) {
    const beside = chip.nextElementSibling ?? chip.previousElementSibling;
    this.remove(chip.dataset.token, labelOf(chip));
    (beside?.querySelector(".picker-remove") ?? this.input).focus();
  }

  boxPressed(event) {
    if (event.target === this.box) event.preventDefault();
  }

  boxClicked(event) {
    const remove = event.target.closest(".picker-remove");
    if (remove) this.removeChip(remove.closest(".picker-chip"));
    else if (event.target === this.more) this.showMore();
    else if (event.target === this.box) this.input.focus();
  }

  async showMore() {
    const hidden = [...this.tokens].filter((token) => !this.chipOf(token)).slice(0, CHIPS_AT_ONCE);
    const found = await this.post(hidden.join("\n"));
    if (!found) return this.say(this.root.dataset.failed);
    const chips = elementsOf(found.chips).filter((chip) => this.tokens.has(chip.dataset.token) && !this.chipOf(chip.dataset.token));
    this.chips.append(...chips);
    this.refresh();
    if (this.more.hidden) chips[0]?.querySelector(".picker-remove").focus();
  }

  // --- Searching

  typed() {
    this.refresh();
    clearTimeout(this.timer);
    this.request?.abort();
    if (!this.input.value.trim()) return this.close();
    this.timer = setTimeout(() => this.search(), TYPING_PAUSE);
  }

  async search() {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const typed = this.input.value.trim();
    if (!typed) return;
    const html = await this.get(this.root.dataset.search, { q: typed }, request.signal);
    if (request.signal.aborted || document.activeElement !== this.input) return;
    const results = html === null ? null : elementsOf(html)[0];
    const said = results ? results.dataset.said : this.root.dataset.failed;
    this.listbox.replaceChildren(...(results?.children ?? []));
    [...this.listbox.children].forEach((option, number) => (option.id = `${this.listbox.id}_${number}`));
    this.said.textContent = this.listbox.childElementCount && this.listbox.childElementCount < 20 ? "" : said;
    this.refresh();
    this.open();
    this.activate(this.listbox.firstElementChild);
    this.say(said);
  }

  open() {
    const any = this.listbox.childElementCount > 0;
    this.listbox.hidden = !any;
    this.popup.classList.add("show");
    this.popup.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-expanded", any);
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.popup.classList.remove("show");
    this.input.setAttribute("aria-expanded", "false");
    this.activate(null);
    this.listbox.replaceChildren();
  }

  get isOpen() {
    return this.popup.classList.contains("show");
  }

  activate(option) {
    this.active?.classList.remove("active");
    this.active = option;
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.classList.add("active");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.keyInResults(event.key, event.shiftKey) || this.keyInInput(event.key);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  keyInResults(key, shift) {
    if (!this.isOpen) return false;
    const options = this.listbox;
    const moves = {
      ArrowDown: this.active?.nextElementSibling ?? options.firstElementChild,
      ArrowUp: this.active?.previousElementSibling ?? options.lastElementChild,
      Home: options.firstElementChild,
      End: options.lastElementChild,
    };
    if (key === "Escape") this.close();
    else if (key === "Enter" && this.active) this.toggle(this.active);
    else if (key in moves && !shift && options.childElementCount) this.activate(moves[key]);
    else return false;
    return true;
  }

  keyInInput(key) {
    const text = this.input.value.trim();
    const atStart = this.input.selectionStart === 0 && this.input.selectionEnd === 0;
    const back = isRightToLeft(this.box) ? "ArrowRight" : "ArrowLeft";
    const last = this.chips.lastElementChild;
    if (key === "Enter" && text) {
      if (text.includes("@")) this.lookUpTyped(text);
      else this.search();
    } else if ((key === "ArrowDown" || key === "ArrowUp") && text) this.search();
    else if (key === "Escape" && text) {
      this.input.value = "";
      this.typed();
    } else if (key === "Backspace" && atStart && last && !this.input.value) this.remove(last.dataset.token, labelOf(last));
    else if (key === back && atStart && last) last.querySelector(".picker-remove").focus();
    else return false;
    return true;
  }

  // --- Pasting

  pasted(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!isList(text)) return;
    event.preventDefault();
    this.lookUp(text);
  }

  lookUpTyped(text) {
    this.input.value = "";
    this.close();
    this.lookUp(text);
  }

  lookUpAgain() {
    const text = this.missing.value.trim();
    this.dismiss();
    if (text) this.lookUp(text);
  }

  // While it is looked up, the text is part of the value: a form sent meanwhile loses nothing.
  // Quietly: without taking the focus, since nobody has done anything here yet.
  async lookUp(text, { quietly = false } = {}) {
    this.lookups.add(text);
    this.refresh();
    const found = await this.post(text);
    this.lookups.delete(text);
    if (!found || found.problem) return this.tellMissing(text, found?.problem ?? this.root.dataset.retry, quietly);
    const before = this.tokens.size;
    found.tokens.forEach((token) => this.tokens.add(token));
    const room = Math.max(CHIPS_AT_ONCE - this.chips.childElementCount, 0);
    const chips = elementsOf(found.chips).filter((chip) => !this.chipOf(chip.dataset.token));
    this.chips.append(...chips.slice(0, room));
    if (quietly) this.refresh();
    else this.changed();
    this.box.scrollTop = this.box.scrollHeight;
    const added = (this.tokens.size - before).toLocaleString(document.documentElement.lang);
    this.say([fill(this.root.dataset.added, { name: added }), found.report].filter(Boolean).join(". "));
    if (found.missing.length) this.tellMissing(found.missing.join("\n"), found.report, quietly);
  }

  tellMissing(text, title, quietly) {
    this.refresh();
    this.report.querySelector(".picker-report-title").textContent = title;
    this.missing.setAttribute("aria-label", title);
    this.missing.value = [this.report.hidden ? "" : this.missing.value.trim(), text].filter(Boolean).join("\n");
    this.report.hidden = false;
    if (!quietly) this.report.focus();
  }

  dismiss() {
    this.report.hidden = true;
    this.missing.value = "";
    this.input.focus();
  }

  // --- Browsing teams

  async browseTeams() {
    this.tree.hidden = !this.tree.hidden;
    this.browse.setAttribute("aria-expanded", !this.tree.hidden);
    if (!this.tree.hidden && !this.tree.childElementCount) await this.fillLevel(this.tree, {});
  }

  treeClicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".picker-choose")) this.toggle(button);
    else if (button.matches(".picker-expand")) this.expand(button);
    else this.nextPage(button);
  }

  async expand(button) {
    const item = button.closest("li");
    const opened = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", !opened);
    const below = item.querySelector(":scope > .picker-level");
    if (below) below.hidden = opened;
    else if (!opened) await this.fillLevel(item, { parent: button.dataset.parent });
  }

  async nextPage(button) {
    const item = button.closest("li");
    const list = item.parentElement;
    const page = await this.getLevel({ parent: button.dataset.parent, after: button.dataset.after });
    if (!page) return;
    const rows = [...page.children];
    item.remove();
    list.append(...rows);
    this.refresh();
    rows[0]?.querySelector("button")?.focus();
  }

  async fillLevel(place, parameters) {
    const page = await this.getLevel(parameters);
    if (!page || place.querySelector(":scope > .picker-level")) return;
    place.append(page);
    this.refresh();
  }

  async getLevel(parameters) {
    const html = await this.get(this.root.dataset.teams, parameters);
    if (html === null) this.say(this.root.dataset.failed);
    return html === null ? null : elementsOf(html)[0];
  }

  // --- Asking the server. Null is the answer that could not be had.

  async get(address, parameters, signal) {
    const url = new URL(address, location.href);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const answer = await this.ask(url, { signal });
    return answer ? answer.text() : null;
  }

  async post(text) {
    const answer = await this.ask(this.root.dataset.paste, {
      method: "POST",
      body: new URLSearchParams({ text }),
      headers: JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"),
    });
    return answer ? answer.json() : null;
  }

  async ask(url, options) {
    try {
      const answer = await fetch(url, options);
      return !answer.redirected && (answer.ok || answer.status === 422) ? answer : null;
    } catch {
      return null;
    }
  }
}

// More than one address, or one with a name beside it.
function isList(text) {
  return text.includes("@") && /[\n,;\t<]|@[\s\S]*@/.test(text.trim());
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);
}

function labelOf(chip) {
  return chip.querySelector(".picker-label").textContent.trim();
}

function isRightToLeft(element) {
  return getComputedStyle(element).direction === "rtl";
}

// Fragments that the server rendered, and so escaped.
function elementsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

const NEW = "[data-picker]:not(.picker-ready)";

function enhance(place) {
  if (place.matches?.(NEW)) new Picker(place);
  for (const root of place.querySelectorAll(NEW)) new Picker(root);
}

document.addEventListener("htmx:load", (event) => enhance(event.target));
enhance(document);
