// Asks the server again and again what has changed among the messages of a room, and shows it.

const VISIBLE_PAUSE = 1_500;
const HIDDEN_PAUSE = 15_000;
const FAILED_PAUSE = 3_000;

export class Changes {
  constructor(talk, list, seen) {
    this.words = talk.dataset;
    this.list = list;
    this.seen = seen;
    this.said = document.getElementById("talk-said");
    this.problem = document.getElementById("talk-problem");
    this.change = Number(talk.dataset.change);
    // With it, the server answers sooner that nothing is new.
    this.ticket = "";
    this.isAsking = false;
    this.asksAgain = false;
    this.isStopped = false;
    window.addEventListener("online", () => this.ask());
    // Earlier and later messages come from a moment of their own: from there on changes are asked again.
    document.addEventListener("htmx:beforeSwap", (event) => {
      if (!["older", "newer"].includes(event.detail.target?.id)) return;
      const known = event.detail.xhr.getResponseHeader("Room-Change");
      if (known !== null) this.change = Math.min(this.change, Number(known));
    });
  }

  plan(pause = document.hidden ? HIDDEN_PAUSE : VISIBLE_PAUSE) {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = setTimeout(() => this.ask(), pause);
  }

  async ask() {
    if (this.isStopped) return;
    if (this.isAsking) return void (this.asksAgain = true);
    this.isAsking = true;
    this.asksAgain = false;
    let pause;
    try {
      if (await this.fetchChanges()) pause = 0;
      if (!this.isStopped) this.tell("");
    } catch {
      pause = FAILED_PAUSE;
      this.tell(this.words.offline);
    } finally {
      this.isAsking = false;
    }
    this.plan(pause ?? (this.asksAgain ? 0 : undefined));
  }

  // Whether there are more than came at once.
  async fetchChanges() {
    const asked = this.change;
    const url = new URL(this.words.changes, location.href);
    url.searchParams.set("after", asked);
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(20_000),
      cache: "no-store",
      headers: { "Room-Ticket": this.ticket },
    });
    if (answer.redirected) return this.stop(this.words.signedOut);
    if (answer.status === 403 || answer.status === 404) return this.stop(this.words.gone);
    if (!answer.ok) throw new Error(answer.status);
    this.ticket = answer.headers.get("Room-Ticket") ?? this.ticket;
    if (answer.status !== 200) return false;
    this.take(await answer.text());
    // A slice that came meanwhile may have asked for less; then it is asked again.
    if (this.change === asked) this.change = Number(answer.headers.get("Room-Change"));
    return answer.headers.has("Room-More");
  }

  take(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const followsNewest = this.list.isAtBottom && this.list.isWhole;
    const added = [...template.content.children].map((line) => this.list.place(line)).filter(Boolean);
    const others = added.filter((line) => !line.matches(".line-own"));
    if (followsNewest) this.list.toBottom();
    if (others.length) this.said.textContent = others.map(spoken).join("\n");
    this.list.showDown(others.length > 0);
    this.seen.mark();
  }

  tell(text) {
    if (this.problem.textContent !== text) this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  stop(text) {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.seen.stop();
    this.tell(text);
    if (text !== this.words.gone) return;
    this.list.scroll.replaceChildren();
    document.getElementById("composer").remove();
  }
}

function spoken(line) {
  const words = (part) => (line.querySelector(part)?.textContent ?? "").trim();
  return `${words(".line-author")} ${words(".line-text, .line-said").slice(0, 300)}`;
}
