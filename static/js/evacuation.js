// The evacuation page keeps itself up to date, and says so where it cannot.

import { clockTime } from "./format.js";
import { _ } from "./words.js";

const EVERY = 10_000;
const PATIENCE = 8_000;

const sheet = document.getElementById("sheet");
const trouble = document.getElementById("trouble");
let heardAt = Date.now();

async function refresh() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sheet");
    if (!answer.ok || !fresh) throw new Error(`${answer.status}`);
    sheet.replaceChildren(...fresh.childNodes);
    heardAt = Date.now();
    trouble.hidden = true;
  } catch {
    const time = clockTime(heardAt, sheet.dataset.zone);
    trouble.textContent = _("The service does not answer. These figures were asked for at %(time)s and do not change.", { time });
    trouble.hidden = false;
  }
}

setInterval(refresh, EVERY);
for (const [target, kind] of [[document, "visibilitychange"], [window, "online"], [window, "pageshow"]]) {
  target.addEventListener(kind, () => document.hidden || refresh());
}
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
