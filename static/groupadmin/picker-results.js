// What a picker finds for the words that are typed: a listbox below its input, for the keys and the mouse.

import { elementsOf, getText } from "./picker-server.js";

const TYPING_PAUSE = 150;

export class Results {
  constructor(picker) {
    this.picker = picker;
    this.active = null;
    for (const part of ["input", "popup", "listbox", "said"]) this[part] = picker[part];
  }

  listen() {
    this.input.addEventListener("blur", () => this.close());
    // The input keeps the focus while one picks with the mouse.
    this.popup.addEventListener("mousedown", (event) => event.preventDefault());
    this.listbox.addEventListener("click", (event) => this.picker.toggle(event.target.closest("[role=option]")));
  }

  typed() {
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
    const { failed, search } = this.picker.root.dataset;
    const { html, problem } = await getText(search, { q: typed }, request.signal);
    if (request.signal.aborted || document.activeElement !== this.input) return;
    const results = html === null ? null : elementsOf(html)[0];
    const said = results ? results.dataset.said : (problem ?? failed);
    this.listbox.replaceChildren(...(results?.children ?? []));
    [...this.listbox.children].forEach((option, number) => (option.id = `${this.listbox.id}_${number}`));
    this.said.textContent = this.listbox.childElementCount && this.listbox.childElementCount < 20 ? "" : said;
    this.picker.refresh();
    this.open();
    this.activate(this.listbox.firstElementChild);
    this.picker.say(said);
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

  key(key, shift) {
    if (!this.isOpen) return false;
    const options = this.listbox;
    const moves = {
      ArrowDown: this.active?.nextElementSibling ?? options.firstElementChild,
      ArrowUp: this.active?.previousElementSibling ?? options.lastElementChild,
      Home: options.firstElementChild,
      End: options.lastElementChild,
    };
    if (key === "Escape") this.close();
    else if (key === "Enter" && this.active) this.picker.toggle(this.active);
    else if (key in moves && !shift && options.childElementCount) this.activate(moves[key]);
    else return false;
    return true;
  }
}
