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
document.querySelector("[data-focus]")?.focus();
