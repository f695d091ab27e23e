// Choosing rows of a list (rule 10.6). Without it, boxes are ticked one by one, and the bar works all the same.

const BOXES = 'input[name="pk"][form="bulk"]';
const boxes = () => [...document.querySelectorAll(BOXES)];
const all = () => document.querySelector('#bulk [name="all"]');
let last = null;

document.addEventListener("click", (event) => {
  const { target } = event;
  if (target.matches(BOXES)) {
    if (event.shiftKey && last?.isConnected && last !== target) chooseBetween(last, target);
    last = target;
    // Who takes one out no longer means all.
    if (!target.checked && all()) all().checked = false;
  } else if (target.closest("[data-bulk-page]")) {
    const { type, checked } = target.closest("[data-bulk-page]");
    choose(boxes(), type === "checkbox" ? checked : true);
  } else if (target.closest("[data-bulk-none]")) {
    choose(boxes(), false);
  } else return;
  show();
});

document.addEventListener("change", (event) => {
  if (event.target !== all()) return;
  choose(boxes(), true);
  show();
});

function chooseBetween(from, to) {
  const there = boxes();
  const [first, end] = [there.indexOf(from), there.indexOf(to)].sort((one, other) => one - other);
  choose(there.slice(first, end + 1), to.checked);
}

function choose(some, isChosen) {
  for (const box of some) box.checked = isChosen;
  if (!isChosen && all()) all().checked = false;
}

function show() {
  const there = boxes();
  const chosen = there.filter((box) => box.checked).length;
  for (const control of document.querySelectorAll("[data-bulk-page], [data-bulk-none]")) control.hidden = !there.length;
  for (const box of document.querySelectorAll('input[data-bulk-page]')) {
    box.checked = chosen > 0 && chosen === there.length;
    box.indeterminate = chosen > 0 && chosen < there.length;
  }
  const count = document.querySelector("[data-bulk-count]");
  if (!count) return;
  const { text, all: every } = count.dataset;
  count.textContent = all()?.checked ? every : text.replace("{count}", chosen.toLocaleString(document.documentElement.lang));
}

// Another page of the list, or "Back" to this one.
for (const name of ["htmx:afterSettle", "pageshow"]) window.addEventListener(name, show);
show();
