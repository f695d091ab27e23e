// Words that are composed (Hangul, kana to kanji): their keys are the browser's, and so is their field meanwhile
// (rule 5.7). Every script that hears keys imports this one.

// Chromium and Firefox compose with `isComposing`. Safari ends the composition first, and then sends the Enter that
// confirmed it, with this code. Stopped on its way in, such a key reaches no handler, not even a library's.
const OF_COMPOSITION = 229;
for (const kind of ["keydown", "keyup"]) {
  const stop = (event) => {
    if (event.isComposing || event.keyCode === OF_COMPOSITION) event.stopImmediatePropagation();
  };
  window.addEventListener(kind, stop, true);
}

// One Hangul syllable ends and the next begins at once: what waits lets it.
const BETWEEN_SYLLABLES = 50;
let field = null;
let waiting = [];

window.addEventListener("compositionstart", (event) => (field = event.target), true);
for (const kind of ["compositionend", "blur"]) {
  const end = (event) => {
    if (event.target !== field) return;
    field = null;
    if (waiting.length) setTimeout(carryOn, BETWEEN_SYLLABLES);
  };
  window.addEventListener(kind, end, true);
}

function carryOn() {
  if (composed()) return;
  const ready = waiting;
  waiting = [];
  for (const run of ready) run();
}

// The field in which a word is being composed.
export function composed() {
  return field?.isConnected ? field : null;
}

// Whatever writes into a field, exchanges it or takes its focus unasked waits until nothing is being composed in it.
export function whenComposed(run) {
  if (composed()) waiting.push(run);
  else run();
}

// What somebody asks for by mouse or touch does not wait: the word is taken as it stands.
export function finishComposing() {
  const unfinished = composed();
  if (!unfinished) return;
  unfinished.blur();
  unfinished.focus();
}

// An answer that htmx would put in the place of that field, or that says what became of its form, waits. Others,
// such as what is found for the syllables so far, do not.
document.addEventListener("htmx:beforeSend", (event) => {
  const { xhr, target, elt, requestConfig } = event.detail;
  const take = xhr.onload;
  xhr.onload = () => {
    const isOfForm = requestConfig.verb !== "get" && elt !== composed() && elt.contains(composed());
    if (composed() && (isOfForm || leadsAway(xhr) || placesOf(target, xhr).some((place) => place?.contains(composed())))) {
      whenComposed(() => take.call(xhr));
    } else take.call(xhr);
  };
});

function leadsAway(xhr) {
  return ["HX-Redirect", "HX-Location", "HX-Refresh"].some((name) => xhr.getResponseHeader(name));
}

// What an answer exchanges: its target, and what it brings for elsewhere.
function placesOf(target, xhr) {
  const elsewhere = xhr.getResponseHeader("HX-Retarget");
  const places = [elsewhere ? htmx.find(elsewhere) : target];
  if (!xhr.responseText.includes("hx-swap-oob")) return places;
  const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
  for (const element of answer.querySelectorAll("[hx-swap-oob]")) {
    const [, selector] = element.getAttribute("hx-swap-oob").split(":");
    places.push(selector ? htmx.find(selector) : document.getElementById(element.id));
  }
  return places;
}
