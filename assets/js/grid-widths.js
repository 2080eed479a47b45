// Column widths: a handle at each header for the pointer, Alt+Left and Alt+Right for the keyboard. Who listens to
// `sr-grid-widths` keeps them.

const LEAST = 48;
const MOST = 800;

export function wireWidths(grid) {
  const columns = [...grid.table.querySelectorAll("col")];
  const headers = [...grid.head.querySelectorAll("th")];
  const set = (at, width) => {
    columns[at].width = String(Math.round(Math.max(LEAST, Math.min(MOST, width))));
  };
  const tell = () => {
    const widths = headers.map((header, at) => [header.dataset.column, Number(columns[at].width)]);
    grid.dispatchEvent(new CustomEvent("sr-grid-widths", { bubbles: true, detail: widths }));
  };
  let later = 0;
  const tellLater = () => {
    clearTimeout(later);
    later = setTimeout(tell, 600);
  };
  grid.widen = (at, by) => {
    set(at, Number(columns[at].width) + by);
    tellLater();
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
        tellLater();
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
