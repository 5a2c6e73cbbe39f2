// Asks for a fresh copy of the live part of a page, every data-refresh-s seconds, while somebody looks.
// The page is complete without it. Decides nothing and keeps no data.
(function () {
  "use strict";
  const live = document.querySelector("[data-refresh-s]");
  if (!live) return;
  const stopped = document.querySelector("[data-refresh-stopped]");
  const every = Number(live.dataset.refreshS) * 1000;
  let last = Date.now();

  function refresh() {
    if (document.visibilityState !== "visible" || !navigator.onLine) return;
    last = Date.now();
    live.dispatchEvent(new CustomEvent("refresh"));
  }

  setInterval(refresh, every);
  document.addEventListener("visibilitychange", function () {
    if (Date.now() - last > every) refresh();
  });
  // An answer that is no page must not replace what is known: say so and keep it.
  document.addEventListener("htmx:error", function () { stopped.hidden = false; });
  document.addEventListener("htmx:response:error", function () { stopped.hidden = false; });
  document.addEventListener("htmx:after:swap", function () { stopped.hidden = true; });
})();
