// What is wrong with how a page is laid out at the width that it has now: [{kind, where, text}], or []
// (rule 5.11).
// What is looked at are letters and controls as they are drawn, so that no class needs to be known here.

async () => {
  // An open menu follows the size by script, a moment later.
  if (document.querySelector("[data-popper-placement]")) {
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
  }

  const SHORT = 10; // a word of so many letters is not broken
  const LINE = 100; // more letters in a line are hard to read
  const root = document.documentElement;
  const wide = root.clientWidth;
  const faults = [];
  const styles = new Map();
  const boxes = new Map();

  function styleOf(element) {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  }

  function boxOf(element) {
    if (!boxes.has(element)) boxes.set(element, element.getBoundingClientRect());
    return boxes.get(element);
  }

  function pathOf(element) {
    const steps = [];
    for (let one = element; one && one !== document.body && steps.length < 4; one = one.parentElement) {
      const classes = [...one.classList].slice(0, 2).map((name) => `.${name}`).join("");
      steps.unshift(one.id ? `#${one.id.replace(/\d+/g, "N")}` : one.localName + classes);
      if (one.id) break;
    }
    return steps.join(" > ");
  }

  const words = (text) => text.trim().replace(/\s+/g, " ");

  function fault(kind, element, text = "") {
    faults.push({ kind, where: pathOf(element), text: words(text).slice(0, 60) });
  }

  // What is drawn nowhere, or for ears alone.
  const unseen = new Map();
  function isUnseen(element) {
    if (!element || element === document.body) return false;
    if (!unseen.has(element)) {
      const style = styleOf(element);
      const isDot = element.offsetWidth <= 1 && style.overflowX === "hidden";
      const forEars = isDot || (style.position === "absolute" && style.clipPath.startsWith("inset(50"));
      unseen.set(element, forEars || style.opacity === "0" || isUnseen(element.parentElement));
    }
    return unseen.get(element);
  }

  function isDrawn(element) {
    return element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !isUnseen(element);
  }

  // The boxes around an element that cut off what does not fit. What is absolute is not cut by what is static.
  const around = new Map();
  function cuttersOf(element) {
    if (!around.has(element)) {
      const found = [];
      let position = styleOf(element).position;
      for (let one = element.parentElement; one && one !== root; one = one.parentElement) {
        const style = styleOf(one);
        if (position === "fixed") break;
        if (position === "absolute" && style.position === "static") continue;
        if (style.overflowX !== "visible") found.push(one);
        position = style.position;
      }
      around.set(element, found);
    }
    return around.get(element);
  }

  function scrolls(element) {
    return ["auto", "scroll"].includes(styleOf(element).overflowX);
  }

  // A box whose end is drawn as one that goes on.
  function showsThatItGoesOn(element) {
    const style = styleOf(element);
    return style.maskImage !== "none" || style.backgroundAttachment.includes("local");
  }

  function isReadableElsewhere(text, element) {
    const whole = words(text);
    element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    if (element.closest("[title]")?.title.includes(whole)) return true;
    return leaves.some((leaf) => leaf.text !== text && words(leaf.text).includes(whole) && !leaf.isCut);
  }

  // Letters, line by line, and controls and pictures.
  const leaves = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, template, option, noscript, svg, textarea")) continue;
    if (!isDrawn(element)) continue;
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter((rect) => rect.width > 0 && rect.height > 0);
    if (rects.length) leaves.push({ node, element, text: node.data, rects });
  }
  const CONTROLS = "button, input, select, textarea, img, svg, summary, video, iframe, .btn, .photo";
  const controls = [...document.body.querySelectorAll(CONTROLS)].filter((one) => {
    const box = boxOf(one);
    return one.type !== "hidden" && box.width > 0 && box.height > 0 && isDrawn(one);
  });

  function inScrolled(element) {
    return [element, ...cuttersOf(element)].some((one) => scrolls(one) && one.scrollWidth > one.clientWidth + 1);
  }

  // 1. The page itself goes sideways, or something stands beyond its edge.
  if (root.scrollWidth > wide) fault("scrolls sideways", root, `${root.scrollWidth} > ${wide}`);
  for (const leaf of leaves) {
    if (inScrolled(leaf.element)) continue;
    const rect = leaf.rects.find((one) => one.right > wide + 1 || one.left < -1);
    const isCut = [leaf.element, ...cuttersOf(leaf.element)].some((one) => styleOf(one).overflowX !== "visible");
    if (rect && !isCut) fault("beyond the edge", leaf.element, leaf.text);
  }
  for (const control of controls) {
    const box = boxOf(control);
    const isBeyond = box.right > wide + 1 || box.left < -1;
    if (isBeyond && !inScrolled(control) && !cuttersOf(control).length) fault("beyond the edge", control);
  }

  // 2. Cut off.
  for (const leaf of leaves) {
    const { element } = leaf;
    for (const cutter of [element, ...cuttersOf(element)]) {
      const style = styleOf(cutter);
      if (style.overflowX === "visible") continue;
      const box = boxOf(cutter);
      const margin = style.overflowX === "clip" ? parseFloat(style.overflowClipMargin.replace(/.*?([\d.]+px)/, "$1")) || 0 : 0;
      if (!leaf.rects.some((rect) => rect.right > box.right + margin + 1.5 || rect.left < box.left - margin - 1.5)) continue;
      if (scrolls(cutter)) {
        if (!showsThatItGoesOn(cutter)) fault("scrolls without a sign", cutter, leaf.text);
      } else {
        leaf.isCut = true;
        if (style.textOverflow !== "ellipsis") fault("cut off", cutter, leaf.text);
      }
      break;
    }
  }
  for (const leaf of leaves.filter((one) => one.isCut)) {
    if (leaf.element.closest("[data-cut-is-fine]")) continue;
    if (isReadableElsewhere(leaf.text, leaf.element)) continue;
    fault(/\S@\S/.test(leaf.text) ? "address cut" : "cut without a title", leaf.element, leaf.text);
  }
  for (const control of controls) {
    if (inScrolled(control)) continue;
    const box = boxOf(control);
    const cutter = cuttersOf(control).find((one) => {
      const outer = boxOf(one);
      return !scrolls(one) && (box.right > outer.right + 1.5 || box.left < outer.left - 1.5);
    });
    if (cutter && !control.closest(".photo, .icon")) fault("cut off", control, control.textContent);
  }

  // 3. Controls that are narrower than what they say.
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  function lengthOf(text, style) {
    pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return pen.measureText(text).width;
  }
  function isOverfull(control) {
    const box = boxOf(control);
    return leaves.some(({ element, rects }) => control.contains(element) && styleOf(element).position !== "absolute"
      && rects.some((rect) => rect.right > box.right + 1 || rect.left < box.left - 1 || rect.bottom > box.bottom + 3));
  }
  for (const control of controls) {
    const style = styleOf(control);
    const room = control.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (control.matches("button, .btn") && isOverfull(control)) fault("narrower than its text", control, control.textContent);
    if (control.localName === "select" && !control.multiple && control.size < 2) {
      const text = control.selectedOptions[0]?.textContent.trim() ?? "";
      if (text.length <= 30 && lengthOf(text, style) > room + 2) fault("narrower than its text", control, text);
    }
    if (control.matches("input, textarea") && control.placeholder && !control.value) {
      const longest = control.localName === "input"
        ? control.placeholder
        : control.placeholder.split(/\s+/).sort((one, other) => other.length - one.length)[0];
      if (lengthOf(longest, style) > room + 2) fault("narrower than its text", control, control.placeholder);
    }
  }

  // 4. Words that fall apart, and lines too long to read.
  for (const { node, element, text, rects } of leaves) {
    const tops = [];
    for (const rect of rects) if (!tops.some((top) => Math.abs(top - rect.top) < 3)) tops.push(rect.top);
    const letters = text.trim().replace(/\s+/g, " ").length;
    if (styleOf(element).textOverflow !== "ellipsis" && letters > LINE * tops.length && element.closest("p, li, dd, td, div") && !element.closest("pre, code")) {
      fault("line too long", element, `${Math.round(letters / tops.length)}: ${text}`);
    }
    if (tops.length < 2) continue;
    if (tops.length > 2 && letters / tops.length <= 2.5) {
      fault("word in letters", element, text);
      continue;
    }
    for (const word of text.matchAll(/[^\s\-–—/\u00ad\u200b\u3000-\uffff]+/gu)) {
      if (word[0].length < 2 || word[0].length > SHORT) continue;
      const before = text[word.index - 1];
      const after = text[word.index + word[0].length];
      if ((before && !/[\s–—]/.test(before)) || (after && !/[\s–—]/.test(after))) continue;
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = [...range.getClientRects()].filter((rect) => rect.width > 0.5);
      if (lines.some((rect) => Math.abs(rect.top - lines[0].top) > 3)) {
        fault("word in letters", element, word[0]);
        break;
      }
    }
  }

  // 5. Things upon each other.
  function drawnPart(rect, element) {
    let { left, right, top, bottom } = rect;
    for (const cutter of [element, ...cuttersOf(element)]) {
      if (styleOf(cutter).overflowX === "visible") continue;
      const box = boxOf(cutter);
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return { left, right, top, bottom };
  }
  const layers = new Map();
  function layerOf(element) {
    if (!layers.has(element)) {
      const { position, zIndex } = styleOf(element);
      const isOwn = element === document.body || ["fixed", "sticky"].includes(position) || (position === "absolute" && Number(zIndex) > 0);
      layers.set(element, isOwn ? element : layerOf(element.parentElement));
    }
    return layers.get(element);
  }
  const things = [];
  for (const leaf of leaves) {
    for (const rect of leaf.rects) {
      const part = drawnPart(rect, leaf.element);
      const half = (part.bottom - part.top) * 0.25; // letters are smaller than their line
      things.push({ element: leaf.element, text: leaf.text, isText: true, ...part, top: part.top + half, bottom: part.bottom - half });
    }
  }
  for (const control of controls) things.push({ element: control, text: control.textContent, ...drawnPart(boxOf(control), control) });
  const seen = things.filter((one) => one.right - one.left > 2 && one.bottom - one.top > 2);
  seen.sort((one, other) => one.top - other.top);
  function areOneThing(one, other) {
    if (one.element.contains(other.element) || other.element.contains(one.element)) return true;
    if (layerOf(one.element) !== layerOf(other.element)) return true;
    const [drawing, field] = one.element.matches("input, select, textarea") ? [other, one] : [one, other];
    if (field.element.matches("input, select, textarea") && styleOf(drawing.element).pointerEvents === "none") return true;
    const control = one.element.closest("button, a, summary, label");
    if (control && control.contains(other.element) && !(one.isText && other.isText)) return true;
    return one.element.matches(".photo") && other.element.matches(".photo");
  }
  for (let index = 0; index < seen.length; index += 1) {
    const one = seen[index];
    for (let next = index + 1; next < seen.length && seen[next].top < one.bottom - 2; next += 1) {
      const other = seen[next];
      if (Math.min(one.right, other.right) - Math.max(one.left, other.left) <= 2) continue;
      if (Math.min(one.bottom, other.bottom) - other.top <= 2 || areOneThing(one, other)) continue;
      fault("upon each other", one.element, `${one.text.trim().slice(0, 26)} | ${pathOf(other.element).split(" > ").pop()} ${other.text}`);
    }
  }

  // 6. A lone icon in a line of its own, whatever screen readers say of it.
  const saysNothing = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll(".visually-hidden, .dropdown-menu").forEach((one) => one.remove());
    return !/\p{L}/u.test(copy.textContent);
  };
  for (const box of document.body.querySelectorAll("*")) {
    const style = styleOf(box);
    if (style.display !== "flex" || style.flexWrap === "nowrap" || style.flexDirection !== "row") continue;
    if (!box.matches(":has(button, .btn, a)") || !isDrawn(box)) continue;
    const parts = [...box.children].filter((one) => boxOf(one).width > 0 && isDrawn(one));
    for (const part of parts) {
      const isIcon = part.matches("button, a, .bell, form, details, .dropdown") && boxOf(part).width < 60 && saysNothing(part);
      if (!isIcon || parts.length < 2) continue;
      const beside = parts.filter((one) => one !== part && boxOf(one).top < boxOf(part).bottom && boxOf(one).bottom > boxOf(part).top);
      if (!beside.length) fault("icon alone in a line", part);
    }
  }

  // 7. Pictures out of shape.
  for (const image of document.images) {
    const box = boxOf(image);
    if (!image.naturalWidth || !box.width || styleOf(image).objectFit !== "fill") continue;
    const ratio = (image.naturalWidth / image.naturalHeight) / (image.offsetWidth / image.offsetHeight);
    if (Math.abs(ratio - 1) > 0.05 && Math.abs(image.offsetWidth - image.offsetHeight * (image.naturalWidth / image.naturalHeight)) > 2) {
      fault("picture out of shape", image, image.src);
    }
  }

  // 8. What stays in sight takes the room of what is read.
  let kept = 0;
  for (const box of document.body.querySelectorAll("*")) {
    if (!["fixed", "sticky"].includes(styleOf(box).position) || !isDrawn(box)) continue;
    const { top, bottom, width, height } = boxOf(box);
    if (box.closest("dialog, [role=dialog], .modal") || height > innerHeight * 0.9) continue;
    if (width > wide * 0.6 && bottom > 0 && top < innerHeight) kept += Math.min(bottom, innerHeight) - Math.max(top, 0);
  }
  // What has the focus is scrolled so far that it stands above them.
  const above = parseFloat(styleOf(root).scrollPaddingBottom) || 0;
  for (const box of document.body.querySelectorAll("*")) {
    const { position, bottom } = styleOf(box);
    if (position === "sticky" && bottom !== "auto" && isDrawn(box) && boxOf(box).height > above) fault("covers the focus", box);
  }
  if (kept > innerHeight * 0.5) fault("little room left", document.body, `${Math.round(kept)} of ${innerHeight}`);

  return faults;
};
