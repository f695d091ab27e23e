// The field in which one writes to a room: its files, what it answers, and what became of sending it.

import { nameOf, sizeOf } from "./file-labels.js";
import "./keys.js";
import { Outbox } from "./outbox.js";
import { inPieces } from "./uploading.js";

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
  async function prepare(item) {
    bar.value = 0;
    bar.hidden = !item.files?.length;
    if (item.arrived || size(item.files ?? []) <= Number(form.dataset.mostBytes)) return;
    const total = Math.max(1, size(item.files));
    const keys = [];
    let before = 0;
    try {
      for (const file of item.files) {
        const show = (sent) => (bar.value = (100 * (before + sent)) / total);
        keys.push((await inPieces(file, form.dataset, { show })).key);
        before += file.size;
      }
    } finally {
      bar.hidden = true;
    }
    item.arrived = keys;
  }

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

  document.addEventListener("htmx:xhr:progress", (event) => {
    if (!event.detail.lengthComputable || !event.target.matches(".outgoing")) return;
    bar.value = (100 * event.detail.loaded) / event.detail.total;
  });

  // --- Sending

  const mentioned = () => [...form.querySelectorAll('[name="mentioned"]')];
  const quoted = () => reply.querySelector('[name="reply_to"]')?.value ?? "";

  // Whom one answers is shown as the server shows it.
  function answer(pk) {
    if (!pk || quoted()) return;
    const url = new URL(form.getAttribute("action"), location.href);
    url.searchParams.set("reply", pk);
    htmx.ajax("GET", url.href, { target: "#reply", swap: "innerHTML" });
  }

  const contents = {
    read: () => ({
      text: text.value,
      files: [...files.files],
      reply_to: quoted(),
      mentioned: mentioned().map((input) => input.value),
    }),
    clear() {
      text.value = "";
      attach([]);
      for (const one of mentioned()) one.remove();
      reply.replaceChildren();
      counter.hidden = true;
      text.focus();
    },
    isEmpty: () => !text.value && !files.files.length && !quoted(),
    fill(item) {
      text.value = [item.text, text.value].filter(Boolean).join("\n");
      attach([...(item.files ?? []), ...files.files]);
      for (const value of item.mentioned) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "mentioned", value }));
      }
      answer(item.reply_to);
      text.focus();
    },
    values: ({ text, files, reply_to, mentioned, arrived }) => [
      ["text", text],
      ...(reply_to ? [["reply_to", reply_to]] : []),
      ...mentioned.map((value) => ["mentioned", value]),
      ...(arrived ? [] : (files ?? []).map((file) => ["files", file])),
    ],
    name: (item) => item.text || [...(item.files ?? [])].map((file) => file.name).join(", "),
    mark: () => text.setAttribute("aria-invalid", "true"),
  };

  const outbox = new Outbox(form, {
    contents,
    prepare,
    tell,
    refuse: (item) => filesProblem(item.files) || (item.text.trim() || item.files.length ? "" : form.dataset.empty),
    hear() {
      bar.hidden = true;
      if (document.activeElement === document.body) text.focus();
      if (isWhole()) toBottom();
      else if (contents.isEmpty() && !outbox.waiting.length) return location.assign(location.pathname);
      ask();
    },
  });
  form.addEventListener("htmx:afterRequest", () => (bar.hidden = true));
  reply.addEventListener("htmx:afterSettle", () => outbox.keep());
}
