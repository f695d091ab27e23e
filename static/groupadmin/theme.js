// Runs before the page is painted, so that a dark page does not flash white.
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("theme");
    // Django admin keeps its choice under the same name, and "auto" too.
    const isChosen = chosen === "light" || chosen === "dark";
    document.documentElement.dataset.bsTheme = isChosen ? chosen : system.matches ? "dark" : "light";
  };
  system.addEventListener("change", apply);
  apply();
})();
