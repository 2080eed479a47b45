// Column widths: what is left of a wide screen goes to cut cells, and a handle at each header for the pointer, Alt+Left and Alt+Right for the keyboard. Who
// listens to `sr-grid-widths` keeps them.

const LEAST = 48;
const MOST = 800;

export function wireWidths(grid) {
  const columns = [...grid.table.querySelectorAll("col")];
  const headers = [...grid.head.querySelectorAll("th")];
  const set = (at, width) => {
    columns[at].dataset.own = "";
    columns[at].width = String(Math.round(Math.max(LEAST, Math.min(MOST, width))));
  };
  let later = 0;
  const changed = new Set();
  const tellLater = (at) => {
    changed.add(at);
    clearTimeout(later);
    later = setTimeout(() => {
      const detail = [...changed].map((one) => `${headers[one].dataset.column}~${columns[one].width}`);
      changed.clear();
      grid.dispatchEvent(new CustomEvent("sr-grid-widths", { bubbles: true, detail }));
    }, 600);
  };
  grid.widen = (at, by) => {
    set(at, Number(columns[at].width) + by);
    tellLater(at);
  };
  headers.forEach((header, at) => {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "width";
    // The keyboard has Alt+Left and Alt+Right; a stop for each column would be in its way.
    handle.tabIndex = -1;
    handle.setAttribute("aria-hidden", "true");
    // Else the browser begins to drag the link beside it, as soon as the handle has moved away from the pointer.
    handle.addEventListener("mousedown", (event) => event.preventDefault());
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      const start = event.clientX;
      const width = header.getBoundingClientRect().width;
      const move = (moved) => set(at, width + moved.clientX - start);
      handle.addEventListener("pointermove", move);
      handle.addEventListener("pointerup", () => {
        handle.removeEventListener("pointermove", move);
        tellLater(at);
      }, { once: true });
    });
    header.append(handle);
    header.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
      event.preventDefault();
      grid.widen(at, event.key === "ArrowRight" ? 16 : -16);
    });
  });
}

/** Shares out the room that is left between the columns whose cells want some. */
export function spread(grid) {
  const columns = [...grid.table.querySelectorAll("col[width]")];
  const wanting = columns.filter((column) => column.dataset.wants && !("own" in column.dataset));
  for (const column of wanting) column.width = column.dataset.least ??= column.width;
  const lack = (column) => Number(column.dataset.wants) - Number(column.dataset.least);
  const wanted = wanting.reduce((sum, column) => sum + lack(column), 0);
  const spare = grid.scroll.clientWidth - columns.reduce((sum, column) => sum + Number(column.width), 0);
  const share = Math.max(0, Math.min(1, spare / (wanted || 1)));
  for (const column of wanting) column.width = String(Math.floor(Number(column.dataset.least) + lack(column) * share));
}

// A number without its end is another number. Only texts longer than any before are measured.
/** Widens columns whose numbers are cut. */
export function fit(grid, rows) {
  const columns = grid.table.querySelectorAll("col");
  for (const row of rows) {
    for (const cell of row.querySelectorAll("td.n")) {
      const { length } = cell.textContent;
      const column = columns[cell.cellIndex];
      if (length <= (column.longest ?? 0)) continue;
      column.longest = length;
      const lack = cell.scrollWidth - cell.clientWidth;
      if (lack > 0 && !("own" in column.dataset)) column.width = String(Number(column.width) + lack + 2);
    }
  }
}
