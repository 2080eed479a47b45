// <sr-grid>: a server-rendered table that scrolls through all rows the server found, however many. The server sends
// the first rows, this asks for blocks of further ones and keeps only what is near. All state is in the element's
// attributes: `src` (where blocks come from), `total`, `generation`.
import { Scroller } from "./grid-scroller.js";
import { Blocks } from "./grid-blocks.js";
import { fit, spread, wireWidths } from "./grid-widths.js";
import { hideWhole, openRow, toggleWhole } from "./grid-detail.js";

/** Rows drawn above and below what is seen. */
const OVERSCAN = 12;
/** A step of more screens than this is a jump; jumps that follow each other this closely are a drag. */
const FAST_SCREENS = 3;
const DRAG_MS = 120;
const HOLD_MS = 30;
const LEAST_HEIGHT = 240;

class SrGrid extends HTMLElement {
  connectedCallback() {
    if (this.blocks) return;
    this.scroll = this.querySelector(".grid-scroll");
    this.table = this.querySelector("table");
    this.active = null;
    this.jumpedAt = -Infinity;
    this.scroller = new Scroller(this.scroll);
    this.blocks = new Blocks(this);
    this.top = this.#spacer();
    this.bottom = this.#spacer();
    this.scroll.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.scroll.addEventListener("keydown", (event) => this.#onKey(event));
    this.scroll.addEventListener("click", (event) => this.#onClick(event));
    this.scroll.addEventListener("pointerover", ({ target }) => {
      const cell = target.closest("tbody.window td");
      if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.textContent : "";
    });
    this.resize = new ResizeObserver(() => this.#onResize());
    this.resize.observe(document.documentElement);
    this.onCopy = (event) => this.#onCopy(event);
    document.addEventListener("copy", this.onCopy);
    // Rows are higher or lower now.
    this.onLook = () => this.#onResize();
    document.addEventListener("look-changed", this.onLook);
    this.#takeOver();
  }

  disconnectedCallback() {
    this.resize?.disconnect();
    document.removeEventListener("copy", this.onCopy);
    document.removeEventListener("look-changed", this.onLook);
    this.blocks?.stop();
    clearTimeout(this.held);
    this.blocks = null;
  }

  /** Takes what a newer answer of the server says. Rows stay where they are if only their file is a newer one. */
  update(fresh) {
    const place = sameSearch(this.getAttribute("src"), fresh.getAttribute("src")) ? this.scroller.place : 0;
    const column = this.active?.column ?? 0;
    for (const name of ["src", "total", "generation"]) this.setAttribute(name, fresh.getAttribute(name));
    const table = fresh.querySelector("table");
    this.table.querySelector("colgroup").replaceWith(table.querySelector("colgroup"));
    this.table.querySelector("thead").replaceWith(table.querySelector("thead"));
    this.body.replaceChildren(...table.querySelector("tbody.window").rows);
    const row = this.active && place > 0 ? this.active.row : null;
    this.active = null;
    this.blocks.stop();
    this.blocks = new Blocks(this);
    this.#takeOver(place);
    if (row !== null) this.#activate(row, column);
  }

  /** The rows' place in the table. */
  get body() {
    return this.table.querySelector("tbody.window");
  }

  get total() {
    return Number(this.getAttribute("total"));
  }

  /** For measurements and tests: nothing on screen waits for its rows. */
  get settled() {
    return !this.body.querySelector(".waiting");
  }

  #spacer() {
    const body = document.createElement("tbody");
    body.className = "space";
    body.setAttribute("role", "presentation");
    body.insertRow().insertCell();
    return body;
  }

  #takeOver(place = 0) {
    this.columns = this.table.tHead.rows[0].querySelectorAll("th").length;
    this.head = this.table.tHead.rows[0];
    this.querySelector(".pager")?.setAttribute("hidden", "");
    this.body.before(this.top);
    this.body.after(this.bottom);
    // With more columns than there are, all that is too many would share what is left for the last one.
    for (const space of [this.top, this.bottom]) space.rows[0].cells[0].colSpan = this.columns + 1;
    for (const rest of this.body.querySelectorAll("noscript")) rest.remove();
    const seed = [...this.body.rows];
    this.blocks.seed(seed);
    this.#describe();
    wireWidths(this);
    this.setAttribute("ready", "");
    this.#measure();
    const first = Number(seed[0]?.dataset.r ?? 0);
    this.scroller.to(place || first * this.scroller.rowHeight);
    this.draw(true);
  }

  // Roles: the container is the grid and keeps the focus, because rows come and go (aria-activedescendant).
  #describe() {
    const { scroll, table } = this;
    scroll.setAttribute("role", "grid");
    scroll.setAttribute("aria-readonly", "true");
    scroll.setAttribute("aria-rowcount", String(this.total + 1));
    scroll.setAttribute("aria-colcount", String(this.columns));
    table.setAttribute("role", "presentation");
    table.removeAttribute("aria-label");
    for (const part of table.querySelectorAll("thead, tbody.window")) part.setAttribute("role", "rowgroup");
    this.head.setAttribute("role", "row");
    this.head.setAttribute("aria-rowindex", "1");
    [...this.head.cells].forEach((cell, at) => {
      if (cell.tagName !== "TH") return cell.setAttribute("role", "presentation");
      cell.setAttribute("role", "columnheader");
      cell.setAttribute("aria-colindex", String(at + 1));
    });
  }

  /** Gives a row of the server its roles. */
  dress(row) {
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(Number(row.dataset.r) + 2));
    [...row.cells].forEach((cell, at) => {
      cell.setAttribute("role", at < this.columns ? "gridcell" : "presentation");
      if (at < this.columns) cell.setAttribute("aria-colindex", String(at + 1));
    });
    return row;
  }

  #waiting(at) {
    const row = document.createElement("tr");
    row.className = "waiting";
    row.dataset.r = String(at);
    row.setAttribute("aria-busy", "true");
    const shape = this.blocks.anyRow();
    for (let column = 0; column < this.columns; column++) {
      const cell = row.insertCell();
      cell.className = shape?.cells[column]?.className ?? "";
      if (shape?.cells[column]?.dataset.card) cell.dataset.card = shape.cells[column].dataset.card;
      cell.textContent = "\u00a0";
    }
    row.insertCell().className = "rest";
    return this.dress(row);
  }

  #measure() {
    spread(this);
    const rowHeight = this.body.rows[0]?.getBoundingClientRect().height || 32;
    // On narrow screens rows are cards, and headers only read aloud.
    this.isCards = getComputedStyle(this.table.tHead).position === "absolute";
    const headHeight = this.isCards ? 0 : this.head.getBoundingClientRect().height;
    const above = this.scroll.getBoundingClientRect().top + window.scrollY;
    const message = this.querySelector(".grid-message")?.offsetHeight ?? 0;
    const footer = message + (this.nextElementSibling?.getBoundingClientRect().height ?? 0);
    const bar = getComputedStyle(document.querySelector("nav.side") ?? document.body).flexDirection === "row" ? 56 : 0;
    const room = Math.max(LEAST_HEIGHT, window.innerHeight - above - footer - bar - 38);
    const whole = this.total * rowHeight + headHeight;
    const bars = this.scroll.offsetHeight - this.scroll.clientHeight;
    this.scroll.style.height = `${Math.min(room, Math.ceil(whole + bars + 1))}px`;
    this.scroller.measure(rowHeight, headHeight, this.total);
  }

  #onResize() {
    if (!this.blocks) return;
    const row = this.scroller.place / this.scroller.rowHeight;
    this.#measure();
    if (this.scroller.place / this.scroller.rowHeight !== row) this.scroller.to(row * this.scroller.rowHeight);
    this.draw(true);
  }

  #onScroll() {
    this.scroller.follow();
    this.scheduleDraw();
  }

  /** Draws with the next frame. */
  scheduleDraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.blocks) this.draw(false);
    });
  }

  /** Puts the rows in place that are seen, and asks for those that are missing. */
  draw(force) {
    const { scroller, total } = this;
    const first = Math.floor(scroller.place / scroller.rowHeight);
    const seen = Math.ceil(scroller.viewHeight / scroller.rowHeight) + 1;
    const from = Math.max(0, first - OVERSCAN);
    const to = Math.min(total, first + seen + OVERSCAN);
    if (!force && !this.dirty && from === this.from && to === this.to) return;
    this.dirty = false;
    const old = new Map([...this.body.rows].map((row) => [Number(row.dataset.r), row]));
    const rows = [];
    let missing = false;
    for (let at = from; at < to; at++) {
      let row = old.get(at);
      if (force || !row || row.classList.contains("waiting")) {
        row = this.blocks.row(at) ?? (row?.classList.contains("waiting") ? row : this.#waiting(at));
        if (row.classList.contains("waiting")) missing = true;
        else if (at === this.active?.row) this.#mark(row);
      }
      rows.push(row);
    }
    this.top.rows[0].cells[0].style.height = `${Math.max(0, from * scroller.rowHeight - scroller.offset)}px`;
    this.bottom.rows[0].cells[0].style.height = `${Math.max(0, scroller.height - (to * scroller.rowHeight - scroller.offset))}px`;
    const fresh = rows.filter((row) => !row.parentNode && !row.classList.contains("waiting"));
    replaceRows(this.body, rows);
    fit(this, fresh);
    this.from = from;
    this.to = to;
    clearTimeout(this.held);
    if (!missing) {
      this.blocks.prefetch(from, to, total);
    } else if (this.#isDrag()) {
      this.held = setTimeout(() => this.blocks.need(from, to), HOLD_MS);
    } else {
      this.blocks.need(from, to);
    }
  }

  /** One jump is answered at once; a drag jumps many times, and only where it rests are rows asked for. */
  #isDrag() {
    const now = performance.now();
    const fast = this.scroller.speed > this.scroller.viewHeight * FAST_SCREENS;
    const isDrag = fast && now - this.jumpedAt < DRAG_MS;
    if (fast) this.jumpedAt = now;
    return isDrag;
  }

  /** Says that rows could not be had, until some can. */
  say(message) {
    let place = this.querySelector(".grid-message");
    if (!message) {
      if (!place) return;
      place.remove();
      return this.#onResize();
    }
    if (!place) {
      place = document.createElement("p");
      place.className = "grid-message";
      place.setAttribute("role", "alert");
      this.append(place);
    }
    if (place.textContent === message) return;
    place.textContent = message;
    // The footer stays on the screen.
    this.#onResize();
  }

  #onClick(event) {
    const cell = event.target.closest("tbody.window td");
    if (!cell || cell.parentNode.classList.contains("waiting")) return;
    this.#activate(Number(cell.parentNode.dataset.r), cell.cellIndex);
    // Of a card most fields are not shown.
    if (this.isCards && !String(getSelection())) openRow(this, cell.parentNode);
  }

  #mark(row) {
    const cell = row.cells[this.active.column];
    cell.classList.add("active");
    cell.id = "active-cell";
    row.setAttribute("aria-selected", "true");
    this.scroll.setAttribute("aria-activedescendant", "active-cell");
  }

  #unmark() {
    const cell = this.querySelector("#active-cell");
    cell?.classList.remove("active");
    cell?.removeAttribute("id");
    cell?.parentNode.removeAttribute("aria-selected");
  }

  #activate(row, column) {
    hideWhole(this);
    this.#unmark();
    this.active = {
      row: Math.max(0, Math.min(this.total - 1, row)),
      column: Math.max(0, Math.min(this.columns - 1, column)),
    };
    if (this.scroller.show(this.active.row)) this.draw(true);
    const shown = [...this.body.rows].find((candidate) => Number(candidate.dataset.r) === this.active.row);
    if (shown) {
      this.#mark(shown);
      this.#showColumn(shown.cells[this.active.column]);
    }
  }

  #showColumn(cell) {
    const { scroll } = this;
    if (cell.offsetLeft < scroll.scrollLeft) scroll.scrollLeft = cell.offsetLeft;
    const end = cell.offsetLeft + cell.offsetWidth;
    if (end > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = end - scroll.clientWidth;
  }

  // Between headers, and back to the rows.
  #onHeaderKey(event, header) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) this.head.cells[header.cellIndex + step]?.querySelector("a")?.focus();
    else if (event.key === "ArrowDown") {
      this.scroll.focus();
      this.#activate(Math.ceil(this.scroller.place / this.scroller.rowHeight), header.cellIndex);
    } else return;
    event.preventDefault();
  }

  #onKey(event) {
    const header = event.target.closest("th");
    if (header) return this.#onHeaderKey(event, header);
    if (event.target !== this.scroll) return;
    const first = Math.ceil(this.scroller.place / this.scroller.rowHeight);
    const { row, column } = this.active ?? { row: first - 1, column: 0 };
    const screen = Math.max(1, Math.floor(this.scroller.viewHeight / this.scroller.rowHeight) - 1);
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      this.widen?.(column, event.key === "ArrowRight" ? 16 : -16);
      return;
    }
    if (control && event.shiftKey && event.key.toLowerCase() === "c") {
      event.preventDefault();
      this.copyRow = true;
      document.execCommand("copy");
      return;
    }
    const cell = this.querySelector("#active-cell");
    if (event.key === "F2" || (event.key === "Escape" && this.whole)) {
      event.preventDefault();
      return toggleWhole(this, cell);
    }
    if (event.key === "Enter" && cell) {
      event.preventDefault();
      return openRow(this, cell.parentNode);
    }
    if (event.key === "ArrowUp" && this.active?.row === 0 && !this.isCards) {
      event.preventDefault();
      return this.head.cells[column].querySelector("a").focus();
    }
    const target = {
      ArrowDown: [row + 1, column],
      ArrowUp: [row - 1, column],
      ArrowRight: [Math.max(row, 0), this.active ? column + 1 : 0],
      ArrowLeft: [Math.max(row, 0), column - 1],
      PageDown: [row + screen, column],
      PageUp: [row - screen, column],
      Home: control ? [0, 0] : [Math.max(row, 0), 0],
      End: control ? [this.total - 1, this.columns - 1] : [Math.max(row, 0), this.columns - 1],
    }[event.key];
    if (!target || event.altKey) return;
    event.preventDefault();
    this.#activate(...target);
  }

  // The copy event works over plain HTTP too, where there is no clipboard object.
  #onCopy(event) {
    if (document.activeElement !== this.scroll || !this.active || String(getSelection())) return;
    const cell = this.querySelector("#active-cell");
    if (!cell) return;
    const raw = (one) => one.querySelector("data")?.value ?? one.textContent;
    const text = this.copyRow ? [...cell.parentNode.cells].slice(0, this.columns).map(raw).join("\t") : raw(cell);
    this.copyRow = false;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  }
}

/** Whether two sources ask for the same rows of perhaps different files. */
function sameSearch(one, other) {
  const plain = (source) => {
    const url = new URL(source, location.href);
    for (const name of ["generation", "cols", "width", "facet", "more", "offset"]) url.searchParams.delete(name);
    return String(url);
  };
  return plain(one) === plain(other);
}

/** Puts rows into a body and leaves those alone that stand there already: a frame has little time. */
function replaceRows(body, rows) {
  const keep = new Set(rows);
  for (const row of [...body.rows]) if (!keep.has(row)) row.remove();
  let next = body.firstElementChild;
  for (const row of rows) {
    if (row === next) next = next.nextElementSibling;
    else body.insertBefore(row, next);
  }
}

customElements.define("sr-grid", SrGrid);
