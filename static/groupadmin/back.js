// A browser may keep a page whole and show it again on "Back", whatever its headers say. It is shown only if
// its session still goes on (rule 9.3): on a shared computer somebody else may sit there by then.

const mark = document.querySelector("meta[name=session]");
const hide = (is) => {
  document.documentElement.style.opacity = is ? 0 : "";
  document.documentElement.style.visibility = is ? "hidden" : "";
};

if (mark?.content) {
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) hide(true);
  });
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted) return;
    hide(true);
    try {
      const answer = await fetch(mark.dataset.ask, { cache: "no-store" });
      if (answer.ok && (await answer.text()) === mark.content) return hide(false);
    } catch { /* no connection: the browser will say so */ }
    location.reload();
  });
}
