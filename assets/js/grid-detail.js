// What does not fit: a row with all of its fields in a dialog, a cell with all of its text above its neighbours.

/** Opens a row: what its columns are called, and what its cells hold. */
export function openRow(grid, row) {
  hideWhole(grid);
  const dialog = grid.querySelector(".row-dialog");
  const list = dialog.querySelector("dl");
  const cells = [...row.cells].slice(0, grid.columns);
  const title = cells.find((cell) => cell.dataset.card === "1") ?? cells[0];
  dialog.querySelector("h2").textContent = title.textContent.trim() || "–";
  list.replaceChildren(...cells.flatMap((cell, at) => {
    if (cell === title || !cell.textContent.trim()) return [];
    const name = document.createElement("dt");
    name.textContent = grid.head.cells[at].querySelector(".name").textContent;
    const value = document.createElement("dd");
    value.append(...cell.cloneNode(true).childNodes, cell.dataset.unit ? ` ${cell.dataset.unit}` : "");
    return [name, value];
  }));
  const history = dialog.querySelector("[data-row-history]");
  history.hidden = !row.dataset.history;
  if (row.dataset.history) history.href = row.dataset.history;
  // Answering false would take the click from the buttons in it.
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  dialog.showModal();
}

/** Shows all of a cell's text, or not any more. */
export function toggleWhole(grid, cell) {
  if (grid.whole) return hideWhole(grid);
  if (!cell) return;
  const whole = document.createElement("div");
  whole.className = "cell-whole";
  whole.setAttribute("role", "status");
  whole.style.left = `${cell.offsetLeft}px`;
  whole.style.top = `${cell.getBoundingClientRect().top - grid.scroll.getBoundingClientRect().top + grid.scroll.scrollTop}px`;
  whole.style.minWidth = `${cell.offsetWidth}px`;
  grid.scroll.append(whole);
  // Said only because it comes after its place is there.
  whole.textContent = cell.textContent;
  grid.whole = whole;
}

export function hideWhole(grid) {
  grid.whole?.remove();
  grid.whole = null;
}
