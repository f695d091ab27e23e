// Says when a request failed.

// Why the server refused, in the words of the page that it answers whole pages with.
function reasonIn(answer) {
  if (!answer?.getResponseHeader("Content-Type")?.startsWith("text/html")) return "";
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  const heading = page.querySelector("h1:has(+ p)");
  return heading ? `${heading.textContent.trim()}. ${heading.nextElementSibling.textContent.trim()}` : "";
}

// A request that got no usable answer is said, not swallowed.
function tellFailure(event) {
  if (event.detail.elt?.id === "bell") return;
  const place = document.getElementById("failures");
  const alert = document.getElementById("failure-message").content.cloneNode(true);
  alert.querySelector("span").textContent = reasonIn(event.detail.xhr) || place.dataset.message;
  place.replaceChildren(alert);
}
document.addEventListener("htmx:responseError", tellFailure);
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  // What an outbox could not send it says itself, beside the field.
  document.addEventListener(kind, (event) => event.detail.elt?.matches?.(".outgoing") || tellFailure(event));
}
