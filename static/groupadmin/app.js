// What every page needs beyond htmx and Bootstrap. Pages work without it.

import "./back.js";
import "./keys.js";
import "./leaving.js";
import "./once.js";
import "./drafts.js";
import "./unsaved.js";
import "./outbox.js";
import "./bell.js";
import "./character-count.js";
import "./cut.js";
import "./dialog.js";
import "./failures.js";
import "./focus.js";
import "./menu.js";
import "./mistakes.js";
import "./question.js";
import "./said.js";
import "./shortcuts.js";

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  document.documentElement.dataset.bsTheme = theme;
});
