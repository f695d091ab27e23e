// Characters as a person counts them, beside the field that they are typed into.
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
function count(field) {
  const counter = document.getElementById(field.dataset.counter);
  if (!counter) return;
  const typed = [...segmenter.segment(field.value.trim())].length;
  counter.querySelector("[data-count]").textContent = typed;
  counter.classList.toggle("over", typed > Number(field.dataset.most));
}
document.addEventListener("input", (event) => {
  if (event.target.dataset.counter) count(event.target);
});
document.addEventListener("htmx:load", (event) => event.target.querySelectorAll?.("[data-counter]").forEach(count));
document.querySelectorAll("[data-counter]").forEach(count);
