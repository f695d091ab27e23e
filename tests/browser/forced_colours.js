// What a page no longer says where the system chooses the colours: a list of words (rule 5.12).

() => {
  const faults = [];
  const isDrawn = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.offsetWidth > 1;

  function fault(kind, element) {
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    faults.push(`${kind}: ${element.localName}${classes} “${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`);
  }

  const isFramed = (one) => {
    const style = getComputedStyle(one);
    return parseFloat(style.borderBlockEndWidth) > 0 && style.borderBlockEndStyle !== "none";
  };

  // How it is drawn, apart from the letters and their weight.
  function looksOf(one, pseudo) {
    const style = getComputedStyle(one, pseudo);
    return [style.backgroundColor, style.outlineStyle, style.borderBlockEndWidth, style.borderBlockEndColor].join();
  }

  for (const field of document.querySelectorAll("input, select, textarea")) {
    if (!isDrawn(field) || ["hidden", "submit", "button", "image", "file"].includes(field.type)) continue;
    if (["checkbox", "radio"].includes(field.type)) {
      if (getComputedStyle(field).appearance === "none") fault("looks the same ticked or not", field);
    } else if (!isFramed(field) && !isFramed(field.parentElement)) {
      fault("no outline", field);
    }
  }

  for (const current of document.querySelectorAll("[aria-current]:not([aria-current=false]), .dropdown-item.active")) {
    if (!isDrawn(current)) continue;
    const list = current.closest("ul, ol, nav, .pills, tr");
    const other = [...(list?.querySelectorAll("a, button") ?? [])].find(
      (one) => one !== current && one.className === current.className && !one.ariaCurrent && isDrawn(one),
    );
    if (other && looksOf(current) === looksOf(other)) fault("looks as if it were not current", current);
  }

  for (const dot of document.querySelectorAll(".unread-dot, .bell-count, .is-unread")) {
    const style = getComputedStyle(dot, dot.matches(".is-unread") ? "::before" : null);
    const ground = getComputedStyle(document.body).backgroundColor;
    if (isDrawn(dot) && style.backgroundColor === ground && style.borderStyle === "none") fault("not to be seen", dot);
  }

  for (const box of document.querySelectorAll("[role=checkbox]:not([aria-checked=true]) svg")) {
    if (isDrawn(box.parentElement) && getComputedStyle(box).visibility === "visible") fault("looks ticked", box.parentElement);
  }

  // A picture of one colour as background is lost on the system's.
  for (const one of document.querySelectorAll(".btn-close, .form-select")) {
    if (isDrawn(one) && getComputedStyle(one).backgroundImage !== "none") fault("a picture of one colour", one);
  }

  // What stands out by its ground alone.
  for (const one of document.querySelectorAll(".mark, .photo:not(img), .picker-chip, .alert, .line-bubble")) {
    if (isDrawn(one) && !isFramed(one) && getComputedStyle(one).outlineStyle === "none") fault("does not stand out", one);
  }

  return faults;
};
