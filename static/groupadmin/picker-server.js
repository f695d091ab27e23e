// What a picker asks the server. Null is the answer that could not be had.

export async function getText(address, parameters, signal) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const answer = await ask(url, { signal });
  return answer ? answer.text() : null;
}

export async function postText(address, text) {
  const answer = await ask(address, {
    method: "POST",
    body: new URLSearchParams({ text }),
    headers: JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"),
  });
  return answer ? answer.json() : null;
}

async function ask(url, options) {
  try {
    const answer = await fetch(url, options);
    return !answer.redirected && (answer.ok || answer.status === 422) ? answer : null;
  } catch {
    return null;
  }
}

// Fragments that the server rendered, and so escaped.
export function elementsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}
