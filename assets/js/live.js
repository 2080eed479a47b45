// A list that is asked for again every few seconds: not while the page is out of sight, and not while somebody points
// at it or is about to press something in it, so that nothing moves from under the pointer.

const EVERY_MS = 5000;

setInterval(() => {
  const list = document.querySelector("[data-live-list]");
  if (!list || document.hidden || list.matches(":hover") || list.contains(document.activeElement)) return;
  htmx.trigger(list, "refresh");
}, EVERY_MS);
