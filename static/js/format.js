// How figures, dates and times are written, in the language of the page; peoplecount/web/formats.py writes them the
// same way.

import { FORMATS, _ } from "./words.js";

export const UNKNOWN = "–";

const numbers = new Intl.NumberFormat(FORMATS, { useGrouping: "always" });
const shares = new Intl.NumberFormat(FORMATS, { style: "percent" });

export function people(number) {
  return number === null || number === undefined ? UNKNOWN : numbers.format(number);
}

// From how many to how many people, to whole ones.
export function range(ends) {
  if (!ends) return UNKNOWN;
  const [least, most] = ends.map((number) => people(Math.round(number)));
  return least === most ? most : `${least}–${most}`;
}

// A share of one as whole per cent.
export function perCent(share) {
  return share === null || share === undefined ? UNKNOWN : shares.format(share);
}

// What is to be said of the people inside a site beside the figure that its doors give.
export function estimate(site) {
  const words = [];
  if (site.occupancyEstimate != null && site.occupancyLow < site.occupancyHigh) {
    words.push(_("about %(about)s, %(low)s to %(high)s", {
      about: people(site.occupancyEstimate), low: people(site.occupancyLow), high: people(site.occupancyHigh),
    }));
  }
  if (site.clamped) words.push(_("%(more)s more were seen to leave than to come", { more: people(site.clamped) }));
  return words.join("; ");
}

export function opened(site) {
  return site.open == null ? "" : site.open ? _("open") : _("closed");
}

export function fullnessWords(band) {
  if (band === "busy") return _("nearly full");
  return band === "full" ? _("full") : "";
}

export function age(seconds) {
  if (seconds === null) return _("never");
  if (seconds >= 86400) return _("%(count)s d ago", { count: people(Math.floor(seconds / 86400)) });
  if (seconds >= 3600) return _("%(count)s h ago", { count: people(Math.floor(seconds / 3600)) });
  if (seconds >= 60) return _("%(count)s min ago", { count: people(Math.floor(seconds / 60)) });
  return _("%(count)s s ago", { count: people(Math.max(0, Math.floor(seconds))) });
}

const clocks = new Map();

export function clockTime(milliseconds, timeZone) {
  if (!clocks.has(timeZone)) {
    clocks.set(timeZone, new Intl.DateTimeFormat(FORMATS, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));
  }
  return clocks.get(timeZone).format(milliseconds);
}

const dates = new Map();

export function dayWords(milliseconds, timeZone) {
  if (!dates.has(timeZone)) dates.set(timeZone, new Intl.DateTimeFormat(FORMATS, { timeZone, dateStyle: "medium" }));
  return dates.get(timeZone).format(milliseconds);
}

// The local time of day in hours; to the minute.
export function hourOfDay(milliseconds, timeZone) {
  const [hours, minutes] = clockTime(milliseconds, timeZone).split(":").map(Number);
  return hours + minutes / 60;
}

const days = new Map();

// The local day as YYYY-MM-DD, for programs and keys.
export function localDay(milliseconds, timeZone) {
  if (!days.has(timeZone)) days.set(timeZone, new Intl.DateTimeFormat("en-CA", { timeZone }));
  return days.get(timeZone).format(milliseconds);
}
