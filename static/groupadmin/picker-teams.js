// The teams of a picker: a tree to browse, which is fetched level by level and page by page.

import { elementsOf, getText } from "./picker-server.js";

export class Teams {
  constructor(picker) {
    this.picker = picker;
    this.button = picker.browse;
    this.tree = picker.tree;
    this.button.addEventListener("click", () => this.browse());
    this.tree.addEventListener("click", (event) => this.clicked(event));
  }

  async browse() {
    this.tree.hidden = !this.tree.hidden;
    this.button.setAttribute("aria-expanded", !this.tree.hidden);
    if (!this.tree.hidden && !this.tree.querySelector(":scope > .picker-level")) await this.fillLevel(this.tree, {});
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".picker-choose")) this.picker.toggle(button);
    else if (button.matches(".picker-expand")) this.expand(button);
    else this.nextPage(button);
  }

  async expand(button) {
    const item = button.closest("li");
    const opened = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", !opened);
    const below = item.querySelector(":scope > .picker-level");
    if (below) below.hidden = opened;
    else if (!opened) {
      await this.fillLevel(item, { parent: button.dataset.parent });
      if (!item.querySelector(":scope > .picker-level")) button.setAttribute("aria-expanded", false);
    }
  }

  async nextPage(button) {
    const item = button.closest("li");
    const list = item.parentElement;
    const page = await this.getLevel({ parent: button.dataset.parent, after: button.dataset.after }, item);
    if (!page) return;
    const rows = [...page.children];
    item.remove();
    list.append(...rows);
    this.picker.refresh();
    rows[0]?.querySelector("button")?.focus();
  }

  async fillLevel(place, parameters) {
    const page = await this.getLevel(parameters, place);
    if (!page || place.querySelector(":scope > .picker-level")) return;
    place.append(page);
    this.picker.refresh();
  }

  // A level that cannot be had is said where it would stand: an empty tree would look like an empty company.
  async getLevel(parameters, place) {
    place.querySelector(":scope > .picker-problem")?.remove();
    const { html, problem } = await getText(this.picker.root.dataset.teams, parameters);
    if (html !== null) return elementsOf(html)[0];
    const said = document.createElement("p");
    said.className = "picker-problem";
    said.textContent = problem ?? this.picker.root.dataset.failed;
    place.append(said);
    this.picker.say(said.textContent);
    return null;
  }
}
