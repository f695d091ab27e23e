// What every page needs beyond htmx and Bootstrap. Pages work without it.

import "./back.js";
import "./keys.js";
import "./once.js";
import "./drafts.js";
import "./outbox.js";
import "./bell.js";
import "./character-count.js";
import "./dialog.js";
import "./failures.js";
import "./focus.js";
import "./menu.js";

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  document.documentElement.dataset.bsTheme = theme;
});
