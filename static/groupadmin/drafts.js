// What one has begun to write, kept in this browser until one comes back (rule 3.13). It is sealed with a key that the
// server gives to its writer alone: on a shared computer nobody else can read it, and signing out removes it. Browsers
// seal only on secure pages; elsewhere nothing is kept. Files are not kept.

const PREFIX = "draft ";
const { draftKey, draftOf: writer } = document.body.dataset;
export { writer };
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const textOf = (bytes) => btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));

const sealing =
  draftKey && crypto.subtle
    ? crypto.subtle.importKey("raw", bytesOf(draftKey), "AES-GCM", false, ["encrypt", "decrypt"])
    : null;
export const keepsDrafts = Boolean(sealing);
let isOver = false;

export async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const content = new TextEncoder().encode(JSON.stringify(value));
  return `${textOf(iv)} ${textOf(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealing, content))}`;
}

export async function unseal(sealed) {
  const [iv, content] = sealed.split(" ").map(bytesOf);
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await sealing, content)));
}

export function keepDraft(form) {
  const name = `${PREFIX}${writer} ${form.getAttribute("action")}`;
  let turn = 0;
  return {
    async read() {
      const sealed = sealing && localStorage.getItem(name);
      try {
        return sealed ? await unseal(sealed) : null;
      } catch {
        localStorage.removeItem(name);
        return null;
      }
    },
    // The last one counts, however long the others take.
    async write(value) {
      if (!sealing || isOver) return;
      turn += 1;
      const mine = turn;
      if (!value) return localStorage.removeItem(name);
      const sealed = await seal(value);
      if (mine !== turn || isOver) return;
      try {
        localStorage.setItem(name, sealed);
      } catch {
        // There is no room left: what is typed stays in its field.
      }
    },
  };
}

function forget() {
  isOver = true;
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX)) localStorage.removeItem(name);
  }
}
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-signs-out]")) forget();
});
