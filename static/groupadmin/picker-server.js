// What a picker asks the server. Null stands for an answer that could not be had; where the server said why,
// the reason comes along.

// A fragment of a page, and what to say where there is none: {html, problem}.
export async function getText(address, parameters, signal) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const answer = await ask(url, { signal });
  if (answer?.status === 403) return { html: null, problem: await reasonIn(answer) };
  return { html: answer ? await answer.text() : null };
}

export async function postText(address, text) {
  const answer = await ask(address, {
    method: "POST",
    body: new URLSearchParams({ text }),
    headers: JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"),
  });
  if (answer?.status === 403) return { problem: await reasonIn(answer) };
  return answer ? answer.json() : null;
}

// The page for what one may not do says why.
async function reasonIn(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-reason]")?.textContent.trim();
}

async function ask(url, options) {
  try {
    const answer = await fetch(url, options);
    return !answer.redirected && (answer.ok || [403, 422].includes(answer.status)) ? answer : null;
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
