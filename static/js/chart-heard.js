// What was heard and the history may not have yet: people by site and quarter of an hour. Knows nothing of the page.

import { worst } from "./trust.js";

// Events that are kept one by one, for where the history comes to reach up to one of them. While the database is away
// for a day there would be millions; of older ones only the sums are kept, and the last of them.
const MOST_KEPT = 20_000;

export class HeardQuarters {
  #events = [];
  #sums = new Map();
  #folded = new Map();
  #foldedUpTo = null;

  get size() {
    return this.#events.length;
  }

  // An event has `place` (where it stands in the log), `siteId`, `quarter`, `in`, `out` and `quality`.
  add(event) {
    this.#events.push(event);
    addTo(this.#sums, event);
    if (this.#events.length > MOST_KEPT) this.#fold();
  }

  #fold() {
    const old = this.#events.splice(0, MOST_KEPT / 2);
    for (const event of old) addTo(this.#folded, event);
    this.#foldedUpTo = old.at(-1).place;
    this.#sumUp();
  }

  // Whether a history that reaches up to this place can be drawn together with what is kept.
  fits(place) {
    return !this.#foldedUpTo || (place !== null && !isLater(this.#foldedUpTo, place));
  }

  // The history has what it reaches up to.
  dropUpTo(place) {
    if (place === null) return;
    this.#events = this.#events.filter((event) => isLater(event.place, place));
    this.#folded = new Map();
    this.#foldedUpTo = null;
    this.#sumUp();
  }

  clear() {
    this.#events = [];
    this.#folded = new Map();
    this.#foldedUpTo = null;
    this.#sumUp();
  }

  #sumUp() {
    this.#sums = new Map();
    for (const event of this.#events) addTo(this.#sums, event);
  }

  // Numbers of quarters, and who came and went in each; a quarter may come twice.
  of(siteId) {
    return [this.#folded, this.#sums].flatMap((sums) => [...(sums.get(siteId) ?? [])]);
  }
}

function addTo(sums, { siteId, quarter, in: entered, out: left, quality }) {
  if (!sums.has(siteId)) sums.set(siteId, new Map());
  const quarters = sums.get(siteId);
  const known = quarters.get(quarter) ?? { in: 0, out: 0, quality: "measured" };
  quarters.set(quarter, { in: known.in + entered, out: known.out + left, quality: worst([known.quality, quality]) });
}

// Where an id stands in the log: its epoch and number.
export function placeOf(id) {
  const dash = id.lastIndexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}

// Places of different epochs do not compare; then what is heard counts.
export function isLater([epoch, number], [otherEpoch, otherNumber]) {
  return epoch !== otherEpoch || number > otherNumber;
}
