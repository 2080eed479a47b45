// The core, on every page. Everything here makes a page better that already works without it.
import { watchSession } from "./session.js";
import { wireMenus } from "./menus.js";
import { wireForms } from "./forms.js";
import { wireKeys } from "./keys.js";
import { wireTheme } from "./theme.js";

wireForms();
wireMenus();
wireKeys();
wireTheme();
watchSession();
// The inventory opens as it was left.
for (const link of document.querySelectorAll('nav.side a[href="/inventory"]')) {
  link.href += sessionStorage.getItem(`view:${document.body.dataset.user}:/inventory`) ?? "";
}
document.querySelector("[data-focus]")?.focus();

// A page that waits for something to be there asks for it now and then, as no doing of the person.
const waiting = document.querySelector("[data-wait-for]");
if (waiting) {
  const ask = async () => {
    const answer = await fetch(location.href, { headers: { "X-Background": "1" } }).catch(() => null);
    if (answer?.ok && (await answer.text()).includes(`<${waiting.dataset.waitFor}`)) location.reload();
    else setTimeout(ask, 2000);
  };
  setTimeout(ask, 1000);
}
