// The last minutes of a site: who crossed, in steps of some seconds. Knows nothing of the page.

import { answer } from "./connection.js";

export const SPAN = 15 * 60;
export const STEP = 10;
const PATIENCE = 20_000;
// No site has more people; a service that answers so goes in circles.
const MOST_ANSWERS = 200;

const KINDS = ["PeopleCountingUpdate", "CounterBreak", "CameraStatus"];
const ASKED = KINDS.map((kind) => `kind=${kind}`).join("&");

export class LastMinutes {
  // By number of the step since 1970: gathered as events come, so that drawing costs the same however many they were.
  #steps = new Map();
  // Events that came before all earlier ones were known: some are told twice. Null: all are known.
  #known = new Set();
  // Since when a camera was away whose totals have not been told since; from before what was asked for: since ever.
  #away = new Map();
  #gaps = [];
  // The newest event that was asked for: a tab that catches up may hear of it again.
  #loaded = "";

  constructor(siteId) {
    this.siteId = siteId;
  }

  add(event) {
    if (event.siteId !== this.siteId || this.#known?.has(event.id) || isUpTo(event.id, this.#loaded)) return;
    this.#known?.add(event.id);
    if (event.kind === "CameraStatus") this.#turned(event);
    else if (event.kind === "CounterBreak") this.#broke(event);
    else this.#count(event);
  }

  #turned({ cameraId, state, since }) {
    if (state === "up" && !this.#away.has(cameraId)) this.#away.set(cameraId, { from: -Infinity, isBack: true });
    else if (state === "up") this.#away.get(cameraId).isBack = true;
    else if (!this.#away.has(cameraId) || this.#away.get(cameraId).isBack) this.#away.set(cameraId, { from: Date.parse(since) / 1000, isBack: false });
  }

  // Its total fell: whom it had counted since it was read last nobody knows. What was before midnight is another matter.
  #broke(event) {
    if (!event.unknown || event.break === "midnight reset") return;
    const to = Date.parse(event.time) / 1000;
    this.#gaps.push([this.#away.get(event.cameraId)?.from ?? to - STEP, to]);
  }

  #count(event) {
    // Its totals went on.
    if (this.#away.get(event.cameraId)?.isBack) this.#away.delete(event.cameraId);
    const from = Date.parse(event.from) / 1000 / STEP;
    const to = Date.parse(event.to) / 1000 / STEP;
    const length = Math.max(to - from, 0.0001);
    const doubt = event.quality === "measured" ? "" : "Doubt";
    // Who was read over a longer time is spread over it, as far as it is shown.
    const first = Math.max(Math.floor(from), Math.floor(to) - SPAN / STEP);
    for (let number = first; number < to; number += 1) {
      const share = Math.max(0, Math.min(to, number + 1) - Math.max(from, number)) / length;
      const step = this.#step(number);
      step[`in${doubt}`] += event.in * share;
      step[`out${doubt}`] += event.out * share;
    }
  }

  #step(number) {
    if (!this.#steps.has(number)) this.#steps.set(number, { in: 0, out: 0, inDoubt: 0, outDoubt: 0 });
    return this.#steps.get(number);
  }

  // What was told before this page heard anything. Where it fails, it may be called again.
  async load(now) {
    const site = encodeURIComponent(this.siteId);
    let place = `since=${encodeURIComponent(new Date(now - SPAN * 1000).toISOString())}`;
    for (let count = 0; count < MOST_ANSWERS; count += 1) {
      const told = await answer(`/events?timeout=0&limit=500&${ASKED}&site=${site}&${place}`, PATIENCE);
      for (const event of told.events) if (KINDS.includes(event.kind)) this.add(event);
      if (!told.more) {
        this.#known = null;
        this.#loaded = told.next ?? "";
        return;
      }
      place = `lastEventId=${encodeURIComponent(told.next)}`;
    }
    throw new Error("the last minutes have no end");
  }

  // From when to when people crossed of whom nobody knows.
  gaps(now) {
    this.#gaps = this.#gaps.filter(([, to]) => to > now - SPAN);
    return this.#gaps.map(([from, to]) => [Math.max(from, now - SPAN), to]);
  }

  // Of each step people in and out, measured ones apart from others.
  steps(now) {
    const end = Math.ceil(now / STEP);
    const begin = end - SPAN / STEP;
    for (const number of this.#steps.keys()) if (number < begin) this.#steps.delete(number);
    const numbers = Array.from({ length: SPAN / STEP }, (_, index) => begin + index);
    const row = (name) => numbers.map((number) => this.#steps.get(number)?.[name] ?? 0);
    return { times: numbers.map((number) => number * STEP), in: row("in"), out: row("out"), inDoubt: row("inDoubt"), outDoubt: row("outDoubt") };
  }
}

// The steps by minute of the clock, newest first, without the minute that is shown in part. What was read over a longer
// time is shared out, and rounded as running sums are: nobody is lost between minutes. Zones differ by whole minutes.
export function byMinute({ times, ...rows }) {
  const minutes = [];
  const sums = { in: 0, out: 0 };
  times.forEach((time, index) => {
    const from = time - (time % 60);
    if (minutes.at(-1)?.from !== from) minutes.push({ from, in: 0, out: 0, isDoubtful: false });
    const minute = minutes.at(-1);
    for (const way of ["in", "out"]) {
      const before = Math.round(sums[way]);
      sums[way] += rows[way][index] + rows[`${way}Doubt`][index];
      minute[way] += Math.round(sums[way]) - before;
    }
    minute.isDoubtful ||= rows.inDoubt[index] + rows.outDoubt[index] > 0;
  });
  return minutes.filter(({ from }) => from >= times[0]).reverse();
}

// Ids of another epoch are news.
function isUpTo(id, loaded) {
  const [epoch, number] = id.split("-");
  const [loadedEpoch, loadedNumber] = loaded.split("-");
  return epoch === loadedEpoch && Number(number) <= Number(loadedNumber);
}

// From when on not all cameras of the site have been read: who crosses there since is not known. Null: all have.
export function unreadSince(cameras, now) {
  const last = cameras
    .filter((camera) => camera.state !== "up" || !camera.lastReadingAt || now - Date.parse(camera.lastReadingAt) > camera.staleAfter * 1000)
    .map((camera) => (camera.lastReadingAt ? Date.parse(camera.lastReadingAt) / 1000 : -Infinity));
  return last.length ? Math.min(...last) : null;
}
