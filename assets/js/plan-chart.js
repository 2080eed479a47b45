// Charts of a plan: values of the day at the pointer, zoom by dragging, pictures, and the lines that the sheet selects.
// What is drawn comes from the server; its table has the values.

const SVG = "http://www.w3.org/2000/svg";
const section = () => document.querySelector("[data-plan-chart]");
let asked = null;
/** The lines that were asked for last, as addresses have them; until then those that are drawn. */
let wanted = null;

/** Puts the chart of another address in place of the one that is there. */
async function load(address) {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(address, { headers: { "hx-request": "true" }, signal: asked.signal });
    if (!answer.ok) throw new TypeError(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-plan-chart]");
    if (!fresh) return;
    const open = section().querySelector("details")?.open;
    const at = document.activeElement?.textContent;
    const hadFocus = section().contains(document.activeElement);
    section().replaceWith(fresh);
    for (const details of fresh.querySelectorAll("details")) details.open = open ?? false;
    prepare();
    if (hadFocus) [...fresh.querySelectorAll("a, [tabindex]")].find((one) => one.textContent === at)?.focus();
  } catch (error) {
    if (error.name === "AbortError") return;
    const said = section().querySelector("[data-chart-said]");
    if (said) said.textContent = said.dataset.failed;
  }
}

function address(change) {
  const { planChart, lines, by, from, to } = section().dataset;
  const pairs = Object.entries({ lines: wanted ?? lines, by, from, to, ...change }).filter(([, value]) => value);
  return `/plan/${planChart}/chart?${new URLSearchParams(pairs)}`;
}

const rowsOf = (plot) => [...plot.closest("[data-chart]").querySelectorAll("tbody tr")];
const drawingOf = (plot) => [...plot.querySelectorAll("svg")].find((svg) => svg.getClientRects().length > 0);

/** The number of the day at a place of the screen. */
function dayAt(plot, x) {
  const svg = drawingOf(plot);
  const box = svg.getBoundingClientRect();
  const { left, right } = svg.dataset;
  const inside = ((x - box.left) * svg.viewBox.baseVal.width) / box.width;
  const count = rowsOf(plot).length;
  return Math.max(0, Math.min(count - 1, Math.floor(((inside - left) / (right - left)) * count)));
}

/** Marks the days from one to another, and says the values of the first. */
function mark(plot, day, until = day) {
  const svg = drawingOf(plot);
  const rows = rowsOf(plot);
  const { left, right } = svg.dataset;
  const band = (right - left) / rows.length;
  for (const old of section().querySelectorAll("[data-mark]")) old.remove();
  const [first, last] = [Math.min(day, until), Math.max(day, until)];
  const block = document.createElementNS(SVG, "rect");
  const values = { x: Number(left) + first * band, width: (last - first + 1) * band, y: 0, height: svg.viewBox.baseVal.height, fill: "var(--accent)", "fill-opacity": ".18", "data-mark": "" };
  for (const [name, value] of Object.entries(values)) block.setAttribute(name, value);
  svg.append(block);
  const heads = [...plot.closest("[data-chart]").querySelectorAll("thead th")].slice(1).map((head) => head.textContent);
  const [date, ...cells] = [...rows[until].cells].map((cell) => cell.textContent);
  section().querySelector("[data-chart-said]").textContent = `${date}: ${heads.map((head, at) => `${head} ${cells[at] || "–"}`).join(" · ")}`;
  plot.dataset.day = until;
}

function leave(plot) {
  for (const old of section().querySelectorAll("[data-mark]")) old.remove();
  const said = section().querySelector("[data-chart-said]");
  said.textContent = said.dataset.hint;
  delete plot.dataset.day;
}

function zoom(plot, one, other) {
  const rows = rowsOf(plot);
  load(address({ from: rows[Math.min(one, other)].dataset.first, to: rows[Math.max(one, other)].dataset.last }));
}

/** What a drawing of this page learns once it is there. */
function prepare() {
  const said = section()?.querySelector("[data-chart-said]");
  if (!said) return;
  said.textContent = said.dataset.hint;
  section().querySelector("[data-chart-png]").hidden = false;
  for (const plot of section().querySelectorAll("[data-chart-plot]")) {
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", plot.closest("[data-chart]").querySelector("h3").textContent);
    let begun = null;
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      event.preventDefault();
      plot.focus({ preventScroll: true });
      plot.setPointerCapture(event.pointerId);
      begun = dayAt(plot, event.clientX);
    });
    plot.addEventListener("pointermove", (event) => mark(plot, begun ?? dayAt(plot, event.clientX), dayAt(plot, event.clientX)));
    plot.addEventListener("pointerup", (event) => {
      const until = dayAt(plot, event.clientX);
      if (begun !== null && begun !== until) zoom(plot, begun, until);
      begun = null;
    });
    plot.addEventListener("pointercancel", () => { begun = null; });
    plot.addEventListener("pointerleave", () => { if (begun === null) leave(plot); });
    plot.addEventListener("blur", () => leave(plot));
    plot.addEventListener("keydown", (event) => {
      const last = rowsOf(plot).length - 1;
      const at = plot.dataset.day === undefined ? null : Number(plot.dataset.day);
      const to = { ArrowRight: at === null ? 0 : at + 1, ArrowLeft: at === null ? last : at - 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      mark(plot, Math.max(0, Math.min(last, to)));
    });
  }
}

/** The chart as a picture: its file, painted by the browser at twice its size. */
async function picture(button) {
  const link = section().querySelector("[data-chart-file]");
  const answer = await fetch(link.href);
  const drawing = URL.createObjectURL(new Blob([await answer.text()], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = drawing;
  try {
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth * 2, image.naturalHeight * 2];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const bytes = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
    const save = document.createElement("a");
    save.href = URL.createObjectURL(bytes);
    save.download = (answer.headers.get("content-disposition")?.match(/filename="(.*)\.svg"/)?.[1] ?? "chart") + ".png";
    save.click();
    setTimeout(() => URL.revokeObjectURL(save.href), 60000);
  } catch {
    section().querySelector("[data-chart-said]").textContent = button.dataset.chartPng;
  } finally {
    URL.revokeObjectURL(drawing);
  }
}

if (section()) {
  prepare();
  document.addEventListener("click", (event) => {
    const way = event.target.closest?.("[data-chart-way]");
    if (way && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      load(way.href);
    }
    const line = event.target.closest?.("[data-chart-line]");
    if (line && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      wanted = line.dataset.chartLine;
      load(address({})).then(() => section().scrollIntoView({ block: "nearest" }));
    }
    const button = event.target.closest?.("[data-chart-png]");
    if (button) picture(button);
  });
  // The sheet tells which lines its selected cells are of, and is put there anew after an edit.
  let timer = 0;
  document.addEventListener("sheet:lines", (event) => {
    wanted = event.detail.lines.join(",");
    clearTimeout(timer);
    timer = setTimeout(() => load(address({})), 100);
  });
  const form = document.querySelector("[data-sheet-form]");
  const edit = () => document.querySelector("table[data-sheet]")?.dataset.edit;
  let drawn = edit();
  if (form) {
    new MutationObserver(() => {
      if (edit() === drawn) return;
      drawn = edit();
      load(address({}));
    }).observe(form.parentElement, { childList: true });
  }
}
