// One site's curves on the page, drawn by uPlot.

import { bars, doubts, hoursShown, insideLine, KINDS_OF_BARS, missingSpans, notesOf, partSpans, usualBand } from "./chart-curve.js";
import { PATTERNS } from "./chart-patterns.js";
import { fillSpans } from "./chart-spans.js";
import { chartStyle, PAPER_WIDTH } from "./chart-style.js";
import { dayRows } from "./day-rows.js";
import { listFigures } from "./figures-table.js";
import { clockTime, localDay, people, perCent } from "./format.js";
import { _ } from "./words.js";

/* global uPlot */

const HOUR = 3600;
const MOST_HEIGHT = 600;
// Place of the first of the lines around what is usual, behind the times and the bars.
const FIRST_EDGE = 1 + 2 * KINDS_OF_BARS.length;

export class ChartView {
  constructor(element) {
    this.element = element;
    this.doors = element.parentElement.querySelector(".doors");
    this.siteId = element.dataset.chart;
    this.plot = element.querySelector(".plot");
    this.readout = element.querySelector(".readout");
    this.note = element.querySelector(".chart-note");
    this.doubts = element.querySelector(".chart-doubts");
    this.table = element.querySelector(".day-table");
    this.ended = new AbortController();
    this.table.addEventListener("toggle", () => this.#list(), { signal: this.ended.signal });
    window.addEventListener("beforeprint", () => this.#toPaper(), { signal: this.ended.signal });
    window.addEventListener("afterprint", () => this.#resize(), { signal: this.ended.signal });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(this.plot);
  }

  destroy() {
    this.ended.abort();
    this.observer.disconnect();
    this.inside?.destroy();
    this.flow?.destroy();
  }

  // The same as a table, where that is open; on paper it is in any case.
  #list(isForPaper = false) {
    if (!(this.table.open || isForPaper) || !this.curve) return;
    listFigures(this.table.querySelector("[data-day-rows]"), dayRows(this.curve, this.now));
    this.#leadToHistory(localDay(this.curve.start * 1000, this.curve.timeZone));
  }

  #toPaper() {
    this.#list(true);
    if (this.flow) this.#fit({ width: PAPER_WIDTH, height: this.flow.height });
  }

  // To the day that is shown, also after midnight.
  #leadToHistory(day) {
    const link = this.table.querySelector("[data-day-history]");
    if (!link) return;
    const address = new URL(link.href);
    for (const end of ["from", "to"]) address.searchParams.set(end, day);
    if (link.href !== address.href) link.href = address.href;
  }

  draw(curve, now, failure) {
    this.note.hidden = !failure;
    this.note.textContent = failure;
    if (!curve || !window.uPlot) return;
    this.curve = curve;
    this.now = now;
    if (!this.flow || this.timeZone !== curve.timeZone) this.#build(curve.timeZone);
    const [from, to] = hoursShown(curve, now);
    const inside = insideLine(curve, now);
    const key = JSON.stringify([from, to, curve.in, curve.out, curve.quality, curve.partial, curve.usual, Math.floor(now / 60), inside[1]]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.range = [from, to];
    this.inside.setData(inside);
    this.flow.setData([...bars(curve), ...usualBand(curve)]);
    this.#list();
    this.doubts.textContent = doubts(curve, now);
    this.#read(null);
  }

  #build(timeZone) {
    this.inside?.destroy();
    this.flow?.destroy();
    this.timeZone = timeZone;
    this.drawn = "";
    this.plot.querySelector(".drawn")?.remove();
    const { colour, scaled, axis } = chartStyle(this.plot);
    const shared = {
      ...this.#size(),
      // The same on both, or their hours would not stand above each other.
      padding: [8, 24, 4, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: this.siteId, scales: ["x", null] } },
      hooks: { setCursor: [(plot) => this.#read(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)] },
    };
    const scaleX = { time: true, range: () => this.range ?? [0, 1] };
    const figures = { ...axis, size: scaled(44), values: (_, ticks) => ticks.map((tick) => people(Math.abs(tick))), incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], space: scaled(28) };
    const hours = { ...axis, size: scaled(30), space: scaled(54), values: (_, ticks) => ticks.map((tick) => clockTime(tick * 1000, timeZone)), incrs: [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR], grid: { show: false } };
    const bar = (label, name, pattern) => ({
      label, width: pattern === "measured" ? 0 : 1, stroke: colour(name), points: { show: false }, fill: PATTERNS[pattern](colour(name), colour("card")),
      paths: uPlot.paths.bars({ size: [0.82, 60], align: 1 }),
    });
    const edges = Array.from({ length: 4 }, () => ({
      label: "usual", width: 1, stroke: colour("usual-edge"), points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }),
    }));
    const [missing, part] = [PATTERNS.missing, PATTERNS.part].map((pattern) => pattern(colour("ink-faint")));
    this.inside = new uPlot({
      ...shared,
      scales: { x: scaleX, y: { range: (_, low, high) => [0, Math.max(4, (high ?? 0) * 1.12)] } },
      axes: [{ ...hours, show: false }, figures],
      series: [{}, { label: "inside", stroke: colour("inside"), width: 2, fill: colour("inside-fill"), points: { show: false } }],
    }, [[], []], this.plot);
    this.flow = new uPlot({
      ...shared,
      scales: { x: scaleX, y: { range: (_, low, high) => [Math.min(-2, (low ?? 0) * 1.15), Math.max(2, (high ?? 0) * 1.15)] } },
      axes: [hours, figures],
      series: [{}, ...KINDS_OF_BARS.flatMap((kind) => [bar(`in, ${kind}`, "in", kind), bar(`out, ${kind}`, "out", kind)]), ...edges],
      bands: [[0, 1], [2, 3]].map((pair) => ({ series: pair.map((place) => FIRST_EDGE + place), fill: colour("usual") })),
      hooks: { ...shared.hooks, drawAxes: [(plot) => this.#drawUnknown(plot, missing, part)] },
    }, [[], ...KINDS_OF_BARS.flatMap(() => [[], []]), ...edges.map(() => [])], this.plot);
  }

  // Behind the bars, as high as the chart.
  #drawUnknown(plot, missing, part) {
    if (!this.curve) return;
    fillSpans(plot, missingSpans(this.curve, this.now), missing);
    fillSpans(plot, partSpans(this.curve, this.now), part);
  }

  // As high as the list of doors beside it, within reason; where it stands above that list, as the style sheet says.
  #size() {
    const least = parseFloat(getComputedStyle(this.plot).minHeight) || 260;
    const beside = this.doors && this.doors.offsetTop === this.element.offsetTop;
    const room = beside ? this.doors.offsetHeight - (this.plot.offsetTop - this.element.offsetTop) : 0;
    const height = Math.min(Math.max(least, room), MOST_HEIGHT);
    return { width: this.plot.clientWidth || 300, height: Math.floor(height / 2) };
  }

  #resize() {
    if (!this.flow || !this.plot.clientWidth) return;
    this.#fit(this.#size());
  }

  #fit(size) {
    if (size.width === this.flow.width && size.height === this.flow.height) return;
    this.inside.setSize(size);
    this.flow.setSize(size);
  }

  // In words, what the pointer is at; the running quarter where it is nowhere.
  #read(seconds) {
    const { start, step, timeZone } = this.curve ?? {};
    if (start === undefined) return;
    const running = Math.floor((this.now - start) / step);
    const index = seconds === null ? running : Math.floor((seconds - start) / step);
    if (!(index >= 0 && index < this.curve.in.length) || index > running) {
      this.readout.textContent = "";
      return;
    }
    const from = clockTime((start + index * step) * 1000, timeZone);
    const to = index === running ? _("now") : clockTime((start + (index + 1) * step) * 1000, timeZone);
    const known = this.curve.in[index] !== null;
    const words = known ? _("%(entered)s in, %(left)s out", { entered: people(this.curve.in[index]), left: people(this.curve.out[index]) }) : "";
    const coverage = this.curve.coverage[index];
    const told = [
      words,
      ...notesOf(this.curve, index).map((note) => note.words),
      coverage !== null && coverage < 1 ? _("%(share)s of it from live readings", { share: perCent(Math.floor(coverage * 100) / 100) }) : "",
    ].filter(Boolean);
    this.readout.textContent = _("%(from)s to %(to)s: %(what)s", { from, to, what: told.join(", ") });
  }
}
