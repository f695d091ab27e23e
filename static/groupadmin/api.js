// Tries an operation of the API with a pasted token. The browser's session is left at home: no cookies are sent.

const SHOWN_HEADERS = ["content-type", "etag", "location", "link", "retry-after", "idempotent-replayed", "allow"];

const form = document.querySelector(".api-form");
const answer = document.querySelector(".api-answer");
const wrong = document.getElementById("body-wrong");
const body = document.getElementById("body");

form.hidden = false;

const request = () => {
  const headers = new Headers({ Authorization: `Bearer ${document.getElementById("token").value.trim()}` });
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("[data-name]")) {
    const { name, place } = field.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(field.value));
    else if (field.value === "") continue;
    else if (place === "header") headers.set(name, field.value);
    else query.append(name, field.value);
  }
  const file = document.getElementById("file")?.files[0];
  if (form.dataset.type) headers.set("Content-Type", file?.type || form.dataset.type);
  const address = query.size ? `${path}?${query}` : path;
  return [address, { method: form.dataset.method, headers, body: file ?? body?.value, credentials: "omit" }];
};

const isJson = (text) => {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return true;
};

const textOf = async (response) => {
  const type = response.headers.get("content-type") ?? "";
  if (type && !type.includes("json") && !type.startsWith("text/")) {
    return `${(await response.blob()).size} ${form.dataset.bytes} ${type}`;
  }
  const text = await response.text();
  return type.includes("json") && isJson(text) ? JSON.stringify(JSON.parse(text), null, 2) : text;
};

const show = (status, headers, text) => {
  answer.hidden = false;
  answer.querySelector(".api-status").textContent = status;
  for (const [part, found] of [[".api-headers", headers], [".api-body", text]]) {
    const place = answer.querySelector(part);
    place.textContent = found;
    place.hidden = !found;
  }
  answer.scrollIntoView({ block: "nearest" });
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isWrong = Boolean(body) && !isJson(body.value);
  if (body) {
    body.classList.toggle("is-invalid", isWrong);
    body.setAttribute("aria-invalid", String(isWrong));
    wrong.textContent = isWrong ? form.dataset.noJson : "";
  }
  if (isWrong) {
    body.focus();
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const response = await fetch(...request());
    const told = SHOWN_HEADERS.filter((name) => response.headers.has(name));
    const headers = told.map((name) => `${name}: ${response.headers.get(name)}`).join("\n");
    show(`${response.status} ${response.statusText}`, headers, await textOf(response));
  } catch {
    show(form.dataset.failed, "", "");
  } finally {
    button.disabled = false;
  }
});
