// The evacuation page keeps itself up to date, and says so where it cannot.

import { clockTime } from "./format.js";
import { morph } from "./morph.js";
import { _ } from "./words.js";

const EVERY = 10_000;
const PATIENCE = 8_000;

const sheet = document.getElementById("sheet");
const trouble = document.getElementById("trouble");
let heardAt = Date.now();

async function refresh() {
  const why = await asked().catch(() => _("The service does not answer."));
  trouble.hidden = !why;
  if (!why) return;
  const time = clockTime(heardAt, sheet.dataset.zone);
  const since = _("These figures were asked for at %(time)s and do not change.", { time });
  const words = `${why} ${since}`;
  if (trouble.textContent !== words) trouble.textContent = words; // it would be read out again
}

// Shows the newest figures; why it cannot, where it cannot.
async function asked() {
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.redirected || answer.status === 401) return _("You are not signed in any more. Load this page again.");
  if (answer.status === 404) return _("This site is not shown any more: it has no camera, or is not yours.");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sheet");
  if (!answer.ok || !fresh) throw new Error(`${answer.status}`);
  morph(sheet, fresh);
  heardAt = Date.now();
  return "";
}

setInterval(refresh, EVERY);
for (const [target, kind] of [[document, "visibilitychange"], [window, "online"], [window, "pageshow"]]) {
  target.addEventListener(kind, () => document.hidden || refresh());
}
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
