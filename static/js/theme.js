/* Light, dark or the device's own: kept in the cookie "theme", which the server writes into <html data-theme>.
   Loaded in the head, without defer, where the server doesn't write it (the administration).
   data-theme-set="auto|light|dark"   a button that chooses; aria-pressed tells which is chosen */
(() => {
  "use strict";
  const root = document.documentElement;
  const kept = document.cookie.match(/(?:^|; )theme=(auto|light|dark)/);
  if (kept) root.dataset.theme = kept[1];

  const choose = (name) => {
    root.dataset.theme = name;
    document.cookie = `theme=${name}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    mark();
  };
  const mark = () => {
    const chosen = root.dataset.theme || "auto";
    for (const button of document.querySelectorAll("[data-theme-set]"))
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === chosen));
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (button) choose(button.dataset.themeSet);
  });
  document.addEventListener("DOMContentLoaded", mark);
})();
