// Keys that work everywhere; the sheet that lists them is the server's.
const sheet = document.getElementById("keys-dialog");

async function showSheet() {
  const place = sheet.querySelector("[data-keys-sheet]");
  if (!place.firstChild) {
    const answer = await fetch("/keys").then((response) => response.text()).catch(() => "");
    place.replaceChildren(...new DOMParser().parseFromString(answer, "text/html").querySelectorAll("main .keys"));
  }
  // Else it is the page that has something to say: the session ended, the server does not answer.
  if (place.firstChild) sheet.showModal();
  else location.assign("/keys");
}

export function wireKeys() {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    // On many keyboards the slash needs Shift.
    if (event.key === "/" && sheet) {
      event.preventDefault();
      if (sheet.open) sheet.close();
      else showSheet();
    } else if (!event.shiftKey && event.key.toLowerCase() === "k") {
      const search = document.querySelector("[data-page-search]") ?? document.getElementById("global-search");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
  document.querySelector("[data-keys]")?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const menu = event.target.closest("details");
    menu.open = false;
    // Where the focus returns to.
    menu.querySelector("summary").focus();
    showSheet();
  });
}
