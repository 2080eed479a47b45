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
