// How figures are written; peoplecount/web/formats.py writes them the same way.

export const UNKNOWN = "–";

const numbers = new Intl.NumberFormat("en-US");

export function people(number) {
  return number === null || number === undefined ? UNKNOWN : numbers.format(number);
}

// What is to be said of the people inside a site beside the figure that its doors give.
export function estimate(site) {
  const words = [];
  if (site.occupancyEstimate != null && site.occupancyLow < site.occupancyHigh) {
    words.push(`about ${people(site.occupancyEstimate)}, ${people(site.occupancyLow)} to ${people(site.occupancyHigh)}`);
  }
  if (site.clamped) words.push(`${people(site.clamped)} more were seen to leave than to come`);
  return words.join("; ");
}

export function opened(site) {
  return site.open == null ? "" : site.open ? "open" : "closed";
}

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

export function age(seconds) {
  if (seconds === null) return "never";
  for (const [size, unit] of UNITS) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return `${Math.max(0, Math.floor(seconds))} s ago`;
}

const clocks = new Map();

export function clockTime(milliseconds, timeZone) {
  if (!clocks.has(timeZone)) {
    clocks.set(timeZone, new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }));
  }
  return clocks.get(timeZone).format(milliseconds);
}

const days = new Map();

// The local day as YYYY-MM-DD.
export function localDay(milliseconds, timeZone) {
  if (!days.has(timeZone)) days.set(timeZone, new Intl.DateTimeFormat("en-CA", { timeZone }));
  return days.get(timeZone).format(milliseconds);
}
