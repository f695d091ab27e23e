// The messages that a page shows: each in its place by its id, and the reader's place among them.

const TOGETHER = 5 * 60;
const NEAR = 80;

export class MessageList {
  constructor(talk) {
    this.takenBack = talk.dataset.takenBack;
    this.newest = Number(talk.dataset.newest);
    this.scroll = document.getElementById("talk-scroll");
    this.lines = document.getElementById("talk-lines");
    this.down = document.getElementById("talk-down");
    this.scroll.addEventListener("scroll", () => this.showDown(), { passive: true });
    this.down.addEventListener("click", () => {
      if (this.isWhole) this.toBottom();
      else location.assign(location.pathname);
    });
  }

  // --- The place in the list. It is turned round: the newest is at 0, and what is above is below 0.

  get isAtBottom() {
    return this.scroll.scrollTop > -NEAR;
  }

  // Whether it reaches down to the newest message.
  get isWhole() {
    return !document.getElementById("newer");
  }

  get all() {
    return [...this.lines.querySelectorAll(":scope > .line")];
  }

  toBottom() {
    this.scroll.scrollTop = 0;
    this.showDown();
  }

  showDown(isNew) {
    const isAway = !this.isAtBottom || !this.isWhole;
    if (isNew && isAway) this.down.classList.add("has-new");
    if (!isAway) this.down.classList.remove("has-new");
    this.down.hidden = !isAway;
    const words = this.down.querySelector("span");
    words.textContent = this.down.classList.contains("has-new") ? words.dataset.new : words.dataset.old;
  }

  // What grows below does not push away what one reads above.
  keepPlace(change) {
    if (this.isAtBottom) return change();
    const before = this.scroll.scrollHeight;
    const top = this.scroll.scrollTop;
    change();
    this.scroll.scrollTop = top - (this.scroll.scrollHeight - before);
  }

  // --- Putting messages in their places, by their ids: the same answer twice changes nothing.

  // The line if it was not there before.
  place(line) {
    const there = document.getElementById(line.id);
    const isPlaced = there ? this.replace(there, line) : this.insert(line);
    if (!isPlaced) return null;
    htmx.process(line);
    return there ? null : line;
  }

  replace(there, line) {
    if (there.dataset.change === line.dataset.change) return false;
    // What somebody is typing into it stays; saving or cancelling shows it as it is now.
    if (there.querySelector(".line-edit")) return false;
    this.keepPlace(() => (there.replaceWith(line), this.arrange(line), this.requote()));
    return true;
  }

  insert(line) {
    const id = Number(line.dataset.id);
    const shown = this.all;
    const after = shown.find((one) => Number(one.dataset.id) > id);
    if (after === shown[0] && after && document.getElementById("older")) return false;
    if (!after && !this.isWhole) return false;
    this.keepPlace(() => {
      if (after) after.before(line);
      else this.lines.append(line);
      this.arrange(line);
    });
    this.newest = Math.max(this.newest, id);
    return true;
  }

  // Where days begin, and what stands under the name of the message before.
  arrange(line) {
    for (const one of [line, neighbour(line.nextElementSibling)]) {
      if (!one) continue;
      const before = neighbour(one.previousElementSibling);
      const startsDay = before?.dataset.day !== one.dataset.day;
      const isOfSame = before && one.dataset.by && before.dataset.by === one.dataset.by;
      one.classList.toggle("starts-day", startsDay);
      one.classList.toggle("goes-on", !!isOfSame && !startsDay && one.dataset.at - before.dataset.at < TOGETHER);
    }
  }

  // What answers a message shows its beginning, which changes with it.
  requote() {
    for (const quote of this.lines.querySelectorAll(".quote[data-of]")) {
      const line = document.getElementById(`message-${quote.dataset.of}`);
      if (!line || line.querySelector(".line-edit")) continue;
      const isGone = line.querySelector(".line-gone") !== null;
      const words = isGone ? this.takenBack : (line.querySelector(".line-text")?.textContent ?? "…");
      const text = words.trim().replace(/\s+/g, " ");
      quote.querySelector(".quote-text").textContent = text.length > 160 ? `${text.slice(0, 160).trimEnd()}…` : text;
    }
  }

  // After htmx has brought some by itself.
  rearrange() {
    this.all.forEach((line) => this.arrange(line));
    this.requote();
    this.newest = Math.max(this.newest, ...this.all.map((line) => Number(line.dataset.id)));
    this.showDown();
  }
}

function neighbour(element) {
  return element?.matches(".line") ? element : null;
}
