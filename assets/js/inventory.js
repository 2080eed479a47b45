// The inventory page: search as you type, links and boxes that change the page in place, the address as the state,
// what was last looked at, and news of a newer file. Everything goes through the same addresses without script.
/* global htmx, Idiomorph */

const POLL_MS = 10_000;
/** When to try again where the server did not answer. */
const RETRY_MS = 3000;
/** Typing that pauses for longer begins a new step for the Back button. */
const BURST_MS = 2000;

const view = document.getElementById("view");
const form = document.getElementById("view-form");
const input = document.getElementById("global-search");
const stored = `view:${document.body.dataset.user}:${view.dataset.view}`;
let typedAt = 0;
let history_ = "push";

function data() {
  return view.querySelector(".view-data").dataset;
}

function load(address, kind) {
  history_ = kind;
  // Where it fails, what listens to htmx says so.
  return htmx.ajax("GET", address, { source: view, target: "#view", swap: "morph:innerHTML" }).catch(() => {});
}

function wireMorph() {
  const callbacks = Idiomorph.defaults.callbacks;
  callbacks.beforeNodeMorphed = (old, fresh) => {
    // What is being typed is newer than the answer.
    if (old === document.activeElement && old.matches("input[type=search]")) return false;
    if (old.nodeName !== "SR-GRID" || fresh.nodeName !== "SR-GRID") return true;
    // The grid owns what is in it.
    old.update(fresh);
    return false;
  };
  // A menu that is open stays open.
  callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.nodeName === "DETAILS");
}

function wireRequests() {
  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.target !== view) return;
    const cause = event.detail.triggeringEvent?.type;
    if (cause === "input") {
      history_ = Date.now() - typedAt > BURST_MS ? "push" : "replace";
      typedAt = Date.now();
    } else if (cause === "submit" || cause === "change") {
      history_ = event.detail.triggeringEvent.target?.matches?.("[data-facet-find]") ? "replace" : "push";
    }
    event.detail.headers["X-History"] = history_;
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === view) settle();
  });
  document.body.addEventListener("htmx:sendError", (event) => {
    if (event.detail.target !== view) return;
    view.querySelector("[data-offline]").hidden = false;
    clearTimeout(wireRequests.retry);
    const path = event.detail.pathInfo?.finalRequestPath;
    if (path) wireRequests.retry = setTimeout(() => load(path, "replace"), RETRY_MS);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    // A page says more than a half-changed view could.
    if (event.detail.target === view) location.assign(event.detail.pathInfo.finalRequestPath);
  });
}

function settle() {
  if (document.activeElement !== input) input.value = data().q;
  remember();
}

function remember() {
  sessionStorage.setItem(stored, location.search);
}

/** Puts the focus where it belongs after a link did its work: what it stood in is written anew. */
function nextFocus(link) {
  const all = (selector) => [...view.querySelectorAll(selector)];
  const { column } = link.closest("th")?.dataset ?? {};
  if (column) return () => all("th").find((header) => header.dataset.column === column)?.querySelector("a").focus();
  const chips = ".chip a, .clear-all";
  const at = all(chips).indexOf(link);
  if (at >= 0) return () => (all(chips)[at] ?? all(chips).at(-1) ?? input).focus();
  const { facetLink } = link.dataset;
  if (!facetLink) return () => {};
  return () => {
    link.closest("details")?.removeAttribute("open");
    view.querySelector("[data-facets]").open = true;
    const facet = all("[data-facet]").find((one) => one.dataset.facet === facetLink);
    facet?.scrollIntoView({ block: "nearest" });
    facet?.focus();
  };
}

/** Folds away what narrow screens show when it is asked for. */
function wireFolds() {
  const known = new WeakSet();
  const fold = () => {
    for (const [width, selector] of [[899, "[data-facets]"], [639, "[data-footer]"]]) {
      const part = view.querySelector(selector);
      if (!part || known.has(part)) continue;
      known.add(part);
      if (matchMedia(`(max-width: ${width}px)`).matches) part.open = false;
    }
  };
  fold();
  document.body.addEventListener("htmx:afterSettle", fold);
  view.addEventListener("click", (event) => {
    if (!event.target.closest("[data-filters-link]")) return;
    event.preventDefault();
    const facets = view.querySelector("[data-facets]");
    facets.open = !facets.open;
    if (facets.open) facets.querySelector("input, a")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "p") return;
    event.preventDefault();
    location.assign(view.querySelector("[data-print-view]").href);
  });
}

function wireLinks() {
  view.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-view-link]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const also = event.shiftKey && link.dataset.also;
    const goOn = nextFocus(link);
    load(also || link.href, "push").then(() => {
      if (link.closest(".empty, .chips")) input.value = data().q;
      goOn();
    });
  });
  view.addEventListener("input", (event) => {
    if (!event.target.matches("[data-facet-find]")) return;
    clearTimeout(wireLinks.later);
    wireLinks.later = setTimeout(() => htmx.trigger(event.target, "change"), 150);
  });
  view.addEventListener("sr-grid-widths", ({ detail }) => {
    const address = new URL(location.href);
    for (const width of detail) address.searchParams.append("width", width);
    load(address.pathname + address.search, "replace");
  });
  // Registered before htmx's own, which would load the page anew.
  window.addEventListener("popstate", (event) => {
    event.stopImmediatePropagation();
    input.value = new URLSearchParams(location.search).get("q") ?? "";
    load(location.pathname + location.search, "replace");
  });
}

function wireCopy() {
  view.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-input]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copyInput);
    field.select();
    // Works over plain HTTP, where there is no clipboard object.
    if (document.execCommand("copy")) {
      const text = button.lastChild;
      const before = text.textContent;
      text.textContent = button.dataset.done;
      setTimeout(() => { text.textContent = before; }, 1500);
    }
  });
  const show = () => {
    for (const button of view.querySelectorAll("[data-copy-input]")) button.hidden = false;
  };
  show();
  document.body.addEventListener("htmx:afterSettle", show);
}

function wireNews() {
  const tell = () => { view.querySelector("[data-news]").hidden = false; };
  view.addEventListener("sr-grid-news", tell);
  const poll = async () => {
    if (!document.hidden) {
      try {
        const response = await fetch(data().poll, { headers: { "X-Background": "1" } });
        if (response.ok && !response.redirected) {
          const { generation, text } = await response.json();
          if (String(generation) !== data().generation) {
            const place = view.querySelector("[data-news-rows]");
            // Writing it anew would say it anew.
            if (place.textContent !== text) place.textContent = text;
            tell();
          }
        }
      } catch {
        // The next poll asks again.
      }
    }
    setTimeout(poll, POLL_MS);
  };
  setTimeout(poll, POLL_MS);
}

function start() {
  const last = sessionStorage.getItem(stored);
  if (!location.search && last) {
    location.replace(location.pathname + last);
    return;
  }
  remember();
  wireMorph();
  wireRequests();
  wireLinks();
  wireCopy();
  wireNews();
  wireFolds();
}

start();
