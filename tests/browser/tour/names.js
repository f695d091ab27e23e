// What stands twice, leads nowhere, or has no name of its own. Needs axe.
() => {
  const faults = [];
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of ids.filter((id, place) => ids.indexOf(id) !== place)) faults.push(`id twice: ${id}`);
  for (const attribute of ["for", "form", "list", "aria-controls", "aria-labelledby", "aria-describedby",
                           "aria-owns", "aria-activedescendant", "aria-errormessage", "headers"]) {
    for (const one of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of one.getAttribute(attribute).split(/\s+/).filter(Boolean)) {
        if (!ids.includes(id)) faults.push(`${attribute} leads nowhere: ${one.outerHTML.slice(0, 160)}`);
      }
    }
  }
  const heads = [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility());
  if (heads.length !== 1 && !document.querySelector("[role=dialog]")) faults.push(`${heads.length} h1`);
  // What lies below an open dialog is out of reach, and so has no name.
  const within = document.querySelector("dialog[open]") ?? document;
  axe.setup(document.documentElement);
  const nameOf = (one) => axe.commons.text.accessibleText(one).replace(/\s+/g, " ").trim();
  for (const table of within.querySelectorAll("table")) {
    if (!nameOf(table)) faults.push(`table without a name: ${table.outerHTML.slice(0, 160)}`);
  }
  // Told apart by what stands around them: a link within a sentence, a number by the headings of its table.
  const isPlain = (one, name) => one.closest(".told-text") || (one.closest("td") && /^[\d.,]+$/.test(name));
  const leads = new Map();
  for (const one of within.querySelectorAll(":is(main, dialog) :is(a[href], button, [role=button])")) {
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    if (!one.href && !(one.form && one.type === "submit")) continue;
    const to = one.href ?? `${one.getAttribute("formaction") ?? one.form.action} ${one.name} ${one.value}`;
    const name = nameOf(one);
    if (isPlain(one, name)) continue;
    const known = leads.get(name) ?? leads.set(name, to).get(name);
    if (known !== to) faults.push(`one name, several places: ${name}: ${known} and ${to}`);
  }
  axe.teardown();
  return [...new Set(faults)];
}
