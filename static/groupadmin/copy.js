// Buttons that copy a field's text. Without this script, or where the browser does not allow it, one copies by hand.

const SAID_FOR = 2000;

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  field.addEventListener("focus", () => field.select());
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const words = button.querySelector("span");
  const before = words.textContent;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      field.focus();
      return;
    }
    words.textContent = button.dataset.copied;
    setTimeout(() => {
      words.textContent = before;
    }, SAID_FOR);
  });
}
