// Theme and density apply at once; without script the same form comes back with the page in it.

/** What stands for no choice in the attributes of the root. */
const USUAL = { theme: "system", density: "normal" };

export function wireTheme() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const choice = event.submitter;
    if (!form.matches("[data-look-form]") || !choice?.value) return;
    event.preventDefault();
    show(form, choice);
    const body = new URLSearchParams(new FormData(form, choice));
    try {
      // Also where the reader has gone on to another page meanwhile.
      const headers = { "HX-Request": "true" };
      const response = await fetch(form.action, { method: "POST", body, headers, keepalive: true });
      // Anything else has something to say: the session ended, the page is out of date.
      if (response.status !== 204) location.reload();
    } catch {
      location.reload();
    }
  });
}

function show(form, choice) {
  const { dataset } = document.documentElement;
  if (choice.value === USUAL[choice.name]) delete dataset[choice.name];
  else dataset[choice.name] = choice.value;
  for (const button of form.querySelectorAll(`button[name=${choice.name}]`)) {
    button.setAttribute("aria-pressed", String(button === choice));
  }
  document.dispatchEvent(new CustomEvent("look-changed"));
}
