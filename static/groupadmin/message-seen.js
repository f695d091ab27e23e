// Tells the server how far one has seen the messages, a moment after one has.

const PAUSE = 800;

export class SeenMark {
  constructor(talk, list) {
    this.address = talk.dataset.seenUrl;
    this.list = list;
    this.seen = Number(talk.dataset.seen);
    this.isStopped = false;
    list.scroll.addEventListener("scroll", () => this.mark(), { passive: true });
  }

  mark() {
    clearTimeout(this.timer);
    const { isAtBottom, isWhole, newest } = this.list;
    if (document.hidden || this.isStopped || !isAtBottom || !isWhole || newest <= this.seen) return;
    this.timer = setTimeout(() => this.send(), PAUSE);
  }

  async send() {
    const { newest } = this.list;
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        headers: { ...headers, "HX-Request": "true" },
        body: new URLSearchParams({ newest }),
      });
      if (answer.ok) this.seen = Math.max(this.seen, newest);
    } catch {
      // It is marked with the next one.
    }
  }

  stop() {
    this.isStopped = true;
  }
}
