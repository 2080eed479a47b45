// The sheet of a plan: type in cells, ranges, copy and paste, fill, undo. Without script each cell is a button to a form.
//
// What is typed is on screen at once and saved behind it; what cannot be saved now waits, in this browser too when the page
// is left, and is sent again. The table itself always comes from the server.

const sheet = () => document.querySelector("table[data-sheet]");
const rows = () => [...sheet().querySelectorAll("tr:has(td[data-cell])")];
const cellsOf = (row) => [...row.querySelectorAll("td[data-cell]")];
const said = document.querySelector("[data-sheet-said]");
const asked = document.querySelector("[data-sheet-asked]");
const word = (id) => document.querySelector(`[data-word="${id}"]`)?.textContent ?? "";

/** The cell with the cursor, and the other corner of the range; by name, because the table is made anew. */
let cursor = null;
let corner = null;
/** What waits to be sent by this tab. */
let waiting = [];
let isSending = false;
/** Nobody is signed in who could send what waits, and all of it is kept. */
let isSignedOut = false;
/** A cell is typed in: the table is not made anew under the hand. */
let isTyping = false;
let isStale = false;

const store = () => `plan:${sheet().dataset.sheet}:${sheet().dataset.user}`;
const parts = (name) => { const [line, measure, date] = name.split("|"); return { line: Number(line), measure, date }; };
const isProjected = (cell) => parts(cell.dataset.cell).measure === "projected";
const find = (name) => name && sheet().querySelector(`td[data-cell="${CSS.escape(name)}"]`);

function place(name) {
  const cell = find(name);
  if (!cell) return null;
  const all = rows();
  const row = all.indexOf(cell.parentElement);
  return [row, cellsOf(all[row]).indexOf(cell)];
}

function range() {
  const [one, other] = [place(cursor), place(corner) ?? place(cursor)];
  if (!one) return [];
  const [top, bottom] = [Math.min(one[0], other[0]), Math.max(one[0], other[0])];
  const [left, right] = [Math.min(one[1], other[1]), Math.max(one[1], other[1])];
  return rows().slice(top, bottom + 1).map((row) => cellsOf(row).slice(left, right + 1));
}

let lines = "";
function show() {
  for (const cell of sheet().querySelectorAll("td[data-selected], td[aria-current]")) {
    delete cell.dataset.selected;
    cell.removeAttribute("aria-current");
  }
  const cells = range();
  for (const cell of cells.flat()) cell.dataset.selected = "";
  find(cursor)?.setAttribute("aria-current", "true");
  find(cursor)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const now = [...new Set(cells.map(([cell]) => parts(cell.dataset.cell).line))];
  if (now.join() !== lines && now.length > 0) document.dispatchEvent(new CustomEvent("sheet:lines", { detail: { lines: now } }));
  lines = now.join();
}

function moveTo(row, column, keepsCorner) {
  const all = rows();
  const cells = cellsOf(all[Math.max(0, Math.min(all.length - 1, row))]);
  const cell = cells[Math.max(0, Math.min(cells.length - 1, column))].dataset.cell;
  if (keepsCorner) corner = cell;
  else cursor = corner = cell;
  show();
  find(cell)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function move(down, right, keepsCorner) {
  const at = place(keepsCorner ? corner : cursor);
  if (at) moveTo(at[0] + down, at[1] + right, keepsCorner);
}

/** Down or up to the next cell that can be typed in. */
function moveOn(down) {
  const [row, column] = place(cursor) ?? [];
  const all = rows();
  let to = row + down;
  while (all[to] && isProjected(cellsOf(all[to])[column])) to += down;
  if (all[to]) moveTo(to, column);
}

function buttonOf([label, act]) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = label;
  button.addEventListener("click", act);
  return button;
}

/** What is asked, one after the other: it stays until it is answered, beside whatever is said. */
let questions = [];

/** `pasted` are the cells that would be changed: they are shown so until there is an answer. */
function ask(text, answers, pasted = null) {
  // Of pastes only the last one is asked about.
  questions = [...questions.filter((question) => !(pasted && question.pasted)), { text, answers, pasted }];
  showQuestion();
}

function answer(question, act) {
  questions = questions.filter((other) => other !== question);
  showQuestion();
  act();
}

function showQuestion() {
  const [question] = questions;
  asked.hidden = !question;
  const buttons = question?.answers.map(([label, act]) => buttonOf([label, () => answer(question, act)])) ?? [];
  asked.replaceChildren(question?.text ?? "", ...buttons);
}

/** Leaves the question that is open as it is without an answer: its last one does nothing. */
function leaveQuestion() {
  const [question] = questions;
  if (question?.pasted) answer(question, question.answers.at(-1)[1]);
  return Boolean(question?.pasted);
}

/** Says something, with what can be done about it. */
function say(text, actions = []) {
  said.replaceChildren(text, ...actions.map(buttonOf));
}

/** What a cell is about, in words. */
function name(cell) {
  const row = cell.parentElement;
  const head = [...row.cells].find((other) => other.scope === "row");
  const column = sheet().tHead.rows[0].cells[cellsOf(row).indexOf(cell) + 2];
  const line = cell.closest("tbody").querySelector("th strong");
  return `${line?.textContent ?? ""}, ${head?.textContent ?? ""}, ${column?.textContent ?? ""}`;
}

/** The cell with the cursor, said; of one that can be typed in with the way to its history. */
function tell() {
  const cell = find(cursor);
  if (!cell || waiting.length > 0) return;
  const isTyped = corner === cursor && !isProjected(cell);
  // The table may be another one when the button is pressed.
  const open = () => {
    const button = find(cursor)?.querySelector("button");
    button?.form.requestSubmit(button);
  };
  say(`${name(cell)}: ${cell.dataset.value ? shown(cell.dataset.value) : "–"}`, isTyped ? [[word("plan-history"), open]] : []);
}

// Numbers are exact: digits and how many of them stand after the point.

function exact(text) {
  const [whole, part = ""] = text.split(".");
  return [BigInt(whole + part), part.length];
}

function plus(one, other, sign) {
  const [[a, scale], [b, other_scale]] = [exact(one), exact(other)];
  const most = Math.max(scale, other_scale);
  const sum = a * 10n ** BigInt(most - scale) + BigInt(sign) * b * 10n ** BigInt(most - other_scale);
  const digits = (sum < 0n ? -sum : sum).toString().padStart(most + 1, "0");
  const part = digits.slice(digits.length - most).replace(/0+$/, "");
  return `${sum < 0n ? "-" : ""}${digits.slice(0, digits.length - most)}${most > 0 && part ? `.${part}` : ""}`;
}

const { thousands, decimal } = document.documentElement.dataset;

/** A number as the reader has numbers; and as they type it. */
function shown(value) {
  const [whole, part] = value.replace("-", "").split(".");
  return (value.startsWith("-") ? "\u2212" : "") + whole.replace(/\B(?=(\d{3})+$)/g, thousands) + (part ? decimal + part : "");
}
const typedAs = (value) => value.replace(".", decimal);

/** What a text says: a number as text, `null` for nothing, `undefined` for what is no number. */
function parse(text) {
  const plain = text.replace(/\u2212/g, "-").replace(/[\s'’]/g, "");
  if (plain === "" || plain === "·" || plain === "–") return null;
  const [group, point] = decimal === "," ? [".", ","] : [",", "."];
  const grouped = new RegExp(`^[-+]?\\d{1,3}(\\${group}\\d{3})+(\\${point}\\d+)?$`);
  const number = (grouped.test(plain) ? plain.replaceAll(group, "") : plain).replace(point, ".");
  return /^[-+]?\d+(\.\d+)?$/.test(number) ? number.replace(/^\+/, "") : undefined;
}

/** Shows what was typed, and what follows from it for the projected stock, before the server says the same. */
function showTyped(typed) {
  for (const { line, measure, date, value } of typed) {
    const cell = find(`${line}|${measure}|${date}`);
    if (!cell) continue;
    const before = cell.dataset.value ?? "0";
    const button = cell.querySelector("button");
    if (button) button.textContent = value === null ? "·" : shown(value);
    if (value === null) delete cell.dataset.value;
    else cell.dataset.value = value;
    cell.dataset.waits = "";
    const sign = { production: 1, sales: -1 }[measure];
    if (!sign) continue;
    const after = cellsOf(cell.parentElement).indexOf(cell);
    const body = cell.closest("tbody");
    const projected = [...body.querySelectorAll("td[data-cell*='|projected|']")];
    // What was given for a later day holds there: a change before it moves what leads to it.
    const isBefore = date < (body.dataset.givenOn ?? "");
    const by = isBefore ? -sign : sign;
    for (const stock of isBefore ? projected.slice(0, after) : projected.slice(after)) {
      stock.dataset.value = plus(plus(stock.dataset.value, value ?? "0", by), before, -by);
      stock.lastChild.data = shown(stock.dataset.value);
      stock.classList.toggle("bad", stock.dataset.value.startsWith("-"));
    }
  }
}

// Saving.

const token = () => document.cookie.match(/(?:^|; )csrf=([^;]*)/)?.[1] ?? "";

/** What waits in this browser, of all tabs; `null` where the browser keeps nothing: then it is lost with the page, which asks. */
function kept() {
  try { return JSON.parse(localStorage.getItem(store()) ?? "[]"); } catch { return null; }
}

function keep(entries) {
  try {
    if (entries.length > 0) localStorage.setItem(store(), JSON.stringify(entries));
    else localStorage.removeItem(store());
  } catch { /* Full or forbidden. */ }
}

/** Stands beside what is kept, and goes when somebody signs out: what is kept no more since is not what another tab sent. */
function era() {
  try {
    if (!localStorage.getItem("plans")) localStorage.setItem("plans", String(Math.random()));
    return localStorage.getItem("plans");
  } catch { return null; }
}
let keptIn = null;

/** Keeps what waits, once more where the browser forgot it. */
function keepAll() {
  const before = kept() ?? [];
  const isForgotten = keptIn !== era();
  const lost = waiting.filter((entry) => entry.id && !(entry.isKept && !isForgotten) && !before.some((other) => other.id === entry.id));
  keep([...before, ...lost]);
  for (const entry of lost) entry.isKept = kept()?.some((other) => other.id === entry.id);
  keptIn = era();
}

/** Another view; `stay` says what stands on the page and is to stay there. */
async function turnTo(address, stay = "") {
  const answer = await fetch(`${address}${stay}`, { headers: { accept: "text/html" } });
  const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page && page.querySelector("[data-sheet-form]");
  // What somebody else sees who signed in here meanwhile is a page of theirs.
  const isMine = fresh?.querySelector("table[data-sheet]")?.dataset.user === sheet().dataset.user;
  if (!isMine) return location.assign(address);
  // Typed in while it was on its way: it comes when the hand is done.
  if (isTyping) { isStale = true; return; }
  const [across, down] = [frame().scrollLeft, frame().scrollTop];
  const hadFocus = frame().contains(document.activeElement);
  frame().closest("form").replaceWith(fresh);
  watch();
  if (hadFocus) frame().focus({ preventScroll: true });
  frame().scrollTo(across, down);
  for (const entry of waiting) if (entry.path === "/cells") showTyped(entry.body.cells);
  for (const { pasted } of questions) if (pasted) showTyped(pasted);
  show();
}

async function refresh() {
  isStale = isTyping;
  if (isTyping) return;
  // A line that runs out later now, or no more, stays under the hands of who types in it.
  const stay = new URLSearchParams([...sheet().querySelectorAll("[data-stay]")].map((body) => ["stay", body.dataset.stay]));
  const address = location.href.replace(/#.*/, "");
  await turnTo(address, `${address.includes("?") ? "&" : "?"}${stay}`);
}

async function send({ path, method, body }) {
  const answer = await fetch(`/api/v1/plans/${sheet().dataset.sheet}${path}`, {
    method,
    headers: { "content-type": "application/json", "x-csrf-token": token(), "x-typed-by": sheet().dataset.user },
    body: JSON.stringify(body),
  });
  return [answer, await answer.json().catch(() => ({}))];
}

/** True where sending again may help; otherwise the answer is final. */
const isPassing = (status) => status === 429 || status >= 500;

function after(entry, answer, told) {
  if (answer.status === 409 && told.conflicts) {
    const value = (text) => (text === null || text === undefined ? "–" : shown(String(text)));
    const cells = told.conflicts.slice(0, 5).map((cell) => {
      const here = find(`${cell.line}|${cell.measure}|${cell.date}`);
      return `${here ? name(here) : cell.date}: ${word("plan-is-mine")} ${value(cell.yours)}, ${word("plan-is-theirs")} ${value(cell.theirs)}.`;
    });
    say("");
    return ask(`${word("plan-conflict-ask")} ${cells.join(" ")}`, [
      [word("plan-mine"), () => change(entry.body.cells, null)],
      [word("plan-theirs"), () => {}],
    ]);
  }
  if (!answer.ok) return say(told.detail ?? told.title ?? String(answer.status));
  // Where nobody came between, what is typed next was typed knowing of this.
  for (const { body } of waiting) if (body.seen === told.edit - 1) body.seen = told.edit;
  if (Number(sheet().dataset.edit) === told.edit - 1) sheet().dataset.edit = told.edit;
  const left = told.left?.slice(0, 5).map(({ line, measure, date, theirs }) => {
    const cell = find(`${line}|${measure}|${date}`);
    return `${cell ? name(cell) : date}: ${theirs === null ? "–" : shown(String(theirs))}`;
  });
  say(left ? `${word("plan-undo-but")} ${left.join("; ")}${told.left.length > left.length ? " …" : ""}` : word("plan-saved"));
}

/** What is typed waits until whoever typed it is signed in again. */
function signedOut() {
  keepAll();
  // Then leaving loses nothing.
  isSignedOut = waiting.every((entry) => entry.isKept);
  const here = encodeURIComponent(location.pathname + location.search);
  say(word("plan-signed-out"), [[word("plan-sign-in"), () => location.assign(`/login?next=${here}`)]]);
}

/** One tab sends at a time, where the browser has locks: each that comes after finds what is left. */
const alone = (act) => navigator.locks ? navigator.locks.request(store(), act).catch(act) : act();

/** Sends what waits, one edit after the other; what cannot be sent now is tried again. */
async function flush() {
  if (isSending || waiting.length === 0) return;
  isSending = true;
  await alone(flushNow);
}

async function flushNow() {
  const later = () => { say(word("plan-waits")); setTimeout(flush, 5000); };
  try {
    while (waiting.length > 0) {
      const [entry] = waiting;
      // What another tab took up and sent is done.
      if (entry.id && entry.isKept && keptIn === era() && !kept()?.some((other) => other.id === entry.id)) {
        waiting.shift();
        if (waiting.length === 0) await refresh();
        continue;
      }
      const [answer, told] = await send(entry);
      if (answer.status === 401) return signedOut();
      if (isPassing(answer.status)) return later();
      isSignedOut = false;
      waiting.shift();
      if (entry.id) keep((kept() ?? []).filter((other) => other.id !== entry.id));
      after(entry, answer, told);
      if (waiting.length === 0) await refresh();
    }
  } catch {
    later();
  } finally {
    isSending = false;
  }
}

/** Changes cells that were seen when the plan was at edit `seen`; `null` puts them over whatever stands there. */
function change(cells, seen = Number(sheet().dataset.edit)) {
  if (cells.length === 0) return;
  const body = { cells, bucket: sheet().dataset.by, ...(seen === null ? {} : { seen }) };
  const entry = { id: `${Date.now()}-${Math.random()}`, path: "/cells", method: "PATCH", body };
  waiting.push(entry);
  showTyped(cells);
  keepAll();
  say(word("plan-saving"));
  flush();
}

function turn(path) {
  waiting.push({ path, method: "POST", body: {} });
  flush();
}

// The hands.

const wanted = (cell, value) => ({ ...parts(cell.dataset.cell), value });

function edit(text) {
  const cell = find(cursor);
  if (!cell) return;
  if (isProjected(cell)) return say(word("plan-worked-out"));
  const before = [...cell.childNodes];
  const input = document.createElement("input");
  input.className = "input";
  input.inputMode = "decimal";
  input.setAttribute("aria-label", name(cell));
  input.value = text ?? typedAs(cell.dataset.value ?? "");
  cell.replaceChildren(input);
  input.focus();
  if (text === undefined) input.select();
  isTyping = true;
  if (sheet().dataset.by !== "day") say(word("plan-bucket-hint"));
  const finish = (keeps, down = 0, right = 0) => {
    if (!isTyping) return;
    const value = parse(input.value);
    if (keeps && value === undefined && (down || right)) {
      // It stays to be mended.
      input.setAttribute("aria-invalid", "true");
      return say(`${word("plan-no-number")} ${input.value}`);
    }
    isTyping = false;
    cell.replaceChildren(...before);
    frame().focus({ preventScroll: true });
    const isNew = keeps && value !== undefined && (value ?? "") !== (cell.dataset.value ?? "");
    if (isNew) change([wanted(cell, value)]);
    if (down) moveOn(down);
    if (right) move(0, right);
    if (keeps && value === undefined) say(`${word("plan-no-number")} ${input.value}`);
    if (isStale && !isNew) refresh();
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") { event.preventDefault(); finish(true, event.shiftKey ? -1 : 1); }
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
    return isProjected(cell) || (isDown ? at : column) === 0 ? [] : [wanted(cell, from.dataset.value ?? null)];
  })));
}

function onKey(event) {
  if (event.target.closest("input, select, textarea")) return;
  const arrows = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const withControl = event.ctrlKey || event.metaKey;
  const act = () => {
    if (event.key in arrows) {
      const far = withControl ? 1e6 : 1;
      move(...arrows[event.key].map((step) => step * far), event.shiftKey);
      return tell();
    }
    if (event.key === "Home" || event.key === "End") { move(0, event.key === "Home" ? -1e6 : 1e6, event.shiftKey); return tell(); }
    if (event.key === "Tab") { move(0, event.shiftKey ? -1 : 1); return tell(); }
    if (event.key === "Escape" && leaveQuestion()) return true;
    if (event.key === "Escape") { cursor = corner = null; say(""); return show(); }
    if (withControl && event.key === "z") return turn("/undo");
    if (withControl && event.key === "y") return turn("/redo");
    if (withControl && event.key === "d") return fill(true);
    if (withControl && event.key === "r") return fill(false);
    if (withControl && event.key === "a") { cursor = cellsOf(rows()[0])[0].dataset.cell; moveTo(1e6, 1e6, true); return; }
    if (withControl || event.altKey) return false;
    if (event.key === "F2" || event.key === "Enter") return edit();
    if (event.key === "Delete" || event.key === "Backspace") return change(range().flat().filter((cell) => !isProjected(cell)).map((cell) => wanted(cell, null)));
    if (/^[-0-9.,]$/.test(event.key)) return edit(event.key);
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
  const strange = [];
  let outside = 0;
  const lines = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/);
  lines.forEach((line, down) => line.split("\t").forEach((text, right) => {
    const cell = all[at[0] + down] && cellsOf(all[at[0] + down])[at[1] + right];
    const value = parse(text);
    if (!cell) outside += 1;
    // What is projected follows; another value for it is left out, and that is said.
    else if (isProjected(cell)) outside += value === undefined || (value ?? "") === cell.dataset.value ? 0 : 1;
    else if (value === undefined) strange.push(`${name(cell)}: ${text.slice(0, 40)}`);
    else cells.push(wanted(cell, value));
  }));
  if (cells.length <= 50 && strange.length === 0 && outside === 0) return change(cells);
  // What it would look like is shown before it is done.
  showTyped(cells);
  const few = strange.slice(0, 3).join("; ") + (strange.length > 3 ? " …" : "");
  const counts = [["plan-paste-cells", cells.length], ["plan-paste-strange", strange.length], ["plan-paste-beyond", outside]];
  const told = counts.filter(([, count]) => count > 0).map(([id, count]) => `${word(id)} ${count}.`).join(" ");
  ask(`${told} ${few}`, [
    [word("plan-paste-do"), () => change(cells)],
    [word("plan-paste-not"), refresh],
  ], cells);
}

function onCopy(event) {
  if (!cursor || event.target.closest?.("input, textarea, select") || !getSelection().isCollapsed) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", range().map((row) => row.map((cell) => typedAs(cell.dataset.value ?? "")).join("\t")).join("\n"));
}

const frame = () => sheet().closest("[tabindex]");

function onClick(event) {
  const turned = event.target.closest("a[data-turn]");
  if (turned && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    history.replaceState(null, "", turned.href);
    return turnTo(turned.href);
  }
  const cell = event.target.closest("td[data-cell]");
  if (!cell || event.target.closest("input")) return;
  event.preventDefault();
  if (event.shiftKey && cursor) corner = cell.dataset.cell;
  else cursor = corner = cell.dataset.cell;
  frame().focus({ preventScroll: true });
  show();
  tell();
}

/** A range is drawn with the mouse held down. */
function onDraw(event) {
  const cell = event.buttons === 1 && !isTyping && event.target.closest("td[data-cell]");
  if (!cell || cell.dataset.cell === corner) return;
  if (event.type === "mouseover") corner = cell.dataset.cell;
  else if (!event.shiftKey) cursor = corner = cell.dataset.cell;
  if (cursor) show();
}

function watch() {
  frame().addEventListener("keydown", onKey);
  frame().addEventListener("click", onClick);
  frame().addEventListener("mousedown", onDraw);
  frame().addEventListener("mouseover", onDraw);
  frame().addEventListener("dblclick", (event) => { if (event.target.closest("td[data-cell]")) edit(); });
  // With script the sheet is one stop of the Tab key, and its cells are gone through from within.
  for (const button of sheet().querySelectorAll("td button")) button.tabIndex = -1;
}

document.querySelector("[data-sheet-filters]")?.addEventListener("change", (event) => {
  if (event.target.type !== "search") event.currentTarget.requestSubmit();
});

if (sheet()) {
  watch();
  document.addEventListener("paste", onPaste);
  document.addEventListener("copy", onCopy);
  addEventListener("beforeunload", (event) => { if (waiting.length > 0 && !isSignedOut) event.preventDefault(); });
  // Back from signing in beside.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
  addEventListener("focus", flush);
  keptIn = era();
  waiting = (kept() ?? []).map((entry) => ({ ...entry, isKept: true }));
  if (waiting.length > 0) {
    for (const entry of waiting) showTyped(entry.body.cells);
    say(`${word("plan-waits-before")} ${waiting.reduce((sum, entry) => sum + entry.body.cells.length, 0)}`);
    flush();
  }
}
