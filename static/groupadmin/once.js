// A form that is on its way is shut for the button that sent it: a double click sends it once (rule 5.8). Nothing is
// disabled, so buttons keep their values, and what one chooses meanwhile with another button is sent.

// What is plainly posted may be answered with a download, or stopped: nobody tells.
const SHUT_FOR = 5_000;

let underWay = new Map();

const posts = (form) => form.getAttribute("method")?.toLowerCase() === "post";
const isShut = (element, submitter) => underWay.has(element) && underWay.get(element) === submitter;

window.addEventListener(
  "submit",
  (event) => {
    if (!posts(event.target) || !isShut(event.target, event.submitter)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !posts(form)) return;
  underWay.set(form, event.submitter);
  setTimeout(() => underWay.delete(form), SHUT_FOR);
});

// htmx has prevented it, and sends it later, perhaps after its files.
const sentWith = (event) => event.detail.requestConfig.triggeringEvent?.submitter ?? null;
document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.requestConfig.verb !== "get") underWay.set(event.detail.elt, sentWith(event));
});
document.addEventListener("htmx:afterRequest", (event) => {
  // Where the answer leads away, the page is left in a moment.
  if (!event.detail.xhr.getResponseHeader("HX-Redirect")) underWay.delete(event.detail.elt);
});

// Buttons that send a form without being its submitter.
document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb } = event.detail;
  if (verb !== "get" && elt.matches("button, a") && underWay.has(elt)) event.preventDefault();
});

// "Back" shows the page as it was left.
window.addEventListener("pageshow", () => (underWay = new Map()));
