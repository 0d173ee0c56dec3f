// An import that is under way: how far it is, and the verdict of each row, until it is over. Loading the page again would
// take whoever reads it back to its top every time.

import { morph } from "./morph.js";

const EVERY = 2_000;
const PATIENCE = 20_000;

const main = document.getElementById("main");

function later() {
  if (main.querySelector("[data-goes-on]")) setTimeout(look, EVERY);
}

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    // Somebody has ended the session, or the import is forgotten: the page says which.
    if (answer.redirected || (answer.status >= 400 && answer.status < 500)) {
      location.reload();
      return;
    }
    if (answer.ok) morph(main, new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main"));
  } catch {
    // The service is away, or was: it is asked again.
  }
  later();
}

later();
