// The walk test: asks for the figures every second, and shows them in place.

import { _ } from "./words.js";

const EVERY = 1000;
const PATIENCE = 15000;

const place = document.querySelector("[data-walk]");
if (place) watch(place);

async function watch(place) {
  const said = place.querySelector("[data-walk-said]");
  const usual = said.textContent;
  for (;;) {
    const began = performance.now();
    if (!document.hidden) put(said, (await refresh(place)) ?? usual);
    await pause(Math.max(0, EVERY - (performance.now() - began)));
  }
}

// What is wrong, in words; nothing where the figures were shown.
async function refresh(place) {
  try {
    const answer = await fetch(place.dataset.walk, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.redirected || answer.status === 401) return _("You are not signed in any more. Load this page again.");
    const figures = await answer.json();
    if (!answer.ok) return figures.fault ?? figures.detail ?? _("The figures did not come.");
    show(place, figures);
    return null;
  } catch {
    return _("The figures did not come. Is this phone still in the network?");
  }
}

function show(place, figures) {
  for (const way of ["in", "out"]) count(place.querySelector(`[data-walked="${way}"]`), figures[way]);
  for (const line of figures.lines) {
    count(place.querySelector(`[data-line-in="${CSS.escape(line.lineId)}"]`), line.in);
    count(place.querySelector(`[data-line-out="${CSS.escape(line.lineId)}"]`), line.out);
  }
}

// What is the same is not written again: it would be read out again.
function put(element, words) {
  if (element.textContent === words) return false;
  element.textContent = words;
  return true;
}

function count(element, figure) {
  if (!element || !put(element, String(figure))) return;
  element.classList.remove("is-new");
  requestAnimationFrame(() => element.classList.add("is-new"));
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
