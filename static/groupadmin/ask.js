// Questions, in a dialog of our own over whatever stands there (rule 5.9). What is asked stands in a template of the
// page; the buttons' values are the answers. Esc, and a click outside, are "": nothing happens.

import "./keys.js";

let isAsking = false;

// Resolves to the value of the button that was pressed. While one question stands, no other is put.
export async function ask(name) {
  if (isAsking) return "";
  isAsking = true;
  const before = document.activeElement;
  // The Esc key that led to the question would else be its answer.
  await new Promise((resolve) => setTimeout(resolve));
  const dialog = document.getElementById(name).content.firstElementChild.cloneNode(true);
  // Within a modal, whose focus would else be called back into it.
  (document.querySelector(".modal.show") ?? document.body).append(dialog);
  // What is pressed here is nobody else's.
  for (const kind of ["keydown", "mousedown", "click"]) dialog.addEventListener(kind, (event) => event.stopPropagation());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close("");
  });
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve));
  dialog.remove();
  isAsking = false;
  before?.focus();
  return dialog.returnValue;
}

// Whether something is open over the page: keys belong to it then.
export function isCovered() {
  return Boolean(document.querySelector("dialog[open], .modal.show, .offcanvas.show, .dropdown-menu.show"));
}
