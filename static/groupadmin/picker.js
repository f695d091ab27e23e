// Turns a picker's text area into a combobox with chips (accounts/pickers). The text area stays, hidden: it
// holds a token for everything that is chosen, and what was typed but not chosen, so that the server can
// say what it thinks of it. Without this file the text area itself is the control.

import { finishComposing } from "./keys.js";
import { Addresses, hasAddress, isList } from "./picker-addresses.js";
import { Results } from "./picker-results.js";
import { elementsOf, postText } from "./picker-server.js";
import { Teams } from "./picker-teams.js";

const CHIPS_AT_ONCE = 200;
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
    this.box.prepend(this.chips);
    this.tokens = new Set();
    this.addresses = new Addresses(this);
    this.results = new Results(this);
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
    if (rest.length > 1 || isList(rest.join("\n"))) this.addresses.lookUp(rest.join("\n"), { quietly: true });
    else this.input.value = rest.join("");
  }

  // What is chosen comes from elsewhere, such as from before one was signed out (unsaved.js).
  async takeAgain() {
    this.tokens.clear();
    this.input.value = "";
    this.takeValue();
    for (const chip of [...this.chips.children]) if (!this.tokens.has(chip.dataset.token)) chip.remove();
    this.refresh();
    if (!this.more.hidden) await this.showMore(false);
  }

  switchOff() {
    this.root.classList.add("picker-off");
    this.input.disabled = true;
    this.browse?.remove();
  }

  listen() {
    this.value.addEventListener("given-back", () => this.takeAgain());
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("mousedown", (event) => this.boxPressed(event));
    this.box.addEventListener("click", (event) => this.boxClicked(event));
    this.chips.addEventListener("keydown", (event) => this.chipKey(event));
    this.chips.addEventListener("focusin", (event) => this.rove(event.target));
    this.addresses.listen();
    this.results.listen();
    if (this.tree) new Teams(this);
  }

  // --- What is chosen

  refresh() {
    const pending = [...this.addresses.pending, this.input.value.trim()].filter(Boolean);
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
    this.sayAdded(labelOf(chip));
  }

  sayAdded(name, more = "") {
    this.say([fill(this.root.dataset.added, { name }), more].filter(Boolean).join(". "));
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
    finishComposing();
    const chip = source.querySelector("template").content.firstElementChild;
    if (this.tokens.has(source.dataset.token)) this.remove(source.dataset.token, labelOf(chip));
    else this.add(document.importNode(chip, true));
    if (source.getAttribute("role") !== "option") return;
    this.input.value = "";
    this.refresh();
    this.results.close();
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

  async showMore(isAsked = true) {
    const hidden = [...this.tokens].filter((token) => !this.chipOf(token)).slice(0, CHIPS_AT_ONCE);
    const found = await postText(this.root.dataset.paste, hidden.join("\n"));
    if (!found?.chips) return this.say(found?.problem ?? this.root.dataset.failed);
    const chips = elementsOf(found.chips).filter((chip) => this.tokens.has(chip.dataset.token) && !this.chipOf(chip.dataset.token));
    this.chips.append(...chips);
    this.refresh();
    if (isAsked && this.more.hidden) chips[0]?.querySelector(".picker-remove").focus();
  }

  // --- Typing

  typed() {
    this.refresh();
    this.results.typed();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const handled = this.results.key(event.key, event.shiftKey) || this.keyInInput(event.key);
    if (!handled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  keyInInput(key) {
    const text = this.input.value.trim();
    const atStart = this.input.selectionStart === 0 && this.input.selectionEnd === 0;
    const back = isRightToLeft(this.box) ? "ArrowRight" : "ArrowLeft";
    const last = this.chips.lastElementChild;
    if (key === "Enter" && text) {
      if (hasAddress(text)) this.addresses.lookUpTyped(text);
      else this.results.search();
    } else if ((key === "ArrowDown" || key === "ArrowUp") && text) this.results.search();
    else if (key === "Escape" && text) {
      this.input.value = "";
      this.typed();
    } else if (key === "Backspace" && atStart && last && !this.input.value) this.remove(last.dataset.token, labelOf(last));
    else if (key === back && atStart && last) last.querySelector(".picker-remove").focus();
    else return false;
    return true;
  }
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

const NEW = "[data-picker]:not(.picker-ready)";

function enhance(place) {
  if (place.matches?.(NEW)) new Picker(place);
  for (const root of place.querySelectorAll(NEW)) new Picker(root);
}

document.addEventListener("htmx:load", (event) => enhance(event.target));
enhance(document);
