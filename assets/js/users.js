// Users: owners move between list and chosen ones as they are ticked, questions open as dialogs, many are ticked at once.

function wire(root) {
  for (const button of root.querySelectorAll("[data-without-script]")) button.hidden = true;
}

wire(document);

for (const link of document.querySelectorAll("[data-dialog]")) {
  const dialog = document.getElementById(link.dataset.dialog);
  if (!dialog) continue;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  });
  dialog.addEventListener("close", () => link.focus());
}

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close-dialog]");
  const dialog = close?.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});

// The form for one account that was asked for, or the question about one session, over the list.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-decide]");
  const dialog = document.querySelector("#decide-dialog");
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const part = new URL(link.href);
  part.searchParams.set("part", "1");
  await htmx.ajax("GET", part.pathname + part.search, { target: dialog, swap: "innerHTML" });
  // Decided by somebody else meanwhile: the page says so.
  if (!dialog.querySelector("form")) {
    location.href = link.href;
    return;
  }
  wire(dialog);
  dialog.showModal();
  dialog.addEventListener("close", () => { dialog.replaceChildren(); link.focus(); }, { once: true });
});

document.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-owner-picker]");
  if (!picker || event.target.name !== "owner") return;
  const chosen = picker.querySelector("#chosen-owners");
  const search = picker.querySelector("#owner_q");
  const item = event.target.closest("li");
  if (event.target.checked) {
    chosen.append(item);
    picker.closest("form").elements.scope.value = "owners";
  } else if (chosen.contains(item)) {
    item.remove();
  }
  picker.querySelector("[data-no-owners]").hidden = chosen.children.length > 0;
  search.focus();
  // What was chosen leaves the list, what was taken back returns to it.
  htmx.trigger(search, "owners-changed");
});

// Enter looks for owners; the list follows what is typed already.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("#owner_q")) event.preventDefault();
});

// Ticking many. The list comes anew with each search, so nothing is bound to its parts.
function tally() {
  for (const form of document.querySelectorAll("[data-bulk]")) {
    const boxes = [...form.querySelectorAll("input[name=user]")];
    const ticked = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-tick-all]");
    const told = form.querySelector("[data-ticked]");
    if (!all || !told) continue;
    all.closest("label").hidden = false;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    // All that match are more than those of this page; how many is written by the server.
    const every = form.querySelector("input[name=all]:checked");
    told.hidden = ticked === 0 && !every;
    told.textContent = `${every?.dataset.count ?? ticked} ${told.dataset.text}`;
    // Asked for before the page goes anywhere.
    const owner = form.querySelector(".bulk-owner");
    if (owner) owner.required = form.elements.action.value.endsWith("-owner");
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-tick-all]")) {
    for (const box of form.querySelectorAll("input[name=user]")) box.checked = event.target.checked;
  }
  tally();
});
document.body.addEventListener("htmx:afterSettle", tally);
addEventListener("pageshow", tally);
tally();
