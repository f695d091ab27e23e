// The messages of a room: asks for what changed, sends, and keeps one's place. The page works without it.

import { speakTo } from "./message-people.js";
import { write } from "./message-writing.js";

const VISIBLE_PAUSE = 1_500;
const HIDDEN_PAUSE = 15_000;
const FAILED_PAUSE = 3_000;
const TOGETHER = 5 * 60;
const NEAR = 80;
const SEEN_PAUSE = 800;

// First, so that the keys that pick somebody from its list do nothing else.
document.querySelectorAll("[data-mentions]").forEach(speakTo);
const talk = document.getElementById("talk");
if (talk) start();
document.addEventListener("htmx:load", (event) => {
  event.target.querySelectorAll?.("[data-mentions]").forEach(speakTo);
  const edited = event.target.querySelector?.("[data-edits]");
  if (edited) edited.focus();
});

function start() {
  const scroll = document.getElementById("talk-scroll");
  const lines = document.getElementById("talk-lines");
  const down = document.getElementById("talk-down");
  const said = document.getElementById("talk-said");
  const problem = document.getElementById("talk-problem");
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  let change = Number(talk.dataset.change);
  // With it, the server answers sooner that nothing is new.
  let ticket = "";
  let seen = Number(talk.dataset.seen);
  let newest = Number(talk.dataset.newest);
  let timer, seenTimer;
  let asking = false;
  let again = false;
  let stopped = false;

  // --- The place in the list. It is turned round: the newest is at 0, and what is above is below 0.

  const atBottom = () => scroll.scrollTop > -NEAR;
  const isWhole = () => !document.getElementById("newer");
  const all = () => [...lines.querySelectorAll(":scope > .line")];

  function toBottom() {
    scroll.scrollTop = 0;
    showDown();
  }

  function showDown(isNew) {
    const away = !atBottom() || !isWhole();
    if (isNew && away) down.classList.add("has-new");
    if (!away) down.classList.remove("has-new");
    down.hidden = !away;
    const words = down.querySelector("span");
    words.textContent = down.classList.contains("has-new") ? words.dataset.new : words.dataset.old;
  }

  scroll.addEventListener("scroll", () => (showDown(), markSeen()), { passive: true });
  down.addEventListener("click", () => {
    if (isWhole()) toBottom();
    else location.assign(location.pathname);
  });

  // --- Putting messages in their places, by their ids: the same answer twice changes nothing.

  function place(line) {
    const there = document.getElementById(line.id);
    const id = Number(line.dataset.id);
    if (there) {
      if (there.dataset.change === line.dataset.change) return null;
      // What somebody is typing into it stays; saving or cancelling shows it as it is now.
      if (there.querySelector(".line-edit")) return null;
      keepPlace(() => (there.replaceWith(line), arrange(line), requote()));
    } else {
      const shown = all();
      const after = shown.find((one) => Number(one.dataset.id) > id);
      if (after === shown[0] && after && document.getElementById("older")) return null;
      if (!after && !isWhole()) return null;
      keepPlace(() => {
        if (after) after.before(line);
        else lines.append(line);
        arrange(line);
      });
      newest = Math.max(newest, id);
    }
    htmx.process(line);
    return there ? null : line;
  }

  // What grows below does not push away what one reads above.
  function keepPlace(change) {
    if (atBottom()) return change();
    const before = scroll.scrollHeight;
    const top = scroll.scrollTop;
    change();
    scroll.scrollTop = top - (scroll.scrollHeight - before);
  }

  function arrange(line) {
    for (const one of [line, nextLine(line)]) {
      if (!one) continue;
      const before = previousLine(one);
      const startsDay = before?.dataset.day !== one.dataset.day;
      const together = before && one.dataset.by && before.dataset.by === one.dataset.by;
      one.classList.toggle("starts-day", startsDay);
      one.classList.toggle("goes-on", !!together && !startsDay && one.dataset.at - before.dataset.at < TOGETHER);
    }
  }

  function previousLine(line) {
    const before = line.previousElementSibling;
    return before?.matches(".line") ? before : null;
  }

  function nextLine(line) {
    const after = line.nextElementSibling;
    return after?.matches(".line") ? after : null;
  }

  // What answers a message shows its beginning, which changes with it.
  function requote() {
    for (const quote of lines.querySelectorAll(".quote[data-of]")) {
      const line = document.getElementById(`message-${quote.dataset.of}`);
      if (!line || line.querySelector(".line-edit")) continue;
      const isGone = line.querySelector(".line-gone") !== null;
      const words = isGone ? talk.dataset.takenBack : (line.querySelector(".line-text")?.textContent ?? "…");
      const text = words.trim().replace(/\s+/g, " ");
      quote.querySelector(".quote-text").textContent = text.length > 160 ? `${text.slice(0, 160).trimEnd()}…` : text;
    }
  }

  // --- Asking for what changed

  function plan(pause = document.hidden ? HIDDEN_PAUSE : VISIBLE_PAUSE) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(ask, pause);
  }

  async function ask() {
    if (stopped) return;
    if (asking) return void (again = true);
    asking = true;
    again = false;
    let more = false;
    let failed = false;
    try {
      const url = new URL(talk.dataset.changes, location.href);
      const asked = change;
      url.searchParams.set("after", asked);
      const answer = await fetch(url, {
        signal: AbortSignal.timeout(20_000),
        cache: "no-store",
        headers: { "Room-Ticket": ticket },
      });
      if (answer.redirected) return stop(talk.dataset.signedOut);
      if (answer.status === 403 || answer.status === 404) return stop(talk.dataset.gone);
      if (!answer.ok) throw new Error(answer.status);
      ticket = answer.headers.get("Room-Ticket") ?? ticket;
      if (answer.status === 200) {
        take(await answer.text());
        // A slice that came meanwhile may have asked for less; then it is asked again.
        if (change === asked) change = Number(answer.headers.get("Room-Change"));
        more = answer.headers.has("Room-More");
      }
      tell("");
    } catch {
      failed = true;
      tell(talk.dataset.offline);
    } finally {
      asking = false;
    }
    plan(failed ? FAILED_PAUSE : more || again ? 0 : undefined);
  }

  function take(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const bottom = atBottom() && isWhole();
    const added = [...template.content.children].map(place).filter(Boolean);
    const others = added.filter((line) => !line.matches(".line-own"));
    if (bottom) toBottom();
    if (others.length) said.textContent = others.map(spoken).join("\n");
    showDown(others.length > 0);
    markSeen();
  }

  function spoken(line) {
    const who = line.querySelector(".line-author")?.textContent ?? "";
    return `${who} ${(line.querySelector(".line-text, .line-said")?.textContent ?? "").trim().slice(0, 300)}`;
  }

  function tell(text) {
    if (problem.textContent !== text) problem.textContent = text;
    problem.hidden = !text;
  }

  function stop(text) {
    stopped = true;
    clearTimeout(timer);
    tell(text);
    if (text === talk.dataset.gone) {
      scroll.replaceChildren();
      document.getElementById("composer").remove();
    }
  }

  // --- How far one has seen it

  function markSeen() {
    clearTimeout(seenTimer);
    if (document.hidden || stopped || !atBottom() || !isWhole() || newest <= seen) return;
    seenTimer = setTimeout(async () => {
      const upto = newest;
      try {
        const answer = await fetch(talk.dataset.seenUrl, {
          method: "POST",
          headers: { ...headers, "HX-Request": "true" },
          body: new URLSearchParams({ newest: upto }),
        });
        if (answer.ok) seen = Math.max(seen, upto);
      } catch {
        // It is marked with the next one.
      }
    }, SEEN_PAUSE);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return plan();
    markSeen();
    ask();
  });
  window.addEventListener("online", ask);

  // --- Earlier and later messages come from a moment of their own: from there on changes are asked again.

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!["older", "newer"].includes(event.detail.target?.id)) return;
    const known = event.detail.xhr.getResponseHeader("Room-Change");
    if (known !== null) change = Math.min(change, Number(known));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (["bell", "reply"].includes(event.detail.target?.id)) return;
    all().forEach(arrange);
    requote();
    newest = Math.max(newest, ...all().map((line) => Number(line.dataset.id)));
    showDown();
    markSeen();
  });

  // --- Writing

  write({ ask, toBottom, isWhole });

  // --- Where the page opens: at the message in its address, at what is new, or at the newest.

  const wanted = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
  const isAt = new URLSearchParams(location.search).has("at");
  if (wanted && (isAt || !wanted.matches(".line-own"))) wanted.classList.add("found-here");
  const first = (isAt && wanted) || lines.querySelector(".line-new");
  if (first) {
    // Once more when everything stands: the browser goes to the address's place by itself, but only so far.
    const show = () => (first.scrollIntoView({ block: "center" }), showDown());
    show();
    if (document.readyState !== "complete") window.addEventListener("load", () => setTimeout(show), { once: true });
  }
  showDown();
  markSeen();
  plan();
}
