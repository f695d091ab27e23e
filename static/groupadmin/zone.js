// Tells the server in which time zone this computer is (rule 12.3); accounts/zones.py reads it.
// A cookie, so that it is there whichever way somebody signs in, and costs no request of its own.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  // Names of zones have no other signs.
  if (!/^[A-Za-z0-9_+\/-]{1,64}$/.test(zone)) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
})();
