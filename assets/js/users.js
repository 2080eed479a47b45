// Users: owners move between list and chosen ones as they are ticked, questions open as dialogs.

for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

for (const link of document.querySelectorAll("[data-dialog]")) {
  const dialog = document.getElementById(link.dataset.dialog);
  if (!dialog) continue;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.showModal();
  });
  dialog.querySelector("[data-close-dialog]")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => link.focus());
}

const picker = document.querySelector("[data-owner-picker]");
if (picker) {
  const chosen = picker.querySelector("#chosen-owners");
  const search = picker.querySelector("#owner_q");
  const none = picker.querySelector("[data-no-owners]");
  picker.addEventListener("change", (event) => {
    if (event.target.name !== "owner") return;
    const item = event.target.closest("li");
    if (event.target.checked) {
      chosen.append(item);
      picker.closest("form").elements.scope.value = "owners";
    } else if (chosen.contains(item)) {
      item.remove();
    }
    none.hidden = chosen.children.length > 0;
    search.focus();
    // What was chosen leaves the list, what was taken back returns to it.
    htmx.trigger(search, "owners-changed");
  });
  // Enter looks for owners; the list follows what is typed already.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
