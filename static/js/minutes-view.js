// The last minutes on the page, drawn by uPlot; they move on with every second.

import { PATTERNS } from "./chart-patterns.js";
import { fillSpans } from "./chart-spans.js";
import { chartStyle, PAPER_WIDTH } from "./chart-style.js";
import { listFigures } from "./figures-table.js";
import { clockTime, people, UNKNOWN } from "./format.js";
import { byMinute, LastMinutes, SPAN, unreadSince } from "./minutes.js";
import { _ } from "./words.js";

/* global uPlot */

const HEIGHT = 140;
const RETRY = 15_000;

export class MinutesView {
  constructor(element, board, clock) {
    this.element = element;
    this.board = board;
    this.clock = clock;
    this.plot = element.querySelector(".plot");
    this.said = element.querySelector(".minutes-said");
    this.table = element.querySelector(".minutes-table");
    this.ended = new AbortController();
    this.table.addEventListener("toggle", () => this.draw(), { signal: this.ended.signal });
    window.addEventListener("beforeprint", () => this.#toPaper(), { signal: this.ended.signal });
    window.addEventListener("afterprint", () => this.#fit(this.plot.clientWidth), { signal: this.ended.signal });
    this.observer = new ResizeObserver(() => this.#fit(this.plot.clientWidth || 300));
    this.observer.observe(this.plot);
    this.begin();
  }

  // Forget what was heard and ask for it: at first, and where something may have been missed.
  begin() {
    clearTimeout(this.timer);
    this.minutes = new LastMinutes(this.element.dataset.minutes);
    this.startedAt = this.clock.now() / 1000;
    this.#load(this.minutes);
  }

  // Until it is known what was before, that is blank; what is heard from now on is drawn all the same.
  async #load(minutes) {
    let isKnown = true;
    try {
      await minutes.load(this.clock.now());
    } catch {
      isKnown = false;
    }
    if (minutes !== this.minutes) return; // it was begun anew meanwhile
    if (isKnown) this.startedAt = null;
    else this.timer = setTimeout(() => this.#load(minutes), RETRY * (1 + Math.random()));
    this.draw();
  }

  destroy() {
    clearTimeout(this.timer);
    this.minutes = null;
    this.ended.abort();
    this.observer.disconnect();
    this.chart?.destroy();
  }

  #fit(width) {
    this.chart?.setSize({ width, height: HEIGHT });
  }

  #toPaper() {
    this.draw(true);
    this.#fit(PAPER_WIDTH);
  }

  draw(isForPaper = false) {
    if (!this.minutes) return;
    const site = this.board.sites.get(this.minutes.siteId);
    if (!site || !window.uPlot) return;
    if (!this.chart) this.#build(site.timeZone);
    this.now = this.clock.now() / 1000;
    if (this.startedAt < this.now - SPAN) this.startedAt = null; // all that is shown has been heard
    const { times, ...rows } = this.minutes.steps(this.now);
    const shown = (values, sign) => values.map((value) => (value ? sign * value : null));
    this.chart.setData([times, shown(rows.in, 1), shown(rows.out, -1), shown(rows.inDoubt, 1), shown(rows.outDoubt, -1)]);
    this.#say(rows);
    if (this.table.open || isForPaper) this.#list({ times, ...rows });
  }

  // The same as a table, where that is open; on paper it is in any case.
  #list(steps) {
    const gaps = this.#gaps();
    const rows = byMinute(steps).map(({ from, isDoubtful, ...minute }) => {
      const isKnown = !(this.startedAt > from);
      const notes = [
        isDoubtful ? { quality: "estimated", words: _("partly estimated") } : null,
        isWithin(gaps, from) ? { quality: "missing", words: _("not all doors are known") } : null,
      ];
      return {
        from: clockTime(from * 1000, this.zone),
        figures: isKnown ? [people(minute.in), people(minute.out)] : [UNKNOWN, UNKNOWN],
        notes: isKnown ? notes.filter(Boolean) : [{ quality: "missing", words: _("not known") }],
      };
    });
    listFigures(this.table.querySelector("[data-minute-rows]"), rows);
  }

  #say(rows) {
    const words = this.#words(rows);
    if (this.said.textContent !== words) this.said.textContent = words;
  }

  #words(rows) {
    const sum = (...lists) => people(Math.round(lists.flat().reduce((total, value) => total + value, 0)));
    const entered = sum(rows.in, rows.inDoubt);
    const left = sum(rows.out, rows.outDoubt);
    if (this.startedAt) {
      const since = clockTime(this.startedAt * 1000, this.zone);
      return _("%(entered)s in, %(left)s out since %(since)s; what was before is not known", { entered, left, since });
    }
    return this.#gaps().length === 0
      ? _("%(entered)s in, %(left)s out in the last 15 minutes", { entered, left })
      : _("%(entered)s in, %(left)s out in the last 15 minutes; not all doors are known", { entered, left });
  }

  // From when to when something is not known: what was lost, and what no camera tells just now.
  #gaps() {
    const found = this.minutes.gaps(this.now);
    const since = unreadSince(this.board.camerasOf(this.minutes.siteId), this.clock.now());
    if (since !== null) found.push([Math.max(since, this.now - SPAN), this.now]);
    return found;
  }

  #build(timeZone) {
    this.zone = timeZone;
    const { colour, scaled, axis } = chartStyle(this.plot);
    const bar = (name, pattern) => ({
      width: pattern === "measured" ? 0 : 1, stroke: colour(name), points: { show: false }, fill: PATTERNS[pattern](colour(name), colour("card")),
      paths: uPlot.paths.bars({ size: [0.8, 40], align: 1 }),
    });
    const missing = PATTERNS.missing(colour("ink-faint"));
    this.chart = new uPlot({
      width: this.plot.clientWidth || 300,
      height: HEIGHT,
      padding: [8, 24, 4, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, range: () => [this.now - SPAN, this.now] },
        y: { range: (_plot, low, high) => [Math.min(-2, (low ?? 0) * 1.15), Math.max(2, (high ?? 0) * 1.15)] },
      },
      axes: [
        { ...axis, size: scaled(30), grid: { show: false }, space: scaled(70), incrs: [60, 180, 300], values: (_plot, ticks) => ticks.map((tick) => clockTime(tick * 1000, timeZone)) },
        { ...axis, size: scaled(44), space: scaled(26), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], values: (_plot, ticks) => ticks.map((tick) => people(Math.abs(tick))) },
      ],
      series: [{}, bar("in", "measured"), bar("out", "measured"), bar("in", "estimated"), bar("out", "estimated")],
      hooks: { drawAxes: [(plot) => this.#drawGaps(plot, missing)] },
    }, [[], [], [], [], []], this.plot);
  }

  // What is not known is a gap with a mark of its own, and no zero.
  #drawGaps(plot, pattern) {
    const spans = this.#gaps();
    if (this.startedAt) spans.push([this.now - SPAN, this.startedAt]);
    fillSpans(plot, spans, pattern);
  }
}

// Whether anything of a minute lies in one of these spans.
function isWithin(spans, minute) {
  return spans.some(([from, to]) => from < minute + 60 && to > minute);
}
