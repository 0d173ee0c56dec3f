// How far today's figures can be trusted, in words; peoplecount/web/trust.py says it the same way.

import { perCent } from "./format.js";
import { _ } from "./words.js";

// From best to worst: a sum is as good as the worst of what is in it.
const WORSE = ["measured", "back-filled", "corrected", "imported", "estimated", "missing"];

const WORDS = {
  measured: _("Measured"),
  "back-filled": _("Partly from the camera's history"),
  corrected: _("Partly corrected by the camera's history"),
  imported: _("Partly imported from other software"),
  estimated: _("Partly estimated"),
  missing: _("Partly not known"),
};

export function worst(qualities) {
  return WORSE[qualities.reduce((place, quality) => Math.max(place, WORSE.indexOf(quality)), 0)];
}

const DOUBTS = {
  "back-filled": () => _("partly from the camera's history"),
  corrected: () => _("partly corrected by the camera's history"),
  imported: () => _("partly imported from other software"),
  estimated: () => _("partly estimated"),
  missing: () => _("partly not known"),
};

// What is to be said beside figures of today that were not all measured; empty where they were.
export function doubt({ qualityToday }) {
  if (qualityToday === "measured" || qualityToday === undefined) return "";
  return (DOUBTS[qualityToday] ?? DOUBTS.missing)();
}

export function trusted({ qualityToday, coverageToday }) {
  const words = WORDS[qualityToday] ?? WORDS.missing;
  if (coverageToday === null || coverageToday === undefined) return `${words}.`;
  return _("%(quality)s; %(share)s of the day so far from live readings.", { quality: words, share: read(coverageToday) });
}

// Rounded down: 100 % is all of it. What 0.29 * 100 lacks to 29 is the computer's, not the camera's.
function read(share) {
  return perCent(Math.floor(Number((share * 100).toFixed(6))) / 100);
}

export function mean(shares) {
  const known = shares.filter((share) => share !== null && share !== undefined);
  return known.length ? known.reduce((total, share) => total + share, 0) / known.length : null;
}
