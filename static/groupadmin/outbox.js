// What is sent leaves its field at once, and goes in order, one after the other: what one types, pastes or picks
// meanwhile belongs to the next one (rule 3.13). What could not be sent comes back into the empty field, or is offered.
// Forms with data-outbox work so by themselves; the composer of messages has more to take along.

import { keepDraft } from "./drafts.js";
import { finishComposing, whenComposed } from "./keys.js";

// Only secure pages have crypto.randomUUID.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// `contents` reads, empties, fills and names what is typed; `prepare` sends what goes before, `hear` is told the end.
export class Outbox {
  constructor(form, { contents, prepare = async () => {}, refuse = () => "", hear = () => {}, tell = () => {} }) {
    Object.assign(this, { form, contents, prepare, refuse, hear, tell });
    this.waiting = [];
    this.unsent = [];
    this.given = null;
    this.isBusy = false;
    this.place = form.querySelector("[data-unsent]");
    // Before htmx, which would send the form itself.
    form.addEventListener("submit", (event) => this.submit(event), true);
    form.addEventListener("input", () => this.keep());
    this.place.addEventListener("click", (event) => this.chosen(event));
    this.draft = keepDraft(form);
    this.draft.read().then((kept) => this.takeDraft(kept));
  }

  submit(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    finishComposing();
    // The second of a double click.
    if (this.isBusy && this.contents.isEmpty()) return;
    const item = this.contents.read();
    const wrong = this.refuse(item);
    this.tell(wrong);
    if (wrong) return;
    // The same again has the same key: perhaps only the answer to it was lost.
    item.key = this.given && isSame(item, this.given) ? this.given.key : newKey();
    if (this.given && isSame(item, this.given)) item.arrived = this.given.arrived;
    this.given = null;
    this.contents.clear();
    this.waiting.push(...this.unsent.splice(0), item);
    this.show();
    this.next();
  }

  async next() {
    this.keep();
    if (this.isBusy || !this.waiting.length) return;
    this.isBusy = true;
    const [item] = this.waiting;
    const outcome = await this.send(item);
    this.isBusy = false;
    if (outcome.isSent || outcome.isRefused) this.waiting.shift();
    if (outcome.isSent) this.hear(outcome.xhr);
    else whenComposed(() => this.takeBack(outcome.isRefused ? [item] : this.waiting.splice(0), outcome));
    this.next();
  }

  async send(item) {
    try {
      await this.prepare(item);
    } catch (problem) {
      if (!problem.message) throw problem;
      return { words: problem.message };
    }
    const ghost = this.ghostOf(item);
    const xhr = await new Promise((resolve) => {
      ghost.addEventListener("htmx:afterRequest", (event) => resolve(event.detail.xhr));
      ghost.requestSubmit();
    });
    ghost.remove();
    const isSent = xhr.status >= 200 && xhr.status < 300 && !xhr.getResponseHeader("HX-Redirect");
    return { xhr, isSent, isRefused: [409, 413, 422].includes(xhr.status), words: "" };
  }

  // A form of its own, so that the one that is typed into can be typed into.
  ghostOf(item) {
    const ghost = document.createElement("form");
    const { outgoing, target, select, swap } = this.form.dataset;
    ghost.hidden = true;
    ghost.className = "outgoing";
    ghost.method = "post";
    ghost.setAttribute("hx-post", this.form.getAttribute("action"));
    if (this.form.enctype.startsWith("multipart")) ghost.setAttribute("hx-encoding", this.form.enctype);
    for (const [name, value] of Object.entries({ target, select, swap })) {
      if (value) ghost.setAttribute(`hx-${name}`, value);
    }
    const values = [...this.contents.values(item), ["form_key", item.key], ...(item.arrived ?? []).map((key) => ["arrived", key])];
    for (const [name, value] of values) ghost.append(inputOf(name, value));
    (this.form.closest(outgoing) ?? this.form.parentElement).append(ghost);
    htmx.process(ghost);
    return ghost;
  }

  takeBack(items, { words, xhr, isRefused }) {
    if (items.length === 1 && !this.unsent.length && this.contents.isEmpty()) {
      [this.given] = items;
      this.contents.fill(items[0]);
      if (!isRefused) this.tell(words || this.form.dataset.notSent);
      else this.contents.mark?.(xhr);
    } else this.unsent.push(...items);
    this.show();
    this.keep();
  }

  // --- What could not be sent, while something else stands in the field

  show() {
    const list = this.place.querySelector("ul");
    const template = this.place.querySelector("template").content;
    list.replaceChildren(
      ...this.unsent.map((item) => {
        const row = template.cloneNode(true).firstElementChild;
        row.querySelector("bdi").textContent = this.contents.name(item);
        return row;
      }),
    );
    this.place.hidden = !this.unsent.length;
  }

  chosen(event) {
    const row = event.target.closest("[data-put-back]")?.closest("li");
    if (row) {
      const [item] = this.unsent.splice([...row.parentElement.children].indexOf(row), 1);
      this.given = this.contents.isEmpty() ? item : null;
      this.contents.fill(item);
    } else if (event.target.closest("[data-send-again]")) this.waiting.push(...this.unsent.splice(0));
    else return;
    this.show();
    this.next();
  }

  // --- What is kept for when one comes back

  keep() {
    const typed = this.contents.isEmpty() ? null : this.contents.read();
    const items = [...this.unsent, ...this.waiting].filter((item) => item.text).map(({ files, ...rest }) => rest);
    this.draft.write(typed || items.length ? { typed, items } : null);
  }

  takeDraft(kept) {
    if (!kept || !this.contents.isEmpty() || this.waiting.length) return;
    if (kept.typed) this.contents.fill(kept.typed);
    this.unsent = kept.items;
    this.show();
  }
}

function inputOf(name, value) {
  const input = document.createElement("input");
  input.name = name;
  if (value instanceof File) {
    const transfer = new DataTransfer();
    transfer.items.add(value);
    input.type = "file";
    input.files = transfer.files;
  } else {
    input.type = "hidden";
    input.value = value;
  }
  return input;
}

// As they are kept; files are themselves.
function isSame(one, other) {
  const plain = ({ key, arrived, ...item }) => JSON.stringify(item);
  const files = [one.files ?? [], other.files ?? []];
  return plain(one) === plain(other) && files[0].length === files[1].length && files[0].every((file, at) => file === files[1][at]);
}

// --- Forms with one field of text

function textOf(form) {
  const field = form.querySelector("[data-outbox-text]");
  const put = (value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return {
    read: () => ({ text: field.value }),
    clear: () => put(""),
    isEmpty: () => !field.value,
    fill: (item) => {
      put([item.text, field.value].filter(Boolean).join(field.matches("textarea") ? "\n" : " "));
      field.focus();
    },
    values: (item) => [[field.name, item.text]],
    name: (item) => item.text,
    mark(xhr) {
      field.setAttribute("aria-invalid", "true");
      const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
      const place = field.getAttribute("aria-describedby");
      const problem = answer.getElementById(place);
      if (problem) document.getElementById(place)?.replaceChildren(...problem.children);
    },
    field,
  };
}

function enhance(form) {
  if (form.dataset.isReady) return;
  form.dataset.isReady = "yes";
  const contents = textOf(form);
  const tell = (words) => {
    const place = document.getElementById(contents.field.getAttribute("aria-describedby"));
    place.replaceChildren();
    contents.field.removeAttribute("aria-invalid");
    if (!words) return;
    const line = document.createElement("div");
    line.className = "invalid-feedback d-block";
    line.setAttribute("role", "alert");
    line.textContent = words;
    place.append(line);
  };
  const hear = () => {
    if (document.activeElement === document.body) contents.field.focus();
  };
  new Outbox(form, { contents, tell, hear });
}

const enhanceAll = (place) => place.querySelectorAll?.("form[data-outbox]").forEach(enhance);
document.addEventListener("htmx:load", (event) => enhanceAll(event.target));
enhanceAll(document);

// A note that is gone: its answer is a page, in which what was written can become another note.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!detail.elt.matches(".outgoing") || detail.xhr.status !== 409) return;
  Object.assign(detail, { target: document.body, selectOverride: "unset", swapOverride: "innerHTML" });
});
