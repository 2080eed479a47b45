// The sheet of a plan: type in cells, ranges, copy and paste, undo. Without script each cell is a link to a form.

const sheet = () => document.querySelector("table[data-sheet]");
const rows = () => [...sheet().querySelectorAll("tr:has(td[data-cell])")];
const cellsOf = (row) => [...row.querySelectorAll("td[data-cell]")];
const said = document.querySelector("[data-sheet-said]");

/** The cell with the cursor, and the other corner of the range; by name, because the table is made anew. */
let cursor = null;
let corner = null;
const waiting = [];
let isSending = false;

const find = (name) => name && sheet().querySelector(`td[data-cell="${CSS.escape(name)}"]`);

function place(name) {
  const cell = find(name);
  if (!cell) return null;
  const all = rows();
  const row = all.findIndex((candidate) => candidate.contains(cell));
  return [row, cellsOf(all[row]).indexOf(cell)];
}

function range() {
  const [one, other] = [place(cursor), place(corner) ?? place(cursor)];
  if (!one) return [];
  const [top, bottom] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
  const [left, right] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
  return rows().slice(top, bottom + 1).map((row) => cellsOf(row).slice(left, right + 1));
}

function show() {
  for (const cell of sheet().querySelectorAll("td[data-selected], td[aria-current]")) {
    delete cell.dataset.selected;
    cell.removeAttribute("aria-current");
  }
  for (const cell of range().flat()) cell.dataset.selected = "";
  find(cursor)?.setAttribute("aria-current", "true");
  find(cursor)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function moveTo(row, column, keepsCorner) {
  const all = rows();
  const target = all[Math.max(0, Math.min(all.length - 1, row))];
  const cells = cellsOf(target);
  cursor = cells[Math.max(0, Math.min(cells.length - 1, column))].dataset.cell;
  if (!keepsCorner) corner = cursor;
  show();
}

function move(down, right, keepsCorner) {
  const at = place(cursor);
  if (at) moveTo(at[0] + down, at[1] + right, keepsCorner);
}

/** Says something, with buttons for what can be done about it. */
function say(text, actions = []) {
  const buttons = actions.map(([label, act]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", () => { say(""); act(); });
    return button;
  });
  said.replaceChildren(document.createTextNode(text), ...buttons);
}

const token = () => document.cookie.match(/(?:^|; )csrf=([^;]*)/)?.[1] ?? "";

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("table[data-sheet]");
  if (!fresh) return location.reload();
  sheet().replaceWith(fresh);
  show();
}

async function send(path, method, body) {
  const answer = await fetch(`/api/v1/plans/${sheet().dataset.sheet}${path}`, {
    method,
    headers: { "content-type": "application/json", "x-csrf-token": token() },
    body: JSON.stringify(body),
  });
  return [answer, await answer.json().catch(() => ({}))];
}

/** Sends what waits, one edit after the other; what cannot be sent now is tried again. */
async function flush() {
  if (isSending) return;
  isSending = true;
  try {
    while (waiting.length > 0) {
      const [{ path, method, body }] = waiting;
      const [answer, told] = await send(path, method, body);
      waiting.shift();
      if (answer.status === 409 && told.conflicts) {
        const lines = told.conflicts.slice(0, 5).map((cell) => `${cell.date}: ${cell.yours ?? "–"} / ${cell.theirs ?? "–"}`);
        say(`${sheet().dataset.conflict} ${lines.join(", ")}`, [
          [sheet().dataset.mine, () => change(body.cells, null)],
          [sheet().dataset.theirs, () => {}],
        ]);
      } else {
        say(answer.ok ? sheet().dataset.saved : told.detail ?? told.title);
      }
      await refresh();
    }
  } catch {
    say(sheet().dataset.waits);
    setTimeout(flush, 5000);
  } finally {
    isSending = false;
  }
}

/** Changes cells that were seen when the plan was at edit `seen`; `null` puts them over whatever stands there. */
function change(cells, seen = Number(sheet().dataset.edit)) {
  if (cells.length === 0) return;
  waiting.push({ path: "/cells", method: "PATCH", body: { cells, bucket: sheet().dataset.by, ...(seen === null ? {} : { seen }) } });
  flush();
}

/** What a text says: a number as text, `null` for nothing, `undefined` for what is no number. */
function parse(text) {
  const plain = text.trim().replace(/\u2212/g, "-").replace(/[\s']/g, "");
  if (plain === "" || plain === "·" || plain === "–") return null;
  const number = plain.replace(/,(?=\d{3}(\D|$))/g, "");
  return /^[-+]?\d+(\.\d+)?$/.test(number) ? number.replace(/^\+/, "") : undefined;
}

function wanted(cell, value) {
  const [line, measure, date] = cell.dataset.cell.split("|");
  return { line: Number(line), measure, date, value };
}

function edit(text) {
  const cell = find(cursor);
  if (!cell) return;
  const before = [...cell.childNodes];
  const input = document.createElement("input");
  input.className = "input";
  input.inputMode = "decimal";
  input.setAttribute("aria-label", cell.querySelector("a")?.title ?? "");
  input.value = text ?? cell.dataset.value ?? "";
  cell.replaceChildren(input);
  input.focus();
  if (text === undefined) input.select();
  let isDone = false;
  const finish = (keeps, down = 0, right = 0) => {
    if (isDone) return;
    isDone = true;
    const value = parse(input.value);
    cell.replaceChildren(...before);
    sheet().closest("[tabindex]").focus({ preventScroll: true });
    if (keeps && value === undefined) return say(`“${input.value}”?`);
    if (keeps && (value ?? "") !== (cell.dataset.value ?? "")) {
      cell.querySelector("a").textContent = value ?? "·";
      change([wanted(cell, value)]);
    }
    if (down || right) move(down, right);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") finish(true, event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") finish(false);
    else if (event.key === "Tab") { event.preventDefault(); finish(true, 0, event.shiftKey ? -1 : 1); }
  });
  input.addEventListener("blur", () => finish(true));
}

/** The first row, or the first column, of the range into the others. */
function fill(isDown) {
  const cells = range();
  change(cells.flatMap((row, at) => row.flatMap((cell, column) => {
    const from = isDown ? cells[0][column] : row[0];
    return from === cell || (isDown ? at : column) === 0 ? [] : [wanted(cell, from.dataset.value ?? null)];
  })));
}

function onKey(event) {
  const arrows = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const withControl = event.ctrlKey || event.metaKey;
  const act = () => {
    if (event.key in arrows) return move(...arrows[event.key], event.shiftKey);
    if (event.key === "Tab") return move(0, event.shiftKey ? -1 : 1);
    if (withControl && event.key === "z") { waiting.push({ path: "/undo", method: "POST", body: {} }); return flush(); }
    if (withControl && event.key === "y") { waiting.push({ path: "/redo", method: "POST", body: {} }); return flush(); }
    if (withControl && event.key === "d") return fill(true);
    if (withControl && event.key === "r") return fill(false);
    if (withControl) return false;
    if (event.key === "F2" || event.key === "Enter") return edit();
    if (event.key === "Delete" || event.key === "Backspace") return change(range().flat().map((cell) => wanted(cell, null)));
    if (/^[-0-9.]$/.test(event.key)) return edit(event.key);
    return false;
  };
  if (cursor && act() !== false) event.preventDefault();
}

function onPaste(event) {
  const at = place(cursor);
  if (!at || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  const all = rows();
  const cells = [];
  let strange = 0;
  const lines = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/);
  lines.forEach((line, down) => line.split("\t").forEach((text, right) => {
    const cell = all[at[0] + down] && cellsOf(all[at[0] + down])[at[1] + right];
    const value = parse(text);
    if (value === undefined) strange += 1;
    else if (cell) cells.push(wanted(cell, value));
  }));
  if (cells.length <= 50 && strange === 0) return change(cells);
  say(`${sheet().dataset.paste} ${cells.length}, ${strange}`, [
    [sheet().dataset.do, () => change(cells)],
    [sheet().dataset.not, () => {}],
  ]);
}

function onCopy(event) {
  if (!cursor || event.target.closest?.("input, textarea, select") || !getSelection().isCollapsed) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", range().map((row) => row.map((cell) => cell.dataset.value ?? "").join("\t")).join("\n"));
}

if (sheet()) {
  const frame = sheet().closest("[tabindex]");
  frame.addEventListener("keydown", onKey);
  frame.addEventListener("click", (event) => {
    const cell = event.target.closest("td[data-cell]");
    if (!cell || event.target.closest("input") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const keepsCorner = event.shiftKey;
    cursor = cell.dataset.cell;
    if (!keepsCorner) corner = cursor;
    frame.focus({ preventScroll: true });
    show();
  });
  frame.addEventListener("dblclick", (event) => { if (event.target.closest("td[data-cell]")) edit(); });
  document.addEventListener("paste", onPaste);
  document.addEventListener("copy", onCopy);
  addEventListener("beforeunload", (event) => { if (waiting.length > 0) event.preventDefault(); });
}
