// Lets the browser make or use a passkey, and sends its answer with the form (rule 9.2). A form says which by
// data-passkey="create" or "get", and where the options are: data-options, the id of an element in the page,
// or data-options-url. Without this file, the buttons stay hidden.

async function optionsOf(form) {
  if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const response = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The options were answered with ${response.status}.`);
  return response.json();
}

async function create(form) {
  const { creation_options: options } = await optionsOf(form);
  const alone = form.querySelector("[data-passkey-alone]")?.checked ?? true;
  Object.assign(options.publicKey.authenticatorSelection, {
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone && { userVerification: "required" }),
  });
  return webauthnJSON.create(options);
}

async function get(form) {
  return webauthnJSON.get((await optionsOf(form)).request_options);
}

async function use(form, button) {
  const problem = form.querySelector("[data-passkey-problem]");
  button.disabled = true;
  problem.hidden = true;
  try {
    const credential = await (form.dataset.passkey === "create" ? create : get)(form);
    form.querySelector("[data-passkey-answer]").value = JSON.stringify(credential);
    form.submit();
  } catch {
    // Most often the person has closed the browser's window.
    problem.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

// Browsers have passkeys for host names, not for IP addresses.
const hasName = !/^([\d.]+|\[.*\])$/.test(location.hostname);

if (hasName && globalThis.webauthnJSON?.supported()) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    for (const shown of form.querySelectorAll("[data-passkey-shown]")) shown.hidden = false;
    const button = form.querySelector("[data-passkey-button]");
    button.addEventListener("click", () => use(form, button));
  }
}
