// Forms: show a password, send once, wait out a throttle, copy an error's details, forget state at sign-out.

function wireShowPassword() {
  for (const button of document.querySelectorAll("[data-show-password]")) {
    const input = document.getElementById(button.dataset.showPassword);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
    // Never sent as a shown text: browsers would remember it.
    input.form?.addEventListener("submit", () => { input.type = "password"; });
  }
}

function wireSendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.querySelector("[type=submit]")?.setAttribute("aria-disabled", "true");
  });
  // Back from the page after: the form may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[type=submit]")?.removeAttribute("aria-disabled");
    }
  });
}

function wireWait() {
  for (const button of document.querySelectorAll("[data-wait]")) {
    let seconds = Number(button.dataset.wait);
    const text = button.textContent;
    const alert = document.querySelector("main [role=alert]");
    const said = alert?.querySelector("p");
    const tick = () => {
      button.disabled = seconds > 0;
      button.textContent = seconds > 0 ? `${text} (${seconds})` : text;
      // Read aloud once at the beginning and once at the end.
      alert?.setAttribute("aria-live", seconds > 0 ? "off" : "assertive");
      if (said) said.textContent = seconds > 0 ? said.textContent.replace(/\d+/, seconds) : button.dataset.waited;
      if (seconds-- > 0) setTimeout(tick, 1000);
    };
    tick();
  }
}

function wireCopy() {
  // Plain HTTP has no clipboard: the text is there to be selected, the button stays away.
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText.trim());
    });
  }
}

function wirePrint() {
  for (const button of document.querySelectorAll("[data-print-page]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

export function wireForms() {
  wireShowPassword();
  wireSendOnce();
  wireWait();
  wireCopy();
  wirePrint();
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) sessionStorage.clear();
  });
}
