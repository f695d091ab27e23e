// Files that are sent in pieces, each with a row that shows its progress: for folders, notes and messages. What
// broke off goes on where it stopped. `words` is the dataset of the form: addresses, limits and what to say.

import { nameOf, shownName, sizeOf } from "./file-labels.js";

export class Problem extends Error {}
class Cancelled extends Error {}

const AT_ONCE = 2;

export function send(words, url, fields, { onProgress = () => {}, signal = null } = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof File) body.set(name, value, value.name);
    else body.set(name, value);
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    if (signal?.aborted) return reject(new Cancelled());
    signal?.addEventListener("abort", () => (request.abort(), reject(new Cancelled())));
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    for (const kind of ["error", "abort", "timeout"]) {
      request.addEventListener(kind, () => reject(new Problem(words.failed)));
    }
    request.addEventListener("load", () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* a page instead */ }
      if (request.status === 200 && answer) resolve(answer);
      else if (answer?.message) reject(new Problem(answer.message));
      else if ([403, 404].includes(request.status)) reject(new Problem(words.closed));
      else reject(new Problem(request.status === 200 ? words.signedOut : `${words.failed} (${request.status})`));
    });
    request.send(body);
  });
}

// Resolves to the last answer, with the key by which a form names the file.
export async function inPieces(file, words, { fields = {}, show = () => {}, signal = null, onBegun = () => {} } = {}) {
  const size = Number(words.piece);
  if (file.size > Number(words.most)) throw new Problem(words.tooLarge);
  const said = { ...fields, name: file.name, size: file.size, modified: file.lastModified };
  // A file that was begun before goes on where it stopped: the server says how far it got.
  let { url, key, received } = await send(words, words.begin, said, { signal });
  onBegun(url);
  for (;;) {
    const from = received;
    const part = new File([file.slice(from, from + size)], "piece");
    const onProgress = (sent) => show(Math.min(file.size, from + sent));
    const answer = await send(words, url, { offset: from, piece: part }, { onProgress, signal });
    if (answer.done) return { key, ...answer };
    received = answer.received;
  }
}

// A list of rows. `upload(file, options)` sends one file; `onDone(row, answer, file)` is told when it is there,
// `onIdle()` when nothing is under way any more.
export function rowsOf({ list, template, words, upload, onDone = () => {}, onIdle = () => {} }) {
  const waiting = [];
  let active = 0;
  let resting = [];

  function next() {
    while (active < AT_ONCE && waiting.length) {
      active += 1;
      waiting.shift()().finally(() => {
        active -= 1;
        next();
      });
    }
    if (active || waiting.length) return;
    onIdle();
    for (const resolve of resting.splice(0)) resolve();
  }

  // To ears only what became of a file, not each step of it.
  function tell(row) {
    const words = ["bdi", ".upload-state"].map((part) => row.querySelector(part).textContent);
    document.getElementById("uploads-said").textContent = words.filter(Boolean).join(": ");
  }

  function add(file) {
    const row = template.content.firstElementChild.cloneNode(true);
    const bar = row.querySelector("progress");
    const state = row.querySelector(".upload-state");
    const retry = row.querySelector("[data-retry]");
    const cancel = row.querySelector("[data-cancel]");
    let controller = null;
    let address = "";
    row.querySelector(".upload-name").prepend(nameOf(file), " ");
    row.querySelector(".upload-size").textContent = sizeOf(file.size);
    bar.setAttribute("aria-label", shownName(file));
    cancel.setAttribute("aria-label", `${cancel.title} ${shownName(file)}`);
    list.hidden = false;
    list.append(row);
    const show = (sent) => {
      bar.value = file.size ? Math.min(100, (sent * 100) / file.size) : 100;
      state.textContent = `${Math.floor(bar.value)} %`;
    };
    const run = async () => {
      if (!row.isConnected) return;
      controller = new AbortController();
      row.className = "upload-row";
      retry.hidden = true;
      show(0);
      try {
        const options = { show, signal: controller.signal, onBegun: (url) => (address = url) };
        const answer = await upload(file, options);
        show(file.size);
        state.textContent = answer.message ?? "";
        tell(row);
        row.classList.add("done");
        onDone(row, answer, file);
      } catch (problem) {
        if (problem instanceof Cancelled) return;
        if (!(problem instanceof Problem)) throw problem;
        row.classList.add("failed");
        state.textContent = problem.message;
        tell(row);
        retry.hidden = false;
      }
    };
    retry.addEventListener("click", () => {
      waiting.push(run);
      next();
    });
    cancel.addEventListener("click", () => {
      const isThere = row.classList.contains("done") && !row.querySelector("input");
      row.remove();
      list.hidden = !list.firstElementChild;
      controller?.abort();
      // What was begun takes space until it is let go of.
      if (address && !isThere) send(words, address, { cancel: "1" }).catch(() => {});
    });
    waiting.push(run);
  }

  return {
    add(files) {
      for (const file of files) add(file);
      next();
    },
    get rows() {
      return [...list.children];
    },
    get isBusy() {
      return active + waiting.length > 0;
    },
    rest: () => new Promise((resolve) => (active + waiting.length ? resting.push(resolve) : resolve())),
  };
}
