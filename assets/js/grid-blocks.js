// Rows in blocks, asked for as they are needed and kept as long as there is room.

const BLOCK = 100;
/** Blocks kept: 6,000 rows. */
const KEPT = 60;
/** Rows on either side that are asked for before they are seen. */
const AHEAD = 50;
const RETRY_MS = 3000;

export class Blocks {
  constructor(grid) {
    this.grid = grid;
    this.kept = new Map();
    this.asked = new Map();
    this.first = new Map();
  }

  /** Takes the rows that came with the page. */
  seed(rows) {
    for (const row of rows) this.first.set(Number(row.dataset.r), row.cloneNode(true));
  }

  /** A copy of a row, if it is here. Dressed only now: most rows of a block are never seen. */
  row(at) {
    const block = this.kept.get(Math.floor(at / BLOCK));
    const row = block ? block[at % BLOCK] : this.first.get(at);
    return row && this.grid.dress(row.cloneNode(true));
  }

  /** Some row, for its shape. */
  anyRow() {
    return this.first.values().next().value;
  }

  /** Asks for the rows from `from` to `to` and gives up on what is far from there. */
  need(from, to) {
    const low = Math.floor(from / BLOCK);
    const high = Math.floor((to - 1) / BLOCK);
    for (const [block, request] of this.asked) {
      if (block < low - 1 || block > high + 1) {
        request.abort();
        this.asked.delete(block);
      }
    }
    for (let block = low; block <= high; block++) this.#ask(block, false);
  }

  /** Asks for what lies next to the rows from `from` to `to`. */
  prefetch(from, to, total) {
    const low = Math.floor(Math.max(0, from - AHEAD) / BLOCK);
    const high = Math.floor(Math.max(0, Math.min(total, to + AHEAD) - 1) / BLOCK);
    for (let block = low; block <= high; block++) this.#ask(block, true);
  }

  /** Ends all requests. */
  stop() {
    clearTimeout(this.retry);
    for (const request of this.asked.values()) request.abort();
    this.asked.clear();
    this.stopped = true;
  }

  async #ask(block, ahead) {
    if (this.asked.has(block)) return;
    const known = this.kept.get(block);
    if (known) {
      // The newest last, so that the oldest goes first.
      this.kept.delete(block);
      this.kept.set(block, known);
      return;
    }
    const end = Math.min(this.grid.total, (block + 1) * BLOCK);
    if (this.first.has(block * BLOCK) && this.first.has(end - 1)) return;
    const request = new AbortController();
    this.asked.set(block, request);
    try {
      const url = new URL(this.grid.getAttribute("src"), location.href);
      url.searchParams.set("offset", String(block * BLOCK));
      url.searchParams.set("limit", String(BLOCK));
      // Rows ahead of what is seen are no doing of the person.
      const headers = ahead ? { "X-Background": "1" } : {};
      const response = await fetch(url, { signal: request.signal, headers });
      if (response.redirected) return location.reload();
      if (!response.ok) throw new Error(String(response.status));
      const shape = document.createElement("template");
      shape.innerHTML = await response.text();
      if (this.stopped) return;
      this.kept.set(block, [...shape.content.children]);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      this.grid.say("");
      const generation = response.headers.get("x-generation");
      if (generation !== this.grid.getAttribute("generation")) {
        this.grid.dispatchEvent(new CustomEvent("sr-grid-news", { bubbles: true, detail: { generation } }));
      }
    } catch (error) {
      if (error.name !== "AbortError" && !this.stopped) {
        this.grid.say(this.grid.dataset.failed);
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.#again(), RETRY_MS);
      }
    } finally {
      if (this.asked.get(block) === request) this.asked.delete(block);
      if (!this.stopped && this.kept.has(block)) {
        this.grid.dirty = true;
        this.grid.scheduleDraw();
      }
    }
  }

  #again() {
    this.grid.dirty = true;
    this.grid.scheduleDraw();
  }
}
