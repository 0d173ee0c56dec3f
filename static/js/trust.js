// How far today's figures can be trusted, in words; peoplecount/web/trust.py says it the same way.

// From best to worst: a sum is as good as the worst of what is in it.
const WORSE = ["measured", "back-filled", "corrected", "imported", "estimated", "missing"];

const WORDS = {
  measured: "Measured",
  "back-filled": "Partly from the camera's history",
  corrected: "Partly corrected by the camera's history",
  imported: "Partly imported from other software",
  estimated: "Partly estimated",
  missing: "Partly not known",
};

export function worst(qualities) {
  return WORSE[qualities.reduce((place, quality) => Math.max(place, WORSE.indexOf(quality)), 0)];
}

// What is to be said beside figures of today that were not all measured; empty where they were.
export function doubt({ qualityToday }) {
  const words = WORDS[qualityToday] ?? WORDS.missing;
  return qualityToday === "measured" || qualityToday === undefined ? "" : words[0].toLowerCase() + words.slice(1);
}

export function trusted({ qualityToday, coverageToday }) {
  const words = WORDS[qualityToday] ?? WORDS.missing;
  if (coverageToday === null || coverageToday === undefined) return `${words}.`;
  return `${words}; read ${perCent(coverageToday)} of the day so far.`;
}

// Rounded down: 100 % is all of it. What 0.29 * 100 lacks to 29 is the computer's, not the camera's.
function perCent(share) {
  return `${Math.floor(Number((share * 100).toFixed(6)))} %`;
}

export function mean(shares) {
  const known = shares.filter((share) => share !== null && share !== undefined);
  return known.length ? known.reduce((total, share) => total + share, 0) / known.length : null;
}
