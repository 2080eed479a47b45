// Warns two minutes before the session ends, with a way to stay. The server is asked what is left, marked as no
// doing of the person, so that a poll never lengthens a session. Tabs tell each other when a person stayed or left.

const WARN_SECONDS = 120;
const ASK_EVERY = 15_000;
const dialog = document.getElementById("session-dialog");
const others = new BroadcastChannel("session");
let endsAt = 0;
let timer = 0;
let askAgainAt = 0;

/** Seconds left; `null` once the server says that it is over. */
async function ask(byPerson) {
  const response = await fetch("/session", byPerson ? {} : { headers: { "X-Background": "1" } });
  if (response.redirected) return null;
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()).seconds;
}

function leave() {
  location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname + location.search)}`);
}

function start(seconds) {
  endsAt = Date.now() + seconds * 1000;
  if (dialog.open) dialog.close();
  clearTimeout(timer);
  // Timers of 25 days and more fire at once.
  timer = setTimeout(check, Math.min(Math.max(0, (seconds - WARN_SECONDS) * 1000), 2 ** 30));
}

async function check() {
  clearTimeout(timer);
  // At the end it is asked once a second: only the server knows that it is over. To go a moment too soon would meet a
  // session that still lives, and lengthen it.
  if (Date.now() >= Math.min(askAgainAt, endsAt)) {
    askAgainAt = Date.now() + ASK_EVERY;
    try {
      const seconds = await ask(false);
      if (seconds === null) return leave();
      if (seconds > WARN_SECONDS + 1) return start(seconds);
      endsAt = Date.now() + seconds * 1000;
    } catch {
      // Nobody answers: time goes on by itself.
    }
  }
  const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  dialog.querySelector("[data-seconds-left]").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (!dialog.open) dialog.showModal();
  timer = setTimeout(check, 1000);
}

/** A tab signed out: what is on the screen goes at once, the page as soon as the server knows. */
async function follow() {
  const main = document.getElementById("main");
  main.hidden = true;
  for (let tries = 0; tries < 5; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if ((await ask(false).catch(() => 0)) === null) return leave();
  }
  main.hidden = false;
}

export function watchSession() {
  if (!dialog) return;
  start(Number(document.body.dataset.sessionSeconds));
  dialog.querySelector("[data-extend]").addEventListener("click", async () => {
    try {
      const seconds = await ask(true);
      if (seconds === null) return leave();
      start(seconds);
      others.postMessage("stayed");
    } catch {
      location.reload();
    }
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) others.postMessage("left");
  });
  others.addEventListener("message", ({ data }) => {
    askAgainAt = 0;
    if (data === "left") follow();
    else if (dialog.open) check();
  });
  // A request of the person lengthens the session: what is left is asked before the next warning anyway.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() > endsAt - WARN_SECONDS * 1000) {
      askAgainAt = 0;
      check();
    }
  });
}
