// What was just done, or why not, stands on the page from its beginning: live regions are only heard when they change.
// So it is said once more to those who listen, in a place that nobody sees.

const HEARD_AFTER = 300;

const alerts = [...document.querySelectorAll("#messages .alert-text")];
if (alerts.length) {
  const place = document.createElement("div");
  place.className = "visually-hidden";
  place.setAttribute("role", "status");
  document.body.append(place);
  const words = alerts.map((alert) =>
    [...alert.children]
      .filter((part) => !part.matches(".btn-close"))
      .map((part) => part.textContent.trim().replace(/\s+/g, " "))
      .join(" "),
  );
  setTimeout(() => (place.textContent = words.join(" ")), HEARD_AFTER);
}
