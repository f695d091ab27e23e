// The menu keeps what a person has folded or opened, and the entry of this page is in sight.

const YEAR = 365 * 24 * 60 * 60;
const menu = document.getElementById("menu");
const body = menu?.querySelector(".menu-body");

function showPlace() {
  const place = body?.querySelector("[aria-current]")?.getBoundingClientRect();
  const frame = body?.getBoundingClientRect();
  if (place?.height && place.bottom > frame.bottom) body.scrollTop += place.bottom - frame.bottom + frame.height / 4;
}

// In a cookie, so that the server draws the menu as it was left: groupadmin/menu.py reads it.
function remember(fold, isOpen) {
  const kept = document.cookie.split("; ").find((one) => one.startsWith("menu="))?.slice("menu=".length) ?? "";
  const [person, ...folds] = kept.split(".");
  const others = person === menu.dataset.person ? folds.filter((one) => !one.startsWith(`${fold}=`)) : [];
  const value = [menu.dataset.person, ...others, `${fold}=${isOpen ? 1 : 0}`].join(".");
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `menu=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
}

// A click on the heading, also by the keyboard; "toggle" comes while the page is being read too.
menu?.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  if (details?.dataset.fold) remember(details.dataset.fold, !details.open);
});

showPlace();
// On a phone it is opened first, as a dialog, which needs a name.
menu?.addEventListener("show.bs.offcanvas", () => {
  menu.setAttribute("aria-label", menu.querySelector("nav").getAttribute("aria-label"));
  requestAnimationFrame(showPlace);
});
menu?.addEventListener("hidden.bs.offcanvas", () => menu.removeAttribute("aria-label"));
