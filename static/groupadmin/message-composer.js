// The field in which one writes to a room: its files, what it answers, and what became of sending it.

import { nameOf, sizeOf } from "./file-labels.js";
import "./keys.js";
import { inPieces, Problem } from "./uploading.js";

const COUNTED_FROM = 9_000;

export function write({ ask, toBottom, isWhole }) {
  const form = document.getElementById("composer");
  const text = document.getElementById("message-text");
  const files = document.getElementById("message-files");
  const chosen = document.getElementById("chosen-files");
  const reply = document.getElementById("reply");
  const bar = document.getElementById("message-progress");
  const problem = document.getElementById("message-problem");
  const counter = document.getElementById("message-count");
  let sent = null;

  function tell(words) {
    problem.replaceChildren();
    text.removeAttribute("aria-invalid");
    if (!words) return;
    const element = document.createElement("div");
    element.className = "invalid-feedback d-block";
    element.setAttribute("role", "alert");
    element.textContent = words;
    problem.append(element);
  }

  const size = (list) => [...list].reduce((sum, file) => sum + file.size, 0);
  const filesProblem = (list) => {
    if (list.length > Number(form.dataset.mostFiles)) return form.dataset.tooMany;
    return [...list].some((file) => file.size > Number(form.dataset.most)) ? form.dataset.tooLarge : "";
  };

  // What is too much for one request is sent before it, in pieces. What broke off goes on where it stopped when
  // one sends again.
  async function sendFiles(list) {
    const total = Math.max(1, size(list));
    const keys = [];
    let before = 0;
    for (const file of list) {
      const show = (sent) => (bar.value = (100 * (before + sent)) / total);
      keys.push((await inPieces(file, form.dataset, { show })).key);
      before += file.size;
    }
    return keys;
  }

  let isSending = false;
  document.addEventListener("htmx:confirm", async (event) => {
    if (event.detail.elt !== form) return;
    if (isSending) return event.preventDefault();
    if (size(files.files) <= Number(form.dataset.mostBytes) || filesProblem(files.files)) return;
    event.preventDefault();
    isSending = true;
    tell("");
    bar.value = 0;
    bar.hidden = false;
    try {
      for (const key of await sendFiles([...files.files])) {
        const input = document.createElement("input");
        Object.assign(input, { type: "hidden", name: "arrived", value: key });
        form.append(input);
      }
      files.disabled = true;
      event.detail.issueRequest(true);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      tell(problem.message);
      text.focus();
    } finally {
      bar.hidden = true;
      isSending = false;
    }
  });

  function attach(list) {
    const transfer = new DataTransfer();
    for (const file of list) transfer.items.add(file);
    files.files = transfer.files;
    showChosen();
  }

  function showChosen() {
    const template = document.getElementById("chosen-file").content;
    chosen.replaceChildren(
      ...[...files.files].map((file, number) => {
        const item = template.cloneNode(true).firstElementChild;
        item.querySelector(".cut").append(nameOf(file));
        item.querySelector("small").textContent = sizeOf(file.size);
        item.querySelector("button").dataset.dropFile = number;
        item.querySelector("button span").append(" ", nameOf(file));
        return item;
      }),
    );
    chosen.hidden = !files.files.length;
    tell(filesProblem(files.files));
  }

  let before = [];
  files.addEventListener("click", () => (before = [...files.files]));
  files.addEventListener("change", () => attach([...before, ...files.files]));
  chosen.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop-file]");
    if (!button) return;
    attach([...files.files].filter((_file, number) => number !== Number(button.dataset.dropFile)));
    text.focus();
  });
  text.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) attach([...files.files, ...event.clipboardData.files]);
  });
  const room = document.getElementById("talk");
  room.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    room.classList.add("drop-here");
  });
  room.addEventListener("dragleave", () => room.classList.remove("drop-here"));
  room.addEventListener("drop", (event) => {
    room.classList.remove("drop-here");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    attach([...files.files, ...event.dataTransfer.files]);
  });

  // Where there is no keyboard beside the screen, Enter starts a new line.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.defaultPrevented) return;
    if (matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
  text.addEventListener("input", () => {
    counter.hidden = text.value.length < COUNTED_FROM;
    tell("");
  });

  reply.addEventListener("click", (event) => {
    if (!event.target.closest("[data-drop-reply]")) return;
    event.preventDefault();
    reply.replaceChildren();
    text.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === reply) text.focus();
  });

  form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== form) return;
    const wrong = filesProblem(files.files) || (text.value.trim() || files.files.length ? "" : form.dataset.empty);
    tell(wrong);
    if (wrong) return event.preventDefault();
    sent = text.value;
    bar.value = 0;
    bar.hidden = files.disabled || !files.files.length;
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form) return;
    bar.hidden = true;
    files.disabled = false;
    for (const one of form.querySelectorAll('[name="arrived"]')) one.remove();
    const key = event.detail.xhr.getResponseHeader("Form-Key");
    if (event.detail.xhr.status === 422) text.setAttribute("aria-invalid", "true");
    else if (event.detail.failed || !key) tell(form.dataset.notSent);
    if (!key) return text.focus();
    form.elements.form_key.value = key;
    // What was typed while it was sent stays.
    text.value = text.value.startsWith(sent) ? text.value.slice(sent.length) : "";
    counter.hidden = true;
    for (const one of form.querySelectorAll('[name="mentioned"]')) one.remove();
    attach([]);
    reply.replaceChildren();
    text.focus();
    if (!isWhole()) return location.assign(location.pathname);
    toBottom();
    ask();
  });
}
