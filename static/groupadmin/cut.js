// What is cut off with three dots says the whole of it to whoever points at it (rule 5.11).

const told = new WeakSet();

document.addEventListener("pointerover", (event) => {
  for (let one = event.target, steps = 0; one instanceof HTMLElement && steps < 4; one = one.parentElement, steps += 1) {
    if (getComputedStyle(one).textOverflow !== "ellipsis") continue;
    if (one.title && !told.has(one)) return;
    const isCut = one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
    told.add(one);
    one.title = isCut ? one.innerText.trim().replace(/\s+/g, " ") : "";
    return;
  }
});
