// The quarters of an hour of today that have begun, as rows of a table; peoplecount/web/live/drawn_day.py has the same.

import { insideAfter, notesOf, usualRanges } from "./chart-curve.js";
import { clockTime, people, range } from "./format.js";

export function dayRows(curve, now) {
  const { start, step, timeZone } = curve;
  const begun = Math.min(curve.in.length, Math.ceil((now - start) / step));
  const inside = insideAfter(curve, now);
  const usual = usualRanges(curve);
  return curve.in.slice(0, begun).map((entered, index) => ({
    from: clockTime((start + index * step) * 1000, timeZone),
    figures: [
      people(entered), range(usual.in[index]), people(curve.out[index]), range(usual.out[index]), people(inside[index]),
    ],
    notes: notesOf(curve, index),
  }));
}
