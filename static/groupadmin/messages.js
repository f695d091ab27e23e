// The messages of a room. The page works without it.

import { Changes } from "./message-changes.js";
import { write } from "./message-composer.js";
import { MessageList } from "./message-list.js";
import { speakTo } from "./message-mentions.js";
import { SeenMark } from "./message-seen.js";

// First, so that the keys that pick somebody from its list do nothing else.
document.querySelectorAll("[data-mentions]").forEach(speakTo);
const talk = document.getElementById("talk");
if (talk) start();
document.addEventListener("htmx:load", (event) => {
  event.target.querySelectorAll?.("[data-mentions]").forEach(speakTo);
  event.target.querySelector?.("[data-edits]")?.focus();
});

function start() {
  const list = new MessageList(talk);
  const seen = new SeenMark(talk, list);
  const changes = new Changes(talk, list, seen);
  write({ ask: () => changes.ask(), toBottom: () => list.toBottom(), isWhole: () => list.isWhole });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return changes.plan();
    seen.mark();
    changes.ask();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (["bell", "reply"].includes(event.detail.target?.id)) return;
    list.rearrange();
    seen.mark();
  });
  showWhereToBegin(list);
  seen.mark();
  changes.plan();
}

// The page opens at the message in its address, at what is new, or at the newest.
function showWhereToBegin(list) {
  const wanted = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
  const isAt = new URLSearchParams(location.search).has("at");
  if (wanted && (isAt || !wanted.matches(".line-own"))) wanted.classList.add("found-here");
  const first = (isAt && wanted) || list.lines.querySelector(".line-new");
  if (first) {
    // Once more when everything stands: the browser goes to the address's place by itself, but only so far.
    const show = () => (first.scrollIntoView({ block: "center" }), list.showDown());
    show();
    if (document.readyState !== "complete") window.addEventListener("load", () => setTimeout(show), { once: true });
  }
  list.showDown();
}
