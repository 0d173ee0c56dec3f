// Today's curves: people inside above, people in and out per quarter of an hour below.

import { HeardQuarters, isLater, placeOf } from "./chart-heard.js";
import { ChartView } from "./chart-view.js";
import { clockTime } from "./format.js";
import { unreadSince } from "./minutes.js";
import { worst } from "./trust.js";
import { _ } from "./words.js";

const RELOAD = 5 * 60_000;
const RETRY = 5_000;
const QUARTER = 900;
const SETTLING = 1_500;

export class TodayCharts {
  constructor(root, board, clock, usual) {
    this.usual = usual;
    this.root = root;
    this.board = board;
    this.clock = clock;
    this.views = [];
    this.answer = null;
    this.failure = "";
    this.heard = new HeardQuarters();
    this.begunAfter = null;
    // The newest event that no curve on the page wanted: one that comes onto it later has it from the history.
    this.leftOut = null;
    this.timer = 0;
    this.due = false;
    this.colours = matchMedia("(prefers-color-scheme: dark)");
    this.colours.addEventListener("change", () => this.attach());
  }

  // Take up the chart elements that are on the page now.
  attach() {
    for (const view of this.views) view.destroy();
    this.views = [...this.root.querySelectorAll("[data-chart]")].map((element) => new ChartView(element));
    if (this.views.length && this.leftOut) {
      this.begunAfter = this.leftOut;
      this.leftOut = null;
    }
    this.draw();
  }

  // A snapshot: everything after it is heard, so curves are whole once they reach up to it.
  begin(id) {
    this.heard.clear();
    this.begunAfter = id;
    this.load();
  }

  // Earlier quarters are known better: the history has them once it reaches up to this event.
  renew(id) {
    this.begunAfter = id;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SETTLING);
  }

  add(event) {
    if (!this.views.some((view) => view.siteId === event.siteId)) {
      this.leftOut = event.id;
      return;
    }
    if (this.answer && !after(event.id, this.answer.asOf)) return;
    const { id, siteId, to, in: entered, out: left, quality } = event;
    this.heard.add({ place: placeOf(id), siteId, quarter: quarterOf(Date.parse(to) / 1000), in: entered, out: left, quality });
  }

  // Once a second, not with every event: drawing costs far more than writing a number.
  tick() {
    if (!document.hidden) this.draw();
  }

  async load() {
    clearTimeout(this.timer);
    if (!this.views.length) return;
    let again = RETRY;
    try {
      const answer = await fetch("/chart/today", { headers: { Accept: "application/json" } });
      const body = await answer.json();
      if (answer.ok) {
        this.failure = "";
        const asOf = body.asOf ? placeOf(body.asOf) : null;
        // One that is far behind what was heard since would count people twice, or not at all.
        if (this.heard.fits(asOf)) {
          this.answer = body;
          this.heard.dropUpTo(asOf);
        }
        again = after(this.begunAfter, body.asOf) ? RETRY : RELOAD;
      } else {
        this.failure = answer.status === 404 ? "" : _("The database does not answer; the curve grows from now on.");
      }
    } catch {
      this.failure ||= "";
    }
    this.draw();
    this.timer = setTimeout(() => this.load(), again * (1 + Math.random() / 5));
  }

  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      for (const view of this.views) view.draw(this.#curve(view.siteId), this.clock.now() / 1000, this.failure);
    });
  }

  #curve(siteId) {
    const site = this.board.sites.get(siteId);
    const stored = this.answer?.sites.find((curve) => curve.siteId === siteId && curve.date === site?.date);
    if (!site) return null;
    const curve = stored ? { ...stored, in: [...stored.in], out: [...stored.out], quality: [...stored.quality] } : this.#empty(site);
    if (!curve) return null;
    const start = Date.parse(curve.start) / 1000;
    const step = QUARTER;
    for (const [quarter, sum] of this.heard.of(siteId)) {
      const index = quarter - quarterOf(start);
      if (index < 0 || index >= curve.in.length) continue;
      curve.in[index] = (curve.in[index] ?? 0) + sum.in;
      curve.out[index] = (curve.out[index] ?? 0) + sum.out;
      curve.quality[index] = worst([curve.quality[index] ?? "measured", sum.quality]);
    }
    const running = Math.floor((this.clock.now() / 1000 - start) / step);
    if (stored && curve.in[running] === null && this.#isWatched(siteId)) {
      curve.in[running] = curve.out[running] = 0;
      curve.quality[running] = "measured";
    }
    const partial = this.#partial(curve, start, running, step);
    return { ...curve, start, step, partial, occupancy: site.occupancy, countedByHandAt: site.countedByHandAt, timeZone: site.timeZone, usual: this.usual.of(site) };
  }

  // Quarters in which some lines were not read: what the service knew of those that were over then, and since then those
  // after the last reading of a camera that is away.
  #partial(curve, start, running, step) {
    const asked = this.answer ? Math.floor((Date.parse(this.answer.time) / 1000 - start) / step) : 0;
    const since = unreadSince(this.board.camerasOf(curve.siteId), this.clock.now());
    const first = since === null ? running + 1 : Math.max(0, asked, Math.floor((since - start) / step) + 1);
    const away = Array.from({ length: Math.max(0, running - first + 1) }, (_, index) => first + index);
    return [...new Set([...curve.partial.filter((index) => index < asked), ...away])];
  }

  // Of a quarter that has just begun nothing is stored: where a camera is being read, nobody has come yet.
  #isWatched(siteId) {
    const now = this.clock.now();
    return this.board.camerasOf(siteId).some((camera) =>
      camera.state === "up" && camera.lastReadingAt && now - Date.parse(camera.lastReadingAt) <= camera.staleAfter * 1000);
  }

  // Without the database the day begins with the first event heard.
  #empty(site) {
    const now = this.clock.now();
    const [hours, minutes] = clockTime(now, site.timeZone).split(":").map(Number);
    const midnight = (Math.floor(now / 60_000) - hours * 60 - minutes) * 60_000;
    const none = () => new Array(96).fill(null);
    return {
      siteId: site.siteId, start: new Date(midnight).toISOString(), occupancySince: new Date(now).toISOString(),
      in: none(), out: none(), quality: none(), coverage: none(), partial: [],
    };
  }
}

// Days begin on full quarters of an hour in all zones.
function quarterOf(seconds) {
  return Math.floor(seconds / QUARTER);
}

// Whether one event id comes after another, or there is no other.
function after(id, other) {
  if (!id) return false;
  return !other || isLater(placeOf(id), placeOf(other));
}
