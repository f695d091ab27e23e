// Addresses that are pasted or typed into a picker: the server says whose they are, and which it does not know.

import { whenComposed } from "./keys.js";
import { elementsOf, postText } from "./picker-server.js";

const CHIPS_AT_ONCE = 200;

export class Addresses {
  constructor(picker) {
    this.picker = picker;
    this.words = picker.root.dataset;
    this.report = picker.report;
    this.missing = this.report.querySelector("textarea");
    // What is being looked up.
    this.pending = new Set();
  }

  listen() {
    this.picker.input.addEventListener("paste", (event) => this.pasted(event));
    this.report.querySelector(".picker-again").addEventListener("click", () => this.lookUpAgain());
    this.report.querySelector(".picker-dismiss").addEventListener("click", () => this.dismiss());
  }

  pasted(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!isList(text)) return;
    event.preventDefault();
    this.lookUp(text);
  }

  lookUpTyped(text) {
    this.picker.input.value = "";
    this.picker.results.close();
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
    const { picker } = this;
    this.pending.add(text);
    picker.refresh();
    const found = await postText(this.words.paste, text);
    this.pending.delete(text);
    if (!found || found.problem) return this.tellMissing(text, found?.problem ?? this.words.retry, quietly);
    const before = picker.tokens.size;
    found.tokens.forEach((token) => picker.tokens.add(token));
    const room = Math.max(CHIPS_AT_ONCE - picker.chips.childElementCount, 0);
    const chips = elementsOf(found.chips).filter((chip) => !picker.chipOf(chip.dataset.token));
    picker.chips.append(...chips.slice(0, room));
    if (quietly) picker.refresh();
    else picker.changed();
    picker.box.scrollTop = picker.box.scrollHeight;
    picker.sayAdded((picker.tokens.size - before).toLocaleString(document.documentElement.lang), found.report);
    if (found.missing.length) this.tellMissing(found.missing.join("\n"), found.report, quietly);
  }

  tellMissing(text, title, quietly) {
    this.picker.refresh();
    whenComposed(() => this.showMissing(text, title, quietly));
  }

  showMissing(text, title, quietly) {
    this.report.querySelector(".picker-report-title").textContent = title;
    this.missing.setAttribute("aria-label", title);
    this.missing.value = [this.report.hidden ? "" : this.missing.value.trim(), text].filter(Boolean).join("\n");
    this.report.hidden = false;
    if (!quietly) this.report.focus();
  }

  dismiss() {
    this.report.hidden = true;
    this.missing.value = "";
    this.picker.input.focus();
  }
}

// An address by itself, as it can be searched for while it is typed.
const ALONE = /^[^\s@<>()[\]{}"',;:/|\\]+@[a-z\d.-]*[a-z\d]$/i;

export function hasAddress(text) {
  return /[@＠﹫]\s*\S/.test(text);
}

// More than one address, or one with a name beside it or signs around it: the server reads what it is.
export function isList(text) {
  return hasAddress(text) && !ALONE.test(text.trim());
}
