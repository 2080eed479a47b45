// Imports and files of users: drop files, see the upload and stop it. Without script the form sends the file all the same.

/** As the page writes numbers, with a digit of the fraction at most. */
function number(value) {
  const { thousands, decimal } = document.documentElement.dataset;
  const [whole, fraction] = String(Math.round(value * 10) / 10).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return fraction ? grouped + decimal + fraction : grouped;
}

function size(bytes) {
  let unit = 0;
  while (bytes >= 1024 && unit < 4) {
    bytes /= 1024;
    unit += 1;
  }
  return `${number(unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes)} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

function time(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** What the server gave the form to say; `form.dataset` is its field of that name. */
function said(form, name) {
  return form.getAttribute(`data-${name}`);
}

function wireDataset(form) {
  const select = form.querySelector("[data-new-dataset]");
  if (!select) return;
  const field = document.getElementById(select.dataset.newDataset);
  const show = () => { field.hidden = select.value !== "+"; };
  select.addEventListener("change", () => {
    show();
    if (!field.hidden) field.querySelector("input").focus();
  });
  show();
}

function wireDrop(form) {
  const zone = form.querySelector("[data-drop]");
  const input = form.querySelector("#file");
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    const dropped = [...event.dataTransfer.files];
    for (const file of input.multiple ? dropped : dropped.slice(0, 1)) one.items.add(file);
    input.files = one.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => complain(form, null));
}

/** Says beside the file what is wrong; `null` takes it back. The sentences are the server's. */
function complain(form, sentence) {
  let notice = form.querySelector("[data-complaint]");
  if (!sentence) {
    notice?.remove();
    return;
  }
  if (!notice) {
    notice = form.querySelector("[data-complaint-of]").content.firstElementChild.cloneNode(true);
    form.querySelector("[data-drop]").before(notice);
  }
  notice.querySelector("p").textContent = sentence;
}

function wireUpload(form) {
  const progress = form.querySelector("[data-progress]");
  const bar = progress.querySelector("progress");
  const text = progress.querySelector("[data-progress-text]");
  const send = form.querySelector("[data-send]");
  const input = form.querySelector("#file");
  let request = null;

  const end = () => {
    request = null;
    progress.hidden = true;
    send.hidden = false;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (request) return;
    const files = [...input.files];
    if (files.length === 0) return complain(form, said(form, "none"));
    if (files.some((file) => file.size === 0)) return complain(form, said(form, "empty"));
    if (files.reduce((sum, file) => sum + file.size, 0) > Number(said(form, "max-bytes"))) return complain(form, said(form, "too-large"));
    complain(form, null);
    // Before anything is hidden: what is disabled is not sent.
    const body = new FormData(form);
    const begun = performance.now();
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const seconds = (performance.now() - begun) / 1000;
      const rate = loaded / Math.max(seconds, 0.001);
      bar.max = total;
      bar.value = loaded;
      const left = seconds > 0.5 && loaded < total ? ` · ${time((total - loaded) / rate)} ${said(form, "left")}` : "";
      text.textContent = `${size(loaded)} / ${size(total)} · ${size(rate)}/s${left}`;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      text.textContent = said(form, "looking");
    });
    request.addEventListener("load", () => {
      const answer = request;
      end();
      const address = new URL(answer.responseURL || form.action);
      // Sent on: to the import, or to the sign-in.
      if (answer.status < 300 && address.pathname !== new URL(form.action).pathname) return location.assign(address);
      const page = new DOMParser().parseFromString(answer.responseText, "text/html");
      const again = page.getElementById("upload");
      // Of several files some may be there now: the page is another one.
      if (again && input.multiple) {
        document.getElementById("main").replaceWith(document.adoptNode(page.getElementById("main")));
        wire();
        document.querySelector("[data-focus]")?.focus();
      } else if (again) {
        document.getElementById("upload").replaceWith(document.adoptNode(again));
        // The same file may be right for another dataset.
        document.getElementById("file").files = input.files;
        wire();
        document.querySelector("#upload [data-focus]")?.focus();
      } else {
        complain(form, page.querySelector("[data-error]")?.textContent ?? said(form, "broken"));
      }
    });
    request.addEventListener("error", () => {
      end();
      complain(form, said(form, "broken"));
    });
    request.addEventListener("abort", end);
    bar.value = 0;
    text.textContent = "";
    progress.hidden = false;
    send.hidden = true;
    progress.querySelector("[data-abort]").focus();
    request.send(body);
  });
  progress.querySelector("[data-abort]").addEventListener("click", () => {
    request?.abort();
    send.querySelector("button").focus();
  });
}

function wire() {
  const form = document.querySelector("[data-upload]");
  if (!form) return;
  wireDataset(form);
  wireDrop(form);
  wireUpload(form);
}

wire();

/** What the progress does not say by itself: that nobody answers. The next answer takes it back. */
document.body.addEventListener("htmx:sendError", () => {
  const notice = document.querySelector("#import-status [data-offline]");
  if (notice) notice.hidden = false;
});

// A form that came too late is answered with the page as it is now.
document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status !== 409 || detail.target.id !== "import") return;
  detail.shouldSwap = true;
  detail.isError = false;
});
