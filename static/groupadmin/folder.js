// Uploading into folders: several files at once, each with its progress; large ones in pieces, so that one can go
// on after the connection broke. And ticking. The pages work without it.

const form = document.querySelector("[data-upload]");
const AT_ONCE = 2;

class Problem extends Error {}

function send(url, fields, onProgress) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof File) body.set(name, value, value.name);
    else body.set(name, value);
  }
  return ask("POST", url, body, onProgress);
}

function ask(method, url, body = null, onProgress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    for (const kind of ["error", "abort", "timeout"]) {
      request.addEventListener(kind, () => reject(new Problem(form.dataset.failed)));
    }
    request.addEventListener("load", () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* a page instead */ }
      if (request.status === 200 && answer) resolve(answer);
      else if (answer?.message) reject(new Problem(answer.message));
      else if ([403, 404].includes(request.status)) reject(new Problem(form.dataset.closed));
      else reject(new Problem(request.status === 200 ? form.dataset.signedOut : `${form.dataset.failed} (${request.status})`));
    });
    request.send(body);
  });
}

async function upload(file, show) {
  const piece = Number(form.dataset.piece);
  const folder = form.elements.folder.value;
  if (file.size > Number(form.dataset.most)) throw new Problem(form.dataset.tooLarge);
  if (file.size <= piece) return send(form.action, { folder, files: file }, (sent) => show(sent));
  // A file that was begun before goes on where it stopped: the server says how far it got.
  const fields = { folder, name: file.name, size: file.size, modified: file.lastModified };
  let { url, received } = await send(form.dataset.begin, fields);
  for (;;) {
    const from = received;
    const part = new File([file.slice(from, from + piece)], "piece");
    const answer = await send(url, { offset: from, piece: part }, (sent) => show(Math.min(file.size, from + sent)));
    if (answer.done) return answer;
    received = answer.received;
  }
}

const waiting = [];
let active = 0;
let isAnyDone = false;

function next() {
  while (active < AT_ONCE && waiting.length) {
    active += 1;
    waiting.shift()().finally(() => {
      active -= 1;
      next();
    });
  }
  if (!active && !waiting.length) finish();
}

async function finish() {
  if (!isAnyDone) return;
  isAnyDone = false;
  htmx.ajax("GET", location.href, { target: "#results", swap: "innerHTML" });
}

function add(file) {
  const list = document.getElementById("uploads");
  const row = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
  const bar = row.querySelector("progress");
  const state = row.querySelector(".upload-state");
  const retry = row.querySelector("button");
  row.querySelector(".upload-name").textContent = file.name;
  bar.setAttribute("aria-label", file.name);
  list.hidden = false;
  list.append(row);
  const show = (sent) => {
    bar.value = file.size ? Math.min(100, (sent * 100) / file.size) : 100;
    state.textContent = `${Math.floor(bar.value)} %`;
  };
  const run = async () => {
    row.classList.remove("failed");
    retry.hidden = true;
    show(0);
    try {
      const answer = await upload(file, show);
      show(file.size);
      state.textContent = answer.message;
      row.classList.add("done");
      isAnyDone = true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      row.classList.add("failed");
      state.textContent = problem.message;
      retry.hidden = false;
    }
  };
  retry.addEventListener("click", () => {
    waiting.push(run);
    next();
  });
  waiting.push(run);
}

function addAll(files) {
  for (const file of files) add(file);
  next();
}

if (form) {
  form.classList.add("scripted");
  const field = form.elements.files;
  field.addEventListener("change", () => {
    addAll([...field.files]);
    field.value = "";
  });
  const page = document.getElementById("content");
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  page.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    page.classList.add("dropping");
  });
  page.addEventListener("dragleave", (event) => {
    if (!page.contains(event.relatedTarget)) page.classList.remove("dropping");
  });
  page.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    page.classList.remove("dropping");
    addAll([...event.dataTransfer.files]);
  });
}

// Ticking: all of a page at once, and what one can do only once something is ticked.
function tell() {
  const items = document.getElementById("items");
  if (!items) return;
  const boxes = [...items.querySelectorAll("[name=item]")];
  const ticked = boxes.filter((box) => box.checked).length;
  const all = document.getElementById("tick-all");
  all.hidden = false;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const words = items.querySelector("[data-ticked]");
  words.textContent = ticked ? `${ticked} ${words.dataset.some}` : words.dataset.none;
  for (const button of items.querySelectorAll(".bulk-buttons button")) button.disabled = !ticked;
}
document.addEventListener("change", (event) => {
  if (event.target.id === "tick-all") {
    for (const box of document.querySelectorAll("#items [name=item]")) box.checked = event.target.checked;
  }
  if (event.target.closest("#items")) tell();
});
document.addEventListener("htmx:afterSwap", tell);
window.addEventListener("pageshow", tell);
tell();
