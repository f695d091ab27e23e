// Orders a room's tasks by dragging their grips, or by the arrow keys on them. Without this file the buttons
// "Move up" and "Move down" do it.

import "./keys.js";

let held = null;
let isMoving = false;

function listOf(row) {
  return row.closest("[data-moves]");
}

function hold(event) {
  const grip = event.target.closest(".task-grip");
  if (!grip || event.button !== 0 || held) return;
  const row = grip.closest(".task");
  event.preventDefault();
  grip.focus();
  grip.setPointerCapture(event.pointerId);
  held = { row, grip, pointer: event.pointerId, before: row.nextElementSibling };
  row.classList.add("task-held");
}

// The row stands where the pointer is: among the others, wherever its middle has been passed.
function drag(event) {
  if (!held || event.pointerId !== held.pointer) return;
  const edge = 48;
  if (event.clientY < edge) scrollBy(0, -12);
  else if (event.clientY > innerHeight - edge) scrollBy(0, 12);
  const others = [...listOf(held.row).children].filter((row) => row !== held.row);
  const next = others.find((row) => {
    const box = row.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2;
  });
  if (next !== undefined ? held.row.nextElementSibling === next : !held.row.nextElementSibling) return;
  // Moving an element in the page drops what it has captured.
  if (next) next.before(held.row);
  else listOf(held.row).append(held.row);
  held.grip.setPointerCapture(event.pointerId);
}

function putBack() {
  if (held.before) held.before.before(held.row);
  else listOf(held.row).append(held.row);
}

function letGo(event) {
  if (!held || (event.pointerId !== undefined && event.pointerId !== held.pointer)) return;
  const { row, before } = held;
  row.classList.remove("task-held");
  if (event.type !== "pointerup") putBack();
  held = null;
  const next = row.nextElementSibling;
  if (next !== before) send(row, next);
}

function send(row, next) {
  const values = next ? { above: next.dataset.task } : { below: row.previousElementSibling.dataset.task };
  htmx.ajax("POST", row.dataset.move, { source: row, target: "#tasks", swap: "outerHTML", values });
}

document.addEventListener("pointerdown", hold);
document.addEventListener("pointermove", drag);
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);

document.addEventListener("keydown", (event) => {
  if (held && event.key === "Escape") return letGo(event);
  const grip = event.target.closest?.(".task-grip");
  const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!grip || !step || held) return;
  event.preventDefault();
  // A key that is held down repeats itself faster than the list comes.
  if (isMoving) return;
  isMoving = true;
  grip.form.querySelector(`[name="step"][value="${step}"]`).click();
});

document.addEventListener("htmx:afterSettle", () => (isMoving = false));

// Whoever ticks a task by key goes on with the one that comes in its place.
let ticked = -1;
const checks = () => [...document.querySelectorAll("#tasks .task-check")];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "tasks") ticked = checks().indexOf(document.activeElement);
});
document.addEventListener("htmx:afterSettle", () => {
  if (ticked >= 0 && document.activeElement === document.body) {
    (checks()[ticked] ?? checks().at(-1) ?? document.getElementById("quick-title"))?.focus();
  }
  ticked = -1;
});

// What the server did not take stands again where the server has it.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    isMoving = false;
    const list = document.getElementById("tasks")?.dataset.list;
    if (list && event.detail.elt?.classList.contains("task")) {
      htmx.ajax("GET", list, { target: "#tasks", swap: "outerHTML" });
    }
  });
}
