// The theme applies at once; without script the same form comes back with the page in it.
export function wireTheme() {
  for (const form of document.querySelectorAll("[data-theme-form]")) {
    form.addEventListener("submit", async (event) => {
      const theme = event.submitter?.value;
      if (!theme) return;
      event.preventDefault();
      show(form, theme);
      const body = new URLSearchParams(new FormData(form, event.submitter));
      try {
        const response = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
        // Anything else has something to say: the session ended, the page is out of date.
        if (response.status !== 204) location.reload();
      } catch {
        location.reload();
      }
    });
  }
}

function show(form, theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}
