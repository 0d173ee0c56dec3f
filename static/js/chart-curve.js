// What a curve of today shows: which hours, who is inside, which bars, and what is doubtful about it.

import { clockTime, hourOfDay } from "./format.js";
import { doubt } from "./trust.js";
import { _ } from "./words.js";

const HOUR = 3600;
const LEAST_HOURS = 4;
const MOST_SPANS = 4;
const MOST_DAYS = 50;

export const KINDS_OF_BARS = ["measured", "from the camera's history", "estimated"];

// The hours worth looking at: from an hour before the first people, but never fewer than some.
export function hoursShown(curve, now) {
  const first = curve.in.findIndex((value, index) => value > 0 || curve.out[index] > 0);
  const begun = curve.start + Math.max(0, first) * curve.step - HOUR / 2;
  const end = curve.start + curve.in.length * curve.step;
  let to = Math.min(end, Math.ceil((now + HOUR / 2 - curve.start) / HOUR) * HOUR + curve.start);
  let from = Math.max(curve.start, Math.floor((begun - curve.start) / HOUR) * HOUR + curve.start);
  if (first < 0) from = Math.max(curve.start, to - LEAST_HOURS * HOUR);
  if (to - from < LEAST_HOURS * HOUR) from = Math.max(curve.start, to - LEAST_HOURS * HOUR);
  if (to - from < LEAST_HOURS * HOUR) to = Math.min(end, from + LEAST_HOURS * HOUR);
  return [from, to];
}

// From the figure of now backwards: so the curve ends at what the page shows. Where a quarter is not known, what was
// before it cannot be told that way; nor what was before somebody counted the people inside: there the line begins.
// peoplecount/web/live/people_inside.py reckons the same way.
export function insideLine(curve, now) {
  const since = Date.parse(curve.occupancySince) / 1000;
  const counted = countedAt(curve);
  const times = [Math.max(now, curve.start)];
  const values = [curve.occupancy];
  let inside = curve.occupancy;
  const add = (at, value) => {
    times.unshift(at);
    values.unshift(value === null ? null : Math.max(0, Math.round(value)));
  };
  for (let index = runningQuarter(curve, now); index >= 0 && inside !== null; index -= 1) {
    const at = curve.start + index * curve.step;
    const known = curve.in[index] !== null;
    const more = curve.in[index] - curve.out[index];
    if (at < counted && known && counted < times[0]) add(counted, inside - (more * (times[0] - counted)) / (times[0] - at));
    inside = !known || at < since || at < counted ? null : inside - more;
    add(at, inside);
  }
  return [times, values];
}

// People inside as each quarter ended; of the one that runs, now. Null where it is not known.
export function insideAfter(curve, now) {
  const [times, values] = insideLine(curve, now);
  const running = runningQuarter(curve, now);
  const known = new Map(times.map((time, place) => [time, values[place]]));
  return curve.in.map((_, index) =>
    index === running ? curve.occupancy : (known.get(curve.start + (index + 1) * curve.step) ?? null));
}

function countedAt({ countedByHandAt }) {
  return countedByHandAt ? Date.parse(countedByHandAt) / 1000 : -Infinity;
}

function runningQuarter(curve, now) {
  return Math.min(curve.in.length - 1, Math.floor((now - curve.start) / curve.step));
}

// What was imported is drawn as what a history told later, here as in the charts of the history.
export function kindOf(quality) {
  if (["back-filled", "corrected", "imported"].includes(quality)) return "from the camera's history";
  return quality === "estimated" ? "estimated" : "measured";
}

export function bars(curve) {
  const times = curve.in.map((_, index) => curve.start + index * curve.step);
  const kinds = curve.quality.map(kindOf);
  const pick = (values, sign, wanted) =>
    values.map((value, index) => (value !== null && kinds[index] === wanted ? sign * value : null));
  return [times, ...KINDS_OF_BARS.flatMap((kind) => [pick(curve.in, 1, kind), pick(curve.out, -1, kind)])];
}

// Between what lines half of such days lay, people in above and out below, beside the bars of each quarter. Hours are all
// that is told, so each of their quarters is shown as busy as the others.
export function usualBand(curve) {
  const usual = usualRanges(curve);
  const pick = (direction, place, sign) => usual[direction].map((ends) => (ends ? sign * ends[place] : null));
  return [pick("in", 1, 1), pick("in", 0, 1), pick("out", 0, -1), pick("out", 1, -1)];
}

// The same of each quarter, as the fewest and the most; null where it is not known.
export function usualRanges(curve) {
  const hours = hoursOf(curve);
  const share = curve.step / HOUR;
  const pick = (direction) => hours.map((number) => {
    const hour = curve.usual?.[number];
    return hour ? [hour[direction][0] * share, hour[direction][2] * share] : null;
  });
  return { in: pick("in"), out: pick("out") };
}

// Of each quarter the hour of the wall clock. Asked for once a day and zone: that is slow, and curves are drawn often.
const hoursKnown = new Map();

function hoursOf({ start, step, timeZone, in: quarters }) {
  const key = `${start} ${quarters.length} ${timeZone}`;
  if (!hoursKnown.has(key)) {
    if (hoursKnown.size > MOST_DAYS) hoursKnown.clear();
    hoursKnown.set(key, quarters.map((_, index) => Math.floor(hourOfDay((start + index * step) * 1000, timeZone))));
  }
  return hoursKnown.get(key);
}

// What is over and not known is a gap with a mark of its own, and no zero.
export function missingSpans(curve, now) {
  return spans(curve, now, (index) => curve.in[index] === null);
}

// Somebody may have crossed whom no bar shows: of some lines nothing is known.
export function partSpans(curve, now) {
  return spans(curve, now, (index) => isPart(curve, index));
}

export function isPart(curve, index) {
  return curve.in[index] !== null && curve.partial.includes(index);
}

function spans(curve, now, wanted) {
  const found = [];
  curve.in.forEach((_, index) => {
    const from = curve.start + index * curve.step;
    if (from + curve.step > now || !wanted(index)) return;
    if (found.length && found.at(-1)[1] === from) found.at(-1)[1] = from + curve.step;
    else found.push([from, from + curve.step]);
  });
  return found;
}

// The same in words, for whoever cannot see the patterns.
export function doubts(curve, now) {
  const told = [
    [_("Not known"), missingSpans(curve, now)],
    [_("Some lines not known"), partSpans(curve, now)],
    [_("Estimated"), spansOf(curve, now, "estimated")],
    [_("From the camera's history"), spansOf(curve, now, "back-filled", "corrected")],
    [_("Imported from other software"), spansOf(curve, now, "imported")],
  ];
  const clock = (seconds) => clockTime(seconds * 1000, curve.timeZone);
  const span = ([from, to]) => _("%(from)s to %(to)s", { from: clock(from), to: clock(to) });
  return told
    .filter(([, found]) => found.length)
    .map(([words, found]) => `${words}: ${listed(found.map(span))}.`)
    .join(" ");
}

function spansOf(curve, now, ...qualities) {
  return spans(curve, now, (index) => curve.in[index] !== null && qualities.includes(curve.quality[index]));
}

// What is to be said of a quarter's figures, each with the quality whose mark it has; nothing where all of them were measured.
export function notesOf(curve, index) {
  if (curve.in[index] === null) return [{ quality: "missing", words: _("not known") }];
  const quality = curve.quality[index];
  const told = [
    { quality, words: doubt({ qualityToday: quality }) },
    { quality: "part", words: isPart(curve, index) ? _("some lines not known") : "" },
  ];
  return told.filter(({ words }) => words);
}

function listed(texts) {
  if (texts.length <= MOST_SPANS) return texts.join(", ");
  return _("%(times)s and %(number)s more times", { times: texts.slice(0, MOST_SPANS).join(", "), number: texts.length - MOST_SPANS });
}
