// What is usual at each site on such a day, and today beside it; peoplecount/web/live/beside_usual.py says it the same way.

import { people, perCent } from "./format.js";
import { _ } from "./words.js";

const RETRY = 30_000;
const PATIENCE = 20_000;
// Of fewer, a handful more are a hundred per cent and mean nothing.
const LEAST_PEOPLE = 20;

export class UsualDays {
  #rows = new Map();
  #timer = 0;
  #isAsking = false;
  #isSoon = false;

  // `heard` is called whenever there is something new.
  constructor(heard) {
    this.heard = heard;
  }

  async load() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    clearTimeout(this.#timer);
    const again = await this.#asked();
    this.#isAsking = this.#isSoon = false;
    if (again) this.#timer = setTimeout(() => this.load(), again * (1 + Math.random() / 5));
  }

  // Another day has begun at one of these sites: it is asked for soon, but not by all pages at once, nor again and again.
  follow(sites) {
    if (this.#isAsking || this.#isSoon || !this.#isOld(sites)) return;
    this.#isSoon = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), RETRY * Math.random());
  }

  // After how long to ask again; 0: never.
  async #asked() {
    try {
      const answer = await fetch("/chart/usual", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 404) return 0;
      if (answer.ok) {
        const { sites, freshSeconds } = await answer.json();
        this.#rows = new Map(sites.map((row) => [row.siteId, row]));
        this.heard();
        return freshSeconds * 1000;
      }
    } catch {
      // Without the network what was heard last goes on being shown, for its day.
    }
    return RETRY;
  }

  // The hours of a site's day; null where they are not known. Yesterday's are not those of today.
  of(site) {
    const row = this.#rows.get(site.siteId);
    return row && row.date === site.date ? row.hours : null;
  }

  // Whether another day has begun at one of these sites since.
  #isOld(sites) {
    return sites.some(({ siteId, date }) => this.#rows.has(siteId) && this.#rows.get(siteId).date !== date);
  }
}

// `moment` is the time of day in hours. Where not everybody was seen today, `isWhole` is false: fewer people than usual
// would then be told of a camera that was away.
export function besideUsual(site, hours, direction, moment, isWhole) {
  const counted = site[`${direction}Today`];
  const expected = hours && expectedBy(hours, direction, moment);
  if (expected === null || expected === undefined) return "";
  const usual = people(expected);
  if (!isWhole || counted === null || expected < LEAST_PEOPLE) return _("usually %(usual)s by now", { usual });
  const share = Math.round((100 * (counted - expected)) / expected) / 100;
  if (share === 0) return _("as usual, %(usual)s by now", { usual });
  return share > 0
    ? _("%(share)s above the usual %(usual)s by now", { share: perCent(share), usual })
    : _("%(share)s below the usual %(usual)s by now", { share: perCent(-share), usual });
}

function expectedBy(hours, direction, moment) {
  let total = 0;
  for (let number = 0; number < moment; number += 1) {
    if (!hours[number]) return null;
    total += hours[number][direction][1] * Math.min(1, moment - number);
  }
  return Math.round(total);
}
