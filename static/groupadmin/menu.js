// Of a menu that is longer than the window, the entry of this page is in sight.

const menu = document.getElementById("menu");
const body = menu?.querySelector(".menu-body");

function showPlace() {
  const place = body?.querySelector("[aria-current]")?.getBoundingClientRect();
  const frame = body?.getBoundingClientRect();
  if (place?.height && place.bottom > frame.bottom) body.scrollTop += place.bottom - frame.bottom + frame.height / 4;
}

showPlace();
// On a phone it is opened first.
menu?.addEventListener("show.bs.offcanvas", () => requestAnimationFrame(showPlace));
