// The last minutes of a site: who crossed, in steps of some seconds. Knows nothing of the page.

import { answer } from "./connection.js";

export const SPAN = 15 * 60;
export const STEP = 10;
const PATIENCE = 20_000;
const MOST_ANSWERS = 6;

export class LastMinutes {
  #events = new Map();

  constructor(siteId) {
    this.siteId = siteId;
  }

  add(event) {
    if (event.siteId !== this.siteId) return;
    const { id, quality } = event;
    this.#events.set(id, {
      from: Date.parse(event.from) / 1000, to: Date.parse(event.to) / 1000, in: event.in, out: event.out, quality,
    });
  }

  // What was told before this page heard anything.
  async load(now) {
    let place = `since=${encodeURIComponent(new Date(now - SPAN * 1000).toISOString())}`;
    for (let count = 0; count < MOST_ANSWERS; count += 1) {
      const site = encodeURIComponent(this.siteId);
      const told = await answer(`/events?timeout=0&limit=500&kind=PeopleCountingUpdate&site=${site}&${place}`, PATIENCE);
      for (const event of told.events) if (event.kind === "PeopleCountingUpdate") this.add(event);
      if (!told.more) return;
      place = `lastEventId=${encodeURIComponent(told.next)}`;
    }
  }

  // Of each step people in and out, measured ones apart from others; who was read over a longer time is spread over it.
  steps(now) {
    const end = Math.ceil(now / STEP) * STEP;
    const begin = end - SPAN;
    const times = Array.from({ length: SPAN / STEP }, (_, index) => begin + index * STEP);
    const rows = { in: times.map(() => 0), out: times.map(() => 0), inDoubt: times.map(() => 0), outDoubt: times.map(() => 0) };
    for (const [id, event] of this.#events) {
      if (event.to <= begin) this.#events.delete(id);
      else spread(event, begin, rows);
    }
    return { times, ...rows };
  }
}

function spread(event, begin, rows) {
  const length = Math.max(event.to - event.from, 0.001);
  const doubt = event.quality === "measured" ? "" : "Doubt";
  const first = Math.max(0, Math.floor((event.from - begin) / STEP));
  const last = Math.min(rows.in.length - 1, Math.floor((event.to - 0.001 - begin) / STEP));
  for (let index = first; index <= last; index += 1) {
    const from = Math.max(event.from, begin + index * STEP);
    const to = Math.min(event.to, begin + (index + 1) * STEP);
    const share = Math.max(0, to - from) / length;
    rows[`in${doubt}`][index] += event.in * share;
    rows[`out${doubt}`][index] += event.out * share;
  }
}

// From when on not all cameras of the site have been read: who crosses there since is not known. Null: all have.
export function unreadSince(cameras, now) {
  const last = cameras
    .filter((camera) => camera.state !== "up" || !camera.lastReadingAt || now - Date.parse(camera.lastReadingAt) > camera.staleAfter * 1000)
    .map((camera) => (camera.lastReadingAt ? Date.parse(camera.lastReadingAt) / 1000 : -Infinity));
  return last.length ? Math.min(...last) : null;
}
