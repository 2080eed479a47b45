// Warns two minutes before the session ends, with a way to stay. The server is asked what is left, marked as no
// doing of the person, so that several tabs agree and a poll never lengthens a session.

const WARN_SECONDS = 120;
const dialog = document.getElementById("session-dialog");
let endsAt = 0;
let timer = 0;

async function ask(byPerson) {
  const response = await fetch("/session", byPerson ? {} : { headers: { "X-Background": "1" } });
  // To the sign-in: somebody or something else ended it.
  if (response.redirected) return 0;
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()).seconds;
}

function start(seconds) {
  endsAt = Date.now() + seconds * 1000;
  clearTimeout(timer);
  // Timers of 25 days and more fire at once.
  timer = setTimeout(check, Math.min(Math.max(0, (seconds - WARN_SECONDS) * 1000), 2 ** 30));
}

async function check() {
  clearTimeout(timer);
  let seconds;
  try {
    seconds = await ask(false);
  } catch {
    seconds = Math.round((endsAt - Date.now()) / 1000);
  }
  if (seconds > WARN_SECONDS + 1) {
    if (dialog.open) dialog.close();
    start(seconds);
  } else if (seconds <= 0) {
    location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname + location.search)}`);
  } else {
    endsAt = Date.now() + seconds * 1000;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[data-seconds-left]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    // Once a second for the eye; the server is asked each time, because another tab may have stayed.
    timer = setTimeout(check, 1000);
  }
}

export function watchSession() {
  if (!dialog) return;
  start(Number(document.body.dataset.sessionSeconds));
  dialog.querySelector("[data-extend]").addEventListener("click", async () => {
    try {
      const seconds = await ask(true);
      if (seconds <= 0) return location.reload();
      start(seconds);
      dialog.close();
    } catch {
      location.reload();
    }
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  // A request of the person lengthens the session: what is left is asked before the next warning anyway.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() > endsAt - WARN_SECONDS * 1000) check();
  });
}
